/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What the rest of the program sees: it opens the parts, asks the questions on a connection of
 * the readers, and hands what is to be written to the writer.
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "date.h"
#include "err.h"
#include "ledger_checkpoint.h"
#include "ledger_file.h"
#include "ledger_readers.h"
#include "ledger_schema.h"
#include "ledger_writer.h"
#include "log.h"

#define QUESTION_TRIES 3
#define MIRROR_TIMEOUT_MS 30000u
#define STUCK_FACTOR 10u /* a transaction that takes so many timeouts is stuck */
#define LOG_SECONDS 60

struct ledger {
    char *path;
    char *synchronous;
    unsigned timeout_ms;
    int lock; /* -1: shared with whoever comes */
    struct ledger_readers *readers;
    struct ledger_writer *writer; /* NULL: read only */
};

/* A question and where its answer goes. */
struct question {
    int (*ask)(struct ledger_db *db, struct question *question);
    const char *one;
    const char *other;
    const struct ledger_entry *entry;
    void *answer;
    unsigned number;
};

static void complain(const struct ledger *ledger, const struct ledger_fault *fault)
{
    static struct log_limit limit;

    log_limited(&limit, LOG_SECONDS, "ledger: %s cannot be read: %s: %s", ledger->path, fault->text,
        ledger_db_advice(fault));
}

/* A transaction with nothing in it, which makes the writer open, or make, the database anew. */
static int repair(struct ledger *ledger, const struct timespec *deadline)
{
    struct ledger_job nothing = {.kind = LEDGER_JOB_RECORD};

    if (ledger->writer == NULL)
        return 0;
    return ledger_writer_write(ledger->writer, &nothing, ledger_thread_left(deadline), false);
}

/* Asks on a connection of the readers, and again on a new one where that may help. */
static int ask(struct ledger *ledger, struct question *question)
{
    struct timespec deadline = ledger_thread_deadline(ledger->timeout_ms);
    int r = ERR_LEDGER;

    for (int tries = 0; tries < QUESTION_TRIES; tries++) {
        struct ledger_db *db;
        bool stale;

        r = ledger_readers_take(ledger->readers, &deadline, &db);
        if (r == 0)
            r = question->ask(db, question);
        if (r != 0 && r != ERR_BUSY && db != NULL)
            complain(ledger, &db->fault);
        stale = db != NULL && (r != 0 || db->unlocked) && ledger_db_stale(db);
        ledger_readers_give(ledger->readers, db);
        if (!stale || r == ERR_BUSY)
            break;
        if (r != 0 && repair(ledger, &deadline) != 0)
            break;
        r = r != 0 ? r : ERR_BUSY; /* read while another program came: not to be trusted */
    }
    return r == 0 || r == ERR_BUSY ? r : ERR_LEDGER;
}

/* 1 where there is a row. */
static int read_mailbox(struct ledger_db *db, const char *address, struct ledger_mailbox *out)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_FIND_MAILBOX);
    ledger_db_text(&query, address);
    ledger_db_time(&query, (int64_t)time(NULL));
    r = ledger_db_step(&query);
    if (r == 1) {
        out->own = true;
        strncpy(out->source, ledger_db_column_text(&query, 0), sizeof(out->source) - 1);
        out->since = ledger_db_column_time(&query, 1);
        out->keep_since = ledger_db_column_time(&query, 2);
    }
    ledger_db_end(&query);
    return r;
}

static int ask_mailbox(struct ledger_db *db, struct question *question)
{
    struct ledger_mailbox *out = question->answer;
    int r;

    *out = (struct ledger_mailbox){.since = DATE_NONE, .keep_since = DATE_NONE};
    r = read_mailbox(db, question->one, out);
    if (r == 0 && question->other != NULL && strcmp(question->one, question->other) != 0)
        r = read_mailbox(db, question->other, out);
    return r < 0 ? r : 0;
}

int ledger_find_mailbox(
    struct ledger *ledger, const char *key, const char *base, struct ledger_mailbox *out)
{
    struct question question = {.ask = ask_mailbox, .one = key, .other = base, .answer = out};

