/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The vocabulary: a hash set of the words of all patterns, for telling words that may be shown
 * from those that may not. It keeps 32 bits of a hash at a place that the other 32 tell, so a
 * stranger's word is taken for one of ours once in 2^30 or so.
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
static size_t place(uint64_t hash, size_t room)
{
    return (size_t)((hash >> 32) * room >> 32);
}

static size_t next(size_t i, size_t room)
{
    return i + 1 == room ? 0 : i + 1;
}

/* What stands there: its lower half. */
static uint32_t mark(uint64_t hash)
{
    uint32_t low = (uint32_t)hash;

    return low == 0 ? 1 : low;
}

static bool has(const struct phrases *set, uint64_t hash)
{
    size_t room = set->word_room;

    for (size_t i = place(hash, room); set->words[i] != 0; i = next(i, room))
        if (set->words[i] == mark(hash))
            return true;
    return false;
}

/* While it is not known how many there are: whole hashes, with room for all words of all
 * patterns. */
struct wide {
    uint64_t *words;
    size_t room;
    size_t count;
};

static void put(struct wide *wide, uint64_t hash)
{
    size_t i = place(hash, wide->room);

    while (wide->words[i] != 0 && wide->words[i] != hash)
        i = next(i, wide->room);
    wide->count += wide->words[i] == 0;
    wide->words[i] = hash;
}

static bool is_continuation(char octet)
{
    return ((unsigned char)octet & 0xc0) == 0x80;
}

/* One word of a pattern, "confirm*" or "code"; short stems would let any word through. */
static void put_word(struct wide *wide, const char *word, size_t length)
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
        put(wide, finish(hash, stem));
    if (stem && length > 0)
        put(wide, finish(hash, false));
}

/* Words end at spaces and at "..."; what stands between is put as it is, or only counted. */
static size_t each_word(const char *text, struct wide *wide)
{
    size_t count = 0;

    if (*text == '*')
        text++;
    while (*text != '\0') {
        size_t length = strcspn(text, " .");

        if (length > 0 && wide != NULL)
            put_word(wide, text, length);
        count += length > 0 ? 2 : 0;
        text += length;
        text += *text != '\0';
    }
    return count;
}

/* Room for that many words, and a place that stays empty. */
static size_t room_for(size_t count)
{
    return count + count / 5 + 16;
}

/* Most words stand in many patterns, so the table that could hold them all is far too large. */
static int narrow(struct phrases *set, const struct wide *wide)
{
    size_t room = room_for(wide->count);

    set->words = calloc(room, sizeof(*set->words));
    if (set->words == NULL)
        return ERR_NOMEM;
    set->word_room = room;
    for (size_t i = 0; i < wide->room; i++) {
        size_t at = place(wide->words[i], room);

        if (wide->words[i] == 0)
            continue;
        while (set->words[at] != 0)
            at = next(at, room);
        set->words[at] = mark(wide->words[i]);
    }
    return 0;
}

int phrases_words_build(struct phrases *set)
{
    struct wide wide = {0};
    size_t count = 0;
    int r;

    for (size_t i = 0; i < set->pattern_count; i++)
        count += each_word(set->pool + set->patterns[i].text, NULL);
    wide.room = room_for(count);
    wide.words = calloc(wide.room, sizeof(*wide.words));
    if (wide.words == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < set->pattern_count; i++)
        each_word(set->pool + set->patterns[i].text, &wide);
    r = narrow(set, &wide);
    free(wide.words);
    return r;
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
