/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway export`: views of the ledger as CSV (RFC 4180) or JSON, row by row as they are read.
 * Which views there are the database tells, so the administrator's own are among them.
 */
#include <errno.h>
#include <getopt.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "err.h"
#include "escape.h"
#include "json.h"
#include "ledger_ask.h"
#include "mask.h"
#include "outfile.h"
#include "tool.h"
#include "usage.h"

#define CELL_MAX ((size_t)1 << 24)

static const char usage[] =
    "usage: goneaway export [-c FILE] [--format csv|json] [--mask] [-o DIR|FILE] [VIEW…]\n"
    "Writes views of the ledger for a spreadsheet or a program. Without VIEW all of them, where "
    "the\n"
    "place can hold them; else their names are printed.\n"
    "\n"
    "options:\n"
    "  -c FILE            the configuration; without it " TOOL_CONFIG "\n"
    "  -f, --format csv   the default; one view to standard output or FILE, or each to\n"
    "                     DIR/VIEW.csv\n"
    "  -f, --format json  one view as an array; several as an object with an array for each\n"
    "  --mask             mask addresses everywhere\n"
    "  -o DIR|FILE        a directory that is there, or whose name ends with /: a file for each\n"
    "                     view; otherwise the one file. Files are made with mode 0600\n"
    "  -h, --help         print this\n"
    "example: goneaway export --mask -o views/\n";

struct arguments {
    const char *config;
    const char *place; /* -o; NULL: standard output */
    char *const *views;
    bool json;
    bool mask;
};

/* What is at work. */
struct export
{
    const struct arguments *arguments;
    struct ledger_ask *ask;
    struct mask *mask;
    GPtrArray *known; /* names of all views */
    FILE *out;        /* of the view at hand */
    struct json writer;
    bool first;
    char *long_column; /* a cell of it cannot be written, and nothing is left out in silence */
};

static void note_long(struct export *export, const char *name)
{
    if (export->long_column == NULL)
        export->long_column = g_strdup(name);
}

/* A text as it goes out; *buf is the caller's to free. NULL: nothing goes out. */
static const char *shown(struct export *export, const char *name, const char *text, struct buf *buf)
{
    buf_init(buf, CELL_MAX);
    if (export->mask == NULL)
        return text;
    if (!mask_column(export->mask, name, text, buf))
        return NULL;
    if (buf_failed(buf) == 0)
        return buf_text(buf);
    note_long(export, name);
    return NULL;
}

static const char *hexadecimal(
    struct export *export, const struct ledger_row *row, size_t column, struct buf *out)
{
    size_t length;
    const unsigned char *octets = ledger_ask_blob(row, column, &length);

    buf_init(out, CELL_MAX);
    for (size_t i = 0; i < length && buf_failed(out) == 0; i++)
        buf_printf(out, "%02x", octets[i]);
    if (buf_failed(out) != 0)
        note_long(export, ledger_ask_name(row, column));
    return buf_text(out);
}

/* After a row. */
static int row_result(const struct export *export)
{
    return export->long_column != NULL ? ERR_LIMIT : ferror(export->out) ? ERR_SYSTEM : 0;
}

static int csv_head(void *context, const struct ledger_row *row)
{
    const struct export *export = context;

    for (size_t i = 0; i < ledger_ask_columns(row); i++) {
        if (i > 0)
            putc(',', export->out);
        escape_csv(export->out, ledger_ask_name(row, i));
    }
    fputs("\r\n", export->out);
    return 0;
}

static void csv_cell(struct export *export, const struct ledger_row *row, size_t i)
{
    struct buf buf;
    const char *text;

    switch (ledger_ask_type(row, i)) {
    case LEDGER_CELL_NULL:
        break;
    case LEDGER_CELL_INTEGER:
    case LEDGER_CELL_REAL:
        fputs(ledger_ask_text(row, i), export->out);
        break;
    case LEDGER_CELL_TEXT:
        text = shown(export, ledger_ask_name(row, i), ledger_ask_text(row, i), &buf);
        if (text != NULL)
            escape_csv(export->out, text);
        buf_free(&buf);
        break;
    case LEDGER_CELL_BLOB:
        escape_csv(export->out, hexadecimal(export, row, i, &buf));
        buf_free(&buf);
        break;
    }
}

static int csv_row(void *context, const struct ledger_row *row)
{
    struct export *export = context;

    for (size_t i = 0; i < ledger_ask_columns(row); i++) {
        if (i > 0)
            putc(',', export->out);
        csv_cell(export, row, i);
    }
    fputs("\r\n", export->out);
    return row_result(export);
}

static void json_cell(struct export *export, const struct ledger_row *row, size_t i)
{
    const char *name = ledger_ask_name(row, i);
    struct buf buf;

    switch (ledger_ask_type(row, i)) {
    case LEDGER_CELL_NULL:
        json_string(&export->writer, name, NULL);
        break;
    case LEDGER_CELL_INTEGER:
        json_integer(&export->writer, name, ledger_ask_number(row, i));
        break;
    case LEDGER_CELL_REAL:
        json_real(&export->writer, name, ledger_ask_real(row, i));
        break;
    case LEDGER_CELL_TEXT:
        json_string(&export->writer, name, shown(export, name, ledger_ask_text(row, i), &buf));
        buf_free(&buf);
        break;
    case LEDGER_CELL_BLOB:
        json_string(&export->writer, name, hexadecimal(export, row, i, &buf));
        buf_free(&buf);
        break;
    }
}

static int json_row(void *context, const struct ledger_row *row)
{
    struct export *export = context;

    fputs(export->first ? "\n" : ",\n", export->out);
    export->first = false;
    json_begin(&export->writer, export->out);
    json_open(&export->writer, NULL, '{');
    for (size_t i = 0; i < ledger_ask_columns(row); i++)
        json_cell(export, row, i);
    json_close(&export->writer, '}');
    return row_result(export);
}

/* One view to a stream. */
static int put_view(struct export *export, FILE *out, const char *view)
{
    const struct ledger_taker csv = {csv_head, csv_row, export};
    const struct ledger_taker json = {NULL, json_row, export};
    int r;

    export->out = out;
    export->first = true;
    if (export->arguments->json)
        putc('[', out);
    r = ledger_ask_view(export->ask, view, export->arguments->json ? &json : &csv);
    if (export->arguments->json)
        fputs("\n]", out);
    return r;
}

/* All of them to one stream, which for CSV is one. */
static int put_views(struct export *export, FILE *out, const GPtrArray *views)
{
    int r = 0;

    if (views->len == 1) {
        r = put_view(export, out, g_ptr_array_index(views, 0));
    } else {
        for (guint i = 0; r == 0 && i < views->len; i++) {
            fputs(i == 0 ? "{\n" : ",\n", out);
            json_begin(&export->writer, out);
            json_key(&export->writer, g_ptr_array_index(views, i));
            r = put_view(export, out, g_ptr_array_index(views, i));
        }
        fputs("\n}", out);
    }
    if (export->arguments->json)
        putc('\n', out);
    return r;
}

static int complain(struct export *export, const char *view, int r)
{
    if (r == ERR_SYSTEM)
        fprintf(stderr, "goneaway export: cannot be written: %s\n", strerror(errno));
    else if (r == ERR_LIMIT && export->long_column != NULL)
        fprintf(stderr,
            "goneaway export: %s: a cell of the column %s has more than %zu octets, more than can "
            "be masked or written as hexadecimal\n",
            view, export->long_column, CELL_MAX);
    else
        fprintf(stderr, "goneaway export: %s: %s\n", view,
            ledger_ask_fault(export->ask)[0] != '\0' ? ledger_ask_fault(export->ask) : err_text(r));
    return r == ERR_SYSTEM ? EX_IOERR : r == ERR_BUSY ? EX_TEMPFAIL : EX_DATAERR;
}

/* Was what was read the truth? */
static int sound(struct export *export)
{
    if (ledger_ask_sound(export->ask))
        return EX_OK;
    fputs("goneaway export: the daemon began to write while the ledger was read: try again\n",
        stderr);
    return EX_TEMPFAIL;
}

static int to_stdout(struct export *export, const GPtrArray *views)
{
    int r = put_views(export, stdout, views);

    if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        r = ERR_SYSTEM;
    return r != 0 ? complain(export, g_ptr_array_index(views, 0), r) : sound(export);
}

static int to_file(struct export *export, const char *path, const GPtrArray *views)
{
    struct outfile file;
    char *why = NULL;
    int r = outfile_open(&file, path, &why);
    int code = EX_CANTCREAT;

    if (r == 0) {
        r = put_views(export, file.stream, views);
        code = r != 0 ? complain(export, g_ptr_array_index(views, 0), r) : sound(export);
        if (code != EX_OK)
            outfile_discard(&file);
        else if ((r = outfile_commit(&file, &why)) != 0)
            code = EX_CANTCREAT;
    }
    if (code == EX_CANTCREAT)
        fprintf(stderr, "goneaway export: %s\n", why != NULL ? why : err_text(r));
    free(why);
    return code;
}

/* A view may have any name; a file may not. Different names stay different. */
static char *file_name(const char *directory, const char *view, const char *end)
{
    GString *path = g_string_new(directory);

    if (path->len > 0 && path->str[path->len - 1] != '/')
        g_string_append_c(path, '/');
    for (const char *p = view; *p != '\0'; p++) {
        if (g_ascii_isalnum(*p) || *p == '_' || (p > view && (*p == '-' || *p == '.')))
            g_string_append_c(path, *p);
        else
            g_string_append_printf(path, "%%%02X", (unsigned char)*p);
    }
    g_string_append(path, end);
    return g_string_free(path, FALSE);
}

static int to_directory(struct export *export, const char *directory, const GPtrArray *views)
{
    int code = EX_OK;

    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        fprintf(stderr, "goneaway export: %s: cannot be made: %s\n", directory, strerror(errno));
        return EX_CANTCREAT;
    }
    for (guint i = 0; code == EX_OK && i < views->len; i++) {
        GPtrArray *one = g_ptr_array_new();
        char *path = file_name(
            directory, g_ptr_array_index(views, i), export->arguments->json ? ".json" : ".csv");

        g_ptr_array_add(one, g_ptr_array_index(views, i));
        code = to_file(export, path, one);
        g_ptr_array_free(one, TRUE);
        g_free(path);
    }
    return code;
}

static int take_name(void *context, const struct ledger_row *row)
{
    g_ptr_array_add(context, g_strdup(ledger_ask_text(row, 0)));
    return 0;
}

static void list_views(FILE *out, const GPtrArray *known)
{
    for (guint i = 0; i < known->len; i++) {
        escape_terminal(out, g_ptr_array_index(known, i));
        putc('\n', out);
    }
}

static const char *find_view(const GPtrArray *known, const char *name)
{
    for (guint i = 0; i < known->len; i++)
        if (strcasecmp(g_ptr_array_index(known, i), name) == 0)
            return g_ptr_array_index(known, i);
    return NULL;
}

/* The views that were asked for; NULL after saying which is none. */
static GPtrArray *choose_views(const struct export *export)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (char *const *name = export->arguments->views; *name != NULL; name++) {
        const char *view = find_view(export->known, *name);

        if (view == NULL) {
            fputs("goneaway export: there is no view ", stderr);
            escape_terminal(stderr, *name);
            fputs("; there are:\n", stderr);
            list_views(stderr, export->known);
            g_ptr_array_free(chosen, TRUE);
            return NULL;
        }
        g_ptr_array_add(chosen, (gpointer)view);
    }
    for (guint i = 0; *export->arguments->views == NULL && i < export->known->len; i++)
        g_ptr_array_add(chosen, g_ptr_array_index(export->known, i));
    return chosen;
}

static bool is_directory(const char *path)
{
    struct stat found;
    size_t length = strlen(path);

    return (length > 0 && path[length - 1] == '/') ||
           (stat(path, &found) == 0 && S_ISDIR(found.st_mode));
}

static int put_all(struct export *export, const GPtrArray *views)
{
    const char *place = export->arguments->place;

    if (place != NULL && is_directory(place))
        return to_directory(export, place, views);
    if (views->len != 1 && !export->arguments->json) {
        if (*export->arguments->views == NULL && place == NULL) {
            list_views(stdout, views);
            return EX_OK;
        }
        fputs("goneaway export: a CSV file holds one view: name one, or a directory with -o DIR/\n",
            stderr);
        return EX_USAGE;
    }
    return place != NULL ? to_file(export, place, views) : to_stdout(export, views);
}

static int export_all(struct export *export)
{
    const struct ledger_taker taker = {NULL, take_name, export->known};
    int r = ledger_ask_views(export->ask, &taker);
    GPtrArray *views;
    int code = EX_USAGE;

    if (r != 0)
        return complain(export, "views", r);
    views = choose_views(export);
    if (views == NULL)
        return code;
    code = put_all(export, views);
    g_ptr_array_free(views, TRUE);
    return code;
}

static int export_from(const struct config *config, struct export *export)
{
    char *why = NULL;
    int r = ledger_ask_open(config->database, config->ledger_timeout_ms, &export->ask, &why);
    int code = EX_NOINPUT;

    if (r == 0)
        code = export_all(export);
    else
        fprintf(stderr, "goneaway export: cannot read the ledger %s: %s\n", config->database,
            why != NULL ? why : err_text(r));
    free(why);
    ledger_ask_close(&export->ask);
    return code;
}

static int export_with(const struct arguments *arguments)
{
    struct export export = {.arguments = arguments};
    const char **domains = NULL;
    struct setup *setup = NULL;
    int code = tool_setup(arguments->config, false, &setup);

    export.known = g_ptr_array_new_with_free_func(g_free);
    if (code == EX_OK && arguments->mask)
        code = tool_mask(setup->config, &domains, &export.mask);
    if (code == EX_OK && !tool_ledger_is_there(setup->config, "export"))
        code = EX_NOINPUT;
    if (code == EX_OK)
        code = export_from(setup->config, &export);
    g_ptr_array_free(export.known, TRUE);
    g_free(export.long_column);
    mask_free(&export.mask);
    free(domains);
    setup_drop(&setup);
    return code;
}

int export_main(int argc, char **argv)
{
    static const struct option options[] = {{"format", required_argument, NULL, 'f'},
        {"mask", no_argument, NULL, 'm'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct arguments arguments = {0};
    int option;

    while ((option = getopt_long(argc, argv, "c:o:f:h", options, NULL)) != -1) {
        if (option == 'c')
            arguments.config = optarg;
        else if (option == 'o')
            arguments.place = strcmp(optarg, "-") == 0 ? NULL : optarg;
        else if (option == 'm')
            arguments.mask = true;
        else if (option == 'f' && (strcmp(optarg, "csv") == 0 || strcmp(optarg, "json") == 0))
            arguments.json = strcmp(optarg, "json") == 0;
        else {
            if (option == 'f')
                fprintf(stderr, "goneaway export: %s is no format: csv or json\n", optarg);
            return usage_print(option == 'h' ? stdout : stderr, usage);
        }
    }
    arguments.views = argv + optind;
    return export_with(&arguments);
}
