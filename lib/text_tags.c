/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Text passes in one piece up to the next '<'. What begins there is known by its first octets, and
 * goes one of three ways: it is left out, reduced, or followed octet by octet.
 */
#include "text_tags.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "text_element.h"

#define COMMENT "<!--"
#define COMMENT_END "-->"
#define LINE "<hr>"  /* in place of the end of a document */
#define CLOSE "\"'>" /* ends a tag in whichever quotation marks it is */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* what is in lower case. */
static bool begins(const char *p, const char *end, const char *what)
{
    for (; *what != '\0'; what++, p++)
        if (p == end || lower(*p) != *what)
            return false;
    return true;
}

/* The first place from p on where `what` stands, `end` if it does not. */
static const char *find(const char *p, const char *end, const char *what)
{
    size_t length = strlen(what);
    const char *found = length == 1 ? memchr(p, *what, (size_t)(end - p))
                                    : memmem(p, (size_t)(end - p), what, length);

    return found == NULL ? end : found;
}

/* --- what is followed octet by octet ------------------------------------------------------ */

/* What libxml2 must not see: "<![if !mso]>", which it takes for text, and the end of a document,
 * behind which it reads nothing. */
static bool is_unwanted(const char *p, const char *end)
{
    if (end - p < 3)
        return false;
    return p[1] == '/' ? begins(p + 2, end, "html") || begins(p + 2, end, "body")
                       : p[1] == '!' && p[2] == '[';
}

/* Gives what stands between, where a comment may end. */
static void give(struct text_tags *tags, const char *from, const char *to)
{
    buf_add(tags->out, from, (size_t)(to - from));
    if (tags->in_comment && find(from, to, COMMENT_END) < to)
        tags->in_comment = false;
}

/* Drops from p up to behind the next '>'. That of a comment's end, which may have begun in what
 * was given, must not be missed by the parser. */
static const char *drop(struct text_tags *tags, const char *p, const char *end)
{
    const char *close = memchr(p, '>', (size_t)(end - p));

    if (close == NULL)
        return end;
    if (tags->in_comment && close[-1] == '-' && close[-2] == '-') {
        buf_puts(tags->out, COMMENT_END);
        tags->in_comment = false;
    }
    return close + 1;
}

/* Where the tag at p ends, behind its '>': `end` if it does not. */
static const char *follow(const char *p, const char *end)
{
    char before = *p++;
    char quote = '\0';

    for (; p < end; p++) {
        if (quote == '\0' && *p == '>')
            return p + 1;
        if (quote == '\0' && before == '=' && (*p == '"' || *p == '\''))
            quote = *p;
        else if (*p == quote)
            quote = '\0';
        if (!is_blank(*p))
            before = *p;
    }
    return end;
}

/* Passes the beginning of a comment; what is inside is followed like anything else. */
static const char *enter_comment(struct text_tags *tags, const char *p, const char *end)
{
    const char *next = p + strlen(COMMENT);

    give(tags, p, next);
    tags->in_comment = !begins(next, end, ">") && !begins(next, end, "->");
    return next;
}

/* Whether the parser, too, sees the end of this where `follow` does: it is the first '>', no
 * other '<' comes before, and no quotation marks are around it; those of a document type are never
 * odd in number. */
static bool is_sure(const char *p, const char *end)
{
    size_t marks = 0;

    if (memchr(p, '>', (size_t)(end - 1 - p)) != NULL ||
        memchr(p + 1, '<', (size_t)(end - 1 - p)) != NULL)
        return false;
    for (const char *c = p; c < end; c++)
        marks += *c == '"' || *c == '\'';
    return marks == 0 || (marks % 2 == 0 && (begins(p, end, "<!doctype") || p[1] == '?'));
}

/* Passes whatever begins at p; returns where it ends. */
static const char *pass(struct text_tags *tags, const char *p, const char *end)
{
    bool is_short = (size_t)(end - p) <= TEXT_TAGS_MAX;
    const char *next;

    if (begins(p, end, COMMENT))
        return enter_comment(tags, p, end);
    if (!tags->in_comment && is_unwanted(p, end)) {
        if (p[1] == '/')
            buf_puts(tags->out, LINE);
        return drop(tags, p, end);
    }
    next = follow(p, is_short ? end : p + TEXT_TAGS_MAX);
    give(tags, p, next);
    tags->plain = tags->plain || !is_sure(p, next);
    if (is_short || next < p + TEXT_TAGS_MAX)
        return next;
    buf_puts(tags->out, CLOSE);
    return drop(tags, next, end);
}

