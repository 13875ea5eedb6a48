/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A tag is taken apart into its attributes, then it is decided which of them are kept, then the tag
 * is written: nothing is written before all of it is understood.
 */
#include "text_reduce.h"

#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text_scan.h"

#define NAME_MAX_LENGTH ((size_t)40)
#define ATTRIBUTES_MAX 24

/* The attributes that somebody reads. */
enum meaning { NEEDLESS, STYLE, CLASS, ID, TYPE, HIDDEN, HREF, ALT, VALUE, MEANINGS };

struct attribute {
    const char *start; /* of its name */
    size_t length;     /* up to behind its value and quotation marks */
    const char *value; /* without quotation marks */
    size_t value_length;
    enum meaning meaning;
    char quote; /* 0 for none */
};

struct parts {
    struct text_reduce_tag *tag;
    struct attribute attributes[ATTRIBUTES_MAX]; /* those that are not needless */
    size_t count;
    unsigned met; /* a bit for each meaning that was met */
};

void text_reduce_init(struct text_reduce *reduce, struct buf *out)
{
    reduce->out = out;
    reduce->sheet.count = 0;
    reduce->shows_again = false;
    buf_init(&reduce->links, SIZE_MAX / 4);
}

void text_reduce_free(struct text_reduce *reduce)
{
    buf_free(&reduce->links);
}

/* --- taking apart ------------------------------------------------------------------------- */

