/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * phrases - the words and phrases of all languages (conf/phrases/<language>.conf) in one
 * matcher, and one pass over a text however many languages there are.
 *
 * The format of the files: doc/phrases.md. A set is immutable once loaded.
 *
 * Matching has two steps, so that a text pays for the languages that it is written in and not
 * for all of them: phrases_scan finds the places where words of any language stand ("finds");
 * phrases_expand turns them into hits for the few languages that the caller chose.
 *
 * Invariants
 * 1. Work is bounded by the text's length times the longest pattern, whatever the text says,
 *    and the finds and hits are bounded in number; what is beyond is not found.
 * 2. Patterns do not reach across the strings that phrases_scan is given.
 * Thread rule: matching from any thread.
 */
#ifndef GONEAWAY_PHRASES_H
#define GONEAWAY_PHRASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "mistakes.h"

#define PHRASES_LANGUAGES_MAX 256
#define PHRASES_FINDS_MAX 20000

/* The lists of `words`, in the order of doc/phrases.md. */
enum phrases_idea {
    IDEA_COMMON,
    IDEA_ACCOUNT,
    IDEA_PASSWORD,
    IDEA_USERNAME,
    IDEA_CODE,
    IDEA_ONETIME,
    IDEA_EMAIL,
    IDEA_PHONE,
    IDEA_DEVICE,
    IDEA_TWOFACTOR,
    IDEA_SECURITY,
    IDEA_RESET,
    IDEA_FORGOT,
    IDEA_CHOOSE,
    IDEA_NEW,
    IDEA_CHANGE,
    IDEA_CHANGED,
    IDEA_REMOVED,
    IDEA_ADDED,
    IDEA_VERIFY,
    IDEA_VERIFIED,
    IDEA_REGISTER,
    IDEA_CREATED,
    IDEA_WELCOME,
    IDEA_SIGNIN,
    IDEA_ATTEMPT,
    IDEA_UNUSUAL,
    IDEA_DETECTED,
    IDEA_LOCKED,
    IDEA_REQUEST,
    IDEA_NOTYOU,
    IDEA_LINK,
    IDEA_EXPIRE,
    IDEA_ENTER,
    IDEA_INVOICE,
    IDEA_PAYMENT,
    IDEA_CARD,
    IDEA_FAILED,
    IDEA_SUBSCRIPTION,
    IDEA_RENEW,
    IDEA_REFUND,
    IDEA_AMOUNT,
    IDEA_ORDER,
    IDEA_SHIP,
    IDEA_TRACKING,
    IDEA_BOOKING,
    IDEA_ITEM,
    IDEA_THANKS,
    IDEA_NOTIFY,
    IDEA_ACTIVITY,
    IDEA_INVITE,
    IDEA_TERMS,
    IDEA_EXPIRY,
    IDEA_UNSUBSCRIBE,
    IDEA_NEWSLETTER,
    IDEA_OFFER,
    IDEA_VIEWONLINE,
    IDEA_BOUNCE,
    IDEA_ABSENCE,
    IDEA_NOREPLY,
    IDEA_CUSTOMER,
    IDEA_WROTE,
    IDEA_CHAT,
    IDEA_EXISTS,
    IDEA_COUNT
};

enum phrases_strength { PHRASES_WEAK, PHRASES_MEDIUM, PHRASES_STRONG };
#define PHRASES_STRENGTHS 3

struct phrases;

/* Where words of some language stand in a string: octets [start, end). Opaque to callers but
 * for the place. */
struct phrases_find {
    uint32_t node;
    uint32_t segment; /* the number that phrases_scan was given */
    uint32_t start;
    uint32_t end;
};

/* Finds of one text, filled by phrases_scan; starts zeroed but for the arena. */
struct phrases_finds {
    struct arena *arena;
    struct phrases_find *items;
    size_t count;
    size_t room;
};

/* A pattern of a language in the text. */
struct phrases_hit {
    uint32_t segment;
    uint32_t start;
    uint32_t end;
    uint32_t pattern;  /* for phrases_pattern_text */
    uint16_t language;
    int8_t idea;       /* enum phrases_idea, or -1: it is a phrase, and kind and strength say which */
    uint8_t kind;      /* enum kind of kind.h */
    uint8_t strength;  /* enum phrases_strength */
};

/* The languages a caller is interested in. */
struct phrases_choice {
    uint64_t bits[PHRASES_LANGUAGES_MAX / 64];
};

/* Loads every *.conf of the directories in order; a file of a later directory replaces the
 * file of the same name of an earlier one. The first directory must be there, later ones need
 * not. Mistakes are added as file:line, all of them in one run.
 * 0, ERR_CONFIG, ERR_NOMEM. */
int phrases_load(const char *const *directories, size_t count, struct mistakes *mistakes,
    struct phrases **out);
void phrases_free(struct phrases **phrases);

size_t phrases_language_count(const struct phrases *phrases);
/* "de", "pt-BR" … */
const char *phrases_language(const struct phrases *phrases, size_t language);
/* "password" …; and back, -1 for no such list. */
const char *phrases_idea_name(enum phrases_idea idea);
int phrases_idea_from_name(const char *name);

size_t phrases_pattern_count(const struct phrases *phrases);
/* A pattern as its file has it, folded; belongs to the set. */
const char *phrases_pattern_text(const struct phrases *phrases, uint32_t pattern);

/* Adds what is found in a folded string (fold.h); segment is passed through. Strings may hold
 * any octets. 0 or ERR_NOMEM. */
int phrases_scan(const struct phrases *phrases, const char *folded, size_t length,
    uint32_t segment, struct phrases_finds *finds);

/* Adds for `segment` what was found in `earlier`, which has the same text: its finds stand from
 * number `first` on. 0 or ERR_NOMEM. */
int phrases_scan_again(struct phrases_finds *finds, size_t first, uint32_t earlier,
    uint32_t segment);

/* Adds to scores[language], for each find, the weight of what was found: the longer and the rarer
 * among languages the more. scores has room for all languages. */
void phrases_score_languages(const struct phrases *phrases, const struct phrases_finds *finds,
    double *scores);

/* The hits of the chosen languages, in the order of the text. `strings` are those that were
 * scanned, by segment number. 0 or ERR_NOMEM. */
struct phrases_string {
    const char *folded;
    size_t length;
};
int phrases_expand(const struct phrases *phrases, const struct phrases_finds *finds,
    const struct phrases_string *strings, const struct phrases_choice *choice,
    struct phrases_hit **hits, size_t *count);

/* How many octets of the folded word are ours: all of them for a word that some pattern has, else
 * those of the longest stem ("confirm*", at least four letters) that it begins with, else 0. What stands behind a stem is not ours. */
size_t phrases_known_part(const struct phrases *phrases, const char *folded, size_t length);

#endif
