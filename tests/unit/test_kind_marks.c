/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Marks: what header fields, senders and subjects of a mail tell of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kind_fixture.h"
#include "kind_rules.h"
#include "mail_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned number_of(const char *mark)
{
    const struct kind_rules *rules = kind_fixture.rules;
    unsigned number = 0;

    while (number < rules->mark_count && strcmp(rules->marks[number], mark) != 0)
        number++;
    assert_true(number < rules->mark_count);
    return number;
}

/* from: the address in From, as it was read. */
static bool has_mark(const char *header, const char *from, unsigned mark)
{
    static const struct mail_limits limits = {
        .header_bytes = 4096, .header_fields = 100, .body_bytes = 4096};
    static const struct text_limits text_limits = {.text_bytes = 999, .parts = 9, .depth = 9};
    struct kind_marks marks = {0};
    struct mail *mail;
    struct text *text;
    char *bytes;
    int length;

    length = asprintf(&bytes,
        "From: a@x.example\r\nTo: someone@used.example\r\nSubject: x\r\n%s\r\nx\r\n", header);
    assert_true(length > 0);
    mail = mail_fixture(&limits, NULL, bytes, (size_t)length);
    assert_int_equal(text_read(mail, &text_limits, &text), 0);
    assert_int_equal(kind_marks_find(mail, text, from, kind_fixture.rules, &marks), 0);
    mail_free(&mail);
    free(bytes);
    return kind_has_mark(&marks, mark);
}

static void marks_are_found(void **state)
{
    static const struct {
        const char *header;
        const char *from;
        const char *mark;
        bool there;
    } cases[] = {
        {"", "no-reply@x.example", "from-noreply", true},
        {"", "No.Reply+1@x.example", "from-noreply", true},
        {"", "lee@noreply.example", "from-noreply", false},
        {"", NULL, "from-noreply", false},
        {"", "security@x.example", "from-security", true},
        {"", "insecurityx@x.example", "from-billing", false},
        {"", "lee@gmail.com", "freemail", true},
        {"", "lee@notgmail.com", "freemail", false},
        {"", "gmail.com", "freemail", false},
        {"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", "a@x.example", "one-click", true},
        {"PRECEDENCE: Bulk\r\n", "a@x.example", "precedence-bulk", true},
        {"Precedence: bulky\r\n", "a@x.example", "precedence-bulk", false},
        {"Auto-Submitted: no\r\n", "a@x.example", "auto-generated", false},
        {"Auto-Submitted: auto-generated; x=y\r\n", "a@x.example", "auto-generated", true},
        {"X-Gm-Message-State: abc\r\n", "a@x.example", "person-program", true},
        {"X-Gm-Message-State: abc\r\nFeedback-ID: a:b:c:d\r\n", "a@x.example", "person-program",
            false},
        {"Return-Path: <>\r\n", "a@x.example", "null-sender", true},
        {"Return-Path: <a@x.example>\r\n", "a@x.example", "null-sender", false},
        {"References: <a@x.example>\r\n", "a@x.example", "reply", true},
        {"Cc: b@x.example\r\n", "a@x.example", "recipients", true},
        {"", "a@x.example", "recipients", false},
        {"X-Spam-Status: Yes, score=9\r\n", "a@x.example", "spam-flag", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool there = has_mark(cases[i].header, cases[i].from, number_of(cases[i].mark));

        if (there != cases[i].there)
            fail_msg("%s%s: %s", cases[i].header, cases[i].from, cases[i].mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_found),
    };

    return cmocka_run_group_tests(tests, kind_fixture_load, kind_fixture_unload);
}