/* Length of the name at p; 0 if there is none, or one longer than any. */
static size_t name_length(const char *p, const char *end)
{
    size_t length = 0;

    if (p == end || !g_ascii_isalpha(*p))
        return 0;
    while (p + length < end && text_scan_is_name(p[length]))
        length++;
    return length <= NAME_MAX_LENGTH ? length : 0;
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The word is in lower case. */
static inline bool is(const char *name, size_t length, const char *word)
{
    size_t i = 0;

    while (i < length && lower(name[i]) == word[i] && word[i] != '\0')
        i++;
    return i == length && word[i] == '\0';
}

/* Most attributes are told by their length, or by one comparison, to be needless. */
static enum meaning meaning_of(const char *name, size_t length)
{
    switch (length) {
    case 2:
        return is(name, length, "id") ? ID : NEEDLESS;
    case 3:
        return is(name, length, "alt") ? ALT : NEEDLESS;
    case 4:
        return is(name, length, "href") ? HREF : is(name, length, "type") ? TYPE : NEEDLESS;
    case 5:
        return is(name, length, "style")   ? STYLE
               : is(name, length, "class") ? CLASS
               : is(name, length, "value") ? VALUE
                                           : NEEDLESS;
    case 6:
        return is(name, length, "hidden") ? HIDDEN : NEEDLESS;
    default:
        return NEEDLESS;
    }
}

/* Length of a value without quotation marks; 0 if it is none, or has something odd in it. */
static size_t bare_length(const char *p, const char *end)
{
    size_t length = 0;

    while (p + length < end && !text_scan_is_blank(p[length]) && p[length] != '>') {
        if (strchr("\"'<=`", p[length]) != NULL)
            return 0;
        length++;
    }
    return length;
}

/* Takes "= value" at p; returns what is behind it, NULL if that is not understood. */
static const char *take_value(struct attribute *attribute, const char *p, const char *end)
{
    const char *close;

    for (p++; p < end && text_scan_is_blank(*p); p++)
        ;
    if (p == end)
        return NULL;
    attribute->value = p;
    if (*p != '"' && *p != '\'') {
        attribute->value_length = bare_length(p, end);
        return attribute->value_length == 0 ? NULL : p + attribute->value_length;
    }
    close = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (close == NULL)
        return NULL;
    attribute->quote = *p;
    attribute->value = p + 1;
    attribute->value_length = (size_t)(close - p - 1);
    return close + 1;
}

/* Takes the attribute at p; returns what is behind it, NULL if it is not understood. */
static const char *take_attribute(struct parts *parts, const char *p, const char *end)
{
    struct attribute attribute = {.start = p, .value = ""};
    size_t length = name_length(p, end);
    const char *sign;

    if (length == 0)
        return NULL;
    attribute.meaning = meaning_of(p, length);
    p += length;
    for (sign = p; sign < end && text_scan_is_blank(*sign); sign++)
        ;
    if (sign < end && *sign == '=')
        p = take_value(&attribute, sign, end);
    if (p == NULL || p == end ||
        (!attribute.quote && !text_scan_is_blank(*p) && *p != '>' && *p != '/'))
        return NULL;
    attribute.length = (size_t)(p - attribute.start);
    if (attribute.meaning == NEEDLESS)
        return p;
    /* of two of the same name the parser takes the first */
    if (parts->count == ATTRIBUTES_MAX || (parts->met >> attribute.meaning & 1) != 0)
        return NULL;
    parts->met |= 1u << attribute.meaning;
    parts->attributes[parts->count++] = attribute;
    return p;
}

/* Takes the tag at p apart; false if it is not understood. */
static bool take_tag(struct parts *parts, const char *p, const char *end)
{
    struct text_reduce_tag *tag = parts->tag;
    const char *start = p;

    if ((size_t)(end - p) > TEXT_REDUCE_TAG_MAX)
        end = p + TEXT_REDUCE_TAG_MAX;
    tag->name = ++p;
    tag->name_length = name_length(p, end);
    if (tag->name_length == 0)
        return false;
    p += tag->name_length;
    if (p < end && !text_scan_is_blank(*p) && *p != '>' && *p != '/')
        return false;
    tag->element = text_element_find(tag->name, tag->name_length);
    for (;;) {
        while (p < end && text_scan_is_blank(*p))
            p++;
        if (p == end || *p == '>' || *p == '/')
            break;
        p = take_attribute(parts, p, end);
        if (p == NULL)
            return false;
    }
    tag->closed = p < end && *p == '/';
    p += tag->closed;
    tag->length = (size_t)(p + 1 - start);
    return p < end && *p == '>';
}

/* --- what is kept ------------------------------------------------------------------------- */

static bool holds(const struct attribute *attribute, char c)
{
    return memchr(attribute->value, c, attribute->value_length) != NULL;
}

static void keep(struct text_reduce *reduce, const struct attribute *attribute)
{
    buf_putc(reduce->out, ' ');
    buf_add(reduce->out, attribute->start, attribute->length);
}

/* A style that hides is kept; one that may show again, if there is something to show. */
static void reduce_style(struct text_reduce *reduce, const struct attribute *attribute)
{
    struct text_css css = {0};
    bool says = text_css_read(&css, attribute->value, attribute->value_length);

    if (holds(attribute, '&') || text_css_hides(&css)) {
        reduce->shows_again = reduce->shows_again || holds(attribute, '&') ||
                              css.visibility == TEXT_CSS_OFF || css.font_size == TEXT_CSS_OFF;
        keep(reduce, attribute);
    } else if (says && (reduce->shows_again || reduce->sheet.count > 0)) {
        if (attribute->quote == '\0') {
            keep(reduce, attribute);
            return;
        }
        buf_puts(reduce->out, " style=");
        buf_putc(reduce->out, attribute->quote);
        text_css_pick(attribute->value, attribute->value_length, reduce->out);
        buf_putc(reduce->out, attribute->quote);
    }
}

/* A class or id counts where a rule may name it, or if it is a mail program's mark. */
static bool is_known_name(const struct text_reduce *reduce, const struct attribute *attribute)
{
    return reduce->sheet.count > 0 || holds(attribute, '&') ||
           text_element_is_mark(attribute->value, attribute->value_length);
}

/* with is in lower case. */
static bool begins(const struct attribute *attribute, const char *with)
{
    size_t length = strlen(with);

    return attribute->value_length > length && is(attribute->value, length, with);
}

/* Whether an '&' begins no reference in anybody's eyes: a parameter's name and '=' follow. */
static bool is_parameter(const char *p, const char *end)
{
    for (p++; p < end && g_ascii_isalnum(*p); p++)
        ;
    return p < end && *p == '=';
}

/* Whether the parser would hand over a value as it stands, and nobody would change it. */
static bool is_literal(const struct attribute *attribute)
{
    const char *p = attribute->value;
    const char *end = p + attribute->value_length;

    if (holds(attribute, ' ') || holds(attribute, '\n') || holds(attribute, '\r') ||
        holds(attribute, '\t'))
        return false;
    for (; (p = memchr(p, '&', (size_t)(end - p))) != NULL; p++)
        if (!is_parameter(p, end))
            return false;
    return true;
}

/* What stands for the newest link: octets that need no quotation marks. */
static void write_reference(struct text_reduce *reduce)
{
    size_t number = reduce->links.length / sizeof(struct text_reduce_link);
    char digits[24];
    char *p = digits + sizeof(digits);

    do
        *--p = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    *--p = TEXT_REDUCE_REFERENCE;
    buf_puts(reduce->out, " href=");
    buf_add(reduce->out, p, (size_t)(digits + sizeof(digits) - p));
}

static void reduce_link(struct text_reduce *reduce, const struct attribute *attribute)
{
    struct text_reduce_link link = {attribute->value, attribute->value_length};

    if ((!begins(attribute, "http://") && !begins(attribute, "https://")) ||
        !is_literal(attribute)) {
        keep(reduce, attribute);
        return;
    }
    write_reference(reduce);
    buf_add(&reduce->links, &link, sizeof(link));
}

/* Elements without content of which no more is heard than these attributes say. */
static bool is_silent(const struct parts *parts)
{
    const struct text_element *element = parts->tag->element;

    return element != NULL && (element->flags & TEXT_ELEMENT_SILENT) != 0 &&
           (parts->met & (1u << CLASS | 1u << ID | 1u << ALT)) == 0;
}

static bool is_needless(
    const struct text_reduce *reduce, const struct parts *parts, const struct attribute *attribute)
{
    const struct text_element *element = parts->tag->element;
    unsigned flags = element != NULL ? element->flags : 0;

    switch (attribute->meaning) {
    case CLASS:
    case ID:
        return !is_known_name(reduce, attribute);
    case HREF:
        return (flags & TEXT_ELEMENT_LINK) == 0;
    case VALUE:
        return element == NULL || strcmp(element->name, "input") != 0;
    case ALT:
        return attribute->value_length == 0 || (flags & TEXT_ELEMENT_IMAGE) == 0;
    default:
        return false;
    }
}

static void forget_needless(const struct text_reduce *reduce, struct parts *parts)
{
    size_t kept = 0;

    parts->met = 0;
    for (size_t i = 0; i < parts->count; i++) {
        if (is_needless(reduce, parts, &parts->attributes[i]))
            continue;
        parts->met |= 1u << parts->attributes[i].meaning;
        parts->attributes[kept++] = parts->attributes[i];
    }
    parts->count = kept;
}

static void write_tag(struct text_reduce *reduce, const struct parts *parts)
{
    const struct text_reduce_tag *tag = parts->tag;

    buf_add(reduce->out, tag->name - 1, tag->name_length + 1);
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->attributes[i].meaning == STYLE)
            reduce_style(reduce, &parts->attributes[i]);
        else if (parts->attributes[i].meaning == HREF)
            reduce_link(reduce, &parts->attributes[i]);
        else
            keep(reduce, &parts->attributes[i]);
    }
    if (tag->closed)
        buf_puts(reduce->out, " />");
    else
        buf_putc(reduce->out, '>');
}

