/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_build - gathers the segments and links of a text: sentences are told apart here, white
 * space collapses here, and the budget of text octets is kept here.
 *
 * Callers hand over runs: the text of one paragraph, line, heading or cell, as valid UTF-8.
 *
 * Invariants
 * 1. A segment holds at least one letter or digit.
 * 2. Web addresses are taken out of the segments: they are links, and their words are not what
 *    the mail says.
 * 3. Once `full` or `error` is set, nothing more is taken.
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_TEXT_BUILD_H
#define GONEAWAY_TEXT_BUILD_H

#include "arena.h"
#include "text.h"

struct text_anchor {
    const char *url;
    size_t start; /* of its words in the run to come */
    size_t end;
    size_t at; /* the same where white space is collapsed */
};

struct text_build {
    struct arena *arena;
    struct text_segment *segments;
    size_t count;
    size_t room;
    size_t run; /* the first segment of the last run that had any */
    struct text_link *links;
    size_t link_count;
    size_t link_room;
    struct text_anchor *anchors; /* of the run to come, in order of their start */
    size_t anchor_count;
    size_t anchor_room;
    char *clean; /* the run that is being read, white space collapsed */
    size_t clean_length;
    size_t clean_room;
    size_t budget;
    size_t block;
    bool full;
    bool addresses_stay; /* in the segments, where they are written out */
    int error; /* 0 or ERR_NOMEM */
};

void text_build_init(struct text_build *build, struct arena *arena, size_t text_bytes);
/* Frees what is not in the arena. */
void text_build_free(struct text_build *build);

/* The next run belongs to another paragraph or cell. */
void text_build_block(struct text_build *build);
/* Octets start to end of the next run are the words of a link to url (not NUL-terminated). */
void text_build_anchor(
    struct text_build *build, const char *url, size_t length, size_t start, size_t end);
/* Adds the sentences of text, and its links, written out or announced by text_build_anchor. A line
 * feed is white space that is dropped between two characters of scripts without spaces. */
void text_build_run(
    struct text_build *build, enum text_origin origin, const char *text, size_t length);
/* True if more text would be taken. */
bool text_build_wants(const struct text_build *build);

/* A place in what was gathered: everything before it is older. */
struct text_mark {
    size_t segment;
    size_t link;
};

struct text_mark text_build_mark(const struct text_build *build);
/* What was gathered since `from` and is of origin `old` becomes of another one. */
void text_build_turn(struct text_build *build, struct text_mark from, enum text_origin old,
    enum text_origin origin);
/* Octets of what was gathered between the two and is of that origin. */
size_t text_build_octets(const struct text_build *build, struct text_mark from, struct text_mark to,
    enum text_origin origin);
/* Forgets what was gathered between the two; the budget it took is there again. */
void text_build_drop(struct text_build *build, struct text_mark from, struct text_mark to);

#endif
