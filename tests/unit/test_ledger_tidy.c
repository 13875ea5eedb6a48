/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What goes with time and what moves with it, by a clock that the tests set; and forgetting.
 */
#include "ledger_fixture.h"

#include "ledger_clock.h"

#include <fcntl.h>

static const struct ledger_keeping keeping = {
    .message_days = 90, .account_days = 400, .quiet_days = 30};

static void tidy(struct fixture *fixture, int64_t now)
{
    assert_int_equal(ledger_tidy(fixture->ledger, &keeping, now), 0);
}

/* A message at that moment, refused where a reply is given. */
static void record_at(struct fixture *fixture, const char *address, int64_t when, const char *reply)
{
    static unsigned number;
    char fingerprint[16] = "";
    struct ledger_entry entry = sample(fingerprint);

    snprintf(fingerprint, sizeof(fingerprint), "%08x", ++number);
    entry.address = entry.address_seen = address;
    entry.received = when;
    entry.reply = reply;
    record(fixture, &entry);
}

static void test_messages_go_with_their_day(void **state)
{
    struct fixture *fixture = *state;

    for (int day = 0; day < 5; day++)
        record_at(fixture, "old@example.com", NOON + day * DAY, NULL);
    tidy(fixture, NOON + 90 * DAY);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "5");
    tidy(fixture, NOON + 92 * DAY);
    assert_string_equal(
        answer(fixture, "SELECT count(*), min(received) FROM message"), "3|2026-01-03T12:00:00Z");
    tidy(fixture, NOON + 200 * DAY);
    /* the counters outlive them */
    assert_string_equal(
        answer(fixture, "SELECT (SELECT count(*) FROM message), "
                        "(SELECT messages FROM account), (SELECT messages FROM address), "
                        "(SELECT sum(messages) FROM day_count)"),
        "0|5|5|5");
}

static void test_many_messages_go_in_steps(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_statistics before, after;

    edited(fixture, "INSERT INTO address (id, address) VALUES (1, 'old@example.com')");
    edited(fixture,
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1700) "
        "INSERT INTO message (received, address_id, kind, action, meant, mode) "
        "SELECT '2020-01-01T00:00:00Z', 1, 'other', 'accept', 'accept', 'observe' FROM n");
    ledger_statistics(fixture->ledger, &before);
    tidy(fixture, NOON);
    ledger_statistics(fixture->ledger, &after);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "0");
    assert_true(after.commits - before.commits >= 4);
}

static void test_accounts_and_addresses_go_after_their_last_mail(void **state)
{
    struct fixture *fixture = *state;

    record_at(fixture, "old@example.com", NOON, NULL);
    record_at(fixture, "older@example.com", NOON, NULL);
    record_at(fixture, "old@example.com", NOON + 50 * DAY, NULL);
    tidy(fixture, NOON + 399 * DAY);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM account"), "2");
    tidy(fixture, NOON + 401 * DAY);
    assert_string_equal(
        answer(fixture, "SELECT group_concat(address) FROM account"), "old@example.com");
    assert_string_equal(
        answer(fixture, "SELECT group_concat(address) FROM address"), "old@example.com");
    tidy(fixture, NOON + 451 * DAY);
    assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM account), "
                                        "(SELECT count(*) FROM address), (SELECT count(*) FROM "
                                        "account_kind), (SELECT count(*) FROM day_count)"),
        "0|0|0|0");
}

