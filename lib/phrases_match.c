/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Walks a text through the trie.
 */
#include <string.h>

#include "err.h"
#include "phrases_set.h"

/* A word longer than this ends here: '*' never looks further, so that a text without spaces
 * costs no more than any other. */
#define WORD_OCTETS_MAX 160
/* Letters that Arabic and Hebrew put before a word. */
#define JOINED_LETTERS_MAX 3
/* More children of a node than that are looked through by memchr. */
#define CHILDREN_FOR_LOOP 4

struct scan {
    const struct phrases *set;
    const char *text;
    const char *end;
    uint32_t segment;
    struct phrases_finds *finds;
    int error;
};

static bool is_letter(enum character_class class)
{
    return class == CLASS_WORD || class == CLASS_JOINED;
}

static bool stands_before_letter(const struct scan *scan, const char *at)
{
    size_t length;

    return at < scan->end &&
           is_letter(phrases_class_at(scan->set->classes, at, scan->end, &length));
}

static const char *word_end(const struct scan *scan, const char *at)
{
    const char *limit = scan->end - at > WORD_OCTETS_MAX ? at + WORD_OCTETS_MAX : scan->end;
    size_t length;

    while (at < limit && is_letter(phrases_class_at(scan->set->classes, at, scan->end, &length)))
        at += length;
    return at;
}

static int make_room(struct phrases_finds *finds)
{
    size_t room = finds->room == 0 ? 256 : finds->room * 2;
    struct phrases_find *items;

    if (finds->count < finds->room)
        return 0;
    items = arena_array(finds->arena, room, sizeof(*items));
    if (items == NULL)
        return ERR_NOMEM;
    if (finds->count > 0)
        memcpy(items, finds->items, finds->count * sizeof(*items));
    finds->items = items;
    finds->room = room;
    return 0;
}

static void report(struct scan *scan, uint32_t node, const char *start, const char *at)
{
    struct phrases_finds *finds = scan->finds;
    const struct phrases_node *nodes = scan->set->nodes;

    if (finds->count >= PHRASES_FINDS_MAX || scan->error != 0)
        return;
    if ((nodes[node].flags & NODE_OPEN_END) && stands_before_letter(scan, at))
        return;
    scan->error = make_room(finds);
    if (scan->error == 0)
        finds->items[finds->count++] = (struct phrases_find){
            node, scan->segment, (uint32_t)(start - scan->text), (uint32_t)(at - scan->text)};
}

/* Passes a node's label; NULL where the text has something else. If the first octet is no '*', it
 * is the one by which the node was found. */
static inline const char *pass_label(const struct scan *scan, uint32_t node, const char *at)
{
    const char *label = scan->set->pool + scan->set->nodes[node].label;
    const char *label_end = label + scan->set->nodes[node].label_length;

    if (*label != '*') {
        label++;
        at++;
    }
    for (; label < label_end; label++) {
        if (*label == '*')
            at = word_end(scan, at);
        else if (at < scan->end && *at == *label)
            at++;
        else
            return NULL;
    }
    return at;
}

static inline uint32_t child_of(const struct phrases *set, uint32_t node, char octet)
{
    uint32_t from = set->nodes[node].children;
    uint32_t to = set->nodes[node + 1].children;
    uint32_t table = set->nodes[node].table;
    const uint8_t *found;

    if (table != 0) {
        uint8_t place = set->tables[table - 1].child[(uint8_t)octet];

        return place == 0 ? 0 : from + place - 1;
    }
    if (to - from > CHILDREN_FOR_LOOP) {
        found = memchr(set->first + from, (uint8_t)octet, to - from);
        return found == NULL ? 0 : (uint32_t)(found - set->first);
    }
    for (uint32_t child = from; child < to; child++)
        if (set->first[child] == (uint8_t)octet)
            return child;
    return 0;
}

/* Enters a node and follows the text below it. It calls itself only at a '*' edge, of which a
 * pattern of 80 characters has at most 40. */
static void walk(struct scan *scan, uint32_t node, const char *start, const char *at)
{
    const struct phrases *set = scan->set;

    while (node != 0 && (at = pass_label(scan, node, at)) != NULL) {
        if (set->nodes[node].entries != set->nodes[node + 1].entries)
            report(scan, node, start, at);
        if (set->nodes[node].flags & NODE_STAR_CHILD)
            walk(scan, child_of(set, node, '*'), start, at);
        if (at >= scan->end || *at == '*')
            return;
        node = child_of(set, node, *at);
    }
}

static void walk_from(struct scan *scan, uint32_t root, const char *at)
{
    uint32_t node = child_of(scan->set, root, *at);

    if (node != 0)
        walk(scan, node, at, at);
}

static uint32_t three_octets(const char *at)
{
    const unsigned char *u = (const unsigned char *)at;

    return (uint32_t)u[0] << 16 | (uint32_t)u[1] << 8 | (uint32_t)u[2];
}

static bool may_be_inside(const struct phrases *set, uint32_t three)
{
    uint32_t bit = phrases_inside_bit(three);

    return (set->inside[bit / 8] >> bit % 8 & 1) != 0;
}

int phrases_scan(const struct phrases *phrases, const char *folded, size_t length, uint32_t segment,
    struct phrases_finds *finds)
{
    struct scan scan = {
        .set = phrases,
        .text = folded,
        .end = folded + length,
        .segment = segment,
        .finds = finds,
    };
    const char *last = length < 3 ? folded : scan.end - 2; /* from here on fewer than three */
    unsigned letters = 0;                                  /* of the word up to here */

    for (const char *at = folded; at < scan.end && scan.error == 0;) {
        size_t octets;
        enum character_class class = phrases_class_at(phrases->classes, at, scan.end, &octets);

        if (!is_letter(class)) {
            letters = 0;
            if (*at != ' ')
                walk_from(&scan, ROOT_WORDS, at);
        } else {
            if (letters == 0 || (class == CLASS_JOINED && letters <= JOINED_LETTERS_MAX))
                walk_from(&scan, ROOT_WORDS, at);
            letters++;
            if (at < last && may_be_inside(phrases, three_octets(at)))
                walk_from(&scan, ROOT_INSIDE, at);
        }
        at += octets;
    }
    return scan.error;
}
