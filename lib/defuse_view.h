/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * defuse_view - a text as characters, each of which is kept or belongs to a link or a code. What
 * looks for links and what looks for codes share it. Only lib/defuse*.c include this header.
 * Thread rule: pure.
 */
#ifndef GONEAWAY_DEFUSE_VIEW_H
#define GONEAWAY_DEFUSE_VIEW_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* Where something stood that is no part of the text; no control character of a sender's gets that
 * far. */
#define DEFUSE_VIEW_LINK 0x01
#define DEFUSE_VIEW_CODE 0x02

enum defuse_fate { DEFUSE_KEPT, DEFUSE_IS_LINK, DEFUSE_IS_CODE };

struct defuse_view {
    gunichar *text;
    unsigned char *fate; /* enum defuse_fate, one for each character */
    size_t length;
};

/* A stretch of characters, [from, to). */
struct defuse_span {
    size_t from;
    size_t to;
};

/* A view of the UTF-8 in the buffer, everything kept; to be closed. */
void defuse_view_open(struct defuse_view *view, const struct buf *text);
void defuse_view_close(struct defuse_view *view);
/* Gives what is still kept that fate. */
void defuse_view_condemn(struct defuse_view *view, struct defuse_span span, enum defuse_fate fate);
/* Does the text at `at`, below `end`, begin so? ascii is in small letters. */
bool defuse_view_begins(const struct defuse_view *view, size_t at, size_t end, const char *ascii);

/* Numbers of any script. */
bool defuse_view_is_number(gunichar c);
/* The same, with characters that are written for digits: numerals of China and Japan, dice. */
bool defuse_view_is_digit(gunichar c);
bool defuse_view_is_letter(gunichar c);
/* A character of a word; those of scripts without spaces belong to none, nor what was removed. */
bool defuse_view_is_word(const struct defuse_view *view, size_t at);
/* A letter, mark or number, whatever its fate; false from the end on. */
bool defuse_view_is_alnum(const struct defuse_view *view, size_t at);

#endif
