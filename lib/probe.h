/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * probe - who asks for the owner of one mailbox with ever different dates (RFC 7293) could find
 * the date at which it changed hands by halving. So the different dates of a day are counted for
 * each mailbox, whoever asks, because who halves may have many machines.
 *
 * A bounded table in memory, one in each process: it forgets with the process, and when it is
 * full the mailbox with the fewest dates, or of an earlier day, gives way. Thread rule: any thread.
 */
#ifndef GONEAWAY_PROBE_H
#define GONEAWAY_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Dates that are remembered for a mailbox and a day: the most that a limit can be. */
#define PROBE_DATES_MAX 50

struct probe;

/* NULL without memory. */
struct probe *probe_new(void);
void probe_free(struct probe **probe);

/* Counts the date for the mailbox (key form) at the moment `now`. True: it is one too many, because
 * `most` other ones were asked for on that day (UTC). One that was counted before never is. */
bool probe_is_one_too_many(
    struct probe *probe, const char *address, int64_t date, int64_t now, unsigned most);

#endif
