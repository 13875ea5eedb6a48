/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * usage - prints what --help tells, for both programs and every subcommand.
 */
#ifndef GONEAWAY_USAGE_H
#define GONEAWAY_USAGE_H

#include <stdio.h>

/* Writes a text of whole lines. What stands before the colon in a line that begins with a letter
 * ("usage: …", "options:") is a heading, and bold on a terminal. Returns EX_OK for standard output,
 * which is where help that was asked for goes, and EX_USAGE for standard error. */
int usage_print(FILE *out, const char *text);

/* Tells on standard error what is wrong with a call of `goneaway COMMAND`, in a sentence without
 * its end, then `text` as above. Returns EX_USAGE. */
int usage_wrong(const char *command, const char *what, const char *text);

#endif
