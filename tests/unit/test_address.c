/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "address.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define U_UMLAUT "\xc3\xbc"      /* U+00FC */
#define U_UMLAUT_CAP "\xc3\x9c"  /* U+00DC */
#define U_DECOMPOSED "u\xcc\x88" /* u and U+0308 */

/* A copy whose last octet is the last of its block. */
static char *exact(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    assert_non_null(copy);
    memcpy(copy, text, size);
    return copy;
}

struct path_case {
    const char *path;
    const char *key; /* NULL: an error is expected */
    int error;
};

static const struct path_case paths[] = {
    /* spellings of one mailbox */
    {"Old.User+Shop@EXAMPLE.com", "old.user+shop@example.com", 0},
    {"<Old.User+Shop@EXAMPLE.com>", "old.user+shop@example.com", 0},
    {"<old.user+shop@example.com>", "old.user+shop@example.com", 0},
    {"<\"Old.User+Shop\"@example.com>", "old.user+shop@example.com", 0},
    {"<\"old\".\"user+shop\"@example.com>", "old.user+shop@example.com", 0},
    {"<\"o\\ld.user+shop\"@example.com>", "old.user+shop@example.com", 0},
    {"<old.user+shop@example.com.>", "old.user+shop@example.com", 0},
    {"  <old.user+shop@example.com>  ", "old.user+shop@example.com", 0},
    {"< old.user+shop@example.com >", "old.user+shop@example.com", 0},
    {"old.user+shop@example.com ", "old.user+shop@example.com", 0},
    /* quoted */
    {"\"old user\"@example.com", "old user@example.com", 0},
    {"<\"old user\"@example.com>", "old user@example.com", 0},
    {"<\"Old\\ User\"@example.com>", "old user@example.com", 0},
    {"<\"a@b\"@example.com>", "a@b@example.com", 0},
    {"<\"a\\@b\"@example.com>", "a@b@example.com", 0},
    {"<\"a\\\"b\"@example.com>", "a\"b@example.com", 0},
    {"<\"a\\\\b\"@example.com>", "a\\b@example.com", 0},
    {"<\"a>b\"@example.com>", "a>b@example.com", 0},
    {"<\"a:b,c;d\"@example.com>", "a:b,c;d@example.com", 0},
    {"<\" \"@example.com>", " @example.com", 0},
    {"<\"<>\"@example.com>", "<>@example.com", 0},
    /* the last unquoted @ */
    {"<a@b@example.com>", "a@b@example.com", 0},
    {"<\"a\"@b@example.com>", NULL, ERR_SYNTAX},
    {"<a@\"b\"@example.com>", NULL, ERR_SYNTAX},
    /* plain local parts, not routes */
    {"<bob%x@example.com>", "bob%x@example.com", 0},
    {"<x!bob@example.com>", "x!bob@example.com", 0},
    {"<bob/work=1@example.com>", "bob/work=1@example.com", 0},
    {"<!#$%&'*+-/=?^_`{|}~@example.com>", "!#$%&'*+-/=?^_`{|}~@example.com", 0},
    /* dots where no standard has them, as some providers allow */
    {"<a..b@example.com>", "a..b@example.com", 0},
    {"<a.@example.com>", "a.@example.com", 0},
    {"<.a@example.com>", ".a@example.com", 0},
    /* source routes */
    {"<@a.example,@b.example:bob@example.com>", "bob@example.com", 0},
    {"<@a.example:bob@example.com>", "bob@example.com", 0},
    {"<@[192.0.2.1]:bob@example.com>", "bob@example.com", 0},
    {"<@[IPv6:2001:db8::1],@b.example:bob@example.com>", "bob@example.com", 0},
    {"@a.example:bob@example.com", "bob@example.com", 0},
    {"<@a.example:@b.example:bob@example.com>", NULL, ERR_SYNTAX},
    {"<@a.example:>", NULL, ERR_SYNTAX},
    {"<@a.example:postmaster>", NULL, ERR_SYNTAX},
    {"<@a.example,b.example:bob@example.com>", NULL, ERR_SYNTAX},
    {"<@a.example;@b.example:bob@example.com>", NULL, ERR_SYNTAX},
    {"<@:bob@example.com>", NULL, ERR_SYNTAX},
    {"<@a.example,:bob@example.com>", NULL, ERR_SYNTAX},
    {"<@[192.0.2.1:bob@example.com>", NULL, ERR_SYNTAX},
    {"<@a.example>", NULL, ERR_SYNTAX},
    {"<@>", NULL, ERR_SYNTAX},
    /* parameters that were glued to the path */
    {"<bob@example.com> NOTIFY=NEVER", "bob@example.com", 0},
    {"<bob@example.com> RRVS=2014-04-03T23:01:00Z;C", "bob@example.com", 0},
    {"<bob@example.com>x", "bob@example.com", 0},
    {"<bob@example.com> ORCPT=rfc822;eve@example.com>", "bob@example.com", 0},
    {"<\"a> b\"@example.com> SIZE=1", "a> b@example.com", 0},
    {"<bob@example.com> \r\n", "bob@example.com", 0},
    {"bob@example.com NOTIFY=NEVER", NULL, ERR_SYNTAX},
    /* no domain */
    {"<postmaster>", "postmaster", 0},
    {"<POSTmaster>", "postmaster", 0},
    {"<\"Postmaster\">", "postmaster", 0},
    {"Postmaster", "postmaster", 0},
    {"<abuse>", NULL, ERR_SYNTAX},
    {"<postmaster@>", NULL, ERR_SYNTAX},
    {"bob", NULL, ERR_SYNTAX},
    /* the null address */
    {"", "", 0},
    {"<>", "", 0},
    {" <> ", "", 0},
    {"<> BODY=8BITMIME", "", 0},
    /* Unicode */
    {"<m" U_UMLAUT "ller@example.com>", "m" U_UMLAUT "ller@example.com", 0},
    {"<M" U_UMLAUT "ller@EXAMPLE.com>", "m" U_UMLAUT "ller@example.com", 0},
    {"<m" U_DECOMPOSED "ller@example.com>", "m" U_UMLAUT "ller@example.com", 0},
    {"<\"m" U_UMLAUT "ller\"@example.com>", "m" U_UMLAUT "ller@example.com", 0},
    {"<m" U_UMLAUT_CAP "ller@example.com>", "m" U_UMLAUT_CAP "ller@example.com", 0},
    /* U with a mark is one letter, whose case is its own, however it is written */
    {"<mU\xcc\x88ller@example.com>", "m" U_UMLAUT_CAP "ller@example.com", 0},
    /* only the small letter has a composed form: U+1E96 */
    {"<H\xcc\xb1@example.com>", "\xe1\xba\x96@example.com", 0},
    {"<\xe1\xba\x96@example.com>", "\xe1\xba\x96@example.com", 0},
    /* U+212A is K */
    {"<\xe2\x84\xaa@example.com>", "k@example.com", 0},
    /* NFKC is not asked for: the full-width letter stays */
    {"<\xef\xbd\x81@example.com>", "\xef\xbd\x81@example.com", 0},
    {"<bob@b" U_UMLAUT "cher.example>", "bob@xn--bcher-kva.example", 0},
    {"<bob@B" U_UMLAUT_CAP "CHER.example>", "bob@xn--bcher-kva.example", 0},
    {"<bob@b" U_DECOMPOSED "cher.example>", "bob@xn--bcher-kva.example", 0},
    {"<bob@XN--BCHER-KVA.example>", "bob@xn--bcher-kva.example", 0},
    {"<bob@b" U_UMLAUT "cher.example.>", "bob@xn--bcher-kva.example", 0},
    {"<\xe7\x94\xb0\xe4\xb8\xad@example.jp>", "\xe7\x94\xb0\xe4\xb8\xad@example.jp", 0},
    /* octets that are no UTF-8 */
    {"<m\xfcller@example.com>", "m\\xfcller@example.com", 0},
    {"<M\xfcLLER@example.com>", "m\\xfcller@example.com", 0},
    {"<\xff@example.com>", "\\xff@example.com", 0},
    {"<" U_UMLAUT "\xff@example.com>", "\\xc3\\xbc\\xff@example.com", 0},
    {"<a\xc3@example.com>", "a\\xc3@example.com", 0},
    {"<\xc0\xaf@example.com>", "\\xc0\\xaf@example.com", 0},
    {"<\xed\xa0\x80@example.com>", "\\xed\\xa0\\x80@example.com", 0},
    {"<bob@ex\xff.com>", NULL, ERR_SYNTAX},
    /* address literals */
    {"<bob@[192.0.2.1]>", "bob@[192.0.2.1]", 0},
    {"<bob@[IPv6:2001:DB8::1]>", "bob@[ipv6:2001:db8::1]", 0},
    {"<bob@[x-tag:content]>", "bob@[x-tag:content]", 0},
    {"<bob@[]>", NULL, ERR_SYNTAX},
    {"<bob@[192.0.2.1>", NULL, ERR_SYNTAX},
    {"<bob@[192.0.2.1].example>", NULL, ERR_SYNTAX},
    {"<bob@[192.0[2.1]>", NULL, ERR_SYNTAX},
    {"<bob@[192.0 2.1]>", NULL, ERR_SYNTAX},
    {"<bob@x[192.0.2.1]>", NULL, ERR_SYNTAX},
    {"<[192.0.2.1]>", NULL, ERR_SYNTAX},
    /* malformed */
    {"<bob@example.com", NULL, ERR_SYNTAX},
    {"bob@example.com>", NULL, ERR_SYNTAX},
    {"<<bob@example.com>>", NULL, ERR_SYNTAX},
    {"<bob@>", NULL, ERR_SYNTAX},
    {"<bob@.>", NULL, ERR_SYNTAX},
    {"<bob@example..com>", NULL, ERR_SYNTAX},
    {"<bob@.example.com>", NULL, ERR_SYNTAX},
    {"<bob@-example.com>", NULL, ERR_SYNTAX},
    {"<bob@exa mple.com>", NULL, ERR_SYNTAX},
    {"<old user@example.com>", NULL, ERR_SYNTAX},
    {"<bob @example.com>", NULL, ERR_SYNTAX},
    {"<\"bob@example.com>", NULL, ERR_SYNTAX},
    {"<bob\"@example.com>", NULL, ERR_SYNTAX},
    {"<\"bob\"x@example.com>", NULL, ERR_SYNTAX},
    {"<x\"bob\"@example.com>", NULL, ERR_SYNTAX},
    {"<\"a\"\"b\"@example.com>", NULL, ERR_SYNTAX},
    {"<\"bob\\\"@example.com>", NULL, ERR_SYNTAX},
    {"<\"bob\\", NULL, ERR_SYNTAX},
    {"<\"\"@example.com>", NULL, ERR_SYNTAX},
    {"<a\\b@example.com>", NULL, ERR_SYNTAX},
    {"<a,b@example.com>", NULL, ERR_SYNTAX},
    {"<a;b@example.com>", NULL, ERR_SYNTAX},
    {"<a:b@example.com>", NULL, ERR_SYNTAX},
    {"<(c)a@example.com>", NULL, ERR_SYNTAX},
    {"<", NULL, ERR_SYNTAX},
    {">", NULL, ERR_SYNTAX},
    {"\"", NULL, ERR_SYNTAX},
    {"\\", NULL, ERR_SYNTAX},
    {"@", NULL, ERR_SYNTAX},
    /* controls */
    {"<bob\r\n@example.com>", NULL, ERR_CHARSET},
    {"<bob\n@example.com>", NULL, ERR_CHARSET},
    {"<bob\t@example.com>", NULL, ERR_CHARSET},
    {"<\"bob\tx\"@example.com>", NULL, ERR_CHARSET},
    {"<\"bob\\\nx\"@example.com>", NULL, ERR_CHARSET},
    {"<bob@exam\x1bple.com>", NULL, ERR_CHARSET},
    {"<bob\x7f@example.com>", NULL, ERR_CHARSET},
    {"<bob\xc2\x9b@example.com>", NULL, ERR_CHARSET},
    {"bob@example.com\r\n", NULL, ERR_CHARSET},
};

