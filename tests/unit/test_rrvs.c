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

#include "domain.h"
#include "err.h"
#include "rrvs.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DATE "Sat, 1 Jun 2013 09:23:01 -0700"
#define AT INT64_C(1370103781) /* the same */
#define FIELD "Require-Recipient-Valid-Since"

static const struct mail_limits limits = {
    .header_bytes = 1 << 20, .header_fields = 1000, .body_bytes = 100};

static int parse_exact(
    struct arena *arena, const char *value, size_t length, struct address *address, int64_t *when)
{
    char *exact = malloc(length > 0 ? length : 1);
    int rc;

    assert_non_null(exact);
    memcpy(exact, value, length);
    rc = rrvs_parse_header(arena, exact, length, address, when);
    free(exact);
    return rc;
}

static void reads_fields(void **state)
{
    static const struct {
        const char *name, *value, *key;
        int64_t when;
    } cases[] = {
        {"plain", "user@example.com; " DATE, "user@example.com", AT},
        {"leading space", "  user@example.com; " DATE, "user@example.com", AT},
        {"no space", "user@example.com;" DATE, "user@example.com", AT},
        {"space before the semicolon", "user@example.com ; " DATE, "user@example.com", AT},
        {"capitals", "USER@Example.COM; " DATE, "user@example.com", AT},
        {"dots", "first.last@mail.example.com; " DATE, "first.last@mail.example.com", AT},
        {"subaddress", "user+shop@example.com; " DATE, "user+shop@example.com", AT},
        {"all of atext", "!#$%&'*+-/=?^_`{|}~@example.com; " DATE,
            "!#$%&'*+-/=?^_`{|}~@example.com", AT},
        {"quoted", "\"user\"@example.com; " DATE, "user@example.com", AT},
        {"quoted with space", "\"a b\"@example.com; " DATE, "a b@example.com", AT},
        {"quoted with at sign", "\"a@b\"@example.com; " DATE, "a@b@example.com", AT},
        {"quoted with semicolon", "\"a;b\"@example.com; " DATE, "a;b@example.com", AT},
        {"quoted with parenthesis", "\"a(b\"@example.com; " DATE, "a(b@example.com", AT},
        {"quoted pair", "\"a\\\"b\\\\c\"@example.com; " DATE, "a\"b\\c@example.com", AT},
        {"needless quoted pair", "\"u\\ser\"@example.com; " DATE, "user@example.com", AT},
        {"quoted word", "first.\"last\"@example.com; " DATE, "first.last@example.com", AT},
        {"comments around", "(a)user(b)@(c)example.com(d);(e)" DATE "(f)", "user@example.com", AT},
        {"comments inside", "first (a) . (b) last @ example (c) . (d) com; " DATE,
            "first.last@example.com", AT},
        {"nested comments", "(a (b (c) d) e) user@example.com; " DATE, "user@example.com", AT},
        {"address in a comment", "(other@example.com; " DATE ") user@example.com; " DATE,
            "user@example.com", AT},
        {"semicolon in a comment", "user@example.com (;); " DATE, "user@example.com", AT},
        {"quote in a comment", "(\") user@example.com; " DATE, "user@example.com", AT},
        {"escaped parenthesis in a comment", "(\\)) user@example.com; " DATE, "user@example.com",
            AT},
        {"folded", "user@example.com;\n\t" DATE, "user@example.com", AT},
        {"folded with CRLF", "user@example.com;\r\n " DATE, "user@example.com", AT},
        {"folded at once", "\n user@example.com; " DATE, "user@example.com", AT},
        {"folded before the semicolon", "user@example.com\n ; " DATE, "user@example.com", AT},
        {"folded in the quotes", "\"a\n b\"@example.com; " DATE, "a b@example.com", AT},
        {"folded inside the date", "user@example.com; Sat, 1 Jun\n 2013 09:23:01 -0700",
            "user@example.com", AT},
        {"no weekday", "user@example.com; 1 Jun 2013 09:23:01 -0700", "user@example.com", AT},
        {"obsolete zone", "user@example.com; Sat, 1 Jun 2013 16:23:01 GMT", "user@example.com", AT},
        {"obsolete year", "user@example.com; Sat, 1 Jun 13 16:23:01 GMT", "user@example.com", AT},
        {"no seconds", "user@example.com; Sat, 1 Jun 2013 16:23 GMT", "user@example.com", AT - 1},
        {"U-label",
            "user@b\xc3\xbc"
            "cher.example; " DATE,
            "user@xn--bcher-kva.example", AT},
        {"A-label", "user@XN--BCHER-KVA.example; " DATE, "user@xn--bcher-kva.example", AT},
        {"UTF-8 local part", "us\xc3\xa9r@example.com; " DATE, "us\xc3\xa9r@example.com", AT},
        {"not composed", "use\xcc\x81r@example.com; " DATE, "us\xc3\xa9r@example.com", AT},
        {"literal", "user@[192.0.2.1]; " DATE, "user@[192.0.2.1]", AT},
        /* as senders have been seen to write it, with other addresses */
        {"marketing mail of 2012", "BAR@example.com; Sun, 4 Nov 2012 22:41:00 -0800",
            "bar@example.com", INT64_C(1352097660)},
        {"job digest of 2017", "someone@example.com; Tue, 20 Aug\r\n 2013 00:43:21 +0000",
            "someone@example.com", INT64_C(1376959401)},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address address = {.key = ""};
        int64_t when = 0;
        int rc = parse_exact(arena, cases[i].value, strlen(cases[i].value), &address, &when);

        if (rc != 0 || strcmp(address.key, cases[i].key) != 0 || when != cases[i].when)
            fail_msg("%s: %d, %s, %lld", cases[i].name, rc, address.key, (long long)when);
    }
    arena_free(&arena);
}

