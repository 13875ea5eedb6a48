/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * line - see line.h for what is promised.
 */
#include "line.h"

#include <string.h>

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

bool line_is_one(const char *text, size_t most)
{
    if (text == NULL || strnlen(text, most + 1) > most)
        return false;
    for (; *text != '\0'; text++)
        if (is_control(*text))
            return false;
    return true;
}

bool line_is_field(const char *text, size_t most)
{
    size_t column = 0;

    if (text == NULL || strnlen(text, most + 1) > most)
        return false;
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            text++;
            if ((*text != ' ' && *text != '\t') || text[1] == '\0' || text[1] == '\n')
                return false;
            column = 0;
        } else if (is_control(*text) && *text != '\t') {
            return false;
        }
        if (++column > LINE_FIELD_MAX)
            return false;
    }
    return true;
}
