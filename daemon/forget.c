/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway forget`: deletes everything that the ledger knows about one person, beside a daemon
 * that runs: an address with its subaddresses, accounts, messages, mailbox rows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "judge.h"
#include "ledger.h"
#include "tool.h"
#include "usage.h"

static const char usage[] =
    "usage: goneaway forget [-c FILE] ADDRESS\n"
    "Deletes all that the ledger knows about ADDRESS and its subaddresses. Mail that comes later\n"
    "is recorded again.\n"
    "\n"
    "options:\n"
    "  -c FILE     the configuration; without it " TOOL_CONFIG "\n"
    "  -h, --help  print this\n"
    "example: goneaway forget old@example.com\n";

static int report(const char *key, const struct ledger_forgotten *forgotten, int r)
{
    if (r != 0 && !(r == ERR_BUSY && forgotten->addresses + forgotten->mailboxes > 0)) {
        fprintf(stderr, "goneaway forget: nothing was deleted: %s: try again\n", err_text(r));
        return EX_TEMPFAIL;
    }
    if (forgotten->addresses + forgotten->mailboxes == 0) {
        printf("nothing is known of %s\n", key);
        return EX_OK;
    }
    printf("forgot %s: addresses: %" PRId64 ", accounts: %" PRId64 ", messages: %" PRId64
           ", own mailboxes: %" PRId64 "\n",
        key, forgotten->addresses, forgotten->accounts, forgotten->messages, forgotten->mailboxes);
    if (r == ERR_BUSY)
        fputs("goneaway forget: the ledger is in use: traces stay in its -wal file until the "
              "daemon has been idle for a minute\n",
            stderr);
    return EX_OK;
}

/* Also at a domain that is not ours any more: the ledger may remember it. */
static int forget(
    const struct setup *setup, struct ledger *ledger, struct arena *arena, const void *what)
{
    const char *path = what;
    struct ledger_forgotten forgotten = {0};
    struct judge_recipient recipient;
    struct ledger_person person;
    const char *own = NULL;
    int r = judge_read_recipient(
        arena, setup, NULL, &(struct judge_rcpt){path, NULL, (int64_t)time(NULL)}, &recipient);

    if (r != 0)
        return EX_OSERR;
    if (recipient.address.local[0] == '\0' || recipient.address.domain[0] == '\0') {
        fprintf(stderr, "goneaway forget: %s is no address\n", path);
        return EX_DATAERR;
    }
    if (recipient.domain != NULL)
        own = recipient.domain->recipient_delimiter;
    person = (struct ledger_person){.local = recipient.address.local,
        .domain = arena_printf(arena, "@%s", recipient.address.domain),
        .delimiters = own != NULL ? own : setup->config->recipient_delimiter};
    if (person.domain == NULL)
        return EX_OSERR;
    r = ledger_forget(ledger, &person, &forgotten);
    return report(recipient.address.key, &forgotten, r);
}

int forget_main(int argc, char **argv)
{
    const char *config = NULL;
    int option;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        return usage_print(stdout, usage);
    }
    while ((option = getopt(argc, argv, "c:h")) != -1) {
        if (option == 'c')
            config = optarg;
        else {
            return usage_print(option == 'h' ? stdout : stderr, usage);
        }
    }
    if (optind + 1 != argc)
        return usage_wrong("forget", "one address must be named, and no more", usage);
    return tool_write(config, forget, argv[optind]);
}
