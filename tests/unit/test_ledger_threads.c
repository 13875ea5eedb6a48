/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Many threads at one ledger: every row that was answered for is there, once; who fails does not
 * take others with him; an administrator and a second daemon may write in between.
 */
#include "ledger_fixture.h"

#include <pthread.h>
#include <sched.h>

#include "log.h"

#define THREADS 16
#define ROUNDS 40

struct worker {
    struct fixture *fixture;
    struct ledger *ledger;
    unsigned number;
    unsigned recorded; /* results 0 */
    unsigned refused;  /* ERR_LEDGER */
    unsigned late;     /* ERR_BUSY */
    unsigned wrong;    /* anything else, or an answer that cannot be */
};

static void count(struct worker *worker, int result)
{
    if (result == 0)
        worker->recorded++;
    else if (result == ERR_LEDGER)
        worker->refused++;
    else if (result == ERR_BUSY)
        worker->late++;
    else
        worker->wrong++;
}

/* Records, and asks for what it has just recorded. */
static void *record_and_ask(void *cookie)
{
    struct worker *worker = cookie;

    for (unsigned i = 0; i < ROUNDS; i++) {
        char fingerprint[20];
        char address[40];
        struct ledger_entry entry = sample(fingerprint);
        struct ledger_account account;
        struct ledger_mailbox mailbox;

        snprintf(fingerprint, sizeof(fingerprint), "%04x%04x", worker->number, i);
        snprintf(address, sizeof(address), "a%u@example.com", (worker->number * 7 + i) % 50);
        entry.address = address;
        ledger_is_coming(worker->ledger);
        sched_yield();
        ledger_has_come(worker->ledger);
        count(worker, ledger_record(worker->ledger, &entry, 1));
        if (ledger_find_account(worker->ledger, address, entry.service, &account) != 0 ||
            !account.known || account.holder != HOLDER_PRIOR)
            worker->wrong++;
        if (ledger_find_mailbox(worker->ledger, address, address, &mailbox) != 0 || mailbox.own)
            worker->wrong++;
    }
    return NULL;
}

/* Every third row cannot be written. */
static void *record_some_bad(void *cookie)
{
    struct worker *worker = cookie;

    for (unsigned i = 0; i < ROUNDS; i++) {
        char fingerprint[20];
        struct ledger_entry entries[2] = {sample(fingerprint), sample(NULL)};

        snprintf(fingerprint, sizeof(fingerprint), "%04x%04x", worker->number, i);
        entries[1].address = "second@example.com";
        if (i % 3 == 0)
            entries[1].received = DATE_NONE;
        count(worker, ledger_record(worker->ledger, entries, 2));
    }
    return NULL;
}

static struct worker run(struct fixture *fixture, struct ledger *second, void *(*work)(void *))
{
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    struct worker sum = {0};

    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.fixture = fixture,
            .ledger = second != NULL && i % 2 == 1 ? second : fixture->ledger,
            .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum.recorded += workers[i].recorded;
        sum.refused += workers[i].refused;
        sum.late += workers[i].late;
        sum.wrong += workers[i].wrong;
    }
    return sum;
}

static void test_every_row_is_there(void **state)
{
    struct fixture *fixture = *state;
    struct worker sum = run(fixture, NULL, record_and_ask);
    struct ledger_statistics statistics;

    assert_int_equal(sum.wrong, 0);
    assert_int_equal(sum.recorded, THREADS * ROUNDS);
    assert_string_equal(
        answer(fixture, "SELECT count(*), sum(deliveries), count(DISTINCT fingerprint), "
                        "(SELECT sum(messages) FROM address), (SELECT sum(messages) FROM account), "
                        "(SELECT sum(messages) FROM account_kind), "
                        "(SELECT sum(messages) FROM day_count), "
                        "(SELECT count(*) FROM address) FROM message"),
        "640|640|640|640|640|640|640|50");
    ledger_statistics(fixture->ledger, &statistics);
    assert_int_equal(statistics.recorded, THREADS * ROUNDS);
    assert_int_equal(statistics.failures, 0);
    assert_int_equal(statistics.waiting, 0);
    assert_true(statistics.commits >= 1 && statistics.commits <= THREADS * ROUNDS);
}

