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

#define COMMENT_END "-->"
#define LINE "<hr>"  /* in place of the end of a document */
#define CLOSE "\"'>" /* ends a tag in whichever quotation marks it is */

void text_tags_init(struct text_tags *tags, void (*give)(void *, const char *, size_t), void *data)
{
    memset(tags, 0, sizeof(*tags));
    tags->give = give;
    tags->data = data;
    buf_init(&tags->held, SIZE_MAX / 4);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void give(struct text_tags *tags, const char *from, const char *to)
{
    if (to > from)
        tags->give(tags->data, from, (size_t)(to - from));
}

static void give_string(struct text_tags *tags, const char *string)
{
    tags->give(tags->data, string, strlen(string));
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

/* How many dashes at the end may go on to be "-->". */
static size_t open_dashes(const char *bytes, size_t length)
{
    size_t dashes = 0;

    while (dashes < 2 && dashes < length && bytes[length - 1 - dashes] == '-')
        dashes++;
    return dashes;
}

/* Counts the dashes that what is dropped ends with so far. */
static void count_dashes(struct text_tags *tags, const char *p, const char *end)
{
    size_t dashes = 0;

    while (end - dashes > p && end[-1 - (ptrdiff_t)dashes] == '-')
        dashes++;
    tags->dashes = end - dashes == p ? tags->dashes + dashes : dashes;
}

/* Drops up to behind the next '>'. That of a comment's end must not be missed by the parser. */
static const char *drop(struct text_tags *tags, const char *p, const char *end)
{
    const char *close = memchr(p, '>', (size_t)(end - p));

    count_dashes(tags, p, close == NULL ? end : close);
    if (close == NULL)
        return end;
    if (tags->in_comment && tags->dashes >= 2) {
        give_string(tags, COMMENT_END);
        tags->in_comment = false;
    }
    tags->dashes = 0;
    tags->dropping = false;
    tags->in_tag = false;
    return close + 1;
}

/* Takes a value up to its closing mark or as far as the tag may grow; returns where it stopped. */
static const char *follow_value(struct text_tags *tags, const char *p, const char *end)
{
    size_t room = TEXT_TAGS_MAX + 1 - tags->length;
    size_t length = (size_t)(end - p) < room ? (size_t)(end - p) : room;
    const char *close = memchr(p, tags->quote, length);

    if (close != NULL) {
        tags->quote = '\0';
        length = (size_t)(close + 1 - p);
    }
    tags->length += length;
    for (const char *last = p + length; last > p; last--)
        if (!is_blank(last[-1])) {
            tags->before = last[-1];
            break;
        }
    return p + length;
}

/* Follows a tag from p to behind its '>', or to where it has grown too long, or to the end. */
static const char *follow(struct text_tags *tags, const char *begin, const char *p, const char *end)
{
    while (p < end && tags->length <= TEXT_TAGS_MAX) {
        if (tags->quote != '\0') {
            p = follow_value(tags, p, end);
            continue;
        }
        tags->length++;
        if (*p == '>') {
            tags->in_tag = false;
            if (p - begin >= 2 && p[-1] == '-' && p[-2] == '-')
                tags->in_comment = false;
            return p + 1;
        }
        if ((*p == '"' || *p == '\'') && tags->before == '=' && !tags->is_comment)
            tags->quote = *p;
        if (!is_blank(*p))
            tags->before = *p;
        p++;
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
    tags->before = '<';
    tags->length = 0;
    return tags->dropping ? next : next + 1;
}

/* A tag whose end has not come is looked at again when more is there. */
static const char *put_back(struct text_tags *tags, const char *tag, bool was_comment)
{
    tags->in_tag = false;
    tags->in_comment = was_comment;
    return tag;
}

/* Hands over what is complete; returns where the rest begins. */
static const char *pass(struct text_tags *tags, const char *bytes, const char *end, bool last)
{
    const char *from = bytes;
    const char *p = bytes;
    const char *tag = bytes;
    bool was_comment = false;

    while (p < end) {
        if (tags->dropping) {
            give(tags, from, p);
            if (begins(p, end, "</"))
                give_string(tags, LINE);
            p = from = drop(tags, p, end);
        } else if (tags->in_tag) {
            p = follow(tags, bytes, p, end);
            if (tags->in_tag && tags->length > TEXT_TAGS_MAX) {
                give(tags, from, p);
                give_string(tags, CLOSE);
                tags->dropping = true;
                from = p;
            }
        } else {
            was_comment = tags->in_comment;
            p = find_tag(tags, p, end);
            tag = p - tags->in_tag;
        }
    }
    if (tags->in_tag && !tags->dropping && !last)
        end = put_back(tags, tag, was_comment);
    give(tags, from, end);
    return end;
}

void text_tags_feed(struct text_tags *tags, const char *bytes, size_t length)
{
    bool held = tags->held.length > 0;
    const char *rest;
    size_t left;

    if (held) {
        buf_add(&tags->held, bytes, length);
        bytes = buf_text(&tags->held);
        length = tags->held.length;
    }
    rest = pass(tags, bytes, bytes + length - open_dashes(bytes, length), false);
    left = (size_t)(bytes + length - rest);
    if (held) {
        memmove(tags->held.bytes, rest, left);
        buf_cut(&tags->held, left);
    } else {
        buf_add(&tags->held, rest, left);
    }
}

int text_tags_end(struct text_tags *tags)
{
    int result = buf_failed(&tags->held) != 0 ? ERR_NOMEM : 0;

    if (result == 0)
        pass(tags, buf_text(&tags->held), buf_text(&tags->held) + tags->held.length, true);
    buf_free(&tags->held);
    return result;
}
