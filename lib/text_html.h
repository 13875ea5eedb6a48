/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_html - the sentences and links of an HTML text, by libxml2's HTML parser, event by
 * event: no tree is built. What says nothing is left out before libxml2 reads it (text_tags.h).
 *
 * Invariants
 * 1. What reaches libxml2 has no tag longer than TEXT_TAGS_MAX and no elements nested
 *    deeper than TEXT_HTML_DEPTH_MAX: some of its loops take the square of either.
 * 2. Reading stops when the build wants no more.
 * Thread rule: one thread at a time for a reader.
 */
#ifndef GONEAWAY_TEXT_HTML_H
#define GONEAWAY_TEXT_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "text_build.h"
#include "text_tags.h"

#define TEXT_HTML_DEPTH_MAX ((size_t)400)

struct text_html;

struct text_html_options {
    enum text_origin origin;      /* of the whole text; TEXT_AUTHOR is told apart further */
    bool conversation;            /* see text_quote.h */
    size_t expected;              /* octets of it that may come at most, 0 if that is not known */
    enum text_tags_extent extent; /* of what libxml2 is to see; tests compare */
};

/* NULL without memory. */
struct text_html *text_html_new(struct text_build *build, const struct text_html_options *options);
/* Takes the next octets, valid UTF-8. False without memory. A text_sink. */
bool text_html_feed(void *html, const char *utf8, size_t length);
/* Reads what was taken, and frees the reader. *cut is set if elements were nested too deep. 0 or
 * ERR_NOMEM. */
int text_html_end(struct text_html **html, bool *cut);

#endif