/* What must stay, however old it is, and the edit that makes it stay. */
static void test_what_stays(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *address;
        const char *edit;
        const char *stays; /* account and address */
    } cases[] = {
        {"by-admin@example.com",
            "UPDATE account SET holder = 'stranger' WHERE address = 'by-admin@example.com'", "1|1"},
        {"ours@example.com",
            "UPDATE account SET holder = 'current', holder_by = 'mailbox' WHERE address = "
            "'ours@example.com'",
            "1|1"},
        {"box@example.com", "INSERT INTO mailbox (address) VALUES ('box@example.com')", "0|1"},
        {"own@example.com", "UPDATE address SET own = 1 WHERE address = 'own@example.com'", "0|1"},
        {"noted@example.com", "UPDATE address SET note = 'a' WHERE address = 'noted@example.com'",
            "0|1"},
        {"plain@example.com", "SELECT 1", "0|0"},
    };
    char sql[300];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        record_at(fixture, cases[i].address, NOON, NULL);
        edited(fixture, cases[i].edit);
    }
    tidy(fixture, NOON + 5000 * DAY);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(sql, sizeof(sql),
            "SELECT (SELECT count(*) FROM account WHERE address = '%s'), "
            "(SELECT count(*) FROM address WHERE address = '%s')",
            cases[i].address, cases[i].address);
        if (strcmp(answer(fixture, sql), cases[i].stays) != 0)
            fail_msg("%s: %s", cases[i].address, answer(fixture, sql));
    }
}

/* An account that is gone cannot take its messages' rows along. */
static void test_accounts_may_go_before_their_messages(void **state)
{
    struct fixture *fixture = *state;
    static const struct ledger_keeping short_lived = {
        .message_days = 3650, .account_days = 30, .quiet_days = 30};

    record_at(fixture, "old@example.com", NOON, NULL);
    assert_int_equal(ledger_tidy(fixture->ledger, &short_lived, NOON + 40 * DAY), 0);
    assert_string_equal(
        answer(fixture, "SELECT address, service, kind FROM messages"), "old@example.com|-|reset");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM account"), "0");
}

static void test_windows_go(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        ledger_expect_mailbox(fixture->ledger, "a@example.com", "a@example.com", NOON), 0);
    assert_int_equal(
        ledger_learn_mailbox(fixture->ledger, "b@example.com", "b@example.com", "learned", NOON),
        0);
    tidy(fixture, NOON + 399 * DAY);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM mailbox"), "2");
    tidy(fixture, NOON + 4000 * DAY);
    assert_string_equal(answer(fixture, "SELECT source FROM mailbox"), "learned");
}

static void test_many_rows_are_passed_through(void **state)
{
    struct fixture *fixture = *state;

    edited(fixture,
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2500) "
        "INSERT INTO address (address, last_seen) "
        "SELECT 'a' || i || '@example.com', '2020-01-01T00:00:00Z' FROM n");
    edited(fixture, "INSERT INTO service (id) VALUES ('shop.example')");
    edited(fixture,
        "INSERT INTO account (address, service, holder, holder_by, last_seen) "
        "SELECT address, 'shop.example', 'prior', 'first-mail', last_seen FROM address");
    tidy(fixture, NOON);
    assert_string_equal(
        answer(fixture, "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM address)"),
        "0|0");
}

static const char *state_of(struct fixture *fixture, const char *address)
{
    char sql[200];

    snprintf(sql, sizeof(sql), "SELECT case_state FROM account WHERE address = '%s'", address);
    return answer(fixture, sql);
}

static void test_refused_and_silent_is_quiet(void **state)
{
    struct fixture *fixture = *state;

    record_at(fixture, "told@example.com", NOON, "550 5.1.1");
    record_at(fixture, "later@example.com", NOON, "451 4.3.0");
    record_at(fixture, "untold@example.com", NOON, NULL);
    tidy(fixture, NOON + 30 * DAY);
    assert_string_equal(state_of(fixture, "told@example.com"), "found");
    tidy(fixture, NOON + 31 * DAY);
    assert_string_equal(
        answer(fixture, "SELECT case_state, case_since FROM account WHERE case_state <> 'found'"),
        "quiet|2026-02-01T12:00:00Z");
    assert_string_equal(state_of(fixture, "told@example.com"), "quiet");
    assert_string_equal(
        answer(fixture, "SELECT count(*) FROM todo WHERE address = 'told@example.com'"), "0");
    /* something comes: it is open again, and may fall quiet again */
    record_at(fixture, "told@example.com", NOON + 40 * DAY, NULL);
    assert_string_equal(state_of(fixture, "told@example.com"), "reopened");
    assert_string_equal(
        answer(fixture, "SELECT address, mails_since FROM still_writing"), "told@example.com|1");
    tidy(fixture, NOON + 69 * DAY);
    assert_string_equal(state_of(fixture, "told@example.com"), "reopened");
    tidy(fixture, NOON + 71 * DAY);
    assert_string_equal(state_of(fixture, "told@example.com"), "quiet");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM still_writing"), "0");
    assert_string_equal(answer(fixture, "SELECT group_concat(address) FROM (SELECT address FROM "
                                        "todo ORDER BY address)"),
        "later@example.com,untold@example.com");
}

