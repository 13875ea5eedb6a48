/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_scan - looks for places in HTML that no parser has read yet: where a comment, a tag or the
 * inside of an element ends, as far as that is sure; and adds text where something was left out.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_SCAN_H
#define GONEAWAY_TEXT_SCAN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define TEXT_SCAN_COMMENT "<!--"
#define TEXT_SCAN_COMMENT_END "-->"
/* Keeps apart what stood apart before something was left out: says nothing to anybody. */
#define TEXT_SCAN_NOTHING "<!---->"

/* White space inside a tag. */
static inline bool text_scan_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What names of elements and attributes have in them, if they are no odd ones. */
static inline bool text_scan_is_name(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_' || c == ':';
}

/* Whether what stands at p begins with `what`, be it in capitals; `what` is in lower case. */
bool text_scan_begins(const char *p, const char *end, const char *what);
/* The first place from p on where `what` stands as it is written, `end` if it does not. */
const char *text_scan_find(const char *p, const char *end, const char *what);
/* Adds text to what the parser will see, so that it says what it did before something was left out
 * around it: no two texts make a character reference, and a single '&' stays one, but the
 * document's last, which the parser drops. *open_end: in out, behind the last text that ended like
 * a reference; SIZE_MAX before the first, kept here. */
void text_scan_give(
    struct buf *out, size_t *open_end, const char *text, const char *end, const char *document_end);
/* Behind the next '>', `end` if there is none. */
const char *text_scan_behind(const char *p, const char *end);
/* Where the tag at p ends, behind its '>', which may stand in quotation marks behind a '=' before;
 * `end` if it does not. */
const char *text_scan_follow(const char *p, const char *end);
/* Where the comment at p ends; NULL where versions of libxml2 and browsers differ in it. */
const char *text_scan_comment_end(const char *p, const char *end);
/* The "</name" from p on, if its name goes no further; NULL if there is none, or an odd one. */
const char *text_scan_end_tag(const char *p, const char *end, const char *name, size_t name_length);
/* What libxml2 must not see: "<![if !mso]>", which it takes for text, and the end of a document,
 * behind which it reads nothing. */
bool text_scan_is_unwanted(const char *p, const char *end);
/* Whether the parser, too, sees the end of a tag or declaration at `end`: it is the first '>', no
 * other '<' comes before, and no quotation marks are around it; those of a document type or an
 * instruction end before it. */
bool text_scan_is_sure(const char *p, const char *end);

#endif
