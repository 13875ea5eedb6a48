/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * paint - colour for people: only on a terminal that has it, and never where NO_COLOR is set (to
 * anything but nothing; https://no-color.org).
 *
 * What a program may read, such as JSON, is never painted. Colour only stresses what the words say.
 * Thread rule: any thread, as long as nobody changes the environment.
 */
#ifndef GONEAWAY_PAINT_H
#define GONEAWAY_PAINT_H

#include <stdbool.h>
#include <stdio.h>

enum paint {
    PAINT_BOLD, /* a heading */
    PAINT_GOOD, /* as it should be */
    PAINT_CARE, /* somebody should look */
    PAINT_BAD   /* something went wrong, or is refused */
};

/* Is there somebody who sees colours behind the descriptor? */
bool paint_wanted(int fd);
/* What begins the colour on out, and what ends any; "" where nobody sees it. */
const char *paint_on(FILE *out, enum paint paint);
const char *paint_off(FILE *out);
/* The same, whoever sees it. */
const char *paint_code(enum paint paint);
#define PAINT_END "\x1b[0m"

#endif
