/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Opening: what is made and how, what is refused and untouched, what an upgrade brings.
 */
#include "ledger_fixture.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "ledger_schema.h"
#include "ledger_sql.h"
#include "log.h"

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* The file as one string to compare with later. */
static char *contents(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 100001);
    char *hex = calloc(1, 200003);
    size_t length;

    assert_non_null(file);
    assert_non_null(text);
    assert_non_null(hex);
    length = fread(text, 1, 100000, file);
    fclose(file);
    for (size_t i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)text[i]);
    free(text);
    return hex;
}

static void refused(struct fixture *fixture, int code, const char *sentence)
{
    char *why;

    assert_int_equal(open_ledger(fixture, 1000, &why), code);
    assert_null(fixture->ledger);
    assert_non_null(why);
    if (strstr(why, sentence) == NULL)
        fail_msg("%s", why);
    free(why);
}

static void opened(struct fixture *fixture)
{
    char *why;
    int r = open_ledger(fixture, 5000, &why);

    if (r != 0)
        fail_msg("%s", why);
}

static void test_file_and_directory_are_made(void **state)
{
    struct fixture *fixture = *state;
    char directory[100];
    mode_t before = umask(077);

    snprintf(directory, sizeof(directory), "%s/made", fixture->directory);
    snprintf(fixture->path, sizeof(fixture->path), "%s/a?b#c%%20.db", directory);
    umask(027);
    opened(fixture);
    umask(before);
    assert_int_equal(mode_of(fixture->path), 0640);
    assert_int_equal(mode_of(directory), 0750);
    admin_open(fixture);
    assert_string_equal(answer(fixture, "PRAGMA user_version"), "4");
    assert_string_equal(answer(fixture, "PRAGMA application_id"), "1198473591");
    assert_string_equal(answer(fixture, "PRAGMA journal_mode"), "wal");
    assert_string_equal(answer(fixture, "PRAGMA page_size"), "2048");
    assert_string_equal(answer(fixture, "PRAGMA integrity_check"), "ok");
    ledger_close(&fixture->ledger);
    sqlite3_close(fixture->admin);
    fixture->admin = NULL;
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(rmdir(directory), 0); /* nothing else was left in it */
}

static void test_the_umask_does_not_narrow_the_file(void **state)
{
    struct fixture *fixture = *state;
    mode_t before = umask(0777);

    opened(fixture);
    umask(before);
    assert_int_equal(mode_of(fixture->path), 0640);
}

static void test_a_missing_parent_is_refused(void **state)
{
    struct fixture *fixture = *state;

    snprintf(fixture->path, sizeof(fixture->path), "%s/no/where/a.db", fixture->directory);
    refused(fixture, ERR_SYSTEM, "the directory of the ledger cannot be made (No such file");
}

static void test_a_directory_for_everybody_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(chmod(fixture->directory, 0777), 0);
    refused(fixture, ERR_SYSTEM, "everybody can write in this directory");
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(chmod(fixture->directory, 01777), 0);
    refused(fixture, ERR_SYSTEM, "everybody can write in this directory");
    assert_int_equal(chmod(fixture->directory, 0770), 0);
    opened(fixture);
}

static void test_what_is_no_file_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkdir(fixture->path, 0700), 0);
    refused(fixture, ERR_SYSTEM, "is no regular file");
    assert_int_equal(rmdir(fixture->path), 0);
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    refused(fixture, ERR_SYSTEM, "is no regular file");
}

static void test_what_is_no_database_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char *before;
    char *after;

    write_file(fixture->path, "These are the notes of the administrator, and of nobody else.\n");
    before = contents(fixture->path);
    refused(fixture, ERR_LEDGER, "is no database: move the file away");
    after = contents(fixture->path);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_an_empty_file_becomes_a_ledger(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture->path, "");
    opened(fixture);
    assert_int_equal(ledger_ping(fixture->ledger), 0);
}

static void test_databases_of_others_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const makes[] = {
        "CREATE TABLE theirs (x)",
        "PRAGMA application_id = 77",
        "PRAGMA user_version = 1",
    };

    for (size_t i = 0; i < sizeof(makes) / sizeof(makes[0]); i++) {
        char *before;
        char *after;

        admin_open(fixture);
        edited(fixture, makes[i]);
        sqlite3_close(fixture->admin);
        fixture->admin = NULL;
        before = contents(fixture->path);
        refused(fixture, ERR_LEDGER, "is a database of another program");
        after = contents(fixture->path);
        assert_string_equal(before, after);
        free(before);
        free(after);
        assert_int_equal(unlink(fixture->path), 0);
    }
}

