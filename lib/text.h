/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text - the readable text of a mail: MIME (RFC 2045-2049, 2231), charsets, HTML; bounded.
 *
 * The text is given as segments in reading order. A segment is a sentence, a line, a heading, a
 * table cell or a link's words: phrases do not reach across segments. Text is folded for
 * matching by `fold` (fold.h). Of multipart/alternative one part is read, once.
 *
 * Bounds: struct text_limits; what is beyond is not read, and `cut` says so.
 * Thread rule: one thread at a time for a mail; text_open once before threads start.
 */
#ifndef GONEAWAY_TEXT_H
#define GONEAWAY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "arena.h"
#include "mail.h"

enum text_origin {
    TEXT_SUBJECT,
    TEXT_AUTHOR,    /* the author's own words */
    TEXT_HIDDEN,    /* preheader and other text a reader does not see */
    TEXT_ALT,       /* alt texts of pictures, titles */
    TEXT_QUOTED,    /* quoted or forwarded words of somebody else, and what follows a "wrote:" */
    TEXT_RETURNED   /* the returned message inside a report */
};

struct text_segment {
    enum text_origin origin;
    const char *folded; /* fold_text form: see fold.h */
    size_t length;
    const char *plain; /* the same before folding: UTF-8, white space collapsed */
    size_t block;      /* number of the paragraph or cell; segments of one block stand together */
};

struct text_link {
    const char *url;
    size_t segment; /* of its words, or of the place where it stands */
    enum text_origin origin;
};

struct text_limits {
    size_t text_bytes; /* of decoded text that is read, all segments */
    unsigned parts;    /* MIME parts looked at */
    unsigned depth;    /* of multiparts in one another */
};

#define TEXT_CUT_LENGTH 1u
#define TEXT_CUT_PARTS 2u
#define TEXT_CUT_DEPTH 4u

struct text {
    const char *subject; /* decoded, UTF-8, white space collapsed; "" for none */
    struct text_segment *segments;
    size_t segment_count;
    struct text_link *links;
    size_t link_count;
    const char *report_type; /* multipart/report's report-type, lower case; NULL for none */
    bool encrypted;          /* S/MIME or PGP/MIME: nothing to be read */
    bool calendar;           /* an iTIP invitation (RFC 5546) */
    unsigned attachments;
    unsigned cut; /* TEXT_CUT_ bits */
};

/* Sets up GMime; once, before threads start. */
void text_open(void);
void text_close(void);

/* Reads mail; the result lives in the mail's arena. Anything that is no MIME is read as plain
 * text: input is never an error. 0 or ERR_NOMEM. */
int text_read(struct mail *mail, const struct text_limits *limits, struct text **out);
/* The same, but web addresses that are written out stay in the segments and are no links. */
int text_read_with_addresses(
    struct mail *mail, const struct text_limits *limits, struct text **out);

/* Writes name and version of what mail is read with, one a line. */
void text_libraries(FILE *out);

#endif
