/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What a character is to the matcher.
 */
#include <string.h>

#include "fold.h"
#include "phrases_set.h"

/* Scripts that write articles, prepositions and "and" together with the word: Hebrew, Arabic
 * and their presentation forms. */
static bool is_joined(uint32_t character)
{
    return (character >= 0x0590 && character <= 0x077f) ||
           (character >= 0x08a0 && character <= 0x08ff) ||
           (character >= 0xfb1d && character <= 0xfdff) ||
           (character >= 0xfe70 && character <= 0xfeff);
}

static enum character_class classify(uint32_t character)
{
    if (fold_is_unspaced(character))
        return CLASS_UNSPACED;
    if (!fold_is_word(character))
        return CLASS_NONE;
    return is_joined(character) ? CLASS_JOINED : CLASS_WORD;
}

void phrases_class_fill(struct phrases_classes *classes)
{
    memset(classes, 0, sizeof(*classes));
    for (uint32_t character = 0; character < 0x10000; character++)
        classes->quarters[character / 4] |=
            (uint8_t)((unsigned)classify(character) << character % 4 * 2);
    for (uint32_t character = 0; character < 0x80; character++)
        classes->ascii[character] = (uint8_t)classify(character);
}

/* Decodes what is no ASCII; an octet that begins nothing counts as one character of no class. */
static uint32_t decode(const unsigned char *at, const unsigned char *end, size_t *length)
{
    size_t need = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 1;
    uint32_t character = need == 4 ? at[0] & 0x07u : need == 3 ? at[0] & 0x0fu : at[0] & 0x1fu;

    *length = 1;
    if (need == 1 || (size_t)(end - at) < need || at[0] > 0xf4)
        return 0xfffd;
    for (size_t i = 1; i < need; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0xfffd;
        character = character << 6 | (at[i] & 0x3fu);
    }
    *length = need;
    return character;
}

struct phrases_character phrases_class_decode(
    const struct phrases_classes *classes, const char *at, const char *end)
{
    struct phrases_character out;
    uint32_t character = decode((const unsigned char *)at, (const unsigned char *)end, &out.length);
    unsigned class;

    if (character < 0x10000)
        class = (unsigned)classes->quarters[character / 4] >> character % 4 * 2 & 3;
    else
        class = classify(character);
    out.class = (enum character_class) class;
    return out;
}
