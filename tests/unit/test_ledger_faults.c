/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What goes wrong under a ledger that is open, and that it works again once the cause is gone.
 */
#include "ledger_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "ledger_checkpoint.h"
#include "ledger_file.h"
#include "log.h"

static const char *const suffixes[] = {"", "-wal", "-shm"};

static void unlink_all(const char *path)
{
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char name[200];

        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static int make_impatient_ledger(void **state)
{
    struct fixture *fixture;
    char *why;

    make_directory(state);
    fixture = *state;
    if (open_ledger(fixture, 300, &why) != 0) {
        print_error("%s\n", why);
        return -1;
    }
    admin_open(fixture);
    return 0;
}

static void reopen_admin(struct fixture *fixture)
{
    sqlite3_close(fixture->admin);
    admin_open(fixture);
}

static void test_a_lock_held_too_long(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;
    struct ledger_statistics statistics;

    edited(fixture, "BEGIN IMMEDIATE");
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), ERR_BUSY);
    /* reading never waits for writing */
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), 0);
    assert_false(account.known);
    assert_int_equal(ledger_ping(fixture->ledger), 0);
    edited(fixture, "COMMIT");
    ledger_statistics(fixture->ledger, &statistics);
    assert_int_equal(statistics.failures, 1);
    assert_int_equal(statistics.waiting, 0);
    entry.fingerprint = "02";
    while (ledger_record(fixture->ledger, &entry, 1) == ERR_BUSY)
        ; /* a slow disk is no failure */
    /* what was given up while it waited is not written later */
    assert_string_equal(answer(fixture, "SELECT hex(fingerprint) FROM message"), "02");
}

static void *unlock_soon(void *cookie)
{
    struct fixture *fixture = cookie;
    struct timespec pause = {0, 100000000};

    nanosleep(&pause, NULL);
    sqlite3_exec(fixture->admin, "COMMIT", NULL, NULL, NULL);
    return NULL;
}

static void test_a_lock_held_for_a_while(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    pthread_t thread;

    edited(fixture, "BEGIN IMMEDIATE");
    assert_int_equal(pthread_create(&thread, NULL, unlock_soon, fixture), 0);
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), 0);
    pthread_join(thread, NULL);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "1");
}

static void *record_one(void *cookie)
{
    struct fixture *fixture = cookie;
    struct ledger_entry entry = sample(NULL);

    return (void *)(intptr_t)ledger_record(fixture->ledger, &entry, 1);
}

/* A full queue answers at once, without waiting for its own time to be over. */
static void test_a_full_queue(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_options options = {
        .path = fixture->path, .timeout_ms = 60000, .queue = 2, .synchronous = "FULL"};
    struct ledger_statistics statistics;
    struct ledger_entry entry = sample(NULL);
    pthread_t threads[2];
    char *why;

    ledger_close(&fixture->ledger);
    assert_int_equal(ledger_open(&options, &fixture->ledger, &why), 0);
    edited(fixture, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, record_one, fixture), 0);
    do
        ledger_statistics(fixture->ledger, &statistics);
    while (statistics.waiting < 2);
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), ERR_BUSY);
    edited(fixture, "COMMIT");
    for (size_t i = 0; i < 2; i++) {
        void *result;

        pthread_join(threads[i], &result);
        assert_int_equal((intptr_t)result, 0);
    }
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "2");
}

static void test_the_file_is_removed(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;

    record(fixture, &entry);
    unlink_all(fixture->path);
    entry.fingerprint = "02";
    entry.address = "new@example.com";
    record(fixture, &entry);
    reopen_admin(fixture);
    assert_string_equal(answer(fixture, "SELECT address FROM messages"), "new@example.com");
    assert_string_equal(answer(fixture, "PRAGMA user_version"), "4");
    assert_int_equal(
        ledger_find_account(fixture->ledger, "old@example.com", entry.service, &account), 0);
    assert_false(account.known);
    assert_int_equal(
        ledger_find_account(fixture->ledger, "new@example.com", entry.service, &account), 0);
    assert_true(account.known);
}

