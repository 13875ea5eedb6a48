/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_wal.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#define NAME "goneaway-wal"
#define KEPT_MAX 65536 /* some thirty pages */
/* https://www.sqlite.org/fileformat2.html#the_write_ahead_log: the header of a frame, and in it the
 * size of the database, which only the last frame of a transaction has. */
#define FRAME_HEADER 24
#define SIZE_AFTER 4

static struct sqlite3_vfs *system_layer;
static sqlite3_vfs layer;

struct wal {
    sqlite3_file base;
    unsigned char *kept; /* KEPT_MAX octets … */
    int used;            /* … of which these wait … */
    sqlite3_int64 start; /* … to be written there */
    sqlite3_int64 end;   /* of the last write; -1: none, or it failed */
    bool commits;        /* that was the header of a transaction's last page */
};

/* The system's file stands behind ours. */
static sqlite3_file *own(sqlite3_file *file)
{
    return (sqlite3_file *)((struct wal *)file + 1);
}

static int flush(struct wal *wal)
{
    sqlite3_file *file = own(&wal->base);
    int used = wal->used;

    wal->used = 0;
    return used == 0 ? SQLITE_OK : file->pMethods->xWrite(file, wal->kept, used, wal->start);
}

static bool is_commit(const void *from, int length)
{
    static const unsigned char none[4];

    return length == FRAME_HEADER &&
           memcmp((const unsigned char *)from + SIZE_AFTER, none, sizeof(none)) != 0;
}

/* Only what goes on where the last write ended is kept: a page that is written anew, or a header
 * whose checksum changes, goes out at once. */
static int put(struct wal *wal, const void *from, int length, sqlite3_int64 at)
{
    sqlite3_file *file = own(&wal->base);
    int r = at == wal->end && length <= KEPT_MAX - wal->used ? SQLITE_OK : flush(wal);

    if (r != SQLITE_OK)
        return r;
    if (at != wal->end || length > KEPT_MAX)
        return file->pMethods->xWrite(file, from, length, at);
    if (wal->used == 0)
        wal->start = at;
    memcpy(wal->kept + wal->used, from, (size_t)length);
    wal->used += length;
    return SQLITE_OK;
}

static int wal_write(sqlite3_file *file, const void *from, int length, sqlite3_int64 at)
{
    struct wal *wal = (struct wal *)file;
    bool last = wal->commits && at == wal->end;
    int r = put(wal, from, length, at);

    wal->end = at + length;
    wal->commits = is_commit(from, length);
    if (r == SQLITE_OK && last)
        r = flush(wal);
    if (r != SQLITE_OK)
        wal->end = -1;
    return r;
}

static int wal_read(sqlite3_file *file, void *to, int length, sqlite3_int64 at)
{
    int r = flush((struct wal *)file);

    return r != SQLITE_OK ? r : own(file)->pMethods->xRead(own(file), to, length, at);
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int r = flush((struct wal *)file);

    ((struct wal *)file)->end = -1;
    return r != SQLITE_OK ? r : own(file)->pMethods->xTruncate(own(file), size);
}

static int wal_sync(sqlite3_file *file, int flags)
{
    int r = flush((struct wal *)file);

    return r != SQLITE_OK ? r : own(file)->pMethods->xSync(own(file), flags);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int r = flush((struct wal *)file);

    return r != SQLITE_OK ? r : own(file)->pMethods->xFileSize(own(file), size);
}

/* What still waits is of a transaction that was taken back. */
static int wal_close(sqlite3_file *file)
{
    sqlite3_free(((struct wal *)file)->kept);
    return own(file)->pMethods->xClose(own(file));
}

static int wal_lock(sqlite3_file *file, int level)
{
    return own(file)->pMethods->xLock(own(file), level);
}

static int wal_unlock(sqlite3_file *file, int level)
{
    return own(file)->pMethods->xUnlock(own(file), level);
}

static int wal_is_locked(sqlite3_file *file, int *out)
{
    return own(file)->pMethods->xCheckReservedLock(own(file), out);
}

static int wal_control(sqlite3_file *file, int what, void *argument)
{
    return own(file)->pMethods->xFileControl(own(file), what, argument);
}

static int wal_sector(sqlite3_file *file)
{
    return own(file)->pMethods->xSectorSize(own(file));
}

static int wal_traits(sqlite3_file *file)
{
    return own(file)->pMethods->xDeviceCharacteristics(own(file));
}

/* Version 1: nobody maps a -wal file. */
static const sqlite3_io_methods methods = {.iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_is_locked,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_traits};

static int open_wal(const char *name, struct wal *wal, int flags, int *flags_out)
{
    sqlite3_file *file = own(&wal->base);
    int r;

    memset(wal, 0, sizeof(*wal));
    wal->end = -1;
    wal->kept = sqlite3_malloc(KEPT_MAX);
    if (wal->kept == NULL)
        return SQLITE_NOMEM;
    file->pMethods = NULL;
    r = system_layer->xOpen(system_layer, name, file, flags, flags_out);
    if (r == SQLITE_OK) {
        wal->base.pMethods = &methods;
        return r;
    }
    if (file->pMethods != NULL)
        file->pMethods->xClose(file);
    sqlite3_free(wal->kept);
    return r;
}

static int layer_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
    (void)vfs;
    if ((flags & SQLITE_OPEN_WAL) != 0)
        return open_wal(name, (struct wal *)file, flags, flags_out);
    return system_layer->xOpen(system_layer, name, file, flags, flags_out);
}

static void add_layer(void)
{
    system_layer = sqlite3_vfs_find(NULL);
    if (system_layer == NULL)
        return;
    layer = *system_layer;
    layer.zName = NAME;
    layer.szOsFile = (int)sizeof(struct wal) + system_layer->szOsFile;
    layer.xOpen = layer_open;
    layer.pNext = NULL;
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK)
        layer.zName = NULL;
}

const char *ledger_wal_layer(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, add_layer);
    return layer.zName;
}
