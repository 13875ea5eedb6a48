/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report - what the ledger tells about the addresses of a domain's former users, gathered for
 * one page: bounded tables of text, and for each service to be told the way to it and a letter.
 *
 * Invariants
 * 1. All is of one moment, and stays as it is when it has been gathered.
 * 2. The size has bounds that do not depend on the ledger's.
 * 3. With a mask no local part of an address of ours is in it anywhere.
 * 4. A letter holds of the stranger's mail the address and the service and nothing more.
 * Thread rule: reading from any thread.
 */
#ifndef GONEAWAY_REPORT_H
#define GONEAWAY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "letters.h"
#include "mask.h"

/* The blocks of sql/report.sql that are tables. */
enum report_part {
    REPORT_DOMAINS,
    REPORT_SUMMARY,
    REPORT_CASES,
    REPORT_RISKIEST,
    REPORT_ALARMS,
    REPORT_MATRIX,
    REPORT_TIMELINE,
    REPORT_AROUND,
    REPORT_EFFECT,
    REPORT_STILL,
    REPORT_FORECAST,
    REPORT_IMITATED,
    REPORT_PARTS
};

struct report_table {
    size_t columns; /* without "total" */
    size_t rows;
    int64_t total;            /* rows that there are; rows where the block does not count */
    const char *const *names; /* of the columns */
    const bool *numbers;      /* does the column hold numbers, and nothing else? */
    const char *const *cells; /* row by row, "" for NULL */
};

/* Columns of REPORT_MATRIX, in which every row of the matrix has all of its columns. */
enum report_matrix {
    REPORT_ROW,
    REPORT_COLUMN,
    REPORT_ADDRESS,
    REPORT_SERVICES,
    REPORT_SERVICE,
    REPORT_NAME,
    REPORT_RISK,
    REPORT_MAILS,
    REPORT_ALL_COLUMNS
};

/* A service to be told. Texts are "" where there is none. */
struct report_service {
    const char *id;
    const char *name;
    const char *homepage;
    const char *steps; /* one a line */
    const char *url;
    const char *privacy;
    const char *phone;
    const char *languages;
    const char *checked;
    const char *source;
    int64_t risk;
    int64_t accounts;
    const char *const *addresses;
    size_t address_count; /* of those named */
    int64_t address_total;
    struct letters_text letter; /* subject NULL: there are no letters */
};

struct report {
    struct arena *arena;
    char made[21]; /* "2026-03-01T08:00:00Z" */
    bool masked;
    struct report_table tables[REPORT_PARTS];
    const struct report_service *services;
    size_t service_count;
    int64_t service_total;
};

struct report_options {
    const char *database;
    unsigned timeout_ms;
    const struct mask *mask;       /* or NULL */
    const struct letters *letters; /* or NULL */
    const char *service;           /* this one alone, and no tables; or NULL */
    const char *language;          /* of the letters; NULL: the service's */
    const char *sender;            /* who signs the letters; NULL: a placeholder */
};

/* *why, on failure, is a sentence for the caller to free(), or NULL. 0, ERR_LEDGER, ERR_BUSY,
 * ERR_NEWER, ERR_NOMEM. */
int report_gather(const struct report_options *options, struct report **out, char **why);
void report_free(struct report **report);

/* A cell; "" beyond the table. */
const char *report_cell(const struct report_table *table, size_t row, size_t column);
int64_t report_number(const struct report_table *table, size_t row, size_t column);
/* "low", "medium", "high", "critical": the words of the view old_addresses. */
const char *report_level(int64_t risk);

#endif
