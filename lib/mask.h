/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mask - addresses for pages that others may see: "~k3f9x2m7qa@example.com". The same address has
 * the same form throughout one run, and another one in the next, because the key is a random one
 * that is never written down: so rows can be told apart, but not joined with another report or
 * traced to the address.
 *
 * Thread rule: any thread once made.
 */
#ifndef GONEAWAY_MASK_H
#define GONEAWAY_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct mask;

/* domains: ours, A-labels; the array must outlive the mask. 0, ERR_NOMEM, ERR_SYSTEM (no random
 * numbers). */
int mask_new(const char *const *domains, size_t count, struct mask **out);
void mask_free(struct mask **mask);

/* Copies text into out, masked; mask NULL copies it as it is. What fails, fails in out. */

/* The local part of every address in the text: what stands before an "@", also written as %40 or
 * full-width, and a domain. More may be masked than is an address. */
void mask_text(const struct mask *mask, const char *text, struct buf *out);
/* The text is one address: all before its last "@" is its local part, whatever stands there; all of
 * it where there is none. */
void mask_address(const struct mask *mask, const char *text, struct buf *out);
/* As mask_text, where only addresses at our domains, or below them, are masked: the others are how
 * a service is reached, and nobody's secret. */
void mask_contact(const struct mask *mask, const char *text, struct buf *out);
/* One of these by the name of the ledger's column. False where the column may not be shown at all:
 * queue_id, by which the MTA's log would tell the address. */
bool mask_column(const struct mask *mask, const char *column, const char *text, struct buf *out);

#endif
