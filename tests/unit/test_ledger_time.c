/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The ledger's strftime() answers what SQLite's own answers, whatever it is asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "ledger_time.h"

#define FORM "'%Y-%m-%dT%H:%M:%SZ'"

struct pair {
    sqlite3 *own;
    sqlite3 *ours;
};

static int open_both(void **state)
{
    static struct pair pair;

    assert_int_equal(sqlite3_open(":memory:", &pair.own), SQLITE_OK);
    assert_int_equal(sqlite3_open(":memory:", &pair.ours), SQLITE_OK);
    assert_int_equal(ledger_time_add(pair.ours), SQLITE_OK);
    *state = &pair;
    return 0;
}

static int close_both(void **state)
{
    struct pair *pair = *state;

    sqlite3_close(pair->own);
    sqlite3_close(pair->ours);
    return 0;
}

/* What the expression gives, with its type. */
static void ask(sqlite3 *handle, const char *expression, char out[200])
{
    char question[600];
    sqlite3_stmt *statement = NULL;
    int r;

    snprintf(question, sizeof(question),
        "SELECT typeof(e) || ' ' || quote(e) FROM (SELECT %s AS e)", expression);
    r = sqlite3_prepare_v2(handle, question, -1, &statement, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_step(statement);
    snprintf(out, 200, "%s",
        r == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : sqlite3_errmsg(handle));
    sqlite3_finalize(statement);
}

static void same(const struct pair *pair, const char *expression)
{
    char own[200];
    char ours[200];

    ask(pair->own, expression, own);
    ask(pair->ours, expression, ours);
    if (strcmp(own, ours) != 0)
        fail_msg("%s: %s instead of %s", expression, ours, own);
}

static void test_every_time_comes_back_as_from_sqlite(void **state)
{
    static const char *const times[] = {"'2026-01-01T12:00:00Z'", "'2024-02-29T23:59:59Z'",
        "'2023-02-29T00:00:00Z'", "'2026-02-30T00:00:00Z'", "'2026-04-31T00:00:00Z'",
        "'2026-00-10T00:00:00Z'", "'2026-13-10T00:00:00Z'", "'2026-01-00T00:00:00Z'",
        "'2026-01-01T24:00:00Z'", "'2026-01-01T25:00:00Z'", "'2026-01-01T23:60:00Z'",
        "'2016-12-31T23:59:60Z'", "'2016-12-31T23:59:59z'", "'2016-12-31t23:59:59Z'",
        "'2016-12-31 23:59:59Z'", "'2016-12-31T23:59:59 '", "'0000-01-01T00:00:00Z'",
        "'0001-01-01T00:00:00Z'", "'1582-10-15T00:00:00Z'", "'1900-02-29T00:00:00Z'",
        "'2000-02-29T00:00:00Z'", "'9999-12-31T23:59:59Z'", "'2026-01-01'", "''", "'12:00:00'",
        "'2026-01-01T12:00:00+01:00'", "'2026-01-01T12:00:00.5Z'", "'2026-1-01T12:00:000Z'",
        "'+026-01-01T12:00:00Z'", "'2026-01-01T12:00:00Z' || char(0)", "2461042", "2461042.25",
        "NULL", "x'323032362d30312d30315431323a30303a30305a'", "'nonsense of 20 letters'"};
    static const char *const forms[] = {
        FORM, "'%Y-%m-%d'", "'%s'", "''", "NULL", "7", "x'2559'", FORM " || ' '"};
    static const char *const modifiers[] = {"'+0 days'", "'+1 days'", "'start of month'",
        "'nonsense'", "''", "NULL", "'unixepoch'", "0"};
    char expression[200];

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        for (size_t j = 0; j < sizeof(forms) / sizeof(forms[0]); j++)
            for (size_t k = 0; k < sizeof(modifiers) / sizeof(modifiers[0]); k++) {
                snprintf(expression, sizeof(expression), "strftime(%s, %s, %s)", forms[j], times[i],
                    modifiers[k]);
                same(*state, expression);
            }
}

static void test_every_day_of_a_leap_year_and_the_next(void **state)
{
    char expression[200];

    for (unsigned month = 0; month <= 13; month++)
        for (unsigned day = 0; day <= 32; day++)
            for (unsigned year = 2024; year <= 2025; year++) {
                snprintf(expression, sizeof(expression),
                    "strftime(%s, '%04u-%02u-%02uT%02u:%02u:%02uZ', '+0 days')", FORM, year, month,
                    day, (month + day) % 24, month * 4, day);
                same(*state, expression);
            }
}

/* The other forms of strftime() are none of its business. */
static void test_other_numbers_of_arguments_are_left_alone(void **state)
{
    same(*state, "strftime('%Y', '2026-01-01T12:00:00Z')");
    same(*state, "strftime('%Y', '2026-01-01T12:00:00Z', '+1 years', '+1 years')");
    same(*state, "strftime()");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_every_time_comes_back_as_from_sqlite, open_both, close_both),
        cmocka_unit_test_setup_teardown(
            test_every_day_of_a_leap_year_and_the_next, open_both, close_both),
        cmocka_unit_test_setup_teardown(
            test_other_numbers_of_arguments_are_left_alone, open_both, close_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
