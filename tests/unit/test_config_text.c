/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The configuration as a file: what it includes, who may change it, what is no text at all.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_fixture.h"

/* The only mistake of a load is this one, whatever the directory is called. */
static void check_mistake(struct fixture *fixture, const char *file, const char *wanted)
{
    char line[512];

    snprintf(line, sizeof(line), "%s/%s:%s", fixture->directory, file, wanted);
    assert_int_equal(fixture_reload(fixture), ERR_CONFIG);
    assert_int_equal(fixture->mistakes.count, 1);
    assert_string_equal(fixture->mistakes.lines[0], line);
}

static void write_text(const struct fixture *fixture, const char *name, const char *text)
{
    fixture_write(fixture, name, text, strlen(text));
}

static void test_include(void **state)
{
    struct fixture *fixture = *state;
    char text[512];

    snprintf(text, sizeof(text),
        "keep_days = 5;\n"
        "  @include \"sub/domains.conf\" # and more\n"
        "@include \"%s/sub/last.conf\"\n"
        "quiet_days = 8;\n",
        fixture->directory);
    write_text(fixture, "test.conf", text);
    snprintf(text, sizeof(text), "%s/sub", fixture->directory);
    assert_int_equal(mkdir(text, 0755), 0);
    write_text(fixture, "sub/domains.conf",
        "domains = (\n@include \"one.conf\"\n,\n@include \"two.conf\"\n);");
    write_text(
        fixture, "sub/one.conf", "{ name = \"example.com\"; owned_since = \"2019-10-05\"; }");
    write_text(
        fixture, "sub/two.conf", "\n{ name = \"example.net\"; owned_since = \"2019-10-05\"; }\n");
    write_text(fixture, "sub/last.conf", "keep_accounts_days = 31;\n");
    assert_int_equal(fixture_reload(fixture), 0);
    assert_int_equal(fixture->config->domain_count, 2);
    assert_int_equal(fixture->config->domains[0].line, 1);
    assert_int_equal(fixture->config->domains[1].line, 2);
    assert_int_equal(fixture->config->keep_days, 5);
    assert_int_equal(fixture->config->keep_accounts_days, 31);
    assert_int_equal(fixture->config->quiet_days, 8);
}

/* Mistakes stand in the file and on the line where they were made. */
static void test_include_lines(void **state)
{
    static const char *const wanted[] = {"one.conf:2: a: ", "one.conf:3: b: ", "test.conf:1: c: ",
        "test.conf:3: d: ", "test.conf:3: domains: ", "two.conf:1: e: ", "test.conf:6: f: "};
    struct fixture *fixture = *state;
    size_t found = 0;

    write_text(fixture, "test.conf",
        "c = 1;\n@include \"one.conf\"\n d = 1; domains = \"x\"; \n@include \"two.conf\"\n\nf = "
        "1;");
    write_text(fixture, "one.conf", "# a comment\na = 1;\nb = 2;");
    write_text(fixture, "two.conf", "e = 1;\n\n\n");
    assert_int_equal(fixture_reload(fixture), ERR_CONFIG);
    assert_int_equal(fixture->mistakes.count, 7);
    for (size_t i = 0; i < fixture->mistakes.count; i++)
        for (size_t k = 0; k < 7; k++)
            if (strstr(fixture->mistakes.lines[i], wanted[k]) != NULL)
                found++;
    assert_int_equal(found, 7);
}

/* An @include that is no directive is none. */
static void test_no_include(void **state)
{
    struct fixture *fixture = *state;

    write_text(fixture, "test.conf",
        DOMAIN_LINE "# @include \"missing.conf\"\n/*\n@include \"missing.conf\"\n*/\n"
                    "database = \"/a @include b\";\n");
    assert_int_equal(fixture_reload(fixture), 0);
    write_text(fixture, "test.conf", DOMAIN_LINE "keep_days = 5; @include \"missing.conf\"\n");
    assert_int_equal(fixture_reload(fixture), ERR_CONFIG);
    assert_int_equal(fixture->mistakes.count, 1);
    assert_non_null(strstr(fixture->mistakes.lines[0], "test.conf:2: "));
}

static void test_circle(void **state)
{
    struct fixture *fixture = *state;

    write_text(fixture, "test.conf", DOMAIN_LINE "@include \"test.conf\"\n");
    check_mistake(fixture, "test.conf", "2: files @include one another too deeply, or in a circle");
}

static void test_included_directory(void **state)
{
    struct fixture *fixture = *state;
    char path[256];

    snprintf(path, sizeof(path), "%s/sub", fixture->directory);
    assert_int_equal(mkdir(path, 0755), 0);
    write_text(fixture, "test.conf", "@include \"sub\"\n");
    check_mistake(fixture, "sub", " is a directory, but a file is needed");
}

