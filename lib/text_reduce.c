/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A tag is taken apart into its attributes, then it is decided which of them are kept, then the tag
 * is written: nothing is written before all of it is understood.
 */
#include "text_reduce.h"

#include <assert.h>
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"
#include "text_scan.h"

#define NAME_MAX_LENGTH ((size_t)40)
#define SEEN_ATTRIBUTES (1u << CLASS | 1u << ID | 1u << ALT)

/* The attributes that somebody reads. */
enum meaning { NEEDLESS, STYLE, CLASS, ID, TYPE, HIDDEN, HREF, ALT, VALUE, MEANINGS };

static_assert((int)MEANINGS - 1 == TEXT_REDUCE_ATTRIBUTES_MAX, "there is room for one of each");

void text_reduce_init(struct text_reduce *reduce, struct buf *out)
{
    reduce->out = out;
    reduce->sheet.count = 0;
    reduce->shows_again = false;
    reduce->sheets_differ = false;
    buf_init(&reduce->links, SIZE_MAX / 4);
}

void text_reduce_free(struct text_reduce *reduce)
{
    buf_free(&reduce->links);
}

/* The word is in lower case. */
static inline bool is(const char *name, size_t length, const char *word)
{
    size_t i = 0;

    while (i < length && octets_lower(name[i]) == word[i] && word[i] != '\0')
        i++;
    return i == length && word[i] == '\0';
}

/* --- what is needless --------------------------------------------------------------------- */

static bool holds(const struct text_reduce_attribute *attribute, char c)
{
    return memchr(attribute->value, c, attribute->value_length) != NULL;
}

/* A style that hides is kept; one that may show again, if there is something to show. */
static bool is_needless_style(struct text_reduce *reduce, struct text_reduce_attribute *attribute)
{
    struct text_css css = {0};
    bool says = text_css_read(&css, attribute->value, attribute->value_length);
    bool open = holds(attribute, '&');

    if (open || text_css_hides(&css)) {
        reduce->shows_again = reduce->shows_again || open || css.visibility == TEXT_CSS_OFF ||
                              css.font_size == TEXT_CSS_OFF;
        return false;
    }
    attribute->picked = attribute->quote != '\0';
    return !says || (!reduce->shows_again && reduce->sheet.count == 0);
}

/* A class or id counts where a rule may name it, or if it is a mail program's mark. */
static bool is_known_name(
    const struct text_reduce *reduce, const struct text_reduce_attribute *attribute)
{
    const struct text_css_sheet *sheet = &reduce->sheet;

    if (reduce->sheets_differ || sheet->count == TEXT_CSS_RULES_MAX || holds(attribute, '&') ||
        text_element_is_mark(attribute->value, attribute->value_length))
        return true;
    return attribute->meaning == CLASS
               ? text_css_names_class(sheet, attribute->value, attribute->value_length)
               : text_css_names_id(sheet, attribute->value, attribute->value_length);
}

static bool is_needless(struct text_reduce *reduce, const struct text_element *element,
    struct text_reduce_attribute *attribute)
{
    unsigned flags = element != NULL ? element->flags : 0;

    switch ((enum meaning)attribute->meaning) {
    case STYLE:
        return is_needless_style(reduce, attribute);
    case CLASS:
    case ID:
        return !is_known_name(reduce, attribute);
    case HREF:
        return (flags & TEXT_ELEMENT_LINK) == 0;
    case VALUE:
        return element == NULL || strcmp(element->name, "input") != 0;
    case ALT:
        return attribute->value_length == 0 || (flags & TEXT_ELEMENT_IMAGE) == 0;
    case NEEDLESS:
    case TYPE:
    case HIDDEN:
    case MEANINGS:
    default:
        return false;
    }
}

/* Elements without content of which no more is heard than these attributes say. */
static bool is_silent(const struct text_reduce_tag *tag)
{
    return tag->element != NULL && (tag->element->flags & TEXT_ELEMENT_SILENT) != 0 &&
           (tag->kept & SEEN_ATTRIBUTES) == 0;
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

/* Of an attribute, without quotation marks. */
struct value {
    const char *text;
    size_t length;
    char quote; /* 0 for none */
};

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
static const char *take_value(struct value *value, const char *p, const char *end)
{
    const char *close;

    for (p++; p < end && text_scan_is_blank(*p); p++)
        ;
    if (p == end)
        return NULL;
    value->text = p;
    if (*p != '"' && *p != '\'') {
        value->length = bare_length(p, end);
        return value->length == 0 ? NULL : p + value->length;
    }
    close = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (close == NULL)
        return NULL;
    value->quote = *p;
    value->text = p + 1;
    value->length = (size_t)(close - p - 1);
    return close + 1;
}

/* Keeps the attribute from p to behind, unless it is needless; false if it is there already: of two
 * of the same name the parser takes the first. */
static bool add_attribute(struct text_reduce *reduce, struct text_reduce_tag *tag,
    enum meaning meaning, const struct value *value, const char *p, const char *behind)
{
    struct text_reduce_attribute *attribute = &tag->attributes[tag->count];

    if ((tag->met >> meaning & 1) != 0)
        return false;
    tag->met |= 1u << meaning;
    attribute->start = p;
    attribute->length = (size_t)(behind - p);
    attribute->value = value->text;
    attribute->value_length = value->length;
    attribute->quote = value->quote;
    attribute->meaning = (unsigned char)meaning;
    attribute->picked = false;
    if (!is_needless(reduce, tag->element, attribute)) {
        tag->kept |= 1u << meaning;
        tag->count++;
    }
    return true;
}

/* Takes the attribute at p; returns what is behind it, NULL if it is not understood. Most are
 * needless, and passed in few steps. */
static const char *take_attribute(
    struct text_reduce *reduce, struct text_reduce_tag *tag, const char *p, const char *end)
{
    struct value value = {"", 0, '\0'};
    size_t length = name_length(p, end);
    enum meaning meaning;
    const char *behind = p + length;
    const char *sign = behind;

    if (length == 0)
        return NULL;
    while (sign < end && text_scan_is_blank(*sign))
        sign++;
    if (sign < end && *sign == '=')
        behind = take_value(&value, sign, end);
    if (behind == NULL || behind == end ||
        (value.quote == '\0' && !text_scan_is_blank(*behind) && *behind != '>' && *behind != '/'))
        return NULL;
    meaning = meaning_of(p, length);
    if (meaning != NEEDLESS && !add_attribute(reduce, tag, meaning, &value, p, behind))
        return NULL;
    return behind;
}

/* Takes the tag at p apart; false if it is not understood. */
static bool take_tag(
    struct text_reduce *reduce, struct text_reduce_tag *tag, const char *p, const char *end)
{
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
        p = take_attribute(reduce, tag, p, end);
        if (p == NULL)
            return false;
    }
    tag->closed = p < end && *p == '/';
    p += tag->closed;
    tag->length = (size_t)(p + 1 - start);
    return p < end && *p == '>';
}

