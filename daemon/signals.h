/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * signals - the main thread does nothing but wait for signals while libmilter serves in another:
 * SIGUSR1 has the configuration loaded again, by a third, which tends the server in between;
 * SIGTERM, SIGINT and SIGHUP end the daemon.
 *
 * libmilter has a thread that waits for those three too, and ends by itself when it gets one. Linux
 * gives a signal of the process to the main thread as long as that one waits for it; in the
 * moments when it does not, libmilter may take it, and milter.c tells us by signals_end. So
 * SIGHUP cannot mean anything but the end.
 */
#ifndef GONEAWAY_SIGNALS_H
#define GONEAWAY_SIGNALS_H

#include <stdbool.h>

#include "server.h"

/* In the main thread, before any other is made: all of them inherit the blocked signals. */
void signals_block(void);
/* In the main thread: was the end asked for already? Such a signal is not to be left to libmilter,
 * which has a thread of its own that takes it, and calls it a failure while it begins. */
bool signals_end_is_due(void);
/* In the main thread: handles signals until one of them, or signals_end, ends it, and waits for a
 * reload that is under way. False after logging: it could not begin. */
bool signals_wait(struct server *server);
/* From any thread. */
void signals_end(void);

#endif
