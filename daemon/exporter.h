/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter - brings the metrics out: a thread that counts the accounts and writes metrics_file,
 * and the endpoint of metrics_listen.
 *
 * Invariants
 * 1. Metrics never hold up mail: accounts are counted by this thread alone, at most a twentieth of
 *    the time, and whoever asks over HTTP gets the last count.
 * 2. A failure is logged and tried again; it never ends the daemon.
 * 3. Whoever reads the file sees a whole page, the old one or the new one.
 * Thread rule: exporter_start and exporter_stop by main; exporter_page from any thread between.
 */
#ifndef GONEAWAY_EXPORTER_H
#define GONEAWAY_EXPORTER_H

#include "buf.h"
#include "config.h"
#include "server.h"

#define EXPORTER_PAGE_MAX ((size_t)1048576)

struct exporter;

/* Starts both; config: of the start. 0, or a sysexits code after logging why not. */
int exporter_start(struct server *server, const struct config *config, struct exporter **out);
/* Ends both and removes the file. Leaves NULL behind; NULL is fine. */
void exporter_stop(struct exporter **exporter);

/* Appends the page as it is now. 0, ERR_NOMEM, ERR_LIMIT. */
int exporter_page(struct exporter *exporter, struct buf *out);

#endif
