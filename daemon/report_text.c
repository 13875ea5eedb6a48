/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report_text - the report on a terminal: at most 100 columns, no control sequences.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "report_print.h"

#define LINE 100
#define GAP 2
#define COLUMNS_MAX 16
#define COLUMNS_LEAST 6
#define COLUMN_MAX 40 /* columns of the terminal for one of the table */
#define ROWS 12       /* of a table */
#define TIMELINE_ROWS 31
#define BAR 40
#define MATRIX_COLUMNS 8
#define LEGENDS 4 /* on a line */
#define LEGEND 21
#define NAME 60
#define SERVICES 8

/* The columns of a table that are shown, and how wide each is. */
struct layout {
    size_t columns;
    size_t widths[COLUMNS_MAX];
};

static size_t larger(size_t one, size_t other)
{
    return one > other ? one : other;
}

/* Every column as wide as it needs. Where they do not fit, the last ones are left out as long as
 * enough are shown, and then the widest is made smaller. */
static void lay_out(const struct report_table *table, size_t rows, struct layout *layout)
{
    size_t sum = 0, shown = table->columns < COLUMNS_MAX ? table->columns : COLUMNS_MAX;

    *layout = (struct layout){0};
    for (size_t i = 0; i < shown; i++) {
        size_t width = escape_width(table->names[i]);

        for (size_t row = 0; row < rows; row++)
            width = larger(width, escape_width(report_cell(table, row, i)));
        layout->widths[i] = width < COLUMN_MAX ? width : COLUMN_MAX;
        sum += layout->widths[i] + GAP;
    }
    for (; sum > LINE + GAP && shown > COLUMNS_LEAST; shown--)
        sum -= layout->widths[shown - 1] + GAP;
    layout->columns = shown;
    for (; sum > LINE + GAP; sum--) {
        size_t widest = 0;

        for (size_t i = 1; i < shown; i++)
            if (layout->widths[i] > layout->widths[widest])
                widest = i;
        layout->widths[widest]--;
    }
}

/* The text, cut with "…" where it takes more columns; how many it took. */
static size_t put_cut(FILE *out, const char *text, size_t columns)
{
    size_t width = escape_width(text);

    if (width > columns)
        width = columns;
    escape_columns(out, text, width, false);
    return width;
}

static void print_wrapped(FILE *out, const char *text, size_t indent)
{
    size_t at = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " \n");
        char word[LINE * 4 + 1];

        snprintf(word, sizeof(word), "%.*s", (int)length, text);
        if (at == 0 || (at > indent && at + 1 + escape_width(word) > LINE)) {
            fprintf(out, "%s%*s", at == 0 ? "" : "\n", (int)indent, "");
            at = indent;
        } else {
            putc(' ', out);
            at++;
        }
        at += put_cut(out, word, LINE - at);
        text += length;
        text += *text != '\0';
    }
    putc('\n', out);
}

static void print_line(FILE *out, const struct report_table *table, const struct layout *layout,
    const char *const *cells)
{
    for (size_t i = 0; i < layout->columns; i++) {
        bool last = i + 1 == layout->columns;

        if (last && !table->numbers[i] && escape_width(cells[i]) <= layout->widths[i])
            escape_terminal(out, cells[i]); /* no blanks at the end of a line */
        else
            escape_columns(out, cells[i], layout->widths[i], table->numbers[i]);
        fputs(last ? "\n" : "  ", out);
    }
}

static void print_more(FILE *out, int64_t shown, int64_t total, const char *view)
{
    if (total <= shown)
        return;
    fprintf(out, "and %" PRId64 " more", total - shown);
    if (view != NULL)
        fprintf(out, ": goneaway export %s", view);
    putc('\n', out);
}

static void print_table(FILE *out, const struct report_table *table, const char *view)
{
    size_t rows = table->rows < ROWS ? table->rows : ROWS;
    struct layout layout;

    if (table->rows == 0)
        return;
    lay_out(table, rows, &layout);
    print_line(out, table, &layout, table->names);
    for (size_t row = 0; row < rows; row++)
        print_line(out, table, &layout, table->cells + row * table->columns);
    print_more(out, (int64_t)rows, table->total, view);
}

