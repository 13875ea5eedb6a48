/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_db.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "date.h"
#include "err.h"
#include "ledger_time.h"

#if SQLITE_VERSION_NUMBER < 3037000
#error "the schema needs SQLite 3.37 or later (STRICT tables)"
#endif

#define URI_MAX ((size_t)PATH_MAX * 3 + 64)

/* What every connection is told. Checkpoints run apart from commits (ledger_checkpoint), and
 * what is deleted is overwritten, because it was somebody's data. */
static const char writer_settings[] = "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                                      "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;"
                                      "PRAGMA trusted_schema = OFF;"
                                      "PRAGMA journal_size_limit = 67108864;";
static const char reader_settings[] =
    "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
    "PRAGMA cache_size = -256;";

int ledger_db_failed(struct ledger_db *db, int code)
{
    struct ledger_fault *fault = &db->fault;

    memset(fault, 0, sizeof(*fault));
    fault->code = code;
    if (db->handle != NULL) {
        int extended = sqlite3_extended_errcode(db->handle);

        if ((extended & 0xff) == (code & 0xff)) {
            fault->code = extended;
            fault->system = sqlite3_system_errno(db->handle);
        }
    }
    snprintf(fault->text, sizeof(fault->text), "%s",
        db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
    switch (fault->code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    default:
        return ERR_LEDGER;
    }
}

/* The path as a file: URI with its parameters. */
static int write_uri(const char *path, const char *parameters, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "file:");

    for (const char *p = path; *p != '\0'; p++) {
        if (used + 4 >= size)
            return ERR_LIMIT;
        if (strchr("?#%", *p) != NULL)
            used += (size_t)snprintf(out + used, size - used, "%%%02X", (unsigned char)*p);
        else
            out[used++] = *p;
    }
    if (used + strlen(parameters) + 1 > size)
        return ERR_LIMIT;
    memcpy(out + used, parameters, strlen(parameters) + 1);
    return 0;
}

/* Who only looks makes no file. Where the -shm file stands it is enough to leave it alone; where
 * neither -wal nor -journal stands nobody is writing, and the database is read as it lies
 * (ledger_db_stale notices when somebody comes). A -wal alone is left by an unclean end: reading
 * it takes the -shm file, which SQLite makes and removes again. */
static const char *looker_parameters(struct ledger_db *db)
{
    db->unlocked =
        ledger_file_beside(db->path, "-wal") < 0 && ledger_file_beside(db->path, "-journal") < 0;
    if (db->unlocked)
        return "?mode=ro&immutable=1";
    return ledger_file_beside(db->path, "-shm") >= 0 ? "?mode=ro&readonly_shm=1" : "?mode=ro";
}

static int open_handle(struct ledger_db *db, enum ledger_access access)
{
    static const char *const parameters[] = {"?mode=rw", "?mode=ro", NULL};
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                (access == LEDGER_WRITER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    char uri[URI_MAX];

    if (write_uri(db->path, access == LEDGER_LOOKER ? looker_parameters(db) : parameters[access],
            uri, sizeof(uri)) != 0)
        return SQLITE_CANTOPEN;
    return sqlite3_open_v2(uri, &db->handle, flags, NULL);
}

/* Statistics of memory that nobody reads cost every connection a lock for each allocation. It is
 * said before SQLite begins; where somebody else began it, it goes on with them. */
static void set_up_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int ledger_db_open(
    struct ledger_db *db, const char *path, enum ledger_access access, unsigned busy_ms)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int r;

    pthread_once(&once, set_up_library);
    memset(db, 0, sizeof(*db));
    db->path = path;
    if (!ledger_file_identify(path, &db->file)) {
        int saved = errno;

        r = ledger_db_failed(db, SQLITE_CANTOPEN);
        db->fault.system = saved;
        return r;
    }
    r = open_handle(db, access);
    if (r != SQLITE_OK) {
        r = ledger_db_failed(db, r);
        ledger_db_close(db);
        return r;
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, (int)busy_ms);
    r = ledger_db_script(db, access == LEDGER_WRITER ? writer_settings : reader_settings);
    if (r == 0 && access == LEDGER_WRITER && ledger_time_add(db->handle) != SQLITE_OK)
        r = ledger_db_failed(db, SQLITE_NOMEM);
    if (r != 0)
        ledger_db_close(db);
    return r;
}

