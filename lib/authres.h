/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * authres - Authentication-Results fields (RFC 8601) by their grammar.
 *
 * A field that does not parse counts as absent. Bounds: 64 KiB and 100 results a field. A
 * result of another version than 1 of its method is left out (§2.6); what another version of the
 * field means is for the caller to know, and nobody does.
 * Thread rule: pure; results live in the caller's arena.
 */
#ifndef GONEAWAY_AUTHRES_H
#define GONEAWAY_AUTHRES_H

#include <stddef.h>

#include "arena.h"

struct authres_property {
    const char *ptype;    /* lower case: header, smtp, policy, body, dns … */
    const char *property; /* lower case */
    const char *value;    /* as written, unquoted */
};

struct authres_result {
    const char *method; /* lower case, version removed */
    const char *result; /* lower case */
    const char *reason; /* NULL for none */
    struct authres_property *properties;
    size_t property_count;
};

struct authres {
    const char *authserv_id; /* as written, unquoted */
    unsigned version;        /* 1 where none is written */
    struct authres_result *results;
    size_t result_count; /* 0 for "none" */
};

/* Parses one field value (folded or not). 0, ERR_SYNTAX, ERR_LIMIT, ERR_NOMEM. */
int authres_parse(struct arena *arena, const char *value, size_t length, struct authres *out);

/* The value of ptype.property (both lower case), NULL where it is not there, or is there twice
 * with two values. */
const char *authres_property(
    const struct authres_result *result, const char *ptype, const char *property);

#endif