static size_t matrix_columns(const struct report_table *table)
{
    size_t columns = 0;

    while (columns < table->rows && report_number(table, columns, REPORT_ROW) == 1)
        columns++;
    return columns;
}

/* The heads are letters, told below: names of services are too wide. */
static void print_matrix(FILE *out, const struct report_table *table)
{
    size_t columns = matrix_columns(table);
    size_t shown = columns < MATRIX_COLUMNS ? columns : MATRIX_COLUMNS;
    size_t rows = 0;

    if (columns == 0)
        return;
    escape_columns(out, "risk/mails", 34, false);
    for (size_t i = 0; i < shown; i++)
        fprintf(out, "%8c", (int)('A' + i));
    putc('\n', out);
    for (size_t row = 0; row < table->rows && rows < ROWS; row += columns, rows++) {
        escape_columns(out, report_cell(table, row, REPORT_ADDRESS), 34, false);
        for (size_t i = 0; i < shown; i++) {
            char cell[64] = "·";

            if (report_cell(table, row + i, REPORT_RISK)[0] != '\0')
                snprintf(cell, sizeof(cell), "%s/%s", report_cell(table, row + i, REPORT_RISK),
                    report_cell(table, row + i, REPORT_MAILS));
            escape_columns(out, cell, 8, true);
        }
        putc('\n', out);
    }
    for (size_t i = 0; i < shown; i++) {
        fprintf(out, "%s%c ", i == 0 ? "" : i % LEGENDS == 0 ? "\n" : "  ", (int)('A' + i));
        put_cut(out, report_cell(table, i, REPORT_SERVICE), LEGEND);
    }
    putc('\n', out);
    if (table->total > (int64_t)rows ||
        report_number(table, 0, REPORT_ALL_COLUMNS) > (int64_t)shown)
        fprintf(out,
            "%zu of %" PRId64 " addresses, %zu of %" PRId64
            " services; all: goneaway export exposure\n",
            rows, table->total, shown, report_number(table, 0, REPORT_ALL_COLUMNS));
}

static int64_t put_signs(FILE *out, char sign, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        putc(sign, out);
    return count;
}

/* Columns: From, Mails, Refused, Would be refused, Found by scan, unit. */
static void print_timeline(FILE *out, const struct report_table *table)
{
    size_t first = table->rows > TIMELINE_ROWS ? table->rows - TIMELINE_ROWS : 0;
    int64_t most = 1;

    for (size_t row = first; row < table->rows; row++)
        most = report_number(table, row, 1) > most ? report_number(table, row, 1) : most;
    if (table->rows > 0)
        fprintf(out,
            "by %s; # refused, + would be refused in enforce mode, : found by scan, . other mail\n",
            report_cell(table, 0, 5));
    for (size_t row = first; row < table->rows; row++) {
        int64_t mails = report_number(table, row, 1), bar = (mails * BAR + most - 1) / most;
        int64_t put = 0;

        escape_columns(out, report_cell(table, row, 0), strlen("2026-03-01"), false);
        fprintf(out, " %8" PRId64 "%s", mails, mails > 0 ? "  " : "");
        for (size_t sort = 0; sort < 3; sort++)
            put += put_signs(out, "#+:"[sort],
                mails > 0 ? report_number(table, row, sort + 2) * bar / mails : 0);
        put_signs(out, '.', bar - put);
        putc('\n', out);
    }
}

static void print_section(
    FILE *out, const struct report *report, const struct report_print_section *section)
{
    const struct report_table *table = &report->tables[section->part];

    if (table->rows == 0 && section->empty == NULL)
        return;
    fprintf(out, "\n%s\n", section->title);
    print_wrapped(out, table->rows == 0 ? section->empty : section->text, 0);
    putc('\n', out);
    if (section->part == REPORT_MATRIX)
        print_matrix(out, table);
    else if (section->part == REPORT_TIMELINE)
        print_timeline(out, table);
    else
        print_table(out, table, section->view);
}

static void print_field(FILE *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    fprintf(out, "   %s ", name);
    escape_terminal(out, text);
    putc('\n', out);
}

