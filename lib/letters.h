/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * letters - what is written to a service: texts with placeholders, one file a language
 * (conf/letters/<tag>.conf; doc/letters.md describes the format).
 *
 * Letters are immutable once loaded. Thread rule: reading from any thread.
 */
#ifndef GONEAWAY_LETTERS_H
#define GONEAWAY_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "mistakes.h"

struct letters;

/* Loads every *.conf of the directories; one of a later directory replaces the same language of an
 * earlier one. A directory that is not there is passed over, one that cannot be read is a mistake.
 * Mistakes are added as file:line. 0, ERR_CONFIG (*out is NULL), ERR_NOMEM. */
int letters_load(
    const char *const *directories, size_t count, struct mistakes *mistakes, struct letters **out);
void letters_free(struct letters **letters);
size_t letters_count(const struct letters *letters);
/* The nth language's tag: "en". */
const char *letters_language(const struct letters *letters, size_t index);

/* What a letter is made of. */
struct letters_case {
    const char *service;    /* name */
    const char *service_id; /* main domain, by whose end the language is chosen … */
    const char *languages;  /* … unless these are known: "en, ja", or "" */
    const char *language;   /* asked for; NULL: by the service */
    const char *const *addresses;
    size_t address_count;
    int64_t more;               /* addresses that are not named */
    const char *const *domains; /* ours, at which they are */
    const char *const *since;   /* the day each became ours, "" where it is not known */
    size_t domain_count;
    const char *sender; /* who signs; NULL: the placeholder of the language */
};
struct letters_text {
    const char *language; /* "en" */
    const char *subject;
    const char *body; /* lines with \n */
};
/* Chooses the language and fills in. The asked one, else the first of the service's that there is,
 * else by the end of the service's domain, else English, else the first. 0 (subject NULL where
 * there are no letters), ERR_NOMEM. */
int letters_write(const struct letters *letters, struct arena *arena,
    const struct letters_case *about, struct letters_text *out);

#endif
