/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_tidy - what goes, and what moves, with time: messages, accounts, addresses and counters
 * beyond the days that they are kept; cases that fell quiet; and all of one person at once.
 *
 * Invariants
 * 1. A step looks at a bounded number of rows, however large the ledger is.
 * 2. What the administrator set, accounts of the owner and own mailboxes never go by age: without
 *    them mail of the owner could be taken for somebody else's again.
 * Thread rule: the writer's.
 */
#ifndef GONEAWAY_LEDGER_TIDY_H
#define GONEAWAY_LEDGER_TIDY_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger.h"
#include "ledger_db.h"

/* A pass through the ledger, and how far it has come. Start with zero cursors. */
struct ledger_tidy {
    struct ledger_keeping keeping;
    int64_t now;
    int64_t account; /* the last one looked at */
    int64_t address;
};

/* One step, inside a transaction of the writer. *more: the pass has not reached the end; else the
 * next step begins a new one. 0, ERR_LEDGER, ERR_BUSY, ERR_NOMEM. */
int ledger_tidy_step(struct ledger_db *db, struct ledger_tidy *tidy, bool *more);

/* When the newest message came, to the day; DATE_NONE where there is none. 0, ERR_LEDGER, ERR_BUSY,
 * ERR_NOMEM. */
int ledger_tidy_newest(struct ledger_db *db, int64_t *out);

/* Deletes all rows about a person, inside a transaction of the writer. Returns as above. */
int ledger_tidy_forget(
    struct ledger_db *db, const struct ledger_person *person, struct ledger_forgotten *out);

#endif
