/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * octets - looks at eight octets of text at once, as one word. Most text is ASCII, of which most
 * can be passed over or treated alike: that takes a fifth of the steps this way.
 *
 * Answers about octets are words too: the high bit of each octet for which they are yes. The order
 * of octets in a word does not matter for any of them.
 * Thread rule: pure.
 */
#ifndef GONEAWAY_OCTETS_H
#define GONEAWAY_OCTETS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OCTETS_ONES UINT64_C(0x0101010101010101)
#define OCTETS_HIGH (OCTETS_ONES << 7)

/* The eight octets at text, which need not be aligned. */
static inline uint64_t octets_load(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof(word));
    return word;
}

/* Those that are c or more. All octets and c are ASCII: with the high bit set beforehand none
 * borrows from its neighbour. */
static inline uint64_t octets_at_least(uint64_t word, unsigned char c)
{
    return ((word | OCTETS_HIGH) - c * OCTETS_ONES) & OCTETS_HIGH;
}

/* Those that are c, which is less than 0x7f. All are ASCII. */
static inline uint64_t octets_equal(uint64_t word, unsigned char c)
{
    return octets_at_least(word, c) & ~octets_at_least(word, (unsigned char)(c + 1));
}

/* How many octets at the start are ASCII. */
static inline size_t octets_ascii_length(const char *text, size_t length)
{
    size_t at = 0;

    while (length - at >= 8 && (octets_load(text + at) & OCTETS_HIGH) == 0)
        at += 8;
    while (at < length && ((unsigned char)text[at] & 0x80) == 0)
        at++;
    return at;
}

#endif
