/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What text_flat does not understand is read here, from the beginning, and its elements stay.
 *
 * Text passes in one piece up to the next '<'. What begins there is known by its first octets, and
 * goes one of three ways: it is left out, reduced, or followed octet by octet.
 */
#include "text_tags.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "text_flat.h"
#include "text_scan.h"

#define CONTROL_STEP ((size_t)256)
#define LINE "<hr>"  /* in place of the end of a document */
#define CLOSE "\"'>" /* ends a tag in whichever quotation marks it is */

/* --- what is followed octet by octet ------------------------------------------------------ */

static void look_for_comment_end(struct text_tags *tags, const char *from, const char *to)
{
    if (tags->in_comment && text_scan_find(from, to, TEXT_SCAN_COMMENT_END) < to)
        tags->in_comment = false;
}

/* Gives what stands between, where a comment may end. */
static void give(struct text_tags *tags, const char *from, const char *to)
{
    buf_add(tags->out, from, (size_t)(to - from));
    look_for_comment_end(tags, from, to);
}

static void give_text(struct text_tags *tags, const char *from, const char *to)
{
    if (tags->plain) {
        give(tags, from, to);
        return;
    }
    text_scan_give(tags->out, &tags->open_end, from, to, tags->end);
    look_for_comment_end(tags, from, to);
}

/* Drops from p up to behind the next '>'. That of a comment's end, which may have begun in what
 * was given, must not be missed by the parser. */
static const char *drop(struct text_tags *tags, const char *p, const char *end)
{
    const char *close = memchr(p, '>', (size_t)(end - p));

    if (close == NULL)
        return end;
    if (tags->in_comment && close[-1] == '-' && close[-2] == '-') {
        buf_puts(tags->out, TEXT_SCAN_COMMENT_END);
        tags->in_comment = false;
    }
    return close + 1;
}

/* Passes the beginning of a comment; what is inside is followed like anything else. */
static const char *enter_comment(struct text_tags *tags, const char *p, const char *end)
{
    const char *next = p + strlen(TEXT_SCAN_COMMENT);

    give(tags, p, next);
    tags->in_comment = !text_scan_begins(next, end, ">") && !text_scan_begins(next, end, "->");
    return next;
}

/* Passes whatever begins at p; returns where it ends. */
static const char *pass(struct text_tags *tags, const char *p, const char *end)
{
    bool is_short = (size_t)(end - p) <= TEXT_TAGS_MAX;
    const char *next;

    if (text_scan_begins(p, end, TEXT_SCAN_COMMENT))
        return enter_comment(tags, p, end);
    if (!tags->in_comment && text_scan_is_unwanted(p, end)) {
        if (p[1] == '/')
            buf_puts(tags->out, LINE);
        return drop(tags, p, end);
    }
    next = text_scan_follow(p, is_short ? end : p + TEXT_TAGS_MAX);
    give(tags, p, next);
    tags->plain = tags->plain || !text_scan_is_sure(p, next);
    if (is_short || next < p + TEXT_TAGS_MAX)
        return next;
    buf_puts(tags->out, CLOSE);
    return drop(tags, next, end);
}

/* --- what is left out --------------------------------------------------------------------- */

static enum text_element_inside inside_of(const struct text_element *element)
{
    return element != NULL ? element->inside : TEXT_ELEMENT_ANYTHING;
}

/* A tag is not understood: it may hide something, or be one of the above in the parser's eyes. */
static void be_careful(struct text_tags *tags, const char *p, const char *end)
{
    tags->reduce.shows_again = true;
    for (size_t length = 1; length <= TEXT_ELEMENT_NAME_MAX && p + length < end; length++) {
        enum text_element_inside inside = inside_of(text_element_find(p + 1, length));

        if (inside != TEXT_ELEMENT_ANYTHING && inside != TEXT_ELEMENT_JUST_WORDS)
            tags->plain = true;
    }
}

/* Passes the inside of script and style, which hold no tags; returns where their end tags begin. */
static const char *pass_raw(
    struct text_tags *tags, const struct text_reduce_tag *tag, const char *p, const char *end)
{
    const char *close = text_reduce_raw_end(tag, p, end);

