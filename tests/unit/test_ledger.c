/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What the rest of the program asks of the ledger: recording, finding, learning.
 */
#include "ledger_fixture.h"

#include "log.h"

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

static void test_unknown_account(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_account account = {.known = true};

    assert_int_equal(
        ledger_find_account(fixture->ledger, "old@example.com", "shop.example", &account), 0);
    assert_false(account.known);
    assert_int_equal(account.holder, HOLDER_UNKNOWN);
    assert_int_equal(account.by, HOLDER_BY_NONE);
    assert_true(account.first_seen == DATE_NONE);
}

/* Who is not authenticated makes no account; the message is there all the same. */
static void test_unproven_mail_makes_no_account(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");

    entry.record = false;
    entry.service = entry.service_name = entry.category = entry.sender_domain = NULL;
    entry.claimed = "bank.example";
    entry.holder = HOLDER_UNKNOWN;
    entry.holder_by = HOLDER_BY_NONE;
    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM account"), "0");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM service"), "0");
    assert_string_equal(answer(fixture, "SELECT service, authenticated, claimed FROM messages"),
        "-|-|bank.example");
}

/* `record` false: an account that is there gets the message and nothing else. */
static void test_known_account_without_record(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");

    record(fixture, &entry);
    entry.fingerprint = "02";
    entry.record = false;
    entry.holder = HOLDER_CURRENT;
    entry.holder_by = HOLDER_BY_RRVS;
    record(fixture, &entry);
    assert_string_equal(
        answer(fixture, "SELECT holder, holder_by, messages FROM account"), "prior|first-mail|2");
}

static void test_a_message_that_comes_again_is_one_row(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("abcd");

    record(fixture, &entry);
    entry.received += 60;
    entry.queue_id = "4DEF";
    record(fixture, &entry);
    entry.fingerprint = "ABCD"; /* the same octets */
    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT deliveries, received, queue_id FROM message"),
        "3|2026-01-01T12:00:00Z|4ABC");
    assert_string_equal(answer(fixture, "SELECT messages FROM address"), "1");
    assert_string_equal(answer(fixture, "SELECT messages FROM account"), "1");
    assert_string_equal(answer(fixture, "SELECT sum(messages) FROM account_kind"), "1");
    assert_string_equal(answer(fixture, "SELECT sum(messages) FROM day_count"), "1");
}

/* What was put off for a while is told as it ended. */
static void test_a_deferred_message_gets_its_end(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("abcd");

    entry.action = ACTION_TEMPFAIL;
    entry.reply = "451 4.3.0";
    record(fixture, &entry);
    entry.action = ACTION_REJECT;
    entry.reply = "550 5.1.1";
    record(fixture, &entry);
    entry.action = ACTION_ACCEPT;
    entry.reply = NULL;
    record(fixture, &entry);
    assert_string_equal(
        answer(fixture, "SELECT action, reply, deliveries FROM message"), "reject|550 5.1.1|3");
}

static void test_messages_without_fingerprint_are_all_kept(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample(NULL);

    record(fixture, &entry);
    record(fixture, &entry);
    entry.fingerprint = "no hexadecimal";
    record(fixture, &entry);
    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT count(*), sum(deliveries) FROM message"), "3|4");
}

static void test_several_recipients_are_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entries[3] = {sample("01"), sample("02"), sample("03")};
    struct ledger_statistics statistics;

    entries[1].address = entries[1].address_seen = "other@example.com";
    entries[2].address = entries[2].address_seen = "third@example.com";
    assert_int_equal(ledger_record(fixture->ledger, entries, 3), 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "3");
    ledger_statistics(fixture->ledger, &statistics);
    assert_int_equal(statistics.commits, 1);
    assert_int_equal(statistics.recorded, 3);
    /* the last of them cannot be written: none is */
    entries[0].fingerprint = "04";
    entries[1].fingerprint = "05";
    entries[2].fingerprint = "06";
    entries[2].received = DATE_NONE;
    assert_int_equal(ledger_record(fixture->ledger, entries, 3), ERR_LEDGER);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "3");
    assert_int_equal(ledger_record(fixture->ledger, entries, 2), 0);
    assert_int_equal(ledger_record(fixture->ledger, entries, 0), 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "5");
}

