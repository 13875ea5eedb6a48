/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * defuse - a new message that says what an old one says, without what could be used: no link, no
 * code, no attachment. For those who must read mail that is not theirs, such as a liquidator.
 *
 * Invariants
 * 1. The new message is built from nothing; no octet of the old one gets into it but through
 *    defuse_text, and through the strict forms of address, date and message id.
 * 2. It is whole or there is none.
 * Thread rule: one thread at a time for a mail.
 */
#ifndef GONEAWAY_DEFUSE_H
#define GONEAWAY_DEFUSE_H

#include <stddef.h>

#include "mail.h"
#include "phrases.h"
#include "text.h"

#define DEFUSE_FIELDS_MAX 9
/* Octets of text that are read for it. */
#define DEFUSE_TEXT_MAX ((size_t)262144)

/* A header field; value has no leading space and is folded with LF and a tab. */
struct defuse_field {
    const char *name;
    const char *value;
};

/* The new message, in the old one's arena. */
struct defused {
    struct defuse_field fields[DEFUSE_FIELDS_MAX]; /* all that it has, in order */
    size_t count;
    const char *body; /* base64, CRLF; NULL: there is none */
    size_t length;
};

/* Builds the new message of a mail that is complete. The phrases tell what speaks of codes. parts
 * and depth of limits count, its octets do not. 0, ERR_NOMEM, ERR_LIMIT (the header was cut),
 * ERR_INTERNAL; on failure *out is empty. */
int defuse_message(struct mail *mail, const struct phrases *phrases,
    const struct text_limits *limits, struct defused *out);

#endif
