/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report_html - the sections of the page. Charts are drawn without text in them, so that they
 * may be stretched to any width; what they show stands beside them as text.
 */
#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "report_page.h"

#define CHART_HEIGHT 100
#define CHART_STEP 10 /* for each bar, with the space beside it */
#define CHART_BAR 8

static void begin_section(FILE *out, const char *id, const char *title, const char *text)
{
    fprintf(out, "<section aria-labelledby=\"%s\">\n", id);
    fprintf(out, "<h2 id=\"%s\">", id);
    escape_html(out, title);
    fputs("</h2>\n", out);
    report_page_element(out, "p", " class=\"intro\"", text);
    putc('\n', out);
}

static void put_summary(FILE *out, const struct report *report)
{
    const struct report_table *summary = &report->tables[REPORT_SUMMARY];
    const struct report_table *cases = &report->tables[REPORT_CASES];

    fputs(
        "<section aria-labelledby=\"summary\">\n<h2 id=\"summary\" class=\"hidden\">Summary</h2>\n"
        "<dl class=\"figures\">\n",
        out);
    for (size_t row = 0; row < summary->rows; row++) {
        fputs("<div>", out);
        report_page_element(out, "dt", "", report_cell(summary, row, 0));
        report_page_element(out, "dd", "", report_cell(summary, row, 1));
        fputs("</div>\n", out);
    }
    fputs("</dl>\n<p class=\"more\">Cases: ", out);
    for (size_t row = 0; row < cases->rows; row++) {
        fprintf(out, "%s%" PRId64 " ", row > 0 ? ", " : "", report_number(cases, row, 1));
        escape_html(out, report_cell(cases, row, 0));
    }
    fputs(cases->rows > 0 ? ".</p>\n</section>\n" : "none.</p>\n</section>\n", out);
}

static size_t matrix_columns(const struct report_table *table)
{
    size_t columns = 0;

    while (columns < table->rows && report_number(table, columns, REPORT_ROW) == 1)
        columns++;
    return columns;
}

static void put_cell(FILE *out, const struct report_table *table, size_t row)
{
    int64_t risk = report_number(table, row, REPORT_RISK);
    int64_t mails = report_number(table, row, REPORT_MAILS);

    if (report_cell(table, row, REPORT_RISK)[0] == '\0') {
        fputs("<td><span class=\"none\" aria-hidden=\"true\">·</span><span class=\"hidden\">none"
              "</span></td>",
            out);
        return;
    }
    fprintf(out,
        "<td><span class=\"cell %s\"><b>%" PRId64 "</b><span class=\"hidden\"> %s risk,</span> "
        "<small>%" PRId64 "<span class=\"hidden\"> mail%s</span></small></span></td>",
        report_level(risk), risk, report_level(risk), mails, mails == 1 ? "" : "s");
}

static void put_matrix_head(FILE *out, const struct report_table *table, size_t columns)
{
    fputs("<thead><tr><th scope=\"col\">Address</th>", out);
    for (size_t i = 0; i < columns; i++) {
        fputs("<th scope=\"col\">", out);
        report_page_element(out, "span", "", report_cell(table, i, REPORT_NAME));
        fputs("</th>", out);
    }
    fputs("<th scope=\"col\"><span>further services</span></th></tr></thead>\n", out);
}

static void put_matrix_rows(FILE *out, const struct report_table *table, size_t columns)
{
    for (size_t row = 0; row < table->rows; row += columns) {
        int64_t others = report_number(table, row, REPORT_SERVICES);

        fputs("<tr><th scope=\"row\"><bdi>", out);
        escape_html(out, report_cell(table, row, REPORT_ADDRESS));
        fputs("</bdi></th>", out);
        for (size_t i = 0; i < columns; i++) {
            put_cell(out, table, row + i);
            others -= report_cell(table, row + i, REPORT_RISK)[0] != '\0';
        }
        if (others > 0)
            fprintf(out, "<td>+%" PRId64 "</td></tr>\n", others);
        else
            fputs("<td class=\"none\">0</td></tr>\n", out);
    }
}

