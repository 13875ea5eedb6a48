/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Mail that was found in mailboxes: it counts once, and in any order the ledger ends up the same.
 */
#include "ledger_fixture.h"

#include <time.h>

#include "ledger_sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STATE                                                                                      \
    "SELECT (SELECT group_concat(holder || holder_by || first_seen || last_seen || messages ||"    \
    " coalesce(rrvs_date, '-') || case_state || case_since, ';') FROM account) ||"                 \
    " (SELECT group_concat(kind || messages || first_seen || last_seen, ';')"                      \
    " FROM (SELECT * FROM account_kind ORDER BY kind)) ||"                                         \
    " (SELECT first_seen || last_seen || messages || own FROM address) ||"                         \
    " (SELECT group_concat(x, ';') FROM (SELECT day || kind || action || service_mail || messages" \
    " AS x FROM day_count ORDER BY x))"

/* What a mail on its own shows. */
static const struct {
    int day;
    enum kind kind;
    enum holder holder;
    enum holder_by by;
} mails[] = {
    {-40, KIND_BULK, HOLDER_UNKNOWN, HOLDER_BY_NONE},
    {-30, KIND_WELCOME, HOLDER_STRANGER, HOLDER_BY_FIRST_MAIL},
    {-30, KIND_ORDER, HOLDER_PRIOR, HOLDER_BY_FIRST_MAIL},
    {-20, KIND_RESET, HOLDER_PRIOR, HOLDER_BY_FIRST_MAIL},
    {-10, KIND_BULK, HOLDER_UNKNOWN, HOLDER_BY_NONE},
};

static struct ledger_entry mail(size_t which, char fingerprint[33])
{
    struct ledger_entry entry;

    snprintf(fingerprint, 33, "%032zx", which + 1);
    entry = sample(fingerprint);
    entry.received = NOON + mails[which].day * DAY;
    entry.kind = mails[which].kind;
    entry.holder = mails[which].holder;
    entry.holder_by = mails[which].by;
    entry.record = kind_is_service(entry.kind);
    entry.queue_id = NULL;
    return entry;
}

static void scan(struct fixture *fixture, const size_t *order, size_t count, size_t at_once)
{
    for (size_t i = 0; i < count; i += at_once) {
        struct ledger_entry entries[COUNT(mails)];
        char fingerprints[COUNT(mails)][33];
        struct ledger_scanned scanned = {0};
        size_t used = 0;

        for (; used < at_once && i + used < count; used++)
            entries[used] = mail(order[i + used], fingerprints[used]);
        assert_int_equal(ledger_scan(fixture->ledger, entries, used, &scanned), 0);
        assert_int_equal(scanned.recorded + scanned.known, used);
    }
}

static void swap(size_t *one, size_t *other)
{
    size_t kept = *one;

    *one = *other;
    *other = kept;
}

/* Every order of the mails, some in one transaction and some in many. */
static void each_order(struct fixture *fixture, size_t *order, size_t from, char **wanted)
{
    const char *got;

    for (size_t i = from; i < COUNT(mails); i++) {
        swap(&order[from], &order[i]);
        each_order(fixture, order, from + 1, wanted);
        swap(&order[from], &order[i]);
    }
    if (from != COUNT(mails))
        return;
    scan(fixture, order, COUNT(mails), order[0] % 2 == 0 ? COUNT(mails) : 1);
    got = answer(fixture, STATE);
    if (*wanted == NULL)
        *wanted = strdup(got);
    assert_string_equal(got, *wanted);
    edited(fixture, "DELETE FROM address; DELETE FROM day_count");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM scanned"), "0");
}

static void test_any_order_ends_the_same(void **state)
{
    size_t order[COUNT(mails)];
    char *wanted = NULL;

    for (size_t i = 0; i < COUNT(mails); i++)
        order[i] = i;
    each_order(*state, order, 0, &wanted);
    assert_non_null(strstr(wanted, "strangerfirst-mail"));
    free(wanted);
}

