/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_clock - may the clock be believed when it calls rows old? A machine that starts without
 * its time, or is given a wrong one, would have tidying delete too early what nothing brings back.
 * So where the clock is suddenly far ahead nothing is deleted for an hour, in which the time is
 * set right by itself or by somebody who was told.
 *
 * Far ahead is: of what is newest in the ledger, at the first look; of the time that has gone by
 * since the last look, later. Only lib/ledger*.c include this header. Thread rule: one thread.
 */
#ifndef GONEAWAY_LEDGER_CLOCK_H
#define GONEAWAY_LEDGER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define LEDGER_CLOCK_WARY_SECONDS 3600

/* Start with all zero. */
struct ledger_clock {
    bool looked;
    int64_t now;
    int64_t steady;
    int64_t wary_until; /* steady; 0: it is not */
};

/* One look. now: seconds of the clock that may be wrong; steady: of one that nobody sets; newest:
 * the time of the newest row, DATE_NONE for none; kept: days that rows are kept. The days that the
 * clock is too far ahead, where that is new, or 0. */
int64_t ledger_clock_look(
    struct ledger_clock *clock, int64_t now, int64_t steady, int64_t newest, unsigned kept);
/* After a look: is nothing to be deleted now? */
bool ledger_clock_is_wary(const struct ledger_clock *clock);

#endif