static void finalize(struct ledger_db *db)
{
    for (size_t i = 0; i < LEDGER_STATEMENT_COUNT; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
}

void ledger_db_rest(struct ledger_db *db)
{
    finalize(db);
    if (db->handle != NULL)
        sqlite3_db_release_memory(db->handle);
}

void ledger_db_close(struct ledger_db *db)
{
    finalize(db);
    sqlite3_close_v2(db->handle);
    db->handle = NULL;
}

bool ledger_db_stale(const struct ledger_db *db)
{
    if (db->handle == NULL || ledger_file_replaced(db->path, &db->file))
        return true;
    if (db->unlocked && (ledger_file_beside(db->path, "-wal") >= 0 ||
                            ledger_file_beside(db->path, "-journal") >= 0))
        return true;
    switch (db->fault.code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_MISUSE:
    case SQLITE_ERROR: /* a table that is gone: prepared anew it may be there */
        return true;
    default:
        return false;
    }
}

int ledger_db_script(struct ledger_db *db, const char *text)
{
    int r = sqlite3_exec(db->handle, text, NULL, NULL, NULL);

    return r == SQLITE_OK ? 0 : ledger_db_failed(db, r);
}

int ledger_db_number(struct ledger_db *db, const char *pragma, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite3_prepare_v2(db->handle, pragma, -1, &statement, NULL);

    if (r == SQLITE_OK)
        r = sqlite3_step(statement);
    if (r == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    r = r == SQLITE_ROW ? 0 : ledger_db_failed(db, r);
    sqlite3_finalize(statement);
    return r;
}

static int prepare(struct ledger_db *db, enum ledger_statement which)
{
    int length = 0;
    const char *text = ledger_sql_statement(which, &length);
    int r;

    if (text == NULL)
        return ERR_INTERNAL;
    r = sqlite3_prepare_v3(
        db->handle, text, length, SQLITE_PREPARE_PERSISTENT, &db->statements[which], NULL);
    return r == SQLITE_OK ? 0 : ledger_db_failed(db, r);
}

void ledger_db_begin(struct ledger_query *query, struct ledger_db *db, enum ledger_statement which)
{
    query->db = db;
    query->next = 1;
    query->error = db->statements[which] != NULL ? 0 : prepare(db, which);
    query->statement = db->statements[which];
}

static void bound(struct ledger_query *query, int code)
{
    query->next++;
    if (code != SQLITE_OK)
        query->error = ledger_db_failed(query->db, code);
}

void ledger_db_text(struct ledger_query *query, const char *text)
{
    if (query->error == 0)
        bound(query, sqlite3_bind_text(query->statement, query->next, text, -1, SQLITE_STATIC));
}

void ledger_db_blob(struct ledger_query *query, const void *bytes, int length)
{
    if (query->error == 0)
        bound(
            query, sqlite3_bind_blob(query->statement, query->next, bytes, length, SQLITE_STATIC));
}

void ledger_db_int(struct ledger_query *query, int64_t number)
{
    if (query->error == 0)
        bound(query, sqlite3_bind_int64(query->statement, query->next, number));
}

void ledger_db_null(struct ledger_query *query)
{
    if (query->error == 0)
        bound(query, sqlite3_bind_null(query->statement, query->next));
}

void ledger_db_time(struct ledger_query *query, int64_t when)
{
    char text[DATE_TEXT_SIZE];

    date_format(when, text);
    if (query->error != 0)
        return;
    if (text[0] == '\0')
        ledger_db_null(query);
    else
        bound(query, sqlite3_bind_text(query->statement, query->next, text, -1, SQLITE_TRANSIENT));
}

int ledger_db_step(struct ledger_query *query)
{
    int r;

    if (query->error != 0)
        return query->error;
    r = sqlite3_step(query->statement);
    if (r == SQLITE_ROW)
        return 1;
    if (r == SQLITE_DONE)
        return 0;
    query->error = ledger_db_failed(query->db, r);
    return query->error;
}

int64_t ledger_db_changes(const struct ledger_db *db)
{
    return sqlite3_changes64(db->handle);
}

const char *ledger_db_column_text(struct ledger_query *query, int column)
{
    const unsigned char *text = sqlite3_column_text(query->statement, column);

    return text != NULL ? (const char *)text : "";
}

int64_t ledger_db_column_int(struct ledger_query *query, int column)
{
    return sqlite3_column_int64(query->statement, column);
}

int64_t ledger_db_column_time(struct ledger_query *query, int column)
{
    const char *text = ledger_db_column_text(query, column);
    int64_t when;

    return date_parse_rfc3339(text, strlen(text), &when) == 0 ? when : DATE_NONE;
}

void ledger_db_end(struct ledger_query *query)
{
    if (query->statement == NULL)
        return;
    sqlite3_reset(query->statement);
    sqlite3_clear_bindings(query->statement);
}

int ledger_db_run(struct ledger_db *db, enum ledger_statement which)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, which);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

bool ledger_db_refused(const struct ledger_db *db)
{
    int code = db->fault.code & 0xff;

    return code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH;
}

void ledger_db_roll_back(struct ledger_db *db)
{
    struct ledger_fault fault = db->fault;

    if (db->handle != NULL && !sqlite3_get_autocommit(db->handle))
        ledger_db_run(db, LEDGER_ROLLBACK);
    db->fault = fault;
}

const char *ledger_db_advice(const struct ledger_fault *fault)
{
    const char *advice = ledger_file_advice(fault->system);

    if (advice != NULL)
        return advice;
    if (fault->system == ENOENT)
        return "start the daemon, which makes it";
    switch (fault->code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program holds its lock: end that program's transaction";
    case SQLITE_FULL:
        return "free space on its file system";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "let the user that goneaway runs as write it and its directory";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "it is damaged: stop the daemon, then restore it, or save what can be saved with "
               "the "
               ".recover command of sqlite3";
    case SQLITE_IOERR:
        return "look for errors of its disk in the system's log, and for space on it";
    case SQLITE_CONSTRAINT:
        return "what was to be written breaks a rule of the schema: please report it";
    default:
        return "the next message tries again";
    }
}
