/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail.h"
#include "mail_fixture.h"

static const struct mail_limits limits = {
    .header_bytes = 1000, .header_fields = 10, .body_bytes = 20};

static struct mail *read_mail(const char *text, size_t length)
{
    return mail_fixture(&limits, NULL, text, length);
}

static void reads_fields_and_body(void **state)
{
    static const struct {
        const char *name, *text;
        size_t fields;
        const char *subject, *body;
    } cases[] = {
        {"crlf", "From: a@example.com\r\nSubject: hello\r\n\r\nbody\r\n", 2, "hello", "body\r\n"},
        {"lf becomes crlf", "Subject: hello\n\nbody\n", 1, "hello", "body\r\n"},
        {"folded", "Subject: hello\r\n world\r\n\r\n", 1, "hello\n world", ""},
        {"folded at once", "Subject:\n hello\n\nx", 1, "\n hello", "x"},
        {"mbox line", "From me Sat Jan 1\nSubject: s\n\nb", 1, "s", "b"},
        {"space before colon", "Subject : s\n\nb", 1, "s", "b"},
        {"no body", "Subject: s", 1, "s", ""},
        {"no header end", "Subject: s\nno field here\nmore", 1, "s", "no field here\r\nmore"},
        {"no header", "\nbody", 0, NULL, "body"},
        {"empty", "", 0, NULL, ""},
        {"lone cr", "\r", 0, NULL, ""},
        {"colon first", ": x\n\nb", 0, NULL, ": x\r\n\r\nb"},
        {"no value", "Subject:\n\nb", 1, "", "b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mail *mail = read_mail(cases[i].text, strlen(cases[i].text));
        const struct mail_field *subject = mail_field(mail, "subject", 0);

        if (mail->field_count != cases[i].fields)
            fail_msg("%s: %zu fields", cases[i].name, mail->field_count);
        if (cases[i].subject != NULL)
            assert_string_equal(subject->value, cases[i].subject);
        else
            assert_null(subject);
        if (strcmp(mail->body, cases[i].body) != 0)
            fail_msg("%s: body '%s'", cases[i].name, mail->body);
        mail_free(&mail);
        assert_null(mail);
    }
}

static void nul_octets_are_harmless(void **state)
{
    static const char text[] = "Sub\0ject: x\nSubject: a\0b\n\nb\0dy";
    struct mail *mail = read_mail(text, sizeof(text) - 1);
    static const char good[] = "Subject: a\0b\n\nb\0dy";

    (void)state;
    assert_int_equal(mail->field_count, 0);
    mail_free(&mail);
    mail = read_mail(good, sizeof(good) - 1);
    assert_string_equal(mail_field(mail, "Subject", 0)->value, "a b");
    assert_int_equal(mail->body_length, 4);
    mail_free(&mail);
}

static void keeps_to_the_bounds(void **state)
{
    static const size_t sizes[] = {19, 20, 21, 5000};
    char body[5000], value[1001];
    struct mail *mail;

    (void)state;
    memset(body, 'x', sizeof(body));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        mail = mail_new(&limits, NULL);
        assert_int_equal(mail_end_header(mail), 0);
        assert_int_equal(mail_add_body(mail, body, sizes[i]), 0);
        assert_int_equal(mail->body_length, sizes[i] < 20 ? sizes[i] : 20);
        assert_int_equal(mail->cut, sizes[i] > 20 ? MAIL_CUT_BODY : 0);
        assert_int_equal(mail->size, sizes[i] + 2);
        mail_free(&mail);
    }
    mail = mail_new(&limits, NULL);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(mail_add_field(mail, "A", "b"), 0);
    assert_int_equal(mail->field_count, 10);
    assert_int_equal(mail->cut, MAIL_CUT_HEADER);
    mail_free(&mail);

    mail = mail_new(&limits, NULL);
    memset(value, 'v', sizeof(value));
    value[1000 - 5] = '\0';
    assert_int_equal(mail_add_field(mail, "A", value), 0); /* exactly the bound */
    assert_int_equal(mail->cut, 0);
    assert_int_equal(mail_add_field(mail, "A", ""), 0);
    assert_int_equal(mail->cut, MAIL_CUT_HEADER);
    assert_int_equal(mail->field_count, 1);
    mail_free(&mail);
}