/* --- what is left out --------------------------------------------------------------------- */

/* Where the comment at p ends; NULL where versions of libxml2 and browsers differ in it. */
static const char *comment_end(const char *p, const char *end)
{
    const char *close = find(p + 2, end, COMMENT_END);

    if (close == end || close < p + strlen(COMMENT) || find(p, close, "--!>") < close)
        return NULL;
    return close + strlen(COMMENT_END);
}

/* The "</name" from p on, if its name goes no further; NULL if there is none, or an odd one. */
static const char *find_end_tag(const char *p, const char *end, const struct text_reduce_tag *tag)
{
    for (; (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++) {
        const char *behind = p + 2 + tag->name_length;

        if (behind >= end)
            return NULL;
        if (p[1] == '/' && strncasecmp(p + 2, tag->name, tag->name_length) == 0)
            return is_blank(*behind) || *behind == '>' ? p : NULL;
    }
    return NULL;
}

/* What is inside an element, as far as it matters here. */
enum inside {
    ANYTHING,
    NO_TAGS,   /* to whoever reads it */
    UNSURE,    /* some versions of libxml2 see tags, and others do not */
    LINES,     /* white space is more than that */
    JUST_WORDS /* if there are no tags, the element changes nothing */
};

static const struct special {
    const char *name;
    size_t length;
    enum inside inside;
} specials[] = {
    /* the shorter first */
    {"b", 1, JUST_WORDS},
    {"i", 1, JUST_WORDS},
    {"u", 1, JUST_WORDS},
    {"em", 2, JUST_WORDS},
    {"pre", 3, LINES},
    {"xmp", 3, UNSURE},
    {"font", 4, JUST_WORDS},
    {"span", 4, JUST_WORDS},
    {"style", 5, NO_TAGS},
    {"title", 5, UNSURE},
    {"iframe", 6, UNSURE},
    {"script", 6, NO_TAGS},
    {"strong", 6, JUST_WORDS},
    {"listing", 7, LINES},
    {"noembed", 7, UNSURE},
    {"noframes", 8, UNSURE},
    {"noscript", 8, UNSURE},
    {"textarea", 8, UNSURE},
    {"plaintext", 9, UNSURE},
};

static enum inside inside_of(const struct text_reduce_tag *tag)
{
    for (size_t i = 0; i < G_N_ELEMENTS(specials) && specials[i].length <= tag->name_length; i++)
        if (specials[i].length == tag->name_length && specials[i].name[0] == lower(*tag->name) &&
            strncasecmp(specials[i].name, tag->name, tag->name_length) == 0)
            return specials[i].inside;
    return ANYTHING;
}

/* A tag is not understood: it may hide something, or be one of the above in the parser's eyes. */
static void be_careful(struct text_tags *tags, const char *p, const char *end)
{
    tags->reduce.shows_again = true;
    for (size_t i = 0; i < G_N_ELEMENTS(specials); i++)
        tags->plain = tags->plain ||
                      (specials[i].inside != JUST_WORDS && begins(p + 1, end, specials[i].name));
}

/* Passes the inside of script and style, which hold no tags; returns where their end tags begin.
 * A script with a comment in it may go on behind the end tag. */
static const char *pass_raw(
    struct text_tags *tags, const struct text_reduce_tag *tag, const char *p, const char *end)
{
    const char *close = tag->closed ? NULL : find_end_tag(p, end, tag);
    bool is_style = tag->name_length == strlen("style");

    if (close == NULL || (!is_style && find(p, close, COMMENT) < close)) {
        tags->plain = true;
        return p;
    }
    if (tags->whole)
        give(tags, p, close);
    else if (is_style)
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
    give(tags, p, close);
    return behind + 1;
}

/* What is inside the element whose start tag was passed decides how reading goes on; returns
 * where, if not behind the tag. */
static const char *enter(
    struct text_tags *tags, const struct text_reduce_tag *tag, const char *p, const char *end)
{
    const char *next;

    switch (inside_of(tag)) {
    case NO_TAGS:
        return pass_raw(tags, tag, p, end);
    case UNSURE:
        next = find(p, end, "<");
        tags->plain = tags->plain || tag->closed || find_end_tag(next, end, tag) != next;
        tags->lines = true;
        return p;
    case LINES:
        tags->lines = true;
        return p;
    case JUST_WORDS:
    case ANYTHING:
    default:
        return p;
    }
}

/* Passes a start tag without what is needless, and what is inside it as far as that holds no
 * tags; returns where reading goes on, NULL if the tag is not understood. */
static const char *reduce(struct text_tags *tags, const char *p, const char *end)
{
    struct text_reduce_tag tag;
    size_t before = tags->out->length;
    const char *next = NULL;

    if (!text_reduce_tag(&tags->reduce, p, end, &tag)) {
        be_careful(tags, p, end);
        return NULL;
    }
    if (tags->whole) {
        buf_cut(tags->out, before);
        give(tags, p, p + tag.length);
    } else if (tag.bare && inside_of(&tag) == JUST_WORDS) {
        buf_cut(tags->out, before);
        next = pass_words(tags, &tag, p + tag.length, end);
        if (next == NULL) {
            give(tags, p, tag.name + tag.name_length);
            buf_putc(tags->out, '>');
        }
    }
    return next != NULL ? next : enter(tags, &tag, p + tag.length, end);
}

/* The end of an end tag as everybody writes it, which needs no more care; NULL for any other. */
static const char *simple_end_tag(const char *p, const char *end)
{
    const char *c = p + 2;

    while (c < end && g_ascii_isalnum(*c))
        c++;
    return c == end || *c != '>' || is_unwanted(p, end) ? NULL : c + 1;
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
    } else if (begins(p, end, COMMENT)) {
        next = comment_end(p, end);
        tags->plain = next == NULL;
        if (next != NULL && tags->whole)
            give(tags, p, next);
    }
    return next != NULL ? next : pass(tags, p, end);
}

