/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Tables of elements, and of the marks by which mail programs tell quotations.
 */
#include "text_element.h"

#include <glib.h>
#include <string.h>
#include <strings.h>

#define BLOCK TEXT_ELEMENT_BLOCK
#define SKIP TEXT_ELEMENT_SKIP
#define QUOTED TEXT_ELEMENT_QUOTED
#define ATTRIBUTED (TEXT_ELEMENT_QUOTED | TEXT_ELEMENT_ATTRIBUTED)

struct meaning {
    const char *name;
    unsigned flags;
};

/* In alphabetical order, to be searched by halves. */
static const struct meaning elements[] = {
    {"a", TEXT_ELEMENT_LINK},
    {"address", BLOCK},
    {"area", TEXT_ELEMENT_IMAGE},
    {"article", BLOCK},
    {"aside", BLOCK},
    {"blockquote", BLOCK | QUOTED},
    {"body", BLOCK},
    {"br", TEXT_ELEMENT_BREAK},
    {"button", BLOCK},
    {"caption", BLOCK},
    {"center", BLOCK},
    {"dd", BLOCK},
    {"dialog", BLOCK},
    {"dir", BLOCK},
    {"div", BLOCK},
    {"dl", BLOCK},
    {"dt", BLOCK},
    {"fieldset", BLOCK},
    {"figcaption", BLOCK},
    {"figure", BLOCK},
    {"footer", BLOCK},
    {"form", BLOCK},
    {"h1", BLOCK},
    {"h2", BLOCK},
    {"h3", BLOCK},
    {"h4", BLOCK},
    {"h5", BLOCK},
    {"h6", BLOCK},
    {"header", BLOCK},
    {"hr", BLOCK},
    {"html", BLOCK},
    {"iframe", BLOCK | SKIP},
    {"img", TEXT_ELEMENT_IMAGE},
    {"input", TEXT_ELEMENT_IMAGE},
    {"legend", BLOCK},
    {"li", BLOCK},
    {"listing", BLOCK | TEXT_ELEMENT_PRE},
    {"main", BLOCK},
    {"math", SKIP},
    {"menu", BLOCK},
    {"nav", BLOCK},
    {"noframes", BLOCK | SKIP},
    {"ol", BLOCK},
    {"option", BLOCK},
    {"p", BLOCK},
    {"pre", BLOCK | TEXT_ELEMENT_PRE},
    {"script", SKIP},
    {"section", BLOCK},
    {"select", BLOCK},
    {"style", SKIP | TEXT_ELEMENT_STYLE},
    {"svg", SKIP},
    {"table", BLOCK},
    {"tbody", BLOCK},
    {"td", BLOCK},
    {"template", SKIP},
    {"textarea", BLOCK},
    {"tfoot", BLOCK},
    {"th", BLOCK},
    {"thead", BLOCK},
    {"title", BLOCK | TEXT_ELEMENT_TITLE},
    {"tr", BLOCK},
    {"ul", BLOCK},
    {"xml", SKIP},
    {"xmp", BLOCK | TEXT_ELEMENT_PRE},
};

#define MARK_MIN 11 /* the shortest mark has so many characters */

/* Found anywhere in a class or id: some programs put a prefix before those of others. */
static const struct meaning marks[] = {
    {"gmail_quote", ATTRIBUTED},
    {"gmail_signature", QUOTED},
    {"gmail_extra", QUOTED},
    {"yahoo_quoted", ATTRIBUTED},
    {"moz-cite-prefix", QUOTED},
    {"moz-signature", QUOTED},
    {"moz-forward-container", QUOTED},
    {"divRplyFwdMsg", QUOTED | TEXT_ELEMENT_REST},
    {"OLK_SRC_BODY_SECTION", ATTRIBUTED},
    {"ms-outlook-mobile-reference-message", QUOTED},
    {"protonmail_quote", ATTRIBUTED},
    {"protonmail_signature_block", QUOTED},
    {"tutanota_quote", ATTRIBUTED},
    {"zmail_extra", ATTRIBUTED},
    {"reply-intro", QUOTED},
};

