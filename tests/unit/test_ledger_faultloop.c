/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * One operation again and again, with the first, second, third … call below it failing, until
 * none is left to fail: calls of SQLite to the system (a file layer of the test's own), its
 * allocations, ours. Every time there is an answer, nothing answered for is lost, and the next
 * operation succeeds.
 */
#include "ledger_fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "../tools/failing_layer.h"
#include "arena.h"
#include "ledger_checkpoint.h"
#include "log.h"

#define CALLS_MOST 3000 /* a loop that gets so far would never end */

/* What fails: the nth call from now, and for `lasting` all that follow. */
static struct {
    atomic_long left; /* 0: nothing fails; 1: the next call does */
    atomic_bool lasting;
    atomic_bool failed;
} fault;

static bool fails_now(void)
{
    long left = atomic_load(&fault.left);

    while (left > 0 && !atomic_compare_exchange_weak(&fault.left, &left,
                           left > 1                      ? left - 1
                           : atomic_load(&fault.lasting) ? 1
                                                         : 0))
        ;
    if (left != 1)
        return false;
    atomic_store(&fault.failed, true);
    return true;
}

static void fail_at(long nth, bool lasting)
{
    atomic_store(&fault.failed, false);
    atomic_store(&fault.lasting, lasting);
    atomic_store(&fault.left, nth);
}

/* true: a call has failed since fail_at. */
static bool fail_no_more(void)
{
    atomic_store(&fault.left, 0);
    return atomic_load(&fault.failed);
}

static atomic_bool truncation_failed;

/* Every call to the system may be the one. */
static bool layer_fails(enum layer_call call)
{
    bool fails = fails_now();

    if (fails && call == LAYER_TRUNCATE)
        atomic_store(&truncation_failed, true);
    return fails;
}

/* SQLite's allocations, with failures where they are asked for. */
static sqlite3_mem_methods system_memory;
static atomic_bool memory_fails;

static void *memory_get(int size)
{
    return atomic_load(&memory_fails) && fails_now() ? NULL : system_memory.xMalloc(size);
}

static void *memory_resize(void *memory, int size)
{
    return atomic_load(&memory_fails) && fails_now() ? NULL : system_memory.xRealloc(memory, size);
}

static void use_failing_memory(void)
{
    sqlite3_mem_methods memory;

    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory), SQLITE_OK);
    memory = system_memory;
    memory.xMalloc = memory_get;
    memory.xRealloc = memory_resize;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory), SQLITE_OK);
}

static bool is_answer(int r)
{
    return r == 0 || r == ERR_LEDGER || r == ERR_BUSY;
}

/* Records and asks with a failure below; then both without. true: a call has failed. */
static bool step(struct fixture *fixture, long nth, bool lasting)
{
    char fingerprint[20] = "";
    char address[40];
    struct ledger_entry entry = sample(fingerprint);
    struct ledger_account account;
    bool failed;
    int recorded;
    int found;

    snprintf(fingerprint, sizeof(fingerprint), "%08lx", nth);
    snprintf(address, sizeof(address), "a%ld@example.com", nth);
    entry.address = address;
    fail_at(nth, lasting);
    recorded = ledger_record(fixture->ledger, &entry, 1);
    found = ledger_find_account(fixture->ledger, address, entry.service, &account);
    failed = fail_no_more();
    assert_true(is_answer(recorded));
    assert_true(is_answer(found));
    assert_int_equal(ledger_find_account(fixture->ledger, address, entry.service, &account), 0);
    assert_true(account.known || recorded != 0);
    record(fixture, &entry);
    assert_int_equal(ledger_find_account(fixture->ledger, address, entry.service, &account), 0);
    assert_true(account.known);
    return failed;
}

static void check_everything(struct fixture *fixture, long rows)
{
    char wanted[80];

    snprintf(wanted, sizeof(wanted), "%ld|%ld|%ld", rows, rows, rows);
    assert_string_equal(
        answer(fixture, "SELECT count(*), count(DISTINCT fingerprint), "
                        "(SELECT coalesce(sum(messages), 0) FROM account) FROM message"),
        wanted);
    assert_string_equal(answer(fixture, "PRAGMA integrity_check"), "ok");
    assert_string_equal(answer(fixture, "PRAGMA foreign_key_check"), "");
}

static void run_steps(struct fixture *fixture, bool lasting)
{
    long nth = 0;

    do {
        nth++;
        assert_true(nth < CALLS_MOST);
    } while (step(fixture, nth, lasting));
    assert_true(nth > 5); /* something could fail */
    check_everything(fixture, nth);
}

