/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * json - one JSON value (RFC 8259) after another on a stream, always valid: what is no UTF-8
 * becomes U+FFFD; controls, and what is not seen but changes how
 * others are, are escaped. A writer keeps track of commas; the caller of what it
 * opened. In an array key is NULL. Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_JSON_H
#define GONEAWAY_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    bool comma; /* the next member needs one */
};

void json_begin(struct json *json, FILE *out);
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
/* value NULL is written as null. */
void json_string(struct json *json, const char *key, const char *value);
void json_bool(struct json *json, const char *key, bool value);
/* Two digits behind the point. */
void json_number(struct json *json, const char *key, double value);
void json_integer(struct json *json, const char *key, int64_t value);
/* As precise as it is; what is no number of JSON (infinite) is null. */
void json_real(struct json *json, const char *key, double value);
/* Writes the key of a member alone; the caller writes its value. */
void json_key(struct json *json, const char *key);

#endif