/* Whoever owns configuration and catalogue learns that the mirror is due. */
static void test_a_replacement_is_counted(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_statistics statistics;

    record(fixture, &entry);
    ledger_statistics(fixture->ledger, &statistics);
    assert_int_equal(statistics.replaced, 0);
    /* nobody else keeps the file open: the new one may get its inode */
    sqlite3_close(fixture->admin);
    fixture->admin = NULL;
    unlink_all(fixture->path);
    record(fixture, &entry);
    record(fixture, &entry);
    ledger_statistics(fixture->ledger, &statistics);
    assert_int_equal(statistics.replaced, 1);
}

/* The -wal file is emptied when nothing happens, and moved into the database when asked. */
static void test_checkpoints(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_checkpoint *checkpoint;
    struct ledger_entry entry = sample("01");
    struct stat before;
    struct stat after;

    record(fixture, &entry);
    assert_true(ledger_file_beside(fixture->path, "-wal") > 0);
    assert_int_equal(stat(fixture->path, &before), 0);
    assert_int_equal(ledger_checkpoint_start(fixture->path, 600000, &checkpoint), 0);
    ledger_checkpoint_ask(checkpoint);
    do
        assert_int_equal(stat(fixture->path, &after), 0);
    while (after.st_size == before.st_size);
    ledger_checkpoint_stop(&checkpoint);
    assert_true(ledger_file_beside(fixture->path, "-wal") > 0);
    assert_int_equal(ledger_checkpoint_start(fixture->path, 1, &checkpoint), 0);
    while (ledger_file_beside(fixture->path, "-wal") > 0)
        usleep(1000);
    ledger_checkpoint_stop(&checkpoint);
    ledger_checkpoint_stop(&checkpoint);
    record(fixture, &entry);
    assert_string_equal(answer(fixture, "SELECT deliveries FROM message"), "2");
}

/* How often the -wal file began anew, as its header counts. */
static uint32_t count_beginnings(const struct fixture *fixture)
{
    unsigned char count[4] = {0};
    char name[160];
    int file;

    snprintf(name, sizeof(name), "%s-wal", fixture->path);
    file = open(name, O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(pread(file, count, sizeof(count), 12), sizeof(count));
    close(file);
    return (uint32_t)count[0] << 24 | (uint32_t)count[1] << 16 | (uint32_t)count[2] << 8 | count[3];
}

/* Without a pause between the messages, and long before it has its largest size. */
static void test_the_wal_file_begins_anew_under_load(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("00");
    uint32_t before;
    char fingerprint[20];

    record(fixture, &entry);
    before = count_beginnings(fixture);
    entry.fingerprint = fingerprint;
    for (unsigned i = 0; i < 2500 && count_beginnings(fixture) == before; i++) {
        snprintf(fingerprint, sizeof(fingerprint), "%08x", i * 2654435761u);
        record(fixture, &entry);
    }
    assert_int_not_equal(count_beginnings(fixture), before);
}

/* The first thing asked of a ledger whose file is gone is a question. */
static void test_a_question_after_the_file_is_removed(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_mailbox mailbox;

    record(fixture, &entry);
    assert_int_equal(ledger_ping(fixture->ledger), 0);
    unlink_all(fixture->path);
    assert_int_equal(ledger_find_mailbox(fixture->ledger, "me@example.com", NULL, &mailbox), 0);
    assert_false(mailbox.own);
    record(fixture, &entry);
}

static void test_the_file_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct fixture other = {.path = ""};
    struct ledger_entry entry = sample("01");
    struct ledger_account account;
    char *why;

    record(fixture, &entry);
    snprintf(other.path, sizeof(other.path), "%s/other.db", fixture->directory);
    assert_int_equal(open_ledger(&other, 5000, &why), 0);
    entry.address = "restored@example.com";
    record(&other, &entry);
    ledger_close(&other.ledger);
    assert_int_equal(
        ledger_find_account(fixture->ledger, "old@example.com", entry.service, &account), 0);
    assert_true(account.known);
    unlink_all(fixture->path);
    assert_int_equal(rename(other.path, fixture->path), 0);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), 0);
    assert_true(account.known);
    entry.fingerprint = "02";
    record(fixture, &entry);
    reopen_admin(fixture);
    assert_string_equal(answer(fixture, "SELECT address, count(*) FROM messages GROUP BY address"),
        "restored@example.com|2");
    assert_string_equal(answer(fixture, "PRAGMA integrity_check"), "ok");
}

