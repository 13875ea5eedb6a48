/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * kind_score - adds up what speaks for each kind.
 */
#ifndef GONEAWAY_KIND_SCORE_H
#define GONEAWAY_KIND_SCORE_H

#include "kind_rules.h"

#define KIND_LANGUAGES_TRIED 3
#define KIND_NOTES_MAX 96

/* A segment that is read. */
struct kind_place {
    const struct text_segment *segment;
    size_t like;       /* the first place that says the same; may be this one */
    size_t first_find; /* in it */
    size_t block;
    double weight;   /* of what stands there */
    uint64_t shapes; /* SHAPE_ bits */
    bool subject;
};

/* What added to a kind: a text of the data files, and where it stood (NULL: no matter). */
struct kind_note {
    const char *text;
    const char *where;
    double weight;
    enum kind kind;
    bool by_rule; /* whose text it is then: the same pointer is the same rule */
};

/* What speaks for each kind, and the strongest notes in falling order. */
struct kind_tally {
    double kinds[KIND_COUNT];
    struct kind_note *notes;
    size_t note_count;
};

struct kind_score {
    struct kind_tally tally;
    const char *language; /* NULL: none */
};

/* A mail on its way through the rules. */
struct kind_scoring {
    struct arena *arena;
    const struct text *text;
    const struct phrases *phrases;
    const struct kind_rules *rules;
    struct kind_marks *marks;
    struct kind_place *places;
    struct phrases_string *strings; /* of each place */
    size_t place_count;
    struct phrases_finds finds;
    size_t languages[KIND_LANGUAGES_TRIED];
    double shares[KIND_LANGUAGES_TRIED]; /* likelihood, 1 for the first */
    size_t language_count;
    double best; /* score of the first */
    struct phrases_choice choice;
    struct phrases_hit *hits;
    size_t hit_count;
};

/* kind_score.c: text, subject and marks; marks may gain those that only the text shows. 0 or
 * ERR_NOMEM. */
int kind_score_mail(struct mail *mail, const struct text *text, const struct phrases *phrases,
    const struct kind_rules *rules, struct kind_marks *marks, struct kind_score *out);
/* kind_repeat.c: fills `like` of all places. 0 or ERR_NOMEM. */
int kind_repeat_find(struct kind_scoring *scoring);
/* Are the marks there that a rule asks for? */
bool kind_score_allows(const struct kind_scoring *scoring, const struct kind_rule *rule);
/* Adds a note's weight to its kind, and keeps the note. 0 or ERR_NOMEM. */
int kind_score_note(struct arena *arena, struct kind_tally *tally, const struct kind_note *note);

/* kind_text.c: what the text says in one language. 0 or ERR_NOMEM. */
int kind_text_score(const struct kind_scoring *scoring, size_t language,
    struct kind_tally *tally);

#endif