/* Invariant 4: each finding against each finding that may be there. */
static void test_findings_are_only_strengthened(void **state)
{
    struct fixture *fixture = *state;
    static const enum holder first[] = {
        HOLDER_UNKNOWN, HOLDER_STRANGER, HOLDER_CURRENT, HOLDER_PRIOR, HOLDER_PRIOR};
    char sql[200];
    unsigned number = 0;

    for (int before = HOLDER_BY_NONE; before < HOLDER_BY_COUNT; before++) {
        for (int after = HOLDER_BY_NONE; after < HOLDER_BY_ADMIN; after++) {
            struct ledger_account account;
            char address[64];
            char fingerprint[16];
            struct ledger_entry entry = sample(fingerprint);
            bool stronger = after > before;

            snprintf(address, sizeof(address), "a%d-%d@example.com", before, after);
            snprintf(fingerprint, sizeof(fingerprint), "%08x", number++);
            entry.address = address;
            entry.holder = first[before];
            entry.holder_by = (enum holder_by)before;
            record(fixture, &entry);
            snprintf(fingerprint, sizeof(fingerprint), "%08x", number++);
            entry.holder = first[before] == HOLDER_CURRENT ? HOLDER_PRIOR : HOLDER_CURRENT;
            entry.holder_by = (enum holder_by)after;
            record(fixture, &entry);
            assert_int_equal(
                ledger_find_account(fixture->ledger, address, "shop.example", &account), 0);
            assert_int_equal(account.by, stronger ? after : before);
            assert_int_equal(account.holder, stronger ? entry.holder : first[before]);
        }
    }
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM account WHERE holder_by = 'admin'");
    assert_string_equal(answer(fixture, sql), "4");
}

static void test_the_oldest_rrvs_date_is_kept(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int64_t demanded;
        const char *kept;
    } steps[] = {
        {DATE_NONE, "-"},
        {1577836800, "2020-01-01T00:00:00Z"},
        {1609459200, "2020-01-01T00:00:00Z"},
        {DATE_NONE, "2020-01-01T00:00:00Z"},
        {1546300800, "2019-01-01T00:00:00Z"},
        {-62135596800, "0001-01-01T00:00:00Z"},
    };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        char fingerprint[16];
        struct ledger_entry entry = sample(fingerprint);

        snprintf(fingerprint, sizeof(fingerprint), "%02zx", i);
        entry.rrvs_date = steps[i].demanded;
        record(fixture, &entry);
        assert_string_equal(answer(fixture, "SELECT rrvs_date FROM account"), steps[i].kept);
    }
}

static void test_first_and_last_seen(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");

    record(fixture, &entry);
    entry.fingerprint = "02";
    entry.received = NOON + DAY;
    record(fixture, &entry);
    entry.fingerprint = "03"; /* an old mail, as scan brings them */
    entry.received = NOON - DAY;
    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT first_seen, last_seen, messages FROM account"),
        "2025-12-31T12:00:00Z|2026-01-02T12:00:00Z|3");
    assert_string_equal(answer(fixture, "SELECT first_seen, last_seen, messages FROM address"),
        "2025-12-31T12:00:00Z|2026-01-02T12:00:00Z|3");
    assert_string_equal(
        answer(fixture, "SELECT kind, messages, first_seen, last_seen FROM account_kind"),
        "reset|3|2025-12-31T12:00:00Z|2026-01-02T12:00:00Z");
    assert_string_equal(answer(fixture, "SELECT day, messages FROM day_count ORDER BY day"),
        "2025-12-31|1\n2026-01-01|1\n2026-01-02|1");
}

static void test_refusals_are_counted(void **state)
{
    struct fixture *fixture = *state;
    static const char *const replies[] = {NULL, "451 4.3.0", "550 5.1.1", "550 5.7.18"};
    struct ledger_entry entry;

    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        char fingerprint[16];

        entry = sample(fingerprint);
        snprintf(fingerprint, sizeof(fingerprint), "%02zx", i);
        entry.received = NOON + (int64_t)i;
        entry.reply = replies[i];
        record(fixture, &entry);
    }
    assert_string_equal(
        answer(fixture, "SELECT refused, first_refused FROM account"), "2|2026-01-01T12:00:02Z");
}

/* A case that fell quiet is open again with mail that came after it, not with older mail. */
static void test_a_quiet_case_is_reopened(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");

    record(fixture, &entry);
    edited(fixture, "UPDATE account SET case_state = 'quiet', case_since = '2026-01-10T00:00:00Z'");
    entry.fingerprint = "02";
    entry.received = NOON + DAY;
    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT case_state FROM account"), "quiet");
    entry.fingerprint = "03";
    entry.received = NOON + 30 * DAY;
    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT case_state, case_since FROM account"),
        "reopened|2026-01-31T12:00:00Z");
}

/* Only the recipients' strings are a stranger's: they are cut and cleaned, never a reason to
 * fail. */
