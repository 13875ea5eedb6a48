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
#define VOID TEXT_ELEMENT_VOID
#define SILENT (TEXT_ELEMENT_VOID | TEXT_ELEMENT_SILENT)
#define QUOTED TEXT_ELEMENT_QUOTED
#define ATTRIBUTED (TEXT_ELEMENT_QUOTED | TEXT_ELEMENT_ATTRIBUTED)
#define ANYTHING TEXT_ELEMENT_ANYTHING

/* Kinds of start tags, as far as libxml2 takes them for the end of other elements. PARAGRAPH_END
 * are those that end nothing but paragraphs. */
#define A 1u
#define ADDRESS 2u
#define CELL 4u
#define CENTER 8u
#define COLUMN 0x10u
#define COLUMNS 0x20u
#define DD 0x40u
#define DL 0x80u
#define DT 0x100u
#define FIELDSET 0x200u
#define FORM 0x400u
#define HEAD_ROWS 0x800u
#define LI 0x1000u
#define MENU 0x2000u
#define OPTION 0x4000u
#define P 0x8000u
#define PARAGRAPH_END 0x10000u
#define PREFORMATTED 0x20000u
#define ROW 0x40000u
#define ROWS 0x80000u
#define TABLE 0x100000u
#define UL 0x200000u
#define PARAGRAPH (UINT32_MAX & ~(A | OPTION))

/* By their first letters; in each group those that mails are full of come first. Name and length,
 * what is inside, what it means, which kind of start it is, and which starts end it. */
