/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

/* A copy whose last octet is the last of its block. */
static char *exact(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    assert_non_null(copy);
    memcpy(copy, text, size);
    return copy;
}

static const struct {
    const char *name;
    const char *ascii; /* NULL: an error is expected */
    int error;
} names[] = {
    {"example.com", "example.com", 0},
    {"EXAMPLE.Com", "example.com", 0},
    {"example.com.", "example.com", 0},
    {"com", "com", 0},
    {"a", "a", 0},
    {"_dmarc.example.com", "_dmarc.example.com", 0},
    {"a-b.example", "a-b.example", 0},
    {"1.example", "1.example", 0},
    {"xn--bcher-kva.example", "xn--bcher-kva.example", 0},
    {"XN--Bcher-KVA.example", "xn--bcher-kva.example", 0},
    {"b\xc3\xbc"
     "cher.example",
        "xn--bcher-kva.example", 0},
    {"B\xc3\x9c"
     "CHER.Example",
        "xn--bcher-kva.example", 0},
    {"bu\xcc\x88"
     "cher.example",
        "xn--bcher-kva.example", 0},
    {"b\xc3\xbc"
     "cher.example.",
        "xn--bcher-kva.example", 0},
    /* non-transitional: sharp s is a letter of its own */
    {"stra\xc3\x9f"
     "e.example",
        "xn--strae-oqa.example", 0},
    {"\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88", "xn--r8jz45g.xn--zckzah", 0},
    /* the ideographic full stop separates labels */
    {"\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
        "xn--r8jz45g.xn--zckzah", 0},
    /* full-width letters are letters */
    {"\xef\xbd\x85xample.com", "example.com", 0},
    {"", NULL, ERR_SYNTAX},
    {".", NULL, ERR_SYNTAX},
    {"..", NULL, ERR_SYNTAX},
    {".example.com", NULL, ERR_SYNTAX},
    {"example..com", NULL, ERR_SYNTAX},
    {"example.com..", NULL, ERR_SYNTAX},
    {"-a.example", NULL, ERR_SYNTAX},
    {"a-.example", NULL, ERR_SYNTAX},
    {"exam ple.com", NULL, ERR_SYNTAX},
    {"example.com ", NULL, ERR_SYNTAX},
    {"exam\nple.com", NULL, ERR_SYNTAX},
    {"exam\x7f.com", NULL, ERR_SYNTAX},
    {"a@example.com", NULL, ERR_SYNTAX},
    {"a/b.example", NULL, ERR_SYNTAX},
    {"[192.0.2.1]", NULL, ERR_SYNTAX},
    {"b\xc3.example", NULL, ERR_SYNTAX},
    {"b\xff.example", NULL, ERR_SYNTAX},
    {"b\xc0\xae.example", NULL, ERR_SYNTAX},
    {"b\xc3\xbc..example", NULL, ERR_SYNTAX},
};

static void test_names(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *name = exact(names[i].name);
        const char *ascii = "set";
        int result = domain_to_ascii(arena, name, &ascii);

        if (result != names[i].error)
            fail_msg("%s: %d", name, result);
        if (names[i].ascii == NULL)
            assert_null(ascii);
        else
            assert_string_equal(ascii, names[i].ascii);
        free(name);
    }
    arena_free(&arena);
}

/* A name of labels of 49 octets and a dot each, cut to length. */
static char *long_name(size_t length)
{
    char *name = malloc(length + 1);

    assert_non_null(name);
    for (size_t i = 0; i < length; i++)
        name[i] = i % 50 == 49 && i + 1 < length ? '.' : 'a';
    name[length] = '\0';
    return name;
}

static void test_lengths(void **state)
{
    static const struct {
        size_t length;
        int error;
    } cases[] = {{1, 0}, {252, 0}, {253, 0}, {254, ERR_LIMIT}, {1012, ERR_LIMIT}, {1013, ERR_LIMIT},
        {100000, ERR_LIMIT}};
    struct arena *arena = arena_new(0);
    char label[70];
    const char *ascii;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *name = long_name(cases[i].length);

        assert_int_equal(domain_to_ascii(arena, name, &ascii), cases[i].error);
        free(name);
    }
    memset(label, 'a', sizeof(label));
    label[63] = '\0';
    assert_int_equal(domain_to_ascii(arena, label, &ascii), 0);
    label[63] = 'a';
    label[64] = '\0';
    assert_int_equal(domain_to_ascii(arena, label, &ascii), ERR_SYNTAX);
    memcpy(label + 60, "\xc3\xbc", 3);
    assert_int_equal(domain_to_ascii(arena, label, &ascii), ERR_SYNTAX);
    arena_free(&arena);
}

