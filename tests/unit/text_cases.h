/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What the tests of text have in common: a mail in, a few lines that describe its text out.
 *
 * One line a segment, by its origin (S subject, A author, H hidden, T alt, Q quoted, R returned):
 * "A:words"; one line a link: "L1:https://example.com/", with the number of its segment.
 */
#ifndef GONEAWAY_TESTS_TEXT_CASES_H
#define GONEAWAY_TESTS_TEXT_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "fold.h"
#include "mail_fixture.h"
#include "text.h"

struct text_case {
    const char *name;
    const char *mail;
    const char *described;
};

static const struct mail_limits text_mail_limits = {1 << 20, 4096, 1 << 26};
static const struct text_limits text_usual_limits = {65536, 100, 16};

static struct mail *text_mail(const char *bytes, size_t length)
{
    return mail_fixture(&text_mail_limits, NULL, bytes, length);
}

/* What holds of every text, whatever the mail. */
static void text_check(const struct text *text, struct arena *arena)
{
    assert_non_null(text->subject);
    for (size_t i = 0; i < text->segment_count; i++) {
        const struct text_segment *segment = &text->segments[i];

        assert_int_equal(segment->length, strlen(segment->folded));
        assert_true(i == 0 || segment->block >= text->segments[i - 1].block);
        assert_true(segment->origin <= TEXT_RETURNED);
        assert_string_equal(
            fold_text(arena, segment->plain, strlen(segment->plain), SIZE_MAX, NULL),
            segment->folded);
    }
    for (size_t i = 0; i < text->link_count; i++) {
        assert_true(text->links[i].segment < text->segment_count);
        assert_true(text->links[i].url[0] != '\0');
    }
}

static struct text *text_of(struct mail *mail, const struct text_limits *limits)
{
    struct text *text = NULL;

    assert_int_equal(text_read(mail, limits, &text), 0);
    assert_non_null(text);
    text_check(text, mail->arena);
    return text;
}

/* To be freed with buf_free. */
__attribute__((unused)) static struct buf text_describe(const char *mail_text)
{
    static const char letters[] = "SAHTQR";
    struct mail *mail = text_mail(mail_text, strlen(mail_text));
    struct text *text = text_of(mail, &text_usual_limits);
    struct buf out;

    buf_init(&out, SIZE_MAX / 4);
    for (size_t i = 0; i < text->segment_count; i++)
        buf_printf(&out, "%c:%s\n", letters[text->segments[i].origin], text->segments[i].plain);
    for (size_t i = 0; i < text->link_count; i++)
        buf_printf(&out, "L%zu:%s\n", text->links[i].segment, text->links[i].url);
    mail_free(&mail);
    return out;
}

__attribute__((unused)) static void text_check_cases(const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf described = text_describe(cases[i].mail);

        if (strcmp(buf_text(&described), cases[i].described) != 0)
            fail_msg("%s gave\n%snot\n%s", cases[i].name, buf_text(&described), cases[i].described);
        buf_free(&described);
    }
}

#define TEXT_CHECK_CASES(cases) text_check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

__attribute__((unused)) static int text_group_setup(void **state)
{
    (void)state;
    text_open();
    return 0;
}

__attribute__((unused)) static int text_group_teardown(void **state)
{
    (void)state;
    text_close();
    return 0;
}

#endif
