/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * rrvs - Require-Recipient-Valid-Since (RFC 7293): does the sender demand a recipient who has
 * held the address since a date, and have we?
 *
 * The date that decides and the result belong to one recipient and never reach another.
 * Thread rule: pure; results live in the caller's arena.
 */
#ifndef GONEAWAY_RRVS_H
#define GONEAWAY_RRVS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "arena.h"
#include "date.h"
#include "mail.h"

#define RRVS_FIELD "Require-Recipient-Valid-Since"

enum rrvs_result {
    RRVS_NONE,      /* nothing was demanded for this recipient */
    RRVS_PASS,
    RRVS_FAIL,
    RRVS_UNKNOWN,   /* no date is recorded for the recipient */
    RRVS_TEMPERROR, /* the ledger that holds the recipient's date cannot be read */
    RRVS_PERMERROR, /* all fields are malformed, so that nobody knows whom they name (§5.2) */
    RRVS_IGNORED    /* set aside by rule: a role account, or not a recipient of ours */
};
const char *rrvs_result_name(enum rrvs_result result);

/* §3.2: addr-spec ";" date-time, by the RFC 5322 grammar with its obsolete forms and RFC 6532;
 * comments and folds anywhere. The address has no subaddress (base is key): bob@ does not
 * stand for bob+x@. 0, ERR_SYNTAX, ERR_LIMIT, ERR_NOMEM. */
int rrvs_parse_header(struct arena *arena, const char *value, size_t length,
    struct address *address, int64_t *when);

/* §3.1: the RCPT argument behind "RRVS=": RFC 3339 date-time, then ";C" or ";R" or nothing.
 * *action gets 'C', 'R' or 0. 0 or ERR_SYNTAX. */
int rrvs_parse_parameter(const char *value, int64_t *when, char *action);

/* What is known of one recipient. */
struct rrvs_recipient {
    const struct address *address;
    bool role;           /* address_is_role */
    bool ours;           /* delivered by us */
    int64_t owned_since; /* of the domain; DATE_NONE: not configured */
    int64_t since;       /* this mailbox was reassigned then; DATE_NONE: never */
    int64_t keep_since;  /* the administrator vouches for one owner since then; DATE_NONE */
    bool unreadable;     /* since and keep_since could not be read */
    int64_t parameter;   /* from the envelope; DATE_NONE: there was none */
};

struct rrvs_verdict {
    enum rrvs_result result;
    int64_t when; /* the oldest valid date demanded for this recipient; DATE_NONE for none, and
                     where it is ignored */
    const char *status; /* "5.7.17" "5.7.18" "5.7.19", "4.3.0" for temperror, or NULL */
};

/* Evaluates parameter and fields of the mail for one recipient (§5.1, §5.2). With a parameter
 * the fields are not looked at; of several fields for the recipient the oldest date decides;
 * those for others count for nothing. A date that the administrator vouches for (keep_since)
 * comes first; then the domain's (5.7.18) before the mailbox's (5.7.17). 0 or ERR_NOMEM. */
int rrvs_judge(
    struct mail *mail, const struct rrvs_recipient *recipient, struct rrvs_verdict *out);

#endif