static const struct text_element with_a[] = {
    {"a", 1, ANYTHING, TEXT_ELEMENT_LINK, A, A | CELL | FIELDSET | TABLE},
    {"area", 4, ANYTHING, TEXT_ELEMENT_IMAGE | VOID, 0, 0},
    {"address", 7, ANYTHING, BLOCK, ADDRESS, DD | DL | DT | FORM | LI | UL},
    {"article", 7, ANYTHING, BLOCK, 0, 0},
    {"aside", 5, ANYTHING, BLOCK, 0, 0},
};
static const struct text_element with_b[] = {
    {"b", 1, TEXT_ELEMENT_JUST_WORDS, 0, 0, P | CENTER | CELL},
    {"br", 2, ANYTHING, TEXT_ELEMENT_BREAK | VOID, 0, 0},
    {"body", 4, ANYTHING, BLOCK | TEXT_ELEMENT_ROOT, PARAGRAPH_END, 0},
    {"blockquote", 10, ANYTHING, BLOCK | QUOTED, PARAGRAPH_END, 0},
    {"button", 6, ANYTHING, BLOCK, 0, 0},
    {"big", 3, ANYTHING, 0, 0, P},
    {"base", 4, ANYTHING, SILENT, 0, 0},
    {"basefont", 8, ANYTHING, VOID, 0, 0},
};
static const struct text_element with_c[] = {
    {"center", 6, ANYTHING, BLOCK, CENTER, 0},
    {"caption", 7, ANYTHING, BLOCK, PARAGRAPH_END, COLUMN | COLUMNS | ROWS | HEAD_ROWS | ROW},
    {"col", 3, ANYTHING, VOID, COLUMN, 0},
    {"colgroup", 8, ANYTHING, 0, COLUMNS, COLUMNS | ROWS | HEAD_ROWS | ROW},
};
static const struct text_element with_d[] = {
    {"div", 3, ANYTHING, BLOCK, PARAGRAPH_END, 0},
    {"dd", 2, ANYTHING, BLOCK, DD, DT},
    {"dialog", 6, ANYTHING, BLOCK, 0, 0},
    {"dir", 3, ANYTHING, BLOCK, PARAGRAPH_END, DD | DL | DT | FORM | UL},
    {"dl", 2, ANYTHING, BLOCK, DL, FORM | LI},
    {"dt", 2, ANYTHING, BLOCK, DT, DD | DL},
};
static const struct text_element with_e[] = {
    {"em", 2, TEXT_ELEMENT_JUST_WORDS, 0, 0, 0},
};
static const struct text_element with_f[] = {
    {"font", 4, TEXT_ELEMENT_JUST_WORDS, 0, 0, CENTER | CELL},
    {"form", 4, ANYTHING, BLOCK, FORM, FORM},
    {"fieldset", 8, ANYTHING, BLOCK, FIELDSET, 0},
    {"figcaption", 10, ANYTHING, BLOCK, 0, 0},
    {"figure", 6, ANYTHING, BLOCK, 0, 0},
    {"footer", 6, ANYTHING, BLOCK, 0, 0},
    {"frame", 5, ANYTHING, VOID, 0, 0},
    {"frameset", 8, ANYTHING, 0, PARAGRAPH_END, 0},
};
static const struct text_element with_h[] = {
    {"h1", 2, ANYTHING, BLOCK, PARAGRAPH_END, FIELDSET | FORM | LI | P | TABLE},
    {"h2", 2, ANYTHING, BLOCK, PARAGRAPH_END, FIELDSET | FORM | LI | P | TABLE},
    {"h3", 2, ANYTHING, BLOCK, PARAGRAPH_END, FIELDSET | FORM | LI | P | TABLE},
    {"h4", 2, ANYTHING, BLOCK, PARAGRAPH_END, FIELDSET | FORM | LI | P | TABLE},
    {"h5", 2, ANYTHING, BLOCK, PARAGRAPH_END, FIELDSET | FORM | LI | P | TABLE},
    {"h6", 2, ANYTHING, BLOCK, PARAGRAPH_END, FIELDSET | FORM | LI | P | TABLE},
    {"hr", 2, ANYTHING, BLOCK | VOID, PARAGRAPH_END, 0},
    {"html", 4, ANYTHING, BLOCK | TEXT_ELEMENT_ROOT, PARAGRAPH_END, 0},
    {"head", 4, ANYTHING, TEXT_ELEMENT_ROOT, PARAGRAPH_END, 0},
    {"header", 6, ANYTHING, BLOCK, 0, 0},
};
static const struct text_element with_i[] = {
    {"i", 1, TEXT_ELEMENT_JUST_WORDS, 0, 0, P | CENTER | CELL},
    {"img", 3, ANYTHING, TEXT_ELEMENT_IMAGE | SILENT, 0, 0},
    {"input", 5, ANYTHING, TEXT_ELEMENT_IMAGE | VOID, 0, 0},
    {"iframe", 6, TEXT_ELEMENT_UNSURE, BLOCK | SKIP, 0, 0},
    {"isindex", 7, ANYTHING, VOID, 0, 0},
};
static const struct text_element with_l[] = {
    {"li", 2, ANYTHING, BLOCK, LI, LI},
    {"link", 4, ANYTHING, SILENT, 0, 0},
    {"legend", 6, ANYTHING, BLOCK, 0, FIELDSET},
    {"listing", 7, TEXT_ELEMENT_LINES, BLOCK | TEXT_ELEMENT_PRE, PARAGRAPH_END,
        DD | DL | DT | FIELDSET | FORM | LI | TABLE | UL},
};
static const struct text_element with_m[] = {
    {"meta", 4, ANYTHING, SILENT, 0, 0},
    {"main", 4, ANYTHING, BLOCK, 0, 0},
    {"math", 4, ANYTHING, SKIP, 0, 0},
    {"menu", 4, ANYTHING, BLOCK, MENU, DD | DL | DT | FORM | UL},
};
static const struct text_element with_n[] = {
    {"nav", 3, ANYTHING, BLOCK, 0, 0},
    {"noembed", 7, TEXT_ELEMENT_UNSURE, 0, 0, 0},
    {"noframes", 8, TEXT_ELEMENT_UNSURE, BLOCK | SKIP, 0, 0},
    {"noscript", 8, TEXT_ELEMENT_UNSURE, 0, 0, 0},
};
static const struct text_element with_o[] = {
    {"ol", 2, ANYTHING, BLOCK, PARAGRAPH_END, FORM},
    {"option", 6, ANYTHING, BLOCK, OPTION, OPTION},
    {"optgroup", 8, ANYTHING, 0, OPTION, 0},
};
static const struct text_element with_p[] = {
    {"p", 1, ANYTHING, BLOCK, P, PARAGRAPH},
    {"param", 5, ANYTHING, VOID, 0, 0},
    {"pre", 3, TEXT_ELEMENT_LINES, BLOCK | TEXT_ELEMENT_PRE, PREFORMATTED,
        DD | DL | DT | FIELDSET | FORM | LI | TABLE | UL},
    {"plaintext", 9, TEXT_ELEMENT_UNSURE, 0, 0, 0},
};
static const struct text_element with_s[] = {
    {"span", 4, TEXT_ELEMENT_JUST_WORDS, 0, 0, CELL},
    {"strong", 6, TEXT_ELEMENT_JUST_WORDS, 0, 0, 0},
    {"style", 5, TEXT_ELEMENT_NO_TAGS, SKIP | TEXT_ELEMENT_STYLE, 0, 0},
    {"script", 6, TEXT_ELEMENT_NO_TAGS, SKIP, 0, 0},
    {"small", 5, ANYTHING, 0, 0, P},
    {"s", 1, ANYTHING, 0, 0, P},
    {"section", 7, ANYTHING, BLOCK, 0, 0},
    {"select", 6, ANYTHING, BLOCK, 0, 0},
    {"strike", 6, ANYTHING, 0, 0, P},
    {"svg", 3, ANYTHING, SKIP, 0, 0},
};
static const struct text_element with_t[] = {
    {"td", 2, ANYTHING, BLOCK, CELL, CELL | ROW | ROWS},
    {"tr", 2, ANYTHING, BLOCK, ROW, ROW | ROWS},
    {"table", 5, ANYTHING, BLOCK, TABLE, 0},
    {"tbody", 5, ANYTHING, BLOCK, ROWS, ROWS},
    {"th", 2, ANYTHING, BLOCK, CELL, CELL | ROW | ROWS},
    {"thead", 5, ANYTHING, BLOCK, HEAD_ROWS, ROWS},
    {"tfoot", 5, ANYTHING, BLOCK, ROWS, ROWS},
    {"title", 5, TEXT_ELEMENT_UNSURE, BLOCK | TEXT_ELEMENT_TITLE, PARAGRAPH_END, 0},
    {"template", 8, ANYTHING, SKIP, 0, 0},
    {"textarea", 8, TEXT_ELEMENT_UNSURE, BLOCK, 0, 0},
    {"tt", 2, ANYTHING, 0, 0, P},
};
static const struct text_element with_u[] = {
    {"u", 1, TEXT_ELEMENT_JUST_WORDS, 0, 0, P | CELL},
    {"ul", 2, ANYTHING, BLOCK, UL, ADDRESS | FORM | MENU | PREFORMATTED},
};
static const struct text_element with_x[] = {
    {"xml", 3, ANYTHING, SKIP, 0, 0},
    {"xmp", 3, TEXT_ELEMENT_UNSURE, BLOCK | TEXT_ELEMENT_PRE, PARAGRAPH_END,
        DD | DL | DT | FIELDSET | FORM | LI | TABLE | UL},
};

