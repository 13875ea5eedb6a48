/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * recipients - for whom a mail is that comes without an envelope: what its deliveries left in
 * the header tells. Thread rule: any thread; results live in the mail's arena.
 */
#ifndef GONEAWAY_RECIPIENTS_H
#define GONEAWAY_RECIPIENTS_H

#include "judge.h"

/* A place to look at: one field, or two that count as one; the second NULL for none. */
struct recipients_place {
    const char *field;
    const char *other;
};

struct recipients_search {
    const struct setup *setup;
    struct ledger *ledger;                 /* NULL: none */
    int64_t now;                           /* time of receipt */
    const struct recipients_place *places; /* in the order in which they count */
    size_t place_count;
};

struct recipients {
    struct judge_recipient *items;
    size_t count;
    const char *from; /* the field that they were taken from, NULL for none */
};

/* The addresses, each once, of the first place that has any at our domains (ours), or that are
 * not. 0, ERR_NOMEM, ERR_LEDGER, ERR_BUSY. */
int recipients_find(
    const struct recipients_search *search, struct mail *mail, bool ours, struct recipients *out);

/* As recipients_find for addresses at our domains, of a mail that lay in a mailbox; search->places
 * is not used. Fields of deliveries count only where deliveries wrote them: in the part of the
 * header that is the mailbox's host's own; where that names none of our addresses, in that of the
 * host in front of it, and so on (trace.h). In each part, the first of these:
 * 1. X-Gm-Original-To;
 * 2. "for" of the Received field by which the mail came to the host;
 * 3. X-Original-To, Envelope-To with X-Envelope-To, X-Delivered-To;
 * 4. "for" of the host's other Received fields, from below;
 * 5. Delivered-To, X-Forwarded-To.
 * And when no part tells, To with Cc, which the sender wrote. */
int recipients_trace(
    const struct recipients_search *search, struct mail *mail, struct recipients *out);

/* Fills in mail->envelope_from: path, or where that is NULL that of Return-Path, which a delivery
 * wrote. *found: there is one that can be read.
 * 0 or ERR_NOMEM. */
int recipients_read_sender(struct mail *mail, const char *path, bool *found);

#endif
