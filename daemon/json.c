/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * json - see json.h.
 */
#include "json.h"

#include <glib.h>
#include <inttypes.h>
#include <math.h>

#include "escape.h"

void json_begin(struct json *json, FILE *out)
{
    *json = (struct json){.out = out};
}

/* One character of the text, escaped; returns what is behind it. */
static const char *write_character(FILE *out, const char *text)
{
    /* reads no further than the NUL that ends the text */
    gunichar character = g_utf8_get_char_validated(text, -1);
    const char *next;

    if (character == (gunichar)-1 || character == (gunichar)-2) {
        fputs("\xef\xbf\xbd", out);
        return text + 1;
    }
    next = g_utf8_next_char(text);
    if (character == '"' || character == '\\')
        fprintf(out, "\\%c", (int)character);
    else if (escape_is_hidden(character) && character > 0xffff)
        fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((unsigned)character - 0x10000) / 0x400,
            0xdc00 + ((unsigned)character & 0x3ff));
    else if (escape_is_hidden(character))
        fprintf(out, "\\u%04x", (unsigned)character);
    else
        fwrite(text, 1, (size_t)(next - text), out);
    return next;
}

static void write_text(FILE *out, const char *text)
{
    putc('"', out);
    while (*text != '\0')
        text = write_character(out, text);
    putc('"', out);
}

static void begin_member(struct json *json, const char *key)
{
    if (json->comma)
        fputs(", ", json->out);
    json->comma = true;
    if (key == NULL)
        return;
    write_text(json->out, key);
    fputs(": ", json->out);
}

void json_open(struct json *json, const char *key, char bracket)
{
    begin_member(json, key);
    putc(bracket, json->out);
    json->comma = false;
}

void json_close(struct json *json, char bracket)
{
    putc(bracket, json->out);
    json->comma = true;
}

void json_string(struct json *json, const char *key, const char *value)
{
    begin_member(json, key);
    if (value == NULL)
        fputs("null", json->out);
    else
        write_text(json->out, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    begin_member(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_number(struct json *json, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    begin_member(json, key);
    fputs(g_ascii_formatd(text, (int)sizeof(text), "%.2f", value), json->out);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
    begin_member(json, key);
    fprintf(json->out, "%" PRId64, value);
}

void json_real(struct json *json, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    begin_member(json, key);
    fputs(isfinite(value) ? g_ascii_dtostr(text, (int)sizeof(text), value) : "null", json->out);
}

void json_key(struct json *json, const char *key)
{
    begin_member(json, key);
    json->comma = false;
}
