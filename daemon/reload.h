/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * reload - SIGUSR1 loads the configuration again, in a thread of its own: libmilter keeps SIGTERM,
 * SIGINT and SIGHUP for itself and ends on each of them.
 */
#ifndef GONEAWAY_RELOAD_H
#define GONEAWAY_RELOAD_H

#include <stdbool.h>

#include "server.h"

/* Blocks the signals that threads of ours and libmilter's wait for, and ignores SIGPIPE. Before
 * the first thread is made. */
void reload_block_signals(void);
/* False after logging. */
bool reload_start(struct server *server);
/* Waits for a reload that is under way. */
void reload_stop(void);

#endif