static void check_path(const struct path_case *test)
{
    struct arena *arena = arena_new(0);
    char *path = exact(test->path);
    struct address address;
    int result = address_parse_path(arena, path, NULL, &address);

    if (result != test->error)
        fail_msg("%s: %d", path, result);
    if (test->key == NULL) {
        assert_null(address.key);
    } else {
        if (strcmp(address.key, test->key) != 0)
            fail_msg("%s: %s", path, address.key);
        assert_ptr_equal(address.base, address.key);
    }
    free(path);
    arena_free(&arena);
}

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++)
        check_path(&paths[i]);
}

/* Every good path cut anywhere is read or refused, and never read beyond. */
static void test_cut_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        for (size_t length = 0; length < strlen(paths[i].path); length++) {
            struct arena *arena = arena_new(0);
            char *path = malloc(length + 1);
            struct address address;
            int result;

            assert_non_null(path);
            memcpy(path, paths[i].path, length);
            path[length] = '\0';
            result = address_parse_path(arena, path, "+", &address);
            assert_true((result == 0) == (address.key != NULL));
            free(path);
            arena_free(&arena);
        }
    }
}

static void test_parts(void **state)
{
    struct arena *arena = arena_new(0);
    struct address address;

    (void)state;
    assert_int_equal(
        address_parse_path(arena, "<@r.example:Old.User@EXAMPLE.com> X=1", "+", &address), 0);
    assert_string_equal(address.seen, "Old.User@EXAMPLE.com");
    assert_string_equal(address.local, "old.user");
    assert_string_equal(address.domain, "example.com");
    assert_false(address.literal);
    assert_int_equal(
        address_parse_path(arena, "\"old user\"@b" U_UMLAUT "cher.example", NULL, &address), 0);
    assert_string_equal(address.seen, "\"old user\"@b" U_UMLAUT "cher.example");
    assert_string_equal(address.local, "old user");
    assert_string_equal(address.domain, "xn--bcher-kva.example");
    assert_int_equal(address_parse_path(arena, "<bob@[192.0.2.1]>", NULL, &address), 0);
    assert_string_equal(address.domain, "[192.0.2.1]");
    assert_true(address.literal);
    assert_int_equal(address_parse_path(arena, "<Postmaster>", NULL, &address), 0);
    assert_string_equal(address.seen, "Postmaster");
    assert_string_equal(address.local, "postmaster");
    assert_string_equal(address.domain, "");
    assert_int_equal(address_parse_path(arena, "<>", NULL, &address), 0);
    assert_string_equal(address.seen, "");
    assert_string_equal(address.local, "");
    assert_string_equal(address.domain, "");
    assert_string_equal(address.base, "");
    arena_free(&arena);
}

