/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * signals - the main thread waits for signals while libmilter serves in another: SIGUSR1 loads the
 * configuration again; SIGTERM, SIGINT and SIGHUP end the daemon.
 *
 * libmilter has a thread that waits for those three too, and ends by itself when it gets one. Linux
 * gives a signal of the process to the main thread as long as that one waits for it; otherwise
 * (during a reload) libmilter takes it, and milter.c tells us by signals_end. So SIGHUP cannot
 * mean anything but the end.
 */
#ifndef GONEAWAY_SIGNALS_H
#define GONEAWAY_SIGNALS_H

#include "server.h"

/* In the main thread, before any other is made: all of them inherit the blocked signals. */
void signals_block(void);
/* In the main thread: handles signals until one of them, or signals_end, ends it. */
void signals_wait(struct server *server);
/* From any thread. */
void signals_end(void);

#endif
