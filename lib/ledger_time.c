/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_time.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "date.h"

/* As the CHECKs of sql/001-ledger.sql ask. */
#define FORMAT "%Y-%m-%dT%H:%M:%SZ"
#define MODIFIER "+0 days"

static bool is_text(sqlite3_value *value, const char *text)
{
    size_t length = strlen(text);

    return sqlite3_value_type(value) == SQLITE_TEXT &&
           (size_t)sqlite3_value_bytes(value) == length &&
           memcmp(sqlite3_value_text(value), text, length) == 0;
}

/* A time that is, in the form in which strftime() writes it: no leap second, no hour 24, no other
 * zone, no 30 February. */
static bool comes_back(sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);
    int64_t when;

    return sqlite3_value_type(value) == SQLITE_TEXT &&
           sqlite3_value_bytes(value) == DATE_TEXT_SIZE - 1 && text != NULL && text[10] == 'T' &&
           text[17] < '6' && text[19] == 'Z' &&
           date_parse_rfc3339(text, DATE_TEXT_SIZE - 1, &when) == 0;
}

/* SQLite's own, which stays there for four arguments: the last one changes nothing. */
static void ask_own(sqlite3_context *context, sqlite3_value **values)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite3_prepare_v2(sqlite3_context_db_handle(context),
        "SELECT strftime(?1, ?2, ?3, '" MODIFIER "')", -1, &statement, NULL);

    for (int i = 0; i < 3 && r == SQLITE_OK; i++)
        r = sqlite3_bind_value(statement, i + 1, values[i]);
    if (r == SQLITE_OK)
        r = sqlite3_step(statement);
    if (r == SQLITE_ROW)
        sqlite3_result_value(context, sqlite3_column_value(statement, 0));
    else
        sqlite3_result_error_code(context, r);
    sqlite3_finalize(statement);
}

static void write_time(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    if (comes_back(values[1]) && is_text(values[0], FORMAT) && is_text(values[2], MODIFIER))
        sqlite3_result_value(context, values[1]);
    else
        ask_own(context, values);
}

int ledger_time_add(sqlite3 *handle)
{
    return sqlite3_create_function_v2(handle, "strftime", 3,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, write_time, NULL, NULL, NULL);
}