static void test_each_call_to_the_system_fails_once(void **state)
{
    run_steps(*state, false);
}

static void test_each_call_to_the_system_fails_for_a_while(void **state)
{
    run_steps(*state, true);
}

static void test_each_allocation_of_sqlite_fails_once(void **state)
{
    atomic_store(&memory_fails, true);
    run_steps(*state, false);
    atomic_store(&memory_fails, false);
}

static void test_each_allocation_of_ours_fails(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    long failures = 0;
    int r;

    for (unsigned long nth = 1;; nth++) {
        arena_fail_at(nth);
        r = ledger_record(fixture->ledger, &entry, 1);
        arena_fail_at(0);
        if (r == 0)
            break;
        assert_int_equal(r, ERR_LEDGER);
        failures++;
    }
    assert_true(failures > 0);
    check_everything(fixture, 1);
}

/* All that is done beside recording; the first error, or 0. */
static int do_the_rest(struct fixture *fixture, long nth)
{
    static const char *const senders[] = {"shop.example", "mail.shop.example"};
    static const char *const steps[] = {"Open the form."};
    static const struct catalogue_service service = {.id = "shop.example",
        .name = "The Shop",
        .category = "shop",
        .risk = 3,
        .domains = senders,
        .domain_count = 2,
        .contact = {.steps = steps, .step_count = 1, .source = "unverified"}};
    static const struct ledger_domain ours = {"example.com", 1570233600, "tag"};
    static const struct catalogue catalogue = {&service, 1};
    static const struct ledger_keeping keeping = {90, 400, 30};
    static const struct ledger_person person = {"gone", "@example.com", "+"};
    static struct ledger_summary summary;
    char fingerprint[20] = "", address[40];
    struct ledger_entry entry = sample(fingerprint);
    struct ledger_scanned scanned = {0};
    struct ledger_forgotten forgotten;
    struct ledger_mailbox mailbox;
    int64_t counts[HOLDER_COUNT], others;
    enum ledger_counted known;
    int r;

    snprintf(fingerprint, sizeof(fingerprint), "%08lx", nth);
    snprintf(address, sizeof(address), "a%ld@example.com", nth);
    entry.address = address;
    if ((r = ledger_mirror(fixture->ledger, &ours, 1, &catalogue)) != 0 ||
        (r = ledger_scan(fixture->ledger, &entry, 1, &scanned)) != 0 ||
        (r = ledger_knows(fixture->ledger, &entry, &known)) != 0 ||
        (r = ledger_count_accounts(fixture->ledger, counts)) != 0 ||
        (r = ledger_count_others(fixture->ledger, entry.address, &others)) != 0 ||
        (r = ledger_summarise(fixture->ledger, 1, &summary)) != 0 ||
        (r = ledger_learn_mailbox(
             fixture->ledger, "gone@example.com", "Gone@example.com", "learned", NOON)) != 0 ||
        (r = ledger_find_mailbox(
             fixture->ledger, "gone@example.com", "gone@example.com", &mailbox)) != 0)
        return r;
    assert_true(known);
    assert_true(mailbox.own);
    assert_int_equal(others, 1);
    assert_int_equal(scanned.recorded + scanned.known, 1);
    assert_true(counts[HOLDER_PRIOR] >= 1);
    assert_int_equal(summary.service_count, 1);
    if ((r = ledger_forget(fixture->ledger, &person, &forgotten)) != 0)
        return r;
    assert_int_equal(forgotten.mailboxes, 1);
    return ledger_tidy(fixture->ledger, &keeping, NOON + 1000 * DAY);
}

/* What was told to be done is there, whatever failed on the way to it; the later calls by leaps. */
static void do_it_with_failures(struct fixture *fixture, bool lasting)
{
    bool failed = true;
    long nth = 1;

    for (; failed; nth += 1 + nth / 20) {
        int r;

        assert_true(nth < 1000 * CALLS_MOST);
        fail_at(nth, lasting);
        r = do_the_rest(fixture, 2 * nth);
        failed = fail_no_more();
        if ((!is_answer(r) && r != ERR_NOMEM) || (r != 0 && !failed))
            fail_msg("call %ld: %s", nth, err_text(r));
        assert_int_equal(do_the_rest(fixture, 2 * nth + 1), 0);
        assert_string_equal(
            answer(fixture, "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM account),"
                            "(SELECT count(*) FROM mailbox WHERE address LIKE 'gone@%'),"
                            "(SELECT count(*) FROM service), (SELECT count(*) FROM service_domain),"
                            "(SELECT count(*) FROM contact), (SELECT count(*) FROM domain)"),
            "0|0|0|1|2|1|1");
    }
    assert_true(nth > 10); /* something could fail */
    assert_string_equal(answer(fixture, "PRAGMA integrity_check"), "ok");
    assert_string_equal(answer(fixture, "PRAGMA foreign_key_check"), "");
}

