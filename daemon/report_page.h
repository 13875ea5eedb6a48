/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report_page - the frame of the page: head, style, and the pieces that sections are made of.
 * All text that is not our own goes through escape_html. One thread.
 */
#ifndef GONEAWAY_REPORT_PAGE_H
#define GONEAWAY_REPORT_PAGE_H

#include "report_print.h"

/* All before the first section: the head with its Content-Security-Policy, by which nothing can be
 * loaded or run, the heading, and the links to the sections. */
void report_page_begin(FILE *out, const struct report *report);
void report_page_end(FILE *out, const struct report *report);

/* One element with text in it; attributes are our own and come with a space before them. */
void report_page_element(FILE *out, const char *name, const char *attributes, const char *text);
/* "and 312 more", where there are, and where to see them. view NULL: nowhere. */
void report_page_more(FILE *out, int64_t shown, int64_t total, const char *view);
/* A table with its caption; the columns from `shown` on are left out. */
void report_page_table(
    FILE *out, const struct report_table *table, const char *caption, size_t shown);
/* A link, or the text where it is none; an address alone becomes a mailto link. */
void report_page_link(FILE *out, const char *text);

#endif
