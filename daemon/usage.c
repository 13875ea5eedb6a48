/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * usage - see usage.h.
 */
#include "usage.h"

#include <ctype.h>
#include <string.h>
#include <sysexits.h>

#include "paint.h"

/* Octets of the heading that a line begins with: a word and its colon. 0: there is none. */
static size_t heading(const char *line)
{
    size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz ");

    return isalpha((unsigned char)line[0]) && line[length] == ':' ? length + 1 : 0;
}

int usage_print(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t line = strcspn(text, "\n");
        size_t bold = heading(text);

        if (bold > 0)
            fprintf(out, "%s%.*s%s", paint_on(out, PAINT_BOLD), (int)bold, text, paint_off(out));
        fprintf(out, "%.*s\n", (int)(line - bold), text + bold);
        text += line + (text[line] == '\n');
    }
    return out == stdout ? EX_OK : EX_USAGE;
}

int usage_wrong(const char *command, const char *what, const char *text)
{
    fprintf(stderr, "goneaway %s: %s\n", command, what);
    return usage_print(stderr, text);
}
