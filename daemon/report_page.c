/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report_page - see report_page.h.
 */
#include "report_page.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "escape.h"
#include "report_style.h"

#define NARROW 4 /* columns of a table that is better not stretched */

void report_page_element(FILE *out, const char *name, const char *attributes, const char *text)
{
    fprintf(out, "<%s%s>", name, attributes);
    escape_html(out, text);
    fprintf(out, "</%s>", name);
}

/* The one style of the page, by its digest: nothing that gets into the page can add another. */
static void put_policy(FILE *out)
{
    gchar *digest = NULL;
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 octets[32];
    gsize size = sizeof(octets);

    g_checksum_update(checksum, (const guchar *)report_style, (gssize)strlen(report_style));
    g_checksum_get_digest(checksum, octets, &size);
    digest = g_base64_encode(octets, size);
    fprintf(out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n",
        digest);
    g_free(digest);
    g_checksum_free(checksum);
}

static void put_head(FILE *out, const struct report *report)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", out);
    put_policy(out);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"robots\" content=\"noindex\">\n<title>goneaway report, ",
        out);
    escape_html(out, report->made);
    fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n", report_style);
}

static void put_link_to(FILE *out, const char *id, const char *title)
{
    fprintf(out, "<li><a href=\"#%s\">", id);
    escape_html(out, title);
    fputs("</a></li>\n", out);
}

static void put_navigation(FILE *out, const struct report *report)
{
    const struct report_print_section *section;

    fputs("<nav aria-label=\"Sections\">\n<ul>\n", out);
    for (size_t i = 0; (section = report_print_section(i)) != NULL; i++)
        if (report->tables[section->part].rows > 0)
            put_link_to(out, section->id, section->title);
    if (report->service_count > 0)
        put_link_to(out, "next", "What to do next, with letters");
    fputs("</ul>\n</nav>\n", out);
}

static void put_domain(FILE *out, const struct report_table *domains, size_t row)
{
    fputs("<li><b>", out);
    escape_html(out, report_cell(domains, row, 0));
    fputs("</b>, yours since ", out);
    escape_html(out, report_cell(domains, row, 1));
    fputs(", mode ", out);
    escape_html(out, report_cell(domains, row, 2));
    fputs("</li>\n", out);
}

void report_page_begin(FILE *out, const struct report *report)
{
    const struct report_table *domains = &report->tables[REPORT_DOMAINS];

    put_head(out, report);
    fputs("<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n"
          "<h1>What still comes for the people before you</h1>\n<ul class=\"meta\">\n<li>goneaway "
          "report of <time datetime=\"",
        out);
    escape_html(out, report->made);
    fprintf(out, "\">%.10s, %.5s UTC</time>%s</li>\n", report->made, report->made + 11,
        report->masked ? ", addresses masked" : "");
    for (size_t row = 0; row < domains->rows; row++)
        put_domain(out, domains, row);
    fputs("</ul>\n</header>\n", out);
    put_navigation(out, report);
    fputs("<main id=\"main\">\n", out);
}

void report_page_end(FILE *out, const struct report *report)
{
    fputs("</main>\n<footer>\n<p>This page stands alone: it loads nothing and runs nothing.", out);
    fputs(report->masked
              ? " Addresses are masked; the same one looks the same throughout this page "
                "and otherwise in the next."
              : " It holds addresses of other people: keep it as you keep the ledger, or "
                "make one to show with --mask.",
        out);
    fputs(" Everything in it, without bounds: <code>goneaway export</code>.</p>\n</footer>\n"
          "</body>\n</html>\n",
        out);
}

void report_page_more(FILE *out, int64_t shown, int64_t total, const char *view)
{
    if (total <= shown)
        return;
    fprintf(out, "<p class=\"more\">and %" PRId64 " more", total - shown);
    if (view != NULL)
        fprintf(out, ": <code>goneaway export %s</code>", view);
    fputs("</p>\n", out);
}

/* Risks get their colour; the number says the same. */
static void put_value(FILE *out, const char *name, const char *text)
{
    int64_t risk = g_ascii_strtoll(text, NULL, 10);

    if (strcmp(name, "Risk") == 0) {
        fprintf(out,
            "<span class=\"risk %s\">%" PRId64 "<span class=\"hidden\"> (%s)</span></span>",
            report_level(risk), risk, report_level(risk));
        return;
    }
    fputs("<bdi>", out);
    escape_html(out, text);
    fputs("</bdi>", out);
}

static void put_row(FILE *out, const struct report_table *table, size_t row, size_t shown)
{
    /* the first column that names something heads the row */
    size_t head = table->numbers[0] && shown > 1 ? 1 : 0;

    fputs("<tr role=\"row\">", out);
    for (size_t i = 0; i < shown; i++) {
        const char *text = report_cell(table, row, i);
        bool day = strlen(text) == 10 && text[4] == '-' && text[7] == '-';

        fputs(i == head ? "<th scope=\"row\" role=\"rowheader\"" : "<td role=\"cell\"", out);
        fprintf(out, " class=\"%s\" data-label=\"",
            table->numbers[i] ? "number"
            : day             ? "day"
                              : "text");
        escape_html(out, table->names[i]);
        fputs("\">", out);
        put_value(out, table->names[i], text);
        fputs(i == head ? "</th>" : "</td>", out);
    }
    fputs("</tr>\n", out);
}

void report_page_table(
    FILE *out, const struct report_table *table, const char *caption, size_t shown)
{
    if (shown > table->columns)
        shown = table->columns;
    fprintf(out, "<div class=\"scroll%s\" role=\"region\" tabindex=\"0\" aria-label=\"",
        shown <= NARROW ? " narrow" : "");
    escape_html(out, caption);
    fputs("\">\n<table class=\"rows\" role=\"table\">\n", out);
    report_page_element(out, "caption", " class=\"hidden\"", caption);
    fputs("\n<thead role=\"rowgroup\"><tr role=\"row\">", out);
    for (size_t i = 0; i < shown; i++)
        report_page_element(out, "th",
            table->numbers[i] ? " scope=\"col\" role=\"columnheader\" class=\"number\""
                              : " scope=\"col\" role=\"columnheader\"",
            table->names[i]);
    fputs("</tr></thead>\n<tbody role=\"rowgroup\">\n", out);
    for (size_t row = 0; row < table->rows; row++)
        put_row(out, table, row, shown);
    fputs("</tbody>\n</table>\n</div>\n", out);
}

/* Is it a place that a link may lead to? */
static bool is_link(const char *text)
{
    return strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0 ||
           strncasecmp(text, "mailto:", 7) == 0;
}

void report_page_link(FILE *out, const char *text)
{
    bool mail =
        !is_link(text) && strchr(text, '@') != NULL && strpbrk(text, " :/,;<>\"?&%") == NULL;

    if (mail || is_link(text)) {
        fputs(mail ? "<a rel=\"noreferrer noopener\" href=\"mailto:"
                   : "<a rel=\"noreferrer noopener\" href=\"",
            out);
        escape_html(out, text);
        fputs("\">", out);
    }
    escape_html(out, text);
    if (mail || is_link(text))
        fputs("</a>", out);
}
