/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_type - what a Content-Type says (RFC 2045 §5.1), as far as text_mime asks.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_TYPE_H
#define GONEAWAY_TEXT_TYPE_H

#include <stdbool.h>

#include "arena.h"

/* NULL for what is not said, or is empty. */
struct text_type {
    const char *name; /* "text/plain", lower case */
    const char *charset;
    const char *boundary;
    const char *report_type; /* lower case */
    const char *smime_type;
    bool flowed; /* format=flowed (RFC 3676) */
    bool delsp;
};

/* Reads a value without line ends, into which is written. All is NULL where it names none. 0 or
 * ERR_NOMEM. */
int text_type_read(struct arena *arena, char *value, struct text_type *out);

/* The two ways of it, for tests: a plain value without GMime, ERR_SYNTAX where it is none; and any
 * value with it. */
int text_type_read_plain(struct arena *arena, const char *value, struct text_type *out);
int text_type_read_any(struct arena *arena, char *value, struct text_type *out);

#endif
