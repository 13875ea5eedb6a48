/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Text passes in one piece up to the next '<' or '&'. What is not complete at the end of a feed is
 * held, and read again from its first octet when more has come.
 */
#include "text_markup.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "text_entity.h"

#define COMMENT_END "-->"
#define NAME_MAX_OCTETS ((size_t)32) /* longer names are none of ours */

void text_markup_init(
    struct text_markup *markup, const struct text_markup_events *events, void *data)
{
    markup->events = events;
    markup->data = data;
    markup->depth = 0;
    markup->state = TEXT_MARKUP_TEXT;
    markup->stopped = false;
    buf_init(&markup->held, SIZE_MAX / 4);
    buf_init(&markup->values, SIZE_MAX / 4);
}

void text_markup_stop(struct text_markup *markup)
{
    markup->stopped = true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* --- text --------------------------------------------------------------------------------- */

static void give(struct text_markup *markup, const char *from, const char *to)
{
    if (to > from && !markup->stopped)
        markup->events->text(markup->data, from, (size_t)(to - from));
}

/* Gives text with its entities decoded; returns where one begins that is not complete. */
static const char *give_text(
    struct text_markup *markup, const char *from, const char *end, bool complete)
{
    const char *p = from;

    while ((p = memchr(p, '&', (size_t)(end - p))) != NULL) {
        char character[TEXT_ENTITY_UTF8_MAX];
        size_t used, length;

        if (!complete && (size_t)(end - p) < TEXT_ENTITY_MAX &&
            memchr(p, ';', (size_t)(end - p)) == NULL) {
            give(markup, from, p);
            return p;
        }
        length = text_entity_read(p, (size_t)(end - p), character, &used);
        if (used > 0) {
            give(markup, from, p);
            give(markup, character, character + length);
            from = p + used;
        }
        p += used > 0 ? used : 1;
    }
    give(markup, from, end);
    return end;
}

/* --- elements ----------------------------------------------------------------------------- */

static void end_element(struct text_markup *markup)
{
    markup->depth--;
    if (!markup->stopped)
        markup->events->end(markup->data);
}

/* Elements that cannot stand around the new one end. */
static void end_implied(struct text_markup *markup, unsigned element)
{
    while (markup->depth > 0 && !markup->stopped &&
           text_element_ends(markup->open[markup->depth - 1].element, element))
        end_element(markup);
}

static void start_element(struct text_markup *markup, struct text_tag *tag, bool closed)
{
    end_implied(markup, tag->element);
    if (markup->stopped)
        return;
    markup->events->start(markup->data, tag);
    if (markup->depth == TEXT_MARKUP_DEPTH_MAX)
        markup->stopped = true;
    if (markup->stopped)
        return;
    markup->open[markup->depth].element = tag->element;
    markup->open[markup->depth].hash = tag->hash;
    markup->depth++;
    if (closed || text_element_is_empty(tag->element))
        end_element(markup);
    else if (text_element_is_raw(tag->element))
        markup->state = TEXT_MARKUP_RAW;
}

/* Ends the innermost open element of that name, unless one stands around it that ends less
 * easily: a cell is not ended from within a table inside it. */
static void end_named(struct text_markup *markup, const struct text_tag *tag)
{
    size_t at = markup->depth;

    while (at > 0 && markup->open[at - 1].hash != tag->hash) {
        if (text_element_strength(markup->open[at - 1].element) >
            text_element_strength(tag->element))
            return;
        at--;
    }
    for (; at > 0 && markup->depth >= at && !markup->stopped;)
        end_element(markup);
}

/* A line across the page, where a document ends. */
static void end_document(struct text_markup *markup)
{
    struct text_tag line = {.name = "hr"};

    text_element_find(&line, 2);
    start_element(markup, &line, true);
}

/* --- tags --------------------------------------------------------------------------------- */

/* A tag on its way: from p on it has not been read; at end it is not complete. */
struct reading {
    struct text_markup *markup;
    struct text_tag *tag;
    const char *p;
    const char *end;
    size_t offsets[TEXT_ATTRIBUTES]; /* of values, and one more; 0 for none */
    char name[NAME_MAX_OCTETS + 1];
};

static void skip_blanks(struct reading *reading)
{
    while (reading->p < reading->end && is_blank(*reading->p))
        reading->p++;
}

/* The name in lower case. */
static void read_name(struct reading *reading)
{
    size_t length = 0;

    for (; reading->p < reading->end; reading->p++) {
        char c = *reading->p;

        if (is_blank(c) || c == '>' || c == '/')
            break;
        if (length < NAME_MAX_OCTETS)
            reading->name[length++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    reading->name[length] = '\0';
    reading->tag->name = reading->name;
    text_element_find(reading->tag, length);
}

/* Adds a value without entities to those of the tag. */
static void keep_value(struct reading *reading, int attribute, const char *value, size_t length)
{
    struct buf *values = &reading->markup->values;
    const char *end = value + length;

    reading->offsets[attribute] = values->length + 1;
    while (value < end) {
        const char *p = memchr(value, '&', (size_t)(end - value));
        char character[TEXT_ENTITY_UTF8_MAX];
        size_t used = 0, size = 0;

        buf_add(values, value, (size_t)((p == NULL ? end : p) - value));
        if (p == NULL)
            break;
        size = text_entity_read(p, (size_t)(end - p), character, &used);
        buf_add(values, used > 0 ? character : "&", used > 0 ? size : 1);
        value = p + (used > 0 ? used : 1);
    }
    buf_putc(values, '\0');
}

/* The value behind a '='; false where it has no end. */
static bool read_value(struct reading *reading, int attribute)
{
    const char *start;
    char quote;

    skip_blanks(reading);
    if (reading->p == reading->end)
        return false;
    quote = *reading->p;
    if (quote == '"' || quote == '\'') {
        start = ++reading->p;
        reading->p = memchr(start, quote, (size_t)(reading->end - start));
        if (reading->p == NULL) {
            reading->p = reading->end;
            return false;
        }
        reading->p++;
    } else {
        start = reading->p;
        while (reading->p < reading->end && !is_blank(*reading->p) && *reading->p != '>')
            reading->p++;
        if (reading->p == reading->end)
            return false;
        quote = '\0';
    }
    if (attribute >= 0 && reading->offsets[attribute] == 0)
        keep_value(
            reading, attribute, start, (size_t)(reading->p - start) - (quote != '\0' ? 1 : 0));
    return true;
}

/* One attribute, of which p stands on the first octet. */
static bool read_attribute(struct reading *reading)
{
    const char *start = reading->p;
    int attribute;

    while (reading->p < reading->end && !is_blank(*reading->p) && *reading->p != '>' &&
           *reading->p != '=' && (*reading->p != '/' || reading->p == start))
        reading->p++;
    if (reading->p == start) /* a '=' without a name */
        reading->p++;
    attribute = text_element_attribute_find(start, (size_t)(reading->p - start));
    skip_blanks(reading);
    if (reading->p == reading->end)
        return false;
    if (*reading->p == '=') {
        reading->p++;
        return read_value(reading, attribute);
    }
    if (attribute >= 0 && reading->offsets[attribute] == 0)
        keep_value(reading, attribute, "", 0);
    return true;
}

/* Reads up to behind the '>'; false where there is none. *closed: the tag ends with "/>". */
static bool read_attributes(struct reading *reading, bool *closed)
{
    *closed = false;
    for (;;) {
        skip_blanks(reading);
        if (reading->p == reading->end)
            return false;
        if (*reading->p == '>') {
            reading->p++;
            return true;
        }
        if (*reading->p == '/') {
            reading->p++;
            *closed = reading->p < reading->end && *reading->p == '>';
        } else if (!read_attribute(reading)) {
            return false;
        }
    }
}

static void point_to_values(struct reading *reading)
{
    const char *values = buf_text(&reading->markup->values);

    for (size_t i = 0; i < TEXT_ATTRIBUTES; i++)
        if (reading->offsets[i] > 0 && buf_failed(&reading->markup->values) == 0)
            reading->tag->values[i] = values + reading->offsets[i] - 1;
}

/* Takes a tag at p, of which behind is the name. Returns what is behind it; NULL where it is not
 * complete and may become so. */
static const char *take_named(
    struct text_markup *markup, const char *p, const char *end, bool complete)
{
    struct text_tag tag = {0};
    struct reading reading = {.markup = markup, .tag = &tag, .end = end};
    bool too_long = (size_t)(end - p) > TEXT_MARKUP_TAG_MAX;
    bool ending = p[1] == '/', closed, whole;

    reading.p = p + 1 + ending;
    if (too_long)
        reading.end = p + TEXT_MARKUP_TAG_MAX;
    buf_cut(&markup->values, 0);
    read_name(&reading);
    whole = read_attributes(&reading, &closed);
    if (!whole && !too_long)
        return complete ? end : NULL;
    if (!whole)
        markup->state = TEXT_MARKUP_DROP;
    point_to_values(&reading);
    if (text_element_is_document(tag.element)) {
        if (ending && strcmp(tag.name, "head") != 0)
            end_document(markup);
    } else if (ending) {
        end_named(markup, &tag);
    } else {
        start_element(markup, &tag, closed);
    }
    return reading.p;
}

/* Takes what begins with the '<' at p. NULL where it is not complete. */
static const char *take_tag(
    struct text_markup *markup, const char *p, const char *end, bool complete)
{
    size_t length = (size_t)(end - p);

    if (length < 2 || (p[1] == '!' && length < 4) || (p[1] == '/' && length < 3)) {
        if (!complete)
            return NULL;
        give(markup, p, end);
        return end;
    }
    if (is_letter(p[1]) || (p[1] == '/' && is_letter(p[2])))
        return take_named(markup, p, end, complete);
    if (p[1] == '!' && p[2] == '-' && p[3] == '-') {
        markup->state = TEXT_MARKUP_COMMENT;
        return p + 2; /* "<!-->" is a whole one */
    }
    if (p[1] == '!' || p[1] == '?' || p[1] == '/') {
        markup->state = TEXT_MARKUP_DROP;
        return p + 1;
    }
    give(markup, p, p + 1);
    return p + 1;
}

/* --- states ------------------------------------------------------------------------------- */

static const char *pass_text(
    struct text_markup *markup, const char *p, const char *end, bool complete)
{
    const char *tag = memchr(p, '<', (size_t)(end - p));
    const char *next;

    if (tag == NULL)
        return give_text(markup, p, end, complete);
    give_text(markup, p, tag, true);
    next = take_tag(markup, tag, end, complete);
    return next == NULL ? tag : next;
}

/* Script or style, up to its end tag. */
static const char *pass_raw(
    struct text_markup *markup, const char *p, const char *end, bool complete)
{
    const char *name = text_element_name(markup->open[markup->depth - 1].element);
    size_t length = strlen(name);
    const char *tag = memchr(p, '<', (size_t)(end - p));

    give(markup, p, tag == NULL ? end : tag);
    if (tag == NULL)
        return end;
    if ((size_t)(end - tag) < length + 3 && !complete)
        return tag;
    if ((size_t)(end - tag) >= length + 2 && tag[1] == '/' &&
        strncasecmp(tag + 2, name, length) == 0) {
        markup->state = TEXT_MARKUP_TEXT;
        return tag;
    }
    give(markup, tag, tag + 1);
    return tag + 1;
}

static const char *pass_comment(
    struct text_markup *markup, const char *p, const char *end, bool complete)
{
    const char *close = memmem(p, (size_t)(end - p), COMMENT_END, strlen(COMMENT_END));

    if (close != NULL) {
        markup->state = TEXT_MARKUP_TEXT;
        return close + strlen(COMMENT_END);
    }
    if (complete)
        return end;
    for (int dashes = 0; dashes < 2 && end > p && end[-1] == '-'; dashes++)
        end--;
    return end;
}

static const char *pass_dropped(struct text_markup *markup, const char *p, const char *end)
{
    const char *close = memchr(p, '>', (size_t)(end - p));

    if (close == NULL)
        return end;
    markup->state = TEXT_MARKUP_TEXT;
    return close + 1;
}

/* Reads as far as it can; returns where what is not complete begins. */
static const char *pass(struct text_markup *markup, const char *p, const char *end, bool complete)
{
    while (p < end && !markup->stopped) {
        const char *before = p;
        int state = markup->state;

        switch (markup->state) {
        case TEXT_MARKUP_TEXT:
            p = pass_text(markup, p, end, complete);
            break;
        case TEXT_MARKUP_RAW:
            p = pass_raw(markup, p, end, complete);
            break;
        case TEXT_MARKUP_COMMENT:
            p = pass_comment(markup, p, end, complete);
            break;
        case TEXT_MARKUP_DROP:
        default:
            p = pass_dropped(markup, p, end);
            break;
        }
        if (p == before && state == (int)markup->state)
            break;
    }
    return markup->stopped ? end : p;
}

void text_markup_feed(struct text_markup *markup, const char *utf8, size_t length)
{
    const char *end = utf8 + length;
    const char *rest;

    if (markup->stopped)
        return;
    if (markup->held.length == 0) {
        rest = pass(markup, utf8, end, false);
        buf_add(&markup->held, rest, (size_t)(end - rest));
        return;
    }
    buf_add(&markup->held, utf8, length);
    utf8 = buf_text(&markup->held);
    length = markup->held.length;
    rest = pass(markup, utf8, utf8 + length, false);
    length -= (size_t)(rest - utf8);
    if (length > 0)
        memmove(markup->held.bytes, rest, length);
    buf_cut(&markup->held, length);
}

int text_markup_end(struct text_markup *markup)
{
    int result = buf_failed(&markup->held) != 0 || buf_failed(&markup->values) != 0 ? ERR_NOMEM : 0;
    const char *held = buf_text(&markup->held);

    if (result == 0)
        pass(markup, held, held + markup->held.length, true);
    while (markup->depth > 0)
        end_element(markup);
    buf_free(&markup->held);
    buf_free(&markup->values);
    return result;
}