static void test_strangers_texts_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    char *many = malloc(3001);
    char *cut = malloc(1002);
    struct ledger_entry entry = sample("01");

    assert_non_null(many);
    assert_non_null(cut);
    memset(many, 'x', 3000);
    many[3000] = '\0';
    memset(cut, 'y', 998);
    memcpy(cut + 998, "\xc3\xa9", 3); /* "é" ends with the bound */
    entry.address_seen = entry.queue_id = entry.rule = entry.reply = entry.service_name = many;
    entry.from_domain = entry.claimed = entry.category = many;
    entry.subject = cut;
    entry.size = UINT64_MAX;
    entry.risk = 77;
    record(fixture, &entry);
    assert_string_equal(
        answer(fixture, "SELECT length(queue_id), length(rule), length(reply), length(subject), "
                        "length(from_domain), length(claimed), size FROM message"),
        "255|300|40|999|253|253|9223372036854775807");
    memmove(cut + 999, cut + 998, 3); /* now the bound cuts through it */
    cut[998] = 'y';
    entry.fingerprint = "02";
    entry.subject = cut;
    entry.queue_id = "a\r\nb\x7f\xff\xc3z\xed\xa0\x80 \xe3\x81\x82";
    record(fixture, &entry);
    assert_string_equal(
        answer(fixture, "SELECT length(subject), queue_id FROM message WHERE id = 2"),
        "999|a??b???z??? \xe3\x81\x82");
    free(many);
    free(cut);
}

static void test_keys_are_refused_not_repaired(void **state)
{
    struct fixture *fixture = *state;
    char *many = malloc(2001);
    struct ledger_entry good = sample("01");
    struct ledger_entry bad[8] = {good, good, good, good, good, good, good, good};

    assert_non_null(many);
    memset(many, 'x', 2000);
    many[2000] = '\0';
    bad[0].address = NULL;
    bad[1].address = "a\nb@example.com";
    bad[2].address = many;
    bad[3].address = "no address";
    bad[4].service = many;
    bad[5].service = "shop example";
    bad[6].mode = "hide";
    bad[7].received = DATE_NONE;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ledger_record(fixture->ledger, &bad[i], 1), ERR_LEDGER);
    assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM message), "
                                        "(SELECT count(*) FROM address), "
                                        "(SELECT count(*) FROM service)"),
        "0|0|0");
    record(fixture, &good);
    free(many);
}

static void test_every_kind_and_action_can_be_kept(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < KIND_COUNT * ACTION_COUNT; i++) {
        char fingerprint[16];
        struct ledger_entry entry = sample(fingerprint);

        snprintf(fingerprint, sizeof(fingerprint), "%04x", i);
        entry.kind = (enum kind)(i % KIND_COUNT);
        entry.action = (enum action)(i / KIND_COUNT);
        entry.meant = (enum action)(i / KIND_COUNT);
        entry.rrvs = (enum rrvs_result)(i % (RRVS_IGNORED + 1));
        entry.mode = policy_mode_name((enum mode)(i % 3));
        entry.holder = (enum holder)(i % HOLDER_COUNT);
        entry.holder_by = (enum holder_by)(i % HOLDER_BY_COUNT);
        entry.address = i % 2 == 0 ? "a@example.com" : "b@example.com";
        record(fixture, &entry);
    }
    assert_string_equal(answer(fixture, "SELECT count(*), count(DISTINCT kind), "
                                        "count(DISTINCT action), count(DISTINCT rrvs), "
                                        "count(DISTINCT mode) FROM message"),
        "104|13|8|7|3");
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
    assert_true(mailbox.keep_since == DATE_NONE);
    assert_int_equal(
        ledger_find_mailbox(fixture->ledger, "you@example.com", "you@example.com", &mailbox), 0);
    assert_false(mailbox.own);
    assert_string_equal(mailbox.source, "");
}

static void test_the_key_counts_before_the_base(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_mailbox mailbox;

    edited(fixture,
        "INSERT INTO mailbox (address, since) VALUES ('me@example.com', '2021-01-01T00:00:00Z')");
    assert_int_equal(
        ledger_find_mailbox(fixture->ledger, "me+shop@example.com", "me@example.com", &mailbox), 0);
    assert_true(mailbox.own);
    assert_true(mailbox.since == 1609459200);
    edited(fixture, "INSERT INTO mailbox (address, since, keep_since, source) VALUES "
                    "('me+shop@example.com', '2022-01-01T00:00:00Z', '2018-01-01T00:00:00Z', "
                    "'minted')");
    assert_int_equal(
        ledger_find_mailbox(fixture->ledger, "me+shop@example.com", "me@example.com", &mailbox), 0);
    assert_string_equal(mailbox.source, "minted");
    assert_true(mailbox.since == 1640995200);
    assert_true(mailbox.keep_since == 1514764800);
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "me@example.com", NULL, &mailbox), 0);
    assert_string_equal(mailbox.source, "admin");
}