/* The days count from the last word that was spoken, whoever spoke it. */
static void test_reported_and_silent_is_quiet(void **state)
{
    struct fixture *fixture = *state;

    record_at(fixture, "old@example.com", NOON, NULL);
    edited(fixture, "UPDATE account SET case_state = 'reported', note = 'by their form', "
                    "reported_at = '2026-02-10T12:00:00Z', case_since = '2026-02-10T12:00:00Z'");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM todo"), "0");
    tidy(fixture, NOON + 60 * DAY); /* 2 March */
    assert_string_equal(state_of(fixture, "old@example.com"), "reported");
    edited(fixture, "UPDATE account SET case_state = 'answered', note = note || '; they will', "
                    "case_since = '2026-03-01T12:00:00Z'");
    tidy(fixture, NOON + 80 * DAY); /* 22 March: 40 days after the report, 21 after the answer */
    assert_string_equal(state_of(fixture, "old@example.com"), "answered");
    record_at(fixture, "old@example.com", NOON + 88 * DAY, NULL);
    tidy(fixture, NOON + 91 * DAY);
    assert_string_equal(state_of(fixture, "old@example.com"), "answered");
    assert_string_equal(
        answer(fixture, "SELECT case_state, mails_since FROM still_writing"), "answered|1");
    tidy(fixture, NOON + 119 * DAY);
    assert_string_equal(
        answer(fixture, "SELECT case_state, note FROM account"), "quiet|by their form; they will");
}

static void test_our_own_accounts_have_no_case(void **state)
{
    struct fixture *fixture = *state;

    record_at(fixture, "old@example.com", NOON, "550 5.1.1");
    edited(fixture, "UPDATE account SET holder = 'current'");
    tidy(fixture, NOON + 300 * DAY);
    assert_string_equal(state_of(fixture, "old@example.com"), "found");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM still_writing"), "0");
}

/* Is the text anywhere in the file, or in its -wal? */
static bool is_in_files(const struct fixture *fixture, const char *text)
{
    static const char *const suffixes[] = {"", "-wal"};
    bool found = false;

    for (size_t i = 0; i < 2; i++) {
        char name[160];
        struct stat status;
        char *bytes;
        int file;

        snprintf(name, sizeof(name), "%s%s", fixture->path, suffixes[i]);
        file = open(name, O_RDONLY);
        if (file < 0)
            continue;
        assert_int_equal(fstat(file, &status), 0);
        bytes = malloc((size_t)status.st_size + 1);
        assert_non_null(bytes);
        assert_int_equal(read(file, bytes, (size_t)status.st_size), status.st_size);
        close(file);
        found = found || memmem(bytes, (size_t)status.st_size, text, strlen(text)) != NULL;
        free(bytes);
    }
    return found;
}

