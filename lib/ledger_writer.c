/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A ticket is a job in the queue. It waits, is begun, is answered. The writer takes the whole
 * queue only once it holds the write lock, so that whoever comes while it waits for the lock
 * still gets into the same transaction, and whoever gives up meanwhile is simply unlinked.
 */
#include "ledger_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "ledger_checkpoint.h"
#include "ledger_schema.h"
#include "ledger_thread.h"
#include "log.h"

#define LOCK_WAIT_MS 10 /* how long SQLite waits for the lock before the queue is seen to again */
#define LOG_SECONDS 60
#define CHECKPOINT_PAGES 1000
/* Beyond that the writer itself makes room: under a load without a pause the checkpoints beside
 * it never reach the end of the -wal file. */
#define CHECKPOINT_PAGES_MOST 32000

enum state { WAITING, BEGUN, ANSWERED };

struct ticket {
    struct ticket *next;
    struct ledger_job job;
    enum state state;
    bool abandoned; /* nobody waits any more: the writer frees it */
    int result;
    pthread_cond_t answered;
};

struct ledger_writer {
    struct ledger_writer_options options;
    struct ledger_db db; /* the writer thread's alone */
    int wal_pages;       /* likewise */
    bool failing;        /* likewise: the last transaction failed */
    struct ledger_checkpoint *checkpoint;
    pthread_t thread;
    pthread_mutex_t lock; /* for all that follows, and for tickets */
    pthread_cond_t work;
    struct ticket *first;
    struct ticket **last;
    unsigned waiting;
    bool stop;
    bool busy;                  /* at a transaction … */
    struct timespec busy_since; /* … since then */
    struct ledger_statistics statistics;
};

static int count_wal_pages(void *cookie, sqlite3 *handle, const char *schema, int pages)
{
    struct ledger_writer *writer = cookie;

    (void)handle;
    (void)schema;
    writer->wal_pages = pages;
    return SQLITE_OK;
}

static int open_database(struct ledger_writer *writer, unsigned busy_ms, char **why)
{
    int r;

    ledger_db_close(&writer->db);
    r = ledger_schema_open(
        &writer->db, writer->options.path, busy_ms, writer->options.synchronous, why);
    if (r != 0)
        return r;
    sqlite3_busy_timeout(writer->db.handle, LOCK_WAIT_MS);
    sqlite3_wal_hook(writer->db.handle, count_wal_pages, writer);
    return 0;
}

static void complain(struct ledger_writer *writer, const char *what)
{
    static struct log_limit limit;
    const struct ledger_fault *fault = &writer->db.fault;

    writer->failing = true;
    if (what != NULL)
        log_limited(&limit, LOG_SECONDS, "ledger: %s", what);
    else
        log_limited(&limit, LOG_SECONDS, "ledger: %s cannot be written: %s%s%s: %s",
            writer->options.path, fault->text, fault->system != 0 ? ": " : "",
            fault->system != 0 ? strerror(fault->system) : "", ledger_db_advice(fault));
}

/* A connection that may work. */
static int connect_again(struct ledger_writer *writer)
{
    char *why = NULL;
    int r;

    if (writer->db.handle != NULL && !writer->failing)
        log_notice("ledger: %s is another file now: opened again", writer->options.path);
    r = open_database(writer, LOCK_WAIT_MS, &why);
    if (r != 0 && r != ERR_BUSY)
        complain(writer, why);
    free(why);
    return r;
}

/* Gets the write lock. What a new connection may cure gets one. */
static int begin(struct ledger_writer *writer)
{
    int r = 0;

    if (ledger_db_stale(&writer->db))
        r = connect_again(writer);
    if (r == 0)
        r = ledger_db_run(&writer->db, LEDGER_BEGIN);
    if (r == 0 || r == ERR_BUSY || !ledger_db_stale(&writer->db))
        return r;
    r = connect_again(writer);
    return r != 0 ? r : ledger_db_run(&writer->db, LEDGER_BEGIN);
}

/* Takes back what the transaction did, keeping the fault that made it necessary. */
static void roll_back(struct ledger_db *db)
{
    struct ledger_fault fault = db->fault;

    if (db->handle != NULL && !sqlite3_get_autocommit(db->handle))
        ledger_db_run(db, LEDGER_ROLLBACK);
    db->fault = fault;
}

/* One job among others: what it wrote is taken back alone when it fails. */
static int write_apart(struct ledger_db *db, const struct ledger_job *job)
{
    int r = ledger_db_run(db, LEDGER_SAVEPOINT);

    if (r != 0)
        return r;
    r = ledger_job_write(job, db);
    if (r != 0 && !sqlite3_get_autocommit(db->handle)) {
        struct ledger_fault fault = db->fault;

        ledger_db_run(db, LEDGER_ROLLBACK_TO);
        ledger_db_run(db, LEDGER_RELEASE);
        db->fault = fault;
        return r;
    }
    return r != 0 ? r : ledger_db_run(db, LEDGER_RELEASE);
}

