/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "address.h"
#include "date.h"
#include "err.h"
#include "ledger_ask.h"

#define ROWS_MAX 400   /* of any table: what a block asks for stays below */
#define COLUMNS_MAX 16 /* of any table */
#define CELL_MAX 4000  /* octets that are kept of a cell */
#define SERVICES 25
#define ADDRESSES 25 /* that a letter names */
#define DOMAINS 10
#define TRIES 3
#define TOTAL "total"

/* How many rows of each part, and of what else it counts. */
static const struct ledger_ask_block blocks[REPORT_PARTS] = {
    [REPORT_DOMAINS] = {"domains", 20, NULL, 0},
    [REPORT_SUMMARY] = {"summary", 0, NULL, 0},
    [REPORT_CASES] = {"cases", 10, NULL, 0},
    [REPORT_RISKIEST] = {"riskiest", 30, NULL, 0},
    [REPORT_ALARMS] = {"alarms", 10, NULL, 0},
    [REPORT_MATRIX] = {"matrix", 25, NULL, 12},
    [REPORT_TIMELINE] = {"timeline", 60, NULL, 0},
    [REPORT_AROUND] = {"around", 20, NULL, 0},
    [REPORT_EFFECT] = {"effect", 12, NULL, 0},
    [REPORT_STILL] = {"still", 12, NULL, 0},
    [REPORT_FORECAST] = {"forecast", 12, NULL, 0},
    [REPORT_IMITATED] = {"imitated", 8, NULL, 0},
};

/* What is at work while a report is gathered. */
struct gathering {
    const struct report_options *options;
    struct report *report;
    struct ledger_ask *ask;
};

/* A table that grows row by row. */
struct growing {
    struct gathering *gathering;
    struct report_table *table;
    const char **cells;
    bool *numbers;
    bool *words;  /* it holds what is no number */
    bool counted; /* it has a column "total" */
};

const char *report_cell(const struct report_table *table, size_t row, size_t column)
{
    return row < table->rows && column < table->columns
               ? table->cells[row * table->columns + column]
               : "";
}

int64_t report_number(const struct report_table *table, size_t row, size_t column)
{
    return strtoll(report_cell(table, row, column), NULL, 10);
}

const char *report_level(int64_t risk)
{
    return risk >= 7 ? "critical" : risk >= 5 ? "high" : risk >= 3 ? "medium" : "low";
}

/* A text as it goes into the report: masked, where that is asked for, and bounded. `name` is the
 * column's. NULL without memory. */
static const char *keep(struct gathering *gathering, const char *name, const char *text)
{
    struct arena *arena = gathering->report->arena;
    const char *kept;
    struct buf buf;

    if (gathering->options->mask == NULL && strcasecmp(name, "address") == 0 &&
        strlen(text) < CELL_MAX)
        return address_write(arena, text);
    if (gathering->options->mask == NULL)
        return arena_strndup(arena, text, strnlen(text, CELL_MAX));
    buf_init(&buf, (size_t)1 << 20);
    mask_column(gathering->options->mask, name, text, &buf);
    kept = buf_failed(&buf) != 0
               ? NULL
               : arena_strndup(arena, buf_text(&buf), strnlen(buf_text(&buf), CELL_MAX));
    buf_free(&buf);
    return kept;
}

static int take_head(void *context, const struct ledger_row *row)
{
    struct growing *growing = context;
    struct arena *arena = growing->gathering->report->arena;
    size_t columns = ledger_ask_columns(row);
    const char **names;

    if (columns > 0 && strcmp(ledger_ask_name(row, columns - 1), TOTAL) == 0) {
        growing->counted = true;
        columns--;
    }
    if (columns > COLUMNS_MAX)
        return ERR_INTERNAL;
    names = arena_array(arena, columns, sizeof(*names));
    growing->numbers = arena_array(arena, columns, sizeof(*growing->numbers));
    growing->words = arena_array(arena, columns, sizeof(*growing->words));
    growing->cells = arena_array(arena, ROWS_MAX * columns, sizeof(*growing->cells));
    if (names == NULL || growing->numbers == NULL || growing->words == NULL ||
        growing->cells == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < columns; i++) {
        names[i] = arena_strdup(arena, ledger_ask_name(row, i));
        if (names[i] == NULL)
            return ERR_NOMEM;
    }
    *growing->table = (struct report_table){
        .columns = columns, .names = names, .numbers = growing->numbers, .cells = growing->cells};
    return 0;
}

static int take_row(void *context, const struct ledger_row *row)
{
    struct growing *growing = context;
    struct report_table *table = growing->table;

    table->total =
        growing->counted ? ledger_ask_number(row, table->columns) : (int64_t)table->rows + 1;
    if (table->rows == ROWS_MAX)
        return 0;
    for (size_t i = 0; i < table->columns; i++) {
        const char *text = keep(growing->gathering, table->names[i], ledger_ask_text(row, i));

        if (text == NULL)
            return ERR_NOMEM;
        growing->cells[table->rows * table->columns + i] = text;
        if (text[strspn(text, "0123456789.")] != '\0')
            growing->words[i] = true;
        growing->numbers[i] = !growing->words[i] && (growing->numbers[i] || text[0] != '\0');
    }
    table->rows++;
    return 0;
}

