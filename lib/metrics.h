/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * metrics - what happened, in numbers: counters that any thread raises, and the page that
 * Prometheus reads (text exposition format 0.0.4).
 *
 * Invariants
 * 1. No address, no domain of ours and no sender stands on the page. A service stands there only
 *    where the caller gives it, who leaves out those that hold few accounts.
 * 2. Counters only grow; raising one takes no lock.
 * Thread rule: metrics_new and metrics_free by one thread before and after all others; the rest
 * from any thread. metrics == NULL: nothing is counted.
 */
#ifndef GONEAWAY_METRICS_H
#define GONEAWAY_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "holder.h"
#include "kind.h"
#include "ledger.h"
#include "policy.h"

struct metrics;

/* NULL without memory. */
struct metrics *metrics_new(void);
/* Leaves NULL behind; NULL is fine. */
void metrics_free(struct metrics **metrics);

/* One message for one recipient: what it is, what enforce mode does with it. */
struct metrics_verdict {
    enum kind kind;
    enum action meant;
    enum mode mode;
    enum holder holder;
};
void metrics_count_verdict(struct metrics *metrics, const struct metrics_verdict *verdict);
/* The answer to one message, and how long the MTA waited for it, in nanoseconds. */
void metrics_count_answer(struct metrics *metrics, enum action action, uint64_t nanoseconds);
/* A message that met our own trouble, of enum err. */
void metrics_count_failure(struct metrics *metrics, int error);
/* A recipient that was not taken at RCPT. */
enum metrics_refusal {
    METRICS_APART,
    METRICS_TOO_MANY,
    METRICS_BAD_PARAMETER,
    METRICS_BUSY,
    METRICS_REFUSAL_COUNT
};
void metrics_count_refusal(struct metrics *metrics, enum metrics_refusal refusal);
/* The configuration was asked for at that moment (Unix time), and is in force or not. */
void metrics_note_load(struct metrics *metrics, bool loaded, int64_t when);

/* What is true now, for the page. */
struct metrics_state {
    unsigned connections;
    struct ledger_statistics ledger;
    const struct ledger_summary *accounts; /* NULL: not counted yet */
};

/* Appends the page. It fails only as a buffer does (buf_failed). */
void metrics_write(
    const struct metrics *metrics, const struct metrics_state *state, struct buf *out);

#endif
