/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * watchdog - see watchdog.h.
 */
#include "watchdog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "notify.h"
#include "socket.h"

/* One packet of the milter protocol: length, command, and for the negotiation version, actions
 * and steps, 32 bits each. */
#define PROTOCOL_VERSION 6u
#define ALL_ACTIONS 0x1ffu
#define ALL_STEPS 0x1fffffu
#define NEGOTIATION_SIZE 13u

#define FIRST_PROBE_MS 1000u
#define NUDGE_MS 1000u
#define NUDGE_PATIENCE_MS 200
#define LOOK_UP_MS 200u /* how long nobody looks whether this is to end */

static struct {
    pthread_t thread;
    pthread_mutex_t lock; /* of ending */
    pthread_cond_t wake;
    bool running;
    bool ending;
    struct server *server;
    const char *listen;
    struct socket_address address; /* that `listen` names, found once */
    uint64_t interval_us;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void put32(unsigned char *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof(value));
}

static bool is_ending(void)
{
    bool ending;

    pthread_mutex_lock(&state.lock);
    ending = state.ending;
    pthread_mutex_unlock(&state.lock);
    return ending;
}

/* Whether something comes in time, and before the end. */
static bool wait_for_answer(int fd, unsigned timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    for (unsigned left = timeout_ms; left > 0 && !is_ending();) {
        unsigned part = left < LOOK_UP_MS ? left : LOOK_UP_MS;

        if (poll(&wait, 1, (int)part) == 1)
            return true;
        left -= part;
    }
    return false;
}

/* Negotiates and leaves. Whatever comes back as a negotiation is a sign of life, and so is a
 * connection that is closed because there are too many. */
static bool probe(const struct socket_address *address, unsigned timeout_ms)
{
    unsigned char ask[4 + NEGOTIATION_SIZE] = {[4] = 'O'}, answer[5];
    static const unsigned char leave[] = {0, 0, 0, 1, 'Q'};
    int fd = socket_connect(address, timeout_ms);
    ssize_t got;
    bool alive;

    if (fd < 0)
        return false;
    put32(ask, NEGOTIATION_SIZE);
    put32(ask + 5, PROTOCOL_VERSION);
    put32(ask + 9, ALL_ACTIONS);
    put32(ask + 13, ALL_STEPS);
    alive = send(fd, ask, sizeof(ask), MSG_NOSIGNAL) == (ssize_t)sizeof(ask) &&
            wait_for_answer(fd, timeout_ms);
    got = alive ? recv(fd, answer, sizeof(answer), MSG_WAITALL) : -1;
    alive = got == 0 || (got == (ssize_t)sizeof(answer) && answer[4] == 'O');
    if (got > 0 && alive)
        alive = send(fd, leave, sizeof(leave), MSG_NOSIGNAL) == (ssize_t)sizeof(leave);
    close(fd);
    return alive;
}

static void ask_ledger(struct server *server)
{
    static struct log_limit unreadable;
    int r;

    if (!server_enter(server))
        return;
    r = ledger_ping(server_ledger(server));
    server_leave(server);
    if (r != 0)
        log_limited(&unreadable, 60, "the ledger does not answer: %s", err_text(r));
}

static void add_microseconds(struct timespec *when, uint64_t interval)
{
    when->tv_sec += (time_t)(interval / 1000000u);
    when->tv_nsec += (long)(interval % 1000000u) * 1000;
    if (when->tv_nsec >= 1000000000L) {
        when->tv_sec++;
        when->tv_nsec -= 1000000000L;
    }
}

/* Sleeps; true when the thread is to go on. */
static bool sleep_on(uint64_t interval)
{
    struct timespec until;
    bool go_on;

    clock_gettime(CLOCK_MONOTONIC, &until);
    add_microseconds(&until, interval);
    pthread_mutex_lock(&state.lock);
    while (!state.ending && pthread_cond_timedwait(&state.wake, &state.lock, &until) != ETIMEDOUT)
        continue;
    go_on = !state.ending;
    pthread_mutex_unlock(&state.lock);
    return go_on;
}

