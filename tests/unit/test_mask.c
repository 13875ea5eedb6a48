/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mask: no local part goes through, the same address looks the same, and only in one run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "mask.h"

#define FORM 11 /* "~" and ten letters */

static int make(void **state)
{
    static const char *const domains[] = {"example.com", "example.net"};

    return mask_new(domains, 2, (struct mask **)state);
}

static int drop(void **state)
{
    struct mask *mask = *state;

    mask_free(&mask);
    return 0;
}

typedef void masker(const struct mask *, const char *, struct buf *);

/* The masked form of an exact-size copy; to be freed. */
static char *masked(masker *how, const struct mask *mask, const char *text)
{
    char *copy = strdup(text), *out;
    struct buf buf;

    assert_non_null(copy);
    buf_init(&buf, 1 << 16);
    how(mask, copy, &buf);
    assert_int_equal(buf_failed(&buf), 0);
    out = strdup(buf_text(&buf));
    assert_non_null(out);
    buf_free(&buf);
    free(copy);
    return out;
}

static void as_url(const struct mask *mask, const char *text, struct buf *out)
{
    assert_true(mask_column(mask, "url", text, out));
}

static void as_note(const struct mask *mask, const char *text, struct buf *out)
{
    assert_true(mask_column(mask, "note", text, out));
}

static void as_address(const struct mask *mask, const char *text, struct buf *out)
{
    assert_true(mask_column(mask, "Address", text, out));
}

/* "#" in `wanted` stands for a masked local part. */
static bool matches(const char *out, const char *wanted)
{
    for (; *wanted != '\0'; wanted++) {
        if (*wanted != '#') {
            if (*out++ != *wanted)
                return false;
            continue;
        }
        if (*out != '~' || strspn(out + 1, "abcdefghijkmnpqrstuvwxyz23456789") < FORM - 1)
            return false;
        out += FORM;
    }
    return *out == '\0';
}

static void test_forms(void **state)
{
    static const struct {
        const char *name;
        masker *how;
        const char *text;
        const char *wanted;
    } cases[] = {
        {"address", mask_address, "anna@example.com", "#@example.com"},
        {"address, quoted with @", mask_address, "\"a@b\"@example.com", "#@example.com"},
        {"address, with blanks", mask_address, "a (b) <c>@example.com", "#@example.com"},
        {"no domain", mask_address, "anna", "#"},
        {"empty", mask_address, "", ""},
        {"in a sentence", mask_text, "told anna@example.com, twice.", "told #@example.com, twice."},
        {"at its end", mask_text, "told anna@example.com.", "told #@example.com."},
        {"in brackets", mask_text, "<anna@example.com>", "<#@example.com>"},
        {"two", mask_text, "a@example.com b@example.org", "#@example.com #@example.org"},
        {"quoted", mask_text, "\"anna x\"@example.com", "#@example.com"},
        {"UTF-8", mask_text, "\xc3\xa4@example.com", "#@example.com"},
        {"encoded", mask_text, "https://shop.example/?e=old%40example.com",
            "https:#%40example.com"},
        {"full width", mask_text,
            "anna\xef\xbc\xa0"
            "example.com",
            "#\xef\xbc\xa0"
            "example.com"},
        {"literal", mask_text, "anna@[192.0.2.1]", "#@[192.0.2.1]"},
        {"no address", mask_text, "@ @x a@ a @b", "@ @x a@ a @b"},
        {"only an @", mask_text, "@", "@"},
        {"nothing to mask", mask_text, "550 5.1.1", "550 5.1.1"},
        {"ours", mask_contact, "a@example.com b@mx.example.com c@notexample.com privacy@x.example",
            "#@example.com #@mx.example.com c@notexample.com privacy@x.example"},
        {"profile page", as_url, "https://social.example/@club", "https://social.example/@club"},
        {"ours in a page", as_url, "mailto:x@example.net", "mailto:#@example.net"},
        {"note", as_note, "wrote to privacy@shop.example", "wrote to #@shop.example"},
        {"column of addresses", as_address, "a b@example.com", "#@example.com"},
        {"ours in capitals", mask_contact, "A@EXAMPLE.COM", "#@EXAMPLE.COM"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *out = masked(cases[i].how, *state, cases[i].text);

        if (!matches(out, cases[i].wanted))
            fail_msg("%s: %s", cases[i].name, out);
        free(out);
        out = masked(cases[i].how, NULL, cases[i].text);
        assert_string_equal(out, cases[i].text);
        free(out);
    }
}

static void same(void **state, const char *one, const char *other, bool wanted)
{
    char *first = masked(mask_address, *state, one), *second = masked(mask_address, *state, other);

    if ((strncmp(first, second, FORM) == 0) != wanted)
        fail_msg("%s and %s: %s and %s", one, other, first, second);
    free(first);
    free(second);
}

static void test_rows_stay_apart(void **state)
{
    char *text = masked(mask_text, *state, "anna@example.com");
    char *address = masked(mask_address, *state, "anna@example.com");

    assert_string_equal(text, address);
    free(text);
    free(address);
    same(state, "anna@example.com", "anna@example.com", true);
    same(state, "Anna@example.com", "anna@EXAMPLE.com", true);
    same(state, "anna@example.com", "anna@example.org", false);
    same(state, "anna@example.com", "anna+x@example.com", false);
}

/* By it the MTA's log would tell the address. */
static void test_queue_id(void **state)
{
    struct buf buf;

    buf_init(&buf, 100);
    assert_false(mask_column(*state, "queue_id", "4ABC", &buf));
    assert_string_equal(buf_text(&buf), "");
    assert_true(mask_column(NULL, "queue_id", "4ABC", &buf));
    assert_string_equal(buf_text(&buf), "4ABC");
    buf_free(&buf);
}

static void test_another_run_is_another_mask(void **state)
{
    struct mask *other;
    char *one = masked(mask_address, *state, "anna@example.com"), *two;

    assert_int_equal(mask_new(NULL, 0, &other), 0);
    two = masked(mask_address, other, "anna@example.com");
    assert_string_not_equal(one, two);
    free(one);
    free(two);
    mask_free(&other);
    assert_null(other);
    mask_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forms, make, drop),
        cmocka_unit_test_setup_teardown(test_rows_stay_apart, make, drop),
        cmocka_unit_test_setup_teardown(test_queue_id, make, drop),
        cmocka_unit_test_setup_teardown(test_another_run_is_another_mask, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
