/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * metrics - see metrics.h for what is promised.
 *
 * The counters of messages are one array with a place for every combination, about nine
 * kilobytes; only those that were ever raised are written, so that the page stays short.
 */
#include "metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "err.h"

#define MODE_COUNT (MODE_ENFORCE + 1)
#define ERROR_COUNT (-ERR_INTERNAL + 1)
#define VERDICT_COUNT ((size_t)KIND_COUNT * ACTION_COUNT * MODE_COUNT * HOLDER_COUNT)
#define NANOSECONDS 1000000000u

/* Upper ends of the histogram, in microseconds: from a message that is only passed on to the
 * ledger's time limit. */
static const uint32_t bounds_us[] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 10000000};
#define BOUND_COUNT (sizeof(bounds_us) / sizeof(bounds_us[0]))

struct metrics {
    _Atomic uint64_t verdicts[VERDICT_COUNT];
    _Atomic uint64_t answers[ACTION_COUNT];
    _Atomic uint64_t failures[ERROR_COUNT];
    _Atomic uint64_t refusals[METRICS_REFUSAL_COUNT];
    _Atomic uint64_t waits[BOUND_COUNT + 1]; /* the last one: longer than all bounds */
    _Atomic uint64_t waited;                 /* nanoseconds in all */
    _Atomic bool loaded;
    _Atomic int64_t loaded_at;
    int64_t started;
};

/* Words of a label, one for each error code; they stay as they are, because alarms name them. */
static const char *const error_words[ERROR_COUNT] = {
    [-ERR_NOMEM] = "memory",
    [-ERR_SYNTAX] = "syntax",
    [-ERR_LIMIT] = "limit",
    [-ERR_SYSTEM] = "system",
    [-ERR_LEDGER] = "ledger",
    [-ERR_BUSY] = "busy",
    [-ERR_CONFIG] = "config",
    [-ERR_CRYPTO] = "crypto",
    [-ERR_DNS] = "dns",
    [-ERR_NEWER] = "newer",
    [-ERR_CHARSET] = "charset",
    [-ERR_EXPIRED] = "expired",
    [-ERR_INTERNAL] = "internal",
};
static const char *const refusal_words[METRICS_REFUSAL_COUNT] = {
    [METRICS_APART] = "apart",
    [METRICS_TOO_MANY] = "too_many",
    [METRICS_BAD_PARAMETER] = "bad_parameter",
    [METRICS_BUSY] = "busy",
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (metrics != NULL)
        metrics->started = (int64_t)time(NULL);
    return metrics;
}

void metrics_free(struct metrics **metrics)
{
    free(*metrics);
    *metrics = NULL;
}

