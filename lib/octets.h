/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * octets - looks at eight octets of text at once, as one word. Most text is ASCII, of which most
 * can be passed over or treated alike: that takes a fifth of the steps this way.
 *
 * Answers about octets are words too: the high bit of each octet for which they are yes. The order
 * of octets in a word does not matter for any of them.
 *
 * And a filter, which tells of nearly all octets that nothing begins with them: a set of hashes of
 * what something begins with, in as little memory as stays near the processor.
 * Thread rule: pure; filling a filter is for one thread.
 */
#ifndef GONEAWAY_OCTETS_H
#define GONEAWAY_OCTETS_H

#include <endian.h>
#include <stdbool.h>
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

/* A letter of ASCII in lower case, anything else as it is. */
static inline char octets_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* A bit for each hash. */
struct octets_filter {
    uint8_t bits[1 << 13];
};

/* The four octets at text, for a filter: the first stands lowest. */
static inline uint32_t octets_load_four(const char *text)
{
    uint32_t octets;

    memcpy(&octets, text, sizeof(octets));
    return le32toh(octets);
}

static inline uint32_t octets_filter_hash(uint32_t octets)
{
    return (octets * 0x9E3779B1u) >> 16;
}

static inline void octets_filter_add(struct octets_filter *filter, uint32_t octets)
{
    uint32_t bit = octets_filter_hash(octets);

    filter->bits[bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* False: they were not added. */
static inline bool octets_filter_may_have(const struct octets_filter *filter, uint32_t octets)
{
    uint32_t bit = octets_filter_hash(octets);

    return (filter->bits[bit / 8] >> bit % 8 & 1) != 0;
}

#endif
