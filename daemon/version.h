/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * version - what --version tells, for both programs.
 */
#ifndef GONEAWAY_VERSION_H
#define GONEAWAY_VERSION_H

#include <stdio.h>

/* The program's name and version, its libraries with theirs (others writes those that only this
 * program has; NULL: none), the public suffix list, the licence. */
void version_print(const char *program, void (*others)(FILE *out));

#endif
