/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "escape.h"

#include <glib.h>
#include <string.h>

#define REPLACEMENT 0xfffdu
#define ZERO_WIDTH_NON_JOINER 0x200cu
#define ZERO_WIDTH_JOINER 0x200du
#define ELLIPSIS "\xe2\x80\xa6"

bool escape_is_hidden(uint32_t character)
{
    switch (g_unichar_type(character)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
        return true;
    case G_UNICODE_FORMAT:
        return character != ZERO_WIDTH_NON_JOINER && character != ZERO_WIDTH_JOINER;
    default:
        return false;
    }
}

/* The next character as it may be shown; *text goes behind it. */
static gunichar take(const char **text)
{
    /* reads no further than the NUL that ends the text */
    gunichar character = g_utf8_get_char_validated(*text, -1);

    if (character == (gunichar)-1 || character == (gunichar)-2) {
        (*text)++;
        return REPLACEMENT;
    }
    *text = g_utf8_next_char(*text);
    return character;
}

static void put(FILE *out, gunichar character)
{
    char octets[6];
    gint length = g_unichar_to_utf8(character, octets);

    fwrite(octets, 1, (size_t)length, out);
}

void escape_html(FILE *out, const char *text)
{
    while (*text != '\0') {
        gunichar character = take(&text);

        if (character == '&')
            fputs("&amp;", out);
        else if (character == '<')
            fputs("&lt;", out);
        else if (character == '>')
            fputs("&gt;", out);
        else if (character == '"')
            fputs("&quot;", out);
        else if (character == '\'')
            fputs("&#39;", out);
        else
            put(out, character != '\n' && escape_is_hidden(character) ? REPLACEMENT : character);
    }
}

static gunichar take_seen(const char **text)
{
    gunichar character = take(text);

    return escape_is_hidden(character) ? REPLACEMENT : character;
}

void escape_terminal(FILE *out, const char *text)
{
    while (*text != '\0')
        put(out, take_seen(&text));
}

static size_t columns_of(gunichar character)
{
    return g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
}

size_t escape_width(const char *text)
{
    size_t width = 0;

    while (*text != '\0')
        width += columns_of(take_seen(&text));
    return width;
}

static void put_blanks(FILE *out, size_t count)
{
    while (count-- > 0)
        putc(' ', out);
}

void escape_columns(FILE *out, const char *text, size_t columns, bool right)
{
    size_t width = escape_width(text), used = 0;

    if (width <= columns) {
        put_blanks(out, right ? columns - width : 0);
        escape_terminal(out, text);
        put_blanks(out, right ? 0 : columns - width);
        return;
    }
    while (*text != '\0' && columns > 0) {
        gunichar character = take_seen(&text);

        if (used + columns_of(character) + 1 > columns)
            break;
        used += columns_of(character);
        put(out, character);
    }
    if (columns > 0)
        fputs(ELLIPSIS, out);
    put_blanks(out, columns > used ? columns - used - 1 : 0);
}

/* Could a spreadsheet take it for a formula? Some do with the wide forms of the signs, too. */
static bool is_formula(const char *text)
{
    static const char *const wide[] = {
        "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    return *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
}

void escape_csv(FILE *out, const char *text)
{
    bool formula = is_formula(text);
    bool quoted = *text == '\0' || formula || strpbrk(text, ",\"\r\n\t ") != NULL;

    if (quoted)
        putc('"', out);
    if (formula)
        putc('\'', out);
    while (*text != '\0') {
        gunichar character = take(&text);

        if (character == '"')
            fputs("\"\"", out);
        else
            put(out, character != '\n' && character != '\t' && escape_is_hidden(character)
                         ? REPLACEMENT
                         : character);
    }
    if (quoted)
        putc('"', out);
}