static void put_levels(FILE *out)
{
    static const struct {
        int64_t risk;
        const char *range;
    } levels[] = {{1, "1–2"}, {3, "3–4"}, {5, "5–6"}, {7, "7–8"}};

    fputs("<ul class=\"key\" aria-label=\"Levels of risk\">", out);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        fprintf(out, "<li><span class=\"risk %s\">%s</span> %s</li>", report_level(levels[i].risk),
            levels[i].range, report_level(levels[i].risk));
    fputs("</ul>\n", out);
}

static void put_matrix(FILE *out, const struct report_table *table)
{
    size_t columns = matrix_columns(table);
    int64_t services = report_number(table, 0, REPORT_ALL_COLUMNS);

    if (columns == 0)
        return;
    put_levels(out);
    fputs("<div class=\"scroll matrix\" role=\"region\" tabindex=\"0\" aria-label=\"Addresses and "
          "services\">\n<table>\n<caption class=\"hidden\">Addresses and services: risk and number "
          "of mails</caption>\n",
        out);
    put_matrix_head(out, table, columns);
    fputs("<tbody>\n", out);
    put_matrix_rows(out, table, columns);
    fputs("</tbody>\n</table>\n</div>\n", out);
    report_page_more(out, (int64_t)(table->rows / columns), table->total, "old_addresses");
    if (services > (int64_t)columns)
        fprintf(out,
            "<p class=\"more\">%zu of %" PRId64 " services: <code>goneaway export exposure</code>"
            "</p>\n",
            columns, services);
}

/* A bar from the height `from`; where it ends. */
static int64_t put_bar(FILE *out, const char *class, size_t place, int64_t from, int64_t height)
{
    if (height > 0)
        fprintf(out,
            "<rect class=\"%s\" x=\"%zu\" y=\"%" PRId64 "\" width=\"%d\" height=\"%" PRId64 "\"/>",
            class, place * CHART_STEP + 1, CHART_HEIGHT - from - height, CHART_BAR, height);
    return from + height;
}

/* A dashed line before a bar. */
static void put_mark(FILE *out, size_t place)
{
    fprintf(out, "<line class=\"mark\" x1=\"%zu\" x2=\"%zu\" y1=\"0\" y2=\"%d\"/>",
        place * CHART_STEP, place * CHART_STEP, CHART_HEIGHT);
}

static void begin_chart(FILE *out, const char *class, size_t bars)
{
    fprintf(out,
        "<svg class=\"%s\" aria-hidden=\"true\" viewBox=\"0 0 %zu %d\" "
        "preserveAspectRatio=\"none\">\n",
        class, bars * CHART_STEP, CHART_HEIGHT);
    for (int y = 0; y <= CHART_HEIGHT; y += CHART_HEIGHT / 4)
        fprintf(out, "<line class=\"grid\" x1=\"0\" x2=\"%zu\" y1=\"%d\" y2=\"%d\"/>",
            bars * CHART_STEP, y, y);
}

/* Below it the first column of the first and last row. */
static void end_chart(FILE *out, const struct report_table *table)
{
    fputs("</svg>\n<div class=\"axis\">", out);
    report_page_element(out, "span", "", report_cell(table, 0, 0));
    report_page_element(out, "span", "", report_cell(table, table->rows - 1, 0));
    fputs("</div>\n", out);
}

static void put_bars(FILE *out, const struct report_table *table, int64_t most)
{
    const char *first = report_cell(table, 0, 6); /* refusal */

    for (size_t row = 0; row < table->rows; row++) {
        int64_t mails = report_number(table, row, 1), refused = report_number(table, row, 2);
        int64_t spared = report_number(table, row, 3), found = report_number(table, row, 4);
        int64_t all = (mails * CHART_HEIGHT + most - 1) / most;
        int64_t at = put_bar(out, "refused", row, 0, refused * CHART_HEIGHT / most);

        at = put_bar(out, "spared", row, at, spared * CHART_HEIGHT / most);
        at = put_bar(out, "found", row, at, found * CHART_HEIGHT / most);
        put_bar(out, "other", row, at, all - at);
        if (row > 0 && strcmp(report_cell(table, row - 1, 0), first) <= 0 &&
            strcmp(first, report_cell(table, row, 0)) < 0)
            put_mark(out, row);
        putc('\n', out);
    }
}

