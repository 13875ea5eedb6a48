/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The layer below the writer's -wal file: whatever a transaction does, others see it as soon as it
 * is committed, a copy of the files holds it, and few calls write it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tools/failing_layer.h"
#include "ledger_db.h"
#include "ledger_wal.h"

static unsigned writes;

/* None fails; they are counted. */
static bool layer_fails(enum layer_call call)
{
    writes += call == LAYER_WRITE;
    return false;
}

struct pair {
    char directory[64];
    char path[100];
    sqlite3 *writer;
    sqlite3 *reader;
};

static void run(sqlite3 *handle, const char *sql)
{
    char *why = NULL;

    if (sqlite3_exec(handle, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

/* The first column of the first row. Static. */
static const char *ask(sqlite3 *handle, const char *sql)
{
    static char text[200];
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

static int open_pair(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    assert_non_null(pair);
    strcpy(pair->directory, "/tmp/goneaway-wal-XXXXXX");
    assert_non_null(mkdtemp(pair->directory));
    snprintf(pair->path, sizeof(pair->path), "%s/a.db", pair->directory);
    assert_int_equal(sqlite3_open_v2(pair->path, &pair->writer,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ledger_wal_layer()),
        SQLITE_OK);
    run(pair->writer, "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL;"
                      "PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL;"
                      "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, pad BLOB)");
    assert_int_equal(sqlite3_open(pair->path, &pair->reader), SQLITE_OK);
    *state = pair;
    return 0;
}

static int close_pair(void **state)
{
    struct pair *pair = *state;
    char command[100];

    sqlite3_close(pair->reader);
    sqlite3_close(pair->writer);
    snprintf(command, sizeof(command), "rm -rf %s", pair->directory);
    assert_int_equal(system(command), 0);
    free(pair);
    return 0;
}

/* The reader, and what is on the disk alone as after a crash, hold what the writer holds. */
static void all_agree(const struct pair *pair)
{
    static const char content[] = "SELECT count(*) || ' ' || total(n) || ' ' || total(length(pad)) "
                                  "|| ' ' || (SELECT integrity_check FROM pragma_integrity_check) "
                                  "FROM t";
    char expected[200];
    char command[600];
    char copy[120];
    sqlite3 *crashed;

    snprintf(expected, sizeof(expected), "%s", ask(pair->writer, content));
    assert_string_equal(ask(pair->reader, content), expected);
    snprintf(copy, sizeof(copy), "%s/copy.db", pair->directory);
    snprintf(command, sizeof(command), "rm -f %s*; cp %s %s && cp %s-wal %s-wal", copy, pair->path,
        copy, pair->path, copy);
    assert_int_equal(system(command), 0);
    assert_int_equal(sqlite3_open(copy, &crashed), SQLITE_OK);
    assert_string_equal(ask(crashed, content), expected);
    sqlite3_close(crashed);
}

static const char fill[] =
    "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200)"
    "INSERT INTO t (n, pad) SELECT i, zeroblob(700) FROM c";

static void test_each_commit_is_seen_at_once(void **state)
{
    struct pair *pair = *state;
    char expected[20];

    for (int i = 1; i <= 200; i++) {
        if (i == 100)
            run(pair->writer, "PRAGMA synchronous = FULL");
        run(pair->writer, "INSERT INTO t (n) VALUES (1)");
        snprintf(expected, sizeof(expected), "%d", i);
        assert_string_equal(ask(pair->reader, "SELECT count(*) FROM t"), expected);
    }
    all_agree(pair);
}

/* Pages that leave the cache are written, read back and written anew before the commit. */
static void test_transactions_beyond_the_cache(void **state)
{
    struct pair *pair = *state;

    run(pair->writer, "PRAGMA cache_size = 4");
    for (int i = 0; i < 3; i++) {
        run(pair->writer, "BEGIN");
        run(pair->writer, fill);
        assert_string_equal(ask(pair->reader, "SELECT count(*) % 200 FROM t"), "0");
        run(pair->writer,
            "UPDATE t SET n = n + 1; UPDATE t SET pad = zeroblob(10) WHERE n % 3 = 0");
        run(pair->writer, "COMMIT");
        all_agree(pair);
    }
}

static void test_what_is_taken_back_leaves_no_trace(void **state)
{
    struct pair *pair = *state;

    run(pair->writer, "PRAGMA cache_size = 4");
    for (int i = 0; i < 3; i++) {
        run(pair->writer, "BEGIN");
        run(pair->writer, fill);
        run(pair->writer, "ROLLBACK; INSERT INTO t (n) VALUES (1)");
        all_agree(pair);
        run(pair->writer, "BEGIN; SAVEPOINT one");
        run(pair->writer, fill);
        run(pair->writer, "ROLLBACK TO one; INSERT INTO t (n) VALUES (2); COMMIT");
        all_agree(pair);
    }
    assert_string_equal(ask(pair->reader, "SELECT total(n) FROM t"), "9.0");
}

/* What somebody else committed after a large transaction was taken back is not overwritten. */
static void test_what_is_taken_back_harms_nobody_else(void **state)
{
    struct pair *pair = *state;
    static const char few[] =
        "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 40)"
        "INSERT INTO t (n, pad) SELECT i, zeroblob(700) FROM c";
    struct ledger_db db;

    run(pair->writer, few);
    run(pair->writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(ledger_db_open(&db, pair->path, LEDGER_WRITER, 0), 0);
    run(db.handle, "PRAGMA cache_size = 4; BEGIN");
    run(db.handle, few);
    run(db.handle, "ROLLBACK");
    run(pair->reader, "UPDATE t SET n = 1000");
    run(db.handle, "INSERT INTO t (n) VALUES (1)");
    assert_string_equal(ask(db.handle, "SELECT total(n) FROM t"), "40001.0");
    all_agree(pair);
    ledger_db_close(&db);
}

static void test_a_file_that_begins_anew_and_one_that_is_emptied(void **state)
{
    struct pair *pair = *state;

    for (int i = 0; i < 4; i++) {
        run(pair->writer, fill);
        run(pair->writer,
            i % 2 == 0 ? "PRAGMA wal_checkpoint(RESTART)" : "PRAGMA wal_checkpoint(TRUNCATE)");
        run(pair->writer, "INSERT INTO t (n) VALUES (1)");
        all_agree(pair);
    }
}

/* 150 pages: two writes for each without the layer, one for 64 kB with it. */
static void test_a_commit_takes_few_writes(void **state)
{
    struct pair *pair = *state;

    run(pair->writer, fill);
    writes = 0;
    run(pair->writer, "UPDATE t SET n = n + 1");
    assert_in_range(writes, 1, 5);
    all_agree(pair);
}

#define WAL_TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAL_TEST(test_each_commit_is_seen_at_once),
        WAL_TEST(test_transactions_beyond_the_cache),
        WAL_TEST(test_what_is_taken_back_leaves_no_trace),
        WAL_TEST(test_what_is_taken_back_harms_nobody_else),
        WAL_TEST(test_a_file_that_begins_anew_and_one_that_is_emptied),
        WAL_TEST(test_a_commit_takes_few_writes),
    };

    assert_int_equal(layer_register(), SQLITE_OK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
