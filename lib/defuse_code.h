/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * defuse_code - finds what looks like a code in a text whose links are known. Only lib/defuse*.c
 * include this header. Thread rule: pure.
 */
#ifndef GONEAWAY_DEFUSE_CODE_H
#define GONEAWAY_DEFUSE_CODE_H

#include "defuse_view.h"

#define DEFUSE_DIGITS_KEPT 3 /* of a run */

void defuse_code_find(struct defuse_view *view);

#endif
