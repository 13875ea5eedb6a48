/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * check - `goneawayd -t`, `-T` and `--configured`: what the configuration says, and whether it can
 * be served. Nothing is created or changed.
 */
#ifndef GONEAWAY_CHECK_H
#define GONEAWAY_CHECK_H

/* Tells every mistake in the configuration and in the tables it names on standard error. EX_OK
 * or EX_CONFIG (78). */
int check_run(const char *path);
/* Prints the configuration in force, defaults included. EX_OK or EX_CONFIG. */
int check_print(const char *path);
/* Is there a domain that can be somebody's? EX_OK, or 1 after saying that the file still holds only
 * the example that it was shipped with. A file with mistakes counts as configured: the start tells
 * them, instead of being left out in silence. */
int check_configured(const char *path);

#endif