    if (close == NULL) {
        tags->plain = true;
        return p;
    }
    if (tags->whole)
        give(tags, p, close);
    else if ((tag->element->flags & TEXT_ELEMENT_STYLE) != 0)
        text_reduce_sheet(&tags->reduce, p, (size_t)(close - p));
    return close;
}

/* Passes words in an element that changes nothing, without its tags; returns what is behind it.
 * NULL, and nothing is passed, if there are tags in it. */
static const char *pass_words(
    struct text_tags *tags, const struct text_reduce_tag *tag, const char *p, const char *end)
{
    const char *close = memchr(p, '<', (size_t)(end - p));
    const char *behind;

    if (close == NULL || (size_t)(end - close) < tag->name_length + 3)
        return NULL;
    behind = close + 2 + tag->name_length;
    if (close[1] != '/' || *behind != '>' ||
        strncasecmp(close + 2, tag->name, tag->name_length) != 0)
        return NULL;
    give_text(tags, p, close);
    return behind + 1;
}

/* What is inside the element whose start tag was passed decides how reading goes on; returns
 * where, if not behind the tag. */
static const char *enter(
    struct text_tags *tags, const struct text_reduce_tag *tag, const char *p, const char *end)
{
    switch (inside_of(tag->element)) {
    case TEXT_ELEMENT_NO_TAGS:
        return pass_raw(tags, tag, p, end);
    case TEXT_ELEMENT_UNSURE:
        tags->plain = tags->plain || !text_reduce_has_no_tags(tag, p, end);
        tags->lines = true;
        return p;
    case TEXT_ELEMENT_LINES:
        tags->lines = true;
        return p;
    case TEXT_ELEMENT_JUST_WORDS:
    case TEXT_ELEMENT_ANYTHING:
    default:
        return p;
    }
}

/* Passes a start tag without what is needless, and what is inside it as far as that holds no
 * tags; returns where reading goes on, NULL if the tag is not understood. */
static const char *reduce(struct text_tags *tags, const char *p, const char *end)
{
    struct text_reduce_tag tag;
    const char *next = NULL;

    if (!text_reduce_read(&tags->reduce, p, end, &tag)) {
        be_careful(tags, p, end);
        return NULL;
    }
    if (!tags->whole && tag.bare && !tag.closed &&
        inside_of(tag.element) == TEXT_ELEMENT_JUST_WORDS)
        next = pass_words(tags, &tag, p + tag.length, end);
    if (next != NULL)
        return next;
    if (tags->whole)
        give(tags, p, p + tag.length);
    else
        text_reduce_write(&tags->reduce, &tag);
    return enter(tags, &tag, p + tag.length, end);
}

/* The end of an end tag as everybody writes it, which needs no more care; NULL for any other. */
static const char *simple_end_tag(const char *p, const char *end)
{
    const char *c = p + 2;

    while (c < end && g_ascii_isalnum(*c))
        c++;
    return c == end || *c != '>' || text_scan_is_unwanted(p, end) ? NULL : c + 1;
}

/* Passes what begins with the '<' at p, or leaves it out; returns where it ends. */
static const char *pass_any(struct text_tags *tags, const char *p, const char *end)
{
    const char *next = NULL;

    if (tags->plain || end - p < 2)
        return pass(tags, p, end);
    if (g_ascii_isalpha(p[1])) {
        next = reduce(tags, p, end);
    } else if (p[1] == '/') {
        next = simple_end_tag(p, end);
        if (next != NULL)
            give(tags, p, next);
    } else if (text_scan_begins(p, end, TEXT_SCAN_COMMENT)) {
        next = text_scan_comment_end(p, end);
        tags->plain = next == NULL;
        if (next != NULL && tags->whole)
            give(tags, p, next);
    }
    return next != NULL ? next : pass(tags, p, end);
}

/* 1 for an octet that libxml2 drops, or that stands for something here. Without branches. */
static inline unsigned char is_control(char octet)
{
    unsigned char c = (unsigned char)octet;

    return (unsigned char)(((c < ' ') & (c != '\t') & (c != '\n') & (c != '\r')) |
                           (octet == TEXT_REDUCE_REFERENCE));
}