    return ask(ledger, &question);
}

static int ask_account(struct ledger_db *db, struct question *question)
{
    struct ledger_account *out = question->answer;
    struct ledger_query query;
    int r;

    *out = (struct ledger_account){.first_seen = DATE_NONE, .rrvs_date = DATE_NONE};
    ledger_db_begin(&query, db, LEDGER_FIND_ACCOUNT);
    ledger_db_text(&query, question->one);
    ledger_db_text(&query, question->other);
    r = ledger_db_step(&query);
    if (r == 1) {
        out->known = holder_from_name(ledger_db_column_text(&query, 0), &out->holder) &&
                     holder_by_from_name(ledger_db_column_text(&query, 1), &out->by);
        out->first_seen = ledger_db_column_time(&query, 2);
        out->rrvs_date = ledger_db_column_time(&query, 3);
    }
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

int ledger_find_account(
    struct ledger *ledger, const char *address_key, const char *service, struct ledger_account *out)
{
    struct question question = {
        .ask = ask_account, .one = address_key, .other = service, .answer = out};

    return ask(ledger, &question);
}

static int ask_nothing(struct ledger_db *db, struct question *question)
{
    struct ledger_query query;
    int r;

    (void)question;
    ledger_db_begin(&query, db, LEDGER_PING);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

int ledger_ping(struct ledger *ledger)
{
    struct question question = {.ask = ask_nothing};

    if (ledger->writer != NULL &&
        !ledger_writer_alive(ledger->writer, STUCK_FACTOR * ledger->timeout_ms))
        return ERR_BUSY;
    return ask(ledger, &question);
}

void ledger_is_coming(struct ledger *ledger)
{
    if (ledger->writer != NULL)
        ledger_writer_expect(ledger->writer);
}

void ledger_has_come(struct ledger *ledger)
{
    if (ledger->writer != NULL)
        ledger_writer_met(ledger->writer);
}

int ledger_record(struct ledger *ledger, const struct ledger_entry *entries, size_t count)
{
    struct ledger_job job;
    int r;

    if (count == 0)
        return 0;
    if (ledger->writer == NULL)
        return ERR_LEDGER;
    r = ledger_job_record(&job, entries, count);
    if (r != 0)
        return ERR_LEDGER;
    return ledger_writer_write(ledger->writer, &job, ledger->timeout_ms, false);
}

int ledger_scan(struct ledger *ledger, const struct ledger_entry *entries, size_t count,
    struct ledger_scanned *out)
{
    struct ledger_scanned scanned = {0};
    struct ledger_job job;
    int r;

    out->refused = false;
    if (count == 0)
        return 0;
    if (ledger->writer == NULL)
        return ERR_LEDGER;
    r = ledger_job_scan(&job, entries, count, &scanned);
    if (r != 0) {
        out->refused = r == ERR_LEDGER;
        return ERR_LEDGER;
    }
    r = ledger_writer_write(ledger->writer, &job, ledger->timeout_ms, true);
    out->refused = scanned.refused;
    if (r == 0) {
        out->recorded += scanned.recorded;
        out->known += scanned.known;
    }
    return r;
}

static int ask_scanned(struct ledger_db *db, struct question *question)
{
    return ledger_job_is_scanned(db, question->entry, question->answer);
}

int ledger_knows(struct ledger *ledger, const struct ledger_entry *entry, enum ledger_counted *out)
{
    struct question question = {.ask = ask_scanned, .entry = entry, .answer = out};

    *out = LEDGER_COUNTED_NOT;
    return ask(ledger, &question);
}

static int ask_accounts(struct ledger_db *db, struct question *question)
{
    int64_t *counts = question->answer;
    struct ledger_query query;
    enum holder holder;
    int r;

    memset(counts, 0, HOLDER_COUNT * sizeof(*counts));
    ledger_db_begin(&query, db, LEDGER_COUNT_ACCOUNTS);
    while ((r = ledger_db_step(&query)) == 1)
        if (holder_from_name(ledger_db_column_text(&query, 0), &holder))
            counts[holder] = ledger_db_column_int(&query, 1);
    ledger_db_end(&query);
    return r;
}

int ledger_count_accounts(struct ledger *ledger, int64_t counts[HOLDER_COUNT])
{
    struct question question = {.ask = ask_accounts, .answer = counts};

    return ask(ledger, &question);
}

int ledger_learn_mailbox(
    struct ledger *ledger, const char *key, const char *seen, const char *source, int64_t since)
{
    struct ledger_mailbox known;
    struct ledger_job job;
    int r = ledger_find_mailbox(ledger, key, key, &known);

    if (r != 0 || (known.own && strcmp(known.source, "expected") != 0))
        return r;
    if (ledger->writer == NULL || ledger_job_learn(&job, key, seen, source, since) != 0)
        return ERR_LEDGER;
    return ledger_writer_write(ledger->writer, &job, ledger->timeout_ms, false);
}

int ledger_expect_mailbox(struct ledger *ledger, const char *key, const char *seen, int64_t until)
{
    struct ledger_job job;

    if (ledger->writer == NULL || ledger_job_expect(&job, key, seen, until) != 0)
        return ERR_LEDGER;
    return ledger_writer_write(ledger->writer, &job, ledger->timeout_ms, false);
}

static int ask_others(struct ledger_db *db, struct question *question)
{
    int64_t *count = question->answer;
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_COUNT_OTHERS);
    ledger_db_text(&query, question->one);
    r = ledger_db_step(&query);
    *count = r == 1 ? ledger_db_column_int(&query, 0) : 0;
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

int ledger_count_others(struct ledger *ledger, const char *address_key, int64_t *count)
{
    struct question question = {.ask = ask_others, .one = address_key, .answer = count};

    return ask(ledger, &question);
}

/* An enumeration and a length that another program wrote may be others than we know. */
static int ask_states(struct ledger_db *db, struct ledger_summary *out)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_SUMMARY_BY_STATE);
    while ((r = ledger_db_step(&query)) == 1 && out->state_count < LEDGER_SUMMARY_STATES) {
        size_t i = out->state_count;

        if (!holder_from_name(ledger_db_column_text(&query, 0), &out->states[i].holder))
            continue;
        snprintf(out->states[i].case_state, sizeof(out->states[i].case_state), "%s",
            ledger_db_column_text(&query, 1));
        out->states[i].accounts = ledger_db_column_int(&query, 2);
        out->state_count++;
    }
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

static int ask_services(struct ledger_db *db, unsigned least, struct ledger_summary *out)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_SUMMARY_BY_SERVICE);
    ledger_db_int(&query, least);
    ledger_db_int(&query, LEDGER_SUMMARY_SERVICES);
    while ((r = ledger_db_step(&query)) == 1 && out->service_count < LEDGER_SUMMARY_SERVICES) {
        size_t i = out->service_count++;

        snprintf(out->services[i].service, sizeof(out->services[i].service), "%s",
            ledger_db_column_text(&query, 0));
        out->services[i].accounts = ledger_db_column_int(&query, 1);
    }
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