static void test_a_newer_ledger_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char *before;
    char *after;

    opened(fixture);
    ledger_close(&fixture->ledger);
    admin_open(fixture);
    edited(fixture, "PRAGMA user_version = 9; PRAGMA journal_mode = DELETE");
    sqlite3_close(fixture->admin);
    fixture->admin = NULL;
    before = contents(fixture->path);
    refused(fixture, ERR_NEWER, "written by a newer goneaway (schema 9, this one knows 4)");
    after = contents(fixture->path);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_a_damaged_ledger_is_told(void **state)
{
    struct fixture *fixture = *state;
    FILE *file;

    opened(fixture);
    ledger_close(&fixture->ledger);
    file = fopen(fixture->path, "r+");
    assert_non_null(file);
    fseek(file, 100, SEEK_SET);
    for (int i = 0; i < 4000; i++)
        fputc('x', file);
    fclose(file);
    refused(fixture, ERR_LEDGER, "it is damaged");
}

static void test_opening_again_keeps_everything(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;

    opened(fixture);
    record(fixture, &entry);
    ledger_close(&fixture->ledger);
    opened(fixture);
    assert_int_equal(
        ledger_find_account(fixture->ledger, entry.address, entry.service, &account), 0);
    assert_true(account.known);
    record(fixture, &entry);
    admin_open(fixture);
    assert_string_equal(answer(fixture, "SELECT deliveries FROM message"), "2");
}

static void test_views_are_made_anew_when_they_changed(void **state)
{
    struct fixture *fixture = *state;

    opened(fixture);
    admin_open(fixture);
    edited(fixture, "CREATE VIEW my_own AS SELECT address FROM recent");
    edited(fixture, "DROP VIEW timeline; DROP VIEW recent;"
                    "CREATE VIEW recent AS SELECT 1 AS old_version");
    ledger_close(&fixture->ledger);
    opened(fixture); /* the views' text is that of the last start: left alone */
    assert_string_equal(answer(fixture, "SELECT * FROM recent"), "1");
    ledger_close(&fixture->ledger);
    edited(fixture, "UPDATE meta SET value = 'of another version' WHERE name = 'views'");
    opened(fixture);
    assert_string_equal(answer(fixture, "SELECT * FROM recent"), "");
    assert_string_equal(answer(fixture, "SELECT * FROM timeline"), "");
    assert_string_equal(answer(fixture, "SELECT * FROM my_own"), "");
}

/* Two that start at once both succeed, and one of them made the schema. */
static void test_two_ledgers_of_one_file(void **state)
{
    struct fixture *fixture = *state;
    struct fixture second = *fixture;
    struct ledger_entry entry = sample("01");
    struct ledger_account account;

    opened(fixture);
    opened(&second);
    record(fixture, &entry);
    assert_int_equal(ledger_find_account(second.ledger, entry.address, entry.service, &account), 0);
    assert_true(account.known);
    record(&second, &entry);
    ledger_close(&second.ledger);
    admin_open(fixture);
    assert_string_equal(answer(fixture, "SELECT deliveries FROM message"), "2");
}

static int open_alone(struct fixture *fixture, char **why)
{
    const struct ledger_options options = {
        .path = fixture->path, .alone = true, .timeout_ms = 1000, .queue = 10};

    return ledger_open(&options, &fixture->ledger, why);
}

static void test_a_second_daemon_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fixture second = *fixture;
    struct fixture beside = *fixture;
    char process[100];
    char *why;

    assert_int_equal(open_alone(fixture, &why), 0);
    assert_int_equal(open_alone(&second, &why), ERR_LEDGER);
    assert_null(second.ledger);
    snprintf(process, sizeof(process),
        "another goneawayd (process %ld) works with this ledger: ", (long)getpid());
    assert_non_null(strstr(why, process));
    free(why);
    opened(&beside); /* a subcommand that writes */
    ledger_close(&beside.ledger);
    assert_int_equal(open_alone(&second, &why), ERR_LEDGER);
    free(why);
    ledger_close(&fixture->ledger);
    assert_int_equal(open_alone(&second, &why), 0);
    ledger_close(&second.ledger);
}

