/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * defuse_link - finds the links and addresses of a text, also those that were taken apart so that
 * no program takes them for links. Only lib/defuse*.c include this header. Thread rule: pure.
 */
#ifndef GONEAWAY_DEFUSE_LINK_H
#define GONEAWAY_DEFUSE_LINK_H

#include "defuse_view.h"

/* Condemns them, before anything else was. */
void defuse_link_find(struct defuse_view *view);

#endif
