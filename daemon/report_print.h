/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report_print - what `goneaway report` shows, as text and as a page: both have the same
 * sections, in the order in which an administrator wants to know. One thread.
 */
#ifndef GONEAWAY_REPORT_PRINT_H
#define GONEAWAY_REPORT_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "report.h"

/* A section: one part of the report. */
struct report_print_section {
    enum report_part part;
    const char *id;
    const char *title;
    const char *text;  /* what it tells */
    const char *empty; /* what is said where there is nothing; NULL: the section is left out */
    const char *view;  /* the view that holds all of it, or NULL */
};

/* The section of a part that has one, in the order of the report; NULL behind the last. */
const struct report_print_section *report_print_section(size_t index);
/* Is there nothing in the ledger yet? */
bool report_print_is_empty(const struct report *report);
/* What helps then: the nth line, NULL behind the last. */
const char *report_print_first_step(size_t index);

/* page: where the whole page was written, or NULL. */
void report_print_text(FILE *out, const struct report *report, const char *page);
void report_print_letter(FILE *out, const struct report_service *service);
void report_print_html(FILE *out, const struct report *report);

#endif
