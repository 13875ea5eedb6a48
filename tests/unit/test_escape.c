/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * escape: nothing that goes out ends the place it stands in, hides, or moves what is around it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

#define HOLE "\xef\xbf\xbd"

struct escape_case {
    const char *name;
    const char *text;
    const char *html;
    const char *terminal;
    const char *csv;
};

static const struct escape_case cases[] = {
    {"plain", "anna@example.com", "anna@example.com", "anna@example.com", "anna@example.com"},
    {"nothing", "", "", "", "\"\""},
    {"markup", "<script>\"'&</script>", "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;",
        "<script>\"'&</script>", "\"<script>\"\"'&</script>\""},
    {"escape sequence", "\x1b[31mred\x07", HOLE "[31mred" HOLE, HOLE "[31mred" HOLE,
        HOLE "[31mred" HOLE},
    {"formula in wide signs",
        "\xef\xbc\x9d"
        "1",
        "\xef\xbc\x9d"
        "1",
        "\xef\xbc\x9d"
        "1",
        "\"'\xef\xbc\x9d"
        "1\""},
    {"wide plus", "\xef\xbc\x8b", "\xef\xbc\x8b", "\xef\xbc\x8b", "\"'\xef\xbc\x8b\""},
    {"wide minus", "\xef\xbc\x8d", "\xef\xbc\x8d", "\xef\xbc\x8d", "\"'\xef\xbc\x8d\""},
    {"wide at", "\xef\xbc\xa0", "\xef\xbc\xa0", "\xef\xbc\xa0", "\"'\xef\xbc\xa0\""},
    {"wide sign behind", "a\xef\xbc\x9d", "a\xef\xbc\x9d", "a\xef\xbc\x9d", "a\xef\xbc\x9d"},
    {"C1 control",
        "\xc2\x9b"
        "31m",
        HOLE "31m", HOLE "31m", HOLE "31m"},
    {"lines", "a\nb\tc\rd", "a\nb" HOLE "c" HOLE "d", "a" HOLE "b" HOLE "c" HOLE "d",
        "\"a\nb\tc" HOLE "d\""},
    {"right-to-left override", "\xe2\x80\xaeMOC", HOLE "MOC", HOLE "MOC", HOLE "MOC"},
    {"isolate", "\xe2\x81\xa6x\xe2\x81\xa9", HOLE "x" HOLE, HOLE "x" HOLE, HOLE "x" HOLE},
    {"zero width",
        "a\xe2\x80\x8b\xef\xbb\xbf"
        "b",
        "a" HOLE HOLE "b", "a" HOLE HOLE "b", "a" HOLE HOLE "b"},
    {"joiners are needed", "\xd9\x85\xe2\x80\x8c\xd9\x86", "\xd9\x85\xe2\x80\x8c\xd9\x86",
        "\xd9\x85\xe2\x80\x8c\xd9\x86", "\xd9\x85\xe2\x80\x8c\xd9\x86"},
    {"line separators", "\xe2\x80\xa8x\xe2\x80\xa9", HOLE "x" HOLE, HOLE "x" HOLE, HOLE "x" HOLE},
    {"tag characters", "a\xf3\xa0\x81\x81", "a" HOLE, "a" HOLE, "a" HOLE},
    {"no UTF-8", "a\xff\xc3(\xe2\x82", "a" HOLE HOLE "(" HOLE HOLE, "a" HOLE HOLE "(" HOLE HOLE,
        "a" HOLE HOLE "(" HOLE HOLE},
    {"overlong and surrogate", "\xc0\xbc\xed\xa0\x80", HOLE HOLE HOLE HOLE HOLE,
        HOLE HOLE HOLE HOLE HOLE, HOLE HOLE HOLE HOLE HOLE},
    {"truncated", "\xe6\x97", HOLE HOLE, HOLE HOLE, HOLE HOLE},
    {"Japanese", "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac",
        "\xe6\x97\xa5\xe6\x9c\xac"},
    {"formula", "=1+1", "=1+1", "=1+1", "\"'=1+1\""},
    {"formula with plus", "+1", "+1", "+1", "\"'+1\""},
    {"formula with minus", "-1,2", "-1,2", "-1,2", "\"'-1,2\""},
    {"formula with at", "@a", "@a", "@a", "\"'@a\""},
    {"formula with tab", "\t=1", HOLE "=1", HOLE "=1", "\"'\t=1\""},
    {"formula with return", "\r=1", HOLE "=1", HOLE "=1", "\"'" HOLE "=1\""},
    {"no formula", "a=1", "a=1", "a=1", "a=1"},
    {"comma and quote", "a,\"b\"", "a,&quot;b&quot;", "a,\"b\"", "\"a,\"\"b\"\"\""},
};

