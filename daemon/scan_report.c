/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What a scan tells: how far it is, what went wrong, what it found. No word of a mail is among it.
 */
#include "scan.h"

#include <glib.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "paint.h"

#define ERRORS_SAID 50u
#define BAR_WIDTH 30
#define LINE_SECONDS 10
#define BAR_SECONDS 0.2
#define PACE_SECONDS 5

/* What is known of an account that is not recorded. */
struct account {
    enum holder holder;
    enum holder_by by;
    int64_t received;
};

struct scan_report {
    pthread_mutex_t lock; /* for all that follows */
    struct scan_counts counts;
    uint64_t errors;
    uint64_t left_out;
    uint64_t gone;
    GHashTable *accounts; /* "address service" -> struct account */
    atomic_uint_fast64_t octets;
    atomic_uint_fast64_t total;
    bool terminal;
    bool colour;
    bool bar; /* stands on the terminal */
    double began;
    double told;
    /* Where it was some seconds ago: what is known already goes by faster than what is judged. */
    struct pace {
        double at;
        uint64_t octets;
    } paces[2];
};

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct scan_report *scan_report_new(void)
{
    struct scan_report *report = calloc(1, sizeof(*report));
    const char *term = getenv("TERM");

    if (report == NULL)
        return NULL;
    pthread_mutex_init(&report->lock, NULL);
    report->accounts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    report->terminal = isatty(STDERR_FILENO) != 0 && term != NULL && strcmp(term, "dumb") != 0;
    report->colour = paint_wanted(STDERR_FILENO);
    report->began = report->told = seconds_now();
    report->paces[0].at = report->paces[1].at = report->began;
    return report;
}

void scan_report_free(struct scan_report **report)
{
    if (*report == NULL)
        return;
    g_hash_table_destroy((*report)->accounts);
    pthread_mutex_destroy(&(*report)->lock);
    free(*report);
    *report = NULL;
}

void scan_report_add(struct scan_report *report, struct scan_counts *counts)
{
    struct scan_counts *all = &report->counts;

    pthread_mutex_lock(&report->lock);
    all->mails += counts->mails;
    all->known += counts->known;
    all->not_ours += counts->not_ours;
    all->outgoing += counts->outgoing;
    all->proven += counts->proven;
    all->judged += counts->judged;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        all->kinds[kind] += counts->kinds[kind];
    all->rows += counts->rows;
    all->known_rows += counts->known_rows;
    pthread_mutex_unlock(&report->lock);
    *counts = (struct scan_counts){0};
}

void scan_report_read(struct scan_report *report, uint64_t octets)
{
    atomic_fetch_add(&report->octets, octets);
}

void scan_report_total(struct scan_report *report, uint64_t octets)
{
    atomic_fetch_add(&report->total, octets);
}

bool scan_report_wants_total(const struct scan_report *report)
{
    return report->terminal;
}

/* Under the lock: takes the bar away, so that a line can be written. */
static void clear_bar(struct scan_report *report)
{
    if (report->bar)
        fputs("\r\033[K", stderr);
    report->bar = false;
}

void scan_report_error(
    struct scan_report *report, const char *file, uint64_t offset, const char *what)
{
    pthread_mutex_lock(&report->lock);
    if (++report->errors <= ERRORS_SAID) {
        clear_bar(report);
        fputs("goneaway scan: ", stderr);
        escape_terminal(stderr, file); /* a path can hold anything */
        fprintf(stderr, ":%" PRIu64 ": %s\n", offset, what);
    } else if (report->errors == ERRORS_SAID + 1) {
        clear_bar(report);
        fputs("goneaway scan: further mistakes are only counted\n", stderr);
    }
    pthread_mutex_unlock(&report->lock);
}

void scan_report_left_out(struct scan_report *report)
{
    pthread_mutex_lock(&report->lock);
    report->left_out++;
    pthread_mutex_unlock(&report->lock);
}

void scan_report_gone(struct scan_report *report)
{
    pthread_mutex_lock(&report->lock);
    report->gone++;
    pthread_mutex_unlock(&report->lock);
}

bool scan_report_failed(const struct scan_report *report)
{
    return report->errors > 0;
}

/* ---- accounts of a scan that records nothing ---- */

/* Does the later evidence count more? As in the ledger: the stronger, then the older, then what
 * tells of a new account. */
static bool counts_more(const struct ledger_entry *entry, const struct account *known)
{
    if (entry->holder_by != known->by)
        return entry->holder_by > known->by;
    if (entry->holder_by != HOLDER_BY_FIRST_MAIL)
        return false;
    return entry->received < known->received ||
           (entry->received == known->received && entry->holder == HOLDER_STRANGER);
}

void scan_report_account(struct scan_report *report, const struct ledger_entry *entry)
{
    struct account *known;
    char *key;

    if (!entry->record || entry->service == NULL)
        return;
    key = g_strconcat(entry->address, " ", entry->service, NULL);
    pthread_mutex_lock(&report->lock);
    known = g_hash_table_lookup(report->accounts, key);
    if (known == NULL) {
        known = g_new0(struct account, 1);
        g_hash_table_insert(report->accounts, g_strdup(key), known);
        *known = (struct account){entry->holder, entry->holder_by, entry->received};
    } else if (counts_more(entry, known)) {
        *known = (struct account){entry->holder, entry->holder_by, entry->received};
    }
    pthread_mutex_unlock(&report->lock);
    g_free(key);
}

/* ---- how far it is ---- */