/* Whoever has it need not have said so. */
static void test_a_lock_that_names_nobody(void **state)
{
    static const struct {
        const char *content;
        const char *told;
    } cases[] = {{"", "another goneawayd works"}, {"nonsense\n", "another goneawayd works"},
        {"-7\n", "another goneawayd works"}, {"99999999999999999999999999999999999999", "another"},
        {"12\n", "another goneawayd (process 12) works"}};
    struct fixture *fixture = *state;
    char name[200];

    snprintf(name, sizeof(name), "%s-lock", fixture->path);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        FILE *file = fopen(name, "w");
        char *why;

        assert_non_null(file);
        fputs(cases[i].content, file);
        fflush(file);
        assert_int_equal(flock(fileno(file), LOCK_EX), 0);
        assert_int_equal(open_alone(fixture, &why), ERR_LEDGER);
        assert_non_null(strstr(why, cases[i].told));
        free(why);
        fclose(file);
        assert_int_equal(open_alone(fixture, &why), 0);
        ledger_close(&fixture->ledger);
    }
    assert_int_equal(unlink(name), 0);
    assert_int_equal(mkdir(name, 0700), 0);
    {
        char *why;

        assert_int_equal(open_alone(fixture, &why), ERR_SYSTEM);
        assert_non_null(strstr(why, "-lock: cannot be opened (Is a directory)"));
        free(why);
    }
}

/* In a process of its own, which is nobody in particular: what opening says, and whether it says
 * that piece. */
static void refused_to_nobody(struct fixture *fixture, int code, const char *sentence)
{
    int status;
    pid_t process;

    fflush(NULL);
    process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        char *why;

        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(3);
        if (open_ledger(fixture, 1000, &why) != code)
            _exit(1);
        if (strstr(why, sentence) == NULL && fprintf(stderr, "%s\n", why) > 0)
            _exit(2);
        free(why);
        _exit(0);
    }
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_int_equal(status, 0);
}

static void test_missing_rights_are_told(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(chmod(fixture->directory, 0555), 0);
    refused_to_nobody(fixture, ERR_SYSTEM, "cannot be made (Permission denied): let the user");
    assert_int_equal(chmod(fixture->directory, 0755), 0);
    opened(fixture);
    ledger_close(&fixture->ledger);
    assert_int_equal(chmod(fixture->path, 0), 0);
    refused_to_nobody(fixture, ERR_LEDGER, "(Permission denied): let the user");
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(chmod(fixture->directory, 0555), 0);
    refused_to_nobody(fixture, ERR_LEDGER, "cannot be written (Permission denied): let the user");
    assert_int_equal(chmod(fixture->directory, 0755), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(fixture->directory, 65534, 65534), 0);
    refused_to_nobody(fixture, ERR_LEDGER, "cannot be written (Permission denied): let the user");
    assert_int_equal(chmod(fixture->path, 0640), 0);
}

static void test_synchronous_is_as_asked(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *synchronous;
        int64_t number;
    } cases[] = {{"FULL", 2}, {"NORMAL", 1}};

    for (size_t i = 0; i < 2; i++) {
        struct ledger_db db;
        int64_t number = -1;
        char *why;

        assert_int_equal(
            ledger_schema_open(&db, fixture->path, 1000, cases[i].synchronous, &why), 0);
        assert_int_equal(ledger_db_number(&db, "PRAGMA synchronous", &number), 0);
        assert_int_equal(number, cases[i].number);
        assert_int_equal(ledger_db_number(&db, "PRAGMA secure_delete", &number), 0);
        assert_int_equal(number, 1);
        assert_int_equal(ledger_db_number(&db, "PRAGMA foreign_keys", &number), 0);
        assert_int_equal(number, 1);
        assert_int_equal(ledger_db_number(&db, "PRAGMA wal_autocheckpoint", &number), 0);
        assert_int_equal(number, 0);
        ledger_db_close(&db);
    }
}

/* Every statement that the program names is there and can be prepared. */
static void test_every_statement_is_there(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_db db;
    char *why;

    assert_int_equal(ledger_schema_open(&db, fixture->path, 1000, "FULL", &why), 0);
    assert_int_equal(ledger_db_run(&db, LEDGER_MIRROR_BEGIN), 0);
    for (int i = 0; i < LEDGER_STATEMENT_COUNT; i++) {
        struct ledger_query query;

        ledger_db_begin(&query, &db, (enum ledger_statement)i);
        if (query.error != 0)
            fail_msg("%s: %s", ledger_sql_name((enum ledger_statement)i), db.fault.text);
        ledger_db_end(&query);
    }
    ledger_db_close(&db);
}