static void test_the_rest_with_each_call_failing(void **state)
{
    do_it_with_failures(*state, false);
}

static void test_the_rest_with_each_allocation_failing(void **state)
{
    atomic_store(&memory_fails, true);
    do_it_with_failures(*state, false);
    atomic_store(&memory_fails, false);
}

/* The -wal file is written back and cut to nothing, as the daemon does when it is idle and where
 * the file system comes to its end; nothing is lost where that fails. */
static void empty_wal_steps(struct fixture *fixture, bool lasting)
{
    bool failed = true;
    char wal[sizeof(fixture->path) + 8];
    struct stat status;
    long nth = 0;

    snprintf(wal, sizeof(wal), "%s-wal", fixture->path);
    atomic_store(&truncation_failed, false);
    while (failed) {
        int r;

        nth++;
        assert_true(nth < CALLS_MOST);
        (void)step(fixture, nth, false);
        fail_at(nth, lasting);
        r = ledger_checkpoint_now(fixture->path, 1000);
        failed = fail_no_more();
        assert_true(is_answer(r) || r == ERR_NOMEM);
        assert_true(r == 0 || failed);
        assert_int_equal(ledger_checkpoint_now(fixture->path, 1000), 0);
        assert_int_equal(stat(wal, &status), 0);
        assert_int_equal(status.st_size, 0);
    }
    assert_true(atomic_load(&truncation_failed));
    check_everything(fixture, nth);
}

static void test_emptying_the_wal_file_with_each_call_failing_once(void **state)
{
    empty_wal_steps(*state, false);
}

static void test_emptying_the_wal_file_with_each_call_failing_for_a_while(void **state)
{
    empty_wal_steps(*state, true);
}

/* Opening anew, often from an empty directory, with each call failing; the later ones, which are
 * many and much alike, by leaps. */
static void open_steps(struct fixture *fixture, bool lasting)
{
    bool failed = true;
    char *why;

    for (long nth = 1; failed; nth += 1 + nth / 40) {
        int r;

        assert_true(nth < 1000 * CALLS_MOST);
        fail_at(nth, lasting);
        r = open_ledger(fixture, 1000, &why);
        failed = fail_no_more();
        assert_true(r == 0 || r == ERR_LEDGER || r == ERR_BUSY || r == ERR_NOMEM);
        assert_true(r == 0 ? why == NULL : why != NULL);
        ledger_close(&fixture->ledger);
        free(why);
        if (nth % 3 == 0)
            unlink(fixture->path);
    }
    assert_int_equal(open_ledger(fixture, 5000, &why), 0);
    assert_int_equal(ledger_ping(fixture->ledger), 0);
    admin_open(fixture);
    check_everything(fixture, 0);
}

static void test_opening_with_each_call_failing_once(void **state)
{
    open_steps(*state, false);
}

static void test_opening_with_each_call_failing_for_a_while(void **state)
{
    open_steps(*state, true);
}

static void test_opening_with_each_allocation_failing(void **state)
{
    atomic_store(&memory_fails, true);
    open_steps(*state, false);
    atomic_store(&memory_fails, false);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
#define OPEN_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_each_call_to_the_system_fails_once),
        LEDGER_TEST(test_each_call_to_the_system_fails_for_a_while),
        LEDGER_TEST(test_each_allocation_of_sqlite_fails_once),
        LEDGER_TEST(test_each_allocation_of_ours_fails),
        LEDGER_TEST(test_the_rest_with_each_call_failing),
        LEDGER_TEST(test_the_rest_with_each_allocation_failing),
        LEDGER_TEST(test_emptying_the_wal_file_with_each_call_failing_once),
        LEDGER_TEST(test_emptying_the_wal_file_with_each_call_failing_for_a_while),
        OPEN_TEST(test_opening_with_each_call_failing_once),
        OPEN_TEST(test_opening_with_each_call_failing_for_a_while),
        OPEN_TEST(test_opening_with_each_allocation_failing),
    };

    use_failing_memory();
    assert_int_equal(layer_register(), SQLITE_OK);
    log_open("test_ledger_faultloop", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_faultloop", tests, NULL, NULL);
}
