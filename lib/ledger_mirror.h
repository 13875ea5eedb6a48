/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_mirror - domains, services and contacts as configuration and catalogue have them.
 *
 * Only rows that differ are written, and none that the administrator added or changed
 * (edited = 1). What is no longer in the catalogue goes, unless an account needs it.
 * Thread rule: the writer's.
 */
#ifndef GONEAWAY_LEDGER_MIRROR_H
#define GONEAWAY_LEDGER_MIRROR_H

#include "ledger.h"
#include "ledger_db.h"

/* Inside a transaction of the writer. catalogue NULL leaves the services as they are.
 * 0, ERR_LEDGER, ERR_BUSY, ERR_NOMEM. */
int ledger_mirror_write(struct ledger_db *db, const struct ledger_domain *domains, size_t count,
    const struct catalogue *catalogue);

#endif
