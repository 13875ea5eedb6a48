/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_clock.h"

#include "date.h"

#define DAY_SECONDS ((int64_t)86400)
#define KEPT_LEAST 30u /* a domain to which nobody writes for that long is nothing strange */

int64_t ledger_clock_look(
    struct ledger_clock *clock, int64_t now, int64_t steady, int64_t newest, unsigned kept)
{
    int64_t ahead = 0;

    if (clock->looked)
        ahead = (now - clock->now) - (steady - clock->steady) - DAY_SECONDS;
    else if (newest != DATE_NONE)
        ahead = now - newest - (int64_t)(kept < KEPT_LEAST ? KEPT_LEAST : kept) * DAY_SECONDS;
    clock->looked = true;
    clock->now = now;
    clock->steady = steady;
    if (ahead <= 0)
        return 0;
    clock->wary_until = steady + LEDGER_CLOCK_WARY_SECONDS;
    return 1 + ahead / DAY_SECONDS;
}

bool ledger_clock_is_wary(const struct ledger_clock *clock)
{
    return clock->steady < clock->wary_until;
}
