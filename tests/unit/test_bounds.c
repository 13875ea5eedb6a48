/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What strangers bring, at each bound, one beyond it, and far beyond: at the bound all is read,
 * beyond it what is left out is told. (Lines of the log: test_log; recipients, connections and
 * packets: tests/milter/test_protocol.py and tests/fault/test_descriptors.py.)
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
#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BOUND 12

/* so many of what is bounded */
static const size_t amounts[] = {1, BOUND - 1, BOUND, BOUND + 1, 50 * BOUND};

static const struct mail_limits wide = {
    .header_bytes = 1 << 20, .header_fields = 10000, .body_bytes = 1 << 20};
static const struct text_limits wide_text = {.text_bytes = 65536, .parts = 10000, .depth = 10000};

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* A text that grows, for mails. */
struct draft {
    char *text;
    size_t size;
    FILE *file;
};

static void draft_open(struct draft *draft)
{
    *draft = (struct draft){0};
    draft->file = open_memstream(&draft->text, &draft->size);
    assert_non_null(draft->file);
}

/* The mail of a draft, in a block of exactly its size, and its text. */
static struct mail *draft_read(
    struct draft *draft, const struct text_limits *limits, struct text **text)
{
    struct mail *mail = mail_new(&wide, NULL);

    assert_int_equal(fclose(draft->file), 0);
    assert_non_null(mail);
    assert_int_equal(mail_from_bytes(mail, draft->text, draft->size), 0);
    assert_int_equal(text_read(mail, limits, text), 0);
    free(draft->text);
    return mail;
}

static void test_header_fields(void **state)
{
    struct mail_limits limits = wide;

    (void)state;
    limits.header_fields = BOUND;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        struct mail *mail = mail_new(&limits, NULL);

        for (size_t n = 0; n < amounts[i]; n++)
            assert_int_equal(mail_add_field(mail, "Name", "value"), 0);
        assert_int_equal(mail_end_header(mail), 0);
        assert_int_equal(mail->field_count, least(amounts[i], BOUND));
        assert_int_equal(mail->cut, amounts[i] > BOUND ? MAIL_CUT_HEADER : 0);
        mail_free(&mail);
    }
}

static void test_header_bytes(void **state)
{
    static const size_t sizes[] = {100, 999, 1000, 1001, 100000};
    struct mail_limits limits = wide;

    (void)state;
    limits.header_bytes = 1000;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct mail *mail = mail_new(&limits, NULL);
        char *value = calloc(1, sizes[i]);

        /* "N: value" and its line end, and the NUL that is not counted */
        memset(value, 'v', sizes[i] - 5);
        assert_int_equal(mail_add_field(mail, "N", value), 0);
        assert_int_equal(mail->field_count, sizes[i] <= 1000);
        assert_int_equal(mail->cut, sizes[i] > 1000 ? MAIL_CUT_HEADER : 0);
        assert_int_equal(mail->size, sizes[i]);
        free(value);
        mail_free(&mail);
    }
}

static void test_body_bytes(void **state)
{
    static const size_t sizes[] = {1, 4095, 4096, 4097, 1000000};
    struct mail_limits limits = wide;

    (void)state;
    limits.body_bytes = 4096;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct mail *mail = mail_new(&limits, NULL);
        char *body = malloc(sizes[i]);

        memset(body, 'b', sizes[i]);
        assert_int_equal(mail_end_header(mail), 0);
        assert_int_equal(mail_add_body(mail, body, sizes[i]), 0);
        assert_int_equal(mail_end(mail), 0);
        assert_int_equal(mail->body_length, least(sizes[i], 4096));
        assert_int_equal(mail->cut, sizes[i] > 4096 ? MAIL_CUT_BODY : 0);
        free(body);
        mail_free(&mail);
    }
}

/* The multipart itself is a part as well. */
static void test_parts(void **state)
{
    struct text_limits limits = wide_text;

    (void)state;
    limits.parts = BOUND + 1;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        struct draft draft;
        struct mail *mail;
        struct text *text;

        draft_open(&draft);
        fputs("Content-Type: multipart/mixed; boundary=b\n\n", draft.file);
        for (size_t n = 0; n < amounts[i]; n++)
            fprintf(draft.file, "--b\n\nword%zu\n", n);
        fputs("--b--\n", draft.file);
        mail = draft_read(&draft, &limits, &text);
        assert_int_equal(text->segment_count, least(amounts[i], BOUND));
        assert_int_equal(text->cut, amounts[i] > BOUND ? TEXT_CUT_PARTS : 0);
        mail_free(&mail);
    }
}

static void test_depth(void **state)
{
    struct text_limits limits = wide_text;

    (void)state;
    limits.depth = BOUND;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        struct draft draft;
        struct mail *mail;
        struct text *text;

        draft_open(&draft);
        for (size_t n = 0; n < amounts[i]; n++)
            fprintf(draft.file, "%sContent-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n",
                n > 0 ? "" : "Subject: deep\n", n, n);
        fputs("\ndeepest\n", draft.file);
        mail = draft_read(&draft, &limits, &text);
        /* the subject, and what was reached */
        assert_int_equal(text->segment_count, 1 + (amounts[i] <= BOUND));
        assert_int_equal(text->cut, amounts[i] > BOUND ? TEXT_CUT_DEPTH : 0);
        mail_free(&mail);
    }
}

static void test_text_bytes(void **state)
{
    static const size_t sizes[] = {1, 1023, 1024, 1025, 50000};
    struct text_limits limits = wide_text;

    (void)state;
    limits.text_bytes = 1024;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct draft draft;
        struct mail *mail;
        struct text *text;
        size_t octets = 0;

        draft_open(&draft);
        fputs("\n", draft.file);
        for (size_t n = 0; n < sizes[i]; n++)
            fputc(n % 8 == 7 ? ' ' : 'w', draft.file);
        mail = draft_read(&draft, &limits, &text);
        for (size_t n = 0; n < text->segment_count; n++)
            octets += strlen(text->segments[n].plain);
        assert_true(octets <= 1024);
        /* white space at the end is no text, and a word is not cut in two */
        assert_true(octets + 8 >= least(sizes[i], 1024));
        assert_int_equal(text->cut, sizes[i] > 1024 ? TEXT_CUT_LENGTH : 0);
        mail_free(&mail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_fields),
        cmocka_unit_test(test_header_bytes),
        cmocka_unit_test(test_body_bytes),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_text_bytes),
    };

    text_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
