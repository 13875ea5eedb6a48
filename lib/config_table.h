/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_table - the one table of settings, and what its rows are made of.
 *
 * A row tells everything about a setting: where it may stand, its type and bounds, its default
 * (written as an administrator would write it, and read by the same code), one line of help.
 * Reader, defaults, `-T`, the tell-tale of a reload and the check of the manual walk over it. A
 * setting is added by adding a row.
 *
 * Only lib/config*.c include this header. Thread rule: reading from any thread.
 */
#ifndef GONEAWAY_CONFIG_TABLE_H
#define GONEAWAY_CONFIG_TABLE_H

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "config_text.h"

/* Where a setting stands, and the structure it is written to. */
enum config_scope {
    CONFIG_SCOPE_TOP,    /* struct config */
    CONFIG_SCOPE_DOMAIN, /* an entry of domains: struct config_domain */
    CONFIG_SCOPE_STEP,   /* an entry of a domain's mode: struct config_step */
    CONFIG_SCOPE_RULE    /* an entry of policy: struct policy_rule */
};
#define CONFIG_SCOPE_COUNT 4

/* What a reader of settings carries along. */
struct config_reader {
    struct config *config; /* in the making; owns the arena */
    struct mistakes *mistakes;
    const struct config_text *text;    /* NULL where there is no file */
    const config_setting_t *standards; /* a group for each scope, with the defaults */
    int64_t now;
    enum config_scope scope; /* that is being read */
};

struct config_row;

/* A kind of value. Both functions are given the structure of the row's scope. */
struct config_type {
    const char *name; /* "integer", for the manual */
    /* Reads a setting; mistakes are added to the reader's. 0 or ERR_NOMEM. */
    int (*read)(struct config_reader *reader, const struct config_row *row,
        const config_setting_t *setting, void *record);
    /* Writes the value as it would stand in the file; false where there is none. */
    bool (*print)(const struct config_row *row, const void *record, FILE *out);
    /* Writes what is expected, for a mistake: "a whole number from 1 to 9". */
    void (*expect)(const struct config_row *row, FILE *out);
};

struct config_word {
    const char *name; /* NULL ends a list of words */
    unsigned value;
};

/* Checks a string and gives the form to keep. *why is set to a sentence fragment that continues
 * the quoted value ("is no …; …") on mistake. 0 or ERR_NOMEM. */
typedef int config_check(
    struct config_reader *reader, const char *text, const char **value, const char **why);

#define CONFIG_REQUIRED 1u
#define CONFIG_RESTART 2u /* a change counts only after a restart */
#define CONFIG_EMPTY 4u   /* "" is a value */
#define CONFIG_FILLED 8u  /* a list must not be empty: no condition could mean that */

struct config_row {
    const char *name;
    const struct config_type *type;
    size_t offset;       /* of the value in the scope's structure */
    size_t size;         /* of an integer */
    size_t count_offset; /* of the number of items of a list */
    unsigned minimum;    /* of integers; class of a reply, 0 for any */
    unsigned maximum;
    const struct config_word *words; /* of those types that have them */
    config_check *check;             /* of strings, NULL for none */
    const char *standard;            /* default, NULL for none */
    const char *unset;               /* what holds where there is no default, for the manual */
    const char *example;             /* where the default is none */
    unsigned flags;
    const char *help;
};

/* The rows of a scope, one after the other. */
const struct config_row *config_table_rows(enum config_scope scope, size_t *count);
const struct config_row *config_table_find(enum config_scope scope, const char *name);
/* "", "domains.", "domains.mode.", "policy." */
const char *config_table_prefix(enum config_scope scope);
/* The defaults of all scopes in libconfig's syntax, to be free()d. NULL: no memory. */
char *config_table_standards(void);

/* The nearest of the names that were offered, for "did you mean". Start with zeros. */
struct config_nearest {
    const char *name; /* NULL: none is near enough */
    size_t distance;
};
void config_table_offer(struct config_nearest *nearest, const char *wanted, const char *name);

#endif
