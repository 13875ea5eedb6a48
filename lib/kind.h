/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * kind - what a message is, with the reasons.
 *
 * Scores come from the words and phrases of the languages and from the mail's structure; how
 * they combine is data: conf/kinds.conf. Evidence that can be forged may classify; it never
 * authenticates. Thread rule: pure; results live in the mail's arena.
 */
#ifndef GONEAWAY_KIND_H
#define GONEAWAY_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "mail.h"
#include "mistakes.h"
#include "phrases.h"
#include "text.h"

enum kind {
    KIND_RESET,
    KIND_CODE,
    KIND_VERIFY,
    KIND_SIGNIN,
    KIND_CHANGE,
    KIND_WELCOME,
    KIND_BILLING,
    KIND_ORDER,
    KIND_NOTICE,
    KIND_BULK,
    KIND_PERSONAL,
    KIND_AUTO,
    KIND_OTHER
};
#define KIND_COUNT 13

/* "reset" …; and back, false for no such kind. */
const char *kind_name(enum kind kind);
bool kind_from_name(const char *name, enum kind *out);
/* reset code verify signin change: who reads it could take the account over. */
bool kind_is_critical(enum kind kind);
/* Mail that exists because somebody has an account: reset … notice. */
bool kind_is_service(enum kind kind);

struct kind_reason {
    const char *text; /* ASCII or UTF-8, from our own data files only: never words of the mail */
    double weight;
    enum kind kind; /* that it speaks for */
};

struct kind_result {
    enum kind kind;
    double score; /* of the kind chosen, 0 … 1 */
    const char *language; /* "de", or NULL where none was recognised */
    const struct kind_reason *reasons; /* strongest first */
    size_t reason_count;
};

struct kind_rules; /* conf/kinds.conf, loaded */

/* 0, ERR_CONFIG, ERR_NOMEM. */
int kind_rules_load(const char *path, struct mistakes *mistakes, struct kind_rules **out);
void kind_rules_free(struct kind_rules **rules);
/* Is this an A-label domain at which anybody can have a mailbox? */
bool kind_is_freemail(const struct kind_rules *rules, const char *domain);

/* Judges a mail; from is the From address in key form or NULL. 0 or ERR_NOMEM. */
int kind_judge(struct mail *mail, const struct text *text, const char *from,
    const struct phrases *phrases, const struct kind_rules *rules, struct kind_result **out);

#endif