static void refuses_fields(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        ";",
        "; " DATE,
        "user@example.com",
        "user@example.com;",
        "user@example.com; ",
        DATE,
        "user; " DATE,
        "user@; " DATE,
        "@example.com; " DATE,
        "user@example.com " DATE,
        "user@example.com, " DATE,
        "user@example.com: " DATE,
        "user@example.com;; " DATE,
        "user@example.com; " DATE ";",
        "user@example.com; " DATE "; C",
        "user@example.com; " DATE ";R",
        "user@example.com; " DATE " x",
        "<user@example.com>; " DATE,
        "User <user@example.com>; " DATE,
        "\"User\" <user@example.com>; " DATE,
        "mailto:user@example.com; " DATE,
        "user@example.com, other@example.com; " DATE,
        "user@example.com other@example.com; " DATE,
        "user@example.com; other@example.com; " DATE,
        "us er@example.com; " DATE,
        "user@exam ple.com; " DATE,
        "user@@example.com; " DATE,
        "us@er@example.com; " DATE,
        ".user@example.com; " DATE,
        "user.@example.com; " DATE,
        "us..er@example.com; " DATE,
        "user@.example.com; " DATE,
        "user@example..com; " DATE,
        "user@example.com.; " DATE,
        "user@\"example.com\"; " DATE,
        "\"user@example.com; " DATE,
        "user\"@example.com; " DATE,
        "\"us\"er@example.com; " DATE,
        "us\"er\"@example.com; " DATE,
        "\"\"@example.com; " DATE,
        "\"user\\",
        "user@[192.0.2.1; " DATE,
        "user@[192.[0.2.1]; " DATE,
        "(user@example.com; " DATE,
        "user@example.com; " DATE " (",
        "user)@example.com; " DATE,
        "user@example.com;\n" DATE,
        "user@example.com\r; " DATE,
        "user@example.com; " DATE "\n",
        "\"a\nb\"@example.com; " DATE,
        "\"a\rb\"@example.com; " DATE,
        "us\x01"
        "er@example.com; " DATE,
        "us\x7f"
        "er@example.com; " DATE,
        "\"us\x01"
        "er\"@example.com; " DATE,
        "\"us\\\x01"
        "er\"@example.com; " DATE,
        "user@exam_ple!.com; " DATE,
        "user@example.com; 2013-06-01T09:23:01-07:00",
        "user@example.com; Fri, 1 Jun 2013 09:23:01 -0700",
        "user@example.com; Saturday, 1 Jun 2013 09:23:01 -0700",
        "user@example.com; Sat, 1 Jun 2013 09:23:01 -07:00",
        "user@example.com; Sat, 1 Jun 2013 09:23:01",
        "user@example.com; 30 Feb 2013 09:23:01 -0700",
        "user@example.com; 1 Jun 2013 24:00:00 -0700",
        "user@example.com; 1 Jun 1899 09:23:01 -0700",
        "user@example.com; 1370103781",
        "user@example.com; yesterday",
        /* as guides for developers have been seen to show it */
        "someone@example.com; Sat, 1 Jun 2013 07:00 -05:00",
        "<someone@example.com>; 2018-01-01T00:00:00Z",
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address address;
        int64_t when;
        int rc = parse_exact(arena, cases[i], strlen(cases[i]), &address, &when);

        if (rc != ERR_SYNTAX)
            fail_msg("\"%s\": %d", cases[i], rc);
    }
    arena_free(&arena);
}