/* Nobody draws conclusions from the order in which two counters are seen. */
static void raise_by(_Atomic uint64_t *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static uint64_t value(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static size_t place(const struct metrics_verdict *verdict)
{
    return (((size_t)verdict->kind * ACTION_COUNT + (size_t)verdict->meant) * MODE_COUNT +
               (size_t)verdict->mode) *
               HOLDER_COUNT +
           (size_t)verdict->holder;
}

void metrics_count_verdict(struct metrics *metrics, const struct metrics_verdict *verdict)
{
    size_t at = place(verdict);

    if (metrics != NULL && at < VERDICT_COUNT)
        raise_by(&metrics->verdicts[at], 1);
}

void metrics_count_answer(struct metrics *metrics, enum action action, uint64_t nanoseconds)
{
    size_t i = 0;

    if (metrics == NULL || (size_t)action >= ACTION_COUNT)
        return;
    raise_by(&metrics->answers[action], 1);
    raise_by(&metrics->waited, nanoseconds);
    while (i < BOUND_COUNT && nanoseconds > bounds_us[i] * UINT64_C(1000))
        i++;
    raise_by(&metrics->waits[i], 1);
}

void metrics_count_failure(struct metrics *metrics, int error)
{
    if (metrics != NULL)
        raise_by(
            &metrics->failures[error < 0 && error >= ERR_INTERNAL ? -error : -ERR_INTERNAL], 1);
}

void metrics_count_refusal(struct metrics *metrics, enum metrics_refusal refusal)
{
    if (metrics != NULL && (size_t)refusal < METRICS_REFUSAL_COUNT)
        raise_by(&metrics->refusals[refusal], 1);
}

void metrics_note_load(struct metrics *metrics, bool loaded, int64_t when)
{
    if (metrics == NULL)
        return;
    atomic_store(&metrics->loaded, loaded);
    if (loaded)
        atomic_store(&metrics->loaded_at, when);
}

static void describe(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_number(
    struct buf *out, const char *name, const char *type, const char *help, uint64_t number)
{
    describe(out, name, type, help);
    buf_printf(out, "%s %" PRIu64 "\n", name, number);
}

static void write_verdicts(const struct metrics *metrics, struct buf *out)
{
    describe(out, "goneaway_messages_total", "counter",
        "Messages, counted for each recipient, by what enforce mode does with them.");
    for (size_t at = 0; at < VERDICT_COUNT; at++) {
        uint64_t count = value(&metrics->verdicts[at]);
        size_t rest = at / HOLDER_COUNT;

        if (count == 0)
            continue;
        buf_printf(out,
            "goneaway_messages_total{kind=\"%s\",verdict=\"%s\",mode=\"%s\",holder=\"%s\"} "
            "%" PRIu64 "\n",
            kind_name((enum kind)(rest / MODE_COUNT / ACTION_COUNT)),
            policy_action_name((enum action)(rest / MODE_COUNT % ACTION_COUNT)),
            policy_mode_name((enum mode)(rest % MODE_COUNT)),
            holder_name((enum holder)(at % HOLDER_COUNT)), count);
    }
}

/* All of a family's counters, also those at 0: a rate needs the point before the first event. */
static void write_family(struct buf *out, const char *name, const char *label,
    const char *const *words, const _Atomic uint64_t *counters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (words[i] != NULL)
            buf_printf(
                out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, words[i], value(&counters[i]));
}

static void write_answers(const struct metrics *metrics, struct buf *out)
{
    const char *words[ACTION_COUNT];

    for (size_t i = 0; i < ACTION_COUNT; i++)
        words[i] = policy_action_name((enum action)i);
    describe(out, "goneaway_answers_total", "counter",
        "Messages by the answer that the MTA got at their end.");
    write_family(out, "goneaway_answers_total", "action", words, metrics->answers, ACTION_COUNT);
    describe(out, "goneaway_failures_total", "counter",
        "Messages and recipients that met trouble of our own and got the answer of on_failure.");
    write_family(
        out, "goneaway_failures_total", "reason", error_words, metrics->failures, ERROR_COUNT);
    describe(out, "goneaway_recipients_refused_total", "counter",
        "Recipients that were not taken at RCPT.");
    write_family(out, "goneaway_recipients_refused_total", "reason", refusal_words,
        metrics->refusals, METRICS_REFUSAL_COUNT);
}

/* The count is the sum of what was read, so that the page agrees with itself. */
static void write_histogram(const struct metrics *metrics, struct buf *out)
{
    uint64_t sum = value(&metrics->waited), count = 0;

    describe(out, "goneaway_answer_seconds", "histogram",
        "Time from the end of a message to our answer, the ledger's commit included.");
    for (size_t i = 0; i < BOUND_COUNT; i++) {
        count += value(&metrics->waits[i]);
        buf_printf(out, "goneaway_answer_seconds_bucket{le=\"%u.%06u\"} %" PRIu64 "\n",
            bounds_us[i] / 1000000u, bounds_us[i] % 1000000u, count);
    }
    count += value(&metrics->waits[BOUND_COUNT]);
    buf_printf(out, "goneaway_answer_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", count);
    buf_printf(out, "goneaway_answer_seconds_sum %" PRIu64 ".%09u\n", sum / NANOSECONDS,
        (unsigned)(sum % NANOSECONDS));
    buf_printf(out, "goneaway_answer_seconds_count %" PRIu64 "\n", count);
}

static void write_process(
    const struct metrics *metrics, const struct metrics_state *state, struct buf *out)
{
    describe(out, "goneaway_build_info", "gauge", "The version that runs; always 1.");
    buf_puts(out, "goneaway_build_info{version=\"" GONEAWAY_VERSION "\"} 1\n");
    write_number(out, "goneaway_start_time_seconds", "gauge", "When goneawayd was started.",
        (uint64_t)metrics->started);
    write_number(out, "goneaway_config_loaded", "gauge",
        "1: the configuration file is in force as it was last asked for; 0: it held mistakes.",
        atomic_load(&metrics->loaded) ? 1 : 0);
    write_number(out, "goneaway_config_loaded_time_seconds", "gauge",
        "When the configuration in force was loaded.", (uint64_t)atomic_load(&metrics->loaded_at));
    write_number(
        out, "goneaway_connections", "gauge", "Connections of the MTA now.", state->connections);
}

static void write_ledger(const struct ledger_statistics *ledger, struct buf *out)
{
    write_number(out, "goneaway_ledger_queue_depth", "gauge",
        "Transactions that wait for the ledger's writer now.", ledger->waiting);
    write_number(out, "goneaway_ledger_rows_total", "counter", "Rows of messages recorded.",
        ledger->recorded);
    write_number(out, "goneaway_ledger_commits_total", "counter",
        "Commits; rows divided by commits tells how many share one.", ledger->commits);
    write_number(out, "goneaway_ledger_failures_total", "counter",
        "Transactions that the ledger did not take.", ledger->failures);
}

/* A label's value: ids of services are domain names, but the administrator may add others. */
static void write_label(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_putc(out, '\\');
        if (*text == '\n')
            buf_puts(out, "\\n");
        else
            buf_putc(out, *text);
    }
}

static void write_accounts(const struct ledger_summary *accounts, struct buf *out)
{
    write_number(out, "goneaway_accounts_time_seconds", "gauge",
        "When the accounts below were counted.", (uint64_t)accounts->counted_at);
    describe(out, "goneaway_accounts", "gauge",
        "Accounts in the ledger by holder and state of their case.");
    for (size_t i = 0; i < accounts->state_count; i++)
        buf_printf(out, "goneaway_accounts{holder=\"%s\",case_state=\"%s\"} %" PRIi64 "\n",
            holder_name(accounts->states[i].holder), accounts->states[i].case_state,
            accounts->states[i].accounts);
    describe(out, "goneaway_service_accounts", "gauge",
        "Accounts of others at services with at least metrics_service_accounts of them.");
    for (size_t i = 0; i < accounts->service_count; i++) {
        buf_puts(out, "goneaway_service_accounts{service=\"");
        write_label(out, accounts->services[i].service);
        buf_printf(out, "\"} %" PRIi64 "\n", accounts->services[i].accounts);
    }
}

void metrics_write(
    const struct metrics *metrics, const struct metrics_state *state, struct buf *out)
{
    write_process(metrics, state, out);
    write_verdicts(metrics, out);
    write_answers(metrics, out);
    write_histogram(metrics, out);
    write_ledger(&state->ledger, out);
    if (state->accounts != NULL)
        write_accounts(state->accounts, out);
}
