/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_writer - the one thread that writes. All jobs that wait share a transaction; who gave a
 * job in waits until that is committed, or until his time is over.
 *
 * Invariants
 * 1. A job is answered once, after its transaction was committed and synced, or not at all.
 * 2. One job that cannot be written never keeps the others of its transaction away.
 * 3. A job whose caller gave up before the writer began it is never written; one begun is
 *    written to the end.
 * 4. No failure lasts: the next job opens the database anew where that may help.
 * Thread rule: any thread between start and stop.
 */
#ifndef GONEAWAY_LEDGER_WRITER_H
#define GONEAWAY_LEDGER_WRITER_H

#include "ledger.h"
#include "ledger_job.h"

struct ledger_writer;

struct ledger_writer_options {
    const char *path; /* outlives the writer */
    unsigned queue;
    const char *synchronous;
};

/* Opens the database (ledger_schema_open) and starts the thread. On error *why is a sentence for
 * the caller to free. 0, ERR_SYSTEM, ERR_LEDGER, ERR_BUSY, ERR_NEWER, ERR_NOMEM. */
int ledger_writer_start(const struct ledger_writer_options *options, unsigned timeout_ms,
    struct ledger_writer **out, char **why);
/* Somebody is about to give in a job that records a message: where the next commit is due while
 * others wait already, it waits for him for a moment. Each call is taken back by one of
 * ledger_writer_met, before the job is given in or when there will be none. */
void ledger_writer_expect(struct ledger_writer *writer);
void ledger_writer_met(struct ledger_writer *writer);
/* Has the job written and frees it, in any case. patient: once begun, waits to the end (for jobs
 * that use memory of the caller). 0, ERR_BUSY, ERR_LEDGER. */
int ledger_writer_write(
    struct ledger_writer *writer, struct ledger_job *job, unsigned timeout_ms, bool patient);
/* What is kept from now on; see ledger_keep. */
void ledger_writer_keep(struct ledger_writer *writer, const struct ledger_keeping *keeping);
/* Is the writer getting on? false: it has been at one transaction for longer than that. */
bool ledger_writer_alive(struct ledger_writer *writer, unsigned ms);
void ledger_writer_statistics(struct ledger_writer *writer, struct ledger_statistics *out);
/* Writes what waits, then stops and closes. */
void ledger_writer_stop(struct ledger_writer **writer);

#endif
