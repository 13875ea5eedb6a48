/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * One function a production; the first mistake ends the reading. The text is known to be UTF-8
 * before the first production looks at it, so octets beyond ASCII are copied as they are.
 */
#include "json_read.h"

#include "err.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct reader {
    struct arena *arena;
    const char *start, *p, *end;
    size_t values;
    unsigned depth;
    int error; /* the first one */
    const char *why;
};

static struct json_read_value *read_value(struct reader *reader);

/* ---- small tools ---- */

/* The reading ends where it is now. */
static void *spoil(struct reader *reader, int error, const char *why)
{
    if (reader->error == 0) {
        reader->error = error;
        reader->why = why;
        reader->end = reader->p;
    }
    return NULL;
}

static bool at_end(const struct reader *reader)
{
    return reader->p == reader->end;
}

static bool next_is(const struct reader *reader, char c)
{
    return !at_end(reader) && *reader->p == c;
}

static bool take(struct reader *reader, char c)
{
    if (!next_is(reader, c))
        return false;
    reader->p++;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct reader *reader)
{
    while (!at_end(reader) && is_space(*reader->p))
        reader->p++;
}

static struct json_read_value *make_value(struct reader *reader, enum json_read_type type)
{
    struct json_read_value *value;

    if (++reader->values > JSON_READ_VALUES_MAX)
        return spoil(reader, ERR_LIMIT, "there are too many values");
    value = arena_alloc(reader->arena, sizeof(*value));
    if (value == NULL)
        return spoil(reader, ERR_NOMEM, NULL);
    value->type = type;
    return value;
}

/* ---- strings ---- */

static bool read_hex(struct reader *reader, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = at_end(reader) ? -1 : g_ascii_xdigit_value(*reader->p);

        if (digit < 0) {
            spoil(reader, ERR_SYNTAX, "\\u needs four hexadecimal digits");
            return false;
        }
        *unit = *unit << 4 | (uint32_t)digit;
        reader->p++;
    }
    return true;
}

/* What stands behind \u: one unit, or two that are a pair. */
static char *read_unit(struct reader *reader, char *to)
{
    uint32_t unit, low;

    if (!read_hex(reader, &unit))
        return to;
    if (unit >= 0xD800 && unit < 0xDC00 && reader->end - reader->p >= 2 && reader->p[0] == '\\' &&
        reader->p[1] == 'u') {
        reader->p += 2;
        if (!read_hex(reader, &low))
            return to;
        if (low >= 0xDC00 && low < 0xE000)
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    if (unit == 0 || (unit >= 0xD800 && unit < 0xE000)) {
        spoil(reader, ERR_SYNTAX, "\\u names no character that may stand here");
        return to;
    }
    return to + g_unichar_to_utf8(unit, to);
}

static char *read_escape(struct reader *reader, char *to)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (take(reader, 'u'))
        return read_unit(reader, to);
    letter = at_end(reader) ? NULL : memchr(letters, *reader->p, sizeof(letters) - 1);
    if (letter == NULL) {
        spoil(reader, ERR_SYNTAX, "no such escape");
        return to;
    }
    reader->p++;
    *to++ = meanings[letter - letters];
    return to;
}

/* Octets up to the quote that ends the string at p; what they stand for is never longer. */
static size_t string_room(const struct reader *reader)
{
    const char *p = reader->p;

    while (p < reader->end && *p != '"')
        p += *p == '\\' && p + 1 < reader->end ? 2 : 1;
    return (size_t)(p - reader->p);
}

static const char *read_string(struct reader *reader)
{
    char *text, *to;

    if (!take(reader, '"'))
        return spoil(reader, ERR_SYNTAX, "a string must stand here");
    text = to = arena_alloc(reader->arena, string_room(reader) + 1);
    if (text == NULL)
        return spoil(reader, ERR_NOMEM, NULL);
    while (reader->error == 0 && !take(reader, '"')) {
        if (at_end(reader))
            return spoil(reader, ERR_SYNTAX, "a string has no end");
        if ((unsigned char)*reader->p < ' ')
            return spoil(reader, ERR_SYNTAX, "a string holds a control character");
        if (take(reader, '\\'))
            to = read_escape(reader, to);
        else
            *to++ = *reader->p++;
    }
    return reader->error == 0 ? text : NULL;
}

/* ---- numbers and words ---- */

static bool take_digits(struct reader *reader)
{
    const char *start = reader->p;

    while (!at_end(reader) && *reader->p >= '0' && *reader->p <= '9')
        reader->p++;
    return reader->p > start;
}

static bool take_number(struct reader *reader)
{
    take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader))
        return false;
    if (take(reader, '.') && !take_digits(reader))
        return false;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            take(reader, '-');
        return take_digits(reader);
    }
    return true;
}

static struct json_read_value *read_number(struct reader *reader)
{
    struct json_read_value *value = make_value(reader, JSON_READ_NUMBER);
    const char *start = reader->p;

