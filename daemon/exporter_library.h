/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter_library - libmicrohttpd, loaded when metrics are to be served: it brings GnuTLS and
 * eight libraries more, which a daemon without an endpoint need not carry. Only where GONEAWAY_HTTP
 * is defined.
 *
 * Once loaded it stays; what it calls back must not be unloaded either.
 * Thread rule: loaded by main; its calls as the library says.
 */
#ifndef GONEAWAY_EXPORTER_LIBRARY_H
#define GONEAWAY_EXPORTER_LIBRARY_H

#include <microhttpd.h>

/* What of it is called. */
struct exporter_library {
    __typeof__(MHD_get_version) *get_version;
    __typeof__(MHD_start_daemon) *start_daemon;
    __typeof__(MHD_stop_daemon) *stop_daemon;
    __typeof__(MHD_create_response_from_buffer) *create_response;
    __typeof__(MHD_add_response_header) *add_header;
    __typeof__(MHD_queue_response) *queue_response;
    __typeof__(MHD_destroy_response) *destroy_response;
};

/* NULL, or why it cannot be loaded, which stays until the thread's next call. */
const char *exporter_library_load(struct exporter_library *out);

#endif
