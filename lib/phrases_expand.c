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
    const struct phrases_choice *choice;
    struct arena *arena;
    struct slot **slots; /* by language; NULL for those not chosen */
    struct phrases_hit *hits;
    size_t count;
    size_t room;
};

static bool is_chosen(const struct phrases_choice *choice, size_t language)
{
    return (choice->bits[language / 64] >> language % 64 & 1) != 0;
}

static bool gap_is_short(
    const struct expansion *expansion, uint32_t segment, uint32_t from, uint32_t to)
{
    const char *at = expansion->strings[segment].folded + from;
    const char *end = expansion->strings[segment].folded + to;
    unsigned units = 0;
    bool in_word = false;

    while (at < end && units <= GAP_UNITS) {
        size_t length;
        enum character_class class = phrases_class_at(expansion->set->classes, at, end, &length);
        bool letter = class == CLASS_WORD || class == CLASS_JOINED;

        if (letter && !in_word)
            units += WORD_UNITS;
        else if (class == CLASS_UNSPACED)
            units++;
        in_word = letter;
        at += length;
    }
    return units <= GAP_UNITS;
}

static int add_hit(struct expansion *expansion, const struct phrases_hit *hit)
{
    if (expansion->count == expansion->room) {
        size_t room = expansion->room == 0 ? 128 : expansion->room * 2;
        struct phrases_hit *hits = arena_array(expansion->arena, room, sizeof(*hits));

        if (hits == NULL)
            return ERR_NOMEM;
        if (expansion->count > 0)
            memcpy(hits, expansion->hits, expansion->count * sizeof(*hits));
        expansion->hits = hits;
        expansion->room = room;
    }
    expansion->hits[expansion->count++] = *hit;
    return 0;
}

static int hit_pattern(
    struct expansion *expansion, const struct phrases_find *find, uint32_t number, uint32_t start)
{
    const struct phrases_pattern *pattern = &expansion->set->patterns[number];
    struct phrases_hit hit = {
        .segment = find->segment,
        .start = start,
        .end = find->end,
        .pattern = number,
        .language = pattern->language,
        .idea = -1,
    };

    if (pattern->list < IDEA_COUNT) {
        hit.idea = (int8_t)pattern->list;
    } else {
        hit.kind = (uint8_t)((pattern->list - IDEA_COUNT) / PHRASES_STRENGTHS);
        hit.strength = (uint8_t)((pattern->list - IDEA_COUNT) % PHRASES_STRENGTHS);
    }
    return add_hit(expansion, &hit);
}

/* One part of a pattern with "...": kept when the part before stands near enough, and a hit when
 * it is the last. */
static int join_part(
    struct expansion *expansion, const struct phrases_find *find, uint32_t number, uint32_t part)
{
    const struct phrases_pattern *pattern = &expansion->set->patterns[number];
    struct slot *slots = expansion->slots[pattern->language] + pattern->slot;
    uint32_t start = find->start;

    if (part > 0) {
        const struct slot *before = &slots[part - 1];

        if (before->segment != find->segment + 1 || before->end > find->start ||
            !gap_is_short(expansion, find->segment, before->end, find->start))
            return 0;
        start = before->start;
    }
    if (part + 1u == pattern->parts)
        return hit_pattern(expansion, find, number, start);
    slots[part] = (struct slot){find->segment + 1, start, find->end};
    return 0;
}

static int expand_find(struct expansion *expansion, const struct phrases_find *find)
{
    const struct phrases *set = expansion->set;
    int r = 0;

    for (uint32_t e = set->nodes[find->node].entries;
         e < set->nodes[find->node + 1].entries && r == 0; e++) {
        uint32_t number = set->entries[e] & 0xffffff;

        if (!is_chosen(expansion->choice, set->patterns[number].language))
            continue;
        if (set->patterns[number].parts > 1)
            r = join_part(expansion, find, number, set->entries[e] >> 24);
        else
            r = hit_pattern(expansion, find, number, find->start);
    }
    return r;
}

static int make_slots(struct expansion *expansion)
{
    const struct phrases *set = expansion->set;

    expansion->slots =
        arena_array(expansion->arena, set->language_count + 1, sizeof(struct slot *));
    if (expansion->slots == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < set->language_count; i++) {
        if (!is_chosen(expansion->choice, i))
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
        .choice = choice,
        .arena = finds->arena,
    };
    int r = make_slots(&expansion);

    for (size_t i = 0; i < finds->count && r == 0; i++)
        r = expand_find(&expansion, &finds->items[i]);
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
            uint32_t language = phrases->patterns[phrases->entries[e] & 0xffffff].language;

            if (language != last)
                scores[language] += weight;
            last = language;
        }
    }
}
