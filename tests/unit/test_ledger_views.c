/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What an administrator reads: each view over a small invented history, and that each view and
 * statement finds its rows by an index where the messages are many.
 */
#include "ledger_fixture.h"

#include <time.h>

#include "ledger_sql.h"
#include "log.h"

#define HOUR ((int64_t)3600)

static const char *const bank_domains[] = {"bank.example"};
static const char *const steps[] = {"Write a letter."};

/* The day that is `days` ago, at noon. */
static int64_t noon_before(int64_t days)
{
    return (int64_t)time(NULL) / DAY * DAY + DAY / 2 - days * DAY;
}

struct event {
    int64_t days_ago;
    int64_t hours; /* after noon */
    const char *address;
    const char *service;
    enum kind kind;
    enum holder holder;
    const char *reply; /* NULL: not refused, observed only */
};

/* Three services write to two old addresses and one of ours. */
static const struct event history[] = {
    /* the bank writes on after it was refused */
    {20, 0, "anna@example.com", "bank.example", KIND_NOTICE, HOLDER_PRIOR, NULL},
    {13, 0, "anna@example.com", "bank.example", KIND_NOTICE, HOLDER_PRIOR, NULL},
    {12, 0, "anna@example.com", "bank.example", KIND_BILLING, HOLDER_PRIOR, "550 5.1.1"},
    {11, 0, "anna@example.com", "bank.example", KIND_BILLING, HOLDER_PRIOR, "550 5.1.1"},
    {2, 0, "anna@example.com", "bank.example", KIND_RESET, HOLDER_PRIOR, "550 5.1.1"},
    /* the shop stops once it is refused */
    {15, 0, "anna@example.com", "shop.example", KIND_ORDER, HOLDER_PRIOR, NULL},
    {10, 0, "anna@example.com", "shop.example", KIND_SIGNIN, HOLDER_PRIOR, "550 5.7.18"},
    /* reset mails of two services within a day */
    {2, 5, "anna@example.com", "forum.example", KIND_CODE, HOLDER_PRIOR, NULL},
    {2, 6, "anna@example.com", "forum.example", KIND_CODE, HOLDER_PRIOR, NULL},
    /* a stranger's account at another address */
    {40, 0, "bert@example.com", "forum.example", KIND_WELCOME, HOLDER_STRANGER, NULL},
    {39, 0, "bert@example.com", "forum.example", KIND_BULK, HOLDER_STRANGER, NULL},
    /* our own */
    {5, 0, "me@example.com", "shop.example", KIND_RESET, HOLDER_CURRENT, NULL},
    {5, 1, "me@example.com", "forum.example", KIND_RESET, HOLDER_CURRENT, NULL},
};

static void record_event(struct fixture *fixture, const struct event *event, unsigned number)
{
    char fingerprint[16] = "";
    struct ledger_entry entry = sample(fingerprint);

    snprintf(fingerprint, sizeof(fingerprint), "%04x", number);
    entry.received = noon_before(event->days_ago) + event->hours * HOUR;
    entry.address = entry.address_seen = event->address;
    entry.service = entry.sender_domain = entry.from_domain = event->service;
    entry.service_name = entry.category = NULL;
    entry.risk = 0;
    entry.kind = event->kind;
    entry.holder = event->holder;
    entry.own = event->holder == HOLDER_CURRENT;
    entry.holder_by = entry.own ? HOLDER_BY_MAILBOX : HOLDER_BY_FIRST_MAIL;
    entry.meant = entry.own ? ACTION_ACCEPT : ACTION_REJECT;
    entry.action = event->reply != NULL ? ACTION_REJECT : ACTION_ACCEPT;
    entry.mode = event->reply != NULL ? "enforce" : "observe";
    entry.reply = event->reply;
    record(fixture, &entry);
}

static void record_impostor(
    struct fixture *fixture, unsigned number, const char *address, enum kind kind)
{
    char fingerprint[16] = "";
    struct ledger_entry entry = sample(fingerprint);

    snprintf(fingerprint, sizeof(fingerprint), "%04x", number);
    entry.received = noon_before(3);
    entry.address = address;
    entry.service = entry.sender_domain = NULL;
    entry.record = false;
    entry.claimed = "bank.example";
    entry.kind = kind;
    entry.meant = entry.action = ACTION_TAG;
    entry.mode = "tag";
    record(fixture, &entry);
}

