/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * milter - the callbacks that libmilter makes: each checks its context, makes one call of session
 * and maps the outcome by answer.
 *
 * What libmilter does of its own (and this file relies on): it looks only every five seconds
 * whether it is to end, so nobody waits for that; callbacks may come until the process is gone; a
 * step that was negotiated to go without reply must return SMFIS_NOREPLY, which libmilter turns
 * into a reply where the MTA wants one after all; xxfi_close comes at any time, also first, also
 * twice. SMFIS_ACCEPT and SMFIS_DISCARD at RCPT would be for the whole message: never there.
 */
#ifndef GONEAWAY_MILTER_H
#define GONEAWAY_MILTER_H

#include <stdbool.h>

#include "server.h"

/* Registers the callbacks and listens. The server stays for ever. False after logging. */
bool milter_listen(struct server *server, const char *listen);
/* Begins to serve, in a thread of its own that calls signals_end when libmilter is done by itself.
 * False after logging. */
bool milter_start(void);
/* Takes no connection any more. False: libmilter had failed before, or never began. */
bool milter_stop(void);

#endif
