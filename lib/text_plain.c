/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Three passes: cut into lines, find out whose words each line is, put sentences together.
 *
 * Where text is not format=flowed nobody says whether a line break is meant. It is taken for
 * wrapping when the line is so long that it may have been full, or when the next one goes on
 * with a small letter.
 */
#include "text_plain.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "fold.h"
#include "text_quote.h"

#define FULL_LINE 50          /* columns from which a line may have been wrapped */
#define FULL_LINE_UNSPACED 40 /* the same in scripts that can be wrapped anywhere */
#define HALF_LINE 24          /* the same where the next line goes on with a small letter */
#define COLUMNS_MAX 64        /* beyond which nobody counts */
#define ATTRIBUTION_LINES 3
#define LOOK_AHEAD ((size_t)12)
#define ADDRESS_MIN ((size_t)8)

struct line {
    const char *text; /* behind the quotation marks, without the line end */
    size_t length;
    unsigned depth; /* number of quotation marks */
    bool soft;      /* format=flowed: goes on in the next line */
    bool skip;      /* armour: not text */
    enum text_origin origin;
};

struct reading {
    struct text_build *build;
    struct text_plain *plain;
    struct line *lines;
    size_t count;
    struct buf paragraph;
};

static bool is_blank(const struct line *line)
{
    return line->length == 0 || line->skip;
}

/* --- lines -------------------------------------------------------------------------------- */

/* Takes quotation marks off: ">", "> >", ">>". ">From " is what mbox files make of "From ". */
static void unquote(struct line *line, bool flowed)
{
    while (line->length > 0 && line->text[0] == '>') {
        if (line->depth == 0 && line->length > 5 && memcmp(line->text, ">From ", 6) == 0)
            break;
        line->depth++;
        line->text++;
        line->length--;
        if (!flowed && line->length > 1 && line->text[0] == ' ' && line->text[1] == '>') {
            line->text++;
            line->length--;
        }
    }
    /* space-stuffing (RFC 3676 §4.4) */
    if (flowed && line->length > 0 && line->text[0] == ' ') {
        line->text++;
        line->length--;
    }
}

static bool is_signature(const struct line *line)
{
    return line->length == 3 && memcmp(line->text, "-- ", 3) == 0;
}

static void read_line(struct line *line, const struct text_plain *plain)
{
    if (line->length > 0 && line->text[line->length - 1] == '\r')
        line->length--;
    unquote(line, plain->flowed);
    line->origin = plain->origin;
    if (is_signature(line))
        return;
    line->soft = plain->flowed && line->length > 0 && line->text[line->length - 1] == ' ';
    if (line->soft && plain->delsp)
        line->length--;
    while (!line->soft && line->length > 0 && g_ascii_isspace(line->text[line->length - 1]))
        line->length--;
}

static int split_lines(struct reading *reading, const char *text, size_t length)
{
    const char *end = text + length;
    size_t count = 1;

    for (const char *p = text; p < end; p++)
        count += *p == '\n';
    reading->lines = calloc(count, sizeof(*reading->lines));
    if (reading->lines == NULL)
        return ERR_NOMEM;
    while (text < end) {
        struct line *line = &reading->lines[reading->count++];
        const char *lf = memchr(text, '\n', (size_t)(end - text));

        line->text = text;
        line->length = (size_t)((lf == NULL ? end : lf) - text);
        read_line(line, reading->plain);
        text = lf == NULL ? end : lf + 1;
    }
    return 0;
}

/* --- OpenPGP ------------------------------------------------------------------------------ */

static bool begins(const struct line *line, const char *what)
{
    size_t length = strlen(what);

    return line->length >= length && memcmp(line->text, what, length) == 0;
}

/* Skips from line i to the END line of the armour, which is left. */
static size_t skip_armour(struct reading *reading, size_t i)
{
    while (i < reading->count && !begins(&reading->lines[i], "-----END PGP"))
        reading->lines[i++].skip = true;
    return i;
}

static void find_armour(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct line *line = &reading->lines[i];

        if (line->length < 5 || line->text[0] != '-')
            continue;
        if (begins(line, "-----BEGIN PGP SIGNED MESSAGE-----")) {
            while (i < reading->count && reading->lines[i].length > 0)
                reading->lines[i++].skip = true;
        } else if (begins(line, "-----BEGIN PGP ")) {
            reading->plain->encrypted |= begins(line, "-----BEGIN PGP MESSAGE");
            i = skip_armour(reading, i);
        }
        if (i < reading->count && begins(&reading->lines[i], "-----END PGP"))
            reading->lines[i].skip = true;
    }
}

