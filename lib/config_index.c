/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_index - see config_index.h.
 */
#include "config_index.h"

#include <stdint.h>
#include <string.h>

struct config_index {
    size_t mask; /* number of slots, a power of two, less one */
    const struct config_domain *slots[];
};

/* FNV-1a. The names in the table are the administrator's, so nobody can choose collisions. */
static size_t hash(const char *name)
{
    uint64_t value = 14695981039346656037u;

    for (; *name != '\0'; name++)
        value = (value ^ (unsigned char)*name) * 1099511628211u;
    return (size_t)(value ^ value >> 32);
}

struct config_index *config_index_new(struct arena *arena, size_t count)
{
    size_t slots = 8;
    struct config_index *index;

    while (slots < count * 2 + 1)
        slots *= 2;
    index = arena_alloc(arena, sizeof(*index) + slots * sizeof(const struct config_domain *));
    if (index != NULL)
        index->mask = slots - 1;
    return index;
}

/* The slot where the name is or would be; there is always an empty one. */
static size_t slot_of(const struct config_index *index, const char *name)
{
    size_t slot = hash(name) & index->mask;

    while (index->slots[slot] != NULL && strcmp(index->slots[slot]->name, name) != 0)
        slot = (slot + 1) & index->mask;
    return slot;
}

const struct config_domain *config_index_add(
    struct config_index *index, const struct config_domain *domain)
{
    size_t slot = slot_of(index, domain->name);

    if (index->slots[slot] != NULL)
        return index->slots[slot];
    index->slots[slot] = domain;
    return NULL;
}

const struct config_domain *config_index_find(const struct config_index *index, const char *name)
{
    return index != NULL ? index->slots[slot_of(index, name)] : NULL;
}