static int ask_summary(struct ledger_db *db, struct question *question)
{
    struct ledger_summary *out = question->answer;
    int r;

    *out = (struct ledger_summary){.counted_at = (int64_t)time(NULL)};
    r = ask_states(db, out);
    return r == 0 ? ask_services(db, question->number, out) : r;
}

int ledger_summarise(struct ledger *ledger, unsigned least, struct ledger_summary *out)
{
    struct question question = {.ask = ask_summary, .answer = out, .number = least};

    return ask(ledger, &question);
}

int ledger_mirror(struct ledger *ledger, const struct ledger_domain *domains, size_t count,
    const struct catalogue *catalogue)
{
    struct ledger_job job = {.kind = LEDGER_JOB_MIRROR,
        .domains = domains,
        .domain_count = count,
        .catalogue = catalogue};
    unsigned timeout_ms =
        ledger->timeout_ms > MIRROR_TIMEOUT_MS ? ledger->timeout_ms : MIRROR_TIMEOUT_MS;

    if (ledger->writer == NULL)
        return ERR_LEDGER;
    return ledger_writer_write(ledger->writer, &job, timeout_ms, true);
}

void ledger_keep(struct ledger *ledger, const struct ledger_keeping *keeping)
{
    if (ledger->writer != NULL)
        ledger_writer_keep(ledger->writer, keeping);
}

