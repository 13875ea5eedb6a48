/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_element - what an HTML element means for the text inside it, and what ends it.
 *
 * Thread rule: text_element_open once before threads start; pure from then on.
 */
#ifndef GONEAWAY_TEXT_ELEMENT_H
#define GONEAWAY_TEXT_ELEMENT_H

#include <stdbool.h>

#include "text_css.h"

/* What holds inside an element; what holds around it holds inside, too, unless it is said
 * otherwise (TEXT_ELEMENT_TINY, TEXT_ELEMENT_INVISIBLE). */
#define TEXT_ELEMENT_HIDDEN 1u
#define TEXT_ELEMENT_TINY 2u      /* font-size: 0, as templates have it around their columns */
#define TEXT_ELEMENT_INVISIBLE 4u /* visibility: hidden */
#define TEXT_ELEMENT_QUOTED 8u
#define TEXT_ELEMENT_SKIP 16u /* no text for readers: script, style */
#define TEXT_ELEMENT_PRE 32u
#define TEXT_ELEMENT_TITLE 64u
#define TEXT_ELEMENT_STYLE 128u
#define TEXT_ELEMENT_ATTRIBUTED 256u /* quoted, and what stands before says whose words it is */
/* Said of the element itself. */
#define TEXT_ELEMENT_BLOCK 512u
#define TEXT_ELEMENT_BREAK 1024u
#define TEXT_ELEMENT_LINK 2048u
#define TEXT_ELEMENT_IMAGE 4096u
#define TEXT_ELEMENT_REST 8192u /* all that follows is quoted */

/* What is passed on to the elements inside. */
#define TEXT_ELEMENT_INHERITED 255u

/* The attributes that are looked at. */
enum text_attribute {
    TEXT_ATTRIBUTE_ALT,
    TEXT_ATTRIBUTE_CLASS,
    TEXT_ATTRIBUTE_HIDDEN,
    TEXT_ATTRIBUTE_HREF,
    TEXT_ATTRIBUTE_ID,
    TEXT_ATTRIBUTE_STYLE,
    TEXT_ATTRIBUTE_TYPE,
    TEXT_ATTRIBUTE_VALUE,
    TEXT_ATTRIBUTES
};

/* A start tag. */
struct text_tag {
    const char *name; /* in lower case; the first octets of a long one */
    unsigned hash;    /* of the name: that of another name is another */
    unsigned element; /* number of the element, 0 for one that we do not know */
    const char *values[TEXT_ATTRIBUTES]; /* "" where there is none, NULL: no such attribute */
};

/* Once, before threads start. */
void text_element_open(void);

/* Fills in hash and element of a tag whose name has `length` octets. */
void text_element_find(struct text_tag *tag, size_t length);
/* The number of an attribute, -1 for one that is not looked at. */
int text_element_attribute_find(const char *name, size_t length);

const char *text_element_name(unsigned element);
/* No end tag belongs to it: <br>. */
bool text_element_is_empty(unsigned element);
/* Its content is no markup: script and style. */
bool text_element_is_raw(unsigned element);
/* html, head, body: their tags are only borders. */
bool text_element_is_document(unsigned element);
/* Does an open element end where another begins? */
bool text_element_ends(unsigned open, unsigned begins);
/* An end tag ends nothing across an open element of greater strength. */
unsigned text_element_strength(unsigned element);

/* The flags of an element by its tag and the style sheet; `outside` holds around it. */
unsigned text_element_flags(
    const struct text_tag *tag, unsigned outside, const struct text_css_sheet *sheet);
/* Whether text with these flags is seen by a reader. */
bool text_element_is_seen(unsigned flags);

#endif