static void test_limits(void **state)
{
    static const struct {
        size_t local, quotes, domain;
        int error;
    } cases[] = {
        {64, 0, 20, 0},
        {256, 0, 20, 0},
        {257, 0, 20, ERR_LIMIT},
        {256, 1, 20, 0},
        {257, 1, 20, ERR_LIMIT},
        {100000, 0, 20, ERR_LIMIT},
        {10, 0, 253, 0},
        {10, 0, 254, ERR_LIMIT},
        {10, 0, 100000, ERR_LIMIT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = cases[i].local + 2 * cases[i].quotes + 1 + cases[i].domain + 1;
        struct arena *arena = arena_new(0);
        char *path = malloc(size), *to = path;
        struct address address;

        assert_non_null(path);
        if (cases[i].quotes)
            *to++ = '"';
        memset(to, 'l', cases[i].local);
        to += cases[i].local;
        if (cases[i].quotes)
            *to++ = '"';
        *to++ = '@';
        for (size_t k = 0; k < cases[i].domain; k++)
            *to++ = k % 50 == 49 && k + 1 < cases[i].domain ? '.' : 'd';
        *to = '\0';
        assert_int_equal(address_parse_path(arena, path, NULL, &address), cases[i].error);
        free(path);
        arena_free(&arena);
    }
}

static void test_literal_limit(void **state)
{
    struct arena *arena = arena_new(0);
    struct address address;
    char path[300] = "a@[";

    (void)state;
    memset(path + 3, '1', 253);
    strcpy(path + 3 + 253, "]");
    assert_int_equal(address_parse_path(arena, path, NULL, &address), 0);
    strcpy(path + 3 + 253, "1]");
    assert_int_equal(address_parse_path(arena, path, NULL, &address), ERR_LIMIT);
    arena_free(&arena);
}

static void test_base(void **state)
{
    static const struct {
        const char *path, *delimiters, *base;
    } cases[] = {
        {"me+shop@example.com", "+", "me@example.com"},
        {"Me+Shop@example.com", "+", "me@example.com"},
        {"me+shop+two@example.com", "+", "me@example.com"},
        {"me+@example.com", "+", "me@example.com"},
        {"me-shop@example.com", "+-", "me@example.com"},
        {"me-shop+two@example.com", "+-", "me@example.com"},
        {"me+shop-two@example.com", "+-", "me@example.com"},
        {"\"me+a b\"@example.com", "+", "me@example.com"},
        {"m" U_UMLAUT "+x@example.com", "+", "m" U_UMLAUT "@example.com"},
        {"owner+x@example.com", "+", "owner@example.com"},
        {"postmasters+x@example.com", "+", "postmasters@example.com"},
        /* none */
        {"me+shop@example.com", NULL, NULL},
        {"me+shop@example.com", "", NULL},
        {"me+shop@example.com", "-", NULL},
        {"me@example.com", "+", NULL},
        {"+shop@example.com", "+", NULL},
        {"m" U_UMLAUT "@example.com", "\xbc", NULL},
        {"postmaster@example.com", "s", NULL},
        {"mailer-daemon@example.com", "-", NULL},
        {"Mailer-Daemon@example.com", "-", NULL},
        {"owner-list@example.com", "-", NULL},
        {"list-request@example.com", "-", NULL},
        {"List-REQUEST@example.com", "-", NULL},
        {"owner-list+x@example.com", "+", NULL},
        {"postmaster", "s", NULL},
        {"<>", "+", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct address address;

        assert_int_equal(
            address_parse_path(arena, cases[i].path, cases[i].delimiters, &address), 0);
        if (cases[i].base == NULL)
            assert_ptr_equal(address.base, address.key);
        else
            assert_string_equal(address.base, cases[i].base);
        arena_free(&arena);
    }
}

static const struct path_case specs[] = {
    {"bob@example.com", "bob@example.com", 0},
    {" Bob@Example.com ", "bob@example.com", 0},
    {"\"old user\"@example.com", "old user@example.com", 0},
    {"\"old  user\"@example.com", "old  user@example.com", 0},
    {"bob . smith @ example . com", "bob.smith@example.com", 0},
    {"bob\t@\texample.com", "bob@example.com", 0},
    {"\"a @ b\" . c @ example.com", "a @ b.c@example.com", 0},
    {"bob@[192.0.2.1]", "bob@[192.0.2.1]", 0},
    {"a@b@example.com", "a@b@example.com", 0},
    {"", NULL, ERR_SYNTAX},
    {" ", NULL, ERR_SYNTAX},
    {"<bob@example.com>", NULL, ERR_SYNTAX},
    {"<>", NULL, ERR_SYNTAX},
    {"bob", NULL, ERR_SYNTAX},
    {"postmaster", NULL, ERR_SYNTAX},
    {"@a:bob@example.com", NULL, ERR_SYNTAX},
    {"bob smith@example.com", NULL, ERR_SYNTAX},
    {"bob@example com", NULL, ERR_SYNTAX},
    {"Bob bob@example.com", NULL, ERR_SYNTAX},
    {"\"bob @example.com", NULL, ERR_SYNTAX},
    {"bob@example.com, eve@example.com", NULL, ERR_SYNTAX},
    {"bob(c)@example.com", NULL, ERR_SYNTAX},
    {"bob\n@example.com", NULL, ERR_CHARSET},
    {"bob@example.com\r\n", NULL, ERR_CHARSET},
    {"\"bob\tx\"@example.com", NULL, ERR_CHARSET},
    {"bob\xc2\x85@example.com", NULL, ERR_CHARSET},
};

static void test_specs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(specs); i++) {
        struct arena *arena = arena_new(0);
        char *spec = exact(specs[i].path);
        struct address address;
        int result = address_parse_spec(arena, spec, "+", &address);

        if (result != specs[i].error)
            fail_msg("%s: %d", spec, result);
        if (specs[i].key == NULL)
            assert_null(address.key);
        else
            assert_string_equal(address.key, specs[i].key);
        free(spec);
        arena_free(&arena);
    }
}

