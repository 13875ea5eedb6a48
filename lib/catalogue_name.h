/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * catalogue_name - names of services as somebody who imitates one would write them: the words of
 * the name, or all of it as one word, whatever stands between or behind them.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_CATALOGUE_NAME_H
#define GONEAWAY_CATALOGUE_NAME_H

#include <stdbool.h>

#include "arena.h"

/* Names with fewer letters are words of many languages. */
#define CATALOGUE_NAME_LETTERS 5
/* Octets of a text that are looked at. */
#define CATALOGUE_NAME_LIMIT 200

/* The words of a text, folded, with one space between them; "" for none. NULL without memory. */
char *catalogue_name_words(struct arena *arena, const char *text);
/* The words of a text as one word. NULL without memory. */
char *catalogue_name_joined(struct arena *arena, const char *words);
/* Does a name of these words mean its service wherever it stands? */
bool catalogue_name_is_telling(const char *words);

#endif
