/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * milter - the callbacks that libmilter makes: each checks its context, makes one call of session
 * and maps the outcome by answer.
 *
 * What libmilter does of its own (and this file relies on): smfi_stop waits up to five seconds for
 * its listener, so it is not called, and libmilter ends with the process; callbacks may come until
 * then; a step that was negotiated to go without reply must return SMFIS_NOREPLY, which libmilter
 * turns into a reply where the MTA wants one after all; xxfi_close comes at any time, also first,
 * also twice. SMFIS_ACCEPT and SMFIS_DISCARD at RCPT would be for the whole message: never there.
 * Thread rule: by main; the callbacks run on libmilter's threads.
 */
#ifndef GONEAWAY_MILTER_H
#define GONEAWAY_MILTER_H

#include <stdbool.h>
#include <stdio.h>

#include "server.h"

/* By main, in this order. Registers the callbacks and listens. The server stays for ever. False
 * after logging. */
bool milter_listen(struct server *server, const char *listen);
/* Begins to serve, in a thread of its own that calls signals_end when libmilter is done by itself.
 * False after logging. */
bool milter_start(void);
/* To be called before the end. False: libmilter had failed before, or never began. */
bool milter_stop(void);

/* Writes name and version of the milter library, in a line. */
void milter_libraries(FILE *out);

#endif
