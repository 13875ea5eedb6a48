/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dkim_tags - is the value of a DKIM-Signature field a tag list (RFC 6376 §3.2)?
 *
 * Asked before libopendkim sees the field: it lets a tag that stands twice replace the first,
 * and reads past the end of an i= whose last "=" has no two digits behind it.
 * Thread rule: pure.
 */
#ifndef GONEAWAY_DKIM_TAGS_H
#define GONEAWAY_DKIM_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#define DKIM_TAGS_MAX 64

/* A list of at most DKIM_TAGS_MAX tags of printable ASCII, none of them twice in whatever case,
 * and i= in DKIM's quoted-printable (§2.11). */
bool dkim_tags_are_valid(const char *value, size_t length);

#endif