/* What is written for an exact-size copy of the text. To be freed. */
static char *written(void (*write)(FILE *, const char *), const char *text)
{
    char *copy = strdup(text), *out = NULL;
    size_t length;
    FILE *stream = open_memstream(&out, &length);

    assert_non_null(copy);
    assert_non_null(stream);
    write(stream, copy);
    fclose(stream);
    free(copy);
    return out;
}

static void check(
    const char *name, void (*write)(FILE *, const char *), const char *text, const char *wanted)
{
    char *out = written(write, text);

    if (strcmp(out, wanted) != 0)
        fail_msg("%s: \"%s\", not \"%s\"", name, out, wanted);
    free(out);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(cases[i].name, escape_html, cases[i].text, cases[i].html);
        check(cases[i].name, escape_terminal, cases[i].text, cases[i].terminal);
        check(cases[i].name, escape_csv, cases[i].text, cases[i].csv);
    }
}

/* Every octet alone and before a letter: no control goes out, in none of the three. */
static void test_every_octet(void **state)
{
    void (*const writers[])(FILE *, const char *) = {escape_html, escape_terminal, escape_csv};

    (void)state;
    for (int octet = 1; octet < 256; octet++)
        for (size_t w = 0; w < 3; w++) {
            const char text[] = {(char)octet, 'x', '\0'};
            char *out = written(writers[w], text);

            for (const char *p = out; *p != '\0'; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                    assert_true((*p == '\n' && w != 1) || (*p == '\t' && w == 2));
            assert_non_null(strchr(out, 'x'));
            free(out);
        }
}

static char *in_columns(const char *text, size_t columns, bool right)
{
    char *out = NULL;
    size_t length;
    FILE *stream = open_memstream(&out, &length);

    assert_non_null(stream);
    escape_columns(stream, text, columns, right);
    fclose(stream);
    return out;
}

static void test_columns(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        bool right;
        const char *wanted;
    } wanted[] = {
        {"abc", 5, false, "abc  "},
        {"abc", 5, true, "  abc"},
        {"abc", 3, false, "abc"},
        {"abcd", 3, false, "ab\xe2\x80\xa6"},
        {"\xe6\x97\xa5\xe6\x9c\xac", 4, false, "\xe6\x97\xa5\xe6\x9c\xac"},
        {"\xe6\x97\xa5\xe6\x9c\xac", 5, true, " \xe6\x97\xa5\xe6\x9c\xac"},
        {"\xe6\x97\xa5\xe6\x9c\xac", 3, false, "\xe6\x97\xa5\xe2\x80\xa6"},
        {"\xe6\x97\xa5\xe6\x9c\xac", 2, false, "\xe2\x80\xa6 "},
        {"a\x1b[1m", 5, false, "a" HOLE "[1m"},
        {"", 2, false, "  "},
        {"abc", 0, false, ""},
        {"abc", 1, false, "\xe2\x80\xa6"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        char *out = in_columns(wanted[i].text, wanted[i].columns, wanted[i].right);

        assert_string_equal(out, wanted[i].wanted);
        assert_int_equal(escape_width(out), wanted[i].columns);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_every_octet),
        cmocka_unit_test(test_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
