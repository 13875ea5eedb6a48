/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * catalogue_read - one file of the catalogue: from libconfig's tree to checked entries. For
 * catalogue.c alone. Thread rule: one thread for a draft.
 */
#ifndef GONEAWAY_CATALOGUE_READ_H
#define GONEAWAY_CATALOGUE_READ_H

#include <glib.h>

#include "arena.h"
#include "catalogue.h"

/* Where something stands, for mistakes that show only when all files are read. */
struct catalogue_place {
    const char *path;
    size_t file; /* its number */
    int line;
};

struct catalogue_domain {
    const char *name;
    struct catalogue_place place;
};

struct catalogue_entry {
    struct catalogue_service service; /* domains: filled in by catalogue.c */
    struct catalogue_place place;
    struct catalogue_domain *domains;
    size_t domain_count;
};

struct catalogue_category {
    const char *name;
    unsigned risk;
    size_t file;
};

/* A catalogue in the making; what lives in the arena is not freed singly. */
struct catalogue_draft {
    struct arena *arena;
    struct mistakes *mistakes;
    size_t file;            /* number of the one being read */
    GPtrArray *entries;     /* struct catalogue_entry, in order of first appearance */
    GHashTable *by_id;      /* id -> struct catalogue_entry */
    GHashTable *categories; /* name -> struct catalogue_category */
    GHashTable *carriers;   /* a set of domains */
    bool no_memory;
};

/* Reads a file into the draft and adds what is wrong to its mistakes; draft->no_memory tells
 * whether memory lacked. */
void catalogue_read_file(struct catalogue_draft *draft, const char *path);

#endif
