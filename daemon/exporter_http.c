/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter_http - see exporter_http.h.
 */
#include "exporter_http.h"

#include <sysexits.h>

#ifdef GONEAWAY_HTTP

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "exporter_library.h"
#include "log.h"
#include "socket.h"

#define CONNECTIONS_MAX 16u
#define CONNECTION_BYTES ((size_t)32768)
#define CONNECTION_SECONDS 10u
#define BACKLOG 16
#define UMASK_SOCKET 0177

struct exporter_http {
    struct exporter *exporter;
    struct exporter_library library;
    struct MHD_Daemon *daemon;
    struct socket_file file;
};

static const char way_out[] = "install libmicrohttpd, or use metrics_file";

struct answer {
    unsigned status;
    const char *type;
    const char *text; /* NULL: the page */
};

static const struct answer page = {MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", NULL};
static const struct answer unknown = {
    MHD_HTTP_NOT_FOUND, "text/plain; charset=utf-8", "The metrics are at /metrics.\n"};
static const struct answer not_allowed = {
    MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "This can only be read, by GET.\n"};
static const struct answer trouble = {MHD_HTTP_INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8",
    "The page could not be made: no memory.\n"};

static const struct answer *choose(const char *url, const char *method)
{
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return &not_allowed;
    return strcmp(url, "/metrics") == 0 ? &page : &unknown;
}

/* The response takes a copy of what is in the buffer. */
static struct MHD_Response *respond(struct exporter_http *http, const struct answer **answer)
{
    struct MHD_Response *response;
    struct buf text;

    buf_init(&text, EXPORTER_PAGE_MAX);
    if ((*answer)->text == NULL && exporter_page(http->exporter, &text) != 0) {
        buf_free(&text);
        *answer = &trouble;
    }
    if ((*answer)->text != NULL)
        response = http->library.create_response(
            strlen((*answer)->text), (void *)(*answer)->text, MHD_RESPMEM_PERSISTENT);
    else
        response = http->library.create_response(text.length, text.bytes, MHD_RESPMEM_MUST_COPY);
    buf_free(&text);
    return response;
}

static enum MHD_Result on_request(void *cookie, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size, void **state)
{
    struct exporter_http *http = cookie;
    const struct exporter_library *library = &http->library;
    const struct answer *answer = choose(url, method);
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)version;
    (void)upload;
    (void)state;
    if (*upload_size > 0) { /* what is sent to us is not looked at */
        *upload_size = 0;
        return MHD_YES;
    }
    response = respond(http, &answer);
    if (response == NULL)
        return MHD_NO;
    result = library->add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    if (answer == &not_allowed && result == MHD_YES)
        result = library->add_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (result == MHD_YES)
        result = library->queue_response(connection, answer->status, response);
    library->destroy_response(response);
    return result;
}

/* What the library has to say concerns one client, and is written at most now and then. */
static void on_log(void *cookie, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void on_log(void *cookie, const char *format, va_list arguments)
{
    static struct log_limit limit;
    char line[256];

    (void)cookie;
    if (vsnprintf(line, sizeof(line), format, arguments) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        log_limited(&limit, 60, "metrics: %s", line);
    }
}

static int open_place(const struct config *config, struct socket_file *file, int *fd)
{
    const char *listen = config->metrics_listen;
    int code = socket_prepare(listen);
    mode_t before;

    if (code != 0)
        return code;
    before = umask(UMASK_SOCKET);
    *fd = socket_open(listen, BACKLOG);
    umask(before);
    if (*fd < 0) {
        log_error_sys("cannot serve metrics on %s", listen);
        return EX_UNAVAILABLE;
    }
    code = socket_publish(listen, config, file);
    if (code != 0)
        close(*fd);
    return code;
}

/* Takes the socket over, and closes it where it fails. */
static int start_daemon(struct exporter_http *http, const struct config *config, int fd)
{
    http->daemon = http->library.start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_BYTES, MHD_OPTION_END);
    if (http->daemon != NULL)
        return 0;
    log_error("cannot serve metrics on %s: libmicrohttpd could not start", config->metrics_listen);
    close(fd);
    return EX_OSERR;
}

int exporter_http_start(
    struct exporter *exporter, const struct config *config, struct exporter_http **out)
{
    struct exporter_http *http = calloc(1, sizeof(*http));
    const char *why;
    int fd = -1, code;

    *out = NULL;
    if (http == NULL) {
        log_error("cannot serve metrics: %s", err_text(ERR_NOMEM));
        return EX_OSERR;
    }
    http->exporter = exporter;
    why = exporter_library_load(&http->library);
    if (why != NULL) {
        log_error("cannot serve metrics on %s: %s: %s", config->metrics_listen, why, way_out);
        free(http);
        return EX_UNAVAILABLE;
    }
    code = open_place(config, &http->file, &fd);
    if (code == 0)
        code = start_daemon(http, config, fd);
    if (code == 0) {
        log_notice("metrics on %s", config->metrics_listen);
        *out = http;
        http = NULL;
    }
    exporter_http_stop(&http);
    return code;
}

void exporter_http_stop(struct exporter_http **http)
{
    struct exporter_http *self = *http;

    if (self == NULL)
        return;
    *http = NULL;
    if (self->daemon != NULL)
        self->library.stop_daemon(self->daemon); /* closes the socket too */
    socket_remove(&self->file);
    free(self);
}

void exporter_http_libraries(FILE *out)
{
    struct exporter_library library;
    const char *why = exporter_library_load(&library);

    fprintf(out, "libmicrohttpd %s\n", why == NULL ? library.get_version() : "(not installed)");
}

void exporter_http_check(const struct config *config, struct mistakes *mistakes)
{
    struct exporter_library library;
    const char *why = config->metrics_listen != NULL ? exporter_library_load(&library) : NULL;

    if (why != NULL)
        mistakes_add(
            mistakes, config->path, 0, "metrics_listen", "cannot be served: %s: %s", why, way_out);
}

#else

int exporter_http_start(
    struct exporter *exporter, const struct config *config, struct exporter_http **out)
{
    (void)exporter;
    (void)config;
    *out = NULL;
    return EX_SOFTWARE;
}

void exporter_http_stop(struct exporter_http **http)
{
    (void)http;
}

void exporter_http_libraries(FILE *out)
{
    (void)out;
}

void exporter_http_check(const struct config *config, struct mistakes *mistakes)
{
    (void)config;
    (void)mistakes;
}

#endif
