/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The administrator's edits, by a connection beside the daemon's: they count at once, inference
 * does not overwrite them, and those that make no sense are refused with a sentence.
 */
#include "ledger_fixture.h"

#include "log.h"

static void find(struct fixture *fixture, const char *address, struct ledger_account *account)
{
    assert_int_equal(ledger_find_account(fixture->ledger, address, "shop.example", account), 0);
}

static void test_holder_counts_at_once_and_stays(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;

    record(fixture, &entry);
    find(fixture, "old@example.com", &account);
    assert_int_equal(account.by, HOLDER_BY_FIRST_MAIL);
    edited(fixture, "UPDATE account SET holder='current' "
                    "WHERE address='old@example.com' AND service='shop.example'");
    find(fixture, "old@example.com", &account);
    assert_int_equal(account.holder, HOLDER_CURRENT);
    assert_int_equal(account.by, HOLDER_BY_ADMIN);
    entry.fingerprint = "02";
    entry.holder = HOLDER_PRIOR;
    entry.holder_by = HOLDER_BY_RRVS;
    record(fixture, &entry);
    find(fixture, "old@example.com", &account);
    assert_int_equal(account.holder, HOLDER_CURRENT);
    assert_int_equal(account.by, HOLDER_BY_ADMIN);
    /* set by hand to what it was found to be: confirmed */
    edited(fixture, "UPDATE account SET holder_by = 'first-mail'");
    edited(fixture, "UPDATE account SET holder = 'current'");
    find(fixture, "old@example.com", &account);
    assert_int_equal(account.by, HOLDER_BY_ADMIN);
    /* given back to inference */
    edited(fixture, "UPDATE account SET holder = 'unknown', holder_by = 'none'");
    entry.fingerprint = "03";
    record(fixture, &entry);
    find(fixture, "old@example.com", &account);
    assert_int_equal(account.holder, HOLDER_PRIOR);
    assert_int_equal(account.by, HOLDER_BY_RRVS);
}

static void test_any_case_of_an_address_is_meant(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;
    struct ledger_mailbox mailbox;

    record(fixture, &entry);
    edited(fixture, "UPDATE account SET holder = 'stranger' "
                    "WHERE address = 'OLD@Example.COM' AND service = 'Shop.Example'");
    find(fixture, "old@example.com", &account);
    assert_int_equal(account.holder, HOLDER_STRANGER);
    edited(fixture, "INSERT INTO mailbox (address) VALUES ('Me@Example.Com')");
    assert_string_equal(
        answer(fixture, "SELECT address, seen FROM mailbox"), "me@example.com|Me@Example.Com");
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "me@example.com", NULL, &mailbox), 0);
    assert_true(mailbox.own);
    edited(fixture, "UPDATE mailbox SET address = 'YOU@example.com'");
    assert_string_equal(answer(fixture, "SELECT address FROM mailbox"), "you@example.com");
    edited(fixture, "DELETE FROM mailbox WHERE address = 'You@example.com'");
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "you@example.com", NULL, &mailbox), 0);
    assert_false(mailbox.own);
}

/* An account that the administrator knows of before any mail came. */
static void test_an_account_by_hand(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;

    edited(fixture, "INSERT INTO service (id) VALUES ('Shop.Example')");
    assert_string_equal(answer(fixture, "SELECT id, name, risk, edited FROM service"),
        "shop.example|shop.example|2|1");
    edited(fixture, "INSERT INTO account (address, service, holder) "
                    "VALUES ('Old@example.com', 'SHOP.example', 'current')");
    assert_string_equal(
        answer(fixture, "SELECT address, service, holder, holder_by, case_state FROM account"),
        "old@example.com|shop.example|current|admin|found");
    assert_string_equal(answer(fixture, "SELECT address, domain, messages FROM address"),
        "old@example.com|example.com|0");
    record(fixture, &entry);
    find(fixture, "old@example.com", &account);
    assert_int_equal(account.holder, HOLDER_CURRENT);
    assert_string_equal(answer(fixture, "SELECT count(*), max(messages) FROM account"), "1|1");
    assert_string_equal(answer(fixture, "SELECT name FROM service"), "shop.example");
}

static void test_a_case_notes_when_it_changed(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");

    record(fixture, &entry);
    edited(fixture, "UPDATE account SET case_state = 'reported'");
    assert_string_equal(
        answer(fixture, "SELECT reported_at = case_since, "
                        "julianday('now') - julianday(reported_at) < 0.01 FROM account"),
        "1|1");
    edited(fixture, "UPDATE account SET reported_at = '2026-01-03T00:00:00Z'");
    edited(fixture, "UPDATE account SET case_state = 'answered', "
                    "case_since = '2026-01-04T00:00:00Z'");
    assert_string_equal(answer(fixture, "SELECT case_state, case_since, reported_at FROM account"),
        "answered|2026-01-04T00:00:00Z|2026-01-03T00:00:00Z");
}