static void test_forgetting(void **state)
{
    struct fixture *fixture = *state;
    static const struct ledger_person person = {"anna", "@example.com", "+"};
    static const char *const gone[] = {
        "anna@example.com", "anna+shop@example.com", "anna+a+b@example.com"};
    static const char *const stays[] = {"annabel@example.com", "hanna@example.com",
        "anna-x@example.com", "anna@example.community", "anna@other.example"};
    struct ledger_forgotten forgotten;

    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
        record_at(fixture, gone[i], NOON, NULL);
    for (size_t i = 0; i < sizeof(stays) / sizeof(stays[0]); i++)
        record_at(fixture, stays[i], NOON, NULL);
    record_at(fixture, "anna@example.com", NOON + 1, NULL);
    edited(fixture, "INSERT INTO mailbox (address) VALUES ('Anna+Me@example.com')");
    assert_true(is_in_files(fixture, "anna+shop@example.com"));
    assert_int_equal(ledger_forget(fixture->ledger, &person, &forgotten), 0);
    assert_int_equal(forgotten.addresses, 3);
    assert_int_equal(forgotten.accounts, 3);
    assert_int_equal(forgotten.messages, 4);
    assert_int_equal(forgotten.mailboxes, 1);
    assert_string_equal(
        answer(
            fixture, "SELECT group_concat(address) FROM (SELECT address FROM account ORDER BY id)"),
        "annabel@example.com,hanna@example.com,anna-x@example.com,anna@example.community,"
        "anna@other.example");
    assert_string_equal(
        answer(fixture, "SELECT (SELECT count(*) FROM message), "
                        "(SELECT count(*) FROM address), (SELECT count(*) FROM mailbox)"),
        "5|5|0");
    assert_false(is_in_files(fixture, "anna+shop"));
    assert_false(is_in_files(fixture, "anna+a+b"));
    assert_false(is_in_files(fixture, "anna+me"));
    assert_true(is_in_files(fixture, "anna@other.example"));
    assert_int_equal(ledger_forget(fixture->ledger, &person, &forgotten), 0);
    assert_int_equal(forgotten.addresses + forgotten.mailboxes, 0);
}

/* What is done is told, also when somebody reads on and so keeps the -wal file. */
static void test_forgetting_beside_a_reader(void **state)
{
    struct fixture *fixture = *state;
    static const struct ledger_person person = {"old", "@example.com", ""};
    struct ledger_forgotten forgotten;
    char *why;

    ledger_close(&fixture->ledger);
    assert_int_equal(open_ledger(fixture, 300, &why), 0);
    record_at(fixture, "old@example.com", NOON, NULL);
    edited(fixture, "BEGIN");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "1");
    assert_int_equal(ledger_forget(fixture->ledger, &person, &forgotten), ERR_BUSY);
    assert_int_equal(forgotten.messages, 1);
    edited(fixture, "COMMIT");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "0");
}

/* What the clock says at one look after the other, and whether it is believed. */
static void test_a_clock_that_leaps(void **state)
{
    static const struct look {
        const char *name;
        int64_t now, steady;
        bool told, wary;
    } looks[] = {
        {"90 days after the newest row", NOON + 90 * DAY, 1000, false, false},
        {"a minute later", NOON + 90 * DAY + 60, 1060, false, false},
        {"it was set a day forth", NOON + 91 * DAY + 120, 1120, false, false},
        {"set forth by more", NOON + 92 * DAY + 181, 1180, true, true},
        {"still wary", NOON + 92 * DAY + 3000, 4000, false, true},
        {"set forth again", NOON + 400 * DAY, 4700, true, true},
        {"back again: wary to the end of its hour", NOON + 92 * DAY, 8299, false, true},
        {"the hour is over", NOON + 92 * DAY, 8300, false, false},
        {"asleep for a week", NOON + 99 * DAY, 8300 + 7 * DAY, false, false},
        {"far back", 0, 9000 + 7 * DAY, false, false},
    };
    struct ledger_clock clock = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        int64_t days = ledger_clock_look(&clock, looks[i].now, looks[i].steady, NOON, 90);

        if ((days > 0) != looks[i].told || ledger_clock_is_wary(&clock) != looks[i].wary)
            fail_msg("%s: %lld days, %s", looks[i].name, (long long)days,
                ledger_clock_is_wary(&clock) ? "wary" : "not wary");
    }
}