int ledger_tidy(struct ledger *ledger, const struct ledger_keeping *keeping, int64_t now)
{
    struct ledger_tidy tidy = {.keeping = *keeping, .now = now};
    bool more = true;
    int r = ledger->writer != NULL ? 0 : ERR_LEDGER;

    while (r == 0 && more) {
        struct ledger_job job = {.kind = LEDGER_JOB_TIDY, .tidy = &tidy, .more = &more};

        r = ledger_writer_write(ledger->writer, &job, ledger->timeout_ms, true);
    }
    return r;
}

int ledger_forget(
    struct ledger *ledger, const struct ledger_person *person, struct ledger_forgotten *out)
{
    struct ledger_job job = {.kind = LEDGER_JOB_FORGET, .person = person, .forgotten = out};
    int r = ERR_LEDGER;

    memset(out, 0, sizeof(*out));
    if (ledger->writer != NULL)
        r = ledger_writer_write(ledger->writer, &job, ledger->timeout_ms, true);
    return r != 0 ? r : ledger_checkpoint_now(ledger->path, ledger->timeout_ms);
}

void ledger_statistics(struct ledger *ledger, struct ledger_statistics *out)
{
    memset(out, 0, sizeof(*out));
    if (ledger->writer != NULL)
        ledger_writer_statistics(ledger->writer, out);
}

/* Read only: one look now, so that what is wrong is said at once. */
static int look(const struct ledger_options *options, char **why)
{
    struct ledger_db db;
    int r = ledger_schema_look(&db, options->path, options->timeout_ms, why);

    if (r == 0)
        ledger_db_close(&db);
    return r;
}

/* Not before the directory is there, and not after something was written. */
static int take_alone(struct ledger *ledger, char **why)
{
    int r = ledger_file_prepare(ledger->path, why);

    return r != 0 ? r : ledger_file_lock(ledger->path, &ledger->lock, why);
}

static int start_writer(struct ledger *ledger, const struct ledger_options *options, char **why)
{
    struct ledger_writer_options writer = {
        .path = ledger->path, .queue = options->queue, .synchronous = ledger->synchronous};

    return ledger_writer_start(&writer, options->timeout_ms, &ledger->writer, why);
}

int ledger_open(const struct ledger_options *options, struct ledger **out, char **why)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    int r = ERR_NOMEM;

    *out = NULL;
    *why = NULL;
    if (ledger == NULL)
        goto out;
    ledger->lock = -1;
    ledger->timeout_ms = options->timeout_ms;
    ledger->path = strdup(options->path);
    ledger->synchronous = strdup(options->synchronous != NULL ? options->synchronous : "FULL");
    if (ledger->path == NULL || ledger->synchronous == NULL)
        goto out;
    r = options->alone ? take_alone(ledger, why) : 0;
    if (r == 0)
        r = options->read_only ? look(options, why) : start_writer(ledger, options, why);
    if (r == 0)
        r = ledger_readers_new(
            ledger->path, options->read_only ? LEDGER_LOOKER : LEDGER_READER, &ledger->readers);
    if (r == 0) {
        *out = ledger;
        ledger = NULL;
    }
out:
    if (r == ERR_BUSY)
        r = ERR_LEDGER;
    if (r != 0 && *why == NULL)
        *why = strdup(err_text(r));
    ledger_close(&ledger);
    return r;
}

void ledger_close(struct ledger **ledger)
{
    struct ledger *self = *ledger;

    if (self == NULL)
        return;
    *ledger = NULL;
    ledger_readers_free(&self->readers);
    ledger_writer_stop(&self->writer);
    if (self->lock >= 0)
        close(self->lock);
    free(self->path);
    free(self->synchronous);
    free(self);
}

void ledger_libraries(FILE *out)
{
    fprintf(out, "SQLite %s\n", sqlite3_libversion());
}
