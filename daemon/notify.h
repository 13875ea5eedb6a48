/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * notify - what systemd is told (sd_notify): ready, reloading, stopping, and that we are alive.
 * Without systemd nothing happens. Thread rule: any thread.
 */
#ifndef GONEAWAY_NOTIFY_H
#define GONEAWAY_NOTIFY_H

#include <stdint.h>

void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_alive(void);
/* Microseconds between two signs of life that systemd asks for; 0: none. */
uint64_t notify_watchdog_interval(void);

#endif
