/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * kind_read - between the two readers of the rules.
 */
#ifndef GONEAWAY_KIND_READ_H
#define GONEAWAY_KIND_READ_H

#include "datafile.h"
#include "kind_rules.h"

/* Reads conf/carriers.conf into rules: marks and what gives them. Mistakes are added; 0,
 * ERR_CONFIG (nothing was read) or ERR_NOMEM. */
int kind_read_carriers(const char *path, struct mistakes *mistakes, struct kind_rules *rules);

#endif