static void test_a_mail_counts_once(void **state)
{
    struct fixture *fixture = *state;
    const size_t order[] = {1, 3, 1};
    struct ledger_scanned scanned = {0};
    struct ledger_entry entry;
    char fingerprint[33];
    enum ledger_counted known;

    scan(fixture, order, 3, 3);
    assert_string_equal(answer(fixture, "SELECT messages FROM account"), "2");
    edited(fixture, "DELETE FROM message"); /* as time does */
    entry = mail(1, fingerprint);
    assert_int_equal(ledger_knows(fixture->ledger, &entry, &known), 0);
    assert_int_equal(known, LEDGER_COUNTED_SCAN);
    entry.address = "new@example.com";
    assert_int_equal(ledger_knows(fixture->ledger, &entry, &known), 0);
    assert_int_equal(known, LEDGER_COUNTED_NOT);
    entry = mail(1, fingerprint);
    assert_int_equal(ledger_scan(fixture->ledger, &entry, 1, &scanned), 0);
    assert_int_equal(scanned.known, 1);
    assert_int_equal(scanned.recorded, 0);
    assert_string_equal(answer(fixture, "SELECT messages FROM account"), "2");
}

/* A row that breaks a rule keeps only those away that come with it, and says so. */
static void test_a_refused_row_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entries[] = {sample("01"), sample("02")};
    struct ledger_scanned scanned = {0};

    edited(fixture, "CREATE TRIGGER mine BEFORE INSERT ON message WHEN NEW.kind = 'code'"
                    " BEGIN SELECT RAISE(ABORT, 'not here'); END");
    entries[1].kind = KIND_CODE;
    assert_int_equal(ledger_scan(fixture->ledger, entries, 2, &scanned), ERR_LEDGER);
    assert_true(scanned.refused);
    assert_int_equal(ledger_scan(fixture->ledger, &entries[0], 1, &scanned), 0);
    assert_false(scanned.refused);
    assert_int_equal(scanned.recorded, 1);
    entries[0].fingerprint = "03";
    entries[0].address = "two\nlines@example.com";
    assert_int_equal(ledger_scan(fixture->ledger, entries, 1, &scanned), ERR_LEDGER);
    assert_true(scanned.refused);
    edited(fixture, "DROP TABLE scanned"); /* as damage would: no fault of the row */
    entries[1].kind = KIND_RESET;
    assert_int_equal(ledger_scan(fixture->ledger, &entries[1], 1, &scanned), ERR_LEDGER);
    assert_false(scanned.refused);
}

/* The same mail without its envelope, which the daemon saw: also when the daemon's row is gone. */
static void test_a_twin_is_known(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_scanned scanned = {0};
    struct ledger_entry entry = sample("0011"), found = sample("0022"), other = sample("0033");
    enum ledger_counted known;

    entry.twin = found.twin = "aabb";
    other.twin = "aacc";
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), 0);
    assert_int_equal(ledger_knows(fixture->ledger, &other, &known), 0);
    assert_int_equal(known, LEDGER_COUNTED_NOT);
    assert_int_equal(ledger_knows(fixture->ledger, &found, &known), 0);
    assert_int_equal(known, LEDGER_COUNTED_MESSAGE);
    found.counted = true;
    assert_int_equal(ledger_scan(fixture->ledger, &found, 1, &scanned), 0);
    assert_int_equal(scanned.recorded + scanned.known, 0);
    assert_int_equal(ledger_knows(fixture->ledger, &found, &known), 0);
    assert_int_equal(known, LEDGER_COUNTED_SCAN);
    edited(fixture, "DELETE FROM message");
    found.counted = false;
    assert_int_equal(ledger_scan(fixture->ledger, &found, 1, &scanned), 0);
    assert_int_equal(scanned.known, 1);
    assert_int_equal(ledger_scan(fixture->ledger, &other, 1, &scanned), 0);
    assert_int_equal(scanned.recorded, 1);
    assert_string_equal(
        answer(fixture, "SELECT hex(fingerprint), hex(twin) FROM message"), "0033|AACC");
    assert_string_equal(answer(fixture, "SELECT messages FROM account"), "2");
    other.counted = true; /* and its row is gone meanwhile: nothing comes of it */
    other.fingerprint = "0044";
    other.twin = "aadd";
    assert_int_equal(ledger_scan(fixture->ledger, &other, 1, &scanned), 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "1");
}

static void test_what_the_daemon_recorded_is_known(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_scanned scanned = {0};
    struct ledger_entry entry = sample("00112233445566778899aabbccddeeff");
    int64_t counts[HOLDER_COUNT];

    record(fixture, &entry);
    assert_int_equal(ledger_scan(fixture->ledger, &entry, 1, &scanned), 0);
    assert_int_equal(scanned.known, 1);
    assert_string_equal(answer(fixture, "SELECT origin, deliveries FROM message"), "milter|1");
    assert_int_equal(ledger_count_accounts(fixture->ledger, counts), 0);
    assert_int_equal(counts[HOLDER_PRIOR], 1);
    assert_int_equal(counts[HOLDER_CURRENT], 0);
}

