/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * json_read - a whole JSON text (RFC 8259) as a tree.
 *
 * Strict: UTF-8 without a byte order mark, no comments, no comma behind the last element, no
 * control characters, no NUL and no half of a surrogate pair in a string. Bounded: octets, depth
 * and number of values. Where a name stands twice in an object, the first one counts.
 * Thread rule: pure; the tree lives in the caller's arena.
 */
#ifndef GONEAWAY_JSON_READ_H
#define GONEAWAY_JSON_READ_H

#include <stddef.h>

#include "arena.h"

#define JSON_READ_OCTETS_MAX ((size_t)64 << 20)
#define JSON_READ_DEPTH_MAX 32
#define JSON_READ_VALUES_MAX ((size_t)1000000)

enum json_read_type {
    JSON_READ_NULL,
    JSON_READ_FALSE,
    JSON_READ_TRUE,
    JSON_READ_NUMBER,
    JSON_READ_STRING,
    JSON_READ_ARRAY,
    JSON_READ_OBJECT
};

struct json_read_value {
    enum json_read_type type;
    const char *name;              /* of a member of an object, else NULL */
    const char *text;              /* of a string, unescaped; of a number, as written; else NULL */
    struct json_read_value *first; /* of an array or object; NULL where it is empty */
    struct json_read_value *next;  /* in the array or object that this one is in */
};

/* What is wrong, and where. */
struct json_read_mistake {
    size_t line;     /* 1 first */
    const char *why; /* static */
};

/* Reads length octets that are one JSON text. 0; ERR_SYNTAX or ERR_LIMIT with *mistake filled in;
 * ERR_NOMEM. *out is NULL unless 0. */
int json_read(struct arena *arena, const char *text, size_t length, struct json_read_value **out,
    struct json_read_mistake *mistake);

/* The member of that name; NULL where object is none, is NULL, or has none. */
const struct json_read_value *json_read_member(
    const struct json_read_value *object, const char *name);
/* The text of a member that is a string; NULL where there is none. */
const char *json_read_string(const struct json_read_value *object, const char *name);
/* The first element of a member that is an array; NULL where there is none. */
const struct json_read_value *json_read_elements(
    const struct json_read_value *object, const char *name);

#endif
