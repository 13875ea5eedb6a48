/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_readers.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "err.h"

/* One for each processor: what is read lies in memory, so more would only wait for each other, and
 * each takes 0.3 MB for what it knows of the schema. */
#define READERS_LEAST 2
#define READERS_MOST 8

struct ledger_readers {
    const char *path;
    enum ledger_access access;
    pthread_mutex_t lock; /* for `idle` */
    pthread_cond_t given;
    struct ledger_db readers[READERS_MOST];
    /* Those not lent, the last one given back on top, so that as few as possible are opened. */
    struct ledger_db *idle[READERS_MOST];
    size_t idle_count;
};

static size_t count_readers(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (processors < READERS_LEAST)
        return READERS_LEAST;
    return processors < READERS_MOST ? (size_t)processors : READERS_MOST;
}

int ledger_readers_new(const char *path, enum ledger_access access, struct ledger_readers **out)
{
    struct ledger_readers *self = calloc(1, sizeof(*self));

    *out = NULL;
    if (self == NULL)
        return ERR_NOMEM;
    if (ledger_thread_condition(&self->given) != 0) {
        free(self);
        return ERR_NOMEM;
    }
    pthread_mutex_init(&self->lock, NULL);
    self->path = path;
    self->access = access;
    for (size_t i = count_readers(); i-- > 0;) {
        self->readers[i].path = path;
        self->idle[self->idle_count++] = &self->readers[i];
    }
    *out = self;
    return 0;
}

int ledger_readers_take(
    struct ledger_readers *readers, const struct timespec *deadline, struct ledger_db **out)
{
    struct ledger_db *db = NULL;
    unsigned left;

    *out = NULL;
    pthread_mutex_lock(&readers->lock);
    while (readers->idle_count == 0 &&
           pthread_cond_timedwait(&readers->given, &readers->lock, deadline) != ETIMEDOUT)
        ;
    if (readers->idle_count > 0)
        db = readers->idle[--readers->idle_count];
    pthread_mutex_unlock(&readers->lock);
    if (db == NULL)
        return ERR_BUSY;
    *out = db;
    left = ledger_thread_left(deadline);
    if (!ledger_db_stale(db)) {
        sqlite3_busy_timeout(db->handle, (int)left);
        return 0;
    }
    ledger_db_close(db);
    return ledger_db_open(db, readers->path, readers->access, left);
}

void ledger_readers_give(struct ledger_readers *readers, struct ledger_db *db)
{
    if (db == NULL)
        return;
    pthread_mutex_lock(&readers->lock);
    readers->idle[readers->idle_count++] = db;
    pthread_cond_signal(&readers->given);
    pthread_mutex_unlock(&readers->lock);
}

void ledger_readers_free(struct ledger_readers **readers)
{
    struct ledger_readers *self = *readers;

    if (self == NULL)
        return;
    *readers = NULL;
    for (size_t i = 0; i < READERS_MOST; i++)
        ledger_db_close(&self->readers[i]);
    pthread_cond_destroy(&self->given);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
