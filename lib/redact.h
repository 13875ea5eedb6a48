/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * redact - what of a stranger's text may be kept.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_REDACT_H
#define GONEAWAY_REDACT_H

#include "arena.h"
#include "phrases.h"
#include "text.h"

enum redact_subject { REDACT_NOTHING_KEPT, REDACT_WORDS };

/* The subject as the ledger may keep it: NULL with REDACT_NOTHING_KEPT; with REDACT_WORDS only
 * words of the phrase vocabulary and of the service's name (NULL for none), each run of others
 * replaced by one "…", no digit of any script. *out NULL is no error. 0 or ERR_NOMEM. */
int redact_subject(struct arena *arena, const struct text *text, const struct phrases *phrases,
    const char *service_name, enum redact_subject keep, const char **out);

#endif
