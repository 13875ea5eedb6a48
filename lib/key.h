/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * key - the machine's secret: 32 random octets in a file of mode 0600, and the keyed digests
 * (HMAC-SHA-256) made with it. Thread rule: digests from any thread.
 */
#ifndef GONEAWAY_KEY_H
#define GONEAWAY_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define KEY_DIGEST_SIZE 32

struct key;

/* Reads the file; with create, makes it where there is none. *why is a sentence on failure,
 * static. 0, ERR_SYSTEM (errno tells; ENOENT without create: there is none), ERR_SYNTAX (not a key
 * of ours), ERR_CONFIG (others can read it), ERR_CRYPTO, ERR_NOMEM. */
int key_load(const char *path, bool create, struct key **out, const char **why);
void key_free(struct key **key); /* wipes it */

/* HMAC of purpose, NUL, data: digests for one purpose tell nothing about another. 0 or
 * ERR_CRYPTO. */
int key_digest(const struct key *key, const char *purpose, const void *data, size_t length,
    unsigned char out[KEY_DIGEST_SIZE]);

/* Writes name and version of what secrets are made with, one a line. */
void key_libraries(FILE *out);

#endif
