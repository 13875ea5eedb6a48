/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_db - one connection to the database, its prepared statements, and what went wrong.
 *
 * Invariants
 * 1. What SQLite says about a failure is copied where it happens, before a later call
 *    overwrites it.
 * 2. A statement is reset as soon as its answer was read: no connection holds a read
 *    transaction open between questions.
 * Thread rule: one thread at a time for a connection.
 */
#ifndef GONEAWAY_LEDGER_DB_H
#define GONEAWAY_LEDGER_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "ledger_file.h"
#include "ledger_sql.h"

enum ledger_access { LEDGER_WRITER, LEDGER_READER, LEDGER_LOOKER };

struct ledger_fault {
    int code;       /* SQLite's extended result code, 0 for none */
    int system;     /* errno that it met, 0 for none */
    char text[160]; /* names of tables and constraints may stand in it, no values */
};

struct ledger_db {
    sqlite3 *handle; /* NULL: closed */
    const char *path;
    struct ledger_file file;
    bool unlocked; /* opened as immutable: good only as long as nobody else has it open */
    sqlite3_stmt *statements[LEDGER_STATEMENT_COUNT];
    struct ledger_fault fault; /* the last one */
};

/* Opens the file that stands at the path, which must outlive the connection. LEDGER_WRITER
 * reads and writes; LEDGER_READER reads beside a writer of this process; LEDGER_LOOKER reads and
 * makes no file, whoever else has it open. Statements wait busy_ms for a lock.
 * 0, ERR_LEDGER, ERR_BUSY, ERR_NOMEM; `fault` says why. */
int ledger_db_open(
    struct ledger_db *db, const char *path, enum ledger_access access, unsigned busy_ms);
/* Closes; a closed connection is fine. The fault stays readable. */
void ledger_db_close(struct ledger_db *db);
/* Gives up the memory of what can be had again: statements that are prepared, pages that were read.
 * Outside transactions, with no query begun. */
void ledger_db_rest(struct ledger_db *db);
/* Is the connection of no more use: another file at the path, or a failure that a new connection
 * may cure? */
bool ledger_db_stale(const struct ledger_db *db);
/* Copies what SQLite says about the failure; returns our code for it. */
int ledger_db_failed(struct ledger_db *db, int code);
/* Runs statements without parameters and answer. */
int ledger_db_script(struct ledger_db *db, const char *text);
/* A PRAGMA that answers with a number. */
int ledger_db_number(struct ledger_db *db, const char *pragma, int64_t *out);

/* A statement at work: begin, bind in order, step, read, end. A mistake of one step makes all
 * later ones do nothing and step return it. */
struct ledger_query {
    struct ledger_db *db;
    sqlite3_stmt *statement;
    int next;  /* parameter to bind */
    int error; /* ours */
};

void ledger_db_begin(struct ledger_query *query, struct ledger_db *db, enum ledger_statement which);
/* Text is not copied: it must stand until ledger_db_end. NULL binds NULL. */
void ledger_db_text(struct ledger_query *query, const char *text);
void ledger_db_blob(struct ledger_query *query, const void *bytes, int length);
void ledger_db_int(struct ledger_query *query, int64_t number);
void ledger_db_null(struct ledger_query *query);
/* As text; DATE_NONE binds NULL. */
void ledger_db_time(struct ledger_query *query, int64_t when);
/* 1 with a row, 0 without, or an error. */
int ledger_db_step(struct ledger_query *query);
/* How many rows the last statement that ended changed itself. */
int64_t ledger_db_changes(const struct ledger_db *db);
/* Columns of the row, 0 first. Text is "" for NULL and valid until the next step. */
const char *ledger_db_column_text(struct ledger_query *query, int column);
int64_t ledger_db_column_int(struct ledger_query *query, int column);
/* DATE_NONE for NULL and for what is no time. */
int64_t ledger_db_column_time(struct ledger_query *query, int column);
/* Makes the statement ready for the next use. */
void ledger_db_end(struct ledger_query *query);
/* begin, step and end of a statement without parameters whose answer does not matter. */
int ledger_db_run(struct ledger_db *db, enum ledger_statement which);
/* Was the last failure the row's own, which breaks a rule of the schema? */
bool ledger_db_refused(const struct ledger_db *db);
/* Takes back what the open transaction did, if there is one, keeping the fault that made it
 * necessary. */
void ledger_db_roll_back(struct ledger_db *db);

/* What the administrator can do about a fault: a sentence, static. */
const char *ledger_db_advice(const struct ledger_fault *fault);

#endif
