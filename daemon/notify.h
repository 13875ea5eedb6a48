/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * notify - what systemd is told (sd_notify): ready, reloading, stopping, and that we are alive.
 * Without systemd nothing happens. A supervisor that does not read holds nobody up for more than
 * a second. Thread rule: any thread.
 */
#ifndef GONEAWAY_NOTIFY_H
#define GONEAWAY_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* False: the supervisor reads nothing now, and is to be told again: it waits for this one. */
bool notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_alive(void);
/* Microseconds between two signs of life that systemd asks for; 0: none. */
uint64_t notify_watchdog_interval(void);

#endif
