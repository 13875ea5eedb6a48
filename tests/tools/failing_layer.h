/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * failing_layer - a file layer for SQLite: that of the system, with failures where the program
 * that includes this asks for them. Unlocking and closing never fail, as in the system.
 */
#ifndef GONEAWAY_TEST_FAILING_LAYER_H
#define GONEAWAY_TEST_FAILING_LAYER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

/* The kinds of calls, in the order in which tests name them. */
enum layer_call {
    LAYER_OPEN,
    LAYER_READ,
    LAYER_WRITE,
    LAYER_TRUNCATE,
    LAYER_SYNC,
    LAYER_SIZE,
    LAYER_LOCK,
    LAYER_MAP
};

/* Does this call fail? Any thread; the includer's. */
static bool layer_fails(enum layer_call call);

struct layered {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs *system_layer;

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct layered *)file)->real;
}

static int layer_close(sqlite3_file *file)
{
    int r = real(file)->pMethods->xClose(real(file));

    sqlite3_free(real(file));
    return r;
}

static int layer_read(sqlite3_file *file, void *to, int length, sqlite3_int64 at)
{
    return layer_fails(LAYER_READ) ? SQLITE_IOERR_READ
                                   : real(file)->pMethods->xRead(real(file), to, length, at);
}

/* A disk that is full takes the beginning. */
static int layer_write(sqlite3_file *file, const void *from, int length, sqlite3_int64 at)
{
    if (!layer_fails(LAYER_WRITE))
        return real(file)->pMethods->xWrite(real(file), from, length, at);
    (void)real(file)->pMethods->xWrite(real(file), from, length / 2, at);
    return SQLITE_FULL;
}

static int layer_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return layer_fails(LAYER_TRUNCATE) ? SQLITE_IOERR_TRUNCATE
                                       : real(file)->pMethods->xTruncate(real(file), size);
}

static int layer_sync(sqlite3_file *file, int flags)
{
    return layer_fails(LAYER_SYNC) ? SQLITE_IOERR_FSYNC
                                   : real(file)->pMethods->xSync(real(file), flags);
}

static int layer_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return layer_fails(LAYER_SIZE) ? SQLITE_IOERR_FSTAT
                                   : real(file)->pMethods->xFileSize(real(file), size);
}

static int layer_lock(sqlite3_file *file, int level)
{
    return layer_fails(LAYER_LOCK) ? SQLITE_IOERR_LOCK
                                   : real(file)->pMethods->xLock(real(file), level);
}

static int layer_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int layer_is_locked(sqlite3_file *file, int *out)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int layer_control(sqlite3_file *file, int what, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int layer_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int layer_traits(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int layer_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return layer_fails(LAYER_MAP)
               ? SQLITE_IOERR_SHMMAP
               : real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int layer_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    if ((flags & SQLITE_SHM_LOCK) != 0 && layer_fails(LAYER_LOCK))
        return SQLITE_IOERR_SHMLOCK;
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void layer_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int layer_unmap(sqlite3_file *file, int remove_it)
{
    return real(file)->pMethods->xShmUnmap(real(file), remove_it);
}

static const sqlite3_io_methods layer_methods = {2, layer_close, layer_read, layer_write,
    layer_truncate, layer_sync, layer_size, layer_lock, layer_unlock, layer_is_locked,
    layer_control, layer_sector, layer_traits, layer_map, layer_shm_lock, layer_barrier,
    layer_unmap, NULL, NULL};

static int layer_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
    struct layered *layered = (struct layered *)file;
    int r;

    (void)vfs;
    layered->base.pMethods = NULL;
    if (layer_fails(LAYER_OPEN))
        return SQLITE_CANTOPEN;
    layered->real = sqlite3_malloc(system_layer->szOsFile);
    if (layered->real == NULL)
        return SQLITE_NOMEM;
    memset(layered->real, 0, (size_t)system_layer->szOsFile);
    r = system_layer->xOpen(system_layer, name, layered->real, flags, flags_out);
    if (r != SQLITE_OK) {
        sqlite3_free(layered->real);
        return r;
    }
    layered->base.pMethods = &layer_methods;
    return SQLITE_OK;
}

/* Makes it the layer of all connections opened from now on. SQLite's code. */
static int layer_register(void)
{
    static sqlite3_vfs layer;

    system_layer = sqlite3_vfs_find(NULL);
    layer = *system_layer;
    layer.zName = "failing";
    layer.szOsFile = (int)sizeof(struct layered);
    layer.xOpen = layer_open;
    layer.pNext = NULL;
    return sqlite3_vfs_register(&layer, 1);
}

#endif
