/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * server - see server.h for what is promised.
 */
#include "server.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include "date.h"
#include "domain.h"
#include "err.h"
#include "log.h"
#include "text.h"

/* Descriptors that are not connections: ledger, log, sockets, files that are being loaded. */
#define DESCRIPTORS_KEPT 128u
/* Connections beyond the most that still hear why. */
#define CONNECTIONS_BEYOND 32u
#define CLOSE_WAIT_MS 3000
#define CLOSE_STEP_MS 5
/* Octets that may stay free for the messages to come. */
#define FREE_MOST ((size_t)8 << 20)
/* certificates: how long before their end, and how often */
#define WARN_DAYS 30
#define WARN_EVERY 86400

struct server {
    pthread_mutex_t lock; /* of setup and wants */
    struct setup *setup;
    struct server_wants wants;
    struct ledger *ledger;
    struct metrics *metrics;
    struct probe *probe; /* of all setups, one after the other */
    const char *path;
    unsigned verbose;
    /* of the start, then of the one thread that reloads and tends */
    time_t loaded;
    int64_t mirrored_at;    /* DATE_NONE: it failed and is due */
    int64_t warned_at;      /* of certificates that expire */
    time_t warned_of;       /* `loaded` then */
    uint64_t mirrored_file; /* ledger_statistics.replaced before it was mirrored */
    _Atomic unsigned connections;
    _Atomic unsigned connections_most;
    _Atomic unsigned at_work; /* between server_enter and server_leave */
    _Atomic bool stopping;
};

static struct server_wants find_wants(const struct config *config)
{
    struct server_wants wants = {.quarantine = config_may_ever(config, ACTION_QUARANTINE)};

    for (size_t i = 0; i < config->domain_count; i++)
        for (size_t j = 0; j < config->domains[i].step_count; j++)
            wants.mark = wants.mark || config->domains[i].steps[j].mode != MODE_OBSERVE;
    wants.replace = wants.mark && (config_may_ever(config, ACTION_SEAL) ||
                                      config_may_ever(config, ACTION_DEFUSE));
    return wants;
}

static void open_log(const struct server *server, const struct config *config)
{
    unsigned level = (unsigned)config->log_level + server->verbose;

    log_open("goneawayd", config->log_target,
        level < LOG_LEVEL_DEBUG ? (enum log_level)level : LOG_LEVEL_DEBUG);
    log_bound(config->log_line_max);
}

static void log_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count && i < MISTAKES_MAX; i++)
        log_error("%s", mistakes->lines[i]);
    if (mistakes->count > MISTAKES_MAX)
        log_error("and more mistakes: %zu", mistakes->count - MISTAKES_MAX);
}

/* 0 or an error after logging. */
static int load(const struct server *server, struct setup **out)
{
    const struct setup_options options = {
        .path = server->path, .network = true, .create_key = true, .probe = server->probe};
    struct mistakes mistakes = {0};
    int r = setup_load(&options, &mistakes, out);

    log_mistakes(&mistakes);
    if (r != 0 && mistakes.count == 0)
        log_error("cannot load %s: %s", server->path, err_text(r));
    mistakes_clear(&mistakes);
    return r;
}

/* How many connections the limit of descriptors has room for: each may need a second one, to ask
 * the DNS. Where there is none left libmilter could not even refuse, and would end. */
static unsigned room_for_connections(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > UINT_MAX)
        return UINT_MAX;
    if (limit.rlim_cur <= DESCRIPTORS_KEPT)
        return 1;
    return (unsigned)(limit.rlim_cur - DESCRIPTORS_KEPT) / 2 + 1;
}

static void bound_connections(struct server *server, const struct config *config)
{
    unsigned room = room_for_connections(), wanted = config->connections_max;

    if (wanted > room)
        log_warning("connections_max is %u, but the limit of open files leaves room for %u: raise "
                    "LimitNOFILE of the unit, or lower connections_max",
            wanted, room);
    atomic_store(&server->connections_most, wanted == 0 || wanted > room ? room : wanted);
}

static void install(struct server *server, struct setup *setup)
{
    struct setup *old;
    struct server_wants wants = find_wants(setup->config);

    pthread_mutex_lock(&server->lock);
    old = server->setup;
    server->setup = setup;
    server->wants = wants;
    pthread_mutex_unlock(&server->lock);
    server->loaded = time(NULL);
    bound_connections(server, setup->config);
    setup_drop(&old);
    malloc_trim(0); /* what building it took is as much again as what it holds */
}

/* The tables of the ledger that mirror the configuration only serve its readers: a failure is
 * told, and mended by server_tend. */
