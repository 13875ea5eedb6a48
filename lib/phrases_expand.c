/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * From finds to hits: the entries of the chosen languages, and the parts of "..." joined.
 */
#include <math.h>
#include <string.h>

#include "err.h"
#include "phrases_set.h"

/* At most six words may stand in a "...", or 24 characters of a script without spaces. */
#define GAP_UNITS 24
#define WORD_UNITS 4

/* How far a pattern with "..." has come: its parts up to one stand in this segment. */
struct slot {
    uint32_t segment; /* and one more, so that 0 is none */
    uint32_t start;   /* of the first part */
    uint32_t end;     /* of this part */
};

struct expansion {
    const struct phrases *set;
    const struct phrases_string *strings;
    struct arena *arena;
    struct slot *slots[PHRASES_LANGUAGES_MAX]; /* NULL for languages not chosen */
    struct phrases_hit *hits;
    size_t count;
    size_t room;
};

static bool gap_is_short(
    const struct expansion *expansion, uint32_t segment, uint32_t from, uint32_t to)
{
    const char *at = expansion->strings[segment].folded + from;
    const char *end = expansion->strings[segment].folded + to;
    unsigned units = 0;
    bool in_word = false;

    while (at < end && units <= GAP_UNITS) {
        struct phrases_character here = phrases_class_at(&expansion->set->classes, at, end);
        bool letter = phrases_class_is_letter(here.class);

        if (letter && !in_word)
            units += WORD_UNITS;
        else if (here.class == CLASS_UNSPACED)
            units++;
        in_word = letter;
        at += here.length;
    }
    return units <= GAP_UNITS;
}

/* Room for one hit more. Most finds are a hit or two of a language that was chosen. */
static int make_room(struct expansion *expansion, size_t finds)
{
    size_t room = expansion->room == 0 ? finds + 64 : expansion->room * 2;
    struct phrases_hit *hits;

    if (expansion->count < expansion->room)
        return 0;
    hits = arena_bytes(expansion->arena, room * sizeof(*hits));
    if (hits == NULL)
        return ERR_NOMEM;
    if (expansion->count > 0)
        memcpy(hits, expansion->hits, expansion->count * sizeof(*hits));
    expansion->hits = hits;
    expansion->room = room;
    return 0;
}

static void hit_pattern(struct expansion *expansion, const struct phrases_find *find,
    uint32_t number, uint32_t start, uint32_t language)
{
    uint32_t list = expansion->set->patterns[number].list;
    struct phrases_hit *hit = &expansion->hits[expansion->count++];

    *hit = (struct phrases_hit){
        .segment = find->segment,
        .start = start,
        .end = find->end,
        .pattern = number,
        .language = (uint16_t)language,
        .idea = -1,
    };
    if (list < IDEA_COUNT) {
        hit->idea = (int8_t)list;
    } else {
        hit->kind = (uint8_t)((list - IDEA_COUNT) / PHRASES_STRENGTHS);
        hit->strength = (uint8_t)((list - IDEA_COUNT) % PHRASES_STRENGTHS);
    }
}

/* One part of a pattern with "...": kept when the part before stands near enough, and a hit when
 * it is the last. */
static void join_part(
    struct expansion *expansion, const struct phrases_find *find, struct phrases_entry entry)
{
    const struct phrases *set = expansion->set;
    const struct phrases_joined *joined =
        &set->joined[set->languages[entry.language].first_joined + entry.number];
    struct slot *slots = expansion->slots[entry.language] + joined->slot;
    uint32_t part = entry.part;
    uint32_t start = find->start;

    if (part > 0) {
        const struct slot *before = &slots[part - 1];

        if (before->segment != find->segment + 1 || before->end > find->start ||
            !gap_is_short(expansion, find->segment, before->end, find->start))
            return;
        start = before->start;
    }
    if (part + 1u == entry.parts)
        hit_pattern(expansion, find, joined->pattern, start, entry.language);
    else
        slots[part] = (struct slot){find->segment + 1, start, find->end};
}

static int expand_find(
    struct expansion *expansion, const struct phrases_find *find, size_t find_count)
{
    const struct phrases *set = expansion->set;
    const struct phrases_entry *entry = set->entries + set->nodes[find->node].entries;
    const struct phrases_entry *end = set->entries + set->nodes[find->node + 1].entries;

    for (; entry < end; entry++) {
        if (expansion->slots[entry->language] == NULL)
            continue;
        if (make_room(expansion, find_count) != 0)
            return ERR_NOMEM;
        if (entry->parts > 1)
            join_part(expansion, find, *entry);
        else
            hit_pattern(expansion, find,
                set->languages[entry->language].first_pattern + entry->number, find->start,
                entry->language);
    }
    return 0;
}

static int make_slots(struct expansion *expansion, const struct phrases_choice *choice)
{
    const struct phrases *set = expansion->set;

    for (size_t i = 0; i < set->language_count; i++) {
        if ((choice->bits[i / 64] >> i % 64 & 1) == 0)
            continue;
        expansion->slots[i] =
            arena_array(expansion->arena, set->languages[i].slots + 1, sizeof(struct slot));
        if (expansion->slots[i] == NULL)
            return ERR_NOMEM;
    }
    return 0;
}

int phrases_expand(const struct phrases *phrases, const struct phrases_finds *finds,
    const struct phrases_string *strings, const struct phrases_choice *choice,
    struct phrases_hit **hits, size_t *count)
{
    struct expansion expansion = {
        .set = phrases,
        .strings = strings,
        .arena = finds->arena,
    };
    int r = make_slots(&expansion, choice);

    for (size_t i = 0; i < finds->count && r == 0; i++)
        r = expand_find(&expansion, &finds->items[i], finds->count);
    *hits = expansion.hits;
    *count = expansion.count;
    return r;
}

void phrases_score_languages(
    const struct phrases *phrases, const struct phrases_finds *finds, double *scores)
{
    for (size_t i = 0; i < finds->count; i++) {
        uint32_t node = finds->items[i].node;
        uint32_t octets = finds->items[i].end - finds->items[i].start;
        double weight = (octets > 12 ? 12 : octets) / sqrt(phrases->spread[node]);
        uint32_t last = UINT32_MAX;

        for (uint32_t e = phrases->nodes[node].entries; e < phrases->nodes[node + 1].entries; e++) {
            uint32_t language = phrases->entries[e].language;

            if (language != last)
                scores[language] += weight;
            last = language;
        }
    }
}
