/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "catalogue_name.h"

#include "fold.h"

#include <glib.h>
#include <string.h>

char *catalogue_name_words(struct arena *arena, const char *text)
{
    size_t length;
    char *words = fold_text(arena, text, strlen(text), CATALOGUE_NAME_LIMIT, &length);
    char *to = words;

    if (words == NULL)
        return NULL;
    for (const char *p = words, *next; *p != '\0'; p = next) {
        next = g_utf8_next_char(p);
        if (fold_is_word(g_utf8_get_char(p))) {
            memmove(to, p, (size_t)(next - p));
            to += next - p;
        } else if (to > words && to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    if (to > words && to[-1] == ' ')
        to--;
    *to = '\0';
    return words;
}

char *catalogue_name_joined(struct arena *arena, const char *words)
{
    char *joined = arena_strdup(arena, words), *to = joined;

    if (joined == NULL)
        return NULL;
    for (const char *p = words; *p != '\0'; p++)
        if (*p != ' ')
            *to++ = *p;
    *to = '\0';
    return joined;
}

bool catalogue_name_is_telling(const char *words)
{
    unsigned letters = 0;

    for (const char *p = words; *p != '\0'; p = g_utf8_next_char(p))
        letters += g_unichar_isalpha(g_utf8_get_char(p)) ? 1 : 0;
    return letters >= CATALOGUE_NAME_LETTERS;
}