/* Every beginning of a field is none, and a NUL is nowhere allowed. */
static void refuses_cuts_and_nuls(void **state)
{
    static const char value[] = "(a) \"us\\er\" . x@(b)[192.0.2.1] ; " DATE;
    struct arena *arena = arena_new(0);
    struct address address;
    char copy[sizeof(value)];
    int64_t when;

    (void)state;
    assert_int_equal(parse_exact(arena, value, sizeof(value) - 1, &address, &when), 0);
    for (size_t length = 0; length < sizeof(value) - 1; length++) {
        if (parse_exact(arena, value, length, &address, &when) != ERR_SYNTAX)
            fail_msg("\"%.*s\" is taken", (int)length, value);
        memcpy(copy, value, sizeof(value));
        copy[length] = '\0';
        if (parse_exact(arena, copy, sizeof(value) - 1, &address, &when) != ERR_SYNTAX)
            fail_msg("NUL at %zu is taken", length);
    }
    arena_free(&arena);
}

static void refuses_what_is_too_long(void **state)
{
    const size_t length = 100000;
    struct arena *arena = arena_new(0);
    char *value = malloc(length + 100);
    struct address address;
    int64_t when;

    (void)state;
    assert_non_null(value);
    memset(value, 'a', length);
    strcpy(value + length, "@example.com; " DATE);
    assert_int_equal(parse_exact(arena, value, strlen(value), &address, &when), ERR_LIMIT);
    memset(value, '(', length / 2);
    memset(value + length / 2, ')', length / 2);
    strcpy(value + length, "a@example.com; " DATE);
    assert_int_equal(parse_exact(arena, value, strlen(value), &address, &when), 0);
    free(value);
    arena_free(&arena);
}

static void reads_parameters(void **state)
{
    static const struct {
        const char *value;
        int64_t when;
        char action;
    } cases[] = {
        {"2013-06-01T16:23:01Z", AT, 0},
        {"2013-06-01T09:23:01-07:00", AT, 0},
        {"2013-06-02T01:23:01+09:00", AT, 0},
        {"2013-06-01t16:23:01z", AT, 0},
        {"2013-06-01T16:23:01-00:00", AT, 0},
        {"2013-06-01T16:23:01Z;C", AT, 'C'},
        {"2013-06-01T16:23:01Z;R", AT, 'R'},
        {"2013-06-01T16:23:01Z;c", AT, 'C'},
        {"2013-06-01T16:23:01Z;r", AT, 'R'},
        {"2013-06-02T01:23:01+09:00;R", AT, 'R'},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800), 0},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800), 0},
        {"9999-12-31T23:59:59Z;C", INT64_C(253402300799), 'C'},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *exact = strdup(cases[i].value), action = 'x';
        int64_t when = 0;

        assert_non_null(exact);
        if (rrvs_parse_parameter(exact, &when, &action) != 0 || when != cases[i].when ||
            action != cases[i].action)
            fail_msg("%s: %lld, %d", cases[i].value, (long long)when, action);
        free(exact);
    }
}

