/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_tidy.h"

#include "date.h"
#include "err.h"

#define DAY_SECONDS ((int64_t)86400)
#define MESSAGES_AT_ONCE 500
#define ROWS_AT_ONCE 1000

static int64_t days_ago(const struct ledger_tidy *tidy, unsigned days)
{
    return tidy->now - (int64_t)days * DAY_SECONDS;
}

/* A statement whose only parameter is a time. */
static int run_before(struct ledger_db *db, enum ledger_statement which, int64_t when)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, which);
    ledger_db_time(&query, when);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

static int prune_messages(struct ledger_db *db, const struct ledger_tidy *tidy, bool *more)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_PRUNE_MESSAGES);
    ledger_db_time(&query, days_ago(tidy, tidy->keeping.message_days));
    ledger_db_int(&query, MESSAGES_AT_ONCE);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    if (r == 0 && ledger_db_changes(db) == MESSAGES_AT_ONCE)
        *more = true;
    return r;
}

/* The ids of the next rows behind the cursor: beyond `from`, up to *to. *to 0: there are none. */
static int find_range(struct ledger_db *db, enum ledger_statement which, int64_t from, int64_t *to)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, which);
    ledger_db_int(&query, from);
    ledger_db_int(&query, ROWS_AT_ONCE);
    r = ledger_db_step(&query);
    *to = r == 1 ? ledger_db_column_int(&query, 0) : 0;
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

struct range {
    int64_t from;
    int64_t to;
};

static int prune_range(
    struct ledger_db *db, enum ledger_statement which, struct range range, int64_t before)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, which);
    ledger_db_int(&query, range.from);
    ledger_db_int(&query, range.to);
    ledger_db_time(&query, before);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

static int silence_cases(struct ledger_db *db, const struct ledger_tidy *tidy, struct range range)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_QUIET_CASES);
    ledger_db_int(&query, range.from);
    ledger_db_int(&query, range.to);
    ledger_db_time(&query, days_ago(tidy, tidy->keeping.quiet_days));
    ledger_db_time(&query, tidy->now);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

static int tidy_accounts(struct ledger_db *db, struct ledger_tidy *tidy, bool *more)
{
    struct range range = {.from = tidy->account};
    int r = find_range(db, LEDGER_ACCOUNT_RANGE, range.from, &range.to);

    if (r != 0)
        return r;
    tidy->account = range.to;
    if (range.to == 0)
        return 0;
    *more = true;
    r = prune_range(db, LEDGER_PRUNE_ACCOUNTS, range, days_ago(tidy, tidy->keeping.account_days));
    return r != 0 ? r : silence_cases(db, tidy, range);
}

/* Behind the accounts, because an address goes with its last one. */
static int tidy_addresses(struct ledger_db *db, struct ledger_tidy *tidy, bool *more)
{
    struct range range = {.from = tidy->address};
    int r = find_range(db, LEDGER_ADDRESS_RANGE, range.from, &range.to);

    if (r != 0)
        return r;
    tidy->address = range.to;
    if (range.to == 0)
        return 0;
    *more = true;
    return prune_range(
        db, LEDGER_PRUNE_ADDRESSES, range, days_ago(tidy, tidy->keeping.account_days));
}

int ledger_tidy_step(struct ledger_db *db, struct ledger_tidy *tidy, bool *more)
{
    int64_t long_ago = days_ago(tidy, tidy->keeping.account_days);
    int r;

    *more = false;
    r = prune_messages(db, tidy, more);
    if (r != 0 || *more)
        return r;
    if (tidy->address == 0)
        r = tidy_accounts(db, tidy, more);
    if (r != 0 || *more)
        return r;
    r = tidy_addresses(db, tidy, more);
    if (r != 0 || *more)
        return r;
    r = run_before(db, LEDGER_PRUNE_DAYS, long_ago);
    return r != 0 ? r : run_before(db, LEDGER_PRUNE_WINDOWS, long_ago);
}

int ledger_tidy_newest(struct ledger_db *db, int64_t *out)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_NEWEST);
    r = ledger_db_step(&query);
    *out = r == 1 ? ledger_db_column_time(&query, 0) : DATE_NONE;
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

static int person_query(struct ledger_query *query, struct ledger_db *db,
    enum ledger_statement which, const struct ledger_person *person)
{
    ledger_db_begin(query, db, which);
    ledger_db_text(query, person->local);
    ledger_db_text(query, person->domain);
    ledger_db_text(query, person->delimiters);
    return ledger_db_step(query);
}

static int count_person(
    struct ledger_db *db, const struct ledger_person *person, struct ledger_forgotten *out)
{
    struct ledger_query query;
    int r = person_query(&query, db, LEDGER_FORGET_COUNT, person);

    if (r == 1) {
        out->addresses = ledger_db_column_int(&query, 0);
        out->accounts = ledger_db_column_int(&query, 1);
        out->messages = ledger_db_column_int(&query, 2);
        out->mailboxes = ledger_db_column_int(&query, 3);
    }
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

static int delete_person(
    struct ledger_db *db, enum ledger_statement which, const struct ledger_person *person)
{
    struct ledger_query query;
    int r = person_query(&query, db, which, person);

    ledger_db_end(&query);
    return r;
}

int ledger_tidy_forget(
    struct ledger_db *db, const struct ledger_person *person, struct ledger_forgotten *out)
{
    int r = count_person(db, person, out);

    if (r == 0)
        r = delete_person(db, LEDGER_FORGET_ADDRESSES, person);
    return r != 0 ? r : delete_person(db, LEDGER_FORGET_MAILBOXES, person);
}
