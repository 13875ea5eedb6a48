/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * signals - see signals.h.
 */
#include "signals.h"

#include <pthread.h>
#include <signal.h>

#include "notify.h"

static pthread_t main_thread;

static sigset_t our_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

void signals_block(void)
{
    sigset_t set = our_signals();

    main_thread = pthread_self();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void reload(struct server *server)
{
    notify_reloading();
    notify_ready(server_reload(server)
                     ? "running"
                     : "running with the former configuration: the new one holds mistakes");
}

void signals_wait(struct server *server)
{
    sigset_t set = our_signals();
    int got = 0;

    while (sigwait(&set, &got) == 0 && got == SIGUSR1)
        reload(server);
}

void signals_end(void)
{
    pthread_kill(main_thread, SIGTERM);
}
