/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line.h"

static const struct {
    const char *name;
    const char *text;
    bool one, field;
} cases[] = {
    {"nothing", "", true, true},
    {"plain", "User unknown", true, true},
    {"UTF-8", "\xc3\xa4", true, true},
    {"CR", "a\rb", false, false},
    {"LF", "a\nb", false, false},
    {"CRLF and a field", "a\r\nX: y", false, false},
    {"LF and a field", "a\nX: y", false, false},
    {"fold with a space", "a\n b", false, true},
    {"fold with a tab", "a\n\tb", false, true},
    {"CRLF fold", "a\r\n b", false, false},
    {"fold at the end", "a\n ", false, false},
    {"LF at the end", "a\n", false, false},
    {"two line ends", "a\n \nb", false, false},
    {"two line ends at once", "a\n\n b", false, false},
    {"tab", "a\tb", false, true},
    {"escape", "a\033b", false, false},
    {"delete", "a\177b", false, false},
    {"bell", "\a", false, false},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *exact = strdup(cases[i].text);

        if (line_is_one(exact, 100) != cases[i].one || line_is_field(exact, 100) != cases[i].field)
            fail_msg("%s", cases[i].name);
        free(exact);
    }
    assert_false(line_is_one(NULL, 100));
    assert_false(line_is_field(NULL, 100));
}

static void test_lengths(void **state)
{
    static const size_t lengths[] = {LINE_FIELD_MAX, LINE_FIELD_MAX + 1, 50 * LINE_FIELD_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char *text = calloc(1, lengths[i] + 1);

        memset(text, 'x', lengths[i]);
        assert_true(line_is_one(text, lengths[i]));
        assert_false(line_is_one(text, lengths[i] - 1));
        assert_int_equal(line_is_field(text, lengths[i]), lengths[i] <= LINE_FIELD_MAX);
        assert_false(line_is_field(text, lengths[i] - 1));
        /* a fold begins a line anew */
        memcpy(text + lengths[i] / 2, "\n ", 2);
        assert_int_equal(line_is_field(text, lengths[i]), lengths[i] / 2 < LINE_FIELD_MAX);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