/* --- writing ------------------------------------------------------------------------------ */

static void keep(struct text_reduce *reduce, const struct text_reduce_attribute *attribute)
{
    buf_putc(reduce->out, ' ');
    buf_add(reduce->out, attribute->start, attribute->length);
}

static void write_style(struct text_reduce *reduce, const struct text_reduce_attribute *attribute)
{
    if (!attribute->picked) {
        keep(reduce, attribute);
        return;
    }
    buf_puts(reduce->out, " style=");
    buf_putc(reduce->out, attribute->quote);
    text_css_pick(attribute->value, attribute->value_length, reduce->out);
    buf_putc(reduce->out, attribute->quote);
}

/* with is in lower case. */
static bool begins(const struct text_reduce_attribute *attribute, const char *with)
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
static bool is_literal(const struct text_reduce_attribute *attribute)
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

static bool is_plain(const struct text_reduce_attribute *attribute)
{
    return (begins(attribute, "http://") || begins(attribute, "https://")) && is_literal(attribute);
}

static void write_link(struct text_reduce *reduce, const struct text_reduce_attribute *attribute)
{
    struct text_reduce_link link = {attribute->value, attribute->value_length};

    if (!is_plain(attribute)) {
        keep(reduce, attribute);
        return;
    }
    write_reference(reduce);
    buf_add(&reduce->links, &link, sizeof(link));
}

bool text_reduce_is_plain_link(const struct text_reduce_tag *tag, struct text_reduce_link *link)
{
    if (tag->kept != 1u << HREF || tag->closed || !is_plain(&tag->attributes[0]))
        return false;
    link->url = tag->attributes[0].value;
    link->length = tag->attributes[0].value_length;
    return true;
}

bool text_reduce_read(
    struct text_reduce *reduce, const char *p, const char *end, struct text_reduce_tag *tag)
{
    tag->count = 0;
    tag->met = 0;
    tag->kept = 0;
    if (!take_tag(reduce, tag, p, end))
        return false;
    tag->bare = tag->count == 0 || is_silent(tag);
    return true;
}

const char *text_reduce_raw_end(const struct text_reduce_tag *tag, const char *p, const char *end)
{
    const char *close = tag->closed ? NULL : text_scan_end_tag(p, end, tag->name, tag->name_length);
    bool is_style = tag->element != NULL && (tag->element->flags & TEXT_ELEMENT_STYLE) != 0;

    /* a script with a comment in it may go on behind the end tag */
    if (close != NULL && !is_style && text_scan_find(p, close, TEXT_SCAN_COMMENT) < close)
        return NULL;
    return close;
}

bool text_reduce_has_no_tags(const struct text_reduce_tag *tag, const char *p, const char *end)
{
    const char *next = text_scan_find(p, end, "<");

    return !tag->closed && text_scan_end_tag(next, end, tag->name, tag->name_length) == next;
}

void text_reduce_write(struct text_reduce *reduce, const struct text_reduce_tag *tag)
{
    if (is_silent(tag))
        return;
    buf_add(reduce->out, tag->name - 1, tag->name_length + 1);
    for (size_t i = 0; i < tag->count; i++) {
        if (tag->attributes[i].meaning == STYLE)
            write_style(reduce, &tag->attributes[i]);
        else if (tag->attributes[i].meaning == HREF)
            write_link(reduce, &tag->attributes[i]);
        else
            keep(reduce, &tag->attributes[i]);
    }
    if (tag->closed)
        buf_puts(reduce->out, " />");
    else
        buf_putc(reduce->out, '>');
}

void text_reduce_sheet(struct text_reduce *reduce, const char *text, size_t length)
{
    size_t before = reduce->sheet.count;

    reduce->sheets_differ = reduce->sheets_differ || length > TEXT_REDUCE_SHEET_MAX;
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
