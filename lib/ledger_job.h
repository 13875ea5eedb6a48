/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_job - what a caller asks the writer to write, and the writing of it.
 *
 * A job owns copies of all its strings, because a caller may give up while the writer is at it.
 * Strings that nobody vouches for (spelling, queue id, rule, subject) are cut to the schema's
 * bounds and lose control characters and octets that are no UTF-8; keys are refused instead.
 * Thread rule: a job is made by its caller and written by the writer.
 */
#ifndef GONEAWAY_LEDGER_JOB_H
#define GONEAWAY_LEDGER_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "ledger.h"
#include "ledger_db.h"
#include "ledger_tidy.h"

enum ledger_job_kind {
    LEDGER_JOB_RECORD,
    LEDGER_JOB_SCAN,
    LEDGER_JOB_LEARN,
    LEDGER_JOB_EXPECT,
    LEDGER_JOB_MIRROR,
    LEDGER_JOB_TIDY,
    LEDGER_JOB_FORGET
};

struct ledger_job {
    enum ledger_job_kind kind;
    struct arena *arena;
    /* record and scan */
    struct ledger_entry *entries;
    size_t count;
    struct ledger_scanned *scanned; /* scan: the caller's, who waits to the end */
    /* learn and expect */
    const char *key;
    const char *seen;
    const char *source; /* learn */
    int64_t since;      /* learn */
    int64_t until;      /* expect */
    /* mirror: the caller's, who waits to the end */
    const struct ledger_domain *domains;
    size_t domain_count;
    const struct catalogue *catalogue;
    /* tidy: likewise */
    struct ledger_tidy *tidy;
    bool *more;
    /* forget: likewise */
    const struct ledger_person *person;
    struct ledger_forgotten *forgotten;
};

/* Copies. 0, ERR_LEDGER (a key that the ledger would refuse), ERR_NOMEM. */
int ledger_job_record(struct ledger_job *job, const struct ledger_entry *entries, size_t count);
int ledger_job_scan(struct ledger_job *job, const struct ledger_entry *entries, size_t count,
    struct ledger_scanned *scanned);
int ledger_job_learn(
    struct ledger_job *job, const char *key, const char *seen, const char *source, int64_t since);
int ledger_job_expect(struct ledger_job *job, const char *key, const char *seen, int64_t until);
void ledger_job_free(struct ledger_job *job);

/* Was a mail counted, by whomever? 1, 0, or an error. */
int ledger_job_is_scanned(
    struct ledger_db *db, const struct ledger_entry *entry, enum ledger_counted *out);

/* Writes it, inside a transaction. 0, ERR_LEDGER, ERR_BUSY, ERR_NOMEM. */
int ledger_job_write(const struct ledger_job *job, struct ledger_db *db);

#endif