static int make_history(void **state)
{
    struct catalogue_service bank = {.id = "bank.example",
        .name = "A Bank",
        .homepage = "https://bank.example/",
        .category = "bank",
        .risk = 5,
        .domains = bank_domains,
        .domain_count = 1,
        .contact = {.steps = steps, .step_count = 1, .url = "https://bank.example/letters"}};
    struct ledger_domain ours = {"example.com", 1570233600, "enforce"};
    struct catalogue catalogue = {&bank, 1};
    struct fixture *fixture;
    unsigned number = 0;

    if (make_ledger(state) != 0)
        return -1;
    fixture = *state;
    assert_int_equal(ledger_mirror(fixture->ledger, &ours, 1, &catalogue), 0);
    for (size_t i = 0; i < sizeof(history) / sizeof(history[0]); i++)
        record_event(fixture, &history[i], number++);
    record_impostor(fixture, 100, "anna@example.com", KIND_RESET);
    record_impostor(fixture, 101, "anna@example.com", KIND_NOTICE);
    record_impostor(fixture, 102, "bert@example.com", KIND_RESET);
    return 0;
}

static const struct {
    const char *name;
    const char *sql;
    const char *rows;
} readings[] = {
    {"old_addresses",
        "SELECT address, services, highest_risk, how_critical, reset_and_code_mails, "
        "service_mails, in_use_by_us FROM old_addresses",
        "anna@example.com|3|8|critical|3|9|no\n"
        "bert@example.com|1|2|low|0|2|no"},
    {"old_addresses: services named", "SELECT which FROM old_addresses LIMIT 1",
        "bank.example, forum.example, shop.example"},
    {"exposure",
        "SELECT address, service, name, category, holder, risk, why, messages, reset, code, "
        "verify, signin, change, welcome, billing, orders, notice, bulk, other FROM exposure",
        "anna@example.com|bank.example|A Bank|bank|prior|8|bank (5) + reset or code mail (3)|"
        "5|1|0|0|0|0|0|2|0|2|0|0\n"
        "anna@example.com|forum.example|forum.example|-|prior|5|service (2) + reset or code mail "
        "(3)|2|0|2|0|0|0|0|0|0|0|0|0\n"
        "anna@example.com|shop.example|shop.example|-|prior|3|service (2) + verify, signin or "
        "change mail (1)|2|0|0|0|1|0|0|0|1|0|0|0\n"
        "bert@example.com|forum.example|forum.example|-|stranger|2|service (2)|"
        "2|0|0|0|0|0|1|0|0|0|1|0"},
    {"todo", "SELECT risk, service, address, holder, case_state, what_to_do, url FROM todo",
        "8|bank.example|anna@example.com|prior|found|1. Write a letter.|"
        "https://bank.example/letters\n"
        "5|forum.example|anna@example.com|prior|found|No route is known: look for a privacy "
        "address or a form for people without an account.|-\n"
        "3|shop.example|anna@example.com|prior|found|No route is known: look for a privacy "
        "address or a form for people without an account.|-\n"
        "2|forum.example|bert@example.com|stranger|found|No route is known: look for a privacy "
        "address or a form for people without an account.|-"},
    {"still_writing",
        "SELECT service, name, address, case_state, reported_at, mails_since, days_it_went_on, "
        "last_reply FROM still_writing",
        "bank.example|A Bank|anna@example.com|found|-|2|10|550 5.1.1"},
    {"reply_effect",
        "SELECT service, reply, accounts, mails_week_before, mails_week_after, "
        "accounts_silent_since, week_is_over FROM reply_effect",
        "bank.example|550 5.1.1|1|1|1|0|yes\n"
        "shop.example|550 5.7.18|1|1|0|1|yes"},
    {"timeline",
        "SELECT mails, service_mails, reset_and_code, accepted, tagged, sealed, defused, refused, "
        "otherwise, refused_in_enforce_mode FROM timeline LIMIT 3",
        "3|3|3|2|0|0|0|1|0|3\n"
        "3|0|2|0|3|0|0|0|0|0\n"
        "2|2|2|2|0|0|0|0|0|0"},
    {"timeline: days",
        "SELECT count(*), max(day) = (SELECT max(substr(received, 1, 10)) FROM message) FROM "
        "timeline",
        "11|1"},
    {"recent", "SELECT address, service, kind, holder, meant, action FROM recent LIMIT 2",
        "anna@example.com|forum.example|code|prior|reject|accept\n"
        "anna@example.com|forum.example|code|prior|reject|accept"},
    {"recent: all", "SELECT count(*) FROM recent", "16"},
    {"impersonation", "SELECT service, name, mails, addresses, critical_looking FROM impersonation",
        "bank.example|A Bank|3|2|2"},
    {"forecast",
        "SELECT in_enforce_mode, rule, service, holder, kind, own_mailbox, mails, addresses "
        "FROM forecast",
        "reject|builtin: prior|bank.example|prior|notice|no|2|1\n"
        "reject|builtin: prior|forum.example|prior|code|no|2|1\n"
        "reject|builtin: prior|shop.example|prior|order|no|1|1"},
    {"takeover_alarm", "SELECT address, services, mails, which FROM takeover_alarm",
        "anna@example.com|2|3|bank.example,forum.example"},
    {"messages", "SELECT count(*) FROM messages WHERE service = 'bank.example'", "5"},
    {"about: every view is there and named",
        "SELECT group_concat(ask) FROM about WHERE ask NOT IN "
        "(SELECT name FROM sqlite_schema WHERE type = 'view')",
        "-"},
    {"about: no view is left out",
        "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'view' AND name NOT IN "
        "(SELECT ask FROM about)",
        "about,about_changes"},
};

