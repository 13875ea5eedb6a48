/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The grammar of a pattern (doc/phrases.md):
 *
 *     pattern = [ "*" ] part *( " ... " part )
 *     part    = word *( " " word )
 *     word    = letters [ "*" ]
 */
#include <string.h>

#include "phrases_set.h"

static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            count++;
    return count;
}

bool phrases_pattern_part(const char *folded, size_t part, const char **start, size_t *length)
{
    const char *at = folded[0] == '*' ? folded + 1 : folded;
    const char *end = strstr(at, "...");

    for (; part > 0; part--) {
        if (end == NULL)
            return false;
        at = end + 3;
        end = strstr(at, "...");
    }
    if (end == NULL)
        end = at + strlen(at);
    while (at < end && *at == ' ')
        at++;
    while (at < end && end[-1] == ' ')
        end--;
    *start = at;
    *length = (size_t)(end - at);
    return true;
}

static size_t octets_before_star(const char *part, size_t length)
{
    const char *star = memchr(part, '*', length);

    return star == NULL ? length : (size_t)(star - part);
}

static const char *part_wrong(const char *part, size_t length)
{
    if (length == 0)
        return "needs words before and behind each \"...\"";
    if (length > PART_OCTETS_MAX)
        return "is too long";
    for (size_t i = 0; i < length; i++) {
        if (part[i] != '*')
            continue;
        if (i == 0 || part[i - 1] == ' ')
            return "'*' may stand alone nowhere, and before a word only at the very beginning";
        if (i + 1 < length && part[i + 1] != ' ')
            return "'*' may only end a word, or begin the pattern";
    }
    return NULL;
}

const char *phrases_pattern_wrong(const char *folded)
{
    size_t characters = count_characters(folded, strlen(folded));
    const char *part;
    size_t length;
    size_t parts;

    if (characters < PATTERN_CHARACTERS_MIN || characters > PATTERN_CHARACTERS_MAX)
        return "must have 2 to 80 characters";
    for (parts = 0; phrases_pattern_part(folded, parts, &part, &length); parts++) {
        const char *wrong = part_wrong(part, length);

        if (wrong != NULL)
            return wrong;
        if (length == 1)
            return "has a part of a single letter";
        if (parts == 0 && folded[0] == '*' && octets_before_star(part, length) < 3)
            return "is too short for a leading '*': it would match inside any word";
    }
    return parts > PATTERN_PARTS_MAX ? "has more than six parts" : NULL;
}