/* Ready is who answers; the main thread waits for signals by then. */
static bool announce(void)
{
    while (!socket_find(state.listen, &state.address) || !probe(&state.address, FIRST_PROBE_MS)) {
        log_warning("our own socket %s does not answer yet", state.listen);
        if (!sleep_on(FIRST_PROBE_MS * UINT64_C(1000)))
            return false;
    }
    log_notice("listening on %s", state.listen);
    while (!notify_ready("running"))
        if (!sleep_on(0))
            return false;
    return true;
}

/* How many threads this process has; 0 where the system does not tell. */
static unsigned count_threads(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    unsigned count = 0;

    if (status == NULL)
        return 0;
    while (count == 0 && fgets(line, sizeof(line), status) != NULL)
        if (strncmp(line, "Threads:", 8) == 0)
            count = (unsigned)strtoul(line + 8, NULL, 10);
    fclose(status);
    return count;
}

/* A connection that says nothing and ends; returns when a thread of libmilter has seen that, or
 * will not soon. */
static void connect_and_leave(const struct socket_address *address)
{
    struct pollfd wait = {.fd = socket_connect(address, NUDGE_PATIENCE_MS), .events = POLLIN};

    if (wait.fd < 0)
        return;
    if (shutdown(wait.fd, SHUT_WR) == 0)
        (void)poll(&wait, 1, NUDGE_PATIENCE_MS);
    close(wait.fd);
}

/* libmilter with a pool of threads (as Debian builds it) wakes one of them for each connection that
 * has something to read or is new, and starts another only when something comes and none is idle;
 * idle are those, too, that were woken and have not run yet. If those that wake then wait, for the
 * rest of a packet or for the DNS, the other connections wait with them. So something new comes
 * every second: a connection that says nothing. Where a thread was started for it, that one goes on
 * with a connection that waited; if it had to wait as well, it stays, and others may be waiting
 * still: true, and the next is to come at once. */
static bool nudge(const struct socket_address *address)
{
    unsigned before = count_threads();

    connect_and_leave(address);
    return count_threads() > before;
}

/* Whether systemd was told that we are alive. */
static bool look_after(unsigned timeout_ms)
{
    bool alive;

    ask_ledger(state.server);
    alive = probe(&state.address, timeout_ms);
    if (alive)
        notify_alive();
    else if (!is_ending())
        log_error("our own socket %s does not answer", state.listen);
    return alive;
}

static uint64_t microseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000) + (uint64_t)now.tv_nsec / 1000;
}

/* Nobody who keeps us nudging, as with connections of which each holds up a thread, may keep us
 * from giving signs of life: they are due by the clock. Where there was no answer, because of a
 * crowd perhaps, there may soon be one, before systemd's patience ends. */
static void *watch(void *cookie)
{
    unsigned timeout_ms = (unsigned)(state.interval_us / 4000u);
    /* two signs in each interval, as sd_watchdog_enabled(3) advises; half of that for the probe */
    uint64_t half = state.interval_us / 2, step = NUDGE_MS * UINT64_C(1000), last;
    bool again = false;

    (void)cookie;
    if (!announce())
        return NULL;
    if (half != 0 && half < step)
        step = half;
    last = microseconds_now();
    while (again ? !is_ending() : sleep_on(step)) {
        uint64_t now;

        again = nudge(&state.address);
        now = microseconds_now();
        if (half != 0 && now - last >= half && look_after(timeout_ms))
            last = now;
    }
    return NULL;
}

bool watchdog_start(struct server *server, const char *listen)
{
    pthread_condattr_t attributes;

    state.interval_us = notify_watchdog_interval();
    state.server = server;
    state.listen = listen;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&state.wake, &attributes);
    pthread_condattr_destroy(&attributes);
    errno = pthread_create(&state.thread, NULL, watch, NULL);
    state.running = errno == 0;
    if (!state.running)
        log_error_sys("cannot start the watchdog's thread");
    return state.running;
}

void watchdog_stop(void)
{
    if (!state.running)
        return;
    pthread_mutex_lock(&state.lock);
    state.ending = true;
    pthread_cond_signal(&state.wake);
    pthread_mutex_unlock(&state.lock);
    pthread_join(state.thread, NULL);
    state.running = false;
}
