/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * phrases_set - the inside of a phrase set, shared by the phrases_*.c files and nobody else.
 *
 * All patterns of all languages stand in one compressed trie over octets, kept in flat arrays.
 * It has two roots: one for patterns that begin where a word begins, and one for patterns with a
 * leading '*', which begin at any letter. '*' is an edge like any other; in a text it passes to
 * the end of the word. A pattern with "..." stands there once for each of its parts, and
 * phrases_expand joins them.
 *
 * Invariants
 * 1. Nodes stand in breadth-first order: the children of node n are [nodes[n].children,
 *    nodes[n + 1].children), its entries [nodes[n].entries, nodes[n + 1].entries), and one node
 *    more than there are ends both.
 * 2. Patterns are numbered in the order of their languages, so a node's entries are sorted by
 *    language.
 * 3. What counts patterns, nodes, entries or octets of the pool fits into 24 bits: a part is two
 *    octets and its end at least, and there are two nodes for each at most.
 * Thread rule: immutable once loaded; building by one thread.
 */
#ifndef GONEAWAY_PHRASES_SET_H
#define GONEAWAY_PHRASES_SET_H

#include "datafile.h"
#include "phrases.h"

#define PATTERN_CHARACTERS_MIN 2
#define PATTERN_CHARACTERS_MAX 80
#define PATTERN_PARTS_MAX 6
#define PART_OCTETS_MAX 255 /* a node keeps the length of its label in an octet */
#define POOL_MAX (1u << 24) /* octets of all patterns together */
#define PATTERN_LIST_MAX 500
#define TAG_MAX 35

/* What patterns a list number stands for: an idea, or IDEA_COUNT + kind * 3 + strength. */
#define LIST_COUNT (IDEA_COUNT + 12 * PHRASES_STRENGTHS)

struct phrases_pattern {
    uint32_t text : 24; /* offset into the pool */
    uint32_t language : 8;
    uint32_t slot : 21; /* the first of its parts - 1 slots, counted in its language */
    uint32_t parts : 3;
    uint32_t list : 8;
};

struct phrases_node {
    uint32_t label : 24; /* offset into the pool, first octet included */
    uint32_t label_length : 8;
    uint32_t children : 24;
    uint32_t flags : 8; /* NODE_ bits */
    uint32_t entries : 24;
    uint32_t table : 8; /* number of its table of children and one more; 0: it has none */
};

/* Children of a node with many of them, by first octet: place among them and one more. */
struct phrases_table {
    uint8_t child[256];
};

#define CHILDREN_FOR_TABLE 10 /* fewer are found as fast by memchr */
#define TABLES_MAX 255

#define NODE_STAR_CHILD 1u /* one of the children's labels begins with '*' */
#define NODE_ENDS_STAR 2u  /* its own label ends with '*': the text is at the end of a word */
#define NODE_OPEN_END 4u   /* ends with a letter of a spaced script: a word must end there */

#define ROOT_WORDS 0
#define ROOT_INSIDE 1

struct phrases_language {
    char tag[TAG_MAX + 1];
    uint32_t first_pattern;
    uint32_t slots;
};

enum character_class { CLASS_NONE, CLASS_WORD, CLASS_JOINED, CLASS_UNSPACED };

struct phrases {
    struct phrases_language *languages;
    size_t language_count;
    struct phrases_pattern *patterns;
    size_t pattern_count;
    char *pool; /* all pattern texts, each ended by NUL; what ends alike may share its end */
    size_t pool_length;
    struct phrases_node *nodes;
    struct phrases_table *tables;
    size_t table_count;
    uint8_t *first;     /* of each node's label */
    uint8_t *spread;    /* how many languages have an entry at each node, 255 at most */
    size_t node_count;
    uint32_t *entries;  /* part << 24 | pattern */
    size_t entry_count;
    uint8_t inside[1 << 13]; /* bits: may three octets begin a pattern with a leading '*'? */
    uint8_t classes[1 << 16]; /* enum character_class of the BMP */
    uint32_t *words; /* vocabulary: open hashing, 0 is empty */
    size_t word_room;
};

/* phrases_read.c: one file; language is its number. Adds patterns to the set. */
int phrases_read_file(struct phrases *set, const char *path, const char *tag,
    struct mistakes *mistakes);
int phrases_read_text(struct phrases *set, const char *path, const char *tag, const char *text,
    size_t length, struct mistakes *mistakes);

/* phrases_pattern.c: NULL, or what is wrong with a folded pattern. */
const char *phrases_pattern_wrong(const char *folded);
/* Where the nth part of a pattern stands, without leading '*' and the spaces around "...";
 * false when there are fewer parts. */
bool phrases_pattern_part(const char *folded, size_t part, const char **start, size_t *length);

/* phrases_build.c: makes trie, weights and vocabulary of the patterns read. */
int phrases_build(struct phrases *set);

/* phrases_pool.c: lets patterns share octets of the pool, and gives back the rest. Moves texts.
 * 0 or ERR_NOMEM. */
int phrases_pool_pack(struct phrases *set);

/* phrases_class.c */
void phrases_class_fill(uint8_t *classes);
/* The class of the character at at, and its length in octets (at least 1). */
enum character_class phrases_class_decode(const uint8_t *classes, const char *at,
    const char *end, size_t *length);

static inline enum character_class phrases_class_at(const uint8_t *classes, const char *at,
    const char *end, size_t *length)
{
    *length = 1;
    if ((unsigned char)*at < 0x80)
        return (enum character_class)classes[(unsigned char)*at];
    return phrases_class_decode(classes, at, end, length);
}

/* phrases_words.c */
int phrases_words_build(struct phrases *set);

/* The bit of three octets in `inside`. */
static inline uint32_t phrases_inside_bit(uint32_t three)
{
    return (three * 0x9E3779B1u) >> 16;
}

#endif
