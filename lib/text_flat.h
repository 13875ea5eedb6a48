/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_flat - leaves out of well-written HTML the elements that say nothing to us, which are most
 * of it: the parser sees what holds words of its own, hides, quotes or leads elsewhere. Where an
 * element began or ended that makes a block, a mark stays in the text. Text that the parser would
 * hand over as it stands is set aside, and a mark stands for it, as plain addresses are, for which
 * the tag of the link stands.
 *
 * Invariants
 * 1. Every end tag that is left out, or stays, ends the element that was opened last. A start tag
 *    that libxml2 takes for the end of another element is never left out, nor read inside of it:
 *    reading stops there. So the parser has the same elements open, but for those left out.
 * 2. An element is left out as a whole, start tag and end tag, or passed as a whole.
 * 3. What was set aside comes up in the order of the marks and of the links without attributes.
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_TEXT_FLAT_H
#define GONEAWAY_TEXT_FLAT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "text_reduce.h"

#define TEXT_FLAT_DEPTH_MAX ((size_t)128)
/* A mark is this octet, which the text must not hold, and one of these behind it. */
#define TEXT_FLAT_MARK TEXT_REDUCE_REFERENCE
#define TEXT_FLAT_BLOCK 'b'
#define TEXT_FLAT_BREAK 'n'
#define TEXT_FLAT_TEXT 't' /* that was set aside */

/* What was set aside: a text, or where a link leads, in the HTML that was read; length 0 for a link
 * that leads nowhere. */
struct text_flat_piece {
    const char *text;
    size_t length;
};

/* An element that is open. */
struct text_flat_open {
    const struct text_element *element; /* NULL for one that means nothing */
    const char *name;
    size_t name_length;
    size_t passed; /* how many are open up to the innermost that is passed, 0 if none is */
};

struct text_flat {
    struct text_reduce *reduce;
    struct buf *out;
    struct buf *aside; /* of struct text_flat_piece */
    const char *end;   /* of the document */
    size_t depth;
    size_t lines;       /* how many are open up to one inside which all is passed, 0 if none is */
    size_t mark_end;    /* in out, behind the last mark of a block */
    size_t blank_start; /* in out, of the last white space between tags */
    size_t blank_end;
    size_t open_end; /* in out, behind text that ends like a character reference */
    struct text_flat_open open[TEXT_FLAT_DEPTH_MAX];
};

/* Adds html, which neither holds control characters or TEXT_FLAT_MARK nor refers to it, to reduce's
 * out, as far as it is well written; returns what was not read: `end`, or the '<' of what is not
 * understood. What is set aside is added to `aside`, and points into html. */
const char *text_flat_read(struct text_flat *flat, struct text_reduce *reduce, struct buf *aside,
    const char *html, const char *end);
/* Whether what was not read is a tag or comment that goes on up to the end, and may be added as it
 * stands. */
bool text_flat_is_unfinished(const struct text_flat *flat, const char *rest, const char *end);

#endif
