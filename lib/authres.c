/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A reader with a sticky error walks a field once, production by production. It is the grammar's
 * own, but for two things that verifiers write and that nothing else can be meant by: '_' in
 * keywords, and '/', '=', '?' and ':' in property values that are not quoted (header.b, IPv6).
 */
#include "authres.h"

#include "err.h"

#include <stdbool.h>
#include <string.h>

#define FIELD_MAX_OCTETS ((size_t)65536)
#define RESULTS_MAX ((size_t)100)
#define PROPERTIES_MAX ((size_t)1000)
#define DIGITS_MAX 6

struct reader {
    struct arena *arena;
    const char *p;
    const char *end;
    int error;                           /* the first one; nothing is read behind it */
    bool spaced;                         /* white space or a comment stands before p */
    struct authres_property *properties; /* of all results, one behind the other */
    size_t property_count;
    size_t property_room;
};

/* ---- characters ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_keyword(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* RFC 2045 §5.1, and UTF-8 as RFC 8601 §2.2 allows it. */
static bool is_token(char c)
{
    return !is_control(c) && strchr(" ()<>@,;:\\\"/[]?=", c) == NULL;
}

static bool is_property_value(char c)
{
    return is_token(c) || (c != '\0' && strchr("@/=?:", c) != NULL);
}

/* ---- productions ---- */

static void spoil(struct reader *reader, int error)
{
    if (reader->error == 0)
        reader->error = error;
    reader->p = reader->end;
}

static bool at_end(const struct reader *reader)
{
    return reader->p == reader->end;
}

static bool next_is(const struct reader *reader, char c)
{
    return !at_end(reader) && *reader->p == c;
}

/* Past the comment at p, however deep others stand in it. */
static void skip_comment(struct reader *reader)
{
    size_t depth = 0;

    for (; !at_end(reader); reader->p++) {
        char c = *reader->p;

        if (c == '\\' && reader->p + 1 < reader->end) {
            reader->p++;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && --depth == 0) {
            reader->p++;
            return;
        }
    }
    spoil(reader, ERR_SYNTAX);
}

static void skip_cfws(struct reader *reader)
{
    const char *start = reader->p;

    while (!at_end(reader) && (is_space(*reader->p) || *reader->p == '(')) {
        if (*reader->p == '(')
            skip_comment(reader);
        else
            reader->p++;
    }
    reader->spaced = reader->p > start;
}

static bool take(struct reader *reader, char c)
{
    if (!next_is(reader, c))
        return false;
    reader->p++;
    return true;
}

static void expect(struct reader *reader, char c)
{
    skip_cfws(reader);
    if (!take(reader, c))
        spoil(reader, ERR_SYNTAX);
    skip_cfws(reader);
}

/* The octets from start up to p. */
static char *copy_from(struct reader *reader, const char *start)
{
    char *copy = arena_strndup(reader->arena, start, (size_t)(reader->p - start));

    if (copy == NULL)
        spoil(reader, ERR_NOMEM);
    return copy;
}

