/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_sql.h"

#include <stdio.h>
#include <string.h>

#include "sql_embedded.h"

#define FILE_COUNT (sizeof(sql_embedded) / sizeof(sql_embedded[0]))
#define BLOCK_MARK "-- name: "

static const char *const names[LEDGER_STATEMENT_COUNT] = {
    [LEDGER_BEGIN] = "begin",
    [LEDGER_COMMIT] = "commit",
    [LEDGER_ROLLBACK] = "rollback",
    [LEDGER_SAVEPOINT] = "savepoint",
    [LEDGER_RELEASE] = "release",
    [LEDGER_ROLLBACK_TO] = "rollback_to",
    [LEDGER_TABLE_COUNT] = "table_count",
    [LEDGER_GET_META] = "get_meta",
    [LEDGER_SET_META] = "set_meta",
    [LEDGER_PING] = "ping",
    [LEDGER_FIND_MAILBOX] = "find_mailbox",
    [LEDGER_FIND_ACCOUNT] = "find_account",
    [LEDGER_FIND_ADDRESS] = "find_address",
    [LEDGER_ADD_ADDRESS] = "add_address",
    [LEDGER_ACCOUNT_STATE] = "account_state",
    [LEDGER_ADD_SERVICE] = "add_service",
    [LEDGER_ADD_ACCOUNT] = "add_account",
    [LEDGER_STRENGTHEN_ACCOUNT] = "strengthen_account",
    [LEDGER_OLDER_RRVS] = "older_rrvs",
    [LEDGER_RECORD_MESSAGE] = "record_message",
    [LEDGER_FIND_SCANNED] = "find_scanned",
    [LEDGER_NOTE_SCANNED] = "note_scanned",
    [LEDGER_FOUND_ADDRESS] = "found_address",
    [LEDGER_FOUND_ACCOUNT] = "found_account",
    [LEDGER_DOUBT_ACCOUNT] = "doubt_account",
    [LEDGER_COUNT_ACCOUNTS] = "count_accounts",
    [LEDGER_LEARN_MAILBOX] = "learn_mailbox",
    [LEDGER_EXPECT_MAILBOX] = "expect_mailbox",
    [LEDGER_COUNT_OTHERS] = "count_others",
    [LEDGER_SUMMARY_BY_STATE] = "summary_by_state",
    [LEDGER_SUMMARY_BY_SERVICE] = "summary_by_service",
    [LEDGER_PRUNE_MESSAGES] = "prune_messages",
    [LEDGER_ACCOUNT_RANGE] = "account_range",
    [LEDGER_PRUNE_ACCOUNTS] = "prune_accounts",
    [LEDGER_QUIET_CASES] = "quiet_cases",
    [LEDGER_ADDRESS_RANGE] = "address_range",
    [LEDGER_PRUNE_ADDRESSES] = "prune_addresses",
    [LEDGER_NEWEST] = "newest",
    [LEDGER_PRUNE_DAYS] = "prune_days",
    [LEDGER_PRUNE_WINDOWS] = "prune_windows",
    [LEDGER_FORGET_COUNT] = "forget_count",
    [LEDGER_FORGET_ADDRESSES] = "forget_addresses",
    [LEDGER_FORGET_MAILBOXES] = "forget_mailboxes",
    [LEDGER_MIRROR_BEGIN] = "mirror_begin",
    [LEDGER_MIRROR_EMPTY] = "mirror_empty",
    [LEDGER_MIRROR_SEEN] = "mirror_seen",
    [LEDGER_MIRROR_DOMAIN] = "mirror_domain",
    [LEDGER_MIRROR_FORGET_DOMAINS] = "mirror_forget_domains",
    [LEDGER_MIRROR_SERVICE] = "mirror_service",
    [LEDGER_MIRROR_SERVICE_DOMAIN] = "mirror_service_domain",
    [LEDGER_MIRROR_CONTACT] = "mirror_contact",
    [LEDGER_MIRROR_FORGET_SENDERS] = "mirror_forget_senders",
    [LEDGER_MIRROR_FORGET_CONTACTS] = "mirror_forget_contacts",
    [LEDGER_MIRROR_FORGET_SERVICES] = "mirror_forget_services",
};

static const char *file_text(const char *name)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (strcmp(sql_embedded[i].name, name) == 0)
            return sql_embedded[i].text;
    }
    return NULL;
}

const char *ledger_sql_name(enum ledger_statement which)
{
    return names[which];
}

static const char *block(const char *file, const char *name, int *length)
{
    const char *text = file_text(file);
    const char *end;
    char mark[64];

    if (text == NULL)
        return NULL;
    snprintf(mark, sizeof(mark), BLOCK_MARK "%s\n", name);
    text = strstr(text, mark);
    if (text == NULL)
        return NULL;
    text += strlen(mark);
    end = strstr(text, BLOCK_MARK);
    *length = (int)(end != NULL ? (size_t)(end - text) : strlen(text));
    return text;
}

const char *ledger_sql_statement(enum ledger_statement which, int *length)
{
    return block("statements", names[which], length);
}

const char *ledger_sql_report(const char *name, int *length)
{
    return block("report", name, length);
}

const char *ledger_sql_step(unsigned number)
{
    char prefix[16];

    snprintf(prefix, sizeof(prefix), "%03u-", number);
    for (size_t i = 0; i < FILE_COUNT; i++) {
        if (strncmp(sql_embedded[i].name, prefix, strlen(prefix)) == 0)
            return sql_embedded[i].text;
    }
    return NULL;
}

unsigned ledger_sql_steps(void)
{
    unsigned count = 0;

    while (ledger_sql_step(count + 1) != NULL)
        count++;
    return count;
}

const char *ledger_sql_views(void)
{
    return file_text("views");
}