/* Columns: Week, Accounts, Mails, Mails an account. */
static void put_around(FILE *out, const struct report_table *table)
{
    double most = 0.01;

    for (size_t row = 0; row < table->rows; row++)
        most = fmax(most, g_ascii_strtod(report_cell(table, row, 3), NULL));
    fprintf(out,
        "<figure class=\"narrow\">\n<figcaption class=\"axis\"><span>mails an account in a "
        "week, %.2f at most</span></figcaption>\n",
        most);
    begin_chart(out, "chart low-chart", table->rows);
    for (size_t row = 0; row < table->rows; row++) {
        double value = g_ascii_strtod(report_cell(table, row, 3), NULL);
        bool after = strstr(report_cell(table, row, 0), "after") != NULL;

        put_bar(out, after ? "after" : "other", row, 0, (int64_t)(value * CHART_HEIGHT / most));
        if (row > 0 && after && strstr(report_cell(table, row - 1, 0), "after") == NULL)
            put_mark(out, row);
    }
    end_chart(out, table);
    fputs("</figure>\n", out);
    report_page_table(out, table, "Before and after the first refusal", table->columns);
}

static void put_chart_key(FILE *out, const struct report_table *table)
{
    static const struct {
        const char *class;
        const char *text;
    } keys[] = {{"refused", "refused"}, {"spared", "would be refused in enforce mode"},
        {"found", "found in mailboxes (goneaway scan)"}, {"other", "all other mail"}};

    fputs("<figcaption><ul class=\"key\">", out);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        fprintf(out,
            "<li><svg viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect class=\"%s\" width=\"1\" "
            "height=\"1\"/></svg> %s</li>",
            keys[i].class, keys[i].text);
    if (report_cell(table, 0, 6)[0] != '\0') {
        fputs("<li>dashed line: first refusal, ", out);
        escape_html(out, report_cell(table, 0, 6));
        fputs("</li>", out);
    }
    fputs("</ul></figcaption>\n", out);
}

static void put_timeline(FILE *out, const struct report_table *table)
{
    int64_t most = 1;

    for (size_t row = 0; row < table->rows; row++)
        most = report_number(table, row, 1) > most ? report_number(table, row, 1) : most;
    fputs("<figure>\n", out);
    put_chart_key(out, table);
    fprintf(out, "<div class=\"axis\"><span>%" PRId64 " mail%s a ", most, most == 1 ? "" : "s");
    escape_html(out, report_cell(table, 0, 5));
    fputs(" at most</span></div>\n", out);
    begin_chart(out, "chart", table->rows);
    put_bars(out, table, most);
    end_chart(out, table);
    fputs("<details class=\"data\">", out);
    report_page_element(out, "summary", "", "The figures");
    putc('\n', out);
    report_page_table(out, table, "Mail over time", 5);
    fputs("</details>\n</figure>\n", out);
}

static void put_section(
    FILE *out, const struct report *report, const struct report_print_section *section)
{
    const struct report_table *table = &report->tables[section->part];

    if (table->rows == 0 && section->empty == NULL)
        return;
    begin_section(
        out, section->id, section->title, table->rows > 0 ? section->text : section->empty);
    if (section->part == REPORT_MATRIX)
        put_matrix(out, table);
    else if (section->part == REPORT_TIMELINE)
        put_timeline(out, table);
    else if (section->part == REPORT_AROUND)
        put_around(out, table);
    else if (table->rows > 0) {
        report_page_table(out, table, section->title, table->columns);
        report_page_more(out, (int64_t)table->rows, table->total, section->view);
    }
    fputs("</section>\n", out);
}

static void put_steps(FILE *out, const char *steps)
{
    if (steps[0] == '\0') {
        fputs(
            "<p>No route is known. Look for a privacy address, or for a form for people without an "
            "account.</p>\n",
            out);
        return;
    }
    fputs("<ol>", out);
    while (*steps != '\0') {
        size_t length = strcspn(steps, "\n");
        char *line = strndup(steps, length);

        report_page_element(out, "li", "", line != NULL ? line : "");
        free(line);
        steps += length;
        steps += *steps != '\0';
    }
    fputs("</ol>\n", out);
}

