/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Builds the trie from the sorted parts of all patterns, breadth first.
 */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "phrases_set.h"

/* A part of a pattern on its way into the trie. */
struct key {
    uint32_t text; /* offset into the pool */
    uint32_t length;
    uint32_t order; /* of those with one text: part << 24 | pattern */
    struct phrases_entry entry;
};

/* The keys that stand below a node: [from, to) share their first depth octets. */
struct span {
    uint32_t from;
    uint32_t to;
    uint32_t depth;
};

struct builder {
    struct phrases *set;
    struct key *keys;
    struct span *spans; /* of each node */
    size_t key_count;
    size_t node_room;
    uint16_t seen[PHRASES_LANGUAGES_MAX]; /* for counting languages: the round they were seen in */
};

static int compare_keys(const void *a, const void *b, void *pool)
{
    const struct key *left = a;
    const struct key *right = b;
    uint32_t common = left->length < right->length ? left->length : right->length;
    int order = memcmp((char *)pool + left->text, (char *)pool + right->text, common);

    if (order != 0)
        return order;
    if (left->length != right->length)
        return left->length < right->length ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

/* The parts of a pattern that belong below one root: only first parts can have a leading '*'. */
static void add_keys(struct builder *builder, int root, size_t pattern, struct phrases_entry entry)
{
    const struct phrases *set = builder->set;
    const char *text = set->pool + set->patterns[pattern].text;

    for (uint32_t part = 0; part < entry.parts; part++) {
        const char *start;
        size_t length;

        if ((part == 0 && text[0] == '*') != (root == ROOT_INSIDE))
            continue;
        phrases_pattern_part(text, part, &start, &length);
        entry.part = part & 7;
        builder->keys[builder->key_count++] = (struct key){
            (uint32_t)(start - set->pool), (uint32_t)length, part << 24 | (uint32_t)pattern, entry};
    }
}

static void collect_keys(struct builder *builder, int root)
{
    const struct phrases *set = builder->set;
    size_t language = 0;
    size_t joined = 0;

    builder->key_count = 0;
    for (size_t i = 0; i < set->pattern_count; i++) {
        struct phrases_entry entry = {.parts = 1};

        while (
            language + 1 < set->language_count && set->languages[language + 1].first_pattern <= i)
            language++;
        entry.language = language & 0xff;
        entry.number = (i - set->languages[language].first_pattern) & 0xffff;
        if (joined < set->joined_count && set->joined[joined].pattern == i) {
            entry.number = (joined - set->languages[language].first_joined) & 0xffff;
            entry.parts = set->joined[joined++].parts & 7u;
        }
        add_keys(builder, root, i, entry);
    }
    qsort_r(builder->keys, builder->key_count, sizeof(*builder->keys), compare_keys, set->pool);
}

static uint8_t label_flags(const struct phrases *set, const char *label, const char *end)
{
    uint8_t flags = *label == '*' || end - label > 1 ? NODE_LABEL : 0;
    const char *last = end - 1;

    if (*last == '*')
        return flags;
    while (((unsigned char)*last & 0xc0) == 0x80)
        last--;
    if (phrases_class_is_letter(phrases_class_at(&set->classes, last, end).class))
        flags |= NODE_OPEN_END;
    return flags;
}

/* A node for the keys of span, whose label reaches from span->depth to depth. */
static void add_node(struct builder *builder, struct span span, uint32_t depth)
{
    struct phrases *set = builder->set;
    uint32_t label = builder->keys[span.from].text + span.depth;
    size_t node = set->node_count++;

    set->nodes[node] = (struct phrases_node){
        .label = label & 0xffffff,
        .label_length = (depth - span.depth) & 0xff,
        .flags = label_flags(set, set->pool + label, set->pool + label + (depth - span.depth)),
    };
    set->first[node] = (uint8_t)set->pool[label];
    span.depth = depth;
    builder->spans[node] = span;
}

/* How many octets do the first and the last key of sorted ones share? */
static uint32_t shared_depth(const struct builder *builder, struct span span)
{
    const struct key *a = &builder->keys[span.from];
    const struct key *b = &builder->keys[span.to - 1];
    const char *pool = builder->set->pool;
    uint32_t depth = span.depth;

    while (depth < a->length && depth < b->length && pool[a->text + depth] == pool[b->text + depth])
        depth++;
    return depth;
}

/* Children of one node, whose own keys (those that end here) come first in its span. */
static void add_children(struct builder *builder, size_t node)
{
    struct phrases *set = builder->set;
    struct span span = builder->spans[node];
    const struct key *keys = builder->keys;

    set->nodes[node].children = set->node_count & 0xffffff;
    set->nodes[node].entries = set->entry_count & 0xffffff;
    while (span.from < span.to && keys[span.from].length == span.depth) {
        set->entries[set->entry_count++] = keys[span.from++].entry;
        set->nodes[node].flags |= NODE_ENTRIES;
    }
    while (span.from < span.to) {
        char octet = set->pool[keys[span.from].text + span.depth];
        struct span child = {span.from, span.from, span.depth};

        while (child.to < span.to && set->pool[keys[child.to].text + span.depth] == octet)
            child.to++;
        if (octet == '*')
            set->nodes[node].flags |= NODE_STAR_CHILD;
        add_node(builder, child, shared_depth(builder, child));
        span.from = child.to;
    }
    set->nodes[node].fanout = (set->node_count - set->nodes[node].children) & 0xff;
}

/* How many languages have an entry at a node? */
static uint8_t count_languages(struct builder *builder, size_t node, uint16_t round)
{
    struct phrases *set = builder->set;
    uint8_t languages = 0;

    for (uint32_t e = set->nodes[node].entries; e < set->nodes[node + 1].entries; e++) {
        uint32_t language = set->entries[e].language;

        if (builder->seen[language] != round && languages < UINT8_MAX) {
            builder->seen[language] = round;
            languages++;
        }
    }
    return languages;
}

static void fill_spread(struct builder *builder)
{
    struct phrases *set = builder->set;
    uint16_t round = 0;

    for (size_t node = 0; node < set->node_count; node++) {
        if (++round == 0) {
            memset(builder->seen, 0, sizeof(builder->seen));
            round = 1;
        }
        set->spread[node] = count_languages(builder, node, round);
    }
}

static bool has_many(const struct phrases *set, size_t node)
{
    return set->nodes[node].fanout > CHILDREN_AT_ONCE;
}

/* Nodes near the roots, which come first, have many children; they are met at each word. */
static int fill_tables(struct phrases *set)
{
    size_t count = 0;

    for (size_t node = 0; node < set->node_count; node++)
        count += has_many(set, node);
    count = count < TABLES_MAX ? count : TABLES_MAX;
    set->tables = calloc(count + 1, sizeof(*set->tables));
    if (set->tables == NULL)
        return ERR_NOMEM;
    for (size_t node = 0; node < set->node_count; node++) {
        const uint8_t *first = set->first + set->nodes[node].children;

        if (!has_many(set, node))
            continue;
        set->nodes[node].flags |= NODE_MANY;
        if (set->table_count == count)
            continue;
        for (uint32_t i = 0; i < set->nodes[node].fanout; i++)
            set->tables[set->table_count].child[first[i]] = (uint8_t)(i + 1);
        set->nodes[node].flags |= NODE_TABLE;
        set->nodes[node].fanout = set->table_count++ & 0xff;
    }
    return 0;
}

/* A part with a leading '*' begins with three octets that are no '*'. */
static void fill_inside(struct phrases *set)
{
    for (size_t i = 0; i < set->pattern_count; i++) {
        const char *text = set->pool + set->patterns[i].text;
        const char *part;
        size_t length;
        uint32_t three = 0;
        uint32_t from = 0;
        uint32_t to = UINT8_MAX; /* the fourth may be any */

        if (text[0] != '*')
            continue;
        phrases_pattern_part(text, 0, &part, &length);
        for (unsigned n = 0; n < 3; n++)
            three |= (uint32_t)(unsigned char)part[n] << 8 * n;
        octets_filter_add(&set->inside, three);
        if (length > 3 && part[3] != '*')
            from = to = (unsigned char)part[3];
        for (uint32_t four = from; four <= to; four++)
            octets_filter_add(&set->inside_four, three | four << 24);
    }
}

/* Where a walk may begin for a word that begins with three letters. An entry of fewer letters does
 * not matter: its word would have to end there. */
static uint32_t find_start(const struct phrases *set, const char *letters)
{
    const struct phrases_node *node = &set->nodes[ROOT_WORDS];
    uint32_t depth = 0;

    for (;;) {
        uint32_t child = phrases_child(set, node, letters[depth]);
        const char *label;

        if (child == 0)
            return START_NONE;
        node = &set->nodes[child];
        label = set->pool + node->label;
        for (uint32_t i = 0; i < node->label_length && depth + i < 3; i++)
            if (label[i] != letters[depth + i])
                return label[i] == '*' ? START_AT_ROOT : START_NONE;
        if (depth + node->label_length >= 3)
            return depth << 24 | child;
        depth += node->label_length;
        if ((node->flags & NODE_STAR_CHILD) ||
            ((node->flags & NODE_ENTRIES) && !(node->flags & NODE_OPEN_END)))
            return START_AT_ROOT;
    }
}

static int fill_starts(struct phrases *set)
{
    set->starts = calloc(STARTS_COUNT, sizeof(*set->starts));
    if (set->starts == NULL)
        return ERR_NOMEM;
    for (uint32_t number = 0; number < STARTS_COUNT; number++) {
        const char letters[] = {(char)('a' + number / (26 * 26)), (char)('a' + number / 26 % 26),
            (char)('a' + number % 26)};

        set->starts[phrases_start_number(letters)] = find_start(set, letters);
    }
    return 0;
}

static int make_room(struct builder *builder)
{
    struct phrases *set = builder->set;
    size_t keys = set->pattern_count;

    for (size_t i = 0; i < set->joined_count; i++)
        keys += set->joined[i].parts - 1u;
    /* each key ends in one node, and each node with two children or more has one above it */
    builder->node_room = keys * 2 + 3;
    builder->keys = calloc(keys + 1, sizeof(*builder->keys));
    builder->spans = calloc(builder->node_room, sizeof(*builder->spans));
    set->nodes = calloc(builder->node_room, sizeof(*set->nodes));
    set->first = calloc(builder->node_room + CHILDREN_AT_ONCE, sizeof(*set->first));
    set->spread = calloc(builder->node_room, sizeof(*set->spread));
    set->entries = calloc(keys + 1, sizeof(*set->entries));
    if (builder->keys == NULL || builder->spans == NULL || set->nodes == NULL ||
        set->first == NULL || set->spread == NULL || set->entries == NULL)
        return ERR_NOMEM;
    return 0;
}

/* Gives back the room that the worst case would have needed. */
static void shrink(struct phrases *set)
{
    size_t count = set->node_count + 1;
    struct phrases_node *nodes = realloc(set->nodes, count * sizeof(*nodes));
    uint8_t *first = realloc(set->first, (count + CHILDREN_AT_ONCE) * sizeof(*first));
    uint8_t *spread = realloc(set->spread, count * sizeof(*spread));
    struct phrases_pattern *patterns =
        realloc(set->patterns, (set->pattern_count + 1) * sizeof(*patterns));
    struct phrases_joined *joined = realloc(set->joined, (set->joined_count + 1) * sizeof(*joined));

    set->nodes = nodes != NULL ? nodes : set->nodes;
    set->first = first != NULL ? first : set->first;
    set->spread = spread != NULL ? spread : set->spread;
    set->patterns = patterns != NULL ? patterns : set->patterns;
    set->joined = joined != NULL ? joined : set->joined;
}

/* The two roots share the arrays, so their keys must live together: the second lot is put behind
 * the first, and both are worked off in one breadth-first run. */
static void build_nodes(struct builder *builder)
{
    struct phrases *set = builder->set;
    struct key *keys = builder->keys;
    size_t words;

    collect_keys(builder, ROOT_WORDS);
    words = builder->key_count;
    builder->keys = keys + words;
    collect_keys(builder, ROOT_INSIDE);
    builder->keys = keys;
    builder->spans[ROOT_WORDS] = (struct span){0, (uint32_t)words, 0};
    builder->spans[ROOT_INSIDE] =
        (struct span){(uint32_t)words, (uint32_t)(words + builder->key_count), 0};
    set->node_count = 2;
    for (size_t node = 0; node < set->node_count; node++)
        add_children(builder, node);
    set->nodes[set->node_count].entries = set->entry_count & 0xffffff;
}

int phrases_build(struct phrases *set)
{
    struct builder builder = {.set = set};
    int r;

    phrases_class_fill(&set->classes);
    r = phrases_pool_pack(set);
    if (r == 0)
        r = make_room(&builder);
    if (r == 0) {
        build_nodes(&builder);
        fill_spread(&builder);
        fill_inside(set);
        shrink(set);
        r = fill_tables(set);
    }
    if (r == 0)
        r = fill_starts(set);
    if (r == 0)
        r = phrases_words_build(set);
    free(builder.keys);
    free(builder.spans);
    return r;
}
