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

struct scan {
    const struct phrases *set;
    const char *text;
    const char *end;
    uint32_t segment;
    struct phrases_finds *finds;
    int error;
};

static bool stands_before_letter(const struct scan *scan, const char *at)
{
    return at < scan->end &&
           phrases_class_is_letter(phrases_class_at(&scan->set->classes, at, scan->end).class);
}

static const char *word_end(const struct scan *scan, const char *at)
{
    const char *limit = scan->end - at > WORD_OCTETS_MAX ? at + WORD_OCTETS_MAX : scan->end;

    while (at < limit) {
        struct phrases_character here = phrases_class_at(&scan->set->classes, at, scan->end);

        if (!phrases_class_is_letter(here.class))
            break;
        at += here.length;
    }
    return at;
}

static int make_room(struct phrases_finds *finds)
{
    size_t room = finds->room == 0 ? 256 : finds->room * 2;
    struct phrases_find *items;

    if (finds->count < finds->room)
        return 0;
    items = arena_bytes(finds->arena, room * sizeof(*items));
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

    if (finds->count >= PHRASES_FINDS_MAX || scan->error != 0)
        return;
    scan->error = make_room(finds);
    if (scan->error == 0)
        finds->items[finds->count++] = (struct phrases_find){
            node, scan->segment, (uint32_t)(start - scan->text), (uint32_t)(at - scan->text)};
}

/* Passes a node's label; NULL where the text has something else. If the first octet is no '*', it
 * is the one by which the node was found. */
static const char *pass_label(
    const struct scan *scan, const struct phrases_node *node, const char *at)
{
    const char *label = scan->set->pool + node->label;
    const char *label_end = label + node->label_length;

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

uint32_t phrases_child_of_many(
    const struct phrases *set, const struct phrases_node *node, char octet)
{
    const uint8_t *first = set->first + node->children;
    const uint8_t *found;

    if (node->flags & NODE_TABLE) {
        uint8_t place = set->tables[node->fanout].child[(uint8_t)octet];

        return place == 0 ? 0 : node->children + place - 1u;
    }
    found = memchr(first, (uint8_t)octet, node->fanout);
    return found == NULL ? 0 : node->children + (uint32_t)(found - first);
}

/* Enters a node and follows the text below it. It calls itself only at a '*' edge, of which a
 * pattern of 80 characters has at most 40. */
static void walk(struct scan *scan, uint32_t number, const char *start, const char *at)
{
    const struct phrases *set = scan->set;

    while (number != 0) {
        const struct phrases_node *node = &set->nodes[number];
        unsigned flags = node->flags;

        at = flags & NODE_LABEL ? pass_label(scan, node, at) : at + 1;
        if (at == NULL)
            return;
        if ((flags & NODE_ENTRIES) && !((flags & NODE_OPEN_END) && stands_before_letter(scan, at)))
            report(scan, number, start, at);
        if (at >= scan->end && !(flags & NODE_STAR_CHILD))
            return;
        if (flags & NODE_STAR_CHILD) {
            walk(scan, phrases_child(set, node, '*'), start, at);
            if (at >= scan->end || *at == '*')
                return;
        }
        number = phrases_child(set, node, *at);
    }
}

static void walk_from(struct scan *scan, uint32_t root, const char *at)
{
    walk(scan, phrases_child(scan->set, &scan->set->nodes[root], *at), at, at);
}

/* From where a word begins, or a character of a script without spaces. */
static void walk_word(struct scan *scan, const char *at)
{
    uint32_t number = scan->end - at < 3 ? STARTS_COUNT : phrases_start_number(at);
    uint32_t start = number < STARTS_COUNT ? scan->set->starts[number] : START_AT_ROOT;

    if (start == START_AT_ROOT)
        walk_from(scan, ROOT_WORDS, at);
    else if (start != START_NONE)
        walk(scan, start & 0xffffff, at, at + (start >> 24));
}

/* May a pattern with a leading '*' begin at a letter? */
static inline bool may_be_inside(const struct phrases *set, const char *at, const char *end)
{
    uint32_t octets;

    if (end - at < 4)
        return end - at == 3;
    octets = octets_load_four(at);
    return octets_filter_may_have(&set->inside, octets & 0xffffff) &&
           octets_filter_may_have(&set->inside_four, octets);
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
    const char *end = scan.end;
    unsigned letters = 0; /* of the word up to here */

    for (const char *at = folded; at < end;) {
        struct phrases_character here = phrases_class_at(&phrases->classes, at, end);

        if (!phrases_class_is_letter(here.class)) {
            letters = 0;
            if (*at != ' ')
                walk_word(&scan, at);
        } else {
            if (letters == 0 || (here.class == CLASS_JOINED && letters <= JOINED_LETTERS_MAX))
                walk_word(&scan, at);
            letters++;
            if (may_be_inside(phrases, at, end))
                walk_from(&scan, ROOT_INSIDE, at);
        }
        at += here.length;
    }
    return scan.error;
}

int phrases_scan_again(
    struct phrases_finds *finds, size_t first, uint32_t earlier, uint32_t segment)
{
    size_t count = finds->count;

    for (size_t i = first; i < count && finds->items[i].segment == earlier; i++) {
        if (finds->count == PHRASES_FINDS_MAX)
            return 0;
        if (make_room(finds) != 0)
            return ERR_NOMEM;
        finds->items[finds->count] = finds->items[i];
        finds->items[finds->count++].segment = segment;
    }
    return 0;
}
