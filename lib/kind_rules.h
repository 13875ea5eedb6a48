/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * kind_rules - the inside of the rules of conf/kinds.conf and of the marks of
 * conf/carriers.conf, shared by the kind_*.c files and nobody else.
 *
 * A segment of the text carries ideas (words of a language, phrases.h) and shapes (an amount of
 * money, a code …); the mail as a whole carries marks (a header field, a sender's name, a word in
 * a link …). A rule asks for ideas and shapes in one place, or only for marks, and adds its
 * weight to one or several kinds. Thread rule: immutable once loaded.
 */
#ifndef GONEAWAY_KIND_RULES_H
#define GONEAWAY_KIND_RULES_H

#include "arena.h"
#include "kind.h"
#include "octets.h"
#include "phrases.h"

#define KIND_MARKS_MAX 128
#define KIND_RULES_MAX 1000
#define KIND_FIELD_MAX 76 /* octets of the name of a header field */

/* Marks that the code itself finds; carriers.conf adds others. */
enum kind_mark {
    MARK_REPLY,       /* In-Reply-To or References */
    MARK_REPORT,      /* multipart/report about a delivery or a display */
    MARK_NULL_SENDER, /* Return-Path <> or no envelope sender */
    MARK_CALENDAR,
    MARK_ENCRYPTED,
    MARK_ATTACHMENT,
    MARK_FREEMAIL,    /* From is at a provider of personal mail boxes */
    MARK_PERSON_NAME, /* From's address is made of its display name: "Kim Doe <kim.doe@…>" */
    MARK_ONE_NAME,    /* "Kim <kim@…>": a name of one word, which stands in the local part */
    MARK_OTHER_NAME,  /* a name of two words or more, none of which stands in the address */
    MARK_BRAND,       /* From's local part stands in its domain: "shop@shop.example" */
    MARK_QUOTED,      /* holds quoted words */
    MARK_QUOTED_MOST, /* more quoted words than own */
    MARK_SHORT,
    MARK_LONG,
    MARK_NO_LINK,
    MARK_FEW_LINKS,
    MARK_MANY_LINKS,
    MARK_TOKEN_LINK, /* a link with a long random value */
    MARK_LONE_CODE,  /* a line that is nothing but a code */
    MARK_RECIPIENTS, /* several addresses in To and Cc */
    MARK_NO_LANGUAGE, /* in no language that we know */
    MARK_OWN_COUNT
};

/* What a segment's text looks like, whatever its language. */
enum kind_shape {
    SHAPE_CODE,   /* has a word that may be a code */
    SHAPE_LONE,   /* is nothing but a code */
    SHAPE_MONEY,  /* an amount with a currency */
    SHAPE_NUMBER, /* an order or reference number */
    SHAPE_IP,     /* an IP address */
    SHAPE_LINK,   /* words of a link, or a URL */
    SHAPE_QUESTION,
    SHAPE_COUNT
};

_Static_assert(IDEA_COUNT <= 64, "a mask holds 64 ideas");

struct kind_mask {
    uint64_t ideas;
    uint64_t shapes;
};

struct kind_marks {
    uint64_t bits[KIND_MARKS_MAX / 64];
};

enum kind_near { NEAR_SEGMENT, NEAR_BLOCK, NEAR_MAIL, NEAR_MARKS };

struct kind_rule {
    const char *name;
    struct kind_mask all;
    struct kind_mask any;
    struct kind_mask not;
    struct kind_marks with;
    struct kind_marks without;
    enum kind_near near;
    bool in_condition;  /* "if this was not you …" does not weaken it: it asks for that idea */
    unsigned count;     /* NEAR_MAIL: at least so many different patterns of `all` */
    double subject;
    double body;
    double factor; /* NEAR_MARKS: what the text says for service kinds counts so much */
    double weights[KIND_COUNT];
};