static void put_field(FILE *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    fprintf(out, "<dt>%s</dt><dd>", name);
    report_page_link(out, text);
    fputs("</dd>\n", out);
}

static void put_addresses(FILE *out, const struct report_service *service)
{
    fputs("<dt>Addresses</dt><dd><ul class=\"addresses\">", out);
    for (size_t i = 0; i < service->address_count; i++) {
        fputs("<li>", out);
        report_page_element(out, "bdi", "", service->addresses[i]);
        fputs("</li>", out);
    }
    if (service->address_total > (int64_t)service->address_count)
        fprintf(out, "<li>and %" PRId64 " more</li>",
            service->address_total - (int64_t)service->address_count);
    fputs("</ul></dd>\n", out);
}

static void put_letter(FILE *out, const struct report_service *service)
{
    const struct letters_text *letter = &service->letter;

    if (letter->subject == NULL)
        return;
    fputs("<details><summary>The letter<span class=\"hidden\"> to ", out);
    escape_html(out, service->name);
    fputs("</span> (", out);
    escape_html(out, letter->language);
    fputs(")</summary>\n<div class=\"letter\" lang=\"", out);
    escape_html(out, letter->language);
    fputs("\">\n", out);
    report_page_element(out, "h4", "", letter->subject);
    report_page_element(out, "pre", "", letter->body);
    fputs("</div></details>\n", out);
}

static void put_service(FILE *out, const struct report_service *service, size_t number)
{
    fprintf(out, "<li><article aria-labelledby=\"service-%zu\">\n<header><h3 id=\"service-%zu\">",
        number, number);
    escape_html(out, service->name);
    fprintf(out, "</h3><span class=\"risk %s\">%s</span><span class=\"none\">",
        report_level(service->risk), report_level(service->risk));
    escape_html(out, service->id);
    fprintf(out, ", %" PRId64 " account%s</span></header>\n", service->accounts,
        service->accounts == 1 ? "" : "s");
    put_steps(out, service->steps);
    fputs("<dl class=\"fields\">\n", out);
    put_field(out, "Begin at", service->url[0] != '\0' ? service->url : service->homepage);
    put_field(out, "Privacy", service->privacy);
    put_field(out, "Phone", service->phone);
    put_field(out, "Languages", service->languages);
    put_field(out, "Checked", service->checked);
    put_field(out, "Source", service->source);
    put_addresses(out, service);
    fputs("</dl>\n", out);
    put_letter(out, service);
    fputs("</article></li>\n", out);
}

static void put_services(FILE *out, const struct report *report)
{
    if (report->service_count == 0)
        return;
    begin_section(out, "next", "What to do next",
        "Services with open cases, riskiest first: how somebody who is no customer reaches each, "
        "and "
        "a letter. Read a letter before you send it, say only what is true, and fill in who you "
        "are; letters that are open are printed with the page. When a service was told, write it "
        "down:");
    fputs("<pre class=\"sql\"><code>UPDATE account SET case_state = 'reported', note = 'their "
          "privacy "
          "form'\n    WHERE service = 'shop.example' AND holder <> 'current';</code></pre>\n<ol "
          "class=\"services\">\n",
        out);
    for (size_t i = 0; i < report->service_count; i++)
        put_service(out, &report->services[i], i + 1);
    fputs("</ol>\n", out);
    report_page_more(out, (int64_t)report->service_count, report->service_total, "todo");
    fputs("</section>\n", out);
}

static void put_first_steps(FILE *out)
{
    fputs("<section aria-labelledby=\"first\">\n<h2 id=\"first\">Nothing to tell yet</h2>\n", out);
    for (size_t i = 0; report_print_first_step(i) != NULL; i++)
        report_page_element(out, "p", "", report_print_first_step(i));
    fputs("</section>\n", out);
}

void report_print_html(FILE *out, const struct report *report)
{
    const struct report_print_section *section;

    report_page_begin(out, report);
    if (report_print_is_empty(report)) {
        put_first_steps(out);
    } else {
        put_summary(out, report);
        for (size_t i = 0; (section = report_print_section(i)) != NULL; i++)
            put_section(out, report, section);
        put_services(out, report);
    }
    report_page_end(out, report);
}
