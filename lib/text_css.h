/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_css - the little of CSS by which mails hide text: a few properties, in style attributes
 * and in rules for a class or an id. Rules inside @media are for other screens and not read.
 *
 * Thread rule: one thread at a time for a sheet.
 */
#ifndef GONEAWAY_TEXT_CSS_H
#define GONEAWAY_TEXT_CSS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define TEXT_CSS_RULES_MAX 32
#define TEXT_CSS_NAME_MAX 40

/* What is said of an element; a later word replaces an earlier one. */
struct text_css {
    enum { TEXT_CSS_UNSET, TEXT_CSS_OFF, TEXT_CSS_ON } display, visibility, font_size;
    bool transparent; /* opacity: 0 */
    bool flat;        /* height or max-height: 0 */
    bool clipped;     /* overflow: hidden */
};

struct text_css_rule {
    char name[TEXT_CSS_NAME_MAX]; /* with its '.' or '#' */
    struct text_css css;
};

struct text_css_sheet {
    struct text_css_rule rules[TEXT_CSS_RULES_MAX];
    size_t count;
};

/* Reads declarations: "display:none; font-size:0". False if none is of those that are read. */
bool text_css_read(struct text_css *css, const char *text, size_t length);
/* Adds the declarations that text_css_read reads to out. */
void text_css_pick(const char *text, size_t length, struct buf *out);
/* Whether what was read hides something, be it with the help of another declaration. */
bool text_css_hides(const struct text_css *css);
/* Adds the rules of a style element that hide something, as far as there is room. */
void text_css_read_sheet(struct text_css_sheet *sheet, const char *text, size_t length);
/* Whether a rule is for one of the classes, or for the id. */
bool text_css_names_class(const struct text_css_sheet *sheet, const char *names, size_t length);
bool text_css_names_id(const struct text_css_sheet *sheet, const char *id, size_t length);
/* What the sheet says of an element with this class attribute and id (either may be NULL). */
void text_css_apply(const struct text_css_sheet *sheet, struct text_css *css,
    const char *class_names, const char *id);

#endif
