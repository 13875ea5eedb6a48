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

#include "buf.h"

struct mask;

/* 0, ERR_NOMEM, ERR_SYSTEM (no random numbers). */
int mask_new(struct mask **out);
void mask_free(struct mask **mask);

/* Copies the text with the local part of every address in it masked: what stands before an "@",
 * also written as %40 or full-width, and a domain. More may be masked than is an address. A whole
 * address is text with one address in it. mask NULL copies. What fails, fails in out. */
void mask_text(const struct mask *mask, const char *text, struct buf *out);
/* The text is one address: all before its last "@" is its local part, whatever stands there; all of
 * it where there is none. */
void mask_address(const struct mask *mask, const char *text, struct buf *out);
/* As mask_text, where only addresses at that domain, or below it, are masked: for contacts, which
 * are nobody's secret. */
void mask_text_at(const struct mask *mask, const char *domain, const char *text, struct buf *out);

#endif
