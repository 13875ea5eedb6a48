/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway explain` - what would be done with a mail, and why. It judges as the daemon does and
 * writes nothing: no ledger, no key, no file. The network is asked only where -n says so.
 */
#include "explain.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "date.h"
#include "err.h"
#include "tool.h"
#include "usage.h"

#define MAIL_MAX ((size_t)256 << 20)
#define READ_SIZE ((size_t)65536)

static const char usage[] =
    "usage: goneaway explain [-c FILE] [-F SENDER] [-R 'RCPT [PARAM…]']… [-d DATE]\n"
    "                        [-o text|json] [-n] [-A] MAIL…\n"
    "Tells what would be done with a mail, and why. Writes nothing.\n"
    "\n"
    "options:\n"
    "  -c FILE        the configuration; without it " TOOL_CONFIG "\n"
    "                 if that is there, else defaults without any domain\n"
    "  -F SENDER      envelope sender, \"\" for the null sender; without it that of Return-Path\n"
    "  -R RCPT        envelope recipient with its parameters, may be given several times; without\n"
    "                 it those of Delivered-To, X-Original-To or To at our domains\n"
    "  -d DATE        time of receipt; without it now\n"
    "  -o text|json   text, or one JSON object a line for each mail and recipient\n"
    "  -n, --network  ask the DNS for DKIM keys\n"
    "  -A, --assume-authenticated\n"
    "                 take the sender in From as proven\n"
    "  -h, --help     print this\n"
    "  MAIL           a file with one mail, \"-\" for standard input\n"
    "example: goneaway explain -R old@example.com mail.eml\n";

static const struct option long_options[] = {
    {"network", no_argument, NULL, 'n'},
    {"assume-authenticated", no_argument, NULL, 'A'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct arguments {
    const char *config;
    bool network;
    bool assume;
};

static int complain(const char *what, const char *which)
{
    fprintf(stderr, "goneaway explain: %s%s%s%s\n", what, which != NULL ? " \"" : "",
        which != NULL ? which : "", which != NULL ? "\"" : "");
    return usage_print(stderr, usage);
}

static int read_date(const char *text, int64_t *out)
{
    return date_parse_setting(text, out) == 0 ? 0 : date_parse_rfc5322(text, strlen(text), out);
}

static int read_option(
    int option, const char *argument, struct arguments *arguments, struct explain *explain)
{
    switch (option) {
    case 'c':
        arguments->config = argument;
        return -1;
    case 'F':
        explain->sender = argument;
        return -1;
    case 'R':
        explain->recipients[explain->recipient_count++] = (char *)argument;
        return -1;
    case 'd':
        return read_date(argument, &explain->now) == 0 ? -1 : complain("no date:", argument);
    case 'o':
        explain->json = strcmp(argument, "json") == 0;
        return explain->json || strcmp(argument, "text") == 0 ? -1
                                                              : complain("no format:", argument);
    case 'n':
        arguments->network = true;
        return -1;
    case 'A':
        arguments->assume = true;
        return -1;
    case 'h':
        return usage_print(stdout, usage);
    default:
        return usage_print(stderr, usage);
    }
}

/* -1 to go on, or an exit code. */
static int read_options(int argc, char **argv, struct arguments *arguments, struct explain *explain)
{
    int option, code = -1;

    while (
        code < 0 && (option = getopt_long(argc, argv, "c:F:R:d:o:nAh", long_options, NULL)) != -1)
        code = read_option(option, optarg, arguments, explain);
    if (code < 0 && optind == argc)
        code = complain("no mail is given", NULL);
    return code;
}

/* The whole of an open file. 0, or an error with errno set. */
static int read_all(int fd, struct buf *out)
{
    char chunk[READ_SIZE];
    ssize_t got;

    while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_SYSTEM;
        buf_add(out, chunk, (size_t)got);
        if (buf_failed(out) != 0) {
            errno = buf_failed(out) == ERR_LIMIT ? EFBIG : ENOMEM;
            return ERR_SYSTEM;
        }
    }
    return 0;
}

static int read_file(const char *path, struct buf *out)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), r;

    if (fd < 0)
        return ERR_SYSTEM;
    r = read_all(fd, out);
    if (!standard) {
        int saved = errno;

        close(fd);
        errno = saved;
    }
    return r;
}

/* The sender of -F, else that of Return-Path. *from tells which. */
static int find_sender(const struct explain *explain, struct mail *mail, const char **from)
{
    bool found;
    int r = recipients_read_sender(mail, explain->sender, &found);

    *from = !found ? NULL : explain->sender != NULL ? "option" : "Return-Path";
    return r;
}

static void print_one(const struct explain *explain, const struct explain_case *what)
{
    (explain->json ? explain_print_json : explain_print_text)(stdout, what);
}

static int judge_none(const struct explain *explain, struct mail *mail, struct explain_case what)
{
    struct judgement *judgement;
    int r = judge_mail(explain->setup, explain->ledger, mail, NULL, 0, &judgement);

    if (r != 0)
        return r;
    what.judgement = judgement;
    print_one(explain, &what);
    return 0;
}

/* Moves the recipients that the daemon would take in one transaction to the front, in their
 * order, and returns how many they are. */
static size_t gather(const struct config *config, struct judge_recipient *recipients, size_t count)
{
    const struct judge_recipient *anchor = NULL;
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        struct judge_recipient one = recipients[i];

        if (config->mixed_recipients == CONFIG_MIXED_SPLIT && anchor != NULL &&
            !judge_alike(anchor, &one))
            continue;
        memmove(&recipients[taken + 1], &recipients[taken], (i - taken) * sizeof(one));
        recipients[taken] = one;
        if (anchor == NULL && !one.untouchable)
            anchor = &recipients[taken];
        taken++;
    }
    return taken;
}

static int judge_transaction(const struct explain *explain, struct mail *mail,
    struct judge_recipient *recipients, size_t count, struct explain_case what)
{
    struct judgement *judgement;
    int r = judge_mail(explain->setup, explain->ledger, mail, recipients, count, &judgement);

    for (size_t i = 0; r == 0 && i < count; i++) {
        what.judgement = judgement;
        what.verdict = &judgement->verdicts[i];
        print_one(explain, &what);
    }
    return r;
}

static int explain_mail(const struct explain *explain, const char *file, struct mail *mail)
{
    struct explain_case what = {.file = file, .mail = mail};
    struct recipients found;
    int r = find_sender(explain, mail, &what.sender_from);

    if (r == 0)
        r = explain_recipients_find(explain, mail, &found);
    if (r != 0)
        return r;
    what.recipients_from = found.from;
    if (found.count == 0)
        return judge_none(explain, mail, what);
    for (size_t at = 0, taken; r == 0 && at < found.count; at += taken) {
        taken = gather(explain->setup->config, found.items + at, found.count - at);
        r = judge_transaction(explain, mail, found.items + at, taken, what);
    }
    return r;
}

/* EX_OK, or what is wrong, said on standard error. */
static int explain_file(const struct explain *explain, const char *path)
{
    struct mail *mail = NULL;
    struct buf bytes;
    int r, code = EX_OK;

    buf_init(&bytes, MAIL_MAX);
    if (read_file(path, &bytes) != 0) {
        fprintf(stderr, "goneaway explain: cannot read %s: %s\n", path, strerror(errno));
        code = EX_NOINPUT;
        goto out;
    }
    mail = mail_new(&explain->setup->config->mail_limits, explain->setup->dkim);
    r = mail == NULL ? ERR_NOMEM : 0;
    if (r == 0) {
        mail->received = explain->now;
        r = mail_from_bytes(mail, buf_text(&bytes), bytes.length);
    }
    if (r == 0)
        r = explain_mail(explain, path, mail);
    if (r == ERR_SYNTAX) {
        fprintf(stderr, "goneaway explain: a RRVS parameter of -R is malformed: the daemon would "
                        "answer 501 5.5.4\n");
        code = EX_USAGE;
    } else if (r != 0) {
        fprintf(stderr, "goneaway explain: %s: %s\n", path, err_text(r));
        code = EX_SOFTWARE;
    }
out:
    mail_free(&mail);
    buf_free(&bytes);
    return code;
}

static int explain_files(const struct explain *explain, char **files)
{
    int code = EX_OK, one;

    for (; *files != NULL && code != EX_USAGE; files++) {
        one = explain_file(explain, *files);
        if (one != EX_OK)
            code = one;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "goneaway explain: cannot write: %s\n", strerror(errno));
        code = EX_IOERR;
    }
    return code;
}

int explain_main(int argc, char **argv)
{
    struct explain explain = {.now = (int64_t)time(NULL)};
    struct arguments arguments = {0};
    int code = EX_OSERR;

    explain.recipients = calloc((size_t)argc + 1, sizeof(*explain.recipients));
    if (explain.recipients == NULL)
        goto out;
    code = read_options(argc, argv, &arguments, &explain);
    if (code >= 0)
        goto out;
    text_open();
    code = tool_setup(arguments.config, arguments.network, &explain.setup);
    if (code == EX_OK) {
        /* this setup is ours alone */
        if (arguments.assume)
            explain.setup->config->sender.methods |= SENDER_ASSUMED;
        explain.ledger = tool_ledger(explain.setup->config);
        code = explain_files(&explain, argv + optind);
        ledger_close(&explain.ledger);
        setup_drop(&explain.setup);
    }
    text_close();
out:
    free(explain.recipients);
    return code;
}
