/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * preload_clock - mends what libfaketime does to those who wait by the monotonic clock. Told to
 * leave that clock alone it does so in clock_gettime, but not in pthread_cond_timedwait, which then
 * returns at once, however far the deadline: a daemon whose threads should sleep spins instead.
 * pthread_cond_clockwait it does not know. Loaded before libfaketime.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include "deadline.h"

typedef int timedwait(
    pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until);

int pthread_cond_timedwait(
    pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until)
{
    union {
        void *symbol;
        timedwait *call;
    } next;

    if (deadline_clock(until) == CLOCK_MONOTONIC)
        return pthread_cond_clockwait(condition, lock, CLOCK_MONOTONIC, until);
    next.symbol = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return next.call(condition, lock, until);
}
