/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The vocabulary: a hash set of the words of all patterns, for telling words that may be shown
 * from those that may not. It keeps 64-bit hashes, so a stranger's word is taken for one of
 * ours once in 2^47 or so.
 */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "phrases_set.h"

#define STEM_LETTERS_MIN 4

static uint64_t finish(uint64_t hash, bool stem)
{
    hash ^= hash >> 32;
    hash = (hash * 0x9E3779B97F4A7C15u) ^ (stem ? 0x5555555555555555u : 0);
    return hash == 0 ? 1 : hash;
}

#define HASH_START 0xcbf29ce484222325u

static uint64_t hash_octet(uint64_t hash, char octet)
{
    return (hash ^ (unsigned char)octet) * 0x100000001b3u;
}

/* Where a hash belongs: its upper half, spread over a table of any size. */
static size_t place(const struct phrases *set, uint64_t hash)
{
    return (size_t)((hash >> 32) * set->word_room >> 32);
}

static size_t next(const struct phrases *set, size_t i)
{
    return i + 1 == set->word_room ? 0 : i + 1;
}

static bool has(const struct phrases *set, uint64_t hash)
{
    for (size_t i = place(set, hash); set->words[i] != 0; i = next(set, i))
        if (set->words[i] == hash)
            return true;
    return false;
}

static void put(struct phrases *set, uint64_t hash)
{
    size_t i = place(set, hash);

    while (set->words[i] != 0 && set->words[i] != hash)
        i = next(set, i);
    set->words[i] = hash;
}

static bool is_continuation(char octet)
{
    return ((unsigned char)octet & 0xc0) == 0x80;
}

/* One word of a pattern, "confirm*" or "code"; short stems would let any word through. */
static void put_word(struct phrases *set, const char *word, size_t length)
{
    bool stem = length > 0 && word[length - 1] == '*';
    uint64_t hash = HASH_START;
    size_t letters = 0;

    length -= stem;
    for (size_t i = 0; i < length; i++) {
        hash = hash_octet(hash, word[i]);
        letters += !is_continuation(word[i]);
    }
    if (length > 0 && (!stem || letters >= STEM_LETTERS_MIN))
        put(set, finish(hash, stem));
    if (stem && length > 0)
        put(set, finish(hash, false));
}

/* Words end at spaces and at "..."; what stands between is put as it is. */
static size_t each_word(struct phrases *set, const char *text, bool count_only)
{
    size_t count = 0;

    if (*text == '*')
        text++;
    while (*text != '\0') {
        size_t length = strcspn(text, " .");

        if (length > 0 && !count_only)
            put_word(set, text, length);
        count += length > 0 ? 2 : 0;
        text += length;
        text += *text != '\0';
    }
    return count;
}

/* An empty table for that many words. */
static int make_room(struct phrases *set, size_t count)
{
    set->word_room = count + count / 5 + 16;
    set->words = calloc(set->word_room, sizeof(*set->words));
    return set->words == NULL ? ERR_NOMEM : 0;
}

/* Most words stand in many patterns, so the table that could hold them all is far too large. */
static int shrink(struct phrases *set)
{
    uint64_t *wide = set->words;
    size_t room = set->word_room;
    size_t count = 0;

    for (size_t i = 0; i < room; i++)
        count += wide[i] != 0;
    if (make_room(set, count) != 0) {
        free(wide);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < room; i++)
        if (wide[i] != 0)
            put(set, wide[i]);
    free(wide);
    return 0;
}

int phrases_words_build(struct phrases *set)
{
    size_t count = 0;

    for (size_t i = 0; i < set->pattern_count; i++)
        count += each_word(set, set->pool + set->patterns[i].text, true);
    if (make_room(set, count) != 0)
        return ERR_NOMEM;
    for (size_t i = 0; i < set->pattern_count; i++)
        each_word(set, set->pool + set->patterns[i].text, false);
    return shrink(set);
}

size_t phrases_known_part(const struct phrases *phrases, const char *folded, size_t length)
{
    uint64_t hash = HASH_START;
    size_t letters = 0;
    size_t stem = 0;

    for (size_t i = 0; i < length; i++) {
        hash = hash_octet(hash, folded[i]);
        letters += !is_continuation(folded[i]);
        if (letters >= STEM_LETTERS_MIN && (i + 1 == length || !is_continuation(folded[i + 1])) &&
            has(phrases, finish(hash, true)))
            stem = i + 1;
    }
    return length > 0 && has(phrases, finish(hash, false)) ? length : stem;
}
