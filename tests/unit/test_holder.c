/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "date.h"
#include "holder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OWNED_SINCE INT64_C(1570233600)
#define OLD (OWNED_SINCE - 1)

static void service_kinds_are_the_same_everywhere(void **state)
{
    (void)state;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        assert_int_equal(
            (HOLDER_SERVICE_KINDS & 1u << kind) != 0, kind_is_service((enum kind)kind));
}

static void names_go_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < HOLDER_COUNT; i++) {
        enum holder back = HOLDER_UNKNOWN;

        assert_true(holder_from_name(holder_name((enum holder)i), &back));
        assert_int_equal(back, i);
    }
    for (int i = 0; i < HOLDER_BY_COUNT; i++) {
        enum holder_by back = HOLDER_BY_NONE;

        assert_true(holder_by_from_name(holder_by_name((enum holder_by)i), &back));
        assert_int_equal(back, i);
    }
}

static void other_names_are_none(void **state)
{
    static const char *const names[] = {"", "Prior", "prior ", "pri", "admins", "first mail"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        enum holder holder = HOLDER_STRANGER;
        enum holder_by by = HOLDER_BY_RRVS;

        assert_false(holder_from_name(names[i], &holder));
        assert_int_equal(holder, HOLDER_STRANGER);
        assert_false(holder_by_from_name(names[i], &by));
        assert_int_equal(by, HOLDER_BY_RRVS);
    }
}

