/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Which clock a deadline of pthread_cond_timedwait is of, which the condition alone knows. No
 * machine runs for thirty years: one before 2001 is of the monotonic clock.
 */
#ifndef GONEAWAY_TESTS_FAULT_DEADLINE_H
#define GONEAWAY_TESTS_FAULT_DEADLINE_H

#include <time.h>

#define MONOTONIC_UNTIL ((time_t)1000000000)

static inline clockid_t deadline_clock(const struct timespec *until)
{
    return until->tv_sec < MONOTONIC_UNTIL ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

#endif
