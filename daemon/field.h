/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * field - a header field of ours, into the MTA's hands.
 * Thread rule: as session.h.
 */
#ifndef GONEAWAY_FIELD_H
#define GONEAWAY_FIELD_H

#include <stdbool.h>
/* bool must be known before */
#include <libmilter/mfapi.h>

#include "session.h"

enum field_place { FIELD_TOP, FIELD_END };

/* Adds a field, its value without leading space. False: it is no value of a field (line.h), too
 * long, or the MTA did not take it. */
bool field_add(SMFICTX *ctx, const struct session *session, enum field_place place,
    const char *name, const char *value);

#endif
