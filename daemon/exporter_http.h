/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter_http - GET /metrics on a loopback port or a UNIX socket, by libmicrohttpd, which is
 * loaded here alone. Built without it, exporter_http_start cannot be reached: the configuration is refused.
 *
 * It answers with numbers only and changes nothing; connections and their memory are few, so that
 * nobody can take descriptors from the mail through it.
 * Thread rule: by main; the library has a thread of its own.
 */
#ifndef GONEAWAY_EXPORTER_HTTP_H
#define GONEAWAY_EXPORTER_HTTP_H

#include <stdio.h>

#include "config.h"
#include "exporter.h"
#include "mistakes.h"

struct exporter_http;

/* Listens on config->metrics_listen. 0, or a sysexits code after logging why not. */
int exporter_http_start(
    struct exporter *exporter, const struct config *config, struct exporter_http **out);
/* Leaves NULL behind; NULL is fine. */
void exporter_http_stop(struct exporter_http **http);
/* Writes name and version of the library, in a line; nothing where it was left out. */
void exporter_http_libraries(FILE *out);
/* Adds a mistake where config asks for an endpoint and the library is not there. */
void exporter_http_check(const struct config *config, struct mistakes *mistakes);

#endif
