/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * domain - domain names: A-labels (RFC 5891, UTS 46) and the organisational domain
 * (RFC 7489 §3.2), found with the public suffix list and its private section.
 *
 * The list is libpsl's built-in one or Debian's file, whichever is newer; domain_list_date tells
 * its date for the log. Thread rule: any thread after domain_open, until domain_close.
 */
#ifndef GONEAWAY_DOMAIN_H
#define GONEAWAY_DOMAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"

/* Loads the list once for the process; safe to call again. 0 or ERR_SYSTEM. */
int domain_open(void);
void domain_close(void);
/* "2023-01-12", static until domain_close; "unknown" where the list does not say. */
const char *domain_list_date(void);

/* Lower-case A-label form without trailing dot. 0; ERR_SYNTAX for what is no domain name
 * (RFC 5321 letters, digits, hyphens once converted; underscores are allowed in DNS names);
 * ERR_LIMIT over 253 octets; ERR_NOMEM. */
int domain_to_ascii(struct arena *arena, const char *name, const char **out);

/* The organisational domain of an A-label name: public suffix and one label. NULL where the
 * name is itself a public suffix or has no dot. Points into name. */
const char *domain_organisational(const char *name);

/* RFC 7489 §3.1.1 relaxed alignment of two A-label names: equal organisational domains. A public
 * suffix is aligned with nothing. */
bool domain_aligned(const char *one, const char *other);

/* Writes name and version of what names are read with, one a line. */
void domain_libraries(FILE *out);

#endif
