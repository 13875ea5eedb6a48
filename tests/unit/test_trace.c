/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "trace.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DATE "; Mon, 02 Mar 2020 10:00:05 +0000"
#define WHEN "2020-03-02T10:00:05Z"

static const struct {
    const char *name;
    const char *value;
    const char *from, *by, *recipient, *when; /* NULL, "" for none */
} cases[] = {
    {"Gmail",
        "from mail.shop.example (mail.shop.example. [192.0.2.1])\n        by mx.google.com "
        "with ESMTPS id y2\n        for <old@example.com>\n        (version=TLS1_3);\n"
        "        Mon, 02 Mar 2020 02:00:05 -0800 (PST)",
        "mail.shop.example", "mx.google.com", "old@example.com", WHEN},
    {"inside Gmail", "by 2002:a05:1234:b0:1 with SMTP id x1csp1" DATE, NULL, "2002:a05:1234:b0:1",
        NULL, WHEN},
    {"Postfix",
        "from a.example (unknown [192.0.2.1])\n\tby mx.example.com (Postfix) with ESMTP id "
        "4X\n\tfor <old@example.com>" DATE " (UTC)",
        "a.example", "mx.example.com", "old@example.com", WHEN},
    {"comments tell nothing",
        "(by evil.example for <me@example.com>) from a.example (for x; by y) "
        "by b.example" DATE,
        "a.example", "b.example", NULL, WHEN},
    {"quotes hold together", "from a.example by b.example for <\"a; by c\"@example.com>" DATE,
        "a.example", "b.example", "\"a; by c\"@example.com", WHEN},
    {"the first counts", "from a.example from c.example by b.example by d.example" DATE,
        "a.example", "b.example", NULL, WHEN},
    {"values are no words", "from by by from with for id for" DATE, "by", "from", NULL, WHEN},
    {"without brackets, in capitals", "FROM a.example BY b.example FOR old@example.com" DATE,
        "a.example", "b.example", "old@example.com", WHEN},
    {"no date", "from a.example by b.example", "a.example", "b.example", NULL, ""},
    {"a bad date", "from a.example by b.example; yesterday", "a.example", "b.example", NULL, ""},
    {"the last semicolon counts", "by b.example; x" DATE, NULL, "b.example", NULL, WHEN},
    {"a comment that does not end", "from a.example (by b.example", "a.example", NULL, NULL, ""},
    {"nothing", "", NULL, NULL, NULL, ""},
    {"a word alone", "from", NULL, NULL, NULL, ""},
};

static bool same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        size_t length = strlen(cases[i].value);
        char *exact = malloc(length + 1), when[DATE_TEXT_SIZE];
        struct mail_field field = {"Received", exact, length, false};
        struct trace_hop hop;

        assert_non_null(exact);
        memcpy(exact, cases[i].value, length + 1);
        assert_int_equal(trace_read(arena, &field, &hop), 0);
        date_format(hop.when, when);
        if (!same(hop.from, cases[i].from) || !same(hop.by, cases[i].by) ||
            !same(hop.recipient, cases[i].recipient) || strcmp(when, cases[i].when) != 0)
            fail_msg("%s: from %s by %s for %s at %s", cases[i].name, hop.from, hop.by,
                hop.recipient, when);
        for (; length > 0; length--) { /* any octet may be the last */
            exact[length - 1] = '\0';
            field.length = length - 1;
            assert_int_equal(trace_read(arena, &field, &hop), 0);
        }
        free(exact);
        arena_free(&arena);
    }
}

static void test_very_long_fields(void **state)
{
    const size_t huge = (size_t)1 << 20;
    char *value = malloc(huge + 1);
    struct mail_field field = {"Received", value, huge, false};
    struct arena *arena = arena_new((size_t)1 << 16);
    struct trace_hop hop;

    (void)state;
    assert_non_null(value);
    memset(value, 'x', huge);
    value[huge] = '\0';
    memcpy(value, "from ", 5);
    assert_int_equal(trace_read(arena, &field, &hop), 0);
    assert_null(hop.from);
    memset(value, '(', huge);
    assert_int_equal(trace_read(arena, &field, &hop), 0);
    for (size_t i = 0; i + 1 < huge; i += 2)
        memcpy(value + i, "a ", 2);
    assert_int_equal(trace_read(arena, &field, &hop), 0);
    arena_free(&arena);
    free(value);
}

static void test_arrival(void **state)
{
    static const struct mail_limits limits = {1 << 20, 1000, 1 << 20};
    static const struct {
        const char *header;
        const char *when;
    } mails[] = {
        {"Received: by a" DATE "\nReceived: by b; Mon, 01 Jan 2001 00:00:00 +0000\n\n", WHEN},
        {"Received: by a; soon\nReceived: by b" DATE "\n\n", WHEN},
        {"Date: Mon, 02 Mar 2020 10:00:05 +0000\n\n", ""},
        {"Received: x\n\n", ""},
        {"\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++) {
        struct mail *mail = mail_new(&limits, NULL);
        char when[DATE_TEXT_SIZE];

        assert_int_equal(mail_from_bytes(mail, mails[i].header, strlen(mails[i].header)), 0);
        date_format(trace_arrival(mail), when);
        assert_string_equal(when, mails[i].when);
        mail_free(&mail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_very_long_fields),
        cmocka_unit_test(test_arrival),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
