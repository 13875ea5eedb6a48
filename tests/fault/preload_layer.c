/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * preload_layer - loaded before the daemon's libraries it puts a failing file layer below SQLite.
 * What fails stands in the file that FAULT_LAYER names, which a test writes while the daemon runs;
 * without that variable nothing ever fails.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../tools/failing_layer.h"

/* The file: test_io.py writes it, in this order of fields. */
struct orders {
    _Atomic int64_t calls;   /* bits 1 << enum layer_call: which calls count */
    _Atomic int64_t lasting; /* 1: all that follow fail too */
    _Atomic int64_t left;    /* 0: none fails; 1: the next one does */
    _Atomic int64_t failed;  /* how many have */
};

static struct orders *orders;

static bool layer_fails(enum layer_call call)
{
    int64_t left;

    if (orders == NULL || (atomic_load(&orders->calls) & (INT64_C(1) << call)) == 0)
        return false;
    left = atomic_load(&orders->left);
    while (left > 0 && !atomic_compare_exchange_weak(&orders->left, &left,
                           left > 1                        ? left - 1
                           : atomic_load(&orders->lasting) ? 1
                                                           : 0))
        ;
    if (left != 1)
        return false;
    atomic_fetch_add(&orders->failed, 1);
    return true;
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULT_LAYER");
    int file = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared;

    if (file < 0)
        return;
    shared = mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared == MAP_FAILED || layer_register() != SQLITE_OK)
        abort();
    orders = shared;
}
