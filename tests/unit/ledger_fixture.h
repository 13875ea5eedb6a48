/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_fixture - what the tests of the ledger share: a directory of their own, a ledger in it,
 * entries, and the administrator's connection beside the ledger's.
 */
#ifndef GONEAWAY_TEST_LEDGER_FIXTURE_H
#define GONEAWAY_TEST_LEDGER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "date.h"
#include "err.h"
#include "ledger.h"

#define DAY ((int64_t)86400)
#define NOON ((int64_t)1767268800) /* 2026-01-01T12:00:00Z */

struct fixture {
    char directory[64];
    char path[128];
    struct ledger *ledger;
    sqlite3 *admin;
};

/* A catalogue of the test's own: what the mirror asks of one. LEDGER_FIXTURE_CATALOGUE: the test
 * has the real one. */
#ifndef LEDGER_FIXTURE_CATALOGUE
struct catalogue {
    const struct catalogue_service *services;
    size_t count;
};

size_t catalogue_count(const struct catalogue *catalogue)
{
    return catalogue->count;
}

const struct catalogue_service *catalogue_at(const struct catalogue *catalogue, size_t index)
{
    return &catalogue->services[index];
}
#endif

static inline void admin_open(struct fixture *fixture)
{
    assert_int_equal(sqlite3_open(fixture->path, &fixture->admin), SQLITE_OK);
    sqlite3_busy_timeout(fixture->admin, 5000);
    assert_int_equal(
        sqlite3_exec(fixture->admin, "PRAGMA foreign_keys = ON", NULL, NULL, NULL), SQLITE_OK);
}

static inline int open_ledger(struct fixture *fixture, unsigned timeout_ms, char **why)
{
    struct ledger_options options = {
        .path = fixture->path, .timeout_ms = timeout_ms, .queue = 1000, .synchronous = "FULL"};

    return ledger_open(&options, &fixture->ledger, why);
}

/* A directory, nothing in it. */
static inline int make_directory(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    strcpy(fixture->directory, "/tmp/goneaway-ledger-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/goneaway.db", fixture->directory);
    *state = fixture;
    return 0;
}

/* A ledger with an administrator beside it. */
static inline int make_ledger(void **state)
{
    struct fixture *fixture;
    char *why;

    make_directory(state);
    fixture = *state;
    if (open_ledger(fixture, 5000, &why) != 0) {
        print_error("%s\n", why);
        return -1;
    }
    admin_open(fixture);
    return 0;
}

static inline int remove_all(void **state)
{
    struct fixture *fixture = *state;
    char name[512];
    struct dirent *entry;
    DIR *directory;

    ledger_close(&fixture->ledger);
    sqlite3_close(fixture->admin);
    directory = opendir(fixture->directory);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        snprintf(name, sizeof(name), "%s/%s", fixture->directory, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(name) != 0)
            rmdir(name);
    }
    closedir(directory);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

/* The administrator's statement; NULL when it was done, else SQLite's sentence. Static. */
static inline const char *edit(struct fixture *fixture, const char *sql)
{
    static char sentence[400];
    char *message = NULL;
    int r = sqlite3_exec(fixture->admin, sql, NULL, NULL, &message);

    snprintf(sentence, sizeof(sentence), "%s", message != NULL ? message : "");
    sqlite3_free(message);
    return r == SQLITE_OK ? NULL : sentence;
}

static inline void edited(struct fixture *fixture, const char *sql)
{
    const char *sentence = edit(fixture, sql);

    if (sentence != NULL)
        fail_msg("%s: %s", sql, sentence);
}

/* The whole answer as text: columns separated by '|', rows by '\n'. Static. */
static inline const char *answer(struct fixture *fixture, const char *sql)
{
    static char text[20000];
    sqlite3_stmt *statement = NULL;
    size_t used = 0;

    if (sqlite3_prepare_v2(fixture->admin, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(fixture->admin));
    text[0] = '\0';
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *value = sqlite3_column_text(statement, i);

            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
                i > 0 ? "|" : used > 0 ? "\n" : "", value != NULL ? (const char *)value : "-");
            assert_true(used < sizeof(text));
        }
    }
    sqlite3_finalize(statement);
    return text;
}

/* A reset mail of a bookshop to an old address. */
static inline struct ledger_entry sample(const char *fingerprint)
{
    return (struct ledger_entry){.received = NOON,
        .address = "old@example.com",
        .address_seen = "Old@Example.com",
        .domain = "example.com",
        .service = "shop.example",
        .service_name = "The Shop",
        .category = "shop",
        .risk = 3,
        .sender_domain = "shop.example",
        .from_domain = "shop.example",
        .record = true,
        .holder = HOLDER_PRIOR,
        .holder_by = HOLDER_BY_FIRST_MAIL,
        .rrvs = RRVS_NONE,
        .rrvs_date = DATE_NONE,
        .kind = KIND_RESET,
        .action = ACTION_ACCEPT,
        .meant = ACTION_REJECT,
        .mode = "observe",
        .rule = "builtin: prior",
        .queue_id = "4ABC",
        .size = 2048,
        .fingerprint = fingerprint};
}

static inline void record(struct fixture *fixture, const struct ledger_entry *entry)
{
    assert_int_equal(ledger_record(fixture->ledger, entry, 1), 0);
}

#endif