static void test_forgetting_reaches_everything(void **state)
{
    struct fixture *fixture = *state;
    static const char *const keys[] = {"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys = OFF"};

    for (size_t i = 0; i < 2; i++) {
        struct ledger_entry entry = sample(i == 0 ? "01" : "02");
        struct ledger_entry other = sample(i == 0 ? "03" : "04");

        other.address = "other@example.com";
        record(fixture, &entry);
        record(fixture, &other);
        edited(fixture, keys[i]);
        edited(fixture, "DELETE FROM address WHERE address = 'old@example.com'");
        assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM address), "
                                            "(SELECT count(*) FROM account), "
                                            "(SELECT count(*) FROM message), "
                                            "(SELECT count(*) FROM account_kind)"),
            "1|1|1|1");
        edited(fixture, "DELETE FROM account WHERE address = 'other@example.com'");
        assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM account_kind), count(*), "
                                            "count(account_id) FROM message"),
            "0|1|0");
        edited(fixture, "DELETE FROM service");
        edited(fixture, "DELETE FROM address");
        assert_string_equal(answer(fixture, "PRAGMA foreign_key_check"), "");
    }
}

static void test_services_by_hand(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");

    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT edited FROM service"), "0");
    edited(fixture, "UPDATE service SET risk = 5 WHERE id = 'shop.example'");
    assert_string_equal(answer(fixture, "SELECT edited, risk FROM service"), "1|5");
    edited(fixture, "UPDATE service SET edited = 0"); /* given back to the catalogue */
    assert_string_equal(answer(fixture, "SELECT edited FROM service"), "0");
    edited(fixture, "INSERT INTO contact (service, url) "
                    "VALUES ('shop.example', 'https://shop.example/privacy')");
    edited(fixture, "INSERT INTO service_domain (domain, service) "
                    "VALUES ('mail.shop.example', 'shop.example')");
    edited(fixture, "DELETE FROM account");
    edited(fixture, "DELETE FROM service");
    assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM contact), "
                                        "(SELECT count(*) FROM service_domain)"),
        "0|0");
}

/* Each edit that makes no sense, and a piece of the sentence that it gets. */
static const struct {
    const char *sql;
    const char *sentence;
} wrong_edits[] = {
    {"UPDATE account SET holder = 'mine'", "holder must be prior, current, stranger or unknown"},
    {"UPDATE account SET holder = 'Prior'", "holder must be prior, current, stranger or unknown"},
    {"UPDATE account SET holder = NULL", "account.holder"},
    {"UPDATE account SET holder_by = 'me'",
        "holder_by must be none, first-mail, mailbox, rrvs or admin"},
    {"UPDATE account SET case_state = 'done'",
        "case_state must be found, reported, answered, quiet or reopened"},
    {"UPDATE account SET reported_at = 'yesterday'", "reported_at must be a time in UTC like"},
    {"UPDATE account SET reported_at = '2026-02-30T00:00:00Z'", "reported_at must be a time"},
    {"UPDATE account SET reported_at = '2026-02-03'", "reported_at must be a time in UTC like"},
    {"UPDATE account SET reported_at = '2026-02-03T00:00:00+09:00'", "reported_at must be a time"},
    {"UPDATE account SET rrvs_date = '2026-02-03 00:00:00'", "rrvs_date must be a time in UTC"},
    {"UPDATE account SET first_seen = ''", "first_seen must be a time in UTC like"},
    {"UPDATE account SET service = 'bank.example'", "an account keeps its address and service"},
    {"UPDATE account SET address = 'x@example.com'", "an account keeps its address and service"},
    {"INSERT INTO account (address, service) VALUES ('old@example.com', 'bank.example')",
        "no such service: INSERT INTO service (id) first"},
    {"INSERT INTO account (address, service) VALUES ('old', 'shop.example')",
        "address must be one mailbox like old@example.com"},
    {"INSERT INTO account (address, service) VALUES ('old@example.com', 'shop.example')",
        "UNIQUE constraint failed: account.address, account.service"},
    {"UPDATE address SET address = 'new@example.com'", "an address keeps its name"},
    {"UPDATE address SET own = 2", "own must be 0 or 1"},
    {"INSERT INTO mailbox (address) VALUES ('me')", "address must be one mailbox like me@example"},
    {"INSERT INTO mailbox (address) VALUES ('@example.com')", "address must be one mailbox like"},
    {"INSERT INTO mailbox (address) VALUES ('me@')", "address must be one mailbox like"},
    {"INSERT INTO mailbox (address) VALUES ('<me@example.com>')", "no space, no brackets"},
    {"INSERT INTO mailbox (address) VALUES ('me @example.com')", "no space, no brackets"},
    {"INSERT INTO mailbox (address) VALUES (' me@example.com')", "no space, no brackets"},
    {"INSERT INTO mailbox (address) VALUES ('me@example.com.')", "at one of our domains"},
    {"INSERT INTO mailbox (address) VALUES ('me@elsewhere.example')",
        "address must be at one of our domains: SELECT name FROM domain tells which"},
    {"INSERT INTO mailbox (address) VALUES ('a@example.com, b@example.com')",
        "no space, no brackets"},
    {"INSERT INTO mailbox (address, since) VALUES ('me@example.com', '2020')",
        "since must be a time in UTC like 2019-10-05T00:00:00Z, or NULL"},
    {"INSERT INTO mailbox (address, keep_since) VALUES ('me@example.com', 'x')",
        "keep_since must be a time in UTC"},
    {"INSERT INTO mailbox (address, source) VALUES ('me@example.com', 'me')",
        "source must be admin, learned, minted or expected"},
    {"INSERT INTO mailbox (address, source) VALUES ('me@example.com', 'expected')",
        "an expected mailbox needs until"},
    {"INSERT INTO mailbox (address, until) VALUES ('me@example.com', 1)", "until must be a time"},
    {"INSERT INTO service (id) VALUES ('Not a domain')", "id must be the main domain"},
    {"INSERT INTO service (id, risk) VALUES ('a.example', 6)", "risk must be 1"},
    {"INSERT INTO service (id, risk) VALUES ('a.example', 'high')",
        "cannot store TEXT value in INTEGER column service.risk"},
    {"INSERT INTO service (id, homepage) VALUES ('a.example', 'javascript:x')",
        "homepage must begin with https:// or http://"},
    {"UPDATE service SET id = 'b.example'", "a service keeps its id"},
    {"DELETE FROM service", "this service has accounts"},
    {"INSERT INTO service_domain (domain, service) VALUES ('a.example', 'b.example')",
        "no such service"},
    {"INSERT INTO contact (service) VALUES ('b.example')", "no such service"},
    {"INSERT INTO contact (service, checked) VALUES ('shop.example', 'May')",
        "checked must be a day like 2026-05-31"},
    {"INSERT INTO contact (service, url) VALUES ('shop.example', 'shop.example/help')",
        "url must begin with"},
    {"UPDATE domain SET mode = 'strict'", "mode must be observe, tag or enforce"},
    {"UPDATE domain SET owned_since = '2019-10-05'", "owned_since must be a time in UTC"},
    {"UPDATE message SET kind = 'spam'", "kind must be one of goneaway's kinds of mail"},
    {"UPDATE message SET action = 'bounce'", "action must be accept, tag, defuse, seal"},
    {"UPDATE message SET received = 'now'", "received must be a time in UTC"},
};

