/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The header fields that we write, from any octets: ASCII, no line longer than RFC 5322 §2.1.1
 * allows or, where a piece does not force it, than 78, every line end a fold; what X-Goneaway
 * says reads back to the octets that went in, and nothing besides; our own reader takes the
 * Authentication-Results for what it is.
 *
 * The first octet chooses the result, the second which parts are given; the parts follow, each
 * ended by a NUL.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authres.h"
#include "mark.h"

#define PARTS 6
#define LINE_MOST ((size_t)998)
#define LINE_WANTED ((size_t)78)
/* any part that is shorter is written, whatever octets it has */
#define PART_SURE ((size_t)150)
/* octets of an id in the configuration */
#define ID_MOST ((size_t)255)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* column: where the value begins in its first line */
static void check_lines(const char *text, size_t column)
{
    bool quoted = false, divisible = false; /* a space where the line could have ended */

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\n') {
            if (quoted || *++p != '\t' || p[1] == '\0' || p[1] == '\n')
                abort();
            column = 1;
            divisible = false;
            continue;
        }
        if (*p < ' ' || *p > '~')
            abort();
        if (quoted && *p == '\\') {
            p++;
            column++;
        } else if (*p == '"') {
            quoted = !quoted;
        }
        divisible = divisible || (!quoted && *p == ' ');
        column++;
        if (column > (divisible ? LINE_WANTED : LINE_MOST))
            abort();
    }
    if (quoted)
        abort();
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads a value as mark.h says it is written; returns what stands behind it. */
static const char *read_value(const char *p, char *to)
{
    if (*p != '"') {
        while (*p != '\0' && *p != ';')
            *to++ = *p++;
        *to = '\0';
        return p;
    }
    for (p++; *p != '"'; p++) {
        if (*p == '\0')
            abort();
        if (*p != '\\') {
            *to++ = *p;
        } else if (p[1] == 'x') {
            if (hex(p[2]) < 0 || hex(p[3]) < 0)
                abort();
            *to++ = (char)(hex(p[2]) * 16 + hex(p[3]));
            p += 3;
        } else {
            *to++ = *++p;
        }
    }
    *to = '\0';
    return p + 1;
}

/* One part as it reads back: the name it has, the octets that went in. Returns where it began if
 * it is not there, which only a part may that is too long for a line. */
static const char *check_part(const char *begin, const char *name, const char *want, bool first)
{
    char got[4096];
    const char *p = begin;
    size_t length = name != NULL ? strlen(name) : 0;

    if (!first && *p == ';')
        p += p[1] == '\n' ? 3 : 2;
    if (name != NULL && (strncmp(p, name, length) != 0 || p[length] != '=')) {
        if (strlen(want) < PART_SURE)
            abort();
        return begin;
    }
    p = read_value(p + (name != NULL ? length + 1 : 0), got);
    if (strcmp(got, want) != 0)
        abort();
    return p;
}

static void check_mark(struct arena *arena, char *const parts[PARTS])
{
    static const char *const names[PARTS] = {NULL, "kind", "service", "holder", "address", "by"};
    const struct mark mark = {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]};
    const char *text = mark_write(arena, &mark), *p = text;

    if (text == NULL)
        abort();
    check_lines(text, strlen(MARK_FIELD ": "));
    for (size_t i = 0; i < PARTS; i++)
        if (parts[i] != NULL)
            p = check_part(p, names[i], parts[i], p == text);
    if (*p != '\0')
        abort();
}

static void check_results(
    struct arena *arena, enum rrvs_result result, const char *id, const char *recipient)
{
    struct authres read;
    const char *text = mark_write_rrvs(arena, id, result, recipient);

    if (text == NULL)
        abort();
    check_lines(text, strlen("Authentication-Results: "));
    if (authres_parse(arena, text, strlen(text), &read) != 0)
        abort();
    if (result == RRVS_IGNORED
            ? read.result_count != 0
            : read.result_count != 1 || strcmp(read.results[0].method, "rrvs") != 0 ||
                  read.results[0].property_count > (recipient != NULL))
        abort();
    if (strcmp(read.authserv_id, id) != 0)
        abort();
}

/* What config_check_authserv_id lets through. */
static bool is_id(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~' || strchr(";()<>\"\\,", *p) != NULL)
            return false;
    return *text != '\0' && strlen(text) <= ID_MOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    char *bytes, *at, *end, *parts[PARTS] = {NULL};

    if (arena == NULL || size < 2 || size > 4000) {
        arena_free(&arena);
        return -1;
    }
    bytes = arena_strndup(arena, (const char *)data + 2, size - 2);
    end = bytes + size - 2;
    at = bytes;
    for (size_t i = 0; i < PARTS && at < end; i++) {
        if ((data[1] >> i & 1) != 0)
            parts[i] = at;
        at += strlen(at) + 1;
    }
    /* what is done is a word of ours */
    if (parts[0] != NULL && strlen(parts[0]) >= PART_SURE)
        parts[0] = NULL;
    check_mark(arena, parts);
    if (parts[2] != NULL && is_id(parts[2]))
        check_results(arena, (enum rrvs_result)(data[0] % (RRVS_IGNORED + 1)), parts[2], parts[4]);
    arena_free(&arena);
    return 0;
}
