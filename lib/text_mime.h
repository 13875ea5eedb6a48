/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_mime - the tree of a mail's parts (RFC 2045, 2046), without reading any of them.
 *
 * The tree is walked here and not by GMime's parser, which makes objects of every part before
 * anybody can count them: a body of one mebibyte can hold two hundred thousand parts, and takes
 * a quarter of a gibibyte then. GMime reads the fields.
 *
 * Invariants
 * 1. Parts point into the mail's body; nothing of it is copied.
 * 2. There are never more parts than the limit, and none deeper than the depth; no recursion.
 * Thread rule: one thread at a time for a mail.
 */
#ifndef GONEAWAY_TEXT_MIME_H
#define GONEAWAY_TEXT_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include <gmime/gmime.h>

#include "mail.h"
#include "text.h"

#define TEXT_MIME_DEPTH_MAX 64u /* whatever the limits say: readers of the tree recurse */

struct text_part {
    const char *type; /* "multipart/mixed", lower case; never NULL */
    const char *charset;
    const char *boundary;
    size_t boundary_length;
    const char *report_type; /* of multipart/report */
    const char *smime_type;
    const char *subject; /* of an embedded message, raw, not NUL-terminated; NULL for none */
    size_t subject_length;
    GMimeContentEncoding encoding;
    bool attachment; /* Content-Disposition: attachment */
    bool flowed;     /* format=flowed (RFC 3676) */
    bool delsp;
    unsigned depth;
    const char *body; /* as it is encoded */
    size_t length;
    struct text_part *parent;
    struct text_part *first;
    struct text_part *last;
    struct text_part *next;
};

/* Builds the tree of mail; *cut gets TEXT_CUT_PARTS and TEXT_CUT_DEPTH. 0 or ERR_NOMEM. */
int text_mime_read(
    struct mail *mail, const struct text_limits *limits, struct text_part **root, unsigned *cut);

/* Whether a part is of a type; one that ends in a slash ("text/") stands for all of it. */
bool text_mime_is(const struct text_part *part, const char *type);

#endif
