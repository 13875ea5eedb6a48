/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * goneawayd - the milter. What is done at the start is undone at the end, in reverse.
 *
 * It stays in the foreground and writes no pid file: systemd (Type=notify) or another supervisor
 * keeps it. It drops no privileges either: the unit starts it without any.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "check.h"
#include "exporter.h"
#include "log.h"
#include "milter.h"
#include "notify.h"
#include "options.h"
#include "server.h"
#include "signals.h"
#include "socket.h"
#include "watchdog.h"

#define UMASK_SOCKET 0177
#define UMASK_FILES 0027
/* For each connection there is a thread, and with an arena for each of them glibc would keep
 * several times the memory that is in use. */
#define MALLOC_ARENAS 2
/* Octets that are kept for the next message: giving a newsletter's back and having them cleared
 * again costs more than reading them. */
#define MALLOC_KEPT (1024 * 1024)
#define MALLOC_MAPPED (2048 * 1024) /* larger blocks go back to the system at once */

/* The socket is made for us alone, then opened as far as the configuration says. */
static int open_socket(struct server *server, const struct config *config, struct socket_file *file)
{
    int code = socket_prepare(config->listen);

    if (code != 0)
        return code;
    umask(UMASK_SOCKET);
    code = milter_listen(server, config->listen) ? 0 : EX_UNAVAILABLE;
    umask(UMASK_FILES);
    return code != 0 ? code : socket_publish(config->listen, config, file);
}

/* From the open socket to the signal that ends it. */
static int serve(struct server *server, const struct config *config)
{
    int code = EX_OSERR;

    if (signals_end_is_due() ||
        (milter_start() && watchdog_start(server, config->listen) && signals_wait(server)))
        code = EX_OK;
    notify_stopping();
    if (!milter_stop())
        code = EX_SOFTWARE;
    watchdog_stop();
    return code;
}

/* A shell leaves a thousand, and what more it would allow: a connection takes one or two. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void bound_memory(void)
{
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    mallopt(M_TRIM_THRESHOLD, MALLOC_KEPT);
    mallopt(M_MMAP_THRESHOLD, MALLOC_MAPPED);
}

static int run(const struct options *options)
{
    const struct server_options how = {.path = options->path, .verbose = options->verbose};
    struct socket_file file = {.path = ""};
    struct server *server = NULL;
    struct exporter *exporter = NULL;
    struct setup *setup; /* of the start: the socket is not moved by a reload */
    bool idle;
    int code;

    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO); /* until the configuration is read */
    bound_memory();
    signals_block();
    raise_descriptors();
    umask(UMASK_FILES);
    code = server_open(&how, &server);
    if (code != 0)
        return code;
    setup = server_setup(server);
    code = open_socket(server, setup->config, &file);
    if (code == 0)
        code = exporter_start(server, setup->config, &exporter);
    if (code == 0)
        code = serve(server, setup->config);
    exporter_stop(&exporter);
    socket_remove(&file);
    setup_drop(&setup);
    idle = server_close(server);
    if (!idle)
        _exit(code); /* callbacks may still be running: leave them their memory */
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    int code = options_read(argc, argv, &options);

    if (code >= 0)
        return code;
    if (options.print)
        return check_print(options.path);
    if (options.configured)
        return check_configured(options.path);
    if (options.test)
        return check_run(options.path);
    return run(&options);
}
