/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "probe.h"

#define DAY ((int64_t)86400)
#define NOON ((int64_t)1767268800) /* 2026-01-01T12:00:00Z */

static int make(void **state)
{
    *state = probe_new();
    return *state == NULL;
}

static int drop(void **state)
{
    struct probe *probe = *state;

    probe_free(&probe);
    assert_null(probe);
    probe_free(&probe);
    return 0;
}

static void test_different_dates_are_counted(void **state)
{
    struct probe *probe = *state;

    for (int64_t date = 0; date < 10; date++)
        assert_false(probe_is_one_too_many(probe, "me@example.com", date, NOON, 10));
    assert_true(probe_is_one_too_many(probe, "me@example.com", 10, NOON, 10));
    assert_true(probe_is_one_too_many(probe, "me@example.com", -1, NOON, 10));
    /* what was counted is answered as before */
    for (int64_t date = 0; date < 10; date++)
        assert_false(probe_is_one_too_many(probe, "me@example.com", date, NOON + 3600, 10));
    assert_false(probe_is_one_too_many(probe, "sales@example.com", 10, NOON, 10));
}

static void test_a_day_ends(void **state)
{
    struct probe *probe = *state;
    static const int64_t ends[] = {NOON, 0, -DAY * 365};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        int64_t midnight = ends[i] - ((ends[i] % DAY) + DAY) % DAY;

        assert_false(probe_is_one_too_many(probe, "me@example.com", 1, midnight, 1));
        assert_true(probe_is_one_too_many(probe, "me@example.com", 2, midnight + DAY - 1, 1));
        assert_true(probe_is_one_too_many(probe, "me@example.com", 2, midnight + 1, 1));
        assert_false(probe_is_one_too_many(probe, "me@example.com", 2, midnight + DAY, 1));
    }
}

static void test_the_most_that_is_remembered(void **state)
{
    struct probe *probe = *state;

    for (int64_t date = 0; date < PROBE_DATES_MAX; date++)
        assert_false(probe_is_one_too_many(probe, "me@example.com", date, NOON, 1000));
    assert_true(probe_is_one_too_many(probe, "me@example.com", -1, NOON, 1000));
}

/* Mailboxes without number: the table stays as it is, and the one that is asked most stays in it.
 */
static void test_a_crowd(void **state)
{
    struct probe *probe = *state;
    char address[64];

    for (int64_t date = 0; date < 5; date++)
        probe_is_one_too_many(probe, "me@example.com", date, NOON, 5);
    for (int i = 0; i < 100000; i++) {
        snprintf(address, sizeof(address), "box%d@example.com", i);
        assert_false(probe_is_one_too_many(probe, address, 1, NOON, 5));
    }
    assert_true(probe_is_one_too_many(probe, "me@example.com", 9, NOON, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_different_dates_are_counted, make, drop),
        cmocka_unit_test_setup_teardown(test_a_day_ends, make, drop),
        cmocka_unit_test_setup_teardown(test_the_most_that_is_remembered, make, drop),
        cmocka_unit_test_setup_teardown(test_a_crowd, make, drop),
    };

    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
