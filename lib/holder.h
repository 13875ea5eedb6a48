/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * holder - whose account it is, from the ledger and the evidence. Thread rule: pure.
 */
#ifndef GONEAWAY_HOLDER_H
#define GONEAWAY_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "kind.h"

enum holder { HOLDER_UNKNOWN, HOLDER_PRIOR, HOLDER_CURRENT, HOLDER_STRANGER };
#define HOLDER_COUNT 4

/* What a finding rests on, weakest first: a later finding replaces an earlier one only if it
 * stands further down in this list. */
enum holder_by {
    HOLDER_BY_NONE,
    HOLDER_BY_FIRST_MAIL,
    HOLDER_BY_MAILBOX,
    HOLDER_BY_RRVS,
    HOLDER_BY_ADMIN
};
#define HOLDER_BY_COUNT 5

const char *holder_name(enum holder holder); /* "unknown" "prior" "current" "stranger" */
bool holder_from_name(const char *name, enum holder *out);
const char *holder_by_name(enum holder_by by); /* "none" "first-mail" "mailbox" "rrvs" "admin" */
bool holder_by_from_name(const char *name, enum holder_by *out);

/* The kinds that make an account, as bits 1u << enum kind: those of kind_is_service. */
#define HOLDER_SERVICE_KINDS ((1u << (KIND_NOTICE + 1)) - 1u)

struct holder_evidence {
    bool known; /* the ledger has this account, with: */
    enum holder known_holder;
    enum holder_by known_by;
    bool authenticated; /* the sender is proven, so an account can be recorded */
    bool own;           /* the recipient is an own mailbox */
    enum kind kind;
    bool before_us;      /* the mail was received before the domain was ours */
    int64_t rrvs_date;   /* demanded for this recipient, DATE_NONE for none */
    int64_t owned_since; /* of the recipient's domain */
};

struct holder_finding {
    enum holder holder;
    enum holder_by by;
    bool record; /* the account is to be written to the ledger */
};

/* The strongest of what is known and what this mail shows. A mail of no service kind, and one
 * whose sender is not proven, can show RRVS and own mailbox for itself, but makes no account. */
struct holder_finding holder_find(const struct holder_evidence *evidence);

#endif
