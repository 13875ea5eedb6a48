/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * options - the command line of goneawayd.
 */
#ifndef GONEAWAY_OPTIONS_H
#define GONEAWAY_OPTIONS_H

#include <stdbool.h>

#define OPTIONS_CONFIG "/etc/goneaway/goneaway.conf"

struct options {
    const char *path; /* of the configuration */
    bool test;        /* -t */
    bool print;       /* -T */
    bool configured;  /* --configured */
    unsigned verbose; /* how often -v was given */
};

/* Reads the command line. Returns -1 to go on, or the exit code: 0 after --help and --version,
 * EX_USAGE (64) after saying what is wrong. */
int options_read(int argc, char **argv, struct options *out);

#endif
