/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_element - what an HTML element means for the text inside it.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_ELEMENT_H
#define GONEAWAY_TEXT_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
/* For those who read what the parser has not read yet. */
#define TEXT_ELEMENT_VOID 16384u /* it has no end tag */
#define TEXT_ELEMENT_ROOT 32768u /* it is there once, and the parser drops it anywhere else */
#define TEXT_ELEMENT_SILENT 65536u /* void, and says nothing but by its attributes */

/* What is passed on to the elements inside. */
#define TEXT_ELEMENT_INHERITED 255u

#define TEXT_ELEMENT_NAME_MAX ((size_t)10) /* the longest name in the table */

enum text_element_inside {
    TEXT_ELEMENT_ANYTHING,
    TEXT_ELEMENT_NO_TAGS,   /* to whoever reads it */
    TEXT_ELEMENT_UNSURE,    /* some versions of libxml2 see tags, and others do not */
    TEXT_ELEMENT_LINES,     /* white space is more than that */
    TEXT_ELEMENT_JUST_WORDS /* if there are no tags, the element changes nothing */
};

struct text_element {
    const char *name; /* in lower case */
    uint8_t length;
    uint8_t inside; /* enum text_element_inside */
    uint32_t flags;
    uint32_t starts;   /* the kind of its start tag, a bit */
    uint32_t ended_by; /* kinds of start tags that end it where libxml2 reads them inside it */
};

/* The element of that name, in whichever case; NULL for one that means nothing. Names have letters,
 * digits, '-', '_' and ':', and at least one character. */
const struct text_element *text_element_find(const char *name, size_t length);
/* The flags of an element by its name, attributes (names and values in turn, NULL at the end;
 * NULL for none) and the style sheet; `outside` holds around it. Names are in lower case, as
 * libxml2 gives them. */
unsigned text_element_flags(const char *name, const char **attributes, unsigned outside,
    const struct text_css_sheet *sheet);
/* The value of an attribute, "" where it has none, NULL where it is not there. */
const char *text_element_attribute(const char **attributes, const char *name);
/* Whether an element of that name, in whichever case, is a block. */
bool text_element_is_block(const char *name, size_t length);
/* Whether the value of a class or id marks a quotation or what belongs to it. */
bool text_element_is_mark(const char *value, size_t length);
/* Whether text with these flags is seen by a reader. */
bool text_element_is_seen(unsigned flags);

#endif