/* Mailboxes as "display|key;" */
static const struct {
    const char *value;
    const char *mailboxes;
    bool broken;
} lists[] = {
    {"bob@example.com", "|bob@example.com;", false},
    {"Bob <bob@example.com>", "Bob|bob@example.com;", false},
    {"\"Bob Smith\" <bob@example.com>", "Bob Smith|bob@example.com;", false},
    {"Bob  Q. Smith <bob@example.com>", "Bob Q. Smith|bob@example.com;", false},
    {"\"Smith, Bob\" <bob@example.com>", "Smith, Bob|bob@example.com;", false},
    {"\"Bob \\\"B\\\" Smith\" <bob@example.com>", "Bob \"B\" Smith|bob@example.com;", false},
    {"<bob@example.com>", "|bob@example.com;", false},
    {"\"\" <bob@example.com>", "|bob@example.com;", false},
    {"a@example.com, b@example.com", "|a@example.com;|b@example.com;", false},
    {"A <a@example.com>,\n\tB <b@example.com>", "A|a@example.com;B|b@example.com;", false},
    {"\n bob@example.com\n ", "|bob@example.com;", false},
    {"Bob\n <bob@example.com>", "Bob|bob@example.com;", false},
    {", a@example.com, , b@example.com,", "|a@example.com;|b@example.com;", false},
    {"", "", false},
    {" \n ", "", false},
    {",,,", "", false},
    /* comments */
    {"(c) bob@example.com", "c|bob@example.com;", false},
    {"bob@example.com (Bob Smith)", "Bob Smith|bob@example.com;", false},
    {"bob (x) @ (y) example.com", "y|bob@example.com;", false},
    {"Bob (the \\) one (nested)) <bob@example.com> (end)", "Bob|bob@example.com;", false},
    {"bob@(a@b)example(,).com", ",|bob@example.com;", false},
    {"(x", "", true},
    {"bob@example.com (x", "", true},
    {"bob@example.com )", "", true},
    /* groups */
    {"Team: a@example.com, B <b@example.com>;", "|a@example.com;B|b@example.com;", false},
    {"Undisclosed recipients:;", "", false},
    {"A:a@example.com;, c@example.com", "|a@example.com;|c@example.com;", false},
    {"A: <a@example.com>; , B: b@example.com;", "|a@example.com;|b@example.com;", false},
    {"A: a@example.com", "|a@example.com;", true},
    {"A: B: b@example.com;;", "", true},
    {":a@example.com;", "", true},
    {"a@example.com;", "|a@example.com;", true},
    {"A:;x", "", true},
    /* obsolete */
    {"<@a.example,@b.example:bob@example.com>", "|bob@example.com;", false},
    {"bob . smith @ example . com", "|bob.smith@example.com;", false},
    {"\"bob\".smith@example.com", "|bob.smith@example.com;", false},
    {"Bob <\"old user\" @example.com>", "Bob|old user@example.com;", false},
    /* encoded words, raw UTF-8, words that look like an address */
    {"=?utf-8?q?M=C3=BCller?= <m@example.com>", "M" U_UMLAUT "ller|m@example.com;", false},
    {"=?utf-8?B?TcO8?= =?utf-8?B?bGxlcg==?= <m@example.com>", "M" U_UMLAUT "ller|m@example.com;",
        false},
    {"=?iso-8859-1?q?M=FCller?=\n =?iso-8859-1?q?_K?= <m@example.com>",
        "M" U_UMLAUT "ller K|m@example.com;", false},
    {"\"=?utf-8?q?M=C3=BCller?=\" <m@example.com>", "M" U_UMLAUT "ller|m@example.com;", false},
    {"M" U_UMLAUT "ller <m@example.com>", "M" U_UMLAUT "ller|m@example.com;", false},
    {"=?utf-8?q?a=0D=0Ab?= <m@example.com>", "a b|m@example.com;", false},
    {"=?utf-8?q?x=3Ca=40b=3E=2C?= <m@example.com>", "x<a@b>,|m@example.com;", false},
    {"pay@example.org <m@example.com>", "pay@example.org|m@example.com;", false},
    {"\"pay@example.org\" <m@example.com>", "pay@example.org|m@example.com;", false},
    {"m" U_UMLAUT "@b" U_UMLAUT "cher.example", "|m" U_UMLAUT "@xn--bcher-kva.example;", false},
    {"bob@[192.0.2.1]", "|bob@[192.0.2.1];", false},
    /* what cannot be read is left out */
    {"Smith, Bob <bob@example.com>", "Bob|bob@example.com;", true},
    {"bob", "", true},
    {"Bob Smith", "", true},
    {"bob@", "", true},
    {"@example.com", "", true},
    {"bob@example.com x", "", true},
    {"bob@example.com <eve@example.org>", "bob@example.com|eve@example.org;", false},
    {"<bob@example.com> x", "|bob@example.com;", true},
    {"<bob@example.com> <eve@example.org>", "|bob@example.com;", true},
    {"<bob@example.com", "", true},
    {"bob@example.com>", "", true},
    {"<>", "", true},
    {"Bob <>", "", true},
    {"<<bob@example.com>>", "", true},
    {"<bob@example.com, eve@example.org>", "", true},
    {"\"bob@example.com", "", true},
    {"a@example.com, \"b, c@example.com", "|a@example.com;", true},
    {"a@example.com, \\, c@example.com", "|a@example.com;|c@example.com;", true},
    {"a b@example.com, c@example.com", "|c@example.com;", true},
    {"[192.0.2.1], c@example.com", "|c@example.com;", true},
    {"bob@[192.0.2.1", "", true},
    {"a@exa\x01mple.com, c@example.com", "|c@example.com;", true},
    {"\xff@example.com", "|\\xff@example.com;", false},
};