/* In lower case; "" once the reader is spoiled. */
static const char *read_keyword(struct reader *reader)
{
    const char *start = reader->p;
    char *word;

    while (!at_end(reader) && is_keyword(*reader->p))
        reader->p++;
    if (reader->p == start || reader->p[-1] == '-') {
        spoil(reader, ERR_SYNTAX);
        return "";
    }
    word = copy_from(reader, start);
    for (char *c = word; c != NULL && *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return word == NULL ? "" : word;
}

static unsigned read_number(struct reader *reader)
{
    const char *start = reader->p;
    unsigned number = 0;

    while (!at_end(reader) && is_digit(*reader->p) && reader->p - start < DIGITS_MAX)
        number = number * 10 + (unsigned)(*reader->p++ - '0');
    if (reader->p == start || (!at_end(reader) && is_digit(*reader->p)))
        spoil(reader, ERR_SYNTAX);
    return number;
}

/* Folds may stand in a quoted string; other controls may not. */
static bool is_quoted(char c)
{
    return !is_control(c) || is_space(c);
}

/* Appends what the quoted string at p says; the line ends of folds are no part of it. */
static char *unquote(struct reader *reader, char *to)
{
    for (reader->p++; !at_end(reader) && *reader->p != '"'; reader->p++) {
        if (*reader->p == '\\' && ++reader->p == reader->end)
            break;
        if (!is_quoted(*reader->p))
            break;
        if (*reader->p != '\r' && *reader->p != '\n')
            *to++ = *reader->p;
    }
    if (!take(reader, '"'))
        spoil(reader, ERR_SYNTAX);
    return to;
}

/* How much room what begins at p can need: up to white space or ';' behind its closing quote. */
static size_t measure_quoted(const struct reader *reader)
{
    const char *p = reader->p + 1;

    for (; p < reader->end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < reader->end)
            p++;
    while (p < reader->end && !is_space(*p) && *p != ';')
        p++;
    return (size_t)(p - reader->p);
}

/* A quoted local part can have its domain behind it, where `may` lets an '@' be. */
static const char *read_quoted(struct reader *reader, bool (*may)(char))
{
    char *value = arena_alloc(reader->arena, measure_quoted(reader) + 1), *to;

    if (value == NULL) {
        spoil(reader, ERR_NOMEM);
        return "";
    }
    to = unquote(reader, value);
    if (may('@') && next_is(reader, '@'))
        while (!at_end(reader) && may(*reader->p))
            *to++ = *reader->p++;
    return value;
}

/* A quoted string, or octets that `may` be unquoted. */
static const char *read_value(struct reader *reader, bool (*may)(char))
{
    const char *start = reader->p;

    if (next_is(reader, '"'))
        return read_quoted(reader, may);
    while (!at_end(reader) && may(*reader->p))
        reader->p++;
    if (reader->p == start)
        spoil(reader, ERR_SYNTAX);
    return reader->error == 0 ? copy_from(reader, start) : "";
}

/* ---- results ---- */

static void read_property(struct reader *reader, const char *ptype)
{
    struct authres_property *property;

    if (reader->property_count == reader->property_room) {
        spoil(reader, ERR_LIMIT);
        return;
    }
    property = &reader->properties[reader->property_count++];
    property->ptype = ptype;
    expect(reader, '.');
    property->property = read_keyword(reader);
    expect(reader, '=');
    property->value = read_value(reader, is_property_value);
}

/* reasonspec and propspecs, up to the end of the result. */
static void read_specs(struct reader *reader, struct authres_result *result)
{
    size_t first = reader->property_count;

    result->properties = reader->properties + first;
    for (;;) {
        const char *word;

        skip_cfws(reader);
        if (at_end(reader) || next_is(reader, ';'))
            break;
        if (!reader->spaced)
            spoil(reader, ERR_SYNTAX);
        word = read_keyword(reader);
        skip_cfws(reader);
        if (!next_is(reader, '=')) {
            read_property(reader, word);
        } else if (strcmp(word, "reason") == 0 && result->reason == NULL &&
                   reader->property_count == first) {
            expect(reader, '=');
            result->reason = read_value(reader, is_token);
        } else {
            spoil(reader, ERR_SYNTAX);
        }
    }
    result->property_count = reader->property_count - first;
}

/* One resinfo behind its semicolon. Returns whether there is a result to keep: "none" is none,
 * and a method's version that we do not know makes its result nobody's (RFC 8601 §2.6). */
static bool read_result(struct reader *reader, bool first, struct authres_result *result)
{
    unsigned version = 1;

    *result = (struct authres_result){0};
    skip_cfws(reader);
    result->method = read_keyword(reader);
    skip_cfws(reader);
    if (first && at_end(reader) && strcmp(result->method, "none") == 0)
        return false;
    if (take(reader, '/')) {
        skip_cfws(reader);
        version = read_number(reader);
    }
    expect(reader, '=');
    result->result = read_keyword(reader);
    read_specs(reader, result);
    return version == 1;
}

static void read_results(struct reader *reader, struct authres *out, size_t room)
{
    for (size_t seen = 0; reader->error == 0 && (seen == 0 || !at_end(reader)); seen++) {
        if (!take(reader, ';'))
            spoil(reader, ERR_SYNTAX);
        else if (seen == room)
            spoil(reader, ERR_LIMIT);
        if (reader->error != 0)
            return;
        if (read_result(reader, seen == 0, &out->results[out->result_count]))
            out->result_count++;
    }
}

static void read_head(struct reader *reader, struct authres *out)
{
    skip_cfws(reader);
    out->authserv_id = read_value(reader, is_token);
    skip_cfws(reader);
    out->version = 1;
    if (!at_end(reader) && reader->spaced && is_digit(*reader->p))
        out->version = read_number(reader);
    skip_cfws(reader);
}

/* How often c stands in value; at most `most` and one. */
static size_t count_of(const char *value, size_t length, char c, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < length && count <= most; i++)
        count += value[i] == c;
    return count;
}

static int make_room(struct reader *reader, struct authres *out, size_t *room)
{
    size_t length = (size_t)(reader->end - reader->p);
    size_t results = count_of(reader->p, length, ';', RESULTS_MAX);
    size_t properties = count_of(reader->p, length, '=', PROPERTIES_MAX);

    *room = results > RESULTS_MAX ? RESULTS_MAX : results;
    reader->property_room = properties > PROPERTIES_MAX ? PROPERTIES_MAX : properties;
    out->results = arena_array(reader->arena, *room + 1, sizeof(*out->results));
    reader->properties =
        arena_array(reader->arena, reader->property_room + 1, sizeof(*reader->properties));
    return out->results == NULL || reader->properties == NULL ? ERR_NOMEM : 0;
}

int authres_parse(struct arena *arena, const char *value, size_t length, struct authres *out)
{
    struct reader reader = {.arena = arena, .p = value, .end = value + length};
    size_t room;

    *out = (struct authres){0};
    if (length > FIELD_MAX_OCTETS)
        return ERR_LIMIT;
    if (make_room(&reader, out, &room) != 0)
        return ERR_NOMEM;
    read_head(&reader, out);
    read_results(&reader, out, room);
    if (reader.error != 0)
        *out = (struct authres){0};
    return reader.error;
}

const char *authres_property(
    const struct authres_result *result, const char *ptype, const char *property)
{
    const char *value = NULL;

    for (size_t i = 0; i < result->property_count; i++) {
        const struct authres_property *one = &result->properties[i];

        if (strcmp(one->ptype, ptype) != 0 || strcmp(one->property, property) != 0)
            continue;
        if (value != NULL && strcmp(value, one->value) != 0)
            return NULL;
        value = one->value;
    }
    return value;
}