/* --- whose words -------------------------------------------------------------------------- */

static struct text_quote_line as_quote_line(const struct line *line)
{
    struct text_quote_line result = {line->text, line->skip ? 0 : line->length};

    return result;
}

/* The lines from i on, as far as they are needed to know a shape. */
static size_t look_ahead(
    const struct reading *reading, size_t i, struct text_quote_line lines[LOOK_AHEAD])
{
    size_t count = 0;

    for (; i < reading->count && count < LOOK_AHEAD; i++)
        lines[count++] = as_quote_line(&reading->lines[i]);
    return count;
}

static size_t next_text(const struct reading *reading, size_t i)
{
    while (i < reading->count && is_blank(&reading->lines[i]))
        i++;
    return i;
}

static bool is_head(const struct reading *reading, size_t i, bool announced)
{
    struct text_quote_line lines[LOOK_AHEAD];
    size_t count = look_ahead(reading, i, lines);

    return text_quote_is_head(lines, count, reading->plain->conversation, announced);
}

static bool is_raw_header(const struct reading *reading, size_t i)
{
    struct text_quote_line lines[LOOK_AHEAD];
    size_t count = look_ahead(reading, i, lines);

    return text_quote_is_raw_header(lines, count);
}

static void mark_rest(struct reading *reading, size_t i, enum text_origin origin)
{
    for (; i < reading->count; i++)
        reading->lines[i].origin = origin;
}

/* The lines before a quotation that say whose it is. They are one paragraph of a few lines. */
static bool mark_attribution(struct reading *reading, size_t quote)
{
    size_t last = quote;
    size_t first;

    while (last > 0 && is_blank(&reading->lines[last - 1]))
        last--;
    if (last == 0 || quote - last > 1 ||
        !text_quote_is_attribution(
            as_quote_line(&reading->lines[last - 1]), reading->plain->conversation))
        return false;
    first = last;
    while (first > 0 && last - first < ATTRIBUTION_LINES && !is_blank(&reading->lines[first - 1]))
        first--;
    if (first > 0 && !is_blank(&reading->lines[first - 1]))
        first = last - 1; /* a long paragraph: its last line only */
    for (; first < last; first++)
        reading->lines[first].origin = TEXT_QUOTED;
    return true;
}

/* Marks the run of lines with quotation marks that begins at i; returns its end. One such line
 * by itself, in a mail that answers nothing, is an ornament. */
static size_t mark_quotation(struct reading *reading, size_t i)
{
    size_t end = i;
    size_t lines = 0;

    for (size_t j = i; j < reading->count; j++) {
        if (reading->lines[j].depth > 0) {
            lines += !is_blank(&reading->lines[j]);
            end = j + 1;
        } else if (!is_blank(&reading->lines[j])) {
            break;
        }
    }
    if (!mark_attribution(reading, i) && lines < 2 && !reading->plain->conversation)
        return end;
    for (; i < end; i++)
        reading->lines[i].origin = TEXT_QUOTED;
    return end;
}

static void find_quotations(struct reading *reading)
{
    bool begun = false;

    for (size_t i = 0; i < reading->count; i++) {
        const struct line *line = &reading->lines[i];
        bool rule = text_quote_is_rule(as_quote_line(line));

        if (is_blank(line))
            continue;
        if (line->depth > 0) {
            i = mark_quotation(reading, i) - 1;
            continue;
        }
        if ((begun && is_signature(line)) ||
            (rule && is_head(reading, next_text(reading, i + 1), true)) ||
            (begun && is_head(reading, i, false))) {
            mark_rest(reading, i, TEXT_QUOTED);
            return;
        }
        if (is_raw_header(reading, i)) {
            mark_rest(reading, i, TEXT_RETURNED);
            return;
        }
        begun = true;
    }
}

/* --- sentences ---------------------------------------------------------------------------- */

/* Columns up to COLUMNS_MAX; wide characters take two. */
static size_t columns(const struct line *line)
{
    const char *end = line->text + line->length;
    size_t width = 0;

    for (const char *p = line->text; p < end && width < COLUMNS_MAX; p = g_utf8_next_char(p))
        width +=
            (unsigned char)*p >= 0xE3 && (unsigned char)*p <= 0xED ? 2 : 1; /* Han, kana, Hangul */
    return width;
}