bool text_reduce_tag(
    struct text_reduce *reduce, const char *p, const char *end, struct text_reduce_tag *tag)
{
    size_t before = reduce->out->length;
    struct parts parts;

    parts.tag = tag;
    parts.count = 0;
    parts.met = 0;
    if (!take_tag(&parts, p, end))
        return false;
    forget_needless(reduce, &parts);
    tag->bare = is_silent(&parts);
    if (tag->bare)
        return true;
    write_tag(reduce, &parts);
    tag->bare = reduce->out->length - before == tag->name_length + (tag->closed ? 4 : 2);
    return true;
}

void text_reduce_sheet(struct text_reduce *reduce, const char *text, size_t length)
{
    size_t before = reduce->sheet.count;

    text_css_read_sheet(&reduce->sheet, text, length);
    if (before < reduce->sheet.count || before == TEXT_CSS_RULES_MAX)
        buf_add(reduce->out, text, length);
}

struct text_reduce_link text_reduce_find(const struct text_reduce *reduce, const char *value)
{
    struct text_reduce_link link = {NULL, 0};
    size_t number;

    if (*value != TEXT_REDUCE_REFERENCE)
        return link;
    number = strtoul(value + 1, NULL, 10);
    if (number < reduce->links.length / sizeof(link))
        memcpy(&link, reduce->links.bytes + number * sizeof(link), sizeof(link));
    return link;
}
