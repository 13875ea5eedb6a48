/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Tables of elements, and of the marks by which mail programs tell quotations.
 */
#include "text_element.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define BLOCK TEXT_ELEMENT_BLOCK
#define SKIP TEXT_ELEMENT_SKIP
#define QUOTED TEXT_ELEMENT_QUOTED
#define ATTRIBUTED (TEXT_ELEMENT_QUOTED | TEXT_ELEMENT_ATTRIBUTED)

#define EMPTY 1u
#define RAW 2u
#define DOCUMENT 4u

struct element {
    const char *name;
    unsigned flags;
    unsigned form; /* EMPTY, RAW, DOCUMENT */
    unsigned strength;
    const char *ended_by; /* names of the elements whose start ends it */
};

struct meaning {
    const char *name;
    unsigned flags;
};

/* Which end by themselves, and where: as in HTML 4, and some that senders forget to end. */
static const struct element elements[] = {
    {"", 0, 0, 100, NULL}, /* one that we do not know */
    {"a", TEXT_ELEMENT_LINK, 0, 100, "fieldset table td th a"},
    {"address", BLOCK, 0, 100, "dd dl dt form li ul"},
    {"area", TEXT_ELEMENT_IMAGE, EMPTY, 100, NULL},
    {"article", BLOCK, 0, 100, NULL},
    {"aside", BLOCK, 0, 100, NULL},
    {"b", 0, 0, 100, "center p td th"},
    {"base", 0, EMPTY, 100, NULL},
    {"basefont", 0, EMPTY, 100, NULL},
    {"big", 0, 0, 100, "p"},
    {"blockquote", BLOCK | QUOTED, 0, 100, NULL},
    {"body", BLOCK, DOCUMENT, 100, NULL},
    {"br", TEXT_ELEMENT_BREAK, EMPTY, 100, NULL},
    {"button", BLOCK, 0, 100, NULL},
    {"caption", BLOCK, 0, 100, "col colgroup tbody tfoot thead tr"},
    {"center", BLOCK, 0, 100, NULL},
    {"col", 0, EMPTY, 100, "colgroup tbody tfoot thead tr col"},
    {"colgroup", 0, 0, 100, "tbody tfoot thead tr"},
    {"dd", BLOCK, 0, 100, "dt"},
    {"dialog", BLOCK, 0, 100, NULL},
    {"dir", BLOCK, 0, 100, "dd dl dt form ul"},
    {"div", BLOCK, 0, 150, NULL},
    {"dl", BLOCK, 0, 100, "form li"},
    {"dt", BLOCK, 0, 100, "dd dl"},
    {"embed", 0, EMPTY, 100, NULL},
    {"fieldset", BLOCK, 0, 100, NULL},
    {"figcaption", BLOCK, 0, 100, NULL},
    {"figure", BLOCK, 0, 100, NULL},
    {"font", 0, 0, 100, "center td th"},
    {"footer", BLOCK, 0, 100, NULL},
    {"form", BLOCK, 0, 100, "form"},
    {"frame", 0, EMPTY, 100, NULL},
    {"h1", BLOCK, 0, 100, "fieldset form li p table"},
    {"h2", BLOCK, 0, 100, "fieldset form li p table"},
    {"h3", BLOCK, 0, 100, "fieldset form li p table"},
    {"h4", BLOCK, 0, 100, "fieldset form li p table"},
    {"h5", BLOCK, 0, 100, "fieldset form li p table"},
    {"h6", BLOCK, 0, 100, "fieldset form li p table"},
    {"head", 0, DOCUMENT, 100, NULL},
    {"header", BLOCK, 0, 100, NULL},
    {"hr", BLOCK, EMPTY, 100, NULL},
    {"html", BLOCK, DOCUMENT, 100, NULL},
    {"i", 0, 0, 100, "center p td th"},
    {"iframe", BLOCK | SKIP, 0, 100, NULL},
    {"img", TEXT_ELEMENT_IMAGE, EMPTY, 100, NULL},
    {"input", TEXT_ELEMENT_IMAGE, EMPTY, 100, NULL},
    {"isindex", 0, EMPTY, 100, NULL},
    {"legend", BLOCK, 0, 100, "fieldset"},
    {"li", BLOCK, 0, 100, "li"},
    {"link", 0, EMPTY, 100, NULL},
    {"listing", BLOCK | TEXT_ELEMENT_PRE, 0, 100, "dd dl dt fieldset form li table ul"},
    {"main", BLOCK, 0, 100, NULL},
    {"math", SKIP, 0, 100, NULL},
    {"menu", BLOCK, 0, 100, "dd dl dt form ul"},
    {"meta", 0, EMPTY, 100, NULL},
    {"nav", BLOCK, 0, 100, NULL},
    {"noframes", BLOCK | SKIP, 0, 100, NULL},
    {"noscript", 0, 0, 100, NULL},
    {"ol", BLOCK, 0, 100, "form ul"},
    {"optgroup", 0, 0, 100, NULL},
    {"option", BLOCK, 0, 100, "optgroup option"},
    {"p", BLOCK, 0, 100,
        "address blockquote caption center col colgroup dd dir div dl dt fieldset form h1 h2 h3 h4 "
        "h5 h6 hr li listing menu ol p pre table tbody td tfoot th title tr ul xmp"},
    {"param", 0, EMPTY, 100, NULL},
    {"pre", BLOCK | TEXT_ELEMENT_PRE, 0, 100, "dd dl dt fieldset form li table ul"},
    {"s", 0, 0, 100, "p"},
    {"script", SKIP, RAW, 100, "noscript"},
    {"section", BLOCK, 0, 100, NULL},
    {"select", BLOCK, 0, 100, NULL},
    {"small", 0, 0, 100, "p"},
    {"source", 0, EMPTY, 100, NULL},
    {"span", 0, 0, 100, "td th"},
    {"strike", 0, 0, 100, "p"},
    {"style", SKIP | TEXT_ELEMENT_STYLE, RAW, 100, NULL},
    {"svg", SKIP, 0, 100, NULL},
    {"table", BLOCK, 0, 190, NULL},
    {"tbody", BLOCK, 0, 180, "tbody tfoot"},
    {"td", BLOCK, 0, 160, "tbody td tfoot th tr"},
    {"template", SKIP, 0, 100, NULL},
    {"textarea", BLOCK, 0, 100, NULL},
    {"tfoot", BLOCK, 0, 180, "tbody"},
    {"th", BLOCK, 0, 160, "tbody td tfoot th tr"},
    {"thead", BLOCK, 0, 180, "tbody tfoot"},
    {"title", BLOCK | TEXT_ELEMENT_TITLE, 0, 100, NULL},
    {"tr", BLOCK, 0, 170, "tbody tfoot tr"},
    {"track", 0, EMPTY, 100, NULL},
    {"tt", 0, 0, 100, "p"},
    {"u", 0, 0, 100, "p td th u"},
    {"ul", BLOCK, 0, 100, "address form menu ol pre"},
    {"wbr", 0, EMPTY, 100, NULL},
    {"xml", SKIP, 0, 100, NULL},
    {"xmp", BLOCK | TEXT_ELEMENT_PRE, 0, 100, "dd dl dt fieldset form li table ul"},
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

#define ELEMENTS G_N_ELEMENTS(elements)
#define SLOTS 256u /* more than twice as many */

/* Written once, before threads start. */
static unsigned char slots[SLOTS]; /* elements by the hash of their names, open addressing */
static uint64_t ends[ELEMENTS][(ELEMENTS + 63) / 64];

static unsigned hash_name(const char *name, size_t length)
{
    unsigned hash = 2166136261u;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

static unsigned slot_of(unsigned hash)
{
    return (hash ^ hash >> 16) % SLOTS;
}

static void mark_ends(unsigned element)
{
    const char *names = elements[element].ended_by;

    while (names != NULL && *names != '\0') {
        size_t length = strcspn(names, " ");
        struct text_tag tag = {.name = names};

        text_element_find(&tag, length);
        ends[element][tag.element / 64] |= UINT64_C(1) << tag.element % 64;
        names += length + (names[length] == ' ');
    }
}

void text_element_open(void)
{
    memset(slots, 0, sizeof(slots));
    memset(ends, 0, sizeof(ends));
    for (unsigned i = 1; i < ELEMENTS; i++) {
        unsigned slot = slot_of(hash_name(elements[i].name, strlen(elements[i].name)));

        while (slots[slot] != 0)
            slot = (slot + 1) % SLOTS;
        slots[slot] = (unsigned char)i;
    }
    for (unsigned i = 1; i < ELEMENTS; i++)
        mark_ends(i);
}

void text_element_find(struct text_tag *tag, size_t length)
{
    unsigned slot;

    tag->hash = hash_name(tag->name, length);
    tag->element = 0;
    for (slot = slot_of(tag->hash); slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        const char *name = elements[slots[slot]].name;

        if (strncmp(name, tag->name, length) == 0 && name[length] == '\0') {
            tag->element = slots[slot];
            return;
        }
    }
}

int text_element_attribute_find(const char *name, size_t length)
{
    static const char *const names[TEXT_ATTRIBUTES] = {
        "alt", "class", "hidden", "href", "id", "style", "type", "value"};

    if (length < 2 || length > 6)
        return -1;
    for (int i = 0; i < TEXT_ATTRIBUTES; i++)
        if ((name[0] | 0x20) == names[i][0] && strncasecmp(name, names[i], length) == 0 &&
            names[i][length] == '\0')
            return i;
    return -1;
}

const char *text_element_name(unsigned element)
{
    return elements[element].name;
}

bool text_element_is_empty(unsigned element)
{
    return (elements[element].form & EMPTY) != 0;
}

bool text_element_is_raw(unsigned element)
{
    return (elements[element].form & RAW) != 0;
}

bool text_element_is_document(unsigned element)
{
    return (elements[element].form & DOCUMENT) != 0;
}

bool text_element_ends(unsigned open, unsigned begins)
{
    return (ends[open][begins / 64] >> begins % 64 & 1) != 0;
}

unsigned text_element_strength(unsigned element)
{
    return elements[element].strength;
}

bool text_element_is_seen(unsigned flags)
{
    return (flags & (TEXT_ELEMENT_HIDDEN | TEXT_ELEMENT_TINY | TEXT_ELEMENT_INVISIBLE)) == 0;
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

unsigned text_element_flags(
    const struct text_tag *tag, unsigned outside, const struct text_css_sheet *sheet)
{
    unsigned flags = (outside & TEXT_ELEMENT_INHERITED) | elements[tag->element].flags;
    const char *const *values = tag->values;
    struct text_css css = {0};

    flags |= flags_of_mark(values[TEXT_ATTRIBUTE_CLASS]) | flags_of_mark(values[TEXT_ATTRIBUTE_ID]);
    if ((flags & TEXT_ELEMENT_QUOTED) != 0 && values[TEXT_ATTRIBUTE_TYPE] != NULL &&
        strcasecmp(values[TEXT_ATTRIBUTE_TYPE], "cite") == 0)
        flags |= TEXT_ELEMENT_ATTRIBUTED;
    if (values[TEXT_ATTRIBUTE_HIDDEN] != NULL)
        flags |= TEXT_ELEMENT_HIDDEN;
    text_css_apply(sheet, &css, values[TEXT_ATTRIBUTE_CLASS], values[TEXT_ATTRIBUTE_ID]);
    if (values[TEXT_ATTRIBUTE_STYLE] != NULL)
        text_css_read(&css, values[TEXT_ATTRIBUTE_STYLE], strlen(values[TEXT_ATTRIBUTE_STYLE]));
    return apply_css(flags, &css);
}