static void test_one_that_fails_fails_alone(void **state)
{
    struct fixture *fixture = *state;
    struct worker sum = run(fixture, NULL, record_some_bad);
    unsigned bad = THREADS * ((ROUNDS + 2) / 3);

    assert_int_equal(sum.wrong, 0);
    assert_int_equal(sum.refused, bad);
    assert_int_equal(sum.recorded, THREADS * ROUNDS - bad);
    /* both rows of the good ones, none of the bad ones */
    assert_string_equal(
        answer(fixture, "SELECT count(*), count(fingerprint), sum(deliveries) FROM message"),
        "832|416|832");
    assert_string_equal(answer(fixture, "PRAGMA integrity_check"), "ok");
}

static void *edit_on_and_on(void *cookie)
{
    struct worker *worker = cookie;

    for (unsigned i = 0; i < 30; i++) {
        if (sqlite3_exec(worker->fixture->admin,
                "BEGIN IMMEDIATE; UPDATE account SET note = 'seen'; "
                "INSERT INTO mailbox (address) VALUES ('edit@example.com'); "
                "DELETE FROM mailbox WHERE address = 'edit@example.com'; COMMIT",
                NULL, NULL, NULL) != SQLITE_OK)
            worker->wrong++;
    }
    return NULL;
}

static void test_who_announced_himself_and_does_not_come_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("00");

    ledger_is_coming(fixture->ledger);
    ledger_is_coming(fixture->ledger);
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), 0);
    ledger_has_come(fixture->ledger);
    ledger_has_come(fixture->ledger);
    entry.fingerprint = "01";
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "2");
}

static void test_an_administrator_and_a_second_daemon(void **state)
{
    struct fixture *fixture = *state;
    struct fixture second = *fixture;
    struct worker admin = {.fixture = fixture};
    struct worker sum;
    pthread_t thread;
    char *why;

    assert_int_equal(open_ledger(&second, 20000, &why), 0);
    ledger_close(&fixture->ledger);
    assert_int_equal(open_ledger(fixture, 20000, &why), 0);
    assert_int_equal(pthread_create(&thread, NULL, edit_on_and_on, &admin), 0);
    sum = run(fixture, second.ledger, record_and_ask);
    pthread_join(thread, NULL);
    ledger_close(&second.ledger);
    assert_int_equal(sum.wrong + admin.wrong, 0);
    assert_int_equal(sum.recorded, THREADS * ROUNDS);
    assert_string_equal(
        answer(fixture, "SELECT count(*), sum(deliveries) FROM message"), "640|640");
}

static void *replace_files(void *cookie)
{
    struct worker *worker = cookie;

    for (unsigned i = 0; i < 10; i++) {
        struct ledger_mailbox mailbox;

        unlink(worker->fixture->path);
        if (ledger_find_mailbox(worker->fixture->ledger, "a@example.com", NULL, &mailbox) ==
            ERR_NOMEM)
            worker->wrong++;
    }
    return NULL;
}

/* Files that vanish under load: nothing is promised for the rows, but everybody gets an answer,
 * and it works when that has stopped. */
static void test_files_that_vanish_under_load(void **state)
{
    struct fixture *fixture = *state;
    struct worker vandal = {.fixture = fixture};
    struct ledger_entry entry = sample("ffffffffff");
    struct worker sum;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, replace_files, &vandal), 0);
    sum = run(fixture, NULL, record_some_bad);
    pthread_join(thread, NULL);
    assert_int_equal(sum.wrong + vandal.wrong, 0);
    assert_int_equal(sum.recorded + sum.refused + sum.late, THREADS * ROUNDS);
    unlink(fixture->path);
    record(fixture, &entry);
    sqlite3_close(fixture->admin);
    admin_open(fixture);
    assert_string_equal(answer(fixture, "SELECT hex(fingerprint) FROM message"), "FFFFFFFFFF");
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_every_row_is_there),
        LEDGER_TEST(test_one_that_fails_fails_alone),
        LEDGER_TEST(test_who_announced_himself_and_does_not_come_is_not_waited_for),
        LEDGER_TEST(test_an_administrator_and_a_second_daemon),
        LEDGER_TEST(test_files_that_vanish_under_load),
    };

    log_open("test_ledger_threads", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_threads", tests, NULL, NULL);
}