static void test_the_file_is_replaced_by_something_else(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;
    FILE *file;

    record(fixture, &entry);
    unlink_all(fixture->path);
    file = fopen(fixture->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 200; i++)
        fputs("no database, and not to be written\n", file);
    fclose(file);
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), ERR_LEDGER);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), ERR_LEDGER);
    assert_int_equal(ledger_ping(fixture->ledger), ERR_LEDGER);
    assert_int_equal(unlink(fixture->path), 0);
    record(fixture, &entry);
    assert_int_equal(ledger_ping(fixture->ledger), 0);
}

static void test_the_directory_is_gone_for_a_while(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;
    char away[100];
    FILE *file;

    record(fixture, &entry);
    snprintf(away, sizeof(away), "%s.away", fixture->directory);
    assert_int_equal(rename(fixture->directory, away), 0);
    file = fopen(fixture->directory, "w"); /* a file in its place: it cannot be made anew */
    assert_non_null(file);
    fclose(file);
    entry.fingerprint = "02";
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), ERR_LEDGER);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), ERR_LEDGER);
    assert_int_equal(unlink(fixture->directory), 0);
    assert_int_equal(rename(away, fixture->directory), 0);
    record(fixture, &entry);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), 0);
    assert_true(account.known);
    reopen_admin(fixture);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM message"), "2");
}

static void test_a_table_is_missing_for_a_while(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;

    record(fixture, &entry);
    edited(fixture, "DROP TRIGGER message_counted; ALTER TABLE account RENAME TO elsewhere");
    entry.fingerprint = "02";
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), ERR_LEDGER);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), ERR_LEDGER);
    edited(fixture, "ALTER TABLE elsewhere RENAME TO account");
    record(fixture, &entry);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), 0);
    assert_true(account.known);
}

/* No more room for the files: the limit of the process stands in for a full disk. */
static void test_a_full_disk(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;
    struct rlimit before;
    struct rlimit narrow;
    signal(SIGXFSZ, SIG_IGN);
    record(fixture, &entry);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    narrow = before;
    narrow.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
    entry.fingerprint = "02";
    int r = ledger_record(fixture->ledger, &entry, 1);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(r, ERR_LEDGER);
    record(fixture, &entry);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), 0);
    assert_true(account.known);
    assert_string_equal(answer(fixture, "SELECT count(*), sum(deliveries) FROM message"), "2|2");
    assert_string_equal(answer(fixture, "PRAGMA integrity_check"), "ok");
}

/* Closing waits for what was begun and gives up what cannot be written. */
static void test_closing_while_locked(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    void *result;
    struct ledger_statistics statistics;

    edited(fixture, "BEGIN IMMEDIATE");
    assert_int_equal(pthread_create(&thread, NULL, record_one, fixture), 0);
    do
        ledger_statistics(fixture->ledger, &statistics);
    while (statistics.waiting + statistics.failures < 1);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, ERR_BUSY);
    ledger_close(&fixture->ledger);
    edited(fixture, "COMMIT");
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
#define IMPATIENT_TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, make_impatient_ledger, remove_all)
    const struct CMUnitTest tests[] = {
        IMPATIENT_TEST(test_a_lock_held_too_long),
        LEDGER_TEST(test_a_lock_held_for_a_while),
        LEDGER_TEST(test_a_full_queue),
        LEDGER_TEST(test_the_file_is_removed),
        LEDGER_TEST(test_a_replacement_is_counted),
        LEDGER_TEST(test_checkpoints),
        LEDGER_TEST(test_the_wal_file_begins_anew_under_load),
        LEDGER_TEST(test_a_question_after_the_file_is_removed),
        LEDGER_TEST(test_the_file_is_replaced),
        LEDGER_TEST(test_the_file_is_replaced_by_something_else),
        LEDGER_TEST(test_the_directory_is_gone_for_a_while),
        LEDGER_TEST(test_a_table_is_missing_for_a_while),
        LEDGER_TEST(test_a_full_disk),
        IMPATIENT_TEST(test_closing_while_locked),
    };

    log_open("test_ledger_faults", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_faults", tests, NULL, NULL);
}
