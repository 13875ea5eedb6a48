/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_ask - questions whose answers are tables, for reports and exports: the blocks of
 * sql/report.sql and the views, which are listed from the database itself.
 *
 * Invariants
 * 1. Nothing is written and no file is made, whoever else has the ledger open.
 * 2. All answers of one opening are of one moment: one reading transaction spans them.
 * Thread rule: one thread for an opening.
 */
#ifndef GONEAWAY_LEDGER_ASK_H
#define GONEAWAY_LEDGER_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_ask;
struct ledger_row;

enum ledger_cell {
    LEDGER_CELL_NULL,
    LEDGER_CELL_INTEGER,
    LEDGER_CELL_REAL,
    LEDGER_CELL_TEXT,
    LEDGER_CELL_BLOB
};

/* On error *why holds a sentence with the way out, for the caller to free(). 0, ERR_LEDGER,
 * ERR_BUSY, ERR_NEWER, ERR_NOMEM. */
int ledger_ask_open(const char *path, unsigned timeout_ms, struct ledger_ask **out, char **why);
void ledger_ask_close(struct ledger_ask **ask);

/* Who takes the answer. head is called once, before the first row, when the columns are known, and
 * may be NULL; row for each row, which is gone when it returns. What is not 0 ends the answer and
 * is returned by who asked. */
struct ledger_taker {
    int (*head)(void *context, const struct ledger_row *row);
    int (*row)(void *context, const struct ledger_row *row);
    void *context;
};

/* A block of sql/report.sql. most: ?1, how many rows; other: ?2 where it is text, NULL for none;
 * number: ?2 where other is NULL. 0, ERR_LEDGER, ERR_BUSY, ERR_NOMEM, or what the taker returned.
 */
struct ledger_ask_block {
    const char *name;
    int64_t most;
    const char *other;
    int64_t number;
};
int ledger_ask_block(
    struct ledger_ask *ask, const struct ledger_ask_block *block, const struct ledger_taker *taker);
/* All of a view, whose name must be one that ledger_ask_views gave. */
int ledger_ask_view(struct ledger_ask *ask, const char *view, const struct ledger_taker *taker);
/* The names of all views, one a row, sorted. */
int ledger_ask_views(struct ledger_ask *ask, const struct ledger_taker *taker);
/* May the answers be believed? Not where the ledger was read while nobody had it open and somebody
 * has come since: ask again on a new opening. */
bool ledger_ask_sound(const struct ledger_ask *ask);
/* What went wrong last, with what can be done; valid until the next question. */
const char *ledger_ask_fault(struct ledger_ask *ask);

/* A row, and what stands in it; column below the count. */
size_t ledger_ask_columns(const struct ledger_row *row);
const char *ledger_ask_name(const struct ledger_row *row, size_t column);
enum ledger_cell ledger_ask_type(const struct ledger_row *row, size_t column);
/* "" for NULL; numbers as text; ends with the first NUL that stands in it. */
const char *ledger_ask_text(const struct ledger_row *row, size_t column);
int64_t ledger_ask_number(const struct ledger_row *row, size_t column);
double ledger_ask_real(const struct ledger_row *row, size_t column);
/* The octets of a blob; *length 0 for none. */
const void *ledger_ask_blob(const struct ledger_row *row, size_t column, size_t *length);

#endif
