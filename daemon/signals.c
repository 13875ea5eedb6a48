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
#include <time.h>

#include "log.h"
#include "notify.h"

#define TEND_SECONDS 5

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

bool signals_end_is_due(void)
{
    sigset_t pending;

    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
           sigismember(&pending, SIGHUP) == 1;
}

/* True when asked to reload or to end, false when it is time to tend. */
static bool wait_to_be_asked(void)
{
    struct timespec until;
    int r;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TEND_SECONDS;
    do
        r = sem_clockwait(&state.asked, CLOCK_MONOTONIC, &until);
    while (r != 0 && errno == EINTR);
    return r == 0;
}

static void reload(struct server *server)
{
    const char *status;

    notify_reloading();
    status = server_reload(server)
                 ? "running"
                 : "running with the former configuration: the new one holds mistakes";
    while (!notify_ready(status) && !atomic_load(&state.ending))
        continue;
}

static void *reload_loop(void *cookie)
{
    struct server *server = cookie;

    for (;;) {
        bool asked = wait_to_be_asked();

        if (atomic_load(&state.ending))
            return NULL;
        if (asked) {
            /* one reload answers all who have asked until now */
            while (sem_trywait(&state.asked) == 0)
                continue;
            reload(server);
        } else {
            server_tend(server);
        }
    }
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
