/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "ledger_db.h"
#include "ledger_schema.h"

/* Sorting a large ledger wants more than single questions do; kB. */
static const char settings[] = "PRAGMA cache_size = -16384; BEGIN;";
static const char list_views[] = "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name";

struct ledger_ask {
    char *path;
    struct ledger_db db;
    char fault[400];
};

/* A row is what its statement stands at. */
struct ledger_row {
    sqlite3_stmt *statement;
};

static int remember(struct ledger_ask *ask, int code)
{
    if (code < 0)
        snprintf(ask->fault, sizeof(ask->fault), "%s: %s", ask->db.fault.text,
            ledger_db_advice(&ask->db.fault));
    return code;
}

int ledger_ask_open(const char *path, unsigned timeout_ms, struct ledger_ask **out, char **why)
{
    struct ledger_ask *ask = calloc(1, sizeof(*ask));
    int r = ERR_NOMEM;

    *out = NULL;
    *why = NULL;
    if (ask == NULL)
        return ERR_NOMEM;
    ask->path = strdup(path);
    if (ask->path != NULL)
        r = ledger_schema_look(&ask->db, ask->path, timeout_ms, why);
    if (r == 0)
        r = remember(ask, ledger_db_script(&ask->db, settings));
    if (r != 0) {
        if (*why == NULL && ask->fault[0] != '\0')
            *why = strdup(ask->fault);
        ledger_ask_close(&ask);
    }
    *out = ask;
    return r;
}

void ledger_ask_close(struct ledger_ask **ask)
{
    if (*ask == NULL)
        return;
    ledger_db_close(&(*ask)->db);
    free((*ask)->path);
    free(*ask);
    *ask = NULL;
}

bool ledger_ask_sound(const struct ledger_ask *ask)
{
    return !ask->db.unlocked || !ledger_db_stale(&ask->db);
}

const char *ledger_ask_fault(struct ledger_ask *ask)
{
    return ask->fault;
}

static int fetch(struct ledger_ask *ask, sqlite3_stmt *statement, const struct ledger_taker *taker)
{
    const struct ledger_row row = {statement};
    int r = taker->head != NULL ? taker->head(taker->context, &row) : 0;
    int code = SQLITE_DONE;

    while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
        r = taker->row(taker->context, &row);
    if (r == 0 && code != SQLITE_DONE)
        r = remember(ask, ledger_db_failed(&ask->db, code));
    return r;
}

static int prepare(struct ledger_ask *ask, const char *text, int length, sqlite3_stmt **out)
{
    int code = sqlite3_prepare_v2(ask->db.handle, text, length, out, NULL);

    ask->fault[0] = '\0';
    return code == SQLITE_OK ? 0 : remember(ask, ledger_db_failed(&ask->db, code));
}

/* Blocks that have no ?2 are bound what they have. */
static int bind(
    struct ledger_ask *ask, sqlite3_stmt *statement, const struct ledger_ask_block *block)
{
    int count = sqlite3_bind_parameter_count(statement);
    int code = SQLITE_OK;

    if (count >= 1)
        code = sqlite3_bind_int64(statement, 1, block->most);
    if (code == SQLITE_OK && count >= 2 && block->other != NULL)
        code = sqlite3_bind_text(statement, 2, block->other, -1, SQLITE_STATIC);
    else if (code == SQLITE_OK && count >= 2)
        code = sqlite3_bind_int64(statement, 2, block->number);
    return code == SQLITE_OK ? 0 : remember(ask, ledger_db_failed(&ask->db, code));
}

int ledger_ask_block(
    struct ledger_ask *ask, const struct ledger_ask_block *block, const struct ledger_taker *taker)
{
    sqlite3_stmt *statement = NULL;
    int length = 0;
    const char *text = ledger_sql_report(block->name, &length);
    int r = text == NULL ? ERR_INTERNAL : prepare(ask, text, length, &statement);

    if (r == 0)
        r = bind(ask, statement, block);
    if (r == 0)
        r = fetch(ask, statement, taker);
    sqlite3_finalize(statement);
    return r;
}

static int ask_text(struct ledger_ask *ask, const char *text, const struct ledger_taker *taker)
{
    sqlite3_stmt *statement = NULL;
    int r = prepare(ask, text, -1, &statement);

    if (r == 0)
        r = fetch(ask, statement, taker);
    sqlite3_finalize(statement);
    return r;
}

int ledger_ask_view(struct ledger_ask *ask, const char *view, const struct ledger_taker *taker)
{
    char *text = sqlite3_mprintf("SELECT * FROM main.\"%w\"", view);
    int r = text == NULL ? ERR_NOMEM : ask_text(ask, text, taker);

    sqlite3_free(text);
    return r;
}

int ledger_ask_views(struct ledger_ask *ask, const struct ledger_taker *taker)
{
    return ask_text(ask, list_views, taker);
}

size_t ledger_ask_columns(const struct ledger_row *row)
{
    return (size_t)sqlite3_column_count(row->statement);
}

const char *ledger_ask_name(const struct ledger_row *row, size_t column)
{
    const char *name = sqlite3_column_name(row->statement, (int)column);

    return name != NULL ? name : "";
}

enum ledger_cell ledger_ask_type(const struct ledger_row *row, size_t column)
{
    switch (sqlite3_column_type(row->statement, (int)column)) {
    case SQLITE_INTEGER:
        return LEDGER_CELL_INTEGER;
    case SQLITE_FLOAT:
        return LEDGER_CELL_REAL;
    case SQLITE_TEXT:
        return LEDGER_CELL_TEXT;
    case SQLITE_BLOB:
        return LEDGER_CELL_BLOB;
    default:
        return LEDGER_CELL_NULL;
    }
}

const char *ledger_ask_text(const struct ledger_row *row, size_t column)
{
    const unsigned char *text = sqlite3_column_text(row->statement, (int)column);

    return text != NULL ? (const char *)text : "";
}

int64_t ledger_ask_number(const struct ledger_row *row, size_t column)
{
    return sqlite3_column_int64(row->statement, (int)column);
}

double ledger_ask_real(const struct ledger_row *row, size_t column)
{
    return sqlite3_column_double(row->statement, (int)column);
}

const void *ledger_ask_blob(const struct ledger_row *row, size_t column, size_t *length)
{
    const void *octets = sqlite3_column_blob(row->statement, (int)column);

    *length = octets != NULL ? (size_t)sqlite3_column_bytes(row->statement, (int)column) : 0;
    return octets;
}
