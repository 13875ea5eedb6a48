/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway expect`: opens a window in which mail at a freshly invented address counts as the
 * owner's. Accounts that are found in it stay the owner's when it has closed.
 *
 * Must never: open a window at an address that somebody else's mail comes to, because their
 * accounts would count as the owner's from then on.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "date.h"
#include "err.h"
#include "judge.h"
#include "ledger.h"
#include "tool.h"
#include "usage.h"

#define DAY_SECONDS ((int64_t)86400)
#define WINDOW_MAX (365 * DAY_SECONDS)

static const char usage[] =
    "usage: goneaway expect [-c FILE] ADDRESS --for TIME\n"
    "Until then mail to ADDRESS counts as your own; the accounts found in that time stay yours.\n"
    "\n"
    "options:\n"
    "  -c FILE     the configuration; without it " TOOL_CONFIG "\n"
    "  --for TIME  how long: 30m, 12h, 2d or 1w; at most 365d\n"
    "  -h, --help  print this\n"
    "example: goneaway expect garden@example.com --for 2d\n";

struct arguments {
    const char *config;
    const char *address;
    int64_t seconds;
};

/* "2d" in seconds; 0 where it is no time that can be waited. */
static int64_t read_time(const char *text)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'m', 60}, {'h', 3600}, {'d', DAY_SECONDS}, {'w', 7 * DAY_SECONDS}};
    int64_t number = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 6 || strlen(text) != digits + 1)
        return 0;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (text[i] - '0');
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (text[digits] == units[i].letter)
            return number * units[i].seconds <= WINDOW_MAX ? number * units[i].seconds : 0;
    return 0;
}

/* May a window be opened there? EX_OK, or a code after saying why not. */
static int examine(struct ledger *ledger, const struct judge_recipient *recipient)
{
    int64_t others = 0;
    int r = ledger_count_others(ledger, recipient->address.key, &others);

    if (r != 0) {
        fprintf(stderr, "goneaway expect: the ledger cannot be read: %s\n", err_text(r));
        return EX_TEMPFAIL;
    }
    if (others == 0)
        return EX_OK;
    fprintf(stderr,
        "goneaway expect: %s gets mail for accounts of somebody else (%" PRId64 "): invent an "
        "address that is new\n",
        recipient->address.key, others);
    return EX_DATAERR;
}

static int open_window(
    struct ledger *ledger, const struct judge_recipient *recipient, int64_t until)
{
    char text[DATE_TEXT_SIZE];
    int r, code = examine(ledger, recipient);

    if (code != EX_OK)
        return code;
    r = ledger_expect_mailbox(ledger, recipient->address.key, recipient->address.seen, until);
    if (r != 0) {
        fprintf(
            stderr, "goneaway expect: the ledger was not written: %s: try again\n", err_text(r));
        return EX_TEMPFAIL;
    }
    date_format(until, text);
    printf("%s counts as your own until %s\n", recipient->address.key, text);
    return EX_OK;
}

static int expect_at(
    const struct setup *setup, struct ledger *ledger, struct arena *arena, const void *what)
{
    const struct arguments *arguments = what;
    struct judge_recipient recipient;
    int64_t now = (int64_t)time(NULL);
    int r = judge_read_recipient(
        arena, setup, ledger, &(struct judge_rcpt){arguments->address, NULL, now}, &recipient);

    if (r == 0 && recipient.domain == NULL) {
        fprintf(stderr, "goneaway expect: %s is no address at one of the domains in %s\n",
            arguments->address, setup->config->path != NULL ? setup->config->path : TOOL_CONFIG);
        return EX_DATAERR;
    }
    if (r != 0) {
        fprintf(stderr, "goneaway expect: %s: %s\n", arguments->address, err_text(r));
        return EX_TEMPFAIL;
    }
    if (recipient.own && strcmp(recipient.own_by, "expected") != 0) {
        printf("%s is your own already (%s)\n", recipient.address.key, recipient.own_by);
        return EX_OK;
    }
    return open_window(ledger, &recipient, now + arguments->seconds);
}

int expect_main(int argc, char **argv)
{
    static const struct option options[] = {{"for", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct arguments arguments = {0};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == 'c')
            arguments.config = optarg;
        else if (option == 'f' && read_time(optarg) != 0)
            arguments.seconds = read_time(optarg);
        else {
            if (option == 'f')
                fprintf(stderr, "goneaway expect: %s is no time like 2d, at most 365d\n", optarg);
            return usage_print(option == 'h' ? stdout : stderr, usage);
        }
    }
    if (optind + 1 != argc)
        return usage_wrong("expect", "one address must be named, and no more", usage);
    if (arguments.seconds == 0)
        return usage_wrong("expect", "for how long is missing: --for 2d", usage);
    arguments.address = argv[optind];
    return tool_write(arguments.config, expect_at, &arguments);
}
