/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_markup - takes HTML apart, event by event: elements begin and end, text stands between
 * them. No tree is built, and nothing is kept but the open elements.
 *
 * It reads what senders write, not what they should: every start tag has its end event, elements
 * end where those of HTML 4 end (text_element.h), an end tag that nothing began is nothing, and of
 * attributes only those that text_element knows are looked at. A general parser took half of the
 * time that a mail costs.
 *
 * Invariants
 * 1. Work is bounded by the length of the input: a tag counts up to TEXT_MARKUP_TAG_MAX octets,
 *    what is left of it is dropped, and elements nest TEXT_MARKUP_DEPTH_MAX deep.
 * 2. The start events that were given and have no end event yet are exactly the open elements.
 * 3. The end of the document ends a paragraph and no more: readers see what stands behind it.
 * Thread rule: one thread at a time for a reader.
 */
#ifndef GONEAWAY_TEXT_MARKUP_H
#define GONEAWAY_TEXT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "text_element.h"

#define TEXT_MARKUP_TAG_MAX ((size_t)8192)
#define TEXT_MARKUP_DEPTH_MAX ((size_t)400)

/* What is given; the data of text_markup_init comes first. Text is UTF-8, in pieces that end with
 * characters. An element too many for the depth has a start event, and reading ends. */
struct text_markup_events {
    void (*start)(void *data, const struct text_tag *tag);
    void (*end)(void *data);
    void (*text)(void *data, const char *text, size_t length);
};

struct text_markup {
    const struct text_markup_events *events;
    void *data;
    struct buf held;   /* what begins something whose end has not come */
    struct buf values; /* of the attributes of the tag that is read */
    struct {
        unsigned element;
        unsigned hash; /* of its name */
    } open[TEXT_MARKUP_DEPTH_MAX + 1];
    size_t depth;
    enum { TEXT_MARKUP_TEXT, TEXT_MARKUP_RAW, TEXT_MARKUP_COMMENT, TEXT_MARKUP_DROP } state;
    bool stopped;
};

void text_markup_init(
    struct text_markup *markup, const struct text_markup_events *events, void *data);
/* Reads the next octets: valid UTF-8 without NUL that ends with a character. */
void text_markup_feed(struct text_markup *markup, const char *utf8, size_t length);
/* No event is given any more. May be called from within one. */
void text_markup_stop(struct text_markup *markup);
/* Reads what is held, ends the open elements, and frees. 0 or ERR_NOMEM. */
int text_markup_end(struct text_markup *markup);

#endif
