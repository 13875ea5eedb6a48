/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * preload_late - a machine that is too busy to go on at once with a thread that was woken:
 * whoever waited by pthread_cond_timedwait, as libmilter's threads do when they have nothing to do,
 * goes on a tenth of a second after it was signalled.
 */
#include <pthread.h>
#include <time.h>

#include "deadline.h"

#define LATE_NS 100000000L

int pthread_cond_timedwait(
    pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until)
{
    int r = pthread_cond_clockwait(condition, lock, deadline_clock(until), until);

    pthread_mutex_unlock(lock);
    nanosleep(&(struct timespec){.tv_nsec = LATE_NS}, NULL);
    pthread_mutex_lock(lock);
    return r;
}
