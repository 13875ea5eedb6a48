/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_wal - SQLite's file layer, with fewer writes to the -wal file. SQLite writes each page of
 * a transaction by two calls, its frame's header and the page; here what a transaction appends is
 * gathered and written by one, which saves some forty calls of the system a commit.
 *
 * Invariants
 * 1. What is kept back lies behind the last commit in the file, where nobody looks. With the last
 *    page of a transaction all of it is written, before SQLite syncs it or tells anybody of it.
 * 2. Every other call for the file finds all written before.
 * 3. A write that fails is the failure of the call that made it; nothing is tried again, since
 *    SQLite takes the transaction back.
 * 4. Who uses it while others write to the same file sets PRAGMA cache_spill = OFF. Else pages
 *    may be kept back of a transaction that is then taken back, and would be written when others
 *    have committed theirs in that place.
 * All other files are the system's layer's alone. Thread rule: as of the connection.
 */
#ifndef GONEAWAY_LEDGER_WAL_H
#define GONEAWAY_LEDGER_WAL_H

/* Its name, for sqlite3_open_v2; NULL where there is no memory, which means the system's. */
const char *ledger_wal_layer(void);

#endif
