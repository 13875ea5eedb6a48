/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_thread.h"

#include <limits.h>
#include <signal.h>

#include "err.h"

#define NANOSECONDS 1000000000L

int ledger_thread_start(pthread_t *thread, void *(*run)(void *), void *cookie)
{
    sigset_t all;
    sigset_t before;
    int r;

    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return ERR_SYSTEM;
    r = pthread_create(thread, NULL, run, cookie);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0 ? 0 : ERR_SYSTEM;
}

int ledger_thread_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int r = pthread_condattr_init(&attributes);

    if (r != 0)
        return ERR_SYSTEM;
    r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (r == 0)
        r = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return r == 0 ? 0 : ERR_SYSTEM;
}

struct timespec ledger_thread_deadline(unsigned ms)
{
    struct timespec when;

    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += (time_t)(ms / 1000);
    when.tv_nsec += (long)(ms % 1000) * 1000000L;
    if (when.tv_nsec >= NANOSECONDS) {
        when.tv_sec++;
        when.tv_nsec -= NANOSECONDS;
    }
    return when;
}

unsigned ledger_thread_left(const struct timespec *deadline)
{
    struct timespec now;
    long long left;

    clock_gettime(CLOCK_MONOTONIC, &now);
    left = (long long)(deadline->tv_sec - now.tv_sec) * 1000 +
           (deadline->tv_nsec - now.tv_nsec) / 1000000;
    if (left < 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (unsigned)left;
}