static void test_an_expected_mailbox_counts_until_its_end(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_mailbox mailbox;

    edited(fixture,
        "INSERT INTO mailbox (address, source, since, until) VALUES "
        "('past@example.com', 'expected', '2019-01-01T00:00:00Z', '2020-01-01T00:00:00Z'), "
        "('now@example.com', 'expected', '2019-01-01T00:00:00Z', '9999-01-01T00:00:00Z')");
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "past@example.com", NULL, &mailbox), 0);
    assert_false(mailbox.own);
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "now@example.com", NULL, &mailbox), 0);
    assert_true(mailbox.own);
    assert_string_equal(mailbox.source, "expected");
    assert_true(mailbox.since == DATE_NONE); /* the window's beginning is no reassignment */
}

static void test_mailboxes_are_learned(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_mailbox mailbox;
    struct ledger_statistics statistics;

    assert_int_equal(
        ledger_learn_mailbox(fixture->ledger, "me@example.com", "Me@example.com", "learned", NOON),
        0);
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "me@example.com", NULL, &mailbox), 0);
    assert_true(mailbox.own);
    assert_string_equal(mailbox.source, "learned");
    /* first seen then; that it was reassigned then nobody said */
    assert_true(mailbox.since == DATE_NONE);
    assert_string_equal(
        answer(fixture, "SELECT seen, added FROM mailbox"), "Me@example.com|2026-01-01T12:00:00Z");
    assert_int_equal(ledger_learn_mailbox(fixture->ledger, "me@example.com", "ME@example.com",
                         "learned", NOON + DAY),
        0);
    assert_string_equal(answer(fixture, "SELECT seen FROM mailbox"), "Me@example.com");
    ledger_statistics(fixture->ledger, &statistics);
    assert_int_equal(statistics.commits, 1); /* what is known costs no transaction */
    assert_int_equal(
        ledger_learn_mailbox(fixture->ledger, "new@example.com", NULL, "minted", NOON), 0);
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "new@example.com", NULL, &mailbox), 0);
    assert_true(mailbox.since == NOON);
}

static void test_learning_keeps_the_administrators_row(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_mailbox mailbox;

    edited(fixture, "INSERT INTO mailbox (address, since, note) VALUES "
                    "('me@example.com', '2021-01-01T00:00:00Z', 'mine')");
    assert_int_equal(
        ledger_learn_mailbox(fixture->ledger, "me@example.com", NULL, "learned", NOON), 0);
    assert_string_equal(answer(fixture, "SELECT source, since, note FROM mailbox"),
        "admin|2021-01-01T00:00:00Z|mine");
    edited(fixture, "INSERT INTO mailbox (address, source, until) VALUES "
                    "('soon@example.com', 'expected', '2020-01-01T00:00:00Z')");
    assert_int_equal(
        ledger_learn_mailbox(fixture->ledger, "soon@example.com", NULL, "learned", NOON), 0);
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "soon@example.com", NULL, &mailbox), 0);
    assert_true(mailbox.own);
    assert_string_equal(mailbox.source, "learned");
}

static void test_ping(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(ledger_ping(fixture->ledger), 0);
}

static void test_closing_twice_and_nothing(void **state)
{
    struct fixture *fixture = *state;

    ledger_close(&fixture->ledger);
    assert_null(fixture->ledger);
    ledger_close(&fixture->ledger);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_a_message_is_recorded),
        LEDGER_TEST(test_unknown_account),
        LEDGER_TEST(test_unproven_mail_makes_no_account),
        LEDGER_TEST(test_known_account_without_record),
        LEDGER_TEST(test_a_message_that_comes_again_is_one_row),
        LEDGER_TEST(test_a_deferred_message_gets_its_end),
        LEDGER_TEST(test_messages_without_fingerprint_are_all_kept),
        LEDGER_TEST(test_several_recipients_are_one_transaction),
        LEDGER_TEST(test_findings_are_only_strengthened),
        LEDGER_TEST(test_the_oldest_rrvs_date_is_kept),
        LEDGER_TEST(test_first_and_last_seen),
        LEDGER_TEST(test_refusals_are_counted),
        LEDGER_TEST(test_a_quiet_case_is_reopened),
        LEDGER_TEST(test_strangers_texts_are_bounded),
        LEDGER_TEST(test_keys_are_refused_not_repaired),
        LEDGER_TEST(test_every_kind_and_action_can_be_kept),
        LEDGER_TEST(test_a_mailbox_is_found),
        LEDGER_TEST(test_the_key_counts_before_the_base),
        LEDGER_TEST(test_an_expected_mailbox_counts_until_its_end),
        LEDGER_TEST(test_mailboxes_are_learned),
        LEDGER_TEST(test_learning_keeps_the_administrators_row),
        LEDGER_TEST(test_ping),
        LEDGER_TEST(test_closing_twice_and_nothing),
    };

    log_open("test_ledger", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
