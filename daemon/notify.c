/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * notify - see notify.h.
 */
#include "notify.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void notify_ready(const char *status)
{
    sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_reloading(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=loading the configuration",
        (unsigned long long)now.tv_sec * 1000000u + (unsigned long long)now.tv_nsec / 1000u);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1\nSTATUS=ending");
}

void notify_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

uint64_t notify_watchdog_interval(void)
{
    uint64_t interval = 0;

    return sd_watchdog_enabled(0, &interval) > 0 ? interval : 0;
}
