/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Colour: on a terminal alone, and not where it is unwanted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include "paint.h"

static const struct {
    const char *name, *no_color, *term;
    bool wanted;
} cases[] = {
    {"a terminal", NULL, "xterm-256color", true},
    {"a plain one", NULL, "linux", true},
    {"not wanted", "1", "xterm", false},
    {"whatever it is set to", "0", "xterm", false},
    {"set to nothing", "", "xterm", true},
    {"no colours", NULL, "dumb", false},
    {"no terminal's name", NULL, NULL, false},
};

static void set(const char *name, const char *value)
{
    if (value == NULL)
        unsetenv(name);
    else
        setenv(name, value, 1);
}

static void test_terminal(void **state)
{
    int master, slave;
    FILE *out;

    (void)state;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    out = fdopen(slave, "w");
    assert_non_null(out);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set("NO_COLOR", cases[i].no_color);
        set("TERM", cases[i].term);
        if (paint_wanted(slave) != cases[i].wanted)
            fail_msg("%s", cases[i].name);
        assert_string_equal(paint_on(out, PAINT_BAD), cases[i].wanted ? "\x1b[31m" : "");
        assert_string_equal(paint_off(out), cases[i].wanted ? PAINT_END : "");
    }
    fclose(out);
    close(master);
}

static void test_file(void **state)
{
    FILE *out = tmpfile();

    (void)state;
    assert_non_null(out);
    set("NO_COLOR", NULL);
    set("TERM", "xterm");
    errno = ENOENT;
    assert_string_equal(paint_on(out, PAINT_BOLD), "");
    assert_string_equal(paint_off(out), "");
    assert_int_equal(errno, ENOENT);
    assert_string_equal(paint_code(PAINT_BOLD), "\x1b[1m");
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_file),
    };

    return cmocka_run_group_tests_name("paint", tests, NULL, NULL);
}
