/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * reload - see reload.h.
 */
#include "reload.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "log.h"
#include "notify.h"

static struct {
    pthread_t thread;
    bool running;
    _Atomic bool ending;
} state;

static sigset_t reload_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    return set;
}

void reload_block_signals(void)
{
    sigset_t set = reload_signals();

    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void *reload_loop(void *cookie)
{
    struct server *server = cookie;
    sigset_t set = reload_signals();
    int got;

    while (sigwait(&set, &got) == 0 && !atomic_load(&state.ending)) {
        notify_reloading();
        if (server_reload(server))
            notify_ready("running");
        else
            notify_ready("running with the former configuration: the new one holds mistakes");
    }
    return NULL;
}

bool reload_start(struct server *server)
{
    errno = pthread_create(&state.thread, NULL, reload_loop, server);
    state.running = errno == 0;
    if (!state.running)
        log_error_sys("cannot start the thread that reloads");
    return state.running;
}

void reload_stop(void)
{
    if (!state.running)
        return;
    atomic_store(&state.ending, true);
    pthread_kill(state.thread, SIGUSR1);
    pthread_join(state.thread, NULL);
    state.running = false;
}
