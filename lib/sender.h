/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * sender - who sent a mail: the authenticated organisational domain, then the service.
 *
 * From results to one domain, or none: RFC 7489 §6.6.1 (one From field with one domain);
 * dmarc=fail gives none; dmarc=pass; else an aligned DKIM pass (header.d, else header.i;
 * never rsa-sha1); else an aligned SPF pass of MAIL FROM; never HELO. Authentication-Results
 * count only with a trusted authserv-id, above every Received field, topmost per method; at most
 * 100 results a mail. A header that was cut at a bound proves nothing. Where both our own
 * verification and the header are asked, either proves. Carriers (SES, SendGrid …) never make a
 * service.
 * In a mail that lay in a mailbox (mail->found) the fields that its host wrote stand between those
 * of further deliveries. There only the topmost field with a trusted id counts, and it must stand
 * above the sender's own fields: below no Received field but those of machines with trusted names,
 * and not below the one by which the mail came in, which is followed by what the sender wrote.
 * Thread rule: pure; results live in the mail's arena.
 */
#ifndef GONEAWAY_SENDER_H
#define GONEAWAY_SENDER_H

#include <stdbool.h>
#include <stddef.h>

#include "catalogue.h"
#include "mail.h"

/* What proves a sender: DESIGN §4, `authentication`. */
#define SENDER_BY_DKIM 1u   /* our own verification */
#define SENDER_BY_HEADER 2u /* trusted Authentication-Results */
#define SENDER_ASSUMED 4u   /* explain only: take From's domain as proven */

struct sender_rules {
    unsigned methods; /* SENDER_ bits */
    const char *const *trusted_ids;
    size_t trusted_count;
};

struct sender {
    const char *from;          /* key form of the From address, NULL where there is not one */
    const char *from_domain;   /* A-labels of the one From domain, or NULL */
    const char *from_display;  /* display name in UTF-8, "" for none */
    const char *authenticated; /* organisational domain that is proven, or NULL */
    const char *auth;          /* what proved it, or why nothing did: one ASCII line */
    bool temperror;            /* nothing proven, and a check could not be completed */
    const char *service;       /* id of the service, NULL where not authenticated, or a carrier */
    const struct catalogue_service *entry; /* its catalogue entry, or NULL */
    /* The service that From's domain would be, proven or not, or NULL. Where it is not proven and
     * in no catalogue: the one whose name From's display name or domain begins with. */
    const char *claimed;
};

/* 0 or ERR_NOMEM. */
int sender_identify(struct mail *mail, const struct sender_rules *rules,
    const struct catalogue *catalogue, struct sender **out);

#endif
