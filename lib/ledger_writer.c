/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A ticket is a job in the queue. It waits, is begun, is answered. The writer takes the whole
 * queue only once it holds the write lock, so that whoever comes while it waits for the lock
 * still gets into the same transaction, and whoever gives up meanwhile is simply unlinked.
 */
#include "ledger_writer.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "err.h"
#include "ledger_checkpoint.h"
#include "ledger_clock.h"
#include "ledger_schema.h"
#include "ledger_thread.h"
#include "log.h"

#define LOCK_WAIT_MS 10 /* how long SQLite waits for the lock before the queue is seen to again */
#define LOG_SECONDS 60
#define CHECKPOINT_PAGES 4000
#define CHECKPOINT_IDLE_MS 60000
/* Where the file system comes to its end, so that it is not the -wal file that fills it. */
#define CHECKPOINT_PAGES_NARROW 250
/* Under a load without a pause the checkpoints beside the writer never reach the end of the -wal
 * file. So the writer itself checkpoints the rest that came meanwhile, where it is little, … */
#define CHECKPOINT_PAGES_REST 1000
#define CHECKPOINT_REST_TRIES 2
/* … and all of it beyond that. */
#define CHECKPOINT_PAGES_MOST 32000
/* Between two passes of tidying, and between two steps of one: what waits to be written is
 * written in between. */
#define TIDY_PASS_MS 60000u
#define TIDY_STEP_MS 1000u
/* How many jobs are enough for a commit, and how long it waits for those that are coming. Four
 * share what a commit costs; more only let processors stand idle whose threads wait for the answer.
 */
#define GATHER_ENOUGH 4
#define GATHER_MS 2u
/* How often those who came meanwhile are taken into a commit before it. They wait for one commit
 * then, not for most of two; but those who came first must not wait on and on. */
#define JOINS_MOST 2u

struct ticket {
    struct ticket *next;
    struct ledger_job job;
    bool begun; /* under the lock, like what follows */
    bool answered;
    bool abandoned; /* nobody waits any more: the writer frees it */
    int result;
    /* Posted once, last of all: until then the ticket is not to be freed. Whoever waits sleeps on
     * it rather than on a condition, so that many who are answered at once need no lock. */
    sem_t done;
    atomic_bool is_done; /* what was written before it is seen after it */
};

struct ledger_writer {
    struct ledger_writer_options options;
    struct ledger_db db;     /* the writer thread's alone */
    struct ledger_file file; /* likewise: the one that was last opened */
    int wal_pages;           /* likewise: in the -wal file … */
    int wal_asked;           /* … when a checkpoint was last asked for … */
    int wal_looked;          /* … and when the room on the file system was last looked at */
    unsigned rest_tries;     /* likewise: that are left to reach the end of the -wal file */
    bool replaced;           /* likewise: another file took its place, and is not open yet */
    bool failing;            /* likewise: the last transaction failed … */
    bool full;               /* … for want of space */
    struct ledger_checkpoint *checkpoint;
    pthread_t thread;
    pthread_mutex_t lock; /* for all that follows, and for tickets */
    pthread_cond_t work;
    atomic_uint coming; /* without the lock: who is about to give a job in */
    struct ticket *first;
    struct ticket **last;
    unsigned waiting;
    bool stop;
    bool blocked;               /* another program has the database's lock */
    bool gave_up;               /* somebody did, since the last transaction */
    struct ledger_fault fault;  /* what the lock was refused with */
    struct ledger_clock clock;  /* the writer's thread alone */
    struct ledger_tidy tidy;    /* what goes with time, and how far that has come */
    bool keeps;                 /* ledger_keep was called … */
    bool keeps_anew;            /* … and again, while a step was at work */
    struct timespec tidy_at;    /* then the next step of tidying is due */
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
    writer->file = writer->db.file;
    sqlite3_busy_timeout(writer->db.handle, LOCK_WAIT_MS);
    writer->wal_pages = writer->wal_asked = writer->wal_looked = 0;
    sqlite3_wal_hook(writer->db.handle, count_wal_pages, writer);
    return 0;
}

static void tell(const struct ledger_writer *writer, const struct ledger_fault *fault)
{
    static struct log_limit limit;

    log_limited(&limit, LOG_SECONDS, "ledger: %s cannot be written: %s%s%s: %s",
        writer->options.path, fault->text, fault->system != 0 ? ": " : "",
        fault->system != 0 ? strerror(fault->system) : "", ledger_db_advice(fault));
}

