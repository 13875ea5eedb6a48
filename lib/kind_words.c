/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Lists of words that give marks, searched all at once: the words stand sorted by their first
 * octet, and a text is walked over once.
 */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "kind_rules.h"

struct kind_index_word {
    const char *word; /* without stars */
    unsigned mark;
    unsigned short length;
    bool whole; /* begins and ends where tokens do */
};

static int compare(const void *a, const void *b)
{
    return strcmp(
        ((const struct kind_index_word *)a)->word, ((const struct kind_index_word *)b)->word);
}

static struct kind_index_word index_word(struct arena *arena, const char *word, unsigned mark)
{
    size_t length = strlen(word);
    bool whole = length <= 2 || word[0] != '*' || word[length - 1] != '*';
    struct kind_index_word out = {word, mark, (unsigned short)length, whole};

    if (!whole) {
        out.word = arena_strndup(arena, word + 1, length - 2);
        out.length = (unsigned short)(length - 2);
    }
    return out;
}

static void find_borders(struct kind_index *index)
{
    size_t at = 0;

    for (unsigned octet = 0; octet < 256; octet++) {
        index->first[octet] = (unsigned short)at;
        while (at < index->count && (unsigned char)index->words[at].word[0] == octet)
            at++;
    }
    index->first[256] = (unsigned short)at;
}

/* A word begins with so many octets that are looked at together, the first lowest. */
#define OCTETS_SEEN 4
/* Makes upper-case letters of ASCII lower ones, and the same of all words and texts. */
#define EITHER_CASE 0x20202020u
#define THREE_OCTETS 0xffffffu

static void note_beginning(struct kind_index *index, const struct kind_index_word *word)
{
    uint32_t octets = 0;

    index->has_short = index->has_short || word->length < 3;
    if (word->length < 3)
        return;
    for (unsigned i = 0; i < OCTETS_SEEN && i < word->length; i++)
        octets |= (uint32_t)(unsigned char)word->word[i] << 8 * i;
    octets |= EITHER_CASE;
    octets_filter_add(&index->threes, octets & THREE_OCTETS);
    if (word->length >= OCTETS_SEEN)
        octets_filter_add(&index->fours, octets);
    else
        for (uint32_t fourth = 0; fourth <= UINT8_MAX; fourth++)
            octets_filter_add(&index->fours, (octets & THREE_OCTETS) | fourth << 24);
}

int kind_words_index(
    struct arena *arena, const struct kind_words *lists, size_t count, struct kind_index **out)
{
    struct kind_index *index = arena_alloc(arena, sizeof(*index));
    size_t room = 1;

    *out = NULL;
    for (size_t i = 0; i < count; i++)
        room += lists[i].count;
    if (index == NULL || room > KIND_INDEX_MAX)
        return ERR_NOMEM;
    index->words = arena_array(arena, room, sizeof(*index->words));
    if (index->words == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        kind_set_mark(&index->marks, lists[i].mark);
        for (size_t w = 0; w < lists[i].count; w++) {
            struct kind_index_word word = index_word(arena, lists[i].words[w], lists[i].mark);

            if (word.word == NULL)
                return ERR_NOMEM;
            if (word.length == 0)
                continue;
            index->words[index->count++] = word;
            note_beginning(index, &word);
        }
    }
    qsort(index->words, index->count, sizeof(*index->words), compare);
    find_borders(index);
    *out = index;
    return 0;
}

static bool is_token_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static bool all_found(const struct kind_index *index, const struct kind_marks *marks)
{
    for (size_t i = 0; i < KIND_MARKS_MAX / 64; i++)
        if ((index->marks.bits[i] & ~marks->bits[i]) != 0)
            return false;
    return true;
}

/* The words that begin at one place of text. */
static void find_at(
    const struct kind_index *index, const char *text, const char *at, struct kind_marks *marks)
{
    unsigned char octet = (unsigned char)*at;
    bool begins = at == text || !is_token_octet(at[-1]);

    for (size_t i = index->first[octet]; i < index->first[octet + 1]; i++) {
        const struct kind_index_word *word = &index->words[i];

        if ((begins || !word->whole) && strncmp(at, word->word, word->length) == 0 &&
            (!word->whole || !is_token_octet(at[word->length])))
            kind_set_mark(marks, word->mark);
    }
}

static bool may_begin(const struct kind_index *index, const char *at)
{
    uint32_t octets = octets_load_four(at) | EITHER_CASE;

    return octets_filter_may_have(&index->threes, octets & THREE_OCTETS) &&
           octets_filter_may_have(&index->fours, octets);
}

bool kind_words_may_find(const struct kind_index *index, const char *text, size_t length)
{
    if (index->has_short)
        return true;
    for (size_t i = 0; i + 3 <= length; i++)
        if (may_begin(index, text + i))
            return true;
    return false;
}

void kind_words_find(const struct kind_index *index, const char *text, struct kind_marks *marks)
{
    size_t length = strlen(text);

    if (all_found(index, marks))
        return;
    for (size_t i = 0; i < length; i++)
        if (index->has_short || (i + 3 <= length && may_begin(index, text + i)))
            find_at(index, text, text + i, marks);
}
