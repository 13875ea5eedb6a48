/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Places that say the same as an earlier one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kind_score.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A place is like the first one with the same text, plain and folded. */
static void repeats_are_found(void **state)
{
    static const struct {
        const char *plain;
        const char *folded;
        size_t like;
    } cases[] = {
        {"View online", "view online", 0},
        {"", "", 1},
        {"VIEW online", "view online", 2},
        {"view online", "view online", 3},
        {"View online", "view online", 0},
        {"", "", 1},
        {"VIEW online", "view online", 2},
        {"View online!", "view online!", 7},
        {"12345678", "12345678", 8},
        {"1234567", "1234567", 9},
        {"12345678", "12345678", 8},
    };
    struct text_segment segments[COUNT(cases)] = {0};
    struct kind_place places[COUNT(cases)] = {0};
    struct kind_scoring scoring = {
        .arena = arena_new(0), .places = places, .place_count = COUNT(cases)};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        segments[i].plain = cases[i].plain;
        segments[i].folded = strdup(cases[i].folded);
        segments[i].length = strlen(cases[i].folded);
        places[i].segment = &segments[i];
    }
    assert_int_equal(kind_repeat_find(&scoring), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (places[i].like != cases[i].like)
            fail_msg("place %zu is like %zu", i, places[i].like);
        free((void *)segments[i].folded);
    }
    arena_free(&scoring.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