static void put_time(double seconds)
{
    unsigned long whole = seconds > 0 ? (unsigned long)(seconds + 0.5) : 0;

    if (whole >= 3600)
        fprintf(stderr, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    else
        fprintf(stderr, "%lu:%02lu", whole / 60, whole % 60);
}

static void put_bar(const struct scan_report *report, double share)
{
    int full = (int)(share * BAR_WIDTH);

    fprintf(stderr, "[%s", report->colour ? paint_code(PAINT_GOOD) : "");
    for (int i = 0; i < full; i++)
        putc('#', stderr);
    fputs(report->colour ? PAINT_END : "", stderr);
    for (int i = full; i < BAR_WIDTH; i++)
        putc('.', stderr);
    fprintf(stderr, "] %3d%%  ", (int)(share * 100));
}

/* Under the lock: the seconds that the rest takes at the pace of the last ones. */
static double seconds_left(struct scan_report *report, double now, uint64_t octets, uint64_t total)
{
    double pace;

    if (now - report->paces[1].at >= PACE_SECONDS) {
        report->paces[0] = report->paces[1];
        report->paces[1] = (struct pace){now, octets};
    }
    pace = (double)(octets - report->paces[0].octets) / (now - report->paces[0].at);
    return pace > 0 ? (double)(total - octets) / pace : 0;
}

/* Under the lock. */
static void tell_progress(struct scan_report *report, double now)
{
    uint64_t octets = atomic_load(&report->octets), total = atomic_load(&report->total);
    double spent = now - report->began;
    double share = total > 0 ? (double)octets / (double)total : 0;

    if (share > 1)
        share = 1;
    if (report->terminal && total > 0)
        put_bar(report, share);
    fprintf(stderr, "%" PRIu64 " mail%s, %.0f/s, %.1f MB", report->counts.mails,
        report->counts.mails == 1 ? "" : "s", spent > 0 ? (double)report->counts.mails / spent : 0,
        (double)octets / 1e6);
    if (share > 0 && share < 1) {
        fputs(", ", stderr);
        put_time(seconds_left(report, now, octets, total));
        fputs(" left", stderr);
    }
}

void scan_report_progress(struct scan_report *report, bool last)
{
    double now = seconds_now();

    pthread_mutex_lock(&report->lock);
    if (last) {
        clear_bar(report);
    } else if (report->terminal && now - report->told >= BAR_SECONDS) {
        clear_bar(report);
        tell_progress(report, now);
        report->bar = true;
        report->told = now;
    } else if (!report->terminal && now - report->told >= LINE_SECONDS) {
        fputs("goneaway scan: ", stderr);
        tell_progress(report, now);
        putc('\n', stderr);
        report->told = now;
    }
    fflush(stderr);
    pthread_mutex_unlock(&report->lock);
}

/* ---- what was found ---- */

static void put_count(const char *word, uint64_t count)
{
    if (count > 0)
        printf("  %-34s %10" PRIu64 "\n", word, count);
}

static void put_kinds(const struct scan_counts *counts)
{
    if (counts->judged == 0)
        return;
    puts("by kind:");
    for (int kind = 0; kind < KIND_COUNT; kind++)
        put_count(kind_name((enum kind)kind), counts->kinds[kind]);
}

static void put_seen_accounts(const struct scan_report *report)
{
    uint64_t counts[HOLDER_COUNT] = {0};
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, report->accounts);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        counts[((const struct account *)value)->holder]++;
    puts(g_hash_table_size(report->accounts) > 0 ? "accounts in these mails, by holder:"
                                                 : "accounts in these mails: none");
    for (int holder = 0; holder < HOLDER_COUNT; holder++)
        put_count(holder_name((enum holder)holder), counts[holder]);
}

static void put_ledger_accounts(struct ledger *ledger, const int64_t *before)
{
    int64_t counts[HOLDER_COUNT];

    int64_t all = 0;

    if (ledger_count_accounts(ledger, counts) != 0)
        return;
    for (int holder = 0; holder < HOLDER_COUNT; holder++)
        all += counts[holder];
    puts(all > 0 ? "accounts in the ledger, by holder:" : "accounts in the ledger: none");
    for (int holder = 0; holder < HOLDER_COUNT; holder++)
        if (counts[holder] > 0)
            printf("  %-34s %10" PRId64 "  (%+" PRId64 ")\n", holder_name((enum holder)holder),
                counts[holder], counts[holder] - before[holder]);
}

void scan_report_end(struct scan_report *report, struct ledger *ledger, const int64_t *before)
{
    const struct scan_counts *counts = &report->counts;
    double spent = seconds_now() - report->began;

    printf("%" PRIu64 " mail%s read in %.1f s (%.0f/s)\n", counts->mails,
        counts->mails == 1 ? "" : "s", spent, spent > 0 ? (double)counts->mails / spent : 0);
    put_count("judged", counts->judged);
    put_count("  of a proven sender", counts->proven);
    put_count("counted before", counts->known);
    put_count("for no address of your domains", counts->not_ours);
    put_count("your own (sent, drafts, chats)", counts->outgoing);
    if (counts->judged > 0 && counts->proven == 0)
        puts("  no sender is proven, so there is no account: see scan_trusted_ids in "
             "goneaway.conf(5)");
    put_count("could not be read or recorded", report->errors);
    put_count("files left out, no mail by name", report->left_out);
    put_count("files moved meanwhile: scan again", report->gone);
    if (before != NULL)
        put_count("rows written to the ledger", counts->rows);
    put_kinds(counts);
    if (before != NULL)
        put_ledger_accounts(ledger, before);
    else
        put_seen_accounts(report);
    if (before == NULL)
        puts("nothing was recorded (-n)");
    fflush(stdout);
}