static int gather_table(
    struct gathering *gathering, const struct ledger_ask_block *block, struct report_table *table)
{
    struct growing growing = {.gathering = gathering, .table = table};
    const struct ledger_taker taker = {take_head, take_row, &growing};

    return ledger_ask_block(gathering->ask, block, &taker);
}

/* The distinct domains of the addresses, with the day each became ours. */
static void list_domains(const struct report_table *found, struct letters_case *about,
    const char *domains[DOMAINS], const char *since[DOMAINS])
{
    for (size_t i = 0; i < found->rows && about->domain_count < DOMAINS; i++) {
        const char *domain = report_cell(found, i, 1);
        size_t k = 0;

        while (k < about->domain_count && strcmp(domains[k], domain) != 0)
            k++;
        if (k < about->domain_count)
            continue;
        domains[about->domain_count] = domain;
        since[about->domain_count++] = report_cell(found, i, 2);
    }
    about->domains = domains;
    about->since = since;
}

static int write_letter(
    struct gathering *gathering, const struct report_table *found, struct report_service *service)
{
    const char *domains[DOMAINS], *since[DOMAINS];
    struct letters_case about = {.service = service->name,
        .service_id = service->id,
        .languages = service->languages,
        .language = gathering->options->language,
        .addresses = service->addresses,
        .address_count = service->address_count,
        .more = service->address_total - (int64_t)service->address_count,
        .sender = gathering->options->sender};

    if (gathering->options->letters == NULL || service->address_count == 0)
        return 0;
    list_domains(found, &about, domains, since);
    return letters_write(
        gathering->options->letters, gathering->report->arena, &about, &service->letter);
}

static int gather_addresses(struct gathering *gathering, struct report_service *service)
{
    const struct ledger_ask_block block = {"addresses", ADDRESSES, service->id, 0};
    struct report_table found = {0};
    const char **addresses;
    int r = gather_table(gathering, &block, &found);

    if (r != 0)
        return r;
    addresses = arena_array(gathering->report->arena, found.rows + 1, sizeof(*addresses));
    if (addresses == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < found.rows; i++)
        addresses[i] = report_cell(&found, i, 0);
    service->addresses = addresses;
    service->address_count = found.rows;
    service->address_total = found.total;
    return write_letter(gathering, &found, service);
}

static void fill_service(
    struct report_service *service, const struct report_table *table, size_t row)
{
    const char **const texts[] = {NULL, &service->id, &service->name, NULL, &service->homepage,
        &service->steps, &service->url, &service->privacy, &service->phone, &service->languages,
        &service->checked, &service->source};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i] != NULL)
            *texts[i] = report_cell(table, row, i);
    service->risk = report_number(table, row, 0);
    service->accounts = report_number(table, row, 3);
}

static int gather_services(struct gathering *gathering)
{
    const char *one = gathering->options->service;
    const struct ledger_ask_block block = {
        one != NULL ? "one_service" : "next", one != NULL ? 1 : SERVICES, one, 0};
    struct report *report = gathering->report;
    struct report_table table = {0};
    struct report_service *services;
    int r = gather_table(gathering, &block, &table);

    if (r != 0)
        return r;
    services = arena_array(report->arena, table.rows + 1, sizeof(*services));
    if (services == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; r == 0 && i < table.rows; i++) {
        fill_service(&services[i], &table, i);
        r = gather_addresses(gathering, &services[i]);
    }
    report->services = services;
    report->service_count = table.rows;
    report->service_total = table.total;
    return r;
}

static int gather(struct gathering *gathering)
{
    struct report *report = gathering->report;
    int r = 0;

    report->masked = gathering->options->mask != NULL;
    date_format((int64_t)time(NULL), report->made);
    for (size_t i = 0; r == 0 && gathering->options->service == NULL && i < REPORT_PARTS; i++)
        r = gather_table(gathering, &blocks[i], &report->tables[i]);
    return r == 0 ? gather_services(gathering) : r;
}

static int try_once(struct gathering *gathering, char **why)
{
    const struct report_options *options = gathering->options;
    int r = ledger_ask_open(options->database, options->timeout_ms, &gathering->ask, why);

    if (r != 0)
        return r;
    r = ERR_NOMEM;
    gathering->report = calloc(1, sizeof(*gathering->report));
    if (gathering->report != NULL)
        gathering->report->arena = arena_new(0);
    if (gathering->report != NULL && gathering->report->arena != NULL)
        r = gather(gathering);
    if (r == 0 && !ledger_ask_sound(gathering->ask))
        r = ERR_BUSY;
    else if (r != 0 && ledger_ask_fault(gathering->ask)[0] != '\0')
        *why = strdup(ledger_ask_fault(gathering->ask));
    ledger_ask_close(&gathering->ask);
    if (r != 0)
        report_free(&gathering->report);
    return r;
}

int report_gather(const struct report_options *options, struct report **out, char **why)
{
    struct gathering gathering = {.options = options};
    int r = ERR_BUSY;

    *out = NULL;
    *why = NULL;
    /* a daemon that starts while the ledger is read takes the ground from under the answers */
    for (int i = 0; r == ERR_BUSY && *why == NULL && i < TRIES; i++)
        r = try_once(&gathering, why);
    *out = gathering.report;
    return r;
}

void report_free(struct report **report)
{
    if (*report == NULL)
        return;
    arena_free(&(*report)->arena);
    free(*report);
    *report = NULL;
}
