/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_readers - a few connections for questions, each used by one thread at a time, opened
 * when first needed and anew when the file was replaced. Thread rule: any thread.
 */
#ifndef GONEAWAY_LEDGER_READERS_H
#define GONEAWAY_LEDGER_READERS_H

#include "ledger_db.h"
#include "ledger_thread.h"

struct ledger_readers;

/* The path must outlive them. access: LEDGER_READER or LEDGER_LOOKER. 0 or ERR_NOMEM. */
int ledger_readers_new(const char *path, enum ledger_access access, struct ledger_readers **out);
/* Lends a connection that works, or waits for one until the deadline. Whatever the result, *out
 * is to be given back if it is not NULL. 0, ERR_BUSY, ERR_LEDGER, ERR_NOMEM. */
int ledger_readers_take(
    struct ledger_readers *readers, const struct timespec *deadline, struct ledger_db **out);
void ledger_readers_give(struct ledger_readers *readers, struct ledger_db *db);
/* When all were given back. */
void ledger_readers_free(struct ledger_readers **readers);

#endif