#define GROUP(letter, elements) [(letter) - 'a'] = {elements, G_N_ELEMENTS(elements)}

static const struct group {
    const struct text_element *elements;
    size_t count;
} groups['z' - 'a' + 1] = {
    GROUP('a', with_a),
    GROUP('b', with_b),
    GROUP('c', with_c),
    GROUP('d', with_d),
    GROUP('e', with_e),
    GROUP('f', with_f),
    GROUP('h', with_h),
    GROUP('i', with_i),
    GROUP('l', with_l),
    GROUP('m', with_m),
    GROUP('n', with_n),
    GROUP('o', with_o),
    GROUP('p', with_p),
    GROUP('s', with_s),
    GROUP('t', with_t),
    GROUP('u', with_u),
    GROUP('x', with_x),
};

struct mark {
    const char *name;
    size_t length;
    unsigned flags;
};

#define MARK(name, flags)                                                                          \
    {                                                                                              \
        name, sizeof(name) - 1, flags                                                              \
    }

#define MARK_MIN 11 /* the shortest mark has so many characters */

/* Found anywhere in a class or id: some programs put a prefix before those of others. */
static const struct mark marks[] = {
    MARK("gmail_quote", ATTRIBUTED),
    MARK("gmail_signature", QUOTED),
    MARK("gmail_extra", QUOTED),
    MARK("yahoo_quoted", ATTRIBUTED),
    MARK("moz-cite-prefix", QUOTED),
    MARK("moz-signature", QUOTED),
    MARK("moz-forward-container", QUOTED),
    MARK("divRplyFwdMsg", QUOTED | TEXT_ELEMENT_REST),
    MARK("OLK_SRC_BODY_SECTION", ATTRIBUTED),
    MARK("ms-outlook-mobile-reference-message", QUOTED),
    MARK("protonmail_quote", ATTRIBUTED),
    MARK("protonmail_signature_block", QUOTED),
    MARK("tutanota_quote", ATTRIBUTED),
    MARK("zmail_extra", ATTRIBUTED),
    MARK("reply-intro", QUOTED),
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

const struct text_element *text_element_find(const char *name, size_t length)
{
    unsigned letter = (unsigned char)((*name | 0x20) - 'a');

    if (letter > 'z' - 'a')
        return NULL;
    for (size_t k = 0; k < groups[letter].count; k++) {
        const struct text_element *element = &groups[letter].elements[k];
        size_t i = 1;

        if (element->length != length)
            continue;
        /* what letters and digits are with that bit set, nothing else that stands in a name is */
        while (i < length && (name[i] | 0x20) == element->name[i])
            i++;
        if (i == length)
            return element;
    }
    return NULL;
}

bool text_element_is_block(const char *name, size_t length)
{
    const struct text_element *element = length == 0 ? NULL : text_element_find(name, length);

    return element != NULL && (element->flags & BLOCK) != 0;
}

/* What the marks in the value of a class or id mean; 0 for none. */
static unsigned flags_of_marks(const char *value, size_t length)
{
    unsigned flags = 0;

    if (length < MARK_MIN)
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (memmem(value, length, marks[i].name, marks[i].length) != NULL)
            flags |= marks[i].flags;
    return flags;
}

bool text_element_is_mark(const char *value, size_t length)
{
    return flags_of_marks(value, length) != 0;
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
    const struct text_element *element = text_element_find(name, strlen(name));
    unsigned flags = (outside & TEXT_ELEMENT_INHERITED) | (element != NULL ? element->flags : 0);
    struct wanted wanted = {0};
    struct text_css css = {0};

    if (attributes == NULL)
        return flags;
    find_wanted(attributes, &wanted);
    if (wanted.class_names != NULL)
        flags |= flags_of_marks(wanted.class_names, strlen(wanted.class_names));
    if (wanted.id != NULL)
        flags |= flags_of_marks(wanted.id, strlen(wanted.id));
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
