/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_thread - threads that take no signals, and waiting with a deadline that a change of the
 * clock does not move. Thread rule: any thread.
 */
#ifndef GONEAWAY_LEDGER_THREAD_H
#define GONEAWAY_LEDGER_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* Starts a thread with all signals blocked. 0 or ERR_SYSTEM. */
int ledger_thread_start(pthread_t *thread, void *(*run)(void *), void *cookie);
/* A condition whose deadlines are of the monotonic clock. 0 or ERR_SYSTEM. */
int ledger_thread_condition(pthread_cond_t *condition);
/* That many milliseconds from now, on the monotonic clock. */
struct timespec ledger_thread_deadline(unsigned ms);
/* Milliseconds until then, 0 where it is past. */
unsigned ledger_thread_left(const struct timespec *deadline);

#endif