static void test_wrong_edits_are_refused_with_a_sentence(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_domain ours = {"example.com", 1570233600, "observe"};
    struct ledger_entry entry = sample("01");
    const char *all =
        "SELECT (SELECT group_concat(holder || holder_by || case_state) FROM account), "
        "(SELECT count(*) FROM mailbox), (SELECT count(*) FROM service), "
        "(SELECT count(*) FROM address)";

    assert_int_equal(ledger_mirror(fixture->ledger, &ours, 1, NULL), 0);
    record(fixture, &entry);
    for (size_t i = 0; i < sizeof(wrong_edits) / sizeof(wrong_edits[0]); i++) {
        const char *sentence = edit(fixture, wrong_edits[i].sql);

        if (sentence == NULL)
            fail_msg("done: %s", wrong_edits[i].sql);
        else if (strstr(sentence, wrong_edits[i].sentence) == NULL)
            fail_msg("%s: %s", wrong_edits[i].sql, sentence);
    }
    assert_string_equal(answer(fixture, all), "priorfirst-mailfound|0|1|1");
}

/* What only looks odd is taken. */
static void test_right_edits_are_taken(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_domain ours[] = {
        {"example.com", 1570233600, "observe"}, {"xn--bcher-kva.example", DATE_NONE, "tag"}};
    struct ledger_entry entry = sample("01");
    static const char *const edits[] = {
        ("INSERT INTO mailbox (address) VALUES ('b\xc3\xbc"
         "cher@example.com')"),
        "INSERT INTO mailbox (address) VALUES ('me@xn--bcher-kva.example')",
        "INSERT INTO mailbox (address) VALUES ('o''neill+x=y/z@example.com')",
        "INSERT INTO mailbox (address, source) VALUES ('odd one@elsewhere.example', 'learned')",
        "UPDATE account SET note = 'called them', reported_at = NULL",
        "UPDATE account SET reported_at = '2024-02-29T23:59:59Z'",
        "INSERT INTO address (address, note) VALUES ('never@example.com', 'to be watched')",
        "UPDATE address SET address = 'OLD@EXAMPLE.COM' WHERE address = 'old@example.com'",
    };

    assert_int_equal(ledger_mirror(fixture->ledger, ours, 2, NULL), 0);
    record(fixture, &entry);
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
        edited(fixture, edits[i]);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_holder_counts_at_once_and_stays),
        LEDGER_TEST(test_any_case_of_an_address_is_meant),
        LEDGER_TEST(test_an_account_by_hand),
        LEDGER_TEST(test_a_case_notes_when_it_changed),
        LEDGER_TEST(test_forgetting_reaches_everything),
        LEDGER_TEST(test_services_by_hand),
        LEDGER_TEST(test_wrong_edits_are_refused_with_a_sentence),
        LEDGER_TEST(test_right_edits_are_taken),
    };

    log_open("test_ledger_admin", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_admin", tests, NULL, NULL);
}
