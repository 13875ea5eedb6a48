/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Packs the pool. Languages have many patterns in common, and one pattern often ends with another
 * ("your password", "password"): sorted by their ends, a text that another one ends with stands
 * right before one of those, and needs no octets of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "phrases_set.h"

struct text {
    uint32_t start; /* in the pool as it was read */
    uint32_t length;
    uint32_t pattern;
};

/* From the last octet to the first; of two the shorter one first where the longer ends with it. */
static int compare_ends(const void *a, const void *b, void *pool)
{
    const struct text *left = a;
    const struct text *right = b;
    const unsigned char *one = (unsigned char *)pool + left->start + left->length;
    const unsigned char *other = (unsigned char *)pool + right->start + right->length;
    uint32_t common = left->length < right->length ? left->length : right->length;

    for (uint32_t i = 0; i < common; i++)
        if (*--one != *--other)
            return *one < *other ? -1 : 1;
    return left->length < right->length ? -1 : left->length > right->length;
}

static bool ends_with(const char *pool, const struct text *whole, const struct text *end)
{
    return whole->length >= end->length && memcmp(pool + whole->start + whole->length - end->length,
                                               pool + end->start, end->length) == 0;
}

/* Backwards, so that the longest of those that end alike comes first. */
static void move_texts(struct phrases *set, const struct text *texts, char *packed)
{
    const struct text *whole = NULL;
    size_t used = 0;

    for (size_t i = set->pattern_count; i-- > 0;) {
        const struct text *text = &texts[i];

        if (whole == NULL || !ends_with(set->pool, whole, text)) {
            memcpy(packed + used, set->pool + text->start, text->length + 1);
            used += text->length + 1;
            whole = text;
        }
        set->patterns[text->pattern].text = (used - 1 - text->length) & 0xffffff;
    }
    free(set->pool);
    set->pool = packed;
    set->pool_length = used;
}

int phrases_pool_pack(struct phrases *set)
{
    struct text *texts = calloc(set->pattern_count + 1, sizeof(*texts));
    char *packed = malloc(set->pool_length + 1);
    char *fitting;

    if (texts == NULL || packed == NULL) {
        free(texts);
        free(packed);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < set->pattern_count; i++) {
        uint32_t start = set->patterns[i].text;

        texts[i] = (struct text){start, (uint32_t)strlen(set->pool + start), (uint32_t)i};
    }
    qsort_r(texts, set->pattern_count, sizeof(*texts), compare_ends, set->pool);
    move_texts(set, texts, packed);
    free(texts);
    fitting = realloc(set->pool, set->pool_length + 1);
    set->pool = fitting != NULL ? fitting : set->pool;
    return 0;
}
