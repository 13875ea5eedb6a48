/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_sql - the texts of sql/, which the program carries with it. Thread rule: pure.
 */
#ifndef GONEAWAY_LEDGER_SQL_H
#define GONEAWAY_LEDGER_SQL_H

/* The statements of sql/statements.sql, in any order. */
enum ledger_statement {
    LEDGER_BEGIN,
    LEDGER_COMMIT,
    LEDGER_ROLLBACK,
    LEDGER_SAVEPOINT,
    LEDGER_RELEASE,
    LEDGER_ROLLBACK_TO,
    LEDGER_TABLE_COUNT,
    LEDGER_GET_META,
    LEDGER_SET_META,
    LEDGER_PING,
    LEDGER_FIND_MAILBOX,
    LEDGER_FIND_ACCOUNT,
    LEDGER_FIND_ADDRESS,
    LEDGER_ADD_ADDRESS,
    LEDGER_ACCOUNT_STATE,
    LEDGER_ADD_SERVICE,
    LEDGER_ADD_ACCOUNT,
    LEDGER_STRENGTHEN_ACCOUNT,
    LEDGER_OLDER_RRVS,
    LEDGER_RECORD_MESSAGE,
    LEDGER_FIND_SCANNED,
    LEDGER_NOTE_SCANNED,
    LEDGER_FOUND_ADDRESS,
    LEDGER_FOUND_ACCOUNT,
    LEDGER_DOUBT_ACCOUNT,
    LEDGER_COUNT_ACCOUNTS,
    LEDGER_LEARN_MAILBOX,
    LEDGER_EXPECT_MAILBOX,
    LEDGER_COUNT_OTHERS,
    LEDGER_SUMMARY_BY_STATE,
    LEDGER_SUMMARY_BY_SERVICE,
    LEDGER_PRUNE_MESSAGES,
    LEDGER_ACCOUNT_RANGE,
    LEDGER_PRUNE_ACCOUNTS,
    LEDGER_QUIET_CASES,
    LEDGER_ADDRESS_RANGE,
    LEDGER_PRUNE_ADDRESSES,
    LEDGER_NEWEST,
    LEDGER_PRUNE_DAYS,
    LEDGER_PRUNE_WINDOWS,
    LEDGER_FORGET_COUNT,
    LEDGER_FORGET_ADDRESSES,
    LEDGER_FORGET_MAILBOXES,
    LEDGER_MIRROR_BEGIN,
    LEDGER_MIRROR_EMPTY,
    LEDGER_MIRROR_SEEN,
    LEDGER_MIRROR_DOMAIN,
    LEDGER_MIRROR_FORGET_DOMAINS,
    LEDGER_MIRROR_SERVICE,
    LEDGER_MIRROR_SERVICE_DOMAIN,
    LEDGER_MIRROR_CONTACT,
    LEDGER_MIRROR_FORGET_SENDERS,
    LEDGER_MIRROR_FORGET_CONTACTS,
    LEDGER_MIRROR_FORGET_SERVICES,
    LEDGER_STATEMENT_COUNT
};

const char *ledger_sql_name(enum ledger_statement which);
/* The block of that name and its length; NULL where sql/statements.sql has none. */
const char *ledger_sql_statement(enum ledger_statement which, int *length);
/* The block of that name in sql/report.sql, and its length; NULL where there is none. */
const char *ledger_sql_report(const char *name, int *length);
/* The nth schema step, 1 first (sql/NNN-*.sql); NULL where there is none. */
const char *ledger_sql_step(unsigned number);
/* How many there are: the user_version that we write. */
unsigned ledger_sql_steps(void);
/* sql/views.sql. */
const char *ledger_sql_views(void);

#endif
