/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report and ledger_ask: what is gathered from a ledger is bounded, of one moment, whole or not at
 * all, and nothing is written.
 */
#include "ledger_fixture.h"

#include "arena.h"
#include "ledger_ask.h"
#include "report.h"

static int gather(struct fixture *fixture, struct report **out)
{
    const struct report_options options = {.database = fixture->path, .timeout_ms = 5000};
    char *why;
    int r = report_gather(&options, out, &why);

    if (r != 0 && r != ERR_NOMEM)
        fail_msg("%s", why != NULL ? why : err_text(r));
    free(why);
    return r;
}

static void test_an_empty_ledger(void **state)
{
    struct report *report;

    assert_int_equal(gather(*state, &report), 0);
    assert_int_equal(report->tables[REPORT_RISKIEST].rows, 0);
    assert_int_equal(report->tables[REPORT_TIMELINE].rows, 0);
    assert_int_equal(report->tables[REPORT_SUMMARY].rows, 8);
    for (size_t row = 0; row < 8; row++)
        assert_int_equal(report_number(&report->tables[REPORT_SUMMARY], row, 1), 0);
    assert_int_equal(report->service_count, 0);
    assert_string_equal(report_cell(&report->tables[REPORT_RISKIEST], 0, 0), "");
    report_free(&report);
    assert_null(report);
    report_free(&report);
}

static void test_one_account(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("aa");
    const struct report_table *table;
    struct report *report;

    record(fixture, &entry);
    entry.fingerprint = "ab";
    entry.received = NOON + 40 * DAY;
    record(fixture, &entry);
    assert_int_equal(gather(fixture, &report), 0);
    table = &report->tables[REPORT_RISKIEST];
    assert_int_equal(table->rows, 1);
    assert_string_equal(table->names[0], "Risk");
    assert_string_equal(report_cell(table, 0, 0), "6");
    assert_true(table->numbers[0]);
    assert_string_equal(report_cell(table, 0, 1), "old@example.com");
    assert_false(table->numbers[1]);
    /* days without mail are there too */
    table = &report->tables[REPORT_TIMELINE];
    assert_int_equal(table->rows, 41);
    assert_string_equal(report_cell(table, 0, 0), "2026-01-01");
    assert_string_equal(report_cell(table, 0, 5), "day");
    assert_string_equal(report_cell(table, 1, 1), "0");
    assert_string_equal(report_cell(table, 40, 3), "1");
    assert_int_equal(report->service_count, 1);
    assert_string_equal(report->services[0].id, "shop.example");
    assert_int_equal(report->services[0].address_total, 1);
    assert_string_equal(report->services[0].addresses[0], "old@example.com");
    assert_null(report->services[0].letter.subject);
    report_free(&report);
}

/* A service may be called by a number, and stand last. */
static void test_a_name_that_is_a_number(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("aa");
    const struct report_table *table;
    struct report *report;

    record(fixture, &entry);
    entry.fingerprint = "ab";
    entry.service = "seventeen.example";
    entry.service_name = "17";
    entry.risk = 1;
    record(fixture, &entry);
    assert_int_equal(gather(fixture, &report), 0);
    table = &report->tables[REPORT_RISKIEST];
    assert_int_equal(table->rows, 2);
    assert_string_equal(report_cell(table, 1, 2), "17");
    assert_true(table->numbers[0]);
    assert_false(table->numbers[2]);
    report_free(&report);
}

/* By day, week or month: at most 60 of them, and none is missing between. */
static void test_long_times(void **state)
{
    static const struct {
        int64_t days;
        const char *unit;
        size_t rows;
        const char *first;
    } cases[] = {{59, "day", 60, "2026-01-01"}, {60, "week", 10, "2025-12-29"},
        {400, "week", 58, "2025-12-29"}, {420, "month", 14, "2026-01-01"},
        {4000, "month", 60, NULL}};
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("ba");

    record(fixture, &entry);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char fingerprint[32];
        const struct report_table *table;
        struct report *report;

        snprintf(fingerprint, sizeof(fingerprint), "c%zu", i);
        entry.fingerprint = fingerprint;
        entry.received = NOON + cases[i].days * DAY;
        record(fixture, &entry);
        assert_int_equal(gather(fixture, &report), 0);
        table = &report->tables[REPORT_TIMELINE];
        assert_string_equal(report_cell(table, 0, 5), cases[i].unit);
        assert_int_equal(table->rows, cases[i].rows);
        if (cases[i].first != NULL)
            assert_string_equal(report_cell(table, 0, 0), cases[i].first);
        report_free(&report);
    }
}