static void print_steps(FILE *out, const struct report_service *service)
{
    const char *text = service->steps;

    if (text[0] == '\0')
        print_wrapped(out,
            "No route is known: look for a privacy address, or a form for people "
            "without an account.",
            3);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = strndup(text, length);

        if (line != NULL)
            print_wrapped(out, line, 3);
        free(line);
        text += length;
        text += *text != '\0';
    }
}

static void print_services(FILE *out, const struct report *report)
{
    size_t count = report->service_count < SERVICES ? report->service_count : SERVICES;

    if (count == 0)
        return;
    fputs("\nWhat to do next, riskiest first\n", out);
    print_wrapped(out,
        "How somebody who is no customer reaches the service. A letter for each: "
        "goneaway report --letter SERVICE",
        0);
    for (size_t i = 0; i < count; i++) {
        const struct report_service *service = &report->services[i];

        fprintf(out, "\n%zu. ", i + 1);
        put_cut(out, service->name, NAME);
        putc('\n', out);
        fputs("   ", out);
        put_cut(out, service->id, NAME);
        fprintf(out, ", %s risk, %" PRId64 " account%s\n", report_level(service->risk),
            service->accounts, service->accounts == 1 ? "" : "s");
        print_field(out, "e.g.    ", service->address_count > 0 ? service->addresses[0] : "");
        print_steps(out, service);
        print_field(out, "begin at", service->url[0] != '\0' ? service->url : service->homepage);
        print_field(out, "privacy ", service->privacy);
        print_field(out, "phone   ", service->phone);
        print_field(
            out, "checked ", service->checked[0] != '\0' ? service->checked : service->source);
    }
    print_more(out, (int64_t)count, report->service_total, "todo");
}

static void print_head(FILE *out, const struct report *report)
{
    const struct report_table *domains = &report->tables[REPORT_DOMAINS];
    const struct report_table *summary = &report->tables[REPORT_SUMMARY];
    const struct report_table *cases = &report->tables[REPORT_CASES];

    fprintf(
        out, "goneaway report, %s%s\n", report->made, report->masked ? ", addresses masked" : "");
    for (size_t row = 0; row < domains->rows; row++) {
        escape_terminal(out, report_cell(domains, row, 0));
        fputs(", yours since ", out);
        escape_terminal(out, report_cell(domains, row, 1));
        fputs(", mode ", out);
        escape_terminal(out, report_cell(domains, row, 2));
        putc('\n', out);
    }
    print_more(out, (int64_t)domains->rows, domains->total, NULL);
    if (report_print_is_empty(report))
        return;
    putc('\n', out);
    for (size_t row = 0; row < summary->rows; row++)
        fprintf(out, "%8" PRId64 "  %s\n", report_number(summary, row, 1),
            report_cell(summary, row, 0)); /* words of our own */
    if (cases->rows > 0)
        fputs("   cases: ", out);
    for (size_t row = 0; row < cases->rows; row++) {
        fprintf(out, "%s%" PRId64 " ", row > 0 ? ", " : "", report_number(cases, row, 1));
        escape_terminal(out, report_cell(cases, row, 0));
    }
    if (cases->rows > 0)
        putc('\n', out);
}

void report_print_text(FILE *out, const struct report *report, const char *page)
{
    const struct report_print_section *section;

    print_head(out, report);
    if (report_print_is_empty(report)) {
        putc('\n', out);
        for (size_t i = 0; report_print_first_step(i) != NULL; i++)
            print_wrapped(out, report_print_first_step(i), 0);
    } else {
        for (size_t i = 0; (section = report_print_section(i)) != NULL; i++)
            print_section(out, report, section);
        print_services(out, report);
    }
    if (page != NULL) {
        fputs("\nThe whole report with letters: ", out);
        escape_terminal(out, page);
        putc('\n', out);
    }
}

void report_print_letter(FILE *out, const struct report_service *service)
{
    const char *text = service->letter.body;

    escape_terminal(out, service->letter.subject);
    fputs("\n\n", out);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = strndup(text, length);

        escape_terminal(out, line != NULL ? line : "");
        putc('\n', out);
        free(line);
        text += length;
        text += *text != '\0';
    }
}
