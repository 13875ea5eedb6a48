/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "dkim_tags.h"

#include <string.h>
#include <strings.h>

/* A stretch of the value. */
struct span {
    const char *start;
    size_t length;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trimmed(struct span span)
{
    while (span.length > 0 && is_space(span.start[0])) {
        span.start++;
        span.length--;
    }
    while (span.length > 0 && is_space(span.start[span.length - 1]))
        span.length--;
    return span;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static bool is_name(struct span name)
{
    if (name.length == 0 || !is_letter(name.start[0]))
        return false;
    for (size_t i = 1; i < name.length; i++)
        if (!is_letter(name.start[i]) && name.start[i] != '_' &&
            (name.start[i] < '0' || name.start[i] > '9'))
            return false;
    return true;
}

static bool is_value(struct span value)
{
    for (size_t i = 0; i < value.length; i++)
        if (!is_space(value.start[i]) && (value.start[i] < '!' || value.start[i] > '~'))
            return false;
    return true;
}

static bool same(struct span one, struct span other)
{
    return one.length == other.length && strncasecmp(one.start, other.start, one.length) == 0;
}

/* Two hexadecimal digits behind each "=", white space aside. */
static bool is_quoted_printable(struct span value)
{
    unsigned wanted = 0;

    for (size_t i = 0; i < value.length; i++) {
        if (is_space(value.start[i]))
            continue;
        if (wanted > 0 && !is_hex(value.start[i]))
            return false;
        if (wanted > 0)
            wanted--;
        else if (value.start[i] == '=')
            wanted = 2;
    }
    return wanted == 0;
}

/* Reads name=value; false where that is not what stands there. */
static bool read_tag(struct span text, struct span *name)
{
    static const struct span identity = {"i", 1};
    const char *equals = memchr(text.start, '=', text.length);
    struct span value;

    if (equals == NULL)
        return false;
    *name = trimmed((struct span){text.start, (size_t)(equals - text.start)});
    value = (struct span){equals + 1, text.length - (size_t)(equals - text.start) - 1};
    return is_name(*name) && is_value(value) &&
           (!same(*name, identity) || is_quoted_printable(value));
}

bool dkim_tags_are_valid(const char *value, size_t length)
{
    struct span names[DKIM_TAGS_MAX], rest = {value, length};
    size_t count = 0;

    while (rest.length > 0) {
        const char *end = memchr(rest.start, ';', rest.length);
        struct span tag = {rest.start, end == NULL ? rest.length : (size_t)(end - rest.start)};

        rest.start += tag.length + (end != NULL ? 1 : 0);
        rest.length -= tag.length + (end != NULL ? 1 : 0);
        /* only behind the last semicolon may nothing stand */
        if (rest.length == 0 && end == NULL && trimmed(tag).length == 0 && count > 0)
            return true;
        if (count == DKIM_TAGS_MAX || !read_tag(tag, &names[count]))
            return false;
        for (size_t i = 0; i < count; i++)
            if (same(names[i], names[count]))
                return false;
        count++;
    }
    return count > 0;
}
