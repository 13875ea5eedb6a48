/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_words - header text with encoded words (RFC 2047) as UTF-8, also where it is written in
 * ways that the RFC forbids and mail programs use.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_WORDS_H
#define GONEAWAY_TEXT_WORDS_H

#include "arena.h"

/* Decodes at most limit octets of raw; white space collapses to single spaces, control characters
 * are white space. Octets beyond ASCII outside encoded words are read in the charset of that
 * label (NULL: guessed). NULL without memory. */
const char *text_words_decode(
    struct arena *arena, const char *raw, size_t length, size_t limit, const char *label);

#endif
