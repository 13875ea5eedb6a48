/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Text passes in one piece up to the next '<', tags octet by octet.
 */
#include "text_tags.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "err.h"

#define LINE "<hr>" /* in place of the end of a document */
#define LONGEST_OPENING ((size_t)6)
#define CLOSE "\"'>" /* ends a tag in whichever quotation marks it is */

void text_tags_init(struct text_tags *tags, void (*give)(void *, const char *, size_t), void *data)
{
    memset(tags, 0, sizeof(*tags));
    tags->give = give;
    tags->data = data;
    buf_init(&tags->held, SIZE_MAX / 4);
}

static void give(struct text_tags *tags, const char *from, const char *to)
{
    if (to > from)
        tags->give(tags->data, from, (size_t)(to - from));
}

static bool begins(const char *p, const char *end, const char *what)
{
    size_t length = strlen(what);

    return (size_t)(end - p) >= length && strncasecmp(p, what, length) == 0;
}

/* What libxml2 must not see: "<![if !mso]>", which it takes for text, and the end of a document,
 * behind which it reads nothing. */
static bool is_unwanted(const char *p, const char *end)
{
    return begins(p, end, "<![") || begins(p, end, "</html") || begins(p, end, "</body");
}

/* How many octets at the end may go on to be one of the openings that find_tag knows, or "-->". */
static size_t open_end(const struct text_tags *tags, const char *bytes, size_t length)
{
    size_t dashes = 0;

    for (size_t size = 1; size <= LONGEST_OPENING && size <= length; size++) {
        char c = bytes[length - size];

        if (c == '<')
            return size;
        if (c == '>')
            break;
    }
    while (tags->in_comment && dashes < 2 && dashes < length && bytes[length - 1 - dashes] == '-')
        dashes++;
    return dashes;
}

/* Drops up to behind the next '>'. That of a comment's end must not be missed by the parser. */
static const char *drop(struct text_tags *tags, const char *p, const char *end)
{
    const char *close = memchr(p, '>', (size_t)(end - p));

    if (close == NULL)
        return end;
    if (close - p >= 2 && close[-1] == '-' && close[-2] == '-')
        give(tags, close - 2, close + 1);
    tags->dropping = false;
    tags->in_tag = false;
    return close + 1;
}

/* Follows a tag from p to behind its '>', or to where it has grown too long, or to the end. */
static const char *follow(struct text_tags *tags, const char *begin, const char *p, const char *end)
{
    for (; p < end && tags->length <= TEXT_TAGS_MAX; p++) {
        tags->length++;
        if (tags->quote != '\0') {
            if (*p == tags->quote)
                tags->quote = '\0';
        } else if (*p == '>') {
            tags->in_tag = false;
            if (p - begin >= 2 && p[-1] == '-' && p[-2] == '-')
                tags->in_comment = false;
            return p + 1;
        } else if ((*p == '"' || *p == '\'') && !tags->is_comment) {
            tags->quote = *p;
        }
    }
    return p;
}

/* Passes text up to the next '<' and looks what it begins. Returns where reading goes on. */
static const char *find_tag(struct text_tags *tags, const char *p, const char *end)
{
    const char *next = memchr(p, '<', (size_t)(end - p));

    if (next == NULL)
        next = end;
    if (tags->in_comment && memmem(p, (size_t)(next - p), "-->", 3) != NULL)
        tags->in_comment = false;
    if (next == end)
        return end;
    tags->dropping = !tags->in_comment && is_unwanted(next, end);
    tags->in_tag = true;
    tags->is_comment = begins(next, end, "<!--");
    tags->in_comment = tags->in_comment || tags->is_comment;
    tags->quote = '\0';
    tags->length = 0;
    return tags->dropping ? next : next + 1;
}

static void pass(struct text_tags *tags, const char *bytes, const char *end)
{
    const char *from = bytes;
    const char *p = bytes;

    while (p < end) {
        if (tags->dropping) {
            give(tags, from, p);
            if (begins(p, end, "</"))
                give(tags, LINE, &LINE[sizeof(LINE) - 1]);
            p = from = drop(tags, p, end);
        } else if (tags->in_tag) {
            p = follow(tags, bytes, p, end);
            if (tags->in_tag && tags->length > TEXT_TAGS_MAX) {
                give(tags, from, p);
                give(tags, CLOSE, &CLOSE[sizeof(CLOSE) - 1]);
                tags->dropping = true;
                from = p;
            }
        } else {
            p = find_tag(tags, p, end);
        }
    }
    give(tags, from, end);
}

void text_tags_feed(struct text_tags *tags, const char *bytes, size_t length)
{
    size_t open;

    if (tags->held.length > 0) {
        buf_add(&tags->held, bytes, length);
        bytes = buf_text(&tags->held);
        length = tags->held.length;
    }
    open = open_end(tags, bytes, length);
    pass(tags, bytes, bytes + length - open);
    if (tags->held.length > 0) {
        memmove(tags->held.bytes, tags->held.bytes + length - open, open);
        buf_cut(&tags->held, open);
    } else {
        buf_add(&tags->held, bytes + length - open, open);
    }
}

int text_tags_end(struct text_tags *tags)
{
    int result = buf_failed(&tags->held) != 0 ? ERR_NOMEM : 0;

    pass(tags, buf_text(&tags->held), buf_text(&tags->held) + tags->held.length);
    buf_free(&tags->held);
    return result;
}
