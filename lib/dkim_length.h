/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dkim_length - how long a body is in the canonical forms of RFC 6376 §3.4.
 *
 * Somebody can append anything to a body of which a signature covers a part only (l=, §8.2), and
 * libopendkim does not tell how much that is. Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_DKIM_LENGTH_H
#define GONEAWAY_DKIM_LENGTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero at first. */
struct dkim_length {
    uint64_t simple, relaxed;             /* up to the last line that is not empty */
    uint64_t simple_blank, relaxed_blank; /* empty lines behind it */
    bool begun;                           /* the line has octets */
    bool inked;                           /* … that are no white space */
    bool spaced;                          /* white space stands before the next octet */
    bool after_cr;
};

/* Octets as they come, in any cut. */
void dkim_length_add(struct dkim_length *length, const void *bytes, size_t count);
/* No octets follow; then simple and relaxed are the lengths. */
void dkim_length_end(struct dkim_length *length);

#endif
