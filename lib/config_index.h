/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_index - domains by name: a table of open addresses, at most half full, so that a
 * look-up takes the same time for one domain and for ten thousand.
 *
 * Only lib/config*.c include this header. Thread rule: reading from any thread.
 */
#ifndef GONEAWAY_CONFIG_INDEX_H
#define GONEAWAY_CONFIG_INDEX_H

#include "config.h"

/* Room for count domains, in the arena. NULL: no memory. */
struct config_index *config_index_new(struct arena *arena, size_t count);
/* Adds a domain; where one of that name is there already, that one is returned and nothing is
 * added. The domain must outlive the index. */
const struct config_domain *config_index_add(
    struct config_index *index, const struct config_domain *domain);
const struct config_domain *config_index_find(const struct config_index *index, const char *name);

#endif