static void test_readings(void **state)
{
    struct fixture *fixture = *state;
    bool wrong = false;

    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        const char *rows = answer(fixture, readings[i].sql);

        if (strcmp(rows, readings[i].rows) != 0) {
            print_error("%s:\n%s\ninstead of\n%s\n", readings[i].name, rows, readings[i].rows);
            wrong = true;
        }
    }
    assert_false(wrong);
}

/* Only what looks like a service's mail imitates one: a friend's mail is not proven either. */
static void test_who_was_imitated(void **state)
{
    struct fixture *fixture = *state;

    edited(fixture, "DELETE FROM message");
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        record_impostor(fixture, 300 + (unsigned)kind, "anna@example.com", kind);
    assert_string_equal(
        answer(fixture, "SELECT service, mails, addresses, critical_looking FROM impersonation"),
        "bank.example|9|1|5");
    edited(fixture, "DELETE FROM message WHERE kind NOT IN ('personal', 'bulk', 'auto', 'other')");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "4");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM impersonation"), "0");
}

/* A case moves on, and the views with it. */
static void test_the_views_follow_a_case(void **state)
{
    struct fixture *fixture = *state;
    struct event later = {
        0, -1, "bert@example.com", "forum.example", KIND_BULK, HOLDER_STRANGER, NULL};

    edited(fixture, "UPDATE account SET case_state = 'reported', "
                    "reported_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days') "
                    "WHERE address = 'bert@example.com'");
    assert_string_equal(
        answer(fixture, "SELECT count(*) FROM todo WHERE address = 'bert@example.com'"), "0");
    assert_string_equal(
        answer(fixture, "SELECT count(*) FROM still_writing WHERE address = 'bert@example.com'"),
        "0");
    record_event(fixture, &later, 200);
    assert_string_equal(answer(fixture, "SELECT case_state, mails_since FROM still_writing "
                                        "WHERE address = 'bert@example.com'"),
        "reported|1");
    edited(fixture, "UPDATE account SET case_state = 'quiet', "
                    "case_since = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-2 days') "
                    "WHERE address = 'bert@example.com'");
    later.hours = 0;
    record_event(fixture, &later, 201);
    assert_string_equal(
        answer(fixture, "SELECT case_state FROM todo WHERE address = 'bert@example.com'"),
        "reopened");
    edited(fixture, "UPDATE account SET holder = 'current' WHERE address = 'anna@example.com'");
    assert_string_equal(
        answer(fixture, "SELECT (SELECT count(*) FROM exposure), (SELECT count(*) FROM todo), "
                        "(SELECT count(*) FROM takeover_alarm)"),
        "1|1|0");
    edited(fixture, "INSERT INTO mailbox (address) VALUES ('bert@example.com')");
    assert_string_equal(
        answer(fixture, "SELECT address, in_use_by_us FROM old_addresses"), "bert@example.com|yes");
}

/* Counters stay when the details go. */
static void test_the_views_outlive_the_messages(void **state)
{
    struct fixture *fixture = *state;

    edited(fixture, "DELETE FROM message");
    assert_string_equal(
        answer(fixture, "SELECT address, services, highest_risk, service_mails FROM old_addresses"),
        "anna@example.com|3|8|9\nbert@example.com|1|2|2");
    assert_string_equal(answer(fixture, "SELECT sum(mails) FROM timeline"), "16");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM recent"), "0");
}

/* The plan as one line. */
static const char *plan(struct fixture *fixture, const char *sql, int length)
{
    static char text[8000];
    char question[8000];
    sqlite3_stmt *statement = NULL;
    size_t used = 0;

    snprintf(question, sizeof(question), "EXPLAIN QUERY PLAN %.*s", length, sql);
    if (sqlite3_prepare_v2(fixture->admin, question, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(fixture->admin));
    text[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s; ",
            (const char *)sqlite3_column_text(statement, 3));
        assert_true(used < sizeof(text));
    }
    sqlite3_finalize(statement);
    return text;
}

