/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * defuse_words - the sentences of a mail that speak of a code, in the languages that we know, and
 * what may stay of them: a code that is an everyday word cannot be told by its form. Only
 * lib/defuse*.c include this header. Thread rule: one thread at a time for an arena.
 */
#ifndef GONEAWAY_DEFUSE_WORDS_H
#define GONEAWAY_DEFUSE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buf.h"
#include "phrases.h"
#include "text.h"

/* For each segment of text: does it speak of a code, or stand as a few words beside one that does?
 * In the arena. 0 or ERR_NOMEM. */
int defuse_words_find(
    struct arena *arena, const struct phrases *phrases, const struct text *text, const bool **out);

/* Words that may stay in such a segment: those of the phrases, and those of `shown` (folded), which
 * the reader sees anyway. */
struct defuse_vocabulary {
    struct arena *arena;
    const struct phrases *phrases;
    const char *shown;
};

/* defuse_text_gather for such a segment: other words are gathered as codes. Scripts without spaces
 * between words stay whole. 0 or ERR_NOMEM. */
int defuse_words_gather(
    const struct defuse_vocabulary *vocabulary, const char *plain, struct buf *gathered);

#endif
