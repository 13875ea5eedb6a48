/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_tags - goes over HTML before the parser does: leaves out what the parser must not see, and
 * what costs it much and says nothing to us.
 *
 * A tag that never ends, or has attributes by the ten thousand, costs libxml2 the square of its
 * length: it is closed after TEXT_TAGS_MAX octets, and what is left of it is dropped. So are
 * "<![if !mso]>", which libxml2 takes for text, and the end of the document, behind which it reads
 * nothing, while readers see what stands there.
 *
 * Comments, scripts, style sheets that hide nothing, and attributes that nobody of us reads
 * (text_reduce.h) are nine tenths of a mail's HTML, and libxml2 takes a hundred instructions for
 * each octet: they are left out. So are most elements, where they are well nested (text_flat.h).
 *
 * Invariants
 * 1. This is no parser: only what is written as everybody writes it is left out. Where something
 *    is not, or may be read in two ways, it goes through as it stands, and from there on
 *    everything does (`plain`) if what follows depends on it.
 * 2. The parser finds the same text, links and hidings with and without what was left out.
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_TEXT_TAGS_H
#define GONEAWAY_TEXT_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "text_flat.h"
#include "text_reduce.h"

#define TEXT_TAGS_MAX TEXT_REDUCE_TAG_MAX

struct text_tags {
    struct buf *out;
    const char *end; /* of the document */
    struct text_reduce reduce;
    struct buf aside; /* of struct text_flat_piece */
    size_t taken;     /* how many of them were taken */
    size_t open_end;  /* in out, behind text that ends like a character reference */
    bool flat;        /* marks stand for elements that were left out (text_flat.h) */
    bool whole;       /* nothing is left out for being needless */
    bool plain;       /* nothing any more: it is not sure what is a tag, or a mark */
    bool lines;       /* an element was met inside which white space counts */
    bool in_comment;  /* behind a "<!--" that was passed, before its "-->" */
};

enum text_tags_extent {
    TEXT_TAGS_FLAT,    /* all that can be left out is */
    TEXT_TAGS_REDUCED, /* elements stay, but those that are nothing but around words */
    TEXT_TAGS_WHOLE    /* only what the parser must not see is left out */
};

/* Adds html, as far as the parser is to see it, to out. Until text_tags_free, tags->reduce knows
 * the links for which references stand, and html must stay: what was set aside points into it.
 * Whether there was memory, buf_failed tells of out, tags->aside and tags->reduce.links. */
void text_tags_read(struct text_tags *tags, const char *html, size_t length,
    enum text_tags_extent extent, struct buf *out);
/* The next of what was set aside, in the order of the document; length 0 if that was all. */
struct text_flat_piece text_tags_take(struct text_tags *tags);
void text_tags_free(struct text_tags *tags);

#endif
