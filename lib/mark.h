/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mark - the header fields that we write. Pure ASCII, folded with LF and a tab where a line
 * would be longer than 78. Thread rule: pure; results live in the caller's arena.
 */
#ifndef GONEAWAY_MARK_H
#define GONEAWAY_MARK_H

#include "arena.h"
#include "rrvs.h"

#define MARK_FIELD "X-Goneaway"

/* What stands in X-Goneaway; NULL parts are left out (as with several unlike recipients). */
struct mark {
    const char *action;
    const char *kind;
    const char *service;
    const char *holder;
    const char *address; /* key form; quoted where it holds more than RFC 5322 atext and '@' */
    const char *by;
};

/* "tag; kind=reset; service=netflix.com; …" NULL without memory. */
const char *mark_write(struct arena *arena, const struct mark *mark);

/* The value of Authentication-Results (RFC 7293 §11); recipient NULL leaves smtp.rcptto
 * out. RRVS_IGNORED is no result of that standard: "none" is written. NULL without memory. */
const char *mark_write_rrvs(struct arena *arena, const char *authserv_id,
    enum rrvs_result result, const char *recipient);

#endif
