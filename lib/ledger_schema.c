/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

#define VIEWS "views"

/* What the connection's fault means, as a sentence. */
static int explain(const struct ledger_db *db, int code, char **why)
{
    const struct ledger_fault *fault = &db->fault;

    if ((fault->code & 0xff) == SQLITE_NOTADB)
        return ledger_file_refuse(code, why,
            "%s: is no database: move the file away, or name another one in `database`", db->path);
    if (fault->system != 0)
        return ledger_file_refuse(code, why, "%s: %s (%s): %s", db->path, fault->text,
            strerror(fault->system), ledger_db_advice(fault));
    return ledger_file_refuse(code, why, "%s: %s: %s", db->path,
        fault->code != 0 ? fault->text : err_text(code), ledger_db_advice(fault));
}

/* Is it a ledger, and one that we understand? *version gets its step; 0 where it is empty. */
static int inspect(struct ledger_db *db, int64_t *version, char **why)
{
    struct ledger_query query;
    int64_t id = 0;
    int64_t tables = 0;
    int r = ledger_db_number(db, "PRAGMA application_id", &id);

    if (r == 0)
        r = ledger_db_number(db, "PRAGMA user_version", version);
    if (r == 0) {
        ledger_db_begin(&query, db, LEDGER_TABLE_COUNT);
        r = ledger_db_step(&query);
        if (r == 1)
            tables = ledger_db_column_int(&query, 0);
        ledger_db_end(&query);
    }
    if (r < 0)
        return explain(db, r, why);
    if (id != LEDGER_APPLICATION_ID && (id != 0 || tables != 0 || *version != 0))
        return ledger_file_refuse(ERR_LEDGER, why,
            "%s: is a database of another program: name another file in `database`", db->path);
    if (*version > (int64_t)ledger_sql_steps())
        return ledger_file_refuse(ERR_NEWER, why,
            "%s: was written by a newer goneaway (schema %" PRId64 ", this one knows %u): install "
            "that version again, or name another file in `database`",
            db->path, *version, ledger_sql_steps());
    return 0;
}

static int take_step(struct ledger_db *db, unsigned number)
{
    char done[64];
    int r = ledger_db_script(db, ledger_sql_step(number));

    snprintf(done, sizeof(done), "PRAGMA user_version = %u", number);
    if (r == 0)
        r = ledger_db_script(db, done);
    snprintf(done, sizeof(done), "PRAGMA application_id = %d", LEDGER_APPLICATION_ID);
    return r != 0 ? r : ledger_db_script(db, done);
}

/* One step at most; *version is read again inside the transaction, because another process may
 * have been faster. */
static int upgrade_once(struct ledger_db *db, int64_t *version)
{
    int r = ledger_db_run(db, LEDGER_BEGIN);

    if (r != 0)
        return r;
    r = ledger_db_number(db, "PRAGMA user_version", version);
    if (r == 0 && *version < (int64_t)ledger_sql_steps())
        r = take_step(db, (unsigned)*version + 1);
    if (r == 0)
        r = ledger_db_run(db, LEDGER_COMMIT);
    if (r != 0)
        ledger_db_roll_back(db);
    else
        ++*version;
    return r;
}

/* FNV-1a, to see whether the views are still those of this program. */
static void digest(const char *text, char out[17])
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (const char *p = text; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    snprintf(out, 17, "%016" PRIx64, hash);
}

static int views_are_current(struct ledger_db *db, const char *wanted, bool *current)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_GET_META);
    ledger_db_text(&query, VIEWS);
    r = ledger_db_step(&query);
    *current = r == 1 && strcmp(ledger_db_column_text(&query, 0), wanted) == 0;
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

static int write_views(struct ledger_db *db, const char *mark)
{
    struct ledger_query query;
    int r = ledger_db_run(db, LEDGER_BEGIN);

    if (r != 0)
        return r;
    r = ledger_db_script(db, ledger_sql_views());
    if (r == 0) {
        ledger_db_begin(&query, db, LEDGER_SET_META);
        ledger_db_text(&query, VIEWS);
        ledger_db_text(&query, mark);
        r = ledger_db_step(&query);
        ledger_db_end(&query);
    }
    if (r == 0)
        r = ledger_db_run(db, LEDGER_COMMIT);
    if (r != 0)
        ledger_db_roll_back(db);
    return r;
}

static int refresh_views(struct ledger_db *db)
{
    char mark[17];
    bool current;
    int r;

    digest(ledger_sql_views(), mark);
    r = views_are_current(db, mark, &current);
    return r != 0 || current ? r : write_views(db, mark);
}

static int upgrade(struct ledger_db *db, int64_t version)
{
    int r = 0;

    while (r == 0 && version < (int64_t)ledger_sql_steps())
        r = upgrade_once(db, &version);
    return r != 0 ? r : refresh_views(db);
}

/* WAL stays set in the file, as does the size of a page, which only a new file takes; synchronous
 * belongs to the connection. A message touches ten pages, each somewhere else, and all of each is
 * checksummed and written: with half of SQLite's 4096 octets the writer takes an eighth less time.
 */
static int set_durability(struct ledger_db *db, const char *synchronous)
{
    int r = ledger_db_script(db, "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL");

    if (r != 0)
        return r;
    return ledger_db_script(db, strcmp(synchronous, "NORMAL") == 0 ? "PRAGMA synchronous = NORMAL"
                                                                   : "PRAGMA synchronous = FULL");
}

int ledger_schema_open(
    struct ledger_db *db, const char *path, unsigned busy_ms, const char *synchronous, char **why)
{
    int64_t version = 0;
    int r;

    *why = NULL;
    memset(db, 0, sizeof(*db));
    r = ledger_file_prepare(path, why);
    if (r != 0)
        return r;
    r = ledger_db_open(db, path, LEDGER_WRITER, busy_ms);
    if (r != 0)
        return explain(db, r, why);
    r = inspect(db, &version, why);
    /* SQLite opens what it may not write for reading, without a word */
    if (r == 0 && sqlite3_db_readonly(db->handle, "main") != 0)
        r = ledger_file_refuse(ERR_LEDGER, why,
            "%s: cannot be written: let the user that goneaway runs as write it and its directory",
            path);
    if (r == 0) {
        r = set_durability(db, synchronous);
        if (r == 0)
            r = upgrade(db, version);
        if (r != 0)
            r = explain(db, r, why);
    }
    if (r != 0)
        ledger_db_close(db);
    return r;
}

int ledger_schema_look(struct ledger_db *db, const char *path, unsigned busy_ms, char **why)
{
    int64_t version = 0;
    int r;

    *why = NULL;
    r = ledger_db_open(db, path, LEDGER_LOOKER, busy_ms);
    if (r != 0)
        return explain(db, r, why);
    r = inspect(db, &version, why);
    if (r == 0 && version < (int64_t)ledger_sql_steps())
        r = ledger_file_refuse(ERR_LEDGER, why,
            "%s: was written by an older goneaway, or is empty: start the daemon once, which "
            "brings it up to date",
            path);
    if (r != 0)
        ledger_db_close(db);
    return r;
}
