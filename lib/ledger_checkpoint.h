/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_checkpoint - moves what was committed from the -wal file into the database, on a thread
 * and a connection of its own, so that no answer waits for it. It never blocks a writer or a
 * reader (PASSIVE), except for a moment when it was not asked for a while and empties the -wal file
 * (TRUNCATE), so that what was deleted does not stay there. Thread rule: any thread between start
 * and stop.
 */
#ifndef GONEAWAY_LEDGER_CHECKPOINT_H
#define GONEAWAY_LEDGER_CHECKPOINT_H

#include <stdbool.h>

struct ledger_checkpoint;

/* The path must outlive it. 0, ERR_NOMEM, ERR_SYSTEM. */
int ledger_checkpoint_start(const char *path, unsigned idle_ms, struct ledger_checkpoint **out);
/* Asks for one soon, without waiting. */
void ledger_checkpoint_ask(struct ledger_checkpoint *checkpoint);
/* Was one that was asked for made since the last call? */
bool ledger_checkpoint_is_done(struct ledger_checkpoint *checkpoint);
/* Moves all of it at once and empties the -wal file, on the caller's thread; waits busy_ms for
 * those who read or write. 0, ERR_BUSY, ERR_LEDGER, ERR_NOMEM. Needs no start. */
int ledger_checkpoint_now(const char *path, unsigned busy_ms);
void ledger_checkpoint_stop(struct ledger_checkpoint **checkpoint);

#endif
