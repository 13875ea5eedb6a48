/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_guess - which charset octets are in, when nobody says or what is said is not so.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_GUESS_H
#define GONEAWAY_TEXT_GUESS_H

#include <stdbool.h>
#include <stddef.h>

/* How text looks as UTF-8. */
struct text_guess_utf8 {
    size_t good; /* characters of two octets and more */
    size_t wide; /* of three and more among them */
    size_t bad;  /* octets that are no UTF-8; a character cut off at the end is none */
};

struct text_guess_utf8 text_guess_utf8(const char *bytes, size_t length);

/* The iconv name of the likeliest charset of text that is neither ASCII nor UTF-8; *sure tells
 * whether it should outweigh a label. Never NULL. */
const char *text_guess_charset(const char *bytes, size_t length, bool *sure);

#endif