static char *list_text(const struct address_mailbox *mailboxes, size_t count)
{
    static char text[1000];

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(text, mailboxes[i].display), "|");
        strcat(strcat(text, mailboxes[i].address.key), ";");
    }
    return text;
}

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct arena *arena = arena_new(0);
        char *value = exact(lists[i].value);
        struct address_mailbox *mailboxes;
        size_t count;
        bool broken;

        assert_int_equal(address_parse_list(arena, value, 10, &mailboxes, &count, &broken), 0);
        if (strcmp(list_text(mailboxes, count), lists[i].mailboxes) != 0)
            fail_msg("%s: %s", value, list_text(mailboxes, count));
        if (broken != lists[i].broken)
            fail_msg("%s: broken %d", value, broken);
        free(value);
        arena_free(&arena);
    }
}

static void test_list_bounds(void **state)
{
    struct arena *arena = arena_new(0);
    struct address_mailbox *mailboxes;
    size_t count, size = 200000;
    char *value = malloc(size + 1);
    bool broken;

    (void)state;
    assert_int_equal(
        address_parse_list(arena, "a@example.com, b@example.com", 2, &mailboxes, &count, &broken),
        0);
    assert_int_equal(count, 2);
    assert_false(broken);
    assert_int_equal(address_parse_list(arena, "a@example.com, b@example.com, c@example.com", 2,
                         &mailboxes, &count, &broken),
        0);
    assert_int_equal(count, 2);
    assert_true(broken);
    assert_int_equal(address_parse_list(arena, "a@example.com", 0, &mailboxes, &count, &broken), 0);
    assert_int_equal(count, 0);
    assert_true(broken);
    assert_non_null(value);
    for (const char *octet = "(<\",:;@[ \\a"; *octet != '\0'; octet++) {
        memset(value, *octet, size);
        value[size] = '\0';
        assert_int_equal(address_parse_list(arena, value, 2, &mailboxes, &count, &broken), 0);
        assert_int_equal(count, 0);
    }
    memset(value, 'a', size);
    memcpy(value + size - 16, " <a@example.com>", 16);
    assert_int_equal(address_parse_list(arena, value, 2, &mailboxes, &count, &broken), 0);
    assert_int_equal(count, 1);
    assert_true(strlen(mailboxes[0].display) <= 2048);
    free(value);
    arena_free(&arena);
}

