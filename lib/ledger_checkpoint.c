/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_checkpoint.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "err.h"
#include "ledger_db.h"
#include "ledger_thread.h"
#include "log.h"

#define LOG_SECONDS 300

struct ledger_checkpoint {
    const char *path;
    unsigned idle_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t asked;
    bool due;
    bool stop;
    atomic_bool done; /* without the lock */
};

static int checkpoint_once(struct ledger_db *db, const char *path, int how, unsigned busy_ms)
{
    int r = 0;

    if (ledger_db_stale(db)) {
        ledger_db_close(db);
        r = ledger_db_open(db, path, LEDGER_WRITER, busy_ms);
        /* a connection that has read nothing does not know of the -wal file */
        if (r == 0)
            r = ledger_db_run(db, LEDGER_TABLE_COUNT);
    }
    if (r == 0) {
        r = sqlite3_wal_checkpoint_v2(db->handle, NULL, how, NULL, NULL);
        r = r == SQLITE_OK ? 0 : ledger_db_failed(db, r);
    }
    return r;
}

/* Waits until there is something to do; under the lock. Returns how to do it. */
static int await_order(struct ledger_checkpoint *self)
{
    struct timespec idle = ledger_thread_deadline(self->idle_ms);

    while (!self->due && !self->stop) {
        if (pthread_cond_timedwait(&self->asked, &self->lock, &idle) != ETIMEDOUT)
            continue;
        if (!self->due && ledger_file_beside(self->path, "-wal") > 0)
            return SQLITE_CHECKPOINT_TRUNCATE;
        idle = ledger_thread_deadline(self->idle_ms);
    }
    return SQLITE_CHECKPOINT_PASSIVE;
}

static void *run(void *cookie)
{
    static struct log_limit limit;
    struct ledger_checkpoint *self = cookie;
    struct ledger_db db = {.path = self->path};
    int how;
    int r;

    pthread_mutex_lock(&self->lock);
    for (;;) {
        how = await_order(self);
        if (self->stop)
            break;
        self->due = false;
        pthread_mutex_unlock(&self->lock);
        r = checkpoint_once(&db, self->path, how, 0);
        if (r != 0 && r != ERR_BUSY)
            log_limited(&limit, LOG_SECONDS, "ledger: %s: no checkpoint: %s: %s", self->path,
                db.fault.text, ledger_db_advice(&db.fault));
        if (r == 0 && how == SQLITE_CHECKPOINT_PASSIVE)
            atomic_store(&self->done, true);
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    ledger_db_close(&db);
    return NULL;
}

int ledger_checkpoint_start(const char *path, unsigned idle_ms, struct ledger_checkpoint **out)
{
    struct ledger_checkpoint *self = calloc(1, sizeof(*self));

    *out = NULL;
    if (self == NULL)
        return ERR_NOMEM;
    self->path = path;
    self->idle_ms = idle_ms;
    if (ledger_thread_condition(&self->asked) != 0) {
        free(self);
        return ERR_SYSTEM;
    }
    pthread_mutex_init(&self->lock, NULL);
    if (ledger_thread_start(&self->thread, run, self) != 0) {
        pthread_cond_destroy(&self->asked);
        pthread_mutex_destroy(&self->lock);
        free(self);
        return ERR_SYSTEM;
    }
    *out = self;
    return 0;
}

void ledger_checkpoint_ask(struct ledger_checkpoint *checkpoint)
{
    pthread_mutex_lock(&checkpoint->lock);
    checkpoint->due = true;
    pthread_cond_signal(&checkpoint->asked);
    pthread_mutex_unlock(&checkpoint->lock);
}

bool ledger_checkpoint_is_done(struct ledger_checkpoint *checkpoint)
{
    return atomic_exchange(&checkpoint->done, false);
}

int ledger_checkpoint_now(const char *path, unsigned busy_ms)
{
    struct ledger_db db = {.path = path};
    int r = checkpoint_once(&db, path, SQLITE_CHECKPOINT_TRUNCATE, busy_ms);

    ledger_db_close(&db);
    return r;
}

void ledger_checkpoint_stop(struct ledger_checkpoint **checkpoint)
{
    struct ledger_checkpoint *self = *checkpoint;

    if (self == NULL)
        return;
    *checkpoint = NULL;
    pthread_mutex_lock(&self->lock);
    self->stop = true;
    pthread_cond_signal(&self->asked);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    pthread_cond_destroy(&self->asked);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
