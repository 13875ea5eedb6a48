/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "cfws.h"

#include <stddef.h>

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

/* Moves behind the line end of a fold, which must have white space behind it. */
static bool skip_fold(const char **at, const char *end)
{
    const char *p = *at;

    if (*p == '\r')
        p++;
    if (end - p < 2 || p[0] != '\n' || !is_wsp(p[1]))
        return false;
    *at = p + 1;
    return true;
}

/* Moves behind a comment that begins at *at, with those inside it. */
static bool skip_comment(const char **at, const char *end)
{
    const char *p = *at;
    size_t depth = 0;

    do {
        if (p == end || *p == '\0')
            return false;
        if (*p == '\r' || *p == '\n') {
            if (!skip_fold(&p, end))
                return false;
            continue;
        }
        if (*p == '\\') {
            p++;
            if (p == end || *p == '\0' || *p == '\r' || *p == '\n')
                return false;
        } else if (*p == '(') {
            depth++;
        } else if (*p == ')') {
            depth--;
        }
        p++;
    } while (depth > 0);
    *at = p;
    return true;
}

bool cfws_skip(const char **at, const char *end)
{
    while (*at < end) {
        if (is_wsp(**at)) {
            (*at)++;
        } else if (**at == '(') {
            if (!skip_comment(at, end))
                return false;
        } else if (**at == '\r' || **at == '\n') {
            if (!skip_fold(at, end))
                return false;
        } else {
            break;
        }
    }
    return true;
}