    if (value == NULL)
        return NULL;
    if (!take_number(reader))
        return spoil(reader, ERR_SYNTAX, "this is no value");
    value->text = arena_strndup(reader->arena, start, (size_t)(reader->p - start));
    return value->text == NULL ? spoil(reader, ERR_NOMEM, NULL) : value;
}

static struct json_read_value *read_word(struct reader *reader)
{
    static const struct {
        const char *word;
        enum json_read_type type;
    } words[] = {{"null", JSON_READ_NULL}, {"false", JSON_READ_FALSE}, {"true", JSON_READ_TRUE}};
    size_t left = (size_t)(reader->end - reader->p);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i].word);

        if (left >= length && memcmp(reader->p, words[i].word, length) == 0) {
            reader->p += length;
            return make_value(reader, words[i].type);
        }
    }
    return read_number(reader);
}

/* ---- arrays and objects ---- */

static struct json_read_value *read_element(struct reader *reader, bool named)
{
    const char *name = NULL;
    struct json_read_value *value;

    if (named) {
        name = read_string(reader);
        skip_space(reader);
        if (reader->error == 0 && !take(reader, ':'))
            return spoil(reader, ERR_SYNTAX, "':' must stand behind a name");
        skip_space(reader);
    }
    value = reader->error == 0 ? read_value(reader) : NULL;
    skip_space(reader);
    if (value != NULL)
        value->name = name;
    return value;
}

/* What stands behind '[' or '{', up to and with `last`. */
static struct json_read_value *read_elements(
    struct reader *reader, enum json_read_type type, char last)
{
    struct json_read_value *value = make_value(reader, type), **to;

    if (value == NULL)
        return NULL;
    to = &value->first;
    skip_space(reader);
    if (take(reader, last))
        return value;
    do {
        skip_space(reader);
        *to = read_element(reader, type == JSON_READ_OBJECT);
        if (*to == NULL)
            return NULL;
        to = &(*to)->next;
    } while (take(reader, ','));
    if (!take(reader, last))
        return spoil(reader, ERR_SYNTAX,
            last == ']' ? "',' or ']' must stand here" : "',' or '}' must stand here");
    return value;
}

static struct json_read_value *read_value(struct reader *reader)
{
    struct json_read_value *value = NULL;

    if (reader->depth == JSON_READ_DEPTH_MAX)
        return spoil(reader, ERR_LIMIT, "values stand too deep in one another");
    reader->depth++;
    if (take(reader, '[')) {
        value = read_elements(reader, JSON_READ_ARRAY, ']');
    } else if (take(reader, '{')) {
        value = read_elements(reader, JSON_READ_OBJECT, '}');
    } else if (next_is(reader, '"')) {
        const char *text = read_string(reader);

        value = text == NULL ? NULL : make_value(reader, JSON_READ_STRING);
        if (value != NULL)
            value->text = text;
    } else {
        value = read_word(reader);
    }
    reader->depth--;
    return value;
}

/* ---- the whole ---- */

static size_t line_of(const struct reader *reader)
{
    size_t line = 1;

    for (const char *p = reader->start; p < reader->p; p++)
        line += *p == '\n';
    return line;
}

static void read_text(struct reader *reader, size_t length, struct json_read_value **out)
{
    const char *bad;

    if (length > JSON_READ_OCTETS_MAX) {
        spoil(reader, ERR_LIMIT, "the text is too large");
        return;
    }
    if (!g_utf8_validate(reader->p, (gssize)length, &bad)) {
        reader->p = bad;
        spoil(reader, ERR_SYNTAX, "this is no UTF-8 text");
        return;
    }
    skip_space(reader);
    *out = read_value(reader);
    skip_space(reader);
    if (reader->error == 0 && !at_end(reader))
        spoil(reader, ERR_SYNTAX, "something stands behind the end");
}

int json_read(struct arena *arena, const char *text, size_t length, struct json_read_value **out,
    struct json_read_mistake *mistake)
{
    struct reader reader = {.arena = arena, .start = text, .p = text, .end = text + length};

    *out = NULL;
    *mistake = (struct json_read_mistake){0, NULL};
    read_text(&reader, length, out);
    if (reader.error == 0)
        return 0;
    *out = NULL;
    if (reader.error != ERR_NOMEM)
        *mistake = (struct json_read_mistake){line_of(&reader), reader.why};
    return reader.error;
}

const struct json_read_value *json_read_member(
    const struct json_read_value *object, const char *name)
{
    const struct json_read_value *value;

    if (object == NULL || object->type != JSON_READ_OBJECT)
        return NULL;
    for (value = object->first; value != NULL; value = value->next)
        if (strcmp(value->name, name) == 0)
            return value;
    return NULL;
}

const char *json_read_string(const struct json_read_value *object, const char *name)
{
    const struct json_read_value *value = json_read_member(object, name);

    return value != NULL && value->type == JSON_READ_STRING ? value->text : NULL;
}

const struct json_read_value *json_read_elements(
    const struct json_read_value *object, const char *name)
{
    const struct json_read_value *value = json_read_member(object, name);

    return value != NULL && value->type == JSON_READ_ARRAY ? value->first : NULL;
}