static void test_names(void **state)
{
    static const struct {
        const char *path;
        bool untouchable, role;
    } cases[] = {
        {"postmaster@example.com", true, true},
        {"PostMaster@example.com", true, true},
        {"\"postmaster\"@example.com", true, true},
        {"<postmaster>", true, true},
        {"abuse@example.com", true, true},
        {"Abuse+spam@example.com", true, false},
        {"abuse-x@example.com", false, false},
        {"postmaster1@example.com", false, false},
        {"info@example.com", false, true},
        {"Marketing@example.com", false, true},
        {"sales@example.com", false, true},
        {"support@example.com", false, true},
        {"noc@example.com", false, true},
        {"security@example.com", false, true},
        {"hostmaster@example.com", false, true},
        {"usenet@example.com", false, true},
        {"news@example.com", false, true},
        {"webmaster@example.com", false, true},
        {"www@example.com", false, true},
        {"uucp@example.com", false, true},
        {"FTP@example.com", false, true},
        {"list-request@example.com", false, true},
        {"-request@example.com", false, false},
        {"info+shop@example.com", false, false},
        {"admin@example.com", false, false},
        {"root@example.com", false, false},
        {"mailer-daemon@example.com", false, false},
        {"<>", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct address address;

        assert_int_equal(address_parse_path(arena, cases[i].path, "+", &address), 0);
        if (address_is_untouchable(&address) != cases[i].untouchable ||
            address_is_role(&address) != cases[i].role)
            fail_msg("%s", cases[i].path);
        arena_free(&arena);
    }
}

static void test_patterns(void **state)
{
    static const struct {
        const char *path, *pattern;
        bool matches;
    } cases[] = {
        {"me@example.com", "me", true},
        {"ME@example.com", "me", true},
        {"me@example.com", "ME", true},
        {"me+shop@example.com", "me", false},
        {"me+shop@example.com", "me+*", true},
        {"me@example.com", "me+*", false},
        {"me@example.com", "*", true},
        {"me@example.com", "**", true},
        {"my-list@example.com", "*-list", true},
        {"my-list-list@example.com", "*-list", true},
        {"my-lists@example.com", "*-list", false},
        {"abcabd@example.com", "*abd", true},
        {"abcabc@example.com", "*abd", false},
        {"abc@example.com", "a*b*c", true},
        {"axxbyyc@example.com", "a*b*c", true},
        {"acb@example.com", "a*b*c", false},
        {"\"a*b\"@example.com", "a*b", true},
        {"m" U_UMLAUT "ller@example.com", "M" U_DECOMPOSED "LLER", true},
        {"m" U_UMLAUT "ller@example.com", "m*ller", true},
        {"m" U_UMLAUT "ller@example.com", "m\xfcller", false},
        {"me@example.com", "", false},
        {"me@example.com", "Me@Example.com", true},
        {"me@example.com", "me@example.net", false},
        {"me@example.com", "*@example.com", true},
        {"me@example.com", "example.com", false},
        {"m" U_UMLAUT "ller@example.com", "M" U_DECOMPOSED "*@example.com", true},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com",
            "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct address address;

        assert_int_equal(address_parse_path(arena, cases[i].path, NULL, &address), 0);
        if (address_matches(&address, cases[i].pattern) != cases[i].matches)
            fail_msg("%s %s", cases[i].path, cases[i].pattern);
        arena_free(&arena);
    }
}

/* Wherever memory fails the answer is ERR_NOMEM and nothing is left behind. */
static void test_no_memory(void **state)
{
    static const char *const values[] = {"<\"Old User+x\"@Example.com>", "<\xfc@example.com>",
        "<m" U_UMLAUT "@b" U_UMLAUT "cher.example>", "<a@[192.0.2.1]>", "<postmaster>"};
    struct address_mailbox *mailboxes;
    struct address address;
    size_t count;
    bool broken;

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        int result = ERR_NOMEM;

        for (unsigned long nth = 1; result != 0; nth++) {
            struct arena *arena = arena_new(0);

            arena_fail_at(nth);
            result = address_parse_path(arena, values[i], "+", &address);
            arena_fail_at(0);
            assert_true(result == 0 || (result == ERR_NOMEM && address.key == NULL));
            assert_true(nth < 20);
            arena_free(&arena);
        }
    }
    for (unsigned long nth = 1, failed = 1; failed; nth++) {
        struct arena *arena = arena_new(0);
        int result;

        arena_fail_at(nth);
        result = address_parse_list(arena, "Bob <b@example.com>, c@example.com (C), d@e.example", 5,
            &mailboxes, &count, &broken);
        failed = result != 0;
        arena_fail_at(0);
        assert_true(result == 0 || result == ERR_NOMEM);
        assert_true(nth < 60);
        arena_free(&arena);
    }
    assert_int_equal(count, 3);
    assert_false(broken);
}

/* A key in a letter is an address that mail programs take. */
static void test_keys_as_written(void **state)
{
    static const struct {
        const char *key, *written;
    } cases[] = {
        {"old@example.com", "old@example.com"},
        {"a.b+c@example.com", "a.b+c@example.com"},
        {"jürgen@example.com", "jürgen@example.com"},
        {"old user@example.com", "\"old user\"@example.com"},
        {"a\"b\\c@example.com", "\"a\\\"b\\\\c\"@example.com"},
        {"a@b@example.com", "\"a@b\"@example.com"},
        {"@example.com", "\"\"@example.com"},
        {"postmaster", "postmaster"},
        {"o***@example.com", "o***@example.com"},
        {"", ""},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(address_write(arena, cases[i].key), cases[i].written);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_keys_as_written),
        cmocka_unit_test(test_cut_paths),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_literal_limit),
        cmocka_unit_test(test_base),
        cmocka_unit_test(test_specs),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_list_bounds),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
