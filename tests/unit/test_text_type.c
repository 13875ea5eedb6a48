/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is read without GMime is what GMime reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "err.h"
#include "text_type.h"

static bool equal(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

/* Reads a value both ways; returns whether it was of the plain form. */
static bool check(const char *value)
{
    struct arena *arena = arena_new(0);
    char *exact = strdup(value);
    struct text_type plain;
    struct text_type any;
    bool is_plain = text_type_read_plain(arena, exact, &plain) == 0;

    assert_int_equal(text_type_read_any(arena, exact, &any), 0);
    if (is_plain &&
        (!equal(plain.name, any.name) || !equal(plain.charset, any.charset) ||
            !equal(plain.boundary, any.boundary) || !equal(plain.report_type, any.report_type) ||
            !equal(plain.smime_type, any.smime_type) || plain.flowed != any.flowed ||
            plain.delsp != any.delsp))
        fail_msg("\"%s\": %s %s, not %s %s", value, plain.name,
            plain.charset != NULL ? plain.charset : "-", any.name,
            any.charset != NULL ? any.charset : "-");
    free(exact);
    arena_free(&arena);
    return is_plain;
}

static const struct {
    const char *value;
    bool plain;
    const char *name;
    const char *charset;
    const char *boundary;
} cases[] = {
    {"text/plain", true, "text/plain", NULL, NULL},
    {" Text/HTML ", true, "text/html", NULL, NULL},
    {"text/plain; charset=utf-8", true, "text/plain", "utf-8", NULL},
    {"text/plain;charset=\"UTF-8\"", true, "text/plain", "UTF-8", NULL},
    {"text/plain; Charset = \"utf-8\" ; format=flowed", true, "text/plain", "utf-8", NULL},
    {"multipart/alternative; boundary=\"----=_Part_1:2,3\"", true, "multipart/alternative", NULL,
        "----=_Part_1:2,3"},
    {"application/vnd.example+xml; x=y; charset=a", true, "application/vnd.example+xml", "a", NULL},
    {"multipart/mixed; boundary=\"a?b\"", false, "multipart/mixed", NULL, "a?b"},
    {"multipart/mixed; boundary=\"a b\"", false, "multipart/mixed", NULL, "a b"},
    {"multipart/mixed; boundary=\"a\\\"b\"", false, "multipart/mixed", NULL, "a\"b"},
    {"multipart/mixed; boundary=a=b", false, "multipart/mixed", NULL, "a=b"},
    {"multipart/mixed; boundary=\"a", false, "multipart/mixed", NULL, "\"a"},
    {"text/plain (comment); charset=utf-8", false, "text/plain", "utf-8", NULL},
    {"text/plain; charset=utf-8 (comment)", false, "text/plain", "utf-8 (comment)", NULL},
    {"text/plain; charset*0=utf; charset*1=-8", false, "text/plain", "utf-8", NULL},
    {"text/plain; charset=\"\"", false, "text/plain", NULL, NULL},
    {"text", false, NULL, NULL, NULL},
    {"text/", false, NULL, NULL, NULL},
    {"/plain", false, NULL, NULL, NULL},
    {"", false, NULL, NULL, NULL},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new(0);
        char *exact = strdup(cases[i].value);
        struct text_type type;

        if (check(cases[i].value) != cases[i].plain)
            fail_msg("plain: \"%s\"", cases[i].value);
        assert_int_equal(text_type_read(arena, exact, &type), 0);
        if (!equal(type.name, cases[i].name) || !equal(type.charset, cases[i].charset) ||
            !equal(type.boundary, cases[i].boundary))
            fail_msg("\"%s\": %s %s %s", cases[i].value, type.name != NULL ? type.name : "-",
                type.charset != NULL ? type.charset : "-",
                type.boundary != NULL ? type.boundary : "-");
        free(exact);
        arena_free(&arena);
    }
}

static void test_every_parameter(void **state)
{
    char value[] = "multipart/report; report-type=Delivery-Status; smime-type=Enveloped-Data;"
                   " format=Flowed; delsp=YES; boundary=b; charset=c";
    struct arena *arena = arena_new(0);
    struct text_type type;

    (void)state;
    assert_true(check(value));
    assert_int_equal(text_type_read(arena, value, &type), 0);
    assert_string_equal(type.report_type, "delivery-status");
    assert_string_equal(type.smime_type, "Enveloped-Data");
    assert_string_equal(type.boundary, "b");
    assert_string_equal(type.charset, "c");
    assert_true(type.flowed && type.delsp);
    arena_free(&arena);
}

static uint32_t seed = 1;

static size_t any(size_t below)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (size_t)((uint64_t)(seed >> 8) * below >> 24);
}

/* What such values are made of, in any order. */
static void test_invented(void **state)
{
    static const char *const pieces[] = {"text", "/", "html", "; ", ";", "charset", "=", "utf-8",
        "\"utf-8\"", "\"a b\"", "boundary", "format", "flowed", " ", "\t", "\"", "\\", "(c)", "*",
        "*0", "?", "=?utf-8?q?a?=", "'", ".", "+", "_", "-", "%41", "\200", "\303\251", "@", ",",
        ":", "[", "\"=_:,\"", "\"x'y\"", "report-type", "; charset=a", "; boundary=\"b\"", "; x=y"};
    size_t plain = 0;

    (void)state;
    for (int round = 0; round < 100000; round++) {
        char value[512] = "";

        strcat(value, any(4) > 0 ? "text/html" : "");
        for (size_t count = any(9); count > 0; count--)
            strcat(value, pieces[any(sizeof(pieces) / sizeof(pieces[0]))]);
        plain += check(value);
    }
    assert_true(plain > 1000);
}

static void test_no_memory(void **state)
{
    int (*const ways[])(struct arena *, char *, struct text_type *) = {
        text_type_read, text_type_read_any};

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        for (unsigned long nth = 1;; nth++) {
            char value[] = "text/plain; charset=\"utf-8\"; boundary=b; report-type=c";
            struct arena *arena = arena_new(0);
            struct text_type type;
            int result;

            arena_fail_at(nth);
            result = ways[i](arena, value, &type);
            arena_fail_at(0);
            arena_free(&arena);
            if (result == 0) {
                assert_true(nth > 4);
                break;
            }
            assert_int_equal(result, ERR_NOMEM);
        }
}

static int setup(void **state)
{
    (void)state;
    g_mime_init();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    g_mime_shutdown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_every_parameter),
        cmocka_unit_test(test_invented),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