static void test_missing(void **state)
{
    check_mistake(*state, "test.conf", " cannot be read: No such file or directory");
}

static void test_directory(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkdir(fixture->path, 0755), 0);
    check_mistake(fixture, "test.conf", " is a directory, but a file is needed");
}

static void test_pipe(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    check_mistake(fixture, "test.conf", " is no regular file");
}

static void test_modes(void **state)
{
    static const struct {
        mode_t mode;
        bool wanted;
    } cases[] = {
        {0644, true}, {0600, true}, {0664, true}, {0646, false}, {0666, false}, {0602, false}};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_text(fixture, "test.conf", DOMAIN_LINE);
        assert_int_equal(chmod(fixture->path, cases[i].mode), 0);
        if (cases[i].wanted)
            assert_int_equal(fixture_reload(fixture), 0);
        else
            check_mistake(fixture, "test.conf", " can be changed by every user: chmod o-w");
    }
}

static void test_included_mode(void **state)
{
    struct fixture *fixture = *state;
    char path[256];

    write_text(fixture, "test.conf", "@include \"domains.conf\"\n");
    write_text(fixture, "domains.conf", DOMAIN_LINE);
    assert_int_equal(fixture_reload(fixture), 0);
    snprintf(path, sizeof(path), "%s/domains.conf", fixture->directory);
    assert_int_equal(chmod(path, 0666), 0);
    check_mistake(fixture, "domains.conf", " can be changed by every user: chmod o-w");
}

static void test_huge(void **state)
{
    struct fixture *fixture = *state;
    size_t size = (16u << 20) + 1;
    char *bytes = malloc(size);

    memset(bytes, '\n', size);
    memcpy(bytes, DOMAIN_LINE, strlen(DOMAIN_LINE));
    fixture_write(fixture, "test.conf", bytes, size - 1);
    assert_int_equal(fixture_reload(fixture), 0);
    fixture_write(fixture, "test.conf", bytes, size);
    check_mistake(fixture, "test.conf", " is larger than 16 MiB: that is no configuration");
    /* many times a file that is not too large */
    fixture_write(fixture, "large.conf", bytes + 100, size - 100);
    write_text(fixture, "test.conf",
        "@include \"large.conf\"\n@include \"large.conf\"\n@include \"large.conf\"\n");
    check_mistake(fixture, "test.conf", " is larger than 32 MiB with all that it includes");
    free(bytes);
}

static void test_binary(void **state)
{
    struct fixture *fixture = *state;
    char bytes[4096];

    fixture_write(fixture, "test.conf", "keep_days = 5;\nx\0y", 18);
    check_mistake(fixture, "test.conf", "2: a NUL octet stands here: this is no text file");
    fixture_write(fixture, "test.conf", "\0", 1);
    check_mistake(fixture, "test.conf", "1: a NUL octet stands here: this is no text file");
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 % 255 + 1);
    for (size_t begin = 0; begin < 255; begin++) {
        fixture_write(fixture, "test.conf", bytes + begin, sizeof(bytes) - begin);
        assert_int_equal(fixture_reload(fixture), ERR_CONFIG);
    }
}

/* Every beginning of a good file is told to be none, or is one. */
static void test_truncated(void **state)
{
    static const char text[] =
        "# comment\n/* another */ keep_days = 0x5A; // third\n"
        "own_networks = [ \"192.0.2.0/24\", ];\n"
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = ( { since = "
        "\"2026-01-01\"; mode = \"tag\"; } ); } );";
    struct fixture *fixture = *state;

    for (size_t length = 0; length <= sizeof(text) - 1; length++) {
        int rc;

        fixture_write(fixture, "test.conf", text, length);
        rc = fixture_reload(fixture);
        assert_int_equal(rc, length >= sizeof(text) - 2 ? 0 : ERR_CONFIG);
    }
}

static void test_byte_order_mark(void **state)
{
    fixture_good(*state, "\xef\xbb\xbf" DOMAIN_LINE);
    fixture_good(*state, "\xef\xbb\xbf" DOMAIN_LINE "keep_days = 5;\r\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_include), TEST(test_include_lines),
        TEST(test_no_include), TEST(test_circle), TEST(test_included_directory), TEST(test_missing),
        TEST(test_directory), TEST(test_pipe), TEST(test_modes), TEST(test_included_mode),
        TEST(test_huge), TEST(test_binary), TEST(test_truncated), TEST(test_byte_order_mark)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