/* "- ", "• ", "1. ", "2) ": an item of a list */
static bool is_item(const struct line *line)
{
    const char *end = line->text + line->length;
    const char *p = line->text;
    gunichar c;
    size_t digits = 0;

    while (p < end && g_ascii_isspace(*p))
        p++;
    if (p == end)
        return false;
    c = g_utf8_get_char(p);
    if (c == '-' || c == '*' || c == '+' || c == 0x2022 || c == 0x00B7 || c == 0x2013 ||
        c == 0x30FB || c == 0x25A0 || c == 0x25CF || c == 0x25B6 || c == 0x3010)
        return true;
    while (p + digits < end && g_ascii_isdigit(p[digits]))
        digits++;
    return digits > 0 && digits < 4 && p + digits + 1 < end &&
           (p[digits] == '.' || p[digits] == ')') && p[digits + 1] == ' ';
}

/* An address by itself on a line. */
static bool is_address(const struct line *line)
{
    size_t start = 0;

    while (start < line->length && (g_ascii_isspace(line->text[start]) || line->text[start] == '<'))
        start++;
    return line->length - start > ADDRESS_MIN &&
           g_ascii_strncasecmp(line->text + start, "http", 4) == 0 &&
           memchr(line->text + start, ' ', line->length - start) == NULL;
}

static gunichar last_character(const struct line *line)
{
    const char *p = line->text + line->length - 1;

    while (p > line->text && ((unsigned char)*p & 0xC0) == 0x80)
        p--;
    return g_utf8_get_char(p);
}

/* Whether the break between two lines of text looks like wrapping. */
static bool is_wrapped(const struct line *line, const struct line *next)
{
    gunichar last = last_character(line);
    gunichar first = g_utf8_get_char(next->text);
    size_t width = columns(line);

    if (last == ':' || last == 0xFF1A || text_quote_is_rule(as_quote_line(line)))
        return false;
    if (last == 0x3001 || last == 0xFF0C) /* a comma of Han and kana */
        return true;
    if (fold_is_unspaced(last) && fold_is_unspaced(first))
        return width >= FULL_LINE_UNSPACED;
    if (g_unichar_islower(first))
        return width >= HALF_LINE;
    return width >= FULL_LINE && !text_quote_is_label(as_quote_line(next));
}

/* Whether line i goes on in the next one. */
static bool goes_on(const struct reading *reading, size_t i)
{
    const struct line *line = &reading->lines[i];
    const struct line *next = line + 1;

    if (i + 1 >= reading->count || is_blank(next) || next->origin != line->origin ||
        next->depth != line->depth)
        return false;
    if (reading->plain->flowed)
        return line->soft;
    return !is_item(next) && !is_address(line) && !is_address(next) && is_wrapped(line, next);
}

static void add_lines(struct reading *reading)
{
    struct text_build *build = reading->build;

    for (size_t i = 0; i < reading->count && text_build_wants(build); i++) {
        const struct line *line = &reading->lines[i];

        if (is_blank(line)) {
            text_build_block(build);
            continue;
        }
        buf_add(&reading->paragraph, line->text, line->length);
        if (goes_on(reading, i)) {
            if (!reading->plain->delsp)
                buf_putc(&reading->paragraph, '\n');
            continue;
        }
        text_build_run(
            build, line->origin, buf_text(&reading->paragraph), reading->paragraph.length);
        buf_cut(&reading->paragraph, 0);
    }
    text_build_block(build);
}

int text_plain_read(
    struct text_build *build, struct text_plain *plain, const char *text, size_t length)
{
    struct reading reading = {.build = build, .plain = plain};
    int result;

    buf_init(&reading.paragraph, SIZE_MAX / 4);
    result = split_lines(&reading, text, length);
    if (result == 0) {
        find_armour(&reading);
        if (plain->origin == TEXT_AUTHOR)
            find_quotations(&reading);
        add_lines(&reading);
        if (buf_failed(&reading.paragraph) != 0)
            result = ERR_NOMEM;
    }
    buf_free(&reading.paragraph);
    free(reading.lines);
    return result != 0 ? result : build->error;
}
