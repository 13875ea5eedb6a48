/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter - see exporter.h for what is promised.
 */
#include "exporter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "err.h"
#include "exporter_file.h"
#include "exporter_http.h"
#include "log.h"

#define LOG_SECONDS 60
#define COUNT_SHARE 20 /* counting takes at most this part of the time */

struct exporter {
    struct server *server;
    struct exporter_http *http;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    bool running;
    bool ending;
    bool counted;
    struct ledger_summary accounts;
    /* of the thread alone */
    char *written;            /* the file that we wrote, to be removed */
    struct timespec count_at; /* not before */
};

int exporter_page(struct exporter *exporter, struct buf *out)
{
    struct metrics_state state = {.connections = server_connections(exporter->server)};

    if (server_enter(exporter->server)) {
        ledger_statistics(server_ledger(exporter->server), &state.ledger);
        server_leave(exporter->server);
    }
    pthread_mutex_lock(&exporter->lock);
    if (exporter->counted)
        state.accounts = &exporter->accounts;
    metrics_write(server_metrics(exporter->server), &state, out);
    pthread_mutex_unlock(&exporter->lock);
    return buf_failed(out);
}

static int64_t milliseconds_between(const struct timespec *one, const struct timespec *other)
{
    return ((int64_t)other->tv_sec - one->tv_sec) * 1000 +
           (other->tv_nsec - one->tv_nsec) / 1000000;
}

/* Counts the accounts where it is time to. */
static void count_accounts(struct exporter *exporter, const struct config *config)
{
    static struct log_limit failing;
    struct ledger_summary *accounts;
    struct timespec began, ended;
    int r;

    clock_gettime(CLOCK_MONOTONIC, &began);
    if (milliseconds_between(&exporter->count_at, &began) < 0)
        return;
    accounts = calloc(1, sizeof(*accounts));
    if (accounts == NULL || !server_enter(exporter->server)) {
        free(accounts);
        return;
    }
    r = ledger_summarise(
        server_ledger(exporter->server), config->metrics_service_accounts, accounts);
    server_leave(exporter->server);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    exporter->count_at = ended;
    exporter->count_at.tv_sec += milliseconds_between(&began, &ended) * COUNT_SHARE / 1000;
    if (r == 0) {
        pthread_mutex_lock(&exporter->lock);
        exporter->accounts = *accounts;
        exporter->counted = true;
        pthread_mutex_unlock(&exporter->lock);
    } else {
        log_limited(&failing, LOG_SECONDS, "accounts could not be counted for the metrics: %s",
            err_text(r));
    }
    free(accounts);
}

static void forget_file(struct exporter *exporter)
{
    if (exporter->written != NULL)
        exporter_file_remove(exporter->written);
    free(exporter->written);
    exporter->written = NULL;
}

/* A reload may have given the file another name, or none. */
static void write_file(struct exporter *exporter, const char *path)
{
    static struct log_limit failing;
    struct buf page;
    int r;

    if (exporter->written != NULL && (path == NULL || strcmp(exporter->written, path) != 0))
        forget_file(exporter);
    if (path == NULL)
        return;
    buf_init(&page, EXPORTER_PAGE_MAX);
    r = exporter_page(exporter, &page);
    if (r != 0)
        log_limited(&failing, LOG_SECONDS, "the metrics could not be written: %s", err_text(r));
    else if (exporter_file_write(path, page.bytes, page.length) && exporter->written == NULL)
        exporter->written = strdup(path);
    buf_free(&page);
}

/* One round; how long to sleep then, in seconds. 0: the server is closed. */
static unsigned tend(struct exporter *exporter)
{
    struct setup *setup = server_setup(exporter->server);
    unsigned seconds;

    if (setup == NULL)
        return 0;
    seconds = setup->config->metrics_interval_s;
    if (setup->config->metrics_file != NULL || exporter->http != NULL)
        count_accounts(exporter, setup->config);
    write_file(exporter, setup->config->metrics_file);
    setup_drop(&setup);
    return seconds;
}

/* True when the thread is to go on. */
static bool sleep_on(struct exporter *exporter, unsigned seconds)
{
    struct timespec until;
    bool go_on;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&exporter->lock);
    while (!exporter->ending &&
           pthread_cond_timedwait(&exporter->wake, &exporter->lock, &until) != ETIMEDOUT)
        continue;
    go_on = !exporter->ending;
    pthread_mutex_unlock(&exporter->lock);
    return go_on;
}

static void *run(void *cookie)
{
    struct exporter *exporter = cookie;
    unsigned seconds;

    do
        seconds = tend(exporter);
    while (seconds > 0 && sleep_on(exporter, seconds));
    forget_file(exporter);
    return NULL;
}

static struct exporter *exporter_new(struct server *server)
{
    struct exporter *exporter = calloc(1, sizeof(*exporter));
    pthread_condattr_t attributes;

    if (exporter == NULL)
        return NULL;
    exporter->server = server;
    pthread_mutex_init(&exporter->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&exporter->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return exporter;
}

int exporter_start(struct server *server, const struct config *config, struct exporter **out)
{
    struct exporter *exporter = exporter_new(server);
    int code = EX_OSERR;

    *out = exporter;
    if (exporter == NULL) {
        log_error("cannot start the metrics: %s", err_text(ERR_NOMEM));
        return code;
    }
    if (config->metrics_listen != NULL) {
        code = exporter_http_start(exporter, config, &exporter->http);
        if (code != 0)
            return code;
    }
    errno = pthread_create(&exporter->thread, NULL, run, exporter);
    exporter->running = errno == 0;
    if (exporter->running)
        return 0;
    log_error_sys("cannot start the metrics' thread");
    return EX_OSERR;
}

void exporter_stop(struct exporter **exporter)
{
    struct exporter *self = *exporter;

    if (self == NULL)
        return;
    *exporter = NULL;
    if (self->running) {
        pthread_mutex_lock(&self->lock);
        self->ending = true;
        pthread_cond_signal(&self->wake);
        pthread_mutex_unlock(&self->lock);
        pthread_join(self->thread, NULL);
    }
    exporter_http_stop(&self->http); /* the thread looked at it */
    pthread_cond_destroy(&self->wake);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
