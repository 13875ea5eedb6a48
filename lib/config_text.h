/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_text - a configuration file with what it includes, as one text for libconfig.
 *
 * Inclusion is done here and not by libconfig 1.5, because that one ends the program when an
 * included file cannot be read, cannot take absolute and relative names both, and knows no
 * bound. On the way the text is checked for what libconfig lets pass or explains badly: a quote
 * that is not closed, brackets that do not match, numbers that do not fit (it wraps them
 * silently: here they become INT_MAX, which no setting allows).
 *
 * Only lib/config*.c include this header. Thread rule: one thread for a text.
 */
#ifndef GONEAWAY_CONFIG_TEXT_H
#define GONEAWAY_CONFIG_TEXT_H

#include "arena.h"
#include "mistakes.h"

/* Bounds of one file and of all that a configuration includes. */
#define CONFIG_TEXT_FILE_MAX ((size_t)16 << 20)
#define CONFIG_TEXT_MAX ((size_t)32 << 20)

struct config_text;

/* Where something stands. */
struct config_place {
    const char *file;
    int line;
};

/* Reads the file and its includes. What is wrong is added to mistakes. Names of files live in
 * the arena. 0, ERR_CONFIG (there were mistakes: *out is NULL), ERR_NOMEM. */
int config_text_read(const char *path, struct arena *arena, struct mistakes *mistakes,
    struct config_text **out);
void config_text_free(struct config_text **text);

/* The whole, ending with a NUL and holding no other. */
const char *config_text_whole(const struct config_text *text);
/* The file and line from which a line of the whole comes; lines count from 1. */
struct config_place config_text_place(const struct config_text *text, unsigned line);

#endif
