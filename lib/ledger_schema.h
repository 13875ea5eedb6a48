/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_schema - the steps that bring a database to the schema of this program.
 *
 * Invariants
 * 1. Each step is one transaction, which also writes its number (user_version): a step is done
 *    or it is not, whoever is killed and however many start at once.
 * 2. A database of another program, or of a newer goneaway, is never written.
 * Thread rule: one connection, one thread at a time.
 */
#ifndef GONEAWAY_LEDGER_SCHEMA_H
#define GONEAWAY_LEDGER_SCHEMA_H

#include "ledger_db.h"

/* What stands in the header of every ledger: "GoAw". */
#define LEDGER_APPLICATION_ID 0x476f4177

/* Opens the database at the path for writing: makes file and directory, brings the schema and
 * the views up to date. The path must outlive the connection. On error the connection is closed
 * and *why holds a sentence for the caller to free. 0, ERR_SYSTEM, ERR_LEDGER, ERR_BUSY,
 * ERR_NEWER, ERR_NOMEM. */
int ledger_schema_open(struct ledger_db *db, const char *path, unsigned busy_ms,
    const char *synchronous, char **why);
/* The same for who only looks: nothing is made or changed. */
int ledger_schema_look(struct ledger_db *db, const char *path, unsigned busy_ms, char **why);

#endif