static void test_the_administrators_word_stays(void **state)
{
    struct fixture *fixture = *state;
    const size_t first[] = {3}, older[] = {1};

    scan(fixture, first, 1, 1);
    edited(fixture, "UPDATE account SET holder = 'current'");
    scan(fixture, older, 1, 1);
    assert_string_equal(
        answer(fixture, "SELECT holder, holder_by, messages FROM account"), "current|admin|2");
}

static void test_stronger_evidence_stays(void **state)
{
    struct fixture *fixture = *state;
    const size_t older[] = {1};
    struct ledger_scanned scanned = {0};
    char fingerprint[33];
    struct ledger_entry entry = mail(3, fingerprint);

    entry.holder_by = HOLDER_BY_RRVS;
    entry.rrvs_date = NOON - 4000 * DAY;
    assert_int_equal(ledger_scan(fixture->ledger, &entry, 1, &scanned), 0);
    scan(fixture, older, 1, 1);
    assert_string_equal(answer(fixture, "SELECT holder, holder_by FROM account"), "prior|rrvs");
}

/* Old mail is kept as long as if it had come when it was found. */
static void test_what_was_found_stays_for_its_time(void **state)
{
    struct fixture *fixture = *state;
    const struct ledger_keeping keeping = {90, 400, 90};
    const size_t order[] = {1};
    int64_t now = (int64_t)time(NULL);

    scan(fixture, order, 1, 1);
    edited(fixture, "UPDATE account SET first_seen = '2001-01-01T00:00:00Z',"
                    " last_seen = '2001-01-01T00:00:00Z';"
                    " UPDATE address SET last_seen = '2001-01-01T00:00:00Z';"
                    " UPDATE message SET received = '2001-01-01T00:00:00Z'");
    assert_int_equal(ledger_tidy(fixture->ledger, &keeping, now + 300 * DAY), 0);
    assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM account),"
                                        " (SELECT count(*) FROM message),"
                                        " (SELECT count(*) FROM scanned)"),
        "1|0|1");
    assert_int_equal(ledger_tidy(fixture->ledger, &keeping, now + 500 * DAY), 0);
    assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM account),"
                                        " (SELECT count(*) FROM scanned)"),
        "0|0");
}

static void test_a_row_that_is_none_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_scanned scanned = {0};
    struct ledger_entry entries[2] = {sample("01"), sample("02")};

    entries[1].address = "control\001@example.com";
    assert_int_equal(ledger_scan(fixture->ledger, entries, 2, &scanned), ERR_LEDGER);
    assert_int_equal(scanned.recorded, 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "0");
}

/* A ledger of the first step, with rows, becomes one of today. */
static void test_an_old_ledger_is_taken_along(void **state)
{
    struct fixture *fixture = *state;
    const size_t order[] = {1};

    ledger_close(&fixture->ledger);
    sqlite3_close(fixture->admin);
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(sqlite3_open(fixture->path, &fixture->admin), SQLITE_OK);
    edited(fixture, ledger_sql_step(1));
    edited(fixture,
        "PRAGMA application_id = 1198473591; PRAGMA user_version = 1;"
        "INSERT INTO address (id, address, domain) VALUES (7, 'old@example.com', 'example.com');"
        "INSERT INTO service (id) VALUES ('shop.example');"
        "INSERT INTO account (id, address, service, holder, holder_by)"
        " VALUES (1, 'old@example.com', 'shop.example', 'prior', 'first-mail');"
        "INSERT INTO message (received, address_id, account_id, kind, action, meant, mode)"
        " VALUES ('2025-12-31T12:00:00Z', 7, 1, 'reset', 'accept', 'reject', 'observe')");
    {
        char *why = NULL;

        assert_int_equal(open_ledger(fixture, 2000, &why), 0);
        assert_null(why);
    }
    assert_string_equal(answer(fixture, "SELECT origin, kind FROM message"), "milter|reset");
    scan(fixture, order, 1, 1);
    assert_string_equal(answer(fixture, "SELECT holder, holder_by, messages FROM account"),
        "stranger|first-mail|2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
        TEST(test_any_order_ends_the_same),
        TEST(test_a_mail_counts_once),
        TEST(test_what_the_daemon_recorded_is_known),
        TEST(test_a_twin_is_known),
        TEST(test_a_refused_row_says_so),
        TEST(test_the_administrators_word_stays),
        TEST(test_stronger_evidence_stays),
        TEST(test_what_was_found_stays_for_its_time),
        TEST(test_a_row_that_is_none_is_refused),
        TEST(test_an_old_ledger_is_taken_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
