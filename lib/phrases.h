/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * phrases - the words and phrases of all languages (conf/phrases/<language>.conf) in one
 * matcher, and one pass over a text however many languages there are.
 *
 * The format of the files: doc/phrases.md. A set is immutable once loaded.
 * Thread rule: matching from any thread.
 */
#ifndef GONEAWAY_PHRASES_H
#define GONEAWAY_PHRASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mistakes.h"

#define PHRASES_LANGUAGES_MAX 256

struct phrases;

/* Loads every *.conf of the directories in order; a file of a later directory replaces the
 * file of the same name of an earlier one. Mistakes are added as file:line.
 * 0, ERR_CONFIG, ERR_NOMEM. */
int phrases_load(const char *const *directories, size_t count, struct mistakes *mistakes,
    struct phrases **out);
void phrases_free(struct phrases **phrases);

size_t phrases_language_count(const struct phrases *phrases);
/* "de", "pt-BR" … */
const char *phrases_language(const struct phrases *phrases, size_t language);

#endif
