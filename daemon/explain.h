/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * explain - what the parts of `goneaway explain` share: explain.c reads and judges,
 * explain_recipients.c finds out for whom, explain_print.c tells.
 */
#ifndef GONEAWAY_EXPLAIN_H
#define GONEAWAY_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "judge.h"
#include "recipients.h"

/* What was asked for on the command line, and what it takes to answer. */
struct explain {
    struct setup *setup;
    struct ledger *ledger; /* NULL: none */
    const char *sender;    /* -F, or NULL */
    char **recipients;     /* -R, in order */
    size_t recipient_count;
    int64_t now;
    bool json;
};

/* Where there is no -R: the addresses of Delivered-To, X-Original-To or To at our domains; the
 * first of these fields that has any. Where none has, the first that has any address at all, not
 * ours. In the mail's arena. 0, ERR_NOMEM, ERR_SYNTAX (a malformed RRVS parameter), ERR_LEDGER. */
int explain_recipients_find(
    const struct explain *explain, struct mail *mail, struct recipients *out);

/* One mail for one recipient. */
struct explain_case {
    const char *file;
    const char *sender_from; /* where the envelope sender is taken from, or NULL */
    const struct mail *mail;
    const struct judgement *judgement;
    const struct judge_verdict *verdict; /* NULL: the mail has no recipient */
    const char *recipients_from;
};

/* One JSON object on a line of its own. */
void explain_print_json(FILE *out, const struct explain_case *what);
/* A paragraph for people. */
void explain_print_text(FILE *out, const struct explain_case *what);

#endif
