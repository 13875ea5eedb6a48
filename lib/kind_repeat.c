/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Finds the segments that a mail says again: cells of a table, buttons, "View online". What was
 * found in one of them stands in the others too, and need not be looked for. Of mail in the wild
 * that is a twelfth of the text, of newsletters and orders more, and far more of invented mails.
 */
#include <string.h>

#include "err.h"
#include "kind_score.h"

/* Other places looked at for one; whoever makes more meet only loses what this gains. */
#define TRIES 8

/* A quick mix of eight octets at a time: hashes that meet cost a comparison and nothing else. */
static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = length;
    uint64_t octets;

    for (; length >= sizeof(octets); text += sizeof(octets), length -= sizeof(octets)) {
        memcpy(&octets, text, sizeof(octets));
        hash = (hash ^ octets) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    octets = 0;
    if (length > 0)
        memcpy(&octets, text, length);
    hash = (hash ^ octets) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* The plain text counts too: the shapes of a place are seen in it. */
static bool say_the_same(const struct text_segment *one, const struct text_segment *other)
{
    return one->length == other->length && memcmp(one->folded, other->folded, one->length) == 0 &&
           strcmp(one->plain, other->plain) == 0;
}

/* The number of the first place that says the same as place i, which is put into the table if
 * there is none. */
static size_t first_like(const struct kind_place *places, size_t i, uint32_t *table, size_t mask)
{
    const struct text_segment *segment = places[i].segment;
    size_t at = hash_of(segment->folded, segment->length) & mask;

    for (size_t tries = 0; tries < TRIES; tries++, at = (at + 1) & mask) {
        if (table[at] == 0) {
            table[at] = (uint32_t)i + 1;
            return i;
        }
        if (say_the_same(places[table[at] - 1].segment, segment))
            return table[at] - 1;
    }
    return i;
}

int kind_repeat_find(struct kind_scoring *scoring)
{
    size_t room = 16;
    uint32_t *table;

    while (room < scoring->place_count * 2)
        room *= 2;
    table = arena_array(scoring->arena, room, sizeof(*table));
    if (table == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < scoring->place_count; i++)
        scoring->places[i].like = first_like(scoring->places, i, table, room - 1);
    return 0;
}