static void test_a_start_long_after_the_newest_row(void **state)
{
    static const struct start {
        int64_t newest;
        unsigned kept;
        int64_t days; /* from the newest row, or the beginning of time, to now */
        int64_t told;
    } starts[] = {{NOON, 90, 90, 0}, {NOON, 90, 91, 2}, {NOON, 90, 1090, 1001}, {NOON, 1, 30, 0},
        {NOON, 1, 31, 2}, {NOON, 3650, 3650, 0}, {DATE_NONE, 90, 20000, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        const struct start *start = &starts[i];
        struct ledger_clock clock = {0};
        int64_t now = (start->newest == DATE_NONE ? 0 : start->newest) + start->days * DAY;

        assert_int_equal(
            ledger_clock_look(&clock, now, 5, start->newest, start->kept), start->told);
        assert_int_equal(ledger_clock_is_wary(&clock), start->told > 0);
    }
}

/* The daemon's way: nobody asks, and old rows go. */
static void test_the_writer_tidies_by_itself(void **state)
{
    struct fixture *fixture = *state;

    edited(fixture,
        "INSERT INTO day_count (day, domain, kind, action, meant, service_mail, "
        "messages) VALUES (date('now'), 'example.com', 'bulk', 'accept', 'accept', 0, 1)");
    record_at(fixture, "old@example.com", 1577880000, "550 5.1.1"); /* 2020 */
    ledger_keep(fixture->ledger, &(struct ledger_keeping){90, 36500, 30});
    for (int i = 0; i < 1000; i++) {
        if (strcmp(
                answer(fixture, "SELECT (SELECT count(*) FROM message), case_state FROM account"),
                "0|quiet") == 0)
            return;
        usleep(10000);
    }
    fail_msg("%s", answer(fixture, "SELECT case_state FROM account"));
}

static void test_a_ledger_that_is_only_read(void **state)
{
    struct fixture *fixture = *state;
    static const struct ledger_person person = {"old", "@example.com", ""};
    struct ledger_options options = {
        .path = fixture->path, .read_only = true, .timeout_ms = 1000, .queue = 10};
    struct ledger_forgotten forgotten;
    struct ledger *reader;
    char *why;

    record_at(fixture, "old@example.com", NOON, NULL);
    assert_int_equal(ledger_open(&options, &reader, &why), 0);
    assert_int_equal(ledger_forget(reader, &person, &forgotten), ERR_LEDGER);
    assert_int_equal(ledger_tidy(reader, &keeping, NOON + 999 * DAY), ERR_LEDGER);
    assert_int_equal(
        ledger_expect_mailbox(reader, "a@example.com", "a@example.com", NOON), ERR_LEDGER);
    ledger_keep(reader, &keeping);
    ledger_close(&reader);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "1");
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_messages_go_with_their_day),
        LEDGER_TEST(test_many_messages_go_in_steps),
        LEDGER_TEST(test_accounts_and_addresses_go_after_their_last_mail),
        LEDGER_TEST(test_what_stays),
        LEDGER_TEST(test_accounts_may_go_before_their_messages),
        LEDGER_TEST(test_windows_go),
        LEDGER_TEST(test_many_rows_are_passed_through),
        LEDGER_TEST(test_refused_and_silent_is_quiet),
        LEDGER_TEST(test_reported_and_silent_is_quiet),
        LEDGER_TEST(test_our_own_accounts_have_no_case),
        LEDGER_TEST(test_forgetting),
        LEDGER_TEST(test_forgetting_beside_a_reader),
        cmocka_unit_test(test_a_clock_that_leaps),
        cmocka_unit_test(test_a_start_long_after_the_newest_row),
        LEDGER_TEST(test_the_writer_tidies_by_itself),
        LEDGER_TEST(test_a_ledger_that_is_only_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
