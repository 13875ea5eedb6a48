/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * watchdog - tells systemd that we are ready, and from then on that we are alive, only after being
 * asked like an MTA asks: a thread connects to our own socket, negotiates as a milter client does
 * and expects the answer in time. A process whose listener is dead or whose callbacks all hang is
 * started anew so. In between, and whether or not systemd asks, it nudges libmilter to start threads
 * for connections that would wait else.
 *
 * The ledger is asked too, but one that cannot be read is no reason to start anew: the daemon
 * answers by on_failure meanwhile, and says so in the log.
 * Thread rule: start and stop by main.
 */
#ifndef GONEAWAY_WATCHDOG_H
#define GONEAWAY_WATCHDOG_H

#include <stdbool.h>

#include "server.h"

/* Starts the thread, which gives signs of life where systemd asks for them (WatchdogSec=), and
 * keeps libmilter's pool of threads at work. listen must stay. False after logging. */
bool watchdog_start(struct server *server, const char *listen);
void watchdog_stop(void);

#endif