static void refuses_parameters(void **state)
{
    static const char *const cases[] = {
        "",
        ";",
        ";C",
        "2013-06-01",
        "2013-06-01T16:23:01",
        "2013-06-01T16:23Z",
        "2013-06-01T16:23:01.0Z",
        "2013-06-01T16:23:01Z;",
        "2013-06-01T16:23:01Z;X",
        "2013-06-01T16:23:01Z;CC",
        "2013-06-01T16:23:01Z;C;R",
        "2013-06-01T16:23:01Z;;C",
        "2013-06-01T16:23:01Z; C",
        "2013-06-01T16:23:01Z ;C",
        "2013-06-01T16:23:01Z;C ",
        "2013-06-01T16:23:01ZC",
        " 2013-06-01T16:23:01Z",
        "2013-06-01T16:23:01+2B09:00",
        "2013-06-01T16:23:01+0900",
        "\"2013-06-01T16:23:01Z\"",
        "10000-01-01T00:00:00Z",
        "2013-02-29T00:00:00Z",
        "2013-06-01T24:00:00Z",
        "2013-06-01T16:23:61Z",
        DATE,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *exact = strdup(cases[i]), action = 'x';
        int64_t when = 77;

        assert_non_null(exact);
        if (rrvs_parse_parameter(exact, &when, &action) != ERR_SYNTAX || action != 'x')
            fail_msg("\"%s\" is taken", cases[i]);
        free(exact);
    }
}

/* Judges a mail with these fields (a list that NULL ends) for a recipient. */
static struct rrvs_verdict judge(const char *const *fields, struct rrvs_recipient recipient)
{
    struct mail *mail = mail_new(&limits, NULL);
    struct rrvs_verdict verdict;
    struct address address;

    assert_non_null(mail);
    for (; *fields != NULL; fields++)
        assert_int_equal(mail_add_field(mail, FIELD, *fields), 0);
    assert_int_equal(mail_end_header(mail), 0);
    assert_int_equal(address_parse_path(mail->arena, "<User+shop@Example.com>", "+", &address), 0);
    recipient.address = &address;
    assert_int_equal(rrvs_judge(mail, &recipient, &verdict), 0);
    mail_free(&mail);
    return verdict;
}

static struct rrvs_recipient ours(int64_t owned_since)
{
    return (struct rrvs_recipient){.ours = true,
        .owned_since = owned_since,
        .since = DATE_NONE,
        .keep_since = DATE_NONE,
        .parameter = DATE_NONE};
}

