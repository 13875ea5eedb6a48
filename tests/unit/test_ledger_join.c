/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Who comes while a commit is being written shares it. The first message is held up within its
 * transaction, by a function that a trigger calls, until the others wait.
 */
#include "ledger_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "log.h"

#define OTHERS 3

static struct {
    sem_t inside; /* the first message is being written … */
    sem_t go_on;  /* … and may be */
} gate;

struct sender {
    struct ledger *ledger;
    struct ledger_entry entry;
    bool expects; /* a mailbox, and records nothing */
    int result;
    pthread_t thread;
};

static void hold(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sem_post(&gate.inside);
    while (sem_wait(&gate.go_on) != 0)
        ;
    sqlite3_result_null(context);
}

/* For sqlite3_auto_extension: each new connection knows the function. */
static int add_hold(sqlite3 *handle, const char **error, const void *api)
{
    (void)error;
    (void)api;
    return sqlite3_create_function(
        handle, "hold", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL, hold, NULL, NULL);
}

static void *send_it(void *cookie)
{
    struct sender *sender = cookie;

    sender->result = sender->expects
                         ? ledger_expect_mailbox(sender->ledger, "new@example.com", NULL, NOON)
                         : ledger_record(sender->ledger, &sender->entry, 1);
    return NULL;
}

static void start(struct sender *sender, struct fixture *fixture)
{
    sender->ledger = fixture->ledger;
    assert_int_equal(pthread_create(&sender->thread, NULL, send_it, sender), 0);
}

static void await_waiting(struct fixture *fixture, unsigned count)
{
    struct ledger_statistics statistics;

    do {
        sched_yield();
        ledger_statistics(fixture->ledger, &statistics);
    } while (statistics.waiting < count);
}

/* Sends the others while the first is being written, which it is `turns` times; returns how many
 * commits there were. */
static unsigned long long send_all(struct fixture *fixture, struct sender *others, unsigned turns)
{
    struct sender first = {.entry = sample("00")};
    struct ledger_statistics before, after;

    assert_int_equal(sqlite3_exec(fixture->admin,
                         "CREATE TRIGGER held AFTER INSERT ON message "
                         "WHEN NEW.fingerprint = x'00' BEGIN SELECT hold(); END",
                         NULL, NULL, NULL),
        SQLITE_OK);
    ledger_statistics(fixture->ledger, &before);
    start(&first, fixture);
    while (sem_wait(&gate.inside) != 0)
        ;
    for (unsigned i = 0; i < OTHERS; i++) {
        start(&others[i], fixture);
        await_waiting(fixture, i + 1);
    }
    while (turns-- > 0)
        sem_post(&gate.go_on);
    pthread_join(first.thread, NULL);
    for (unsigned i = 0; i < OTHERS; i++)
        pthread_join(others[i].thread, NULL);
    assert_int_equal(first.result, 0);
    ledger_statistics(fixture->ledger, &after);
    return after.commits - before.commits;
}

static void test_they_share_it(void **state)
{
    struct fixture *fixture = *state;
    struct sender others[OTHERS] = {
        {.entry = sample("01")}, {.entry = sample("02")}, {.entry = sample("03")}};

    assert_int_equal(send_all(fixture, others, 1), 1);
    for (unsigned i = 0; i < OTHERS; i++)
        assert_int_equal(others[i].result, 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "4");
}

/* The first is written a second time then, apart from the others. */
static void test_one_that_fails_fails_alone(void **state)
{
    struct fixture *fixture = *state;
    struct sender others[OTHERS] = {
        {.entry = sample("01")}, {.entry = sample("02")}, {.entry = sample("03")}};

    others[1].entry.received = DATE_NONE;
    assert_int_equal(send_all(fixture, others, 2), 1);
    assert_int_equal(others[0].result, 0);
    assert_int_equal(others[1].result, ERR_LEDGER);
    assert_int_equal(others[2].result, 0);
    assert_string_equal(
        answer(fixture, "SELECT group_concat(hex(fingerprint)), count(DISTINCT id) FROM message"),
        "00,01,03|3");
}

/* What cannot be written a second time waits for the next. */
static void test_other_jobs_do_not(void **state)
{
    struct fixture *fixture = *state;
    struct sender others[OTHERS] = {
        {.entry = sample("01")}, {.expects = true}, {.entry = sample("03")}};

    assert_int_equal(send_all(fixture, others, 1), 2);
    for (unsigned i = 0; i < OTHERS; i++)
        assert_int_equal(others[i].result, 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "3");
    assert_string_equal(answer(fixture, "SELECT address FROM mailbox"), "new@example.com");
}

static int set_up(void **state)
{
    sem_init(&gate.inside, 0, 0);
    sem_init(&gate.go_on, 0, 0);
    sqlite3_auto_extension((void (*)(void))add_hold);
    return make_ledger(state);
}

static int tear_down(void **state)
{
    int r = remove_all(state);

    sqlite3_cancel_auto_extension((void (*)(void))add_hold);
    sem_destroy(&gate.inside);
    sem_destroy(&gate.go_on);
    return r;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_they_share_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_that_fails_fails_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_jobs_do_not, set_up, tear_down),
    };

    log_open("test_ledger_join", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_join", tests, NULL, NULL);
}