static void mirror(struct server *server, const struct setup *setup)
{
    static struct log_limit failing;
    struct ledger_statistics before;
    int64_t now = (int64_t)time(NULL);
    int r;

    ledger_statistics(server->ledger, &before);
    r = setup_mirror(setup, server->ledger, now);
    if (r != 0)
        log_limited(&failing, 60, "domains and services could not be written to the ledger yet: %s",
            err_text(r));
    server->mirrored_at = r == 0 ? now : DATE_NONE;
    server->mirrored_file = before.replaced;
}

/* Has a step of a domain's mode begun in (from, to]? */
static bool mode_changed(const struct config *config, int64_t from, int64_t to)
{
    for (size_t i = 0; i < config->domain_count; i++)
        for (size_t j = 0; j < config->domains[i].step_count; j++)
            if (config->domains[i].steps[j].since > from && config->domains[i].steps[j].since <= to)
                return true;
    return false;
}

static bool mirror_is_due(const struct server *server, const struct config *config)
{
    struct ledger_statistics now;

    ledger_statistics(server->ledger, &now);
    return server->mirrored_at == DATE_NONE || now.replaced != server->mirrored_file ||
           mode_changed(config, server->mirrored_at, (int64_t)time(NULL));
}

static void keep(struct server *server, const struct config *config)
{
    ledger_keep(server->ledger, &(struct ledger_keeping){.message_days = config->keep_days,
                                    .account_days = config->keep_accounts_days,
                                    .quiet_days = config->quiet_days});
}

static int open_ledger(struct server *server)
{
    const struct config *config = server->setup->config;
    const struct ledger_options options = {.path = config->database,
        .alone = true,
        .timeout_ms = config->ledger_timeout_ms,
        .queue = config->ledger_queue,
        .synchronous = config->synchronous};
    char *why = NULL;
    int r = ledger_open(&options, &server->ledger, &why);

    if (r != 0)
        log_error(
            "cannot open the ledger %s: %s", config->database, why != NULL ? why : err_text(r));
    free(why);
    return r == 0 ? 0 : r == ERR_NOMEM ? EX_OSERR : r == ERR_SYSTEM ? EX_CANTCREAT : EX_UNAVAILABLE;
}

static void free_parts(struct server *server)
{
    probe_free(&server->probe);
    metrics_free(&server->metrics);
}

int server_open(const struct server_options *options, struct server **out)
{
    static struct server server = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct setup *setup = NULL;
    int code;

    *out = NULL;
    server.path = options->path;
    server.verbose = options->verbose;
    text_open();
    server.probe = probe_new();
    server.metrics = metrics_new();
    if (server.probe == NULL || server.metrics == NULL) {
        log_error("cannot start: %s", err_text(ERR_NOMEM));
        free_parts(&server);
        return EX_OSERR;
    }
    code = load(&server, &setup);
    if (code != 0) {
        free_parts(&server);
        return code == ERR_NOMEM ? EX_OSERR : EX_CONFIG;
    }
    metrics_note_load(server.metrics, true, (int64_t)time(NULL));
    install(&server, setup);
    open_log(&server, setup->config);
    code = open_ledger(&server);
    if (code != 0) {
        setup_drop(&server.setup);
        free_parts(&server);
        return code;
    }
    mirror(&server, setup);
    keep(&server, setup->config);
    malloc_trim(0);
    log_notice("goneawayd " GONEAWAY_VERSION " with %s: domains: %zu, public suffix list of %s",
        options->path, setup->config->domain_count, domain_list_date());
    *out = &server;
    return 0;
}

static void tell_change(void *cookie, const char *setting, bool needs_restart)
{
    (void)cookie;
    log_notice("changed: %s%s", setting, needs_restart ? " (counts from the next start on)" : "");
}

bool server_reload(struct server *server)
{
    struct setup *before = server_setup(server), *setup = NULL;
    char since[DATE_TEXT_SIZE];
    bool loaded = false;

    if (before == NULL)
        return false;
    if (load(server, &setup) == 0 && server_enter(server)) {
        if (config_tell_changes(before->config, setup->config, tell_change, NULL) == 0)
            log_notice("no setting changed");
        open_log(server, setup->config);
        mirror(server, setup);
        keep(server, setup->config);
        setup_hold(setup);
        install(server, setup);
        server_leave(server);
        log_notice("%s was loaded again", server->path);
        loaded = true;
    } else {
        date_format((int64_t)server->loaded, since);
        log_error("%s was not loaded: the configuration of %s stays in force", server->path, since);
    }
    metrics_note_load(server->metrics, loaded, (int64_t)time(NULL));
    setup_drop(&setup);
    setup_drop(&before);
    return loaded;
}