static void fields_count_for_their_recipient(void **state)
{
#define MINE "user+shop@example.com; "
#define OTHER "other@example.com; "
#define OLDER "Fri, 31 May 2013 09:23:01 -0700"
#define OLDER_AT (AT - 86400)
    static const struct {
        const char *name;
        const char *fields[4];
        enum rrvs_result result;
        int64_t when;
        const char *status;
    } cases[] = {
        {"none", {NULL}, RRVS_NONE, DATE_NONE, NULL},
        {"one that passes", {MINE DATE}, RRVS_PASS, AT, NULL},
        {"one that fails", {MINE OLDER}, RRVS_FAIL, OLDER_AT, "5.7.18"},
        {"other spelling", {"\"USER+shop\"@EXAMPLE.com; " DATE}, RRVS_PASS, AT, NULL},
        {"without subaddress", {"user@example.com; " OLDER}, RRVS_NONE, DATE_NONE, NULL},
        {"other recipient", {OTHER OLDER}, RRVS_NONE, DATE_NONE, NULL},
        {"other domain", {"user+shop@example.net; " OLDER}, RRVS_NONE, DATE_NONE, NULL},
        {"other first", {OTHER OLDER, MINE DATE}, RRVS_PASS, AT, NULL},
        {"other last", {MINE DATE, OTHER OLDER}, RRVS_PASS, AT, NULL},
        {"oldest last", {MINE DATE, MINE OLDER}, RRVS_FAIL, OLDER_AT, "5.7.18"},
        {"oldest first", {MINE OLDER, MINE DATE}, RRVS_FAIL, OLDER_AT, "5.7.18"},
        {"the same twice", {MINE DATE, MINE DATE}, RRVS_PASS, AT, NULL},
        {"malformed", {"nonsense"}, RRVS_PERMERROR, DATE_NONE, NULL},
        {"two malformed", {"nonsense", MINE "yesterday"}, RRVS_PERMERROR, DATE_NONE, NULL},
        {"malformed beside another's", {"nonsense", OTHER DATE}, RRVS_NONE, DATE_NONE, NULL},
        {"malformed beside mine", {"nonsense", MINE OLDER}, RRVS_FAIL, OLDER_AT, "5.7.18"},
        {"mine beside malformed", {MINE DATE, "nonsense"}, RRVS_PASS, AT, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rrvs_verdict got = judge(cases[i].fields, ours(AT));

        if (got.result != cases[i].result || got.when != cases[i].when)
            fail_msg(
                "%s: %s, %lld", cases[i].name, rrvs_result_name(got.result), (long long)got.when);
        if (cases[i].status == NULL)
            assert_null(got.status);
        else
            assert_string_equal(got.status, cases[i].status);
    }
}

static void dates_are_compared(void **state)
{
    static const struct {
        const char *name;
        int64_t owned_since, since, keep_since;
        bool unreadable;
        enum rrvs_result result;
        const char *status;
    } cases[] = {
        {"owned at that second", AT, DATE_NONE, DATE_NONE, false, RRVS_PASS, NULL},
        {"owned before", AT - 1, DATE_NONE, DATE_NONE, false, RRVS_PASS, NULL},
        {"owned a second later", AT + 1, DATE_NONE, DATE_NONE, false, RRVS_FAIL, "5.7.18"},
        {"reassigned at that second", AT - 9, AT, DATE_NONE, false, RRVS_PASS, NULL},
        {"reassigned later", AT - 9, AT + 1, DATE_NONE, false, RRVS_FAIL, "5.7.17"},
        {"both later", AT + 1, AT + 2, DATE_NONE, false, RRVS_FAIL, "5.7.18"},
        {"vouched for", AT + 1, DATE_NONE, AT, false, RRVS_PASS, NULL},
        {"vouched for, reassigned", AT + 1, AT + 2, AT - 1, false, RRVS_PASS, NULL},
        {"vouched for too late", AT + 2, DATE_NONE, AT + 1, false, RRVS_FAIL, "5.7.18"},
        {"vouched for too late, owned", AT, DATE_NONE, AT + 1, false, RRVS_PASS, NULL},
        {"no date", DATE_NONE, DATE_NONE, DATE_NONE, false, RRVS_UNKNOWN, "5.7.19"},
        {"no date, vouched for", DATE_NONE, DATE_NONE, AT, false, RRVS_PASS, NULL},
        {"no date, vouched for too late", DATE_NONE, DATE_NONE, AT + 1, false, RRVS_UNKNOWN,
            "5.7.19"},
        {"no date, reassigned before", DATE_NONE, AT, DATE_NONE, false, RRVS_PASS, NULL},
        {"no date, reassigned later", DATE_NONE, AT + 1, DATE_NONE, false, RRVS_FAIL, "5.7.17"},
        {"unreadable", AT, DATE_NONE, DATE_NONE, true, RRVS_TEMPERROR, "4.3.0"},
        {"unreadable and owned later", AT + 1, DATE_NONE, DATE_NONE, true, RRVS_TEMPERROR, "4.3.0"},
    };
    static const char *const field[] = {MINE DATE, NULL};
    static const char *const no_field[] = {NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rrvs_recipient recipient = ours(cases[i].owned_since);
        struct rrvs_verdict by_field, by_parameter;

        recipient.since = cases[i].since;
        recipient.keep_since = cases[i].keep_since;
        recipient.unreadable = cases[i].unreadable;
        by_field = judge(field, recipient);
        recipient.parameter = AT;
        by_parameter = judge(no_field, recipient);
        if (by_field.result != cases[i].result || by_parameter.result != cases[i].result)
            fail_msg("%s: %s", cases[i].name, rrvs_result_name(by_field.result));
        assert_true(by_field.when == AT);
        assert_true(by_parameter.when == AT);
        if (cases[i].status == NULL)
            assert_null(by_field.status);
        else
            assert_string_equal(by_field.status, cases[i].status);
    }
}

static void parameter_sets_fields_aside(void **state)
{
    static const char *const older[] = {MINE OLDER, NULL};
    static const char *const newer[] = {MINE DATE, NULL};
    static const char *const malformed[] = {"nonsense", NULL};
    struct rrvs_recipient recipient = ours(AT);

    (void)state;
    recipient.parameter = AT + 5;
    assert_int_equal(judge(older, recipient).result, RRVS_PASS);
    assert_true(judge(older, recipient).when == AT + 5);
    assert_int_equal(judge(malformed, recipient).result, RRVS_PASS);
    recipient.parameter = AT - 5;
    assert_int_equal(judge(newer, recipient).result, RRVS_FAIL);
    assert_true(judge(newer, recipient).when == AT - 5);
}

static void some_are_set_aside(void **state)
{
    static const char *const field[] = {MINE OLDER, NULL};
    static const char *const other[] = {OTHER OLDER, NULL};
    static const char *const malformed[] = {"nonsense", NULL};
    struct rrvs_recipient role = ours(AT), foreign = ours(AT);

    (void)state;
    role.role = true;
    foreign.ours = false;
    assert_int_equal(judge(field, role).result, RRVS_IGNORED);
    assert_true(judge(field, role).when == DATE_NONE);
    assert_int_equal(judge(other, role).result, RRVS_NONE);
    assert_int_equal(judge(field, foreign).result, RRVS_IGNORED);
    assert_int_equal(judge(other, foreign).result, RRVS_NONE);
    assert_int_equal(judge(malformed, foreign).result, RRVS_NONE);
    role.parameter = AT - 1;
    foreign.parameter = AT - 1;
    assert_int_equal(judge(other, role).result, RRVS_IGNORED);
    assert_int_equal(judge(other, foreign).result, RRVS_IGNORED);
}

/* No recipient sees a date that was meant for the other. */
static void recipients_are_kept_apart(void **state)
{
    static const char *const spellings[] = {"a@example.com", "b@example.com", "c@example.com"};
    struct mail *mail = mail_new(&limits, NULL);

    (void)state;
    assert_non_null(mail);
    assert_int_equal(mail_add_field(mail, FIELD, "a@example.com; " OLDER), 0);
    assert_int_equal(
        mail_add_field(mail, "require-recipient-valid-since", "b@example.com; " DATE), 0);
    for (size_t i = 0; i < COUNT(spellings); i++) {
        static const int64_t want[] = {OLDER_AT, AT, DATE_NONE};
        struct rrvs_recipient recipient = ours(AT);
        struct rrvs_verdict verdict;
        struct address address;

        assert_int_equal(address_parse_path(mail->arena, spellings[i], NULL, &address), 0);
        recipient.address = &address;
        assert_int_equal(rrvs_judge(mail, &recipient, &verdict), 0);
        assert_true(verdict.when == want[i]);
    }
    mail_free(&mail);
}

static void no_memory_is_told(void **state)
{
    struct mail *mail = mail_new(&limits, NULL);
    struct rrvs_recipient recipient = ours(AT);
    struct rrvs_verdict verdict;
    struct address address;
    unsigned long nth = 0;
    int rc;

    (void)state;
    assert_non_null(mail);
    assert_int_equal(mail_add_field(mail, FIELD, MINE DATE), 0);
    assert_int_equal(address_parse_path(mail->arena, "user+shop@example.com", NULL, &address), 0);
    recipient.address = &address;
    do {
        arena_fail_at(++nth);
        rc = rrvs_judge(mail, &recipient, &verdict);
        if (rc != 0)
            assert_int_equal(rc, ERR_NOMEM);
        else
            assert_int_equal(verdict.result, RRVS_PASS);
    } while (rc != 0);
    arena_fail_at(0);
    assert_true(nth > 3);
    mail_free(&mail);
}

/* Two thousand fields and a thousand recipients would be two million readings. */
static void fields_are_read_once(void **state)
{
    struct mail *mail = mail_new(&limits, NULL);
    struct rrvs_recipient recipient = ours(AT);
    struct rrvs_verdict verdict;
    struct address mine, other;

    (void)state;
    assert_non_null(mail);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(mail_add_field(mail, FIELD, "nonsense"), 0);
        assert_int_equal(mail_add_field(mail, FIELD, MINE OLDER), 0);
    }
    assert_int_equal(address_parse_path(mail->arena, "user+shop@example.com", NULL, &mine), 0);
    assert_int_equal(address_parse_path(mail->arena, "other@example.com", NULL, &other), 0);
    recipient.address = &other;
    assert_int_equal(rrvs_judge(mail, &recipient, &verdict), 0);
    assert_int_equal(verdict.result, RRVS_NONE);
    recipient.address = &mine;
    arena_fail_at(1);
    assert_int_equal(rrvs_judge(mail, &recipient, &verdict), 0);
    arena_fail_at(0);
    assert_int_equal(verdict.result, RRVS_FAIL);
    assert_true(verdict.when == OLDER_AT);
    mail_free(&mail);
}

