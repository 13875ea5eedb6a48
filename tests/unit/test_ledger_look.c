/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Looking at a ledger without being its daemon: whatever state its files are in, what was
 * committed is seen, and no file is made or changed. The daemon is a process of its own here,
 * because locks within one process are not those between two.
 */
#include "ledger_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "log.h"

static int look(struct fixture *fixture, char **why)
{
    struct ledger_options options = {.path = fixture->path, .read_only = true, .timeout_ms = 5000};

    return ledger_open(&options, &fixture->ledger, why);
}

static void looked(struct fixture *fixture)
{
    char *why;

    if (look(fixture, &why) != 0)
        fail_msg("%s", why);
}

static bool account_is_known(struct fixture *fixture, const char *address)
{
    struct ledger_account account;

    assert_int_equal(ledger_find_account(fixture->ledger, address, "shop.example", &account), 0);
    return account.known;
}

/* Names, sizes and times of change of the files in the directory. */
static void list(struct fixture *fixture, char *out, size_t size)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char name[200];
        struct stat status;

        snprintf(name, sizeof(name), "%s%s", fixture->path, suffixes[i]);
        if (stat(name, &status) == 0)
            used += (size_t)snprintf(out + used, size - used, "%s:%lld:%lld.%09ld ", suffixes[i],
                (long long)status.st_size, (long long)status.st_mtim.tv_sec,
                status.st_mtim.tv_nsec);
    }
}

/* A daemon in a process of its own, which records one message for each address given and then
 * does as its pipe tells: 'q' end, anything else the next address. */
struct daemon {
    pid_t process;
    int orders;
    int reports;
};

static void daemon_life(struct fixture *fixture, int orders, int reports)
{
    struct fixture mine = *fixture;
    char order;
    char *why;

    mine.ledger = NULL;
    if (open_ledger(&mine, 5000, &why) != 0)
        _exit(1);
    while (read(orders, &order, 1) == 1 && order != 'q') {
        char address[40];
        char fingerprint[8];
        struct ledger_entry entry = sample(fingerprint);

        snprintf(address, sizeof(address), "%c@example.com", order);
        snprintf(fingerprint, sizeof(fingerprint), "%02x", (unsigned char)order);
        entry.address = address;
        if (ledger_record(mine.ledger, &entry, 1) != 0 || write(reports, "k", 1) != 1)
            _exit(2);
    }
    ledger_close(&mine.ledger);
    _exit(0);
}

static void daemon_start(struct fixture *fixture, struct daemon *daemon)
{
    int orders[2];
    int reports[2];

    assert_int_equal(pipe(orders), 0);
    assert_int_equal(pipe(reports), 0);
    fflush(NULL);
    daemon->process = fork();
    assert_true(daemon->process >= 0);
    if (daemon->process == 0)
        daemon_life(fixture, orders[0], reports[1]);
    close(orders[0]);
    close(reports[1]);
    daemon->orders = orders[1];
    daemon->reports = reports[0];
}

static void daemon_records(struct daemon *daemon, char name)
{
    char report = 0;

    assert_int_equal(write(daemon->orders, &name, 1), 1);
    assert_int_equal(read(daemon->reports, &report, 1), 1);
    assert_int_equal(report, 'k');
}

static void daemon_end(struct daemon *daemon, int signal)
{
    int status;

    if (signal != 0)
        assert_int_equal(kill(daemon->process, signal), 0);
    else
        assert_int_equal(write(daemon->orders, "q", 1), 1);
    assert_int_equal(waitpid(daemon->process, &status, 0), daemon->process);
    if (signal == 0)
        assert_int_equal(status, 0);
    close(daemon->orders);
    close(daemon->reports);
}

static void test_no_ledger(void **state)
{
    struct fixture *fixture = *state;
    char *why;

    assert_int_equal(look(fixture, &why), ERR_LEDGER);
    assert_non_null(strstr(why, "start the daemon, which makes it"));
    free(why);
    assert_int_equal(access(fixture->path, F_OK), -1);
}

static void test_an_empty_file_is_no_ledger(void **state)
{
    struct fixture *fixture = *state;
    FILE *file = fopen(fixture->path, "w");
    char *why;

    assert_non_null(file);
    fclose(file);
    assert_int_equal(look(fixture, &why), ERR_LEDGER);
    assert_non_null(strstr(why, "start the daemon once"));
    free(why);
}