struct kind_settings {
    double strong;
    double medium;
    double weak;
    double subject;
    double repeat;
    double hidden;
    double alt;
    double early;
    double late;
    double late_factor;
    double condition;
    double after_condition;
    double done;
    double head;
    double tail;
    double language_least;
    double language_share;
    double language_trust;
    double together;
    double margin;
    double notice;
    double doubt;
    double other;
    double temperature;
    double short_text;
    double long_text;
};

/* Words that give a mark. */
struct kind_words {
    unsigned mark;
    const char *const *words; /* "*reset*": anywhere; else a whole token */
    size_t count;
};

/* Such lists, to be searched all at once. */
struct kind_index {
    struct kind_index_word *words; /* sorted */
    size_t count;
    unsigned short first[257]; /* of the words that begin with an octet */
    /* May a word begin with three octets, whatever their case? And if so, with four? */
    struct octets_filter threes;
    struct octets_filter fours;
    bool has_short;            /* are there words of one or two octets? */
    struct kind_marks marks;   /* all that they can give */
};
#define KIND_INDEX_MAX 65535

/* A header field that gives a mark. */
struct kind_header {
    unsigned mark;
    const char *field;
    size_t field_length;
    const char *const *equals; /* any of them; NULL: no matter */
    size_t equals_count;
    const char *const *contains; /* in lower case */
    size_t contains_count;
    const char *unless; /* not where this field is there too; NULL: no matter */
};

struct kind_currency {
    const char *text; /* folded, not empty */
    size_t length;
};

struct kind_rules {
    struct arena *arena;
    struct kind_settings settings;
    struct kind_rule *rules;
    size_t rule_count;
    uint64_t dampers[KIND_COUNT]; /* ideas that weaken a kind's phrases beside them */
    const char *marks[KIND_MARKS_MAX];
    size_t mark_count;
    struct kind_header *headers; /* by the length of their field's name */
    size_t header_count;
    size_t header_first[KIND_FIELD_MAX + 2]; /* of those with a name of that length */
    struct kind_words *senders; /* local part of From */
    size_t sender_count;
    struct kind_words *links; /* path and query of links */
    size_t link_count;
    struct kind_index *sender_index;
    struct kind_index *link_index;
    struct kind_words *subjects; /* how a subject begins, folded */
    size_t subject_count;
    const char *const *freemail; /* sorted */
    size_t freemail_count;
    struct kind_currency *money;
    size_t money_count;
    bool money_begins[256]; /* is there a currency that begins with this octet? */
    bool money_ends[256];   /* … that ends with it? */
};

const char *kind_shape_name(enum kind_shape shape);

static inline void kind_set_mark(struct kind_marks *marks, unsigned mark)
{
    marks->bits[mark / 64] |= (uint64_t)1 << mark % 64;
}

static inline bool kind_has_mark(const struct kind_marks *marks, unsigned mark)
{
    return (marks->bits[mark / 64] >> mark % 64 & 1) != 0;
}

/* kind_marks.c: the marks of a mail. 0 or ERR_NOMEM. */
int kind_marks_find(struct mail *mail, const struct text *text, const char *from,
    const struct kind_rules *rules, struct kind_marks *marks);

/* kind_words.c: lists to be searched at once; they and the arena must live as long. 0 or
 * ERR_NOMEM. */
int kind_words_index(struct arena *arena, const struct kind_words *lists, size_t count,
    struct kind_index **out);
/* May there be a word in text, whose letters may be of either case? length octets are looked at;
 * one more can be read. */
bool kind_words_may_find(const struct kind_index *index, const char *text, size_t length);
/* Sets the marks of all words in text, which is in lower case. */
void kind_words_find(const struct kind_index *index, const char *text, struct kind_marks *marks);

/* kind_shape.c: the shapes of a segment, as a mask. */
uint64_t kind_shape_find(const struct text_segment *segment, const struct kind_rules *rules);
/* Does a URL hold a long random value? */
bool kind_shape_has_token(const char *url);

#endif