static bool is_control(char c)
{
    return ((unsigned char)c < ' ' && !is_blank(c)) || c == TEXT_REDUCE_REFERENCE;
}

/* Whether libxml2 would drop some of the octets: then what it reads is not what stands there. Eight
 * at a time: the highest bit of each octet of `low` is set where that is below ' '. */
static bool has_control(const char *text, size_t length)
{
    size_t i = 0;

    if (memchr(text, TEXT_REDUCE_REFERENCE, length) != NULL)
        return true;
    for (; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t)) {
        uint64_t word;
        uint64_t low;

        memcpy(&word, text + i, sizeof(word));
        low = (word - UINT64_C(0x2020202020202020)) & ~word & UINT64_C(0x8080808080808080);
        for (size_t k = 0; low != 0 && k < sizeof(word); k++)
            if (is_control(text[i + k]))
                return true;
    }
    for (; i < length; i++)
        if (is_control(text[i]))
            return true;
    return false;
}

/* Whether the text is white space that nobody sees, since the tag behind it begins a block. */
static bool is_unseen(const char *text, const char *next, const char *end)
{
    size_t length = 0;

    while (text < next && is_blank(*text))
        text++;
    if (text < next)
        return false;
    if (next == end || begins(next + 1, end, "html") || begins(next + 1, end, "body"))
        return false; /* those that come again are no blocks */
    while (next + 1 + length < end && g_ascii_isalnum(next[1 + length]))
        length++;
    /* the parser's name may go on: "<pre.x>" is no block */
    return next + 1 + length < end && strchr(" \t\r\n/>", next[1 + length]) != NULL &&
           text_element_is_block(next + 1, length);
}

void text_tags_read(
    struct text_tags *tags, const char *html, size_t length, bool whole, struct buf *out)
{
    const char *end = html + length;
    const char *p = html;

    tags->out = out;
    tags->in_comment = false;
    tags->lines = false;
    tags->whole = whole;
    tags->plain = has_control(html, length);
    text_reduce_init(&tags->reduce, out);
    while (p < end) {
        const char *next = find(p, end, "<");

        if (tags->whole || tags->plain || tags->lines || !is_unseen(p, next, end))
            give(tags, p, next);
        p = next == end ? end : pass_any(tags, next, end);
    }
}

void text_tags_free(struct text_tags *tags)
{
    text_reduce_free(&tags->reduce);
}
