/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_entity - characters that HTML writes by name or number: "&eacute;", "&#8217;", "&#x2019;".
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_ENTITY_H
#define GONEAWAY_TEXT_ENTITY_H

#include <stddef.h>

#define TEXT_ENTITY_MAX ((size_t)16)     /* octets that one may have, '&' and ';' included */
#define TEXT_ENTITY_UTF8_MAX ((size_t)4) /* octets that it stands for */

/* Reads an entity at text, which begins with '&'. *used is its length, 0 where there is none;
 * returns the octets of UTF-8 that it stands for (none for what is no character). */
size_t text_entity_read(const char *text, size_t length, char *out, size_t *used);

#endif
