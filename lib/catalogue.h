/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * catalogue - the services people have accounts with: conf/services.conf and the
 * administrator's own files, which override it entry by entry; and the carriers, who send other
 * people's mail and are nobody's account. goneaway-services(5) describes the format.
 *
 * A catalogue is immutable once loaded. Thread rule: reading from any thread.
 */
#ifndef GONEAWAY_CATALOGUE_H
#define GONEAWAY_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "mistakes.h"

struct catalogue;

/* One way for somebody who is not a member to reach the service. */
struct catalogue_contact {
    const char *const *steps; /* what to do, in order, in words */
    size_t step_count;
    const char *url;       /* the page where that begins, or NULL */
    const char *phone;     /* or NULL; never invented */
    const char *privacy;   /* privacy address or page, or NULL */
    const char *languages; /* "en, ja", or NULL */
    const char *checked;   /* YYYY-MM-DD, or NULL */
    const char *source;    /* what this rests on; "unverified" where it is only believed */
};

struct catalogue_service {
    const char *id;       /* its main domain: netflix.com */
    const char *name;     /* Netflix */
    const char *homepage; /* https://…, or NULL */
    const char *category; /* bank, payment, shop … : see goneaway-services(5) */
    unsigned risk;        /* 1 … 5, from the category unless the entry says otherwise */
    const char *const *domains; /* sender domains, A-labels, id among them */
    size_t domain_count;
    struct catalogue_contact contact;
};

/* Loads the files in order; a later one overrides services (by their id) and categories of an
 * earlier one, and takes the domains it names away from other services of an earlier one.
 * Mistakes are added to `mistakes` as file:line, and the load goes on to find all of them.
 * 0, ERR_CONFIG (there were mistakes: *out is NULL), ERR_NOMEM. */
int catalogue_load(const char *const *paths, size_t count, struct mistakes *mistakes,
    struct catalogue **out);
void catalogue_free(struct catalogue **catalogue);

/* The service that sends from this A-label domain: the entry with the longest of its domains
 * equal to it or above it. NULL where the catalogue has none. */
const struct catalogue_service *catalogue_by_domain(
    const struct catalogue *catalogue, const char *domain);
const struct catalogue_service *catalogue_by_id(
    const struct catalogue *catalogue, const char *id);
/* The service that names this very domain among its own, NULL for none. */
const struct catalogue_service *catalogue_by_exact_domain(
    const struct catalogue *catalogue, const char *domain);
/* The service whose name a text in UTF-8 is, or begins with: as the same words, or as one word.
 * Case and accents do not count; names with fewer than five letters are never meant. *out is NULL
 * for none. 0 or ERR_NOMEM. */
int catalogue_by_name(const struct catalogue *catalogue, struct arena *arena, const char *text,
    const struct catalogue_service **out);
/* Is this A-label domain one of a mail carrier (SES, SendGrid, Zendesk …), or below one? */
bool catalogue_is_carrier(const struct catalogue *catalogue, const char *domain);
size_t catalogue_count(const struct catalogue *catalogue);
const struct catalogue_service *catalogue_at(const struct catalogue *catalogue, size_t index);

#endif
