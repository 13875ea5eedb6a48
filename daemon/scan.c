/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway scan` - the mail of years that lies in a mailbox, judged by the daemon's own code and
 * recorded beside what the daemon records. It can be stopped at any time and run again: what is
 * recorded is complete, and a mail counts once.
 */
#include "scan.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "tool.h"
#include "usage.h"

#define THREADS_MAX 32
#define PROGRESS_MS 200
/* Of a mail whose signature is verified all is needed; of others what is looked at. */
#define SIGNED_MAX ((size_t)64 << 20)

static const char usage[] =
    "usage: goneaway scan [-c FILE] [-n] [--dkim] [--offline] MBOX|MAILDIR|DIR|MAIL…\n"
    "Judges the mail that lies in a mailbox, and records it. It can be stopped and run again.\n"
    "\n"
    "options:\n"
    "  -c FILE        the configuration; without it " TOOL_CONFIG "\n"
    "  -n, --dry-run  judge and tell, but record nothing\n"
    "  --dkim         verify DKIM signatures also where scan_trusted_ids are believed\n"
    "  --offline      ask no DNS: signatures are not verified\n"
    "  -h, --help     print this\n"
    "  MBOX           a file with many mails, also of Google Takeout\n"
    "  MAILDIR        a folder with cur and new, and its subfolders\n"
    "  DIR            a folder with *.eml and *.mbox, and the folders in it\n"
    "  MAIL           a file with one mail; \"-\": an mbox or a mail from standard input\n"
    "example: goneaway scan -n 'All mail Including Spam and Trash.mbox'\n";

enum { OPTION_DKIM = 1000, OPTION_OFFLINE };

static const struct option long_options[] = {
    {"dry-run", no_argument, NULL, 'n'},
    {"dkim", no_argument, NULL, OPTION_DKIM},
    {"offline", no_argument, NULL, OPTION_OFFLINE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct arguments {
    const char *config;
    bool look; /* record nothing */
    bool dkim;
    bool offline;
};

/* -1 to go on, or an exit code. */
static int read_options(int argc, char **argv, struct arguments *out)
{
    int option;

    while ((option = getopt_long(argc, argv, "c:nh", long_options, NULL)) != -1)
        switch (option) {
        case 'c':
            out->config = optarg;
            break;
        case 'n':
            out->look = true;
            break;
        case OPTION_DKIM:
            out->dkim = true;
            break;
        case OPTION_OFFLINE:
            out->offline = true;
            break;
        case 'h':
            return usage_print(stdout, usage);
        default:
            return usage_print(stderr, usage);
        }
    if (optind < argc)
        return -1;
    return usage_wrong("scan", "no mailbox is named", usage);
}

/* What proves a sender in a mailbox. This setup is ours alone. */
static void choose_proof(struct scan *scan, const struct arguments *arguments)
{
    struct config *config = scan->setup->config;
    struct sender_rules *rules = &config->sender;
    bool header = config->scan_trusted_ids.count > 0;

    rules->methods = header ? SENDER_BY_HEADER : 0;
    rules->trusted_ids = config->scan_trusted_ids.items;
    rules->trusted_count = config->scan_trusted_ids.count;
    if (scan->setup->dkim != NULL && !arguments->offline && (arguments->dkim || !header))
        rules->methods |= SENDER_BY_DKIM;
    else
        dkim_drop(&scan->setup->dkim);
    scan->most = scan->setup->dkim != NULL
                     ? SIGNED_MAX
                     : config->mail_limits.header_bytes + config->mail_limits.body_bytes;
    if (rules->methods == 0)
        fputs("goneaway scan: nothing proves a sender, so no account will be found: name the "
              "mailbox's verifier in scan_trusted_ids, or let DKIM be verified (without "
              "--offline, with authentication = \"dkim\" or \"both\")\n",
            stderr);
}

/* ---- the ledger ---- */

/* Opens what is to be written; EX_OK or an exit code, and what is wrong said. */
static int open_ledger(struct scan *scan)
{
    const struct config *config = scan->setup->config;
    int r;

    if (!scan->record) {
        scan->ledger = tool_ledger(config);
        return EX_OK;
    }
    scan->ledger = tool_ledger_new(scan->setup);
    if (scan->ledger == NULL)
        return EX_CANTCREAT;
    r = setup_mirror(scan->setup, scan->ledger, scan->now);
    if (r != 0)
        fprintf(stderr, "goneaway scan: the ledger cannot be written: %s\n", err_text(r));
    return r == 0 ? EX_OK : EX_TEMPFAIL;
}

/* As the daemon would a minute later: what is past its time goes. */
static void tidy(struct scan *scan)
{
    const struct config *config = scan->setup->config;
    const struct ledger_keeping keeping = {
        config->keep_days, config->keep_accounts_days, config->quiet_days};

    if (ledger_tidy(scan->ledger, &keeping, scan->now) != 0)
        fputs("goneaway scan: the ledger could not be tidied; the daemon does that\n", stderr);
}

/* ---- threads ---- */

void scan_give_up(struct scan *scan, const char *why)
{
    const char *none = NULL;

    atomic_compare_exchange_strong(&scan->broken, &none, why);
    scan_queue_stop(scan->queue);
}

static void leave(struct scan *scan)
{
    static const uint64_t one = 1;

    if (atomic_fetch_sub(&scan->running, 1) == 1 &&
        write(scan->ended, &one, sizeof(one)) != (ssize_t)sizeof(one))
        return; /* the main thread looks now and then, too */
}

static void *run_reader(void *cookie)
{
    scan_folder_read(cookie);
    leave(cookie);
    return NULL;
}

static void *run_judge(void *cookie)
{
    scan_judge_run(cookie);
    leave(cookie);
    return NULL;
}

/* One more than there are processors: one of them waits for the ledger. */
static int judges(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (processors < 1)
        processors = 1;
    return processors + 1 < THREADS_MAX - 1 ? (int)processors + 1 : THREADS_MAX - 1;
}

static int start(struct scan *scan, pthread_t threads[THREADS_MAX])
{
    int count = 0, wanted = 1 + judges();

    for (; count < wanted; count++) {
        atomic_fetch_add(&scan->running, 1);
        if (pthread_create(&threads[count], NULL, count == 0 ? run_reader : run_judge, scan) != 0) {
            atomic_fetch_sub(&scan->running, 1);
            break;
        }
    }
    if (count < 2) /* nobody reads, or nobody judges */
        scan_give_up(scan, "no thread can be started: raise the limit of processes");
    return count;
}

/* A signal: everybody finishes what is judged. The second one ends at once. */
static void on_signal(struct scan *scan, int signals)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return;
    if (atomic_exchange(&scan->stopped, true))
        _exit(EX_TEMPFAIL);
    scan_queue_stop(scan->queue);
}

static void wait_for(struct scan *scan, int signals)
{
    struct pollfd events[] = {
        {.fd = signals, .events = POLLIN}, {.fd = scan->ended, .events = POLLIN}};

    while (atomic_load(&scan->running) > 0) {
        if (poll(events, 2, PROGRESS_MS) > 0 && (events[0].revents & POLLIN) != 0)
            on_signal(scan, signals);
        scan_report_progress(scan->report, false);
    }
    scan_report_progress(scan->report, true);
}

/* All of it; signals are taken by the main thread alone. */
static int run(struct scan *scan)
{
    pthread_t threads[THREADS_MAX];
    sigset_t set;
    int signals, count, r = ERR_SYSTEM;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    scan->ended = eventfd(0, EFD_CLOEXEC);
    if (signals >= 0 && scan->ended >= 0) {
        count = start(scan, threads);
        wait_for(scan, signals);
        for (int i = 0; i < count; i++)
            pthread_join(threads[i], NULL);
        r = 0;
    }
    if (signals >= 0)
        close(signals);
    if (scan->ended >= 0)
        close(scan->ended);
    return r;
}

/* ---- the command ---- */

static int exit_code(const struct scan *scan)
{
    if (atomic_load(&scan->broken) != NULL || atomic_load(&scan->stopped))
        return EX_TEMPFAIL;
    if (atomic_load(&scan->missing))
        return EX_NOINPUT;
    return scan_report_failed(scan->report) ? EX_DATAERR : EX_OK;
}

static void tell_way_on(const struct scan *scan)
{
    const char *why = atomic_load(&scan->broken);

    if (why != NULL)
        fprintf(stderr, "goneaway scan: %s; then run the same command again to go on\n", why);
    else if (atomic_load(&scan->stopped))
        fputs("stopped: run the same command again to go on; a mail that is recorded is not "
              "counted twice\n",
            stderr);
    else if (scan->record)
        puts("what to do next: goneaway report, or SELECT * FROM todo in the ledger's shell");
    fflush(stdout);
}

static int scan_all(struct scan *scan)
{
    int64_t before[HOLDER_COUNT] = {0};
    int r = 0;

    if (scan->record)
        r = ledger_count_accounts(scan->ledger, before);
    if (r == 0)
        r = run(scan);
    if (r != 0) {
        fprintf(stderr, "goneaway scan: %s\n", err_text(r));
        return EX_OSERR;
    }
    if (scan->record && atomic_load(&scan->broken) == NULL && !atomic_load(&scan->stopped))
        tidy(scan);
    scan_report_end(scan->report, scan->ledger, scan->record ? before : NULL);
    tell_way_on(scan);
    return exit_code(scan);
}

int scan_main(int argc, char **argv)
{
    struct scan scan = {.now = (int64_t)time(NULL)};
    struct arguments arguments = {0};
    int code = read_options(argc, argv, &arguments);

    if (code >= 0)
        return code;
    scan.record = !arguments.look;
    scan.paths = argv + optind;
    text_open();
    code = tool_setup(arguments.config, !arguments.offline, &scan.setup);
    if (code != EX_OK)
        goto out;
    code = EX_CONFIG;
    if (!tool_has_domains(scan.setup->config, "scan"))
        goto out;
    choose_proof(&scan, &arguments);
    code = open_ledger(&scan);
    if (code != EX_OK)
        goto out;
    scan.queue = scan_queue_new();
    scan.report = scan_report_new();
    code = EX_OSERR;
    if (scan.queue != NULL && scan.report != NULL)
        code = scan_all(&scan);
    else
        fprintf(stderr, "goneaway scan: %s\n", err_text(ERR_NOMEM));
out:
    scan_queue_free(&scan.queue);
    scan_report_free(&scan.report);
    ledger_close(&scan.ledger);
    setup_drop(&scan.setup);
    text_close();
    return code;
}