/* A ledger of the steps before the action defuse keeps its rows, views of the administrator's own,
 * and its hold on what is written; the new action can be kept. */
static void test_messages_move_to_the_new_table(void **state)
{
    static const char rows[] =
        "INSERT INTO address (id, address, domain) VALUES (7, 'a@example.com', 'example.com');"
        "INSERT INTO message (id, received, address_id, kind, action, meant, mode, fingerprint, "
        "origin, deliveries) VALUES (5, '2026-01-01T12:00:00Z', 7, 'reset', 'seal', 'seal', "
        "'enforce', x'01', 'scan', 3), (9, '2026-01-02T12:00:00Z', 7, 'code', 'reject', 'reject', "
        "'enforce', x'02', 'milter', 1);"
        "CREATE VIEW mine AS SELECT count(*) AS mails FROM message;"
        "PRAGMA application_id = 1198473591; PRAGMA user_version = 2";
    struct fixture *fixture = *state;

    assert_int_equal(sqlite3_open(fixture->path, &fixture->admin), SQLITE_OK);
    edited(fixture, "PRAGMA page_size = 4096");
    edited(fixture, ledger_sql_step(1));
    edited(fixture, ledger_sql_step(2));
    edited(fixture, rows);
    sqlite3_close(fixture->admin);
    fixture->admin = NULL;
    opened(fixture);
    admin_open(fixture);
    assert_string_equal(answer(fixture, "PRAGMA user_version"), "4");
    assert_string_equal(answer(fixture, "PRAGMA page_size"), "4096");
    assert_string_equal(answer(fixture, "PRAGMA integrity_check"), "ok");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM pragma_foreign_key_check"), "0");
    assert_string_equal(
        answer(fixture, "SELECT id, received, action, hex(fingerprint), origin, deliveries "
                        "FROM message ORDER BY id"),
        "5|2026-01-01T12:00:00Z|seal|01|scan|3\n9|2026-01-02T12:00:00Z|reject|02|milter|1");
    assert_string_equal(answer(fixture, "SELECT count(twin) FROM message"), "0");
    assert_non_null(edit(fixture, "UPDATE message SET twin = zeroblob(65)"));
    assert_string_equal(answer(fixture, "SELECT mails FROM mine"), "2");
    assert_string_equal(
        answer(fixture, "SELECT count(*) FROM sqlite_schema WHERE tbl_name = 'message' AND type = "
                        "'index' AND sql IS NOT NULL"),
        "7");
    edited(fixture, "INSERT INTO message (received, address_id, kind, action, meant, mode) VALUES "
                    "('2026-01-03T12:00:00Z', 7, 'reset', 'defuse', 'defuse', 'enforce')");
    assert_string_equal(answer(fixture, "SELECT messages FROM address"), "3");
    assert_non_null(edit(fixture, "UPDATE message SET origin = 'post'"));
    edited(fixture, "DELETE FROM address");
    assert_string_equal(answer(fixture, "SELECT mails FROM mine"), "0");
    ledger_close(&fixture->ledger);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_file_and_directory_are_made),
        LEDGER_TEST(test_the_umask_does_not_narrow_the_file),
        LEDGER_TEST(test_a_missing_parent_is_refused),
        LEDGER_TEST(test_a_directory_for_everybody_is_refused),
        LEDGER_TEST(test_what_is_no_file_is_refused),
        LEDGER_TEST(test_what_is_no_database_is_refused),
        LEDGER_TEST(test_an_empty_file_becomes_a_ledger),
        LEDGER_TEST(test_databases_of_others_are_refused),
        LEDGER_TEST(test_messages_move_to_the_new_table),
        LEDGER_TEST(test_a_newer_ledger_is_refused),
        LEDGER_TEST(test_a_damaged_ledger_is_told),
        LEDGER_TEST(test_opening_again_keeps_everything),
        LEDGER_TEST(test_views_are_made_anew_when_they_changed),
        LEDGER_TEST(test_two_ledgers_of_one_file),
        LEDGER_TEST(test_a_second_daemon_is_refused),
        LEDGER_TEST(test_a_lock_that_names_nobody),
        LEDGER_TEST(test_missing_rights_are_told),
        LEDGER_TEST(test_synchronous_is_as_asked),
        LEDGER_TEST(test_every_statement_is_there),
    };

    log_open("test_ledger_open", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_open", tests, NULL, NULL);
}
