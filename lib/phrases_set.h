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
 * 1. Nodes stand in breadth-first order: the children of a node stand together, and so do its
 *    entries, [nodes[n].entries, nodes[n + 1].entries), which one node more than there are ends.
 * 2. A node's entries are sorted by part, then by language, as patterns are numbered in the order
 *    of their languages.
 * 3. What counts patterns, nodes, entries or octets of the pool fits into 24 bits: a part is two
 *    octets and its end at least, and there are two nodes for each at most.
 * Thread rule: immutable once loaded; building by one thread.
 */
#ifndef GONEAWAY_PHRASES_SET_H
#define GONEAWAY_PHRASES_SET_H

#include <endian.h>
#include <string.h>

#include "datafile.h"
#include "octets.h"
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
_Static_assert(LIST_COUNT * PATTERN_LIST_MAX <= 1 << 16, "an entry has 16 bits for a pattern");

struct phrases_pattern {
    uint32_t text : 24; /* offset into the pool */
    uint32_t list : 8;
};

/* A pattern with "...", which few are. */
struct phrases_joined {
    uint32_t pattern : 24;
    uint32_t parts : 8;
    uint32_t slot; /* the first of its parts - 1 slots, counted in its language */
};

/* Most steps of a walk touch this and the octets that the children begin with, nothing else. */
struct phrases_node {
    uint32_t label : 24; /* offset into the pool, first octet included */
    uint32_t label_length : 8;
    uint32_t children : 24; /* the first of them */
    uint32_t flags : 8;     /* NODE_ bits */
    uint32_t entries : 24;  /* the first of them */
    uint32_t fanout : 8; /* how many children it has, or with NODE_TABLE the number of its table */
};

/* Children of a node with many of them, by first octet: place among them and one more. */
struct phrases_table {
    uint8_t child[256];
};

#define CHILDREN_AT_ONCE 8 /* so many are compared with an octet in one step */
#define TABLES_MAX 255

#define NODE_STAR_CHILD 1u /* one of the children's labels begins with '*' */
#define NODE_OPEN_END 2u   /* ends with a letter of a spaced script: a word must end there */
#define NODE_LABEL 4u      /* its label is a '*', or more than the octet by which it was found */
#define NODE_ENTRIES 8u    /* some pattern or part ends here */
#define NODE_MANY 16u      /* it has more children than are compared at once */
#define NODE_TABLE 32u     /* they have a table */

/* A pattern, or one of its parts, that ends at a node: what is asked of each find. */
struct phrases_entry {
    uint32_t number : 16; /* of the pattern in its language, or with several parts among the joined */
    uint32_t language : 8;
    uint32_t part : 3;
    uint32_t parts : 3; /* of the whole pattern */
};

/* Most words begin with three letters of ASCII. For these a table tells in which node's label the
 * third stands, and how many octets stand before that label; so the first steps of a walk, which
 * would find nothing, are left out. */
#define STARTS_COUNT 17576u /* 26 * 26 * 26 */
#define START_NONE 0u
#define START_AT_ROOT UINT32_MAX /* something may be found before: "ab*" */

#define ROOT_WORDS 0
#define ROOT_INSIDE 1

struct phrases_language {
    char tag[TAG_MAX + 1];
    uint32_t first_pattern;
    uint32_t first_joined;
    uint32_t slots;
};

enum character_class { CLASS_NONE, CLASS_WORD, CLASS_JOINED, CLASS_UNSPACED };

struct phrases_classes {
    uint8_t ascii[0x80];
    uint8_t quarters[0x10000 / 4]; /* of the BMP, two bits a character */
};

struct phrases {
    struct phrases_language *languages;
    size_t language_count;
    struct phrases_pattern *patterns;
    size_t pattern_count;
    struct phrases_joined *joined; /* in the order of patterns */
    size_t joined_count;
    char *pool; /* all pattern texts, each ended by NUL; what ends alike may share its end */
    size_t pool_length;
    struct phrases_node *nodes;
    struct phrases_table *tables;
    size_t table_count;
    uint8_t *first;  /* octet of each node's label; CHILDREN_AT_ONCE more may be read */
    uint8_t *spread; /* how many languages have an entry at each node, 255 at most */
    size_t node_count;
    struct phrases_entry *entries;
    size_t entry_count;
    uint32_t *starts; /* octets before << 24 | node, START_NONE or START_AT_ROOT */
    /* May three octets begin a pattern with a leading '*'? And if so, may four? */
    struct octets_filter inside;
    struct octets_filter inside_four;
    struct phrases_classes classes;
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
struct phrases_character {
    size_t length; /* in octets, at least 1 */
    enum character_class class;
};
void phrases_class_fill(struct phrases_classes *classes);
/* The character at `at`, which lies before end, as phrases_class_at gives it, beyond ASCII. */
struct phrases_character phrases_class_decode(const struct phrases_classes *classes,
    const char *at, const char *end);

static inline bool phrases_class_is_letter(enum character_class class)
{
    return class == CLASS_WORD || class == CLASS_JOINED;
}

/* The character at `at`, which lies before end. */
static inline struct phrases_character phrases_class_at(const struct phrases_classes *classes,
    const char *at, const char *end)
{
    if ((unsigned char)*at < 0x80)
        return (struct phrases_character){
            1, (enum character_class)classes->ascii[(unsigned char)*at]};
    return phrases_class_decode(classes, at, end);
}

/* phrases_match.c: phrases_child for a node with NODE_MANY. */
uint32_t phrases_child_of_many(const struct phrases *set, const struct phrases_node *node,
    char octet);

/* The number of the child whose label begins with an octet; 0 for none. Up to eight are compared
 * at once: subtracting 1 takes along the upper bit of the first octet that has become 0, and of
 * none before it. */
static inline uint32_t phrases_child(const struct phrases *set, const struct phrases_node *node,
    char octet)
{
    uint64_t eight;
    uint32_t place;

    if (node->flags & NODE_MANY)
        return phrases_child_of_many(set, node, octet);
    memcpy(&eight, set->first + node->children, sizeof(eight));
    eight = le64toh(eight) ^ OCTETS_ONES * (unsigned char)octet;
    eight = (eight - OCTETS_ONES) & ~eight & OCTETS_HIGH;
    if (eight == 0)
        return 0;
    place = (uint32_t)__builtin_ctzll(eight) / 8;
    return place < node->fanout ? node->children + place : 0;
}

/* The number of three letters of ASCII in `starts`; STARTS_COUNT for other octets. */
static inline uint32_t phrases_start_number(const char *at)
{
    uint32_t one = (uint32_t)at[0] - 'a';
    uint32_t two = (uint32_t)at[1] - 'a';
    uint32_t three = (uint32_t)at[2] - 'a';

    return one < 26 && two < 26 && three < 26 ? (one * 26 + two) * 26 + three : STARTS_COUNT;
}

/* phrases_words.c */
int phrases_words_build(struct phrases *set);

#endif