/* Writes the batch in the transaction that is open, and ends it. Each ticket has its result; the
 * function's is that of the transaction. */
static int write_all(struct ledger_writer *writer, struct ticket *batch)
{
    struct ledger_db *db = &writer->db;
    bool alone = batch->next == NULL;
    int r = 0;

    for (struct ticket *ticket = batch; ticket != NULL && r == 0; ticket = ticket->next) {
        ticket->result = alone ? ledger_job_write(&ticket->job, db) : write_apart(db, &ticket->job);
        if (ticket->result != 0)
            complain(writer, NULL);
        if (ticket->result != 0 && (alone || sqlite3_get_autocommit(db->handle)))
            r = ticket->result;
    }
    if (r == 0)
        r = ledger_db_run(db, LEDGER_COMMIT);
    if (r != 0)
        roll_back(db);
    return r;
}

/* The transaction, and once more on a new connection where that may help: coming twice is one
 * row. */
static void write_batch(struct ledger_writer *writer, struct ticket *batch)
{
    int r = write_all(writer, batch);

    if (r != 0 && ledger_db_stale(&writer->db)) {
        complain(writer, NULL);
        r = connect_again(writer);
        if (r == 0)
            r = ledger_db_run(&writer->db, LEDGER_BEGIN);
        if (r == 0)
            r = write_all(writer, batch);
    }
    if (r == 0 && writer->failing) {
        writer->failing = false;
        log_notice("ledger: %s is written again", writer->options.path);
    }
    if (r != 0) {
        complain(writer, NULL);
        for (struct ticket *ticket = batch; ticket != NULL; ticket = ticket->next)
            ticket->result = r;
    }
}

static void ticket_free(struct ticket *ticket)
{
    ledger_job_free(&ticket->job);
    pthread_cond_destroy(&ticket->answered);
    free(ticket);
}

static struct ticket *take_queue(struct ledger_writer *writer)
{
    struct ticket *batch = writer->first;

    for (struct ticket *ticket = batch; ticket != NULL; ticket = ticket->next)
        ticket->state = BEGUN;
    writer->first = NULL;
    writer->last = &writer->first;
    writer->waiting = 0;
    return batch;
}

/* Under the lock. */
static void answer(struct ledger_writer *writer, struct ticket *batch)
{
    struct ticket *next;
    bool committed = false;

    for (struct ticket *ticket = batch; ticket != NULL; ticket = next) {
        next = ticket->next;
        if (ticket->result == 0) {
            writer->statistics.recorded += ticket->job.count;
            committed = true;
        } else {
            writer->statistics.failures++;
        }
        ticket->state = ANSWERED;
        if (ticket->abandoned)
            ticket_free(ticket);
        else
            pthread_cond_signal(&ticket->answered);
    }
    if (committed)
        writer->statistics.commits++;
}

