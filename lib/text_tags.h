/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_tags - watches HTML on its way to the parser, and hands tags over in one piece.
 *
 * A tag that never ends, or has attributes by the ten thousand, costs libxml2 the square of its
 * length: it is closed after TEXT_TAGS_MAX octets, and what is left of it is dropped. So are
 * "<![if !mso]>", which libxml2 takes for text, and the end of the document, behind which it reads
 * nothing, while readers see what stands there.
 *
 * This is no parser: where it takes a comment or a script for something else, what it passes on
 * differs in nothing that a reader would see.
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_TEXT_TAGS_H
#define GONEAWAY_TEXT_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define TEXT_TAGS_MAX ((size_t)8192)

struct text_tags {
    void (*give)(void *data, const char *bytes, size_t length); /* to the parser */
    void *data;
    struct buf held; /* the last octets, until the tag they begin is complete */
    bool in_tag;     /* behind a '<' */
    bool is_comment; /* that was one of "<!--" */
    bool in_comment; /* behind a "<!--", before its "-->" */
    bool dropping;   /* up to the next '>' */
    size_t dashes;   /* what was dropped ends with so many */
    char quote;      /* the mark of the value that is open, 0 for none */
    char before;     /* the last octet of the tag that is no white space */
    size_t length;   /* of the tag so far */
};

void text_tags_init(struct text_tags *tags, void (*give)(void *, const char *, size_t), void *data);
void text_tags_feed(struct text_tags *tags, const char *bytes, size_t length);
/* Hands over what is held, and frees. 0 or ERR_NOMEM. */
int text_tags_end(struct text_tags *tags);

#endif