static void test_a_ledger_that_nobody_has_open(void **state)
{
    struct fixture *fixture = *state;
    struct daemon daemon;
    char before[300];
    char after[300];
    struct ledger_entry entry = sample("01");

    daemon_start(fixture, &daemon);
    daemon_records(&daemon, 'a');
    daemon_end(&daemon, 0);
    list(fixture, before, sizeof(before));
    looked(fixture);
    assert_true(account_is_known(fixture, "a@example.com"));
    assert_false(account_is_known(fixture, "b@example.com"));
    assert_int_equal(ledger_ping(fixture->ledger), 0);
    assert_int_equal(ledger_record(fixture->ledger, &entry, 1), ERR_LEDGER);
    assert_int_equal(
        ledger_learn_mailbox(fixture->ledger, "a@example.com", NULL, "learned", NOON), ERR_LEDGER);
    assert_int_equal(ledger_mirror(fixture->ledger, NULL, 0, NULL), ERR_LEDGER);
    ledger_close(&fixture->ledger);
    list(fixture, after, sizeof(after));
    assert_string_equal(before, after);
    assert_null(strstr(after, "-"));
}

static void test_a_ledger_with_a_daemon(void **state)
{
    struct fixture *fixture = *state;
    struct daemon daemon;
    char before[300];
    char after[300];

    daemon_start(fixture, &daemon);
    daemon_records(&daemon, 'a');
    list(fixture, before, sizeof(before));
    looked(fixture);
    assert_true(account_is_known(fixture, "a@example.com"));
    list(fixture, after, sizeof(after));
    assert_string_equal(before, after);
    daemon_records(&daemon, 'b');
    assert_true(account_is_known(fixture, "b@example.com"));
    daemon_end(&daemon, 0);
    assert_true(account_is_known(fixture, "b@example.com"));
}

/* Looked at while nobody had it open; what a daemon that starts then writes is seen. */
static void test_a_daemon_that_starts_later(void **state)
{
    struct fixture *fixture = *state;
    struct daemon daemon;

    daemon_start(fixture, &daemon);
    daemon_records(&daemon, 'a');
    daemon_end(&daemon, 0);
    looked(fixture);
    assert_true(account_is_known(fixture, "a@example.com"));
    daemon_start(fixture, &daemon);
    daemon_records(&daemon, 'b');
    assert_true(account_is_known(fixture, "b@example.com"));
    daemon_end(&daemon, 0);
    assert_true(account_is_known(fixture, "b@example.com"));
}

static void test_a_daemon_that_was_killed(void **state)
{
    struct fixture *fixture = *state;
    struct daemon daemon;
    char before[300];
    char after[300];

    daemon_start(fixture, &daemon);
    daemon_records(&daemon, 'a');
    daemon_records(&daemon, 'b');
    daemon_end(&daemon, SIGKILL);
    list(fixture, before, sizeof(before));
    assert_non_null(strstr(before, "-wal"));
    looked(fixture);
    assert_true(account_is_known(fixture, "b@example.com"));
    ledger_close(&fixture->ledger);
    list(fixture, after, sizeof(after));
    assert_string_equal(before, after);
}

/* As a copy of database and -wal file is. */
static void test_a_wal_file_alone(void **state)
{
    struct fixture *fixture = *state;
    struct daemon daemon;
    char name[200];

    daemon_start(fixture, &daemon);
    daemon_records(&daemon, 'a');
    daemon_end(&daemon, SIGKILL);
    snprintf(name, sizeof(name), "%s-shm", fixture->path);
    assert_int_equal(unlink(name), 0);
    looked(fixture);
    assert_true(account_is_known(fixture, "a@example.com"));
}

/* Killed at any moment, and the daemon's next start finds what it had answered for. */
static void test_nothing_answered_is_lost(void **state)
{
    struct fixture *fixture = *state;
    struct daemon daemon;

    for (char name = 'a'; name < 'f'; name++) {
        daemon_start(fixture, &daemon);
        daemon_records(&daemon, name);
        daemon_end(&daemon, SIGKILL);
    }
    looked(fixture);
    for (char name = 'a'; name < 'f'; name++) {
        char address[40];

        snprintf(address, sizeof(address), "%c@example.com", name);
        assert_true(account_is_known(fixture, address));
    }
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_no_ledger),
        LEDGER_TEST(test_an_empty_file_is_no_ledger),
        LEDGER_TEST(test_a_ledger_that_nobody_has_open),
        LEDGER_TEST(test_a_ledger_with_a_daemon),
        LEDGER_TEST(test_a_daemon_that_starts_later),
        LEDGER_TEST(test_a_daemon_that_was_killed),
        LEDGER_TEST(test_a_wal_file_alone),
        LEDGER_TEST(test_nothing_answered_is_lost),
    };

    log_open("test_ledger_look", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_look", tests, NULL, NULL);
}