/* Statements that run for every message touch no table but by an index. */
static void test_plans_of_the_statements(void **state)
{
    struct fixture *fixture = *state;
    static const enum ledger_statement hot[] = {LEDGER_FIND_MAILBOX, LEDGER_FIND_ACCOUNT,
        LEDGER_FIND_ADDRESS, LEDGER_ADD_ADDRESS, LEDGER_ACCOUNT_STATE, LEDGER_ADD_SERVICE,
        LEDGER_ADD_ACCOUNT, LEDGER_STRENGTHEN_ACCOUNT, LEDGER_OLDER_RRVS, LEDGER_RECORD_MESSAGE};

    for (size_t i = 0; i < sizeof(hot) / sizeof(hot[0]); i++) {
        int length;
        const char *sql = ledger_sql_statement(hot[i], &length);
        const char *steps_taken = plan(fixture, sql, length);

        if (strstr(steps_taken, "SCAN") != NULL || strstr(steps_taken, "TEMP B-TREE") != NULL)
            fail_msg("%s: %s", ledger_sql_name(hot[i]), steps_taken);
    }
}

/* Views that read all messages do so on an index that holds what they need; the others find
 * theirs. */
static void test_plans_of_the_views(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *sql;
        const char *needed;
        const char *forbidden;
    } plans[] = {
        {"SELECT * FROM old_addresses", "SEARCH a USING INDEX sqlite_autoindex_address",
            "message_"},
        {"SELECT * FROM exposure", "SEARCH k USING PRIMARY KEY", "message"},
        {"SELECT * FROM todo", "SEARCH t USING PRIMARY KEY", "message"},
        {"SELECT * FROM timeline", "SCAN day_count", "message"},
        {"SELECT * FROM recent", "message_by_time", "TEMP B-TREE"},
        {"SELECT * FROM recent", "message_by_time", "SCAN account"},
        {"SELECT * FROM still_writing", "USING COVERING INDEX message_by_account", "SCAN m"},
        {"SELECT * FROM reply_effect", "USING COVERING INDEX message_refused", "SCAN r;"},
        {"SELECT * FROM reply_effect", "USING COVERING INDEX message_by_account", "SCAN m;"},
        {"SELECT * FROM impersonation", "message_claimed", "SCAN a"},
        {"SELECT * FROM forecast", "SEARCH m USING INDEX message_by_time", "SCAN m"},
        {"SELECT * FROM takeover_alarm", "USING COVERING INDEX message_takeover",
            "SCAN m USING INDEX"},
        {"SELECT * FROM messages WHERE address = 'a@example.com'", "message_by_address", "SCAN"},
        {"SELECT * FROM messages WHERE service = 'a.example' AND address = 'a@example.com'",
            "message_by_a", "SCAN"},
    };
    bool wrong = false;

    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        const char *steps_taken = plan(fixture, plans[i].sql, (int)strlen(plans[i].sql));

        if (strstr(steps_taken, plans[i].needed) == NULL ||
            strstr(steps_taken, plans[i].forbidden) != NULL) {
            print_error("%s: %s\n", plans[i].sql, steps_taken);
            wrong = true;
        }
    }
    assert_false(wrong);
}

/* The administrator's shell as it is, also where it is not asked interactively. */
static void test_the_administrators_shell(void **state)
{
    struct fixture *fixture = *state;
    char command[400];
    char output[6000];
    size_t length;
    FILE *shell;

    if (system("command -v sqlite3 >/dev/null 2>&1") != 0)
        skip();
    snprintf(command, sizeof(command),
        "sqlite3 -init '%s/sql/admin.sql' '%s' "
        "\"SELECT address, NULL AS gap FROM old_addresses;\" "
        "\"UPDATE account SET holder = 'mine';\" 2>&1",
        SOURCE_DIR, fixture->path);
    shell = popen(command, "r");
    assert_non_null(shell);
    length = fread(output, 1, sizeof(output) - 1, shell);
    output[length] = '\0';
    pclose(shell);
    assert_non_null(strstr(output, "takeover_alarm"));
    assert_non_null(strstr(output, "UPDATE account SET holder"));
    assert_non_null(strstr(output, "│ anna@example.com │ -   │"));
    assert_non_null(strstr(output, "holder must be prior, current, stranger or unknown"));
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_history, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_readings),
        LEDGER_TEST(test_who_was_imitated),
        LEDGER_TEST(test_the_views_follow_a_case),
        LEDGER_TEST(test_the_views_outlive_the_messages),
        LEDGER_TEST(test_plans_of_the_statements),
        LEDGER_TEST(test_plans_of_the_views),
        LEDGER_TEST(test_the_administrators_shell),
    };

    log_open("test_ledger_views", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_views", tests, NULL, NULL);
}