/* Whether libxml2 would drop some of the octets: then what it reads is not what stands there. Of
 * so many at a time that the compiler takes sixteen in one step. */
static bool has_control(const char *text, size_t length)
{
    unsigned char found = 0;
    size_t i = 0;

    for (; i + CONTROL_STEP <= length && found == 0; i += CONTROL_STEP)
        for (size_t k = 0; k < CONTROL_STEP; k++)
            found |= is_control(text[i + k]);
    for (; i < length; i++)
        found |= is_control(text[i]);
    return found != 0;
}

/* Whether a character reference stands for the octet that means something here. */
static bool refers_to_mark(const char *p, const char *end)
{
    for (; (p = memchr(p, '&', (size_t)(end - p))) != NULL; p++) {
        const char *digits = p + 1;

        if (digits == end || *digits++ != '#')
            continue;
        while (digits < end && (*digits == '0' || *digits == 'x' || *digits == 'X'))
            digits++;
        if (text_scan_begins(digits, end, "127") || text_scan_begins(digits, end, "7f"))
            return true;
    }
    return false;
}

/* Whether the text is white space that nobody sees, since the tag behind it begins a block. */
static bool is_unseen(const char *text, const char *next, const char *end)
{
    const char *behind;
    size_t length = 0;

    while (text < next && text_scan_is_blank(*text))
        text++;
    if (text < next)
        return false;
    if (next == end || text_scan_begins(next + 1, end, "html") ||
        text_scan_begins(next + 1, end, "body"))
        return false; /* those that come again are no blocks */
    while (next + 1 + length < end && g_ascii_isalnum(next[1 + length]))
        length++;
    /* the parser's name may go on: "<pre.x>" is no block */
    behind = next + 1 + length;
    return behind < end && (text_scan_is_blank(*behind) || *behind == '/' || *behind == '>') &&
           text_element_is_block(next + 1, length);
}

/* Reads what is well written without the elements that say nothing; returns how far that went:
 * to nowhere if it did not go to the end, but for something that stays unfinished there. */
static const char *read_flat(struct text_tags *tags, const char *html, const char *end)
{
    struct text_flat flat;
    size_t before = tags->out->length;
    const char *rest = text_flat_read(&flat, &tags->reduce, &tags->aside, html, end);

    tags->flat = rest == end || text_flat_is_unfinished(&flat, rest, end);
    if (tags->flat)
        return rest;
    buf_cut(tags->out, before);
    buf_cut(&tags->aside, 0);
    text_reduce_free(&tags->reduce);
    text_reduce_init(&tags->reduce, tags->out);
    return html;
}

void text_tags_read(struct text_tags *tags, const char *html, size_t length,
    enum text_tags_extent extent, struct buf *out)
{
    const char *end = html + length;
    const char *p = html;

    tags->out = out;
    tags->end = end;
    tags->in_comment = false;
    tags->lines = false;
    tags->open_end = SIZE_MAX;
    tags->flat = false;
    tags->whole = extent == TEXT_TAGS_WHOLE;
    tags->plain = has_control(html, length) || refers_to_mark(html, end);
    tags->taken = 0;
    buf_init(&tags->aside, SIZE_MAX / 4);
    text_reduce_init(&tags->reduce, out);
    if (extent == TEXT_TAGS_FLAT && !tags->plain)
        p = read_flat(tags, html, end);
    while (p < end) {
        const char *next = text_scan_find(p, end, "<");

        if (tags->whole || tags->plain || tags->lines || !is_unseen(p, next, end))
            give_text(tags, p, next);
        p = next == end ? end : pass_any(tags, next, end);
    }
}

struct text_flat_piece text_tags_take(struct text_tags *tags)
{
    struct text_flat_piece piece = {"", 0};

    if (tags->taken < tags->aside.length / sizeof(piece))
        memcpy(&piece, tags->aside.bytes + tags->taken++ * sizeof(piece), sizeof(piece));
    return piece;
}

void text_tags_free(struct text_tags *tags)
{
    text_reduce_free(&tags->reduce);
    buf_free(&tags->aside);
}
