/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * paint - see paint.h. The sequences are those of ECMA-48 (SGR), which all terminals know; TERM
 * tells of those that know none.
 */
#include "paint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const codes[] = {
    [PAINT_BOLD] = "\x1b[1m",
    [PAINT_GOOD] = "\x1b[32m",
    [PAINT_CARE] = "\x1b[33m",
    [PAINT_BAD] = "\x1b[31m",
};

bool paint_wanted(int fd)
{
    const char *unwanted = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    int saved = errno;
    bool wanted = (unwanted == NULL || *unwanted == '\0') && terminal != NULL &&
                  strcmp(terminal, "dumb") != 0 && isatty(fd) == 1;

    errno = saved; /* isatty says there that it is none */
    return wanted;
}

const char *paint_on(FILE *out, enum paint paint)
{
    return paint_wanted(fileno(out)) ? codes[paint] : "";
}

const char *paint_off(FILE *out)
{
    return paint_wanted(fileno(out)) ? PAINT_END : "";
}

const char *paint_code(enum paint paint)
{
    return codes[paint];
}
