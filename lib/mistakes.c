/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "mistakes.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "paint.h"

#define LINE_MAX_OCTETS 1000

/* "file:line: key: " as far as the parts are there; returns its length. */
static size_t write_place(char *out, size_t room, const char *file, int line, const char *key)
{
    int length =
        line > 0 ? snprintf(out, room, "%s:%d: ", file, line) : snprintf(out, room, "%s: ", file);

    if (key != NULL && length >= 0 && (size_t)length < room)
        length += snprintf(out + length, room - (size_t)length, "%s: ", key);
    if (length < 0)
        return 0;
    return (size_t)length < room ? (size_t)length : room - 1;
}

void mistakes_add(
    struct mistakes *mistakes, const char *file, int line, const char *key, const char *format, ...)
{
    char text[LINE_MAX_OCTETS];
    size_t length = write_place(text, sizeof(text), file, line, key);
    va_list args;

    va_start(args, format);
    vsnprintf(text + length, sizeof(text) - length, format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    if (mistakes->count < MISTAKES_MAX)
        mistakes->lines[mistakes->count] = strdup(text);
    mistakes->count++;
}

void mistakes_print(const struct mistakes *mistakes, FILE *out)
{
    for (size_t i = 0; i < mistakes->count && i < MISTAKES_MAX; i++) {
        const char *line = mistakes->lines[i] != NULL ? mistakes->lines[i] : err_text(ERR_NOMEM);
        int place = (int)strcspn(line, " ");

        fprintf(out, "%s%.*s%s%s\n", paint_on(out, PAINT_BAD), place, line, paint_off(out),
            line + place);
    }
    if (mistakes->count > MISTAKES_MAX)
        fprintf(out, "and more mistakes: %zu\n", mistakes->count - MISTAKES_MAX);
}

void mistakes_clear(struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count && i < MISTAKES_MAX; i++)
        free(mistakes->lines[i]);
    *mistakes = (struct mistakes){0};
}