static void complain(struct ledger_writer *writer, const char *what)
{
    static struct log_limit limit;

    if (what != NULL)
        log_limited(&limit, LOG_SECONDS, "ledger: %s", what);
    else
        tell(writer, &writer->db.fault);
}

/* A connection that may work. */
static int connect_again(struct ledger_writer *writer)
{
    struct ledger_file before = writer->file;
    char *why = NULL;
    int r;

    /* asked while it is open: once closed, the next file may be given its inode */
    if (writer->db.handle != NULL && ledger_file_replaced(writer->options.path, &before))
        writer->replaced = true;
    r = open_database(writer, LOCK_WAIT_MS, &why);
    if (r != 0 && r != ERR_BUSY)
        complain(writer, why);
    free(why);
    if (r == 0 && (writer->replaced || !ledger_file_same(&before, &writer->file))) {
        writer->replaced = false;
        log_notice("ledger: %s is another file now: opened", writer->options.path);
        pthread_mutex_lock(&writer->lock);
        writer->statistics.replaced++;
        pthread_mutex_unlock(&writer->lock);
    }
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

/* How a batch is written. A savepoint for each job keeps a copy of every page that the job touches,
 * which nobody needs unless a job fails, and hardly ever one does. So first without, and what fails
 * is taken back as a whole. */
enum attempt {
    TOGETHER, /* the first job that fails ends it */
    APART,    /* a job that fails leaves the others alone, unless a new connection may help */
    LAST      /* on that connection */
};

static struct ticket *take_queue(struct ledger_writer *writer)
{
    struct ticket *batch = writer->first;

    for (struct ticket *ticket = batch; ticket != NULL; ticket = ticket->next)
        ticket->begun = true;
    writer->first = NULL;
    writer->last = &writer->first;
    writer->waiting = 0;
    return batch;
}

/* Only what leaves no trace outside the database can be taken back and written again. */
static bool may_go_together(const struct ticket *batch)
{
    for (; batch != NULL; batch = batch->next) {
        if (batch->job.kind != LEDGER_JOB_RECORD)
            return false;
    }
    return true;
}

/* What was given in meanwhile shares the commit, which is what takes long. NULL if there is
 * nothing, or something that must not go together with others. */
static struct ticket *join(struct ledger_writer *writer)
{
    struct ticket *joined = NULL;

    pthread_mutex_lock(&writer->lock);
    if (may_go_together(writer->first))
        joined = take_queue(writer);
    pthread_mutex_unlock(&writer->lock);
    return joined;
}

/* Writes the batch in the transaction that is open, and ends it. Each ticket has its result; the
 * function's is that of the transaction: lost by SQLite itself, or by a job that ends it. */
static int write_all(struct ledger_writer *writer, struct ticket *batch, enum attempt attempt)
{
    struct ledger_db *db = &writer->db;
    unsigned joins = attempt == TOGETHER ? JOINS_MOST : 0;
    int r = 0;

    for (struct ticket *ticket = batch; ticket != NULL && r == 0; ticket = ticket->next) {
        bool alone = batch->next == NULL;

        ticket->result = alone || attempt == TOGETHER ? ledger_job_write(&ticket->job, db)
                                                      : write_apart(db, &ticket->job);
        if (ticket->result != 0) {
            complain(writer, NULL);
            if (sqlite3_get_autocommit(db->handle) || (attempt == TOGETHER && !alone) ||
                (attempt != LAST && ledger_db_stale(db)))
                r = ticket->result;
        } else if (ticket->next == NULL && joins > 0) {
            joins--;
            ticket->next = join(writer);
        }
    }
    if (r == 0 && !(batch->next == NULL && batch->result != 0))
        r = ledger_db_run(db, LEDGER_COMMIT);
    ledger_db_roll_back(db);
    return r;
}

static int write_here(struct ledger_writer *writer, struct ticket *batch)
{
    int r;

    if (!may_go_together(batch))
        return write_all(writer, batch, APART);
    r = write_all(writer, batch, TOGETHER);
    if (r == 0 || batch->next == NULL || ledger_db_stale(&writer->db))
        return r;
    r = ledger_db_run(&writer->db, LEDGER_BEGIN);
    return r != 0 ? r : write_all(writer, batch, APART);
}

/* The transaction, and once more on a new connection where that may help: coming twice is one
 * row. */
static int write_batch(struct ledger_writer *writer, struct ticket *batch)
{
    int r = write_here(writer, batch);

    if (r == 0 || !ledger_db_stale(&writer->db))
        return r;
    complain(writer, NULL);
    r = connect_again(writer);
    if (r == 0)
        r = ledger_db_run(&writer->db, LEDGER_BEGIN);
    return r != 0 ? r : write_all(writer, batch, LAST);
}

/* A transaction that failed takes all its tickets along; the first that succeeds after one that
 * failed is news. */
static void note_outcome(struct ledger_writer *writer, struct ticket *batch, int r)
{
    if (r != 0) {
        complain(writer, NULL);
        for (struct ticket *ticket = batch; ticket != NULL; ticket = ticket->next)
            ticket->result = r;
    } else if (writer->failing) {
        log_notice("ledger: %s is written again", writer->options.path);
    }
    writer->failing = r != 0;
    writer->full = r != 0 && (writer->db.fault.code & 0xff) == SQLITE_FULL;
}

/* What a mirror takes is not needed again before the next reload: 0.3 MB. */
static void rest_after_mirror(struct ledger_writer *writer, const struct ticket *batch)
{
    for (; batch != NULL; batch = batch->next)
        if (batch->job.kind == LEDGER_JOB_MIRROR)
            ledger_db_rest(&writer->db);
}

static void ticket_free(struct ticket *ticket)
{
    ledger_job_free(&ticket->job);
    sem_destroy(&ticket->done);
    free(ticket);
}

/* Under the lock: whoever gave up until now is not told. Returns those to be told. */
static struct ticket *note_results(struct ledger_writer *writer, struct ticket *batch)
{
    struct ticket *told = NULL;
    struct ticket *next;
    bool committed = false;

    for (struct ticket *ticket = batch; ticket != NULL; ticket = next) {
        next = ticket->next;
        committed = committed || ticket->result == 0;
        if (ticket->result == 0)
            writer->statistics.recorded += ticket->job.count;
        else
            writer->statistics.failures++;
        if (ticket->abandoned) {
            ticket_free(ticket);
            continue;
        }
        ticket->answered = true;
        ticket->next = told;
        told = ticket;
    }
    if (committed)
        writer->statistics.commits++;
    return told;
}

static void answer(struct ticket *told)
{
    struct ticket *next;

    for (struct ticket *ticket = told; ticket != NULL; ticket = next) {
        next = ticket->next;
        atomic_store(&ticket->is_done, true);
        sem_post(&ticket->done);
    }
}

static void checkpoint(struct ledger_writer *writer)
{
    if (writer->db.handle != NULL)
        sqlite3_wal_checkpoint_v2(writer->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* The -wal file begins anew once a checkpoint has reached its end and nobody reads from it. A file
 * that begins anew is written over: a commit to one that grows makes the file system write its
 * journal too, which takes half as long again. Returns whether it was tried. */
static bool reach_end(struct ledger_writer *writer)
{
    if (ledger_checkpoint_is_done(writer->checkpoint) &&
        writer->wal_pages - writer->wal_asked <= CHECKPOINT_PAGES_REST)
        writer->rest_tries = CHECKPOINT_REST_TRIES;
    if (writer->rest_tries == 0)
        return false;
    writer->rest_tries--;
    checkpoint(writer);
    return true;
}

/* After the answers were given. */
static void make_room(struct ledger_writer *writer)
{
    int pages = writer->wal_pages;
    bool narrow;

    if (pages < writer->wal_looked) {
        writer->wal_asked = writer->wal_looked = 0;
        writer->rest_tries = 0;
    }
    if (reach_end(writer))
        return;
    if (pages - writer->wal_looked < CHECKPOINT_PAGES_NARROW && !writer->full)
        return;
    writer->wal_looked = pages;
    narrow = writer->full || ledger_file_short_of_room(writer->options.path);
    if (!narrow && pages - writer->wal_asked < CHECKPOINT_PAGES)
        return;
    writer->wal_asked = pages;
    if (!narrow && pages < CHECKPOINT_PAGES_MOST)
        ledger_checkpoint_ask(writer->checkpoint);
    else
        checkpoint(writer);
}

/* One transaction. Called and left with the lock held. */
static void serve(struct ledger_writer *writer)
{
    struct ticket *batch;
    int r;

    pthread_mutex_unlock(&writer->lock);
    r = begin(writer);
    pthread_mutex_lock(&writer->lock);
    writer->blocked = r == ERR_BUSY;
    writer->fault = writer->db.fault;
    if (writer->blocked)
        return; /* those whose time is over have left the queue by themselves */
    writer->failing = writer->failing || writer->gave_up;
    writer->gave_up = false;
    batch = take_queue(writer);
    writer->busy = true;
    writer->busy_since = ledger_thread_deadline(0);
    pthread_mutex_unlock(&writer->lock);
    if (r == 0 && batch != NULL)
        r = write_batch(writer, batch);
    else
        ledger_db_roll_back(&writer->db);
    note_outcome(writer, batch, r);
    rest_after_mirror(writer, batch);
    pthread_mutex_lock(&writer->lock);
    batch = note_results(writer, batch);
    writer->busy = false;
    pthread_mutex_unlock(&writer->lock);
    answer(batch);
    make_room(writer);
    pthread_mutex_lock(&writer->lock);
}

/* May the clock be believed? Where it may not, that is told once. */
static int look_at_clock(struct ledger_writer *writer, const struct ledger_tidy *tidy)
{
    unsigned kept = tidy->keeping.message_days;
    int64_t newest = DATE_NONE, days;
    struct timespec steady;
    int r = writer->clock.looked ? 0 : ledger_tidy_newest(&writer->db, &newest);

    if (r != 0)
        return r;
    clock_gettime(CLOCK_BOOTTIME, &steady);
    days = ledger_clock_look(&writer->clock, tidy->now, steady.tv_sec, newest, kept);
    if (days > 0)
        log_warning("ledger: %s: the clock is suddenly far ahead (days: %lld): nothing is deleted "
                    "as too old for an hour; set the clock right if it is wrong",
            writer->db.path, (long long)days);
    return 0;
}

/* One step in a transaction of its own. A failure is told, and tried again a pass later. */
static int tidy_once(struct ledger_writer *writer, struct ledger_tidy *tidy, bool *more)
{
    int r = begin(writer);

    if (r == 0)
        r = look_at_clock(writer, tidy);
    if (r == 0 && !ledger_clock_is_wary(&writer->clock))
        r = ledger_tidy_step(&writer->db, tidy, more);
    if (r == 0)
        r = ledger_db_run(&writer->db, LEDGER_COMMIT);
    if (r != 0 && r != ERR_BUSY)
        complain(writer, NULL);
    ledger_db_roll_back(&writer->db);
    return r;
}

/* Called and left with the lock held. */
static void tidy(struct ledger_writer *writer)
{
    struct ledger_tidy step = writer->tidy;
    bool more = false;
    int r;

    step.now = (int64_t)time(NULL);
    writer->keeps_anew = false;
    writer->busy = true;
    writer->busy_since = ledger_thread_deadline(0);
    pthread_mutex_unlock(&writer->lock);
    r = tidy_once(writer, &step, &more);
    make_room(writer);
    pthread_mutex_lock(&writer->lock);
    writer->busy = false;
    if (writer->keeps_anew)
        return;
    if (r == 0)
        writer->tidy = step;
    writer->tidy_at =
        ledger_thread_deadline(r == ERR_BUSY || (r == 0 && more) ? TIDY_STEP_MS : TIDY_PASS_MS);
}

static bool tidying_is_due(const struct ledger_writer *writer)
{
    return writer->keeps && !writer->stop && ledger_thread_left(&writer->tidy_at) == 0;
}

static bool has_enough(const struct ledger_writer *writer)
{
    return writer->waiting >= GATHER_ENOUGH || atomic_load(&writer->coming) == 0 || writer->stop;
}

/* Under load several messages are always just being judged, and one commit for all of them costs
 * little more than one for each. Whoever is alone waits for nobody. */
static void gather(struct ledger_writer *writer)
{
    struct timespec until = ledger_thread_deadline(GATHER_MS);

    while (!has_enough(writer) &&
           pthread_cond_timedwait(&writer->work, &writer->lock, &until) != ETIMEDOUT)
        ;
}

static void *run(void *cookie)
{
    struct ledger_writer *writer = cookie;

    pthread_mutex_lock(&writer->lock);
    while (writer->first != NULL || !writer->stop) {
        if (writer->first != NULL && !has_enough(writer))
            gather(writer);
        if (writer->first != NULL)
            serve(writer);
        else if (!writer->keeps)
            pthread_cond_wait(&writer->work, &writer->lock);
        else if (!tidying_is_due(writer))
            pthread_cond_timedwait(&writer->work, &writer->lock, &writer->tidy_at);
        /* not only when idle: under a load without a pause nothing would ever go */
        if (tidying_is_due(writer))
            tidy(writer);
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
    r = ledger_thread_condition(&writer->work);
    if (r != 0) {
        pthread_mutex_destroy(&writer->lock);
        free(writer);
        return r;
    }
    r = open_database(writer, timeout_ms, why);
    if (r == 0)
        r = ledger_checkpoint_start(options->path, CHECKPOINT_IDLE_MS, &writer->checkpoint);
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

/* What becomes of a ticket whose time is over. */
enum late { WITHDRAWN, ABANDONED, ANSWERED };

/* Why nothing was written in time. */
static void tell_why(
    const struct ledger_writer *writer, bool blocked, const struct ledger_fault *fault)
{
    static struct log_limit slow;

    if (blocked)
        tell(writer, fault);
    else
        log_limited(&slow, LOG_SECONDS,
            "ledger: %s is not written in time: see what keeps its disk busy, or raise "
            "ledger_timeout_ms",
            writer->options.path);
}

static enum late give_up(struct ledger_writer *writer, struct ticket *ticket, bool patient)
{
    struct ledger_fault fault;
    enum late late = ANSWERED;
    bool blocked;

    pthread_mutex_lock(&writer->lock);
    blocked = writer->blocked;
    fault = writer->fault;
    if (!ticket->begun) {
        withdraw(writer, ticket);
        late = WITHDRAWN;
    } else if (!ticket->answered && !patient) {
        ticket->abandoned = true;
        late = ABANDONED;
    }
    if (late != ANSWERED) {
        writer->statistics.failures++;
        writer->gave_up = true;
    }
    pthread_mutex_unlock(&writer->lock);
    if (late != ANSWERED)
        tell_why(writer, blocked, &fault);
    return late;
}

/* Waits for the answer and frees the ticket, unless it is left to the writer. */
static int await(struct ledger_writer *writer, struct ticket *ticket,
    const struct timespec *deadline, bool patient)
{
    enum late late = ANSWERED;
    int r;

    while ((r = sem_clockwait(&ticket->done, CLOCK_MONOTONIC, deadline)) != 0 && errno == EINTR)
        ;
    if (r != 0)
        late = give_up(writer, ticket, patient);
    if (late == ABANDONED)
        return ERR_BUSY;
    if (r != 0 && late == ANSWERED) {
        while (sem_wait(&ticket->done) != 0)
            ;
    }
    r = late == ANSWERED && atomic_load(&ticket->is_done) ? ticket->result : ERR_BUSY;
    ticket_free(ticket);
    return r;
}

static struct ticket *ticket_new(struct ledger_job *job)
{
    struct ticket *ticket = calloc(1, sizeof(*ticket));

    if (ticket == NULL || sem_init(&ticket->done, 0, 0) != 0) {
        ledger_job_free(job);
        free(ticket);
        return NULL;
    }
    ticket->job = *job;
    return ticket;
}

/* false: there is no room. */
static bool queue_up(struct ledger_writer *writer, struct ticket *ticket)
{
    bool room;

    pthread_mutex_lock(&writer->lock);
    room = writer->waiting < writer->options.queue && !writer->stop;
    if (room) {
        *writer->last = ticket;
        writer->last = &ticket->next;
        writer->waiting++;
        /* the first ends the writer's rest; then it waits for as many as are enough */
        if (writer->waiting == 1 || has_enough(writer))
            pthread_cond_signal(&writer->work);
    } else {
        writer->statistics.failures++;
    }
    pthread_mutex_unlock(&writer->lock);
    return room;
}

void ledger_writer_expect(struct ledger_writer *writer)
{
    atomic_fetch_add(&writer->coming, 1);
}

void ledger_writer_met(struct ledger_writer *writer)
{
    atomic_fetch_sub(&writer->coming, 1);
}

int ledger_writer_write(
    struct ledger_writer *writer, struct ledger_job *job, unsigned timeout_ms, bool patient)
{
    struct timespec deadline = ledger_thread_deadline(timeout_ms);
    struct ticket *ticket = ticket_new(job);
    int r;

    if (ticket == NULL)
        return ERR_LEDGER;
    if (!queue_up(writer, ticket)) {
        ticket_free(ticket);
        return ERR_BUSY;
    }
    r = await(writer, ticket, &deadline, patient);
    return r == 0 || r == ERR_BUSY ? r : ERR_LEDGER;
}

void ledger_writer_keep(struct ledger_writer *writer, const struct ledger_keeping *keeping)
{
    pthread_mutex_lock(&writer->lock);
    writer->tidy = (struct ledger_tidy){.keeping = *keeping}; /* from the beginning */
    writer->keeps = writer->keeps_anew = true;
    writer->tidy_at = ledger_thread_deadline(0);
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
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
