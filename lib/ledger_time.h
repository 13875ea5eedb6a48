/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_time - SQLite's strftime(), quick for the one form in which times stand in the ledger.
 *
 * The schema has every time written back by strftime() and compared: up to ten times a message,
 * and by way of Julian days and printf(), which was a seventh of all that the writer did. This one
 * recognises what would come back unchanged, and leaves everything else to SQLite's own, so no
 * answer ever differs. Thread rule: as of the connection.
 */
#ifndef GONEAWAY_LEDGER_TIME_H
#define GONEAWAY_LEDGER_TIME_H

#include <sqlite3.h>

/* Puts it in the place of strftime() with three arguments on the connection. SQLite's code. */
int ledger_time_add(sqlite3 *handle);

#endif
