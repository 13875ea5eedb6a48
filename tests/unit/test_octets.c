/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is said of eight octets at once is held against what each of them is; whatever was added to
 * a filter is found in it, and hardly anything else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ctype.h>

#include "octets.h"

/* The answer for the octet at `place`, as it stands in memory. */
static bool answer(uint64_t word, size_t place)
{
    unsigned char octets[8];

    memcpy(octets, &word, sizeof(octets));
    return (octets[place] & 0x80) != 0;
}

/* All pairs of neighbours, so that a borrow from one to the next would show. */
static void test_eight(void **state)
{
    (void)state;
    for (unsigned one = 0; one < 0x80; one++)
        for (unsigned two = 0; two < 0x80; two++) {
            const char text[8] = {
                (char)one, (char)two, (char)one, 'x', (char)two, (char)two, 0, (char)one};
            uint64_t word = octets_load(text);

            for (size_t i = 0; i < sizeof(text); i++) {
                assert_int_equal(answer(octets_at_least(word, 'A'), i), text[i] >= 'A');
                assert_int_equal(answer(octets_equal(word, ' '), i), text[i] == ' ');
            }
        }
}

static void test_ascii_length(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 20; length++)
        for (size_t odd = 0; odd <= length; odd++) {
            char *text = malloc(length + (length == 0));

            assert_non_null(text);
            memset(text, 'a', length);
            if (odd < length)
                text[odd] = '\xc3';
            assert_int_equal(octets_ascii_length(text, length), odd);
            free(text);
        }
}

static void test_lower(void **state)
{
    (void)state;
    for (int c = -128; c < 128; c++)
        assert_int_equal(octets_lower((char)c), c >= 0 ? tolower(c) : c);
}

#define ADDED 1000u

static void test_filter(void **state)
{
    struct octets_filter filter = {{0}};
    unsigned wrong = 0;

    (void)state;
    assert_int_equal(octets_load_four("ab\xff\x01"), 0x01ff6261);
    for (uint32_t i = 0; i < ADDED; i++)
        octets_filter_add(&filter, i * 7919);
    for (uint32_t i = 0; i < ADDED; i++)
        assert_true(octets_filter_may_have(&filter, i * 7919));
    for (uint32_t i = 0; i < ADDED; i++)
        wrong += octets_filter_may_have(&filter, i * 7919 + 1);
    assert_in_range(wrong, 0, ADDED / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eight),
        cmocka_unit_test(test_ascii_length),
        cmocka_unit_test(test_lower),
        cmocka_unit_test(test_filter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
