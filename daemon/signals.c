/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * signals - see signals.h.
 */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "log.h"
#include "notify.h"

static struct {
    pthread_t main;
    pthread_t reloader;
    sem_t asked; /* one for each SIGUSR1 */
    _Atomic bool ending;
} state;

static sigset_t our_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR2); /* signals_end */
    return set;
}

void signals_block(void)
{
    sigset_t set = our_signals();

    state.main = pthread_self();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void wait_to_be_asked(void)
{
    while (sem_wait(&state.asked) != 0 && errno == EINTR)
        continue;
}

static void *reload_loop(void *cookie)
{
    struct server *server = cookie;

    for (wait_to_be_asked(); !atomic_load(&state.ending); wait_to_be_asked()) {
        notify_reloading();
        notify_ready(server_reload(server)
                         ? "running"
                         : "running with the former configuration: the new one holds mistakes");
    }
    return NULL;
}

bool signals_wait(struct server *server)
{
    sigset_t set = our_signals();
    int got = 0;

    sem_init(&state.asked, 0, 0);
    errno = pthread_create(&state.reloader, NULL, reload_loop, server);
    if (errno != 0) {
        log_error_sys("cannot start the thread that reloads");
        return false;
    }
    while (sigwait(&set, &got) == 0 && got == SIGUSR1)
        sem_post(&state.asked);
    atomic_store(&state.ending, true);
    sem_post(&state.asked);
    pthread_join(state.reloader, NULL);
    return true;
}

void signals_end(void)
{
    pthread_kill(state.main, SIGUSR2);
}