/* Weeks around the first refusal count only for accounts for which all of the week was recorded. */
static void test_around_the_refusal(void **state)
{
    struct fixture *fixture = *state;
    const struct report_table *table;
    struct report *report;

    for (int i = 0; i < 30; i++) {
        char fingerprint[32];
        struct ledger_entry entry = sample(fingerprint);

        snprintf(fingerprint, sizeof(fingerprint), "d%d", i);
        entry.received = NOON + i * DAY;
        entry.reply = i >= 15 ? "550 5.1.1" : NULL;
        entry.action = i >= 15 ? ACTION_REJECT : ACTION_ACCEPT;
        record(fixture, &entry);
    }
    assert_int_equal(gather(fixture, &report), 0);
    table = &report->tables[REPORT_AROUND];
    assert_true(table->rows >= 3);
    assert_string_equal(report_cell(table, 0, 0), "2 before");
    assert_string_equal(report_cell(table, 0, 2), "7");
    assert_string_equal(report_cell(table, 1, 3), "7.00");
    assert_string_equal(report_cell(table, 2, 0), "1 after");
    assert_string_equal(report_cell(table, 2, 2), "7");
    assert_string_equal(report_cell(&report->tables[REPORT_TIMELINE], 0, 6), "2026-01-16");
    report_free(&report);
}

static void test_without_memory(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("ea");
    struct report *report;
    int r = ERR_NOMEM;

    record(fixture, &entry);
    for (unsigned long nth = 1; r != 0; nth++) {
        assert_true(nth < 5000);
        arena_fail_at(nth);
        r = gather(fixture, &report);
        arena_fail_at(0);
        assert_true(r == 0 || (r == ERR_NOMEM && report == NULL));
    }
    report_free(&report);
}

static int take_number(void *context, const struct ledger_row *row)
{
    *(int64_t *)context = ledger_ask_number(row, 0);
    return 0;
}

static int refuse_row(void *context, const struct ledger_row *row)
{
    (void)context;
    (void)row;
    return ERR_LIMIT;
}

static int64_t count_messages(struct ledger_ask *ask)
{
    int64_t number = -1;
    const struct ledger_taker taker = {NULL, take_number, &number};

    assert_int_equal(ledger_ask_view(ask, "count_all", &taker), 0);
    return number;
}

/* What comes while a report is made is not in it. */
static void test_one_moment(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("fa");
    struct ledger_ask *ask;
    char *why;

    edited(fixture, "CREATE VIEW count_all AS SELECT count(*) FROM message");
    record(fixture, &entry);
    assert_int_equal(ledger_ask_open(fixture->path, 5000, &ask, &why), 0);
    assert_int_equal(count_messages(ask), 1);
    entry.fingerprint = "fb";
    record(fixture, &entry);
    assert_int_equal(count_messages(ask), 1);
    assert_true(ledger_ask_sound(ask));
    ledger_ask_close(&ask);
    assert_int_equal(ledger_ask_open(fixture->path, 5000, &ask, &why), 0);
    assert_int_equal(count_messages(ask), 2);
    ledger_ask_close(&ask);
    assert_null(ask);
}

static void test_faults(void **state)
{
    struct fixture *fixture = *state;
    const struct ledger_taker refusing = {NULL, refuse_row, NULL};
    struct ledger_entry entry = sample("ga");
    struct ledger_ask *ask;
    char *why;

    record(fixture, &entry);
    edited(fixture, "CREATE VIEW \"a\"\"; --\" AS SELECT 1");
    edited(fixture, "CREATE VIEW broken AS SELECT missing FROM nowhere");
    assert_int_equal(ledger_ask_open(fixture->path, 5000, &ask, &why), 0);
    assert_int_equal(ledger_ask_view(ask, "a\"; --", &refusing), ERR_LIMIT);
    assert_int_equal(ledger_ask_view(ask, "nothing", &refusing), ERR_LEDGER);
    assert_non_null(strstr(ledger_ask_fault(ask), "no such table"));
    assert_int_equal(ledger_ask_view(ask, "broken", &refusing), ERR_LEDGER);
    assert_int_equal(ledger_ask_view(ask, "exposure", &refusing), ERR_LIMIT);
    assert_string_equal(ledger_ask_fault(ask), "");
    assert_int_equal(
        ledger_ask_block(ask, &(struct ledger_ask_block){.name = "none"}, &refusing), ERR_INTERNAL);
    ledger_ask_close(&ask);
    assert_int_not_equal(ledger_ask_open("/nonexistent/goneaway.db", 100, &ask, &why), 0);
    assert_null(ask);
    assert_non_null(why);
    free(why);
}

#define REPORT_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_TEST(test_an_empty_ledger),
        REPORT_TEST(test_one_account),
        REPORT_TEST(test_a_name_that_is_a_number),
        REPORT_TEST(test_long_times),
        REPORT_TEST(test_around_the_refusal),
        REPORT_TEST(test_without_memory),
        REPORT_TEST(test_one_moment),
        REPORT_TEST(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