static void results_have_names(void **state)
{
    (void)state;
    assert_string_equal(rrvs_result_name(RRVS_NONE), "none");
    assert_string_equal(rrvs_result_name(RRVS_PASS), "pass");
    assert_string_equal(rrvs_result_name(RRVS_FAIL), "fail");
    assert_string_equal(rrvs_result_name(RRVS_UNKNOWN), "unknown");
    assert_string_equal(rrvs_result_name(RRVS_TEMPERROR), "temperror");
    assert_string_equal(rrvs_result_name(RRVS_PERMERROR), "permerror");
    assert_string_equal(rrvs_result_name(RRVS_IGNORED), "ignored");
}

static int open_domains(void **state)
{
    (void)state;
    return domain_open();
}

static int close_domains(void **state)
{
    (void)state;
    domain_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields),
        cmocka_unit_test(refuses_fields),
        cmocka_unit_test(refuses_cuts_and_nuls),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(reads_parameters),
        cmocka_unit_test(refuses_parameters),
        cmocka_unit_test(fields_count_for_their_recipient),
        cmocka_unit_test(dates_are_compared),
        cmocka_unit_test(parameter_sets_fields_aside),
        cmocka_unit_test(some_are_set_aside),
        cmocka_unit_test(recipients_are_kept_apart),
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(fields_are_read_once),
        cmocka_unit_test(results_have_names),
    };

    return cmocka_run_group_tests(tests, open_domains, close_domains);
}