static void test_no_memory(void **state)
{
    const char *ascii;

    (void)state;
    for (unsigned long nth = 1; nth <= 2; nth++) {
        struct arena *arena = arena_new(0);

        arena_fail_at(1);
        assert_int_equal(
            domain_to_ascii(arena, nth == 1 ? "example.com" : "b\xc3\xbc.example", &ascii),
            ERR_NOMEM);
        assert_null(ascii);
        arena_fail_at(0);
        arena_free(&arena);
    }
}

static const struct {
    const char *name;
    const char *organisational;
} organisations[] = {
    {"example.com", "example.com"},
    {"mail.example.com", "example.com"},
    {"a.b.c.d.example.com", "example.com"},
    {"amazon.co.jp", "amazon.co.jp"},
    {"bounces.amazon.co.jp", "amazon.co.jp"},
    {"example.co.uk", "example.co.uk"},
    {"www.city.kobe.jp", "city.kobe.jp"},
    {"city.kobe.jp", "city.kobe.jp"},
    {"a.b.c.kobe.jp", "b.c.kobe.jp"},
    {"a.b.ck", "a.b.ck"},
    {"www.ck", "www.ck"},
    {"someone.github.io", "someone.github.io"},
    {"mail.someone.github.io", "someone.github.io"},
    {"acme.example", "acme.example"},
    {"mail.acme.example", "acme.example"},
    {"mail.host.invalid", "host.invalid"},
    {"a.xn--55qx5d.cn", "a.xn--55qx5d.cn"},
    {"com", NULL},
    {"example", NULL},
    {"co.jp", NULL},
    {"co.uk", NULL},
    {"github.io", NULL},
    {"c.kobe.jp", NULL},
    {"b.ck", NULL},
    {"xn--55qx5d.cn", NULL},
    {"", NULL},
    {"localhost", NULL},
};

static void check_organisations(void)
{
    for (size_t i = 0; i < sizeof(organisations) / sizeof(organisations[0]); i++) {
        char *name = exact(organisations[i].name);
        const char *found = domain_organisational(name);

        if (organisations[i].organisational == NULL) {
            if (found != NULL)
                fail_msg("%s: %s", name, found);
        } else {
            if (found == NULL || strcmp(found, organisations[i].organisational) != 0)
                fail_msg("%s: %s", name, found == NULL ? "none" : found);
            assert_ptr_equal(found + strlen(found), name + strlen(name));
        }
        free(name);
    }
}

static void test_organisations(void **state)
{
    (void)state;
    check_organisations();
    assert_string_equal(domain_list_date(), "unknown");
    assert_int_equal(domain_open(), 0);
    assert_int_equal(domain_open(), 0);
    assert_int_equal(strlen(domain_list_date()), strlen("2023-01-12"));
    assert_int_equal(strncmp(domain_list_date(), "20", 2), 0);
    check_organisations();
    domain_close();
    domain_close();
    assert_string_equal(domain_list_date(), "unknown");
}

static void test_alignment(void **state)
{
    static const struct {
        const char *one, *other;
        bool aligned;
    } cases[] = {
        {"example.com", "example.com", true},
        {"mail.example.com", "example.com", true},
        {"a.example.com", "b.example.com", true},
        {"bounce.amazon.co.jp", "amazon.co.jp", true},
        {"example.com", "example.org", false},
        {"badexample.com", "example.com", false},
        {"a.github.io", "b.github.io", false},
        {"one.co.jp", "other.co.jp", false},
        {"com", "com", false},
        {"co.jp", "amazon.co.jp", false},
        {"github.io", "a.github.io", false},
        {"", "", false},
        {"localhost", "localhost", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(domain_aligned(cases[i].one, cases[i].other), cases[i].aligned);
        assert_int_equal(domain_aligned(cases[i].other, cases[i].one), cases[i].aligned);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_organisations),
        cmocka_unit_test(test_alignment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
