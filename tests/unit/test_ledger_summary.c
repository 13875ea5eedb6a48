/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The numbers of accounts that the metrics show.
 */
#include "ledger_fixture.h"

#include "log.h"

/* `count` accounts at a service, one address each. */
static void add_accounts(struct fixture *fixture, const char *service, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char address[64], fingerprint[128];
        struct ledger_entry entry = sample(fingerprint);

        snprintf(address, sizeof(address), "old%u@example.com", i);
        snprintf(fingerprint, sizeof(fingerprint), "%s-%u", service, i);
        entry.address = entry.address_seen = address;
        entry.service = service;
        record(fixture, &entry);
    }
}

static int64_t accounts_in(
    const struct ledger_summary *summary, enum holder holder, const char *case_state)
{
    for (size_t i = 0; i < summary->state_count; i++)
        if (summary->states[i].holder == holder &&
            strcmp(summary->states[i].case_state, case_state) == 0)
            return summary->states[i].accounts;
    return 0;
}

static void summarise(struct fixture *fixture, unsigned least, struct ledger_summary *out)
{
    memset(out, 0xff, sizeof(*out)); /* whatever was there counts for nothing */
    assert_int_equal(ledger_summarise(fixture->ledger, least, out), 0);
}

static void test_an_empty_ledger(void **state)
{
    struct ledger_summary *summary = malloc(sizeof(*summary));

    summarise(*state, 1, summary);
    assert_int_equal(summary->state_count, 0);
    assert_int_equal(summary->service_count, 0);
    free(summary);
}

static void test_states_and_services(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_summary *summary = malloc(sizeof(*summary));

    add_accounts(fixture, "big.example", 5);
    add_accounts(fixture, "small.example", 2);
    edited(fixture, "UPDATE account SET case_state = 'reported' WHERE service = 'small.example'");
    edited(fixture, "UPDATE account SET holder = 'current' WHERE address = 'old0@example.com'");
    summarise(fixture, 2, summary);
    assert_int_equal(accounts_in(summary, HOLDER_PRIOR, "found"), 4);
    assert_int_equal(accounts_in(summary, HOLDER_PRIOR, "reported"), 1);
    assert_int_equal(accounts_in(summary, HOLDER_CURRENT, "found"), 1);
    assert_int_equal(accounts_in(summary, HOLDER_CURRENT, "reported"), 1);
    assert_int_equal(summary->state_count, 4);
    /* the owner's own account does not help a service over the bound */
    assert_int_equal(summary->service_count, 1);
    assert_string_equal(summary->services[0].service, "big.example");
    assert_int_equal(summary->services[0].accounts, 4);
    summarise(fixture, 4, summary);
    assert_int_equal(summary->service_count, 1);
    summarise(fixture, 5, summary);
    assert_int_equal(summary->service_count, 0);
    free(summary);
}

static void test_more_services_than_are_shown(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_summary *summary = malloc(sizeof(*summary));

    for (unsigned i = 0; i < LEDGER_SUMMARY_SERVICES + 5; i++) {
        char service[64];

        snprintf(service, sizeof(service), "s%03u.example", i);
        add_accounts(fixture, service, i < 3 ? 2 : 1);
    }
    summarise(fixture, 1, summary);
    assert_int_equal(summary->service_count, LEDGER_SUMMARY_SERVICES);
    assert_int_equal(summary->services[0].accounts, 2);
    assert_int_equal(summary->services[3].accounts, 1);
    free(summary);
}

static void test_a_locked_ledger_still_counts(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_summary *summary = malloc(sizeof(*summary));

    add_accounts(fixture, "shop.example", 1);
    edited(fixture, "BEGIN IMMEDIATE");
    summarise(fixture, 1, summary);
    assert_int_equal(accounts_in(summary, HOLDER_PRIOR, "found"), 1);
    edited(fixture, "ROLLBACK");
    free(summary);
}

static void test_a_broken_ledger_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_summary *summary = malloc(sizeof(*summary));

    edited(fixture, "PRAGMA foreign_keys = OFF; DROP VIEW IF EXISTS exposure;"
                    "PRAGMA legacy_alter_table = ON; ALTER TABLE account RENAME TO gone");
    assert_int_equal(ledger_summarise(fixture->ledger, 1, summary), ERR_LEDGER);
    free(summary);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_an_empty_ledger),
        LEDGER_TEST(test_states_and_services),
        LEDGER_TEST(test_more_services_than_are_shown),
        LEDGER_TEST(test_a_locked_ledger_still_counts),
        LEDGER_TEST(test_a_broken_ledger_is_told),
    };

    log_open("test_ledger_summary", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_summary", tests, NULL, NULL);
}
