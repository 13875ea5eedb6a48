/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * seal_original - a message as it came, octet for octet, held in memory until it is known whether
 * it has to be sealed.
 *
 * Invariants
 * 1. What was kept is overwritten before its memory is given back, and never written anywhere.
 * 2. At most `maximum` octets are kept; beyond that nothing is, not even the beginning.
 * 3. Lines of the header end in CRLF, whatever the milter protocol made of them; the body is kept
 *    as it is.
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_SEAL_ORIGINAL_H
#define GONEAWAY_SEAL_ORIGINAL_H

#include <stdbool.h>
#include <stddef.h>

struct seal_original;

/* NULL without memory. */
struct seal_original *seal_original_new(size_t maximum);
/* Overwrites all of it; leaves NULL behind, NULL is fine. */
void seal_original_free(struct seal_original **original);

/* The steps, in this order; 0 or ERR_NOMEM, after which it can only be freed. whole: value is all
 * that stood behind the colon; otherwise one space has been taken off. */
int seal_original_add_field(
    struct seal_original *original, const char *name, const char *value, bool whole);
int seal_original_end_header(struct seal_original *original);
int seal_original_add_body(struct seal_original *original, const void *bytes, size_t length);

/* Was it longer than the maximum? Then nothing of it is there. */
bool seal_original_is_cut(const struct seal_original *original);
size_t seal_original_length(const struct seal_original *original);
/* The narrowest transfer encoding that fits (RFC 2045 §2.7 to §2.9): "7bit", "8bit", "binary". */
const char *seal_original_encoding(const struct seal_original *original);

/* Hands over all octets in order, in pieces, until put returns anything but 0, which is returned. */
int seal_original_read(const struct seal_original *original,
    int (*put)(void *cookie, const char *bytes, size_t length), void *cookie);

#endif
