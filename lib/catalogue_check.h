/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * catalogue_check - what texts of the catalogue must look like, for who reads its files and for
 * who writes one. Each tells what is wrong with a text, in static words, or NULL.
 * Thread rule: pure; needs domain_open.
 */
#ifndef GONEAWAY_CATALOGUE_CHECK_H
#define GONEAWAY_CATALOGUE_CHECK_H

#include <stdbool.h>

#include "arena.h"

/* The most octets of a name, and of any other text. */
#define CATALOGUE_NAME_OCTETS 100
#define CATALOGUE_TEXT_OCTETS 500

const char *catalogue_check_https(struct arena *arena, const char *text);
const char *catalogue_check_phone(struct arena *arena, const char *text);
const char *catalogue_check_privacy(struct arena *arena, const char *text);
/* *out gets the A-labels, NULL where it is no name. */
const char *catalogue_check_domain(struct arena *arena, const char *text, const char **out);
/* Is that the name of a public suffix? What is none today can become one with the next list. */
bool catalogue_check_is_suffix(const char *ascii);
/* Is it UTF-8 text of one line? */
bool catalogue_check_line(const char *text);

#endif