/* After the answers were given. */
static void make_room(struct ledger_writer *writer)
{
    if (writer->wal_pages >= CHECKPOINT_PAGES_MOST) {
        writer->wal_pages = 0;
        sqlite3_wal_checkpoint_v2(writer->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    } else if (writer->wal_pages >= CHECKPOINT_PAGES) {
        writer->wal_pages = 0;
        ledger_checkpoint_ask(writer->checkpoint);
    }
}

/* One transaction. Called and left with the lock held. */
static void serve(struct ledger_writer *writer)
{
    struct ticket *batch;
    int r;

    pthread_mutex_unlock(&writer->lock);
    r = begin(writer);
    pthread_mutex_lock(&writer->lock);
    if (r == ERR_BUSY)
        return; /* those whose time is over have left the queue by themselves */
    batch = take_queue(writer);
    writer->busy = true;
    writer->busy_since = ledger_thread_deadline(0);
    pthread_mutex_unlock(&writer->lock);
    if (r != 0) {
        complain(writer, NULL);
        for (struct ticket *ticket = batch; ticket != NULL; ticket = ticket->next)
            ticket->result = r;
    } else if (batch == NULL) {
        roll_back(&writer->db);
    } else {
        write_batch(writer, batch);
    }
    pthread_mutex_lock(&writer->lock);
    answer(writer, batch);
    writer->busy = false;
    pthread_mutex_unlock(&writer->lock);
    make_room(writer);
    pthread_mutex_lock(&writer->lock);
}

static void *run(void *cookie)
{
    struct ledger_writer *writer = cookie;

    pthread_mutex_lock(&writer->lock);
    while (writer->first != NULL || !writer->stop) {
        if (writer->first == NULL)
            pthread_cond_wait(&writer->work, &writer->lock);
        else
            serve(writer);
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

int ledger_writer_start(const struct ledger_writer_options *options, unsigned timeout_ms,
    struct ledger_writer **out, char **why)
{
    struct ledger_writer *writer = calloc(1, sizeof(*writer));
    int r;

    *out = NULL;
    *why = NULL;
    if (writer == NULL)
        return ERR_NOMEM;
    writer->options = *options;
    writer->last = &writer->first;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->work, NULL);
    r = open_database(writer, timeout_ms, why);
    if (r == 0)
        r = ledger_checkpoint_start(options->path, &writer->checkpoint);
    if (r == 0)
        r = ledger_thread_start(&writer->thread, run, writer);
    if (r == 0) {
        *out = writer;
        return 0;
    }
    ledger_checkpoint_stop(&writer->checkpoint);
    ledger_db_close(&writer->db);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
    return r;
}

/* Takes a waiting ticket out of the queue. */
static void withdraw(struct ledger_writer *writer, struct ticket *ticket)
{
    struct ticket **place = &writer->first;

    while (*place != ticket)
        place = &(*place)->next;
    *place = ticket->next;
    if (writer->last == &ticket->next)
        writer->last = place;
    writer->waiting--;
}

/* Under the lock. true: the ticket is the caller's again, false: it is left to the writer. */
static bool await(struct ledger_writer *writer, struct ticket *ticket,
    const struct timespec *deadline, bool patient)
{
    bool late = false;

    while (ticket->state != ANSWERED) {
        if (late && ticket->state == WAITING) {
            withdraw(writer, ticket);
            ticket->result = ERR_BUSY;
            return true;
        }
        if (late && !patient) {
            ticket->abandoned = true;
            return false;
        }
        if (late)
            pthread_cond_wait(&ticket->answered, &writer->lock);
        else
            late = pthread_cond_timedwait(&ticket->answered, &writer->lock, deadline) == ETIMEDOUT;
    }
    return true;
}

static struct ticket *ticket_new(struct ledger_job *job)
{
    struct ticket *ticket = calloc(1, sizeof(*ticket));

    if (ticket == NULL || ledger_thread_condition(&ticket->answered) != 0) {
        ledger_job_free(job);
        free(ticket);
        return NULL;
    }
    ticket->job = *job;
    return ticket;
}

int ledger_writer_write(
    struct ledger_writer *writer, struct ledger_job *job, unsigned timeout_ms, bool patient)
{
    struct timespec deadline = ledger_thread_deadline(timeout_ms);
    struct ticket *ticket = ticket_new(job);
    int r = ERR_BUSY;
    bool mine = true;

    if (ticket == NULL)
        return ERR_LEDGER;
    pthread_mutex_lock(&writer->lock);
    if (writer->waiting < writer->options.queue && !writer->stop) {
        *writer->last = ticket;
        writer->last = &ticket->next;
        writer->waiting++;
        pthread_cond_signal(&writer->work);
        mine = await(writer, ticket, &deadline, patient);
        if (mine)
            r = ticket->result;
    }
    if (r == ERR_BUSY)
        writer->statistics.failures++;
    pthread_mutex_unlock(&writer->lock);
    if (mine)
        ticket_free(ticket);
    return r == 0 || r == ERR_BUSY ? r : ERR_LEDGER;
}

bool ledger_writer_alive(struct ledger_writer *writer, unsigned ms)
{
    struct timespec limit;
    bool alive;

    pthread_mutex_lock(&writer->lock);
    limit = writer->busy_since;
    limit.tv_sec += (time_t)(ms / 1000) + 1;
    alive = !writer->busy || ledger_thread_left(&limit) > 0;
    pthread_mutex_unlock(&writer->lock);
    return alive;
}

void ledger_writer_statistics(struct ledger_writer *writer, struct ledger_statistics *out)
{
    pthread_mutex_lock(&writer->lock);
    *out = writer->statistics;
    out->waiting = writer->waiting;
    pthread_mutex_unlock(&writer->lock);
}

void ledger_writer_stop(struct ledger_writer **writer)
{
    struct ledger_writer *self = *writer;

    if (self == NULL)
        return;
    *writer = NULL;
    pthread_mutex_lock(&self->lock);
    self->stop = true;
    pthread_cond_signal(&self->work);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    ledger_checkpoint_stop(&self->checkpoint);
    ledger_db_close(&self->db);
    pthread_cond_destroy(&self->work);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
