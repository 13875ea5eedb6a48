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
        {"Received: from a (a. [192.0.2.1]) by b\nReceived: by c" DATE "\n\n", WHEN},
        {"Received: from pop.example by me with POP3; Tue, 07 Jul 2026 07:00:00 +0000\n"
         "Received: from a (a. [192.0.2.1]) by b" DATE "\n\n",
            WHEN},
        {"Received: from a (a. [192.0.2.1]) by b" DATE "\nReceived: from x by y with POP3\n"
         "Received: by z; Mon, 01 Jan 2001 00:00:00 +0000\n\n",
            WHEN},
        {"Received: from pop.example by me with IMAP" DATE "\n\n", ""},
        {"Date: Mon, 02 Mar 2020 10:00:05 +0000\n\n", ""},
        {"Received: x\n\n", ""},
        {"\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++) {
        struct mail *mail = mail_new(&limits, NULL);
        char when[DATE_TEXT_SIZE];
        int64_t arrival;

        assert_int_equal(mail_from_bytes(mail, mails[i].header, strlen(mails[i].header)), 0);
        assert_int_equal(trace_arrival(mail, &arrival), 0);
        date_format(arrival, when);
        assert_string_equal(when, mails[i].when);
        mail_free(&mail);
    }
}

/* Whose machine handed a mail over: "-" inside, "P" fetched, "!" outside. */
static void test_ways(void **state)
{
    static const struct {
        const char *value;
        char way;
    } ways[] = {
        {"from a.example (a.example [203.0.113.5]) by mx.example.com (Postfix) with ESMTPS id x",
            '!'},
        {"from a.example by mx.example.com with ESMTP", '!'},
        {"from a.example (a.example [IPv6:2001:db8::5]) by mx.example.com with ESMTP", '!'},
        {"from a.example ([203.0.113.5]:25 helo=a.example) by s.example with esmtps (Exim 4.98)",
            '!'},
        {"from unknown (HELO a.example) (203.0.113.5) by 0 with SMTP", '!'},
        {"from a.example (203.0.113.5) by B.outlook.example (10.1.2.3) with Microsoft SMTP", '!'},
        {"(qmail 123 invoked by uid 89)", '-'},
        {"by 2002:a05:1234:b0:1 with SMTP id x1csp1", '-'},
        {"from localhost (localhost [127.0.0.1]) by mx.example.com (Postfix) with ESMTP id x", '-'},
        {"from mx.example.com ([IPv6:::1]) by localhost (amavis) with ESMTP", '-'},
        {"from mx2 ([10.202.2.201])\n  by compute4.internal (LMTPProxy)", '-'},
        {"from mx (mx [172.16.0.1]:10024) by mx", '-'},
        {"from mx ([fd00::1%eth0]) by mx", '-'},
        {"from mx ([::ffff:192.168.1.2]) by mx", '-'},
        {"from mx.example.com by mx.example.com with LMTP id x", '-'},
        {"from user by mx.example.com with local (Exim 4.98) id x", '-'},
        {"from pop.example [203.0.113.9] by me with POP3 (fetchmail-6.4) for <me@localhost>", 'P'},
        {"from imap.example by me with IMAP4-SSL for x", 'P'},
        {"from mail-f69.google.com (mail-f69.google.com. [203.0.113.69]) by mx.google.com with "
         "SMTPS",
            '-'},
        /* what the client says of itself makes it no machine of ours */
        {"from [127.0.0.1] (evil.example [203.0.113.5]) by mx.example.com with ESMTP", '!'},
        {"from [203.0.113.5] (port=5 helo=[127.0.0.1]) by s.example with esmtp", '!'},
        {"from localhost (unknown [203.0.113.5]) by mx.example.com with ESMTP", '!'},
        {"from mx.example.com by mx.example.com with ESMTP", '!'},
        {"from with LMTP (evil.example [203.0.113.5]) by mx.example.com with ESMTP", '!'},
        {"from x( (evil.example [203.0.113.5]) by mx.example.com with LMTP", '!'},
        {"from mail.google.com. ([203.0.113.5]) by mx.google.com with ESMTPS", '!'},
        {"from mail.google.com (mail.evilgoogle.com. [203.0.113.5]) by mx.google.com", '!'},
        {"from mail.google.com (mail.google.com. [203.0.113.5]) by mx.example.com", '!'},
        {"from x (xgoogle.com. [203.0.113.5]) by mx.google.com", '!'},
        {"from . [203.0.113.5] by mx.google.com", '!'},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct arena *arena = arena_new(0);
        struct mail_field field = {"Received", ways[i].value, strlen(ways[i].value), false};
        struct trace_hop hop;

        assert_int_equal(trace_read(arena, &field, &hop), 0);
        if ((hop.fetched ? 'P' : hop.inside ? '-' : '!') != ways[i].way)
            fail_msg("%s", ways[i].value);
        arena_free(&arena);
    }
}

static void test_parts(void **state)
{
#define IN "Received: from localhost ([127.0.0.1]) by mx\n"
#define OUT "Received: from a (a [203.0.113.5]) by mx\n"
    static const struct mail_limits limits = {1 << 20, 1000, 1 << 20};
    static const struct {
        const char *header;
        size_t ends[3]; /* 0: no more */
    } mails[] = {
        {"A: b\n" OUT "C: d\n\n", {2}},
        {"A: b\n" IN "C: d\n" OUT "E: f\n" OUT "G: h\n\n", {4, 6}},
        {"A: b\n" IN "C: d\n\n", {2}},
        {"A: b\n" OUT "C: d\n" IN "E: f\n\n", {2}},
        {"A: b\nC: d\n\n", {2}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++) {
        struct mail *mail = mail_new(&limits, NULL);
        struct trace_part parts[TRACE_PARTS_MAX];
        size_t count, begin = 0;

        assert_int_equal(mail_from_bytes(mail, mails[i].header, strlen(mails[i].header)), 0);
        assert_int_equal(trace_parts(mail, parts, &count), 0);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(parts[k].begin, begin);
            assert_int_equal(parts[k].end, mails[i].ends[k]);
            begin = parts[k].end;
        }
        assert_int_equal(mails[i].ends[count], 0);
        mail_free(&mail);
    }
}

/* However many hops somebody invents, the array holds. */
static void test_very_many_parts(void **state)
{
    static const struct mail_limits limits = {1 << 20, 1000, 1 << 20};
    struct mail *mail = mail_new(&limits, NULL);
    struct trace_part parts[TRACE_PARTS_MAX];
    size_t count;

    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(mail_add_field(mail, "Received", "from a by b"), 0);
    assert_int_equal(trace_parts(mail, parts, &count), 0);
    assert_in_range(count, 1, TRACE_PARTS_MAX);
    mail_free(&mail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_very_long_fields),
        cmocka_unit_test(test_arrival),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_very_many_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
