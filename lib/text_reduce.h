/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_reduce - leaves out of a tag the attributes that say nothing to us: all but those that hide
 * something or show it again, mark a quotation, or hold words or a link.
 *
 * A plain web address is set aside, and a reference stands in its place: TEXT_REDUCE_REFERENCE and
 * a number. An attribute is kept as it stands or not at all; of a style attribute only the
 * declarations are kept that text_css reads.
 *
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_TEXT_REDUCE_H
#define GONEAWAY_TEXT_REDUCE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "text_css.h"
#include "text_element.h"

#define TEXT_REDUCE_TAG_MAX ((size_t)8192)
/* An octet that the text must not hold. */
#define TEXT_REDUCE_REFERENCE '\x7f'

#define TEXT_REDUCE_ATTRIBUTES_MAX 8
#define TEXT_REDUCE_SHEET_MAX ((size_t)60000) /* text_html may not read all of a longer one */

/* An attribute that is not needless. */
struct text_reduce_attribute {
    const char *start; /* of its name */
    size_t length;     /* up to behind its value and quotation marks */
    const char *value; /* without quotation marks */
    size_t value_length;
    unsigned char meaning;
    char quote;  /* 0 for none */
    bool picked; /* only some of its declarations are kept */
};

struct text_reduce_tag {
    const struct text_element *element; /* NULL for one that means nothing */
    const char *name;
    size_t name_length;
    size_t length; /* from '<' to behind '>' */
    bool closed;   /* "/>" */
    bool bare;     /* no attribute counts */
    unsigned met;  /* a bit for each meaning of an attribute that was met */
    unsigned kept; /* the same of those that are kept */
    size_t count;
    struct text_reduce_attribute attributes[TEXT_REDUCE_ATTRIBUTES_MAX];
};

struct text_reduce {
    struct buf *out;
    struct buf links;            /* of struct text_reduce_link */
    struct text_css_sheet sheet; /* the rules that hide something, so far */
    bool sheets_differ;          /* text_html may read other rules than stand in `sheet` */
    bool shows_again;            /* what was hidden may be shown again by a style attribute */
};

struct text_reduce_link {
    const char *url; /* in the text that was read */
    size_t length;
};

/* What is kept goes to out, which is the caller's. What is read must stay until text_reduce_free.
 */
void text_reduce_init(struct text_reduce *reduce, struct buf *out);
void text_reduce_free(struct text_reduce *reduce);

/* Takes the start tag at p apart. False if it is not written as everybody writes it, does not end
 * before `end`, or is longer than TEXT_REDUCE_TAG_MAX. */
bool text_reduce_read(
    struct text_reduce *reduce, const char *p, const char *end, struct text_reduce_tag *tag);
/* Adds a tag without what is needless to out; not at all if it says nothing without that, and has
 * no end tag. */
void text_reduce_write(struct text_reduce *reduce, const struct text_reduce_tag *tag);
/* Where what stands in a script or style, whose start tag ends at p, comes to its end tag. NULL if
 * that is not sure. */
const char *text_reduce_raw_end(const struct text_reduce_tag *tag, const char *p, const char *end);
/* Whether the next tag from p on, where the start tag ends, is the end tag. */
bool text_reduce_has_no_tags(const struct text_reduce_tag *tag, const char *p, const char *end);
/* Whether a tag has no attribute that counts but a link to a plain address, and to which. */
bool text_reduce_is_plain_link(const struct text_reduce_tag *tag, struct text_reduce_link *link);
/* Adds the text of a style element; that of one that hides nothing is left out. */
void text_reduce_sheet(struct text_reduce *reduce, const char *text, size_t length);
/* The link that a value of href refers to; .url NULL if it is no reference. */
struct text_reduce_link text_reduce_find(const struct text_reduce *reduce, const char *value);

#endif
