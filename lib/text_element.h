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