static void finds_and_unfolds(void **state)
{
    struct mail *mail = mail_new(&limits, NULL);

    (void)state;
    assert_int_equal(mail_add_field(mail, "X-One", " a\r\n\tb \n"), 0);
    assert_int_equal(mail_add_field(mail, "x-one", "second"), 0);
    assert_int_equal(mail_field_count(mail, "X-ONE"), 2);
    assert_string_equal(mail_field(mail, "X-One", 1)->value, "second");
    assert_null(mail_field(mail, "X-One", 2));
    assert_string_equal(mail_unfold(mail->arena, mail_field(mail, "X-One", 0)), "a\tb");
    mail_free(&mail);
    mail_free(&mail); /* nothing is left to free */
}

/* The space behind the colon is no part of a value, but simple canonicalisation signs it. */
static void remembers_the_space(void **state)
{
    static const struct {
        const char *whole, *value;
        bool tight;
    } cases[] = {
        {" a", "a", false},
        {"a", "a", true},
        {"  a", " a", false},
        {"\ta", "\ta", true},
        {"\r\n a", "\n a", true},
        {" \r\n a", "\n a", false},
        {" ", "", false},
        {"", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mail *mail = mail_new(&limits, NULL);
        char bytes[64];
        int length = snprintf(bytes, sizeof(bytes), "A:%s\r\n\r\n", cases[i].whole);

        assert_int_equal(mail_add_whole_field(mail, "A", cases[i].whole), 0);
        assert_string_equal(mail->fields[0].value, cases[i].value);
        assert_int_equal(mail->fields[0].length, strlen(cases[i].value));
        assert_int_equal(mail->fields[0].tight, cases[i].tight);
        mail_free(&mail);

        mail = mail_new(&limits, NULL);
        assert_int_equal(mail_from_bytes(mail, bytes, (size_t)length), 0);
        assert_int_equal(mail->field_count, 1);
        assert_string_equal(mail->fields[0].value, cases[i].value);
        assert_int_equal(mail->fields[0].tight, cases[i].tight);
        mail_free(&mail);
    }
}

/* Where the MTA took the space away, the usual is supposed. */
static void guesses_the_space(void **state)
{
    static const struct {
        const char *value;
        bool tight;
    } cases[] = {{"a", false}, {" a", false}, {"\ta", true}, {"\r\n a", true}, {"", true}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mail *mail = mail_new(&limits, NULL);

        assert_int_equal(mail_add_field(mail, "A", cases[i].value), 0);
        assert_int_equal(mail->fields[0].tight, cases[i].tight);
        mail_free(&mail);
    }
}

/* A body that is lent has the size that was sent, and is cut where it would have been. */
static void lends_a_body(void **state)
{
    static const struct {
        const char *body;
        size_t kept;
        uint64_t size; /* of "A: b", the empty line and the body, all with CRLF */
        unsigned cut;
    } cases[] = {
        {"", 0, 8, 0},
        {"x", 1, 9, 0},
        {"\nx\r\n\r\n\ny\n", 9, 20, 0},
        {"\r\n", 2, 10, 0},
        {"12345678901234567890", 20, 28, 0},
        {"1234567890123456789\n1", 20, 30, MAIL_CUT_BODY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mail *mail = mail_new(&limits, NULL), *copied = mail_new(&limits, NULL);
        size_t length = strlen(cases[i].body), at;
        char *exact = malloc(length + 1);

        assert_non_null(exact);
        memcpy(exact, cases[i].body, length + 1);
        assert_int_equal(mail_header_from_bytes(mail, "A: b\n\n", 6, &at), 0);
        assert_int_equal(mail_end_header(mail), 0);
        mail_lend_body(mail, exact, length);
        assert_int_equal(mail_end(mail), 0);
        assert_ptr_equal(mail->body, exact);
        assert_int_equal(mail->body_length, cases[i].kept);
        assert_int_equal(mail->body[mail->body_length], '\0');
        assert_int_equal(mail->size, cases[i].size);
        assert_int_equal(mail->cut, cases[i].cut);
        assert_int_equal(mail_header_from_bytes(copied, "A: b\n\n", 6, &at), 0);
        assert_int_equal(mail_end_header(copied), 0);
        assert_int_equal(mail_body_from_bytes(copied, cases[i].body, length), 0);
        assert_int_equal(copied->size, mail->size);
        mail_free(&copied);
        mail_free(&mail);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields_and_body),
        cmocka_unit_test(nul_octets_are_harmless),
        cmocka_unit_test(keeps_to_the_bounds),
        cmocka_unit_test(finds_and_unfolds),
        cmocka_unit_test(remembers_the_space),
        cmocka_unit_test(guesses_the_space),
        cmocka_unit_test(lends_a_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
