/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mint - addresses that the owner invents at a counter, and the daemon knows without a list:
 * label.xxxxx@domain, where xxxxx is a keyed check of label and domain.
 *
 * The check has 28 to the fifth forms: who guesses needs some 8 million tries, each an SMTP recipient, to get
 * mail treated as the owner's own, and gains nothing but that it is not refused.
 * Thread rule: pure.
 */
#ifndef GONEAWAY_MINT_H
#define GONEAWAY_MINT_H

#include <stdbool.h>
#include <stddef.h>

#include "address.h"
#include "arena.h"
#include "key.h"

#define MINT_LABEL_MAX 40

/* May the label be minted: 1 to MINT_LABEL_MAX of a-z, 0-9, '-', '_' and '.', beginning and ending
 * with a letter or digit, no two dots in a row? */
bool mint_label_is_good(const char *label);

/* Writes the address for a good label at an A-label domain. 0, ERR_SYNTAX (no good label),
 * ERR_CRYPTO, ERR_NOMEM. */
int mint_write(struct arena *arena, const struct key *key, const char *label, const char *domain,
    const char **out);

/* Was this address minted with the key? Its subaddress does not count. */
bool mint_knows(const struct key *key, const struct address *address);

#endif
