/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dns_cache - answers of the DNS, kept until they expire.
 *
 * At most DNS_CACHE_MAX answers, each in one of DNS_CACHE_WAYS places that its name allows; a
 * new one takes the place of whichever of them expires first. The lock is held while a place is
 * read or written, and never while somebody waits for the network. Thread rule: any thread.
 */
#ifndef GONEAWAY_DNS_CACHE_H
#define GONEAWAY_DNS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns.h"

#define DNS_CACHE_WAYS 8

struct dns_cache;

/* NULL without memory. */
struct dns_cache *dns_cache_new(void);
void dns_cache_free(struct dns_cache **cache);

/* False where nothing is known at the moment `now` (milliseconds). *answer is otherwise
 * DNS_ABSENT, DNS_FOUND with the text in out, or DNS_FAILED where that does not fit in room. */
bool dns_cache_get(struct dns_cache *cache, const char *name, int64_t now, char *out, size_t room,
    enum dns_answer *answer);
/* Keeps an answer; text NULL: there is none. Without memory nothing is kept. */
void dns_cache_put(struct dns_cache *cache, const char *name, const char *text, int64_t expires);

#endif