const char *text_element_attribute(const char **attributes, const char *name)
{
    if (attributes == NULL)
        return NULL;
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        if (strcmp(attributes[i], name) == 0)
            return attributes[i + 1] != NULL ? attributes[i + 1] : "";
    return NULL;
}

bool text_element_is_seen(unsigned flags)
{
    return (flags & (TEXT_ELEMENT_HIDDEN | TEXT_ELEMENT_TINY | TEXT_ELEMENT_INVISIBLE)) == 0;
}

static unsigned flags_of_name(const char *name)
{
    size_t low = 0;
    size_t high = G_N_ELEMENTS(elements);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = name[0] - elements[middle].name[0]; /* most differ in it */

        if (order == 0)
            order = strcmp(name, elements[middle].name);
        if (order == 0)
            return elements[middle].flags;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

bool text_element_is_block(const char *name, size_t length)
{
    char lower[16];

    if (length == 0 || length >= sizeof(lower))
        return false;
    for (size_t i = 0; i < length; i++)
        lower[i] = g_ascii_tolower(name[i]);
    lower[length] = '\0';
    return (flags_of_name(lower) & BLOCK) != 0;
}

static unsigned flags_of_mark(const char *value)
{
    unsigned flags = 0;

    if (value == NULL || strlen(value) < MARK_MIN)
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (strstr(value, marks[i].name) != NULL)
            flags |= marks[i].flags;
    return flags;
}

bool text_element_is_mark(const char *value, size_t length)
{
    if (length < MARK_MIN)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (memmem(value, length, marks[i].name, strlen(marks[i].name)) != NULL)
            return true;
    return false;
}

/* What is hidden outside stays so, but the two that an element can take back. */
static unsigned apply_css(unsigned flags, const struct text_css *css)
{
    if (css->display == TEXT_CSS_OFF || css->transparent || (css->flat && css->clipped))
        flags |= TEXT_ELEMENT_HIDDEN;
    if (css->visibility == TEXT_CSS_OFF)
        flags |= TEXT_ELEMENT_INVISIBLE;
    if (css->visibility == TEXT_CSS_ON)
        flags &= ~TEXT_ELEMENT_INVISIBLE;
    if (css->font_size == TEXT_CSS_OFF)
        flags |= TEXT_ELEMENT_TINY;
    if (css->font_size == TEXT_CSS_ON)
        flags &= ~TEXT_ELEMENT_TINY;
    return flags;
}

/* The attributes that say what holds inside. */
struct wanted {
    const char *class_names;
    const char *id;
    const char *style;
    const char *type;
    bool hidden;
};

/* In one walk: most elements have attributes, and most attributes are none of these. */
static void find_wanted(const char **attributes, struct wanted *out)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        const char *name = attributes[i];
        const char *value = attributes[i + 1] != NULL ? attributes[i + 1] : "";

        if (name[0] == 's' && strcmp(name, "style") == 0)
            out->style = value;
        else if (name[0] == 'c' && strcmp(name, "class") == 0)
            out->class_names = value;
        else if (name[0] == 'i' && strcmp(name, "id") == 0)
            out->id = value;
        else if (name[0] == 't' && strcmp(name, "type") == 0)
            out->type = value;
        else if (name[0] == 'h' && strcmp(name, "hidden") == 0)
            out->hidden = true;
    }
}

unsigned text_element_flags(
    const char *name, const char **attributes, unsigned outside, const struct text_css_sheet *sheet)
{
    unsigned flags = (outside & TEXT_ELEMENT_INHERITED) | flags_of_name(name);
    struct wanted wanted = {0};
    struct text_css css = {0};

    if (attributes == NULL)
        return flags;
    find_wanted(attributes, &wanted);
    flags |= flags_of_mark(wanted.class_names) | flags_of_mark(wanted.id);
    if ((flags & TEXT_ELEMENT_QUOTED) != 0 && wanted.type != NULL &&
        strcasecmp(wanted.type, "cite") == 0)
        flags |= TEXT_ELEMENT_ATTRIBUTED;
    if (wanted.hidden)
        flags |= TEXT_ELEMENT_HIDDEN;
    text_css_apply(sheet, &css, wanted.class_names, wanted.id);
    if (wanted.style != NULL)
        text_css_read(&css, wanted.style, strlen(wanted.style));
    return apply_css(flags, &css);
}
