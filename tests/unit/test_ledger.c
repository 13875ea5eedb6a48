/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The ledger as the rest of the program and the administrator see it.
 */
#include "ledger_fixture.h"

static void test_a_message_is_recorded(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("00ff");
    struct ledger_account account;
    struct ledger_statistics statistics;

    record(fixture, &entry);
    assert_string_equal(
        answer(fixture, "SELECT received, address, own_mailbox, service, holder, holder_by, "
                        "kind, authenticated, from_domain, claimed, action, meant, mode, rule, "
                        "rrvs, rrvs_date, reply, queue_id, size, subject, deliveries "
                        "FROM messages"),
        "2026-01-01T12:00:00Z|old@example.com|0|shop.example|prior|first-mail|reset|shop.example|"
        "shop.example|-|accept|reject|observe|builtin: prior|none|-|-|4ABC|2048|-|1");
    assert_string_equal(answer(fixture, "SELECT hex(fingerprint) FROM message"), "00FF");
    assert_string_equal(
        answer(fixture, "SELECT seen, domain, own, first_seen, messages FROM address"),
        "Old@Example.com|example.com|0|2026-01-01T12:00:00Z|1");
    assert_string_equal(answer(fixture, "SELECT id, name, category, risk, edited FROM service"),
        "shop.example|The Shop|shop|3|0");
    assert_int_equal(
        ledger_find_account(fixture->ledger, "old@example.com", "shop.example", &account), 0);
    assert_true(account.known);
    assert_int_equal(account.holder, HOLDER_PRIOR);
    assert_int_equal(account.by, HOLDER_BY_FIRST_MAIL);
    assert_true(account.first_seen == NOON);
    assert_true(account.rrvs_date == DATE_NONE);
    ledger_statistics(fixture->ledger, &statistics);
    assert_int_equal(statistics.recorded, 1);
    assert_int_equal(statistics.commits, 1);
    assert_int_equal(statistics.failures, 0);
    assert_int_equal(statistics.waiting, 0);
}

static void test_a_mailbox_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_mailbox mailbox;

    edited(fixture, "INSERT INTO mailbox (address) VALUES ('me@example.com')");
    assert_int_equal(
        ledger_find_mailbox(fixture->ledger, "me@example.com", "me@example.com", &mailbox), 0);
    assert_true(mailbox.own);
    assert_string_equal(mailbox.source, "admin");
    assert_true(mailbox.since == DATE_NONE);
    assert_int_equal(
        ledger_find_mailbox(fixture->ledger, "you@example.com", "you@example.com", &mailbox), 0);
    assert_false(mailbox.own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_message_is_recorded, make_ledger, remove_all),
        cmocka_unit_test_setup_teardown(test_a_mailbox_is_found, make_ledger, remove_all),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