/* The first mail: one row for each line of the table, and for the edges between them. */
static void first_mail_decides(void **state)
{
    static const struct {
        const char *name;
        bool authenticated, own;
        enum kind kind;
        int64_t rrvs_date;
        struct holder_finding want;
    } cases[] = {
        {"rrvs", true, false, KIND_RESET, OLD, {HOLDER_PRIOR, HOLDER_BY_RRVS, true}},
        {"rrvs at an own mailbox", true, true, KIND_RESET, OLD,
            {HOLDER_PRIOR, HOLDER_BY_RRVS, true}},
        {"rrvs at the moment of purchase", true, false, KIND_VERIFY, OWNED_SINCE,
            {HOLDER_STRANGER, HOLDER_BY_FIRST_MAIL, true}},
        {"rrvs of our time at an own mailbox", true, true, KIND_RESET, OWNED_SINCE + 1,
            {HOLDER_CURRENT, HOLDER_BY_MAILBOX, true}},
        {"rrvs unproven", false, false, KIND_RESET, OLD, {HOLDER_PRIOR, HOLDER_BY_RRVS, false}},
        {"rrvs in bulk mail", true, false, KIND_BULK, OLD, {HOLDER_PRIOR, HOLDER_BY_RRVS, false}},
        {"own", true, true, KIND_RESET, DATE_NONE, {HOLDER_CURRENT, HOLDER_BY_MAILBOX, true}},
        {"own verify", true, true, KIND_VERIFY, DATE_NONE,
            {HOLDER_CURRENT, HOLDER_BY_MAILBOX, true}},
        {"own unproven", false, true, KIND_RESET, DATE_NONE,
            {HOLDER_CURRENT, HOLDER_BY_MAILBOX, false}},
        {"own personal", true, true, KIND_PERSONAL, DATE_NONE,
            {HOLDER_CURRENT, HOLDER_BY_MAILBOX, false}},
        {"verify", true, false, KIND_VERIFY, DATE_NONE,
            {HOLDER_STRANGER, HOLDER_BY_FIRST_MAIL, true}},
        {"welcome", true, false, KIND_WELCOME, DATE_NONE,
            {HOLDER_STRANGER, HOLDER_BY_FIRST_MAIL, true}},
        {"reset", true, false, KIND_RESET, DATE_NONE, {HOLDER_PRIOR, HOLDER_BY_FIRST_MAIL, true}},
        {"notice", true, false, KIND_NOTICE, DATE_NONE, {HOLDER_PRIOR, HOLDER_BY_FIRST_MAIL, true}},
        {"verify unproven", false, false, KIND_VERIFY, DATE_NONE,
            {HOLDER_UNKNOWN, HOLDER_BY_NONE, false}},
        {"bulk", true, false, KIND_BULK, DATE_NONE, {HOLDER_UNKNOWN, HOLDER_BY_NONE, false}},
        {"personal", true, false, KIND_PERSONAL, DATE_NONE,
            {HOLDER_UNKNOWN, HOLDER_BY_NONE, false}},
        {"auto", true, false, KIND_AUTO, DATE_NONE, {HOLDER_UNKNOWN, HOLDER_BY_NONE, false}},
        {"other", true, false, KIND_OTHER, DATE_NONE, {HOLDER_UNKNOWN, HOLDER_BY_NONE, false}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct holder_evidence evidence = {.authenticated = cases[i].authenticated,
            .own = cases[i].own,
            .kind = cases[i].kind,
            .rrvs_date = cases[i].rrvs_date,
            .owned_since = OWNED_SINCE};
        struct holder_finding got = holder_find(&evidence);

        if (got.holder != cases[i].want.holder || got.by != cases[i].want.by ||
            got.record != cases[i].want.record)
            fail_msg("%s: %s by %s, %d", cases[i].name, holder_name(got.holder),
                holder_by_name(got.by), got.record);
    }
}

/* Every state of the ledger against every mail: what is known gives way to stronger evidence
 * only, the administrator's word to none. */
static void only_stronger_evidence_counts(void **state)
{
    (void)state;
    for (int bits = 0; bits < 8; bits++)
        for (int kind = 0; kind < KIND_COUNT; kind++)
            for (int holder = 0; holder < HOLDER_COUNT; holder++)
                for (int by = 0; by < HOLDER_BY_COUNT; by++) {
                    struct holder_evidence evidence = {.known = true,
                        .known_holder = (enum holder)holder,
                        .known_by = (enum holder_by)by,
                        .authenticated = (bits & 1) != 0,
                        .own = (bits & 2) != 0,
                        .rrvs_date = (bits & 4) != 0 ? OLD : DATE_NONE,
                        .kind = (enum kind)kind,
                        .owned_since = OWNED_SINCE};
                    struct holder_finding got = holder_find(&evidence), alone;

                    evidence.known = false;
                    alone = holder_find(&evidence);
                    if (by != HOLDER_BY_ADMIN && alone.by > (enum holder_by)by) {
                        assert_int_equal(got.holder, alone.holder);
                        assert_int_equal(got.by, alone.by);
                    } else {
                        assert_int_equal(got.holder, holder);
                        assert_int_equal(got.by, by);
                    }
                    assert_int_equal(got.record, evidence.authenticated);
                    assert_int_equal(
                        alone.record, evidence.authenticated && kind_is_service((enum kind)kind));
                }
}

static void dates_that_are_none_prove_nothing(void **state)
{
    struct holder_evidence evidence = {.authenticated = true,
        .kind = KIND_RESET,
        .rrvs_date = DATE_NONE,
        .owned_since = DATE_NONE};

    (void)state;
    assert_int_equal(holder_find(&evidence).by, HOLDER_BY_FIRST_MAIL);
    evidence.rrvs_date = OLD;
    assert_int_equal(holder_find(&evidence).by, HOLDER_BY_FIRST_MAIL);
    evidence.rrvs_date = DATE_NONE;
    evidence.owned_since = OWNED_SINCE;
    assert_int_equal(holder_find(&evidence).by, HOLDER_BY_FIRST_MAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_kinds_are_the_same_everywhere),
        cmocka_unit_test(names_go_there_and_back),
        cmocka_unit_test(other_names_are_none),
        cmocka_unit_test(first_mail_decides),
        cmocka_unit_test(only_stronger_evidence_counts),
        cmocka_unit_test(dates_that_are_none_prove_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
