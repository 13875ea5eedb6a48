/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mistakes - what is wrong in the administrator's files, collected so that all of it can be
 * said in one run, as "file:line: key: what is wrong, what is allowed".
 *
 * A collector holds at most MISTAKES_MAX lines and then counts on. Thread rule: one thread.
 */
#ifndef GONEAWAY_MISTAKES_H
#define GONEAWAY_MISTAKES_H

#include <stddef.h>
#include <stdio.h>

#define MISTAKES_MAX 200

struct mistakes {
    size_t count; /* all of them, also those not kept */
    char *lines[MISTAKES_MAX];
};

/* Adds one; line 0 means the file as a whole, key NULL means no key. The text is copied, cut at
 * 1,000 octets, and its control characters are replaced by '?'. */
void mistakes_add(struct mistakes *mistakes, const char *file, int line, const char *key,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Writes them, one a line, and how many were not kept. */
void mistakes_print(const struct mistakes *mistakes, FILE *out);
/* Frees the lines and empties the collector. */
void mistakes_clear(struct mistakes *mistakes);

#endif