static void tell_expiry(void *cookie, const char *path, int64_t not_after)
{
    const int64_t *now = cookie;
    char when[DATE_TEXT_SIZE];

    date_format(not_after, when);
    if (not_after < *now)
        log_error(
            "seal_to: %s has expired on %s: nothing is sealed for its holder, and mail is put "
            "off once no other certificate is valid; name a new one and reload",
            path, when);
    else
        log_warning("seal_to: %s expires on %s; name a new one in time and reload", path, when);
}

/* Once a day, and as soon as a setup is new. */
static void warn_of_expiry(struct server *server, const struct setup *setup)
{
    int64_t now = (int64_t)time(NULL);

    if (setup->seal == NULL || (server->warned_of == server->loaded && server->warned_at <= now &&
                                   now - server->warned_at < WARN_EVERY))
        return;
    seal_tell_expiry(setup->seal, now, WARN_DAYS, tell_expiry, &now);
    server->warned_at = now;
    server->warned_of = server->loaded;
}

/* Long bodies on many connections at once leave much more free than the next messages need. The C
 * library gives back only what lies at the end of its heaps, so it is told to look between. */
static void give_memory_back(void)
{
    if (mallinfo2().fordblks > FREE_MOST)
        malloc_trim(0);
}

void server_tend(struct server *server)
{
    struct setup *setup = server_setup(server);

    give_memory_back();
    if (setup == NULL)
        return;
    warn_of_expiry(server, setup);
    if (server_enter(server)) {
        if (mirror_is_due(server, setup->config))
            mirror(server, setup);
        server_leave(server);
    }
    setup_drop(&setup);
}

struct setup *server_setup(struct server *server)
{
    struct setup *setup;

    pthread_mutex_lock(&server->lock);
    setup = server->setup != NULL ? setup_hold(server->setup) : NULL;
    pthread_mutex_unlock(&server->lock);
    return setup;
}

struct server_wants server_wants(struct server *server)
{
    struct server_wants wants;

    pthread_mutex_lock(&server->lock);
    wants = server->wants;
    pthread_mutex_unlock(&server->lock);
    return wants;
}

/* First counted, then asked: so whoever closes sees either the count or a caller turned away. */
bool server_enter(struct server *server)
{
    atomic_fetch_add(&server->at_work, 1);
    if (!atomic_load(&server->stopping))
        return true;
    atomic_fetch_sub(&server->at_work, 1);
    return false;
}

void server_leave(struct server *server)
{
    atomic_fetch_sub(&server->at_work, 1);
}

struct ledger *server_ledger(struct server *server)
{
    return server->ledger;
}

struct metrics *server_metrics(struct server *server)
{
    return server->metrics;
}

unsigned server_connections(struct server *server)
{
    return atomic_load(&server->connections);
}

enum server_admission server_admit(struct server *server)
{
    unsigned most = atomic_load(&server->connections_most);
    unsigned others = atomic_fetch_add(&server->connections, 1);

    if (others < most)
        return SERVER_TAKES;
    return others - most < CONNECTIONS_BEYOND ? SERVER_PUTS_OFF : SERVER_TURNS_AWAY;
}

void server_dismiss(struct server *server)
{
    atomic_fetch_sub(&server->connections, 1);
}

/* Waits for those at work on the ledger; each is bounded by the ledger's own time limit. */
static bool wait_for_the_last(struct server *server)
{
    const struct timespec step = {.tv_nsec = CLOSE_STEP_MS * 1000000L};

    for (int waited = 0; atomic_load(&server->at_work) > 0; waited += CLOSE_STEP_MS) {
        if (waited >= CLOSE_WAIT_MS)
            return false;
        nanosleep(&step, NULL);
    }
    return true;
}

static void log_farewell(struct server *server)
{
    struct ledger_statistics statistics;

    ledger_statistics(server->ledger, &statistics);
    log_notice("ending: %llu rows recorded in %llu commits, %llu failures",
        (unsigned long long)statistics.recorded, (unsigned long long)statistics.commits,
        (unsigned long long)statistics.failures);
}

bool server_close(struct server *server)
{
    atomic_store(&server->stopping, true);
    if (!wait_for_the_last(server)) {
        log_warning(
            "the ledger is still busy: it is left as it is, all that was answered is in it");
        return false;
    }
    log_farewell(server);
    ledger_close(&server->ledger);
    if (atomic_load(&server->connections) > 0)
        return false;
    pthread_mutex_lock(&server->lock);
    setup_drop(&server->setup);
    pthread_mutex_unlock(&server->lock);
    /* the counters stay: a callback may still come, and raises them without asking for more */
    text_close();
    domain_close();
    return true;
}
