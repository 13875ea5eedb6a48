/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * No cascade: the order in which things are read is the order in which they win.
 */
#include "text_css.h"

#include <glib.h>
#include <string.h>

struct piece {
    const char *text;
    size_t length;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static struct piece trim(struct piece piece)
{
    while (piece.length > 0 && is_space(piece.text[0])) {
        piece.text++;
        piece.length--;
    }
    while (piece.length > 0 && is_space(piece.text[piece.length - 1]))
        piece.length--;
    return piece;
}

/* The word is in lower case; most pieces differ in their length or their first letter. */
static inline bool is(struct piece piece, const char *word)
{
    return piece.length == strlen(word) && (piece.text[0] | 0x20) == word[0] &&
           g_ascii_strncasecmp(piece.text, word, piece.length) == 0;
}

/* "0", "0px", "0.0em", "0 !important": a number that is nothing. */
static bool is_zero(struct piece value)
{
    size_t i = 0;
    bool zero = false;

    for (; i < value.length && (value.text[i] == '0' || value.text[i] == '.'); i++)
        zero = zero || value.text[i] == '0';
    return zero && (i == value.length || !g_ascii_isdigit(value.text[i]));
}

/* False if the property is none that hides or shows. */
static bool read_one(struct text_css *css, struct piece name, struct piece value)
{
    if (is(name, "display"))
        css->display = is(value, "none") ? TEXT_CSS_OFF : TEXT_CSS_ON;
    else if (is(name, "visibility"))
        css->visibility = is(value, "hidden") || is(value, "collapse") ? TEXT_CSS_OFF : TEXT_CSS_ON;
    else if (is(name, "font-size"))
        css->font_size = is_zero(value) ? TEXT_CSS_OFF : TEXT_CSS_ON;
    else if (is(name, "opacity"))
        css->transparent = is_zero(value);
    else if (is(name, "max-height") || is(name, "height"))
        css->flat = is_zero(value);
    else if (is(name, "overflow"))
        css->clipped = is(value, "hidden");
    else
        return false;
    return true;
}

/* The text up to a character, which is left behind with it. */
static struct piece take_until(struct piece *rest, char stop)
{
    struct piece piece = *rest;
    const char *found = rest->length == 0 ? NULL : memchr(rest->text, stop, rest->length);

    if (found != NULL)
        piece.length = (size_t)(found - rest->text);
    rest->text += piece.length + (found != NULL);
    rest->length -= piece.length + (found != NULL);
    return piece;
}

/* Reads a declaration without its ';'. */
static bool read_declaration(struct text_css *css, struct piece declaration)
{
    struct piece value = declaration;
    struct piece name = take_until(&value, ':');

    value = take_until(&value, '!');
    return read_one(css, trim(name), trim(value));
}

/* Whether a property that is read begins with that letter. Four of five declarations are told to be
 * others by it, and not taken apart. */
static inline bool may_begin(char letter)
{
    switch (letter | 0x20) {
    case 'd': /* display */
    case 'f': /* font-size */
    case 'h': /* height */
    case 'm': /* max-height */
    case 'o': /* opacity, overflow */
    case 'v': /* visibility */
        return true;
    default:
        return false;
    }
}

bool text_css_read(struct text_css *css, const char *text, size_t length)
{
    struct piece rest = {text, length};
    bool read = false;

    while (rest.length > 0) {
        struct piece declaration;

        while (rest.length > 0 && is_space(*rest.text)) {
            rest.text++;
            rest.length--;
        }
        if (rest.length == 0)
            break;
        declaration = take_until(&rest, ';');
        if (declaration.length > 0 && may_begin(*declaration.text))
            read = read_declaration(css, declaration) || read;
    }
    return read;
}

void text_css_pick(const char *text, size_t length, struct buf *out)
{
    struct piece rest = {text, length};
    struct text_css css = {0};

    while (rest.length > 0) {
        struct piece declaration = take_until(&rest, ';');

        if (!read_declaration(&css, declaration))
            continue;
        buf_add(out, declaration.text, declaration.length);
        buf_putc(out, ';');
    }
}

bool text_css_hides(const struct text_css *css)
{
    return css->display == TEXT_CSS_OFF || css->visibility == TEXT_CSS_OFF ||
           css->font_size == TEXT_CSS_OFF || css->transparent || css->flat;
}

/* ".name", "#name", "td.name": the name with its sign; empty for any other selector. */
static struct piece selector_name(struct piece selector)
{
    struct piece name = trim(selector);

