/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dkim - verification of DKIM signatures (RFC 6376, 8301, 8463) by libopendkim, as the octets
 * of a mail pass. Keys come from `dns`.
 *
 * A signature counts only if: the algorithm is rsa-sha256 or ed25519-sha256, an RSA key has at
 * least 1,024 bits, it has not expired, l= leaves no tail, From is signed, d= is no public
 * suffix. A DNS failure is temperror: never an action. Whether it has expired is asked of the
 * clock; of a mail that lay in a mailbox (mail->found), of the time when it was received.
 * Of a mail the 20 signatures on top are checked; keys are waited for 10 seconds, all together,
 * and as long as the last question then takes. Where From names a domain, a signature of another
 * organisation proves nothing of the sender: neither its key is asked for nor the body read for it.
 * libopendkim exports dkim_close, dkim_body and more of the kind: nothing here may have a name of
 * its list, as the program's own function would be called in its place.
 * Thread rule: a struct dkim is shared by all threads; a check belongs to one mail.
 */
#ifndef GONEAWAY_DKIM_H
#define GONEAWAY_DKIM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "dns.h"

struct mail;
struct dkim;
struct dkim_check;

enum dkim_status {
    DKIM_NONE_FOUND,
    DKIM_PASS,
    DKIM_FAIL,
    DKIM_TEMPERROR,
    DKIM_PERMERROR,
    DKIM_UNALIGNED /* of another organisation than From: not checked */
};

struct dkim_signature {
    const char *domain;   /* d=, lower-case A-labels; "" where it cannot be read */
    const char *selector; /* s=; "" where it cannot be read */
    const char *identity; /* i=, or NULL */
    const char *why;      /* what is wrong, static text; NULL for pass */
    enum dkim_status status;
};

/* dns: kept, not owned; NULL: keys cannot be asked for, every signature is temperror with the
 * reason "the network was not asked". 0 or ERR_NOMEM, ERR_CRYPTO. */
int dkim_open(struct dns *dns, struct dkim **out);
void dkim_drop(struct dkim **dkim);

/* Called by mail.c: at the end of the header, for body octets as they come (CRLF line ends, any
 * cut), at the end. A check that failed inside reports temperror. begin gives *out NULL where
 * the mail carries no signature, and returns 0 or ERR_NOMEM. end tells our own trouble, which says
 * nothing about the mail: 0, ERR_NOMEM, ERR_SYSTEM (no descriptor left to ask the DNS). */
int dkim_begin(struct dkim *dkim, const struct mail *mail, struct dkim_check **out);
void dkim_feed(struct dkim_check *check, const void *bytes, size_t length);
int dkim_end(struct dkim_check *check);
void dkim_check_free(struct dkim_check **check);

/* The signatures in the order of the mail, valid until the check is freed. */
size_t dkim_signatures(const struct dkim_check *check, const struct dkim_signature **out);

/* Writes name and version of what signatures are verified with, one a line. */
void dkim_verifier_libraries(FILE *out);

#endif
