/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * defuse_text - a stranger's text without what could be used: links, addresses and codes.
 *
 * It errs on the side of removing: a price, a date or an order number of four digits goes, because
 * it cannot be told from a code.
 *
 * Invariants, of what it writes, its own two markers left out of account
 * 1. No "://" and no "www." stands in it, in any case.
 * 2. No four digits of any script follow each other, whatever but letters stands between them.
 * 3. It is valid UTF-8 without control characters but LF, and without invisible characters.
 * Thread rule: pure.
 */
#ifndef GONEAWAY_DEFUSE_TEXT_H
#define GONEAWAY_DEFUSE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define DEFUSE_LINK "[link removed]"
#define DEFUSE_CODE "[code removed]"

/* Gathers text in the form in which it is searched: NFKC, one kind of space, LF between lines,
 * nothing invisible. Octets that are no UTF-8 become spaces. */
void defuse_text_gather(struct buf *gathered, const char *text, size_t length);
/* A link stood here whose address is no part of the text. */
void defuse_text_gather_link(struct buf *gathered);
/* A word stood here that is to be taken for a code. */
void defuse_text_gather_code(struct buf *gathered);

/* Appends what was gathered, with the markers in the place of links and codes. 0, ERR_NOMEM,
 * ERR_LIMIT, or ERR_INTERNAL where an invariant did not hold: then out is not to be used. */
int defuse_text_write(const struct buf *gathered, struct buf *out);

/* Do the invariants hold? What defuse_text_write asks last. */
bool defuse_text_is_clean(const char *text);

#endif
