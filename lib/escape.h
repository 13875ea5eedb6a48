/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * escape - text that strangers chose, on its way out to HTML, a terminal or a CSV file.
 *
 * Invariants
 * 1. What goes out is valid UTF-8. A control character, an octet that is no text, and a character
 *    that is not seen but changes how others are (direction overrides, zero-width marks; the two
 *    joiners of U+200C and U+200D are needed and stay) come out as U+FFFD.
 * 2. Nothing that goes out can end the place it stands in: a tag, an attribute, a CSV field, a
 * line. Thread rule: pure but for the stream.
 */
#ifndef GONEAWAY_ESCAPE_H
#define GONEAWAY_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Is it a character that is replaced (invariant 1)? Line feed and tab are. */
bool escape_is_hidden(uint32_t character);

/* As the content of an element and as the value of an attribute in quotes. Line feeds stay. */
void escape_html(FILE *out, const char *text);
/* One line of a terminal. */
void escape_terminal(FILE *out, const char *text);
/* How many columns of a terminal escape_terminal takes. */
size_t escape_width(const char *text);
/* The same in exactly that many columns: filled with blanks, or cut with "…". right: blanks go
 * before the text. */
void escape_columns(FILE *out, const char *text, size_t columns, bool right);
/* A field of RFC 4180, in quotes where it needs them, or where it is empty. Line feeds and tabs
 * stay. Text that a spreadsheet could take for a formula (it begins with = + - @, also in their
 * wide forms, or a tab) gets an apostrophe before it, by which spreadsheets know text. */
void escape_csv(FILE *out, const char *text);

#endif