    while (name.length > 0 && g_ascii_isalnum(name.text[0])) {
        name.text++;
        name.length--;
    }
    if (name.length < 2 || (name.text[0] != '.' && name.text[0] != '#'))
        name.length = 0;
    for (size_t i = 1; i < name.length; i++)
        if (!g_ascii_isalnum(name.text[i]) && name.text[i] != '-' && name.text[i] != '_')
            name.length = 0;
    return name;
}

static void add_rules(
    struct text_css_sheet *sheet, struct piece selectors, const struct text_css *css)
{
    while (selectors.length > 0 && sheet->count < TEXT_CSS_RULES_MAX) {
        struct piece name = selector_name(take_until(&selectors, ','));
        struct text_css_rule *rule = &sheet->rules[sheet->count];

        if (name.length == 0 || name.length >= sizeof(rule->name))
            continue;
        memcpy(rule->name, name.text, name.length);
        rule->name[name.length] = '\0';
        rule->css = *css;
        sheet->count++;
    }
}

/* The selectors of a rule, without comments and @import before them. */
static struct piece clean_selectors(struct piece selectors)
{
    const char *comment;

    selectors = trim(selectors);
    while ((comment = memmem(selectors.text, selectors.length, "*/", 2)) != NULL) {
        selectors.length -= (size_t)(comment + 2 - selectors.text);
        selectors.text = comment + 2;
    }
    while (memchr(selectors.text, ';', selectors.length) != NULL)
        take_until(&selectors, ';');
    return trim(selectors);
}

/* Skips what stands in braces up to the one that closes the first. */
static void skip_block(struct piece *rest)
{
    int depth = 1;

    while (rest->length > 0 && depth > 0) {
        depth += rest->text[0] == '{';
        depth -= rest->text[0] == '}';
        rest->text++;
        rest->length--;
    }
}

void text_css_read_sheet(struct text_css_sheet *sheet, const char *text, size_t length)
{
    struct piece rest = {text, length};

    while (rest.length > 0 && sheet->count < TEXT_CSS_RULES_MAX) {
        struct piece selectors = take_until(&rest, '{');
        struct text_css css = {0};
        struct piece body;

        if (selectors.length > 0 && memchr(selectors.text, '@', selectors.length) != NULL) {
            selectors = clean_selectors(selectors);
            if (selectors.length > 0 && selectors.text[0] == '@') {
                skip_block(&rest);
                continue;
            }
        }
        body = take_until(&rest, '}');
        text_css_read(&css, body.text, body.length);
        if (text_css_hides(&css)) /* few do: then it is time to look whom */
            add_rules(sheet, clean_selectors(selectors), &css);
    }
}

static void merge(struct text_css *css, const struct text_css *more)
{
    if (more->display != TEXT_CSS_UNSET)
        css->display = more->display;
    if (more->visibility != TEXT_CSS_UNSET)
        css->visibility = more->visibility;
    if (more->font_size != TEXT_CSS_UNSET)
        css->font_size = more->font_size;
    css->transparent = css->transparent || more->transparent;
    css->flat = css->flat || more->flat;
    css->clipped = css->clipped || more->clipped;
}

/* Whether a list of names separated by white space holds one. */
static bool has_name(const char *names, size_t length, const char *name)
{
    struct piece wanted = {name, strlen(name)};
    const char *end = names + length;

    while (names < end) {
        const char *start = names;

        while (names < end && !is_space(*names))
            names++;
        if ((size_t)(names - start) == wanted.length &&
            memcmp(start, wanted.text, wanted.length) == 0)
            return true;
        while (names < end && is_space(*names))
            names++;
    }
    return false;
}

bool text_css_names_class(const struct text_css_sheet *sheet, const char *names, size_t length)
{
    for (size_t i = 0; i < sheet->count; i++)
        if (sheet->rules[i].name[0] == '.' && has_name(names, length, sheet->rules[i].name + 1))
            return true;
    return false;
}

bool text_css_names_id(const struct text_css_sheet *sheet, const char *id, size_t length)
{
    for (size_t i = 0; i < sheet->count; i++)
        if (sheet->rules[i].name[0] == '#' && strlen(sheet->rules[i].name + 1) == length &&
            memcmp(sheet->rules[i].name + 1, id, length) == 0)
            return true;
    return false;
}

void text_css_apply(const struct text_css_sheet *sheet, struct text_css *css,
    const char *class_names, const char *id)
{
    size_t length = class_names != NULL ? strlen(class_names) : 0;

    for (size_t i = 0; i < sheet->count; i++) {
        const struct text_css_rule *rule = &sheet->rules[i];
        const char *name = rule->name + 1;

        if (rule->name[0] == '.' ? class_names != NULL && has_name(class_names, length, name)
                                 : id != NULL && strcmp(id, name) == 0)
            merge(css, &rule->css);
    }
}
