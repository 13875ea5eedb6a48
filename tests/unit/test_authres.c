/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "authres.h"
#include "err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A field is written down as "id/version|method=result {reason} p.q=value …|…". */
static const struct {
    const char *value;
    const char *expected; /* NULL: ERR_SYNTAX */
} cases[] = {
    /* plain */
    {"mx.example.com; none", "mx.example.com/1"},
    {"mx.example.com; dkim=pass", "mx.example.com/1|dkim=pass"},
    {"mx.example.com; dkim=pass header.d=example.org",
        "mx.example.com/1|dkim=pass header.d=example.org"},
    {"mx.example.com; spf=pass smtp.mailfrom=example.org; dkim=fail header.i=@example.org",
        "mx.example.com/1|spf=pass smtp.mailfrom=example.org|dkim=fail header.i=@example.org"},
    {"mx.example.com;dkim=pass header.d=a.example;dkim=pass header.d=b.example",
        "mx.example.com/1|dkim=pass header.d=a.example|dkim=pass header.d=b.example"},
    {"MX.Example.COM; DKIM=Pass Header.D=Example.ORG",
        "MX.Example.COM/1|dkim=pass header.d=Example.ORG"},
    {" mx.example.com ; dkim=pass ", "mx.example.com/1|dkim=pass"},
    {"mx.example.com; x-foo-bar=neutral policy.is_org=yes x.y=z",
        "mx.example.com/1|x-foo-bar=neutral policy.is_org=yes x.y=z"},
    {"mx.example.com; frob=wibble q9.r9=s", "mx.example.com/1|frob=wibble q9.r9=s"},
    {"mx; iprev=pass policy.iprev=192.0.2.1", "mx/1|iprev=pass policy.iprev=192.0.2.1"},
    {"mx; iprev=pass policy.iprev=\"2001:db8::1\"", "mx/1|iprev=pass policy.iprev=2001:db8::1"},
    {"mx; iprev=pass smtp.remote-ip=2001:db8::1", "mx/1|iprev=pass smtp.remote-ip=2001:db8::1"},
    {"mx; dkim=pass header.b=aB/c+d1=", "mx/1|dkim=pass header.b=aB/c+d1="},
    {"mx; dkim=pass header.b=\"aB/c+d1=\"", "mx/1|dkim=pass header.b=aB/c+d1="},
    /* addresses */
    {"mx; spf=pass smtp.mailfrom=bob@example.org", "mx/1|spf=pass smtp.mailfrom=bob@example.org"},
    {"mx; spf=pass smtp.mailfrom=@example.org", "mx/1|spf=pass smtp.mailfrom=@example.org"},
    {"mx; spf=pass smtp.mailfrom=b+bob=example.com@example.org",
        "mx/1|spf=pass smtp.mailfrom=b+bob=example.com@example.org"},
    {"mx; spf=pass smtp.mailfrom=\"a b\"@example.org",
        "mx/1|spf=pass smtp.mailfrom=a b@example.org"},
    {"mx; spf=pass smtp.mailfrom=\"a;b\"@example.org header.x=y",
        "mx/1|spf=pass smtp.mailfrom=a;b@example.org header.x=y"},
    {"mx; spf=pass smtp.mailfrom=\"a \\\" b@c\"@example.org",
        "mx/1|spf=pass smtp.mailfrom=a \" b@c@example.org"},
    {"mx; spf=none smtp.mailfrom=\"\"", "mx/1|spf=none smtp.mailfrom="},
    {"mx; spf=pass smtp.mailfrom=m\xc3\xbcller@b\xc3\xbc"
     "cher.example",
        "mx/1|spf=pass smtp.mailfrom=m\xc3\xbcller@b\xc3\xbc"
        "cher.example"},
    /* comments */
    {"mx (a) ; (b) dkim (c) = (d) pass (e) header (f) . (g) d (h) = (i) example.org (j)",
        "mx/1|dkim=pass header.d=example.org"},
    {"(x) mx; none (nothing at all)", "mx/1"},
    {"mx; dkim=pass (dkim=fail header.d=a.example) header.d=example.org",
        "mx/1|dkim=pass header.d=example.org"},
    {"mx; dkim=fail (; dkim=pass header.d=example.com) header.d=example.org",
        "mx/1|dkim=fail header.d=example.org"},
    {"mx; dkim=fail (a (nested; dkim=pass (deeper) one) b) header.d=example.org",
        "mx/1|dkim=fail header.d=example.org"},
    {"mx; dkim=fail (\\) ; dkim=pass header.d=example.com \\() header.d=example.org",
        "mx/1|dkim=fail header.d=example.org"},
    {"mx; dkim=fail (\\\\) header.d=example.org", "mx/1|dkim=fail header.d=example.org"},
    {"mx; dkim=fail (a \" b) header.d=example.org", "mx/1|dkim=fail header.d=example.org"},
    {"mx; dkim=pass(c)header.d=example.org", "mx/1|dkim=pass header.d=example.org"},
    {"mx; dkim=pass header.d=example.org(c)", "mx/1|dkim=pass header.d=example.org"},
    /* quoted */
    {"\"mx.example.com\"; dkim=pass", "mx.example.com/1|dkim=pass"},
    {"\"mx/\\\"job\\\"\" 1; dkim=pass", "mx/\"job\"/1|dkim=pass"},
    {"\"mx; dkim=pass\"; dkim=fail", "mx; dkim=pass/1|dkim=fail"},
    {"mx; dkim=fail reason=\"bad; dkim=pass header.d=example.com\" header.d=example.org",
        "mx/1|dkim=fail {bad; dkim=pass header.d=example.com} header.d=example.org"},
    {"mx; dkim=fail reason=\"a \\\" b\" header.d=example.org",
        "mx/1|dkim=fail {a \" b} header.d=example.org"},
    {"mx; dkim=fail reason=\"(\" header.d=example.org (\")",
        "mx/1|dkim=fail {(} header.d=example.org"},
    {"mx; dkim=fail reason=expired", "mx/1|dkim=fail {expired}"},
    {"mx; dkim=fail reason = \"x\"", "mx/1|dkim=fail {x}"},
    {"mx; dkim=fail REASON=x", "mx/1|dkim=fail {x}"},
    {"mx; dkim=pass reason.x=y", "mx/1|dkim=pass reason.x=y"},
    {"mx; dkim=pass header.d=\"example.org\"", "mx/1|dkim=pass header.d=example.org"},
    {"mx; dkim=pass header.d=\"exa\n mple.org\"", "mx/1|dkim=pass header.d=exa mple.org"},
    /* versions */
    {"mx 1; dkim=pass", "mx/1|dkim=pass"},
    {"mx 2; dkim=pass", "mx/2|dkim=pass"},
    {"mx(c)2(d);dkim=pass", "mx/2|dkim=pass"},
    {"mx 01; none", "mx/1"},
    {"mx; dkim/1=pass header.d=example.org", "mx/1|dkim=pass header.d=example.org"},
    {"mx; dkim / 1 = pass", "mx/1|dkim=pass"},
    {"mx; dkim/2=pass header.d=a.example; dkim=fail header.d=example.org",
        "mx/1|dkim=fail header.d=example.org"},
    {"mx; dkim/9=pass", "mx/1"},
    /* folded */
    {"mx;\n\tdkim=pass\n\theader.d=example.org;\n  spf=pass\n smtp.mailfrom=example.org",
        "mx/1|dkim=pass header.d=example.org|spf=pass smtp.mailfrom=example.org"},
    {"mx;\r\n dkim=pass\r\n header.d=example.org", "mx/1|dkim=pass header.d=example.org"},
    {"\n mx; none\n", "mx/1"},
    {"mx; dkim\n = pass header\n .d\n = example.org", "mx/1|dkim=pass header.d=example.org"},
    /* "none" */
    {"mx; NONE", "mx/1"},
    {"mx;none", "mx/1"},
    {"mx 1; none (x)", "mx/1"},
    {"mx; none=pass", "mx/1|none=pass"},
    {"mx; none; dkim=pass", NULL},
    {"mx; dkim=pass; none", NULL},
    {"mx; none header.d=x", NULL},
    /* nothing but an id, or not even that */
    {"", NULL},
    {" ", NULL},
    {"mx", NULL},
    {"mx;", NULL},
    {"mx; ", NULL},
    {"mx 1", NULL},
    {";", NULL},
    {"; dkim=pass", NULL},
    {"(c)", NULL},
    {"(c); dkim=pass", NULL},
    /* no authserv-id, as some hosters write it */
    {"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.org; dkim=pass header.d=example.org",
        NULL},
    {"dkim=pass header.d=example.org", NULL},
    {"mx; dmarc=pass action=none header.from=example.org", NULL},
    {"mx; compauth=pass reason=100; dmarc=pass action=none", NULL},
    {"mx/job1; dkim=pass", NULL},
    {"mx example; dkim=pass", NULL},
    {"mx@example.com; dkim=pass", NULL},
    {"mx: dkim=pass", NULL},
    {"mx, my; dkim=pass", NULL},
    {"\"mx\"x; dkim=pass", NULL},
    {"\"mx\"1; dkim=pass", NULL},
    {"mx 1.0; dkim=pass", NULL},
    {"mx x1; dkim=pass", NULL},
    {"mx 1 1; dkim=pass", NULL},
    {"mx 1234567; dkim=pass", NULL},
    /* malformed results */
    {"mx; dkim", NULL},
    {"mx; dkim=", NULL},
    {"mx; =pass", NULL},
    {"mx; dkim pass", NULL},
    {"mx; dkim==pass", NULL},
    {"mx; dkim=pass=fail", NULL},
    {"mx; dkim=\"pass\"", NULL},
    {"mx; dkim=pass;", NULL},
    {"mx; dkim=pass; ", NULL},
    {"mx;; dkim=pass", NULL},
    {"mx; dkim=pass,spf=pass", NULL},
    {"mx; dkim/=pass", NULL},
    {"mx; dkim/x=pass", NULL},
    {"mx; dkim/1.0=pass", NULL},
    {"mx; dkim-=pass", NULL},
    {"mx; d(k)im=pass", NULL},
    {"mx; dkim=pa.ss", NULL},
    {"mx; dk\xc3\xbcm=pass", NULL},
    /* malformed properties */
    {"mx; dkim=pass header", NULL},
    {"mx; dkim=pass header.", NULL},
    {"mx; dkim=pass header.d", NULL},
    {"mx; dkim=pass header.d=", NULL},
    {"mx; dkim=pass header.d=;", NULL},
    {"mx; dkim=pass header.=x", NULL},
    {"mx; dkim=pass .d=x", NULL},
    {"mx; dkim=pass header..d=x", NULL},
    {"mx; dkim=pass header.d=example.org x", NULL},
    {"mx; dkim=pass header.d=example.org example.com", NULL},
    {"mx; dkim=pass header.d=example.org,example.com", NULL},
    {"mx; dkim=pass header.d=<example.org>", NULL},
    {"mx; spf=pass smtp.mailfrom=<>", NULL},
    {"mx; dkim=pass header.d=[192.0.2.1]", NULL},
    {"mx; dkim=pass header.d=\"x\"y", NULL},
    {"mx; dkim=pass header.d=\"x\"header.i=y", NULL},
    {"mx; spf=pass smtp.mailfrom=\"a\" @example.org", NULL},
    {"mx; spf=pass smtp.mailfrom=a @example.org", NULL},
    /* malformed reasons */
    {"mx; dkim=fail reason=", NULL},
    {"mx; dkim=fail reason", NULL},
    {"mx; dkim=fail reason=a reason=b", NULL},
    {"mx; dkim=fail reason=a b", NULL},
    {"mx; dkim=fail reason=\"a\"header.d=x", NULL},
    {"mx; dkim=fail header.d=x reason=a", NULL},
    {"mx; dkim=fail reason=a@b", NULL},
    /* what stays open */
    {"mx; dkim=pass (c", NULL},
    {"mx; dkim=pass (c\\)", NULL},
    {"mx; dkim=pass ((c)", NULL},
    {"mx; dkim=pass c)", NULL},
    {"mx; dkim=pass header.d=\"x", NULL},
    {"mx; dkim=pass header.d=\"x\\\"", NULL},
    {"mx; dkim=pass header.d=\"x\\", NULL},
    {"\"mx; dkim=pass", NULL},
    {"(mx; dkim=pass", NULL},
    /* controls */
    {"mx; dkim=pass header.d=exam\x01ple.org", NULL},
    {"mx; dkim=pass header.d=\"exam\x01ple.org\"", NULL},
    {"mx; dkim=pass header.d=\"exam\\\x01ple.org\"", NULL},
    {"m\x7fx; dkim=pass", NULL},
};

static void describe(const struct authres *field, char *out, size_t room)
{
    size_t used = (size_t)snprintf(out, room, "%s/%u", field->authserv_id, field->version);

    for (size_t i = 0; i < field->result_count; i++) {
        const struct authres_result *result = &field->results[i];

        used += (size_t)snprintf(out + used, room - used, "|%s=%s", result->method, result->result);
        if (result->reason != NULL)
            used += (size_t)snprintf(out + used, room - used, " {%s}", result->reason);
        for (size_t k = 0; k < result->property_count; k++)
            used +=
                (size_t)snprintf(out + used, room - used, " %s.%s=%s", result->properties[k].ptype,
                    result->properties[k].property, result->properties[k].value);
    }
}

/* The value in a block of its very size, without a NUL. */
static char *exact(const char *value, size_t length)
{
    char *copy = malloc(length == 0 ? 1 : length);

    assert_non_null(copy);
    memcpy(copy, value, length);
    return copy;
}

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        char *value = exact(cases[i].value, strlen(cases[i].value)), text[500] = "";
        struct authres field;
        int result = authres_parse(arena, value, strlen(cases[i].value), &field);

        if (result != (cases[i].expected == NULL ? ERR_SYNTAX : 0))
            fail_msg("%s: %d", cases[i].value, result);
        if (result == 0)
            describe(&field, text, sizeof(text));
        else
            assert_null(field.authserv_id);
        if (result == 0 && strcmp(text, cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].value, text);
        free(value);
        arena_free(&arena);
    }
}

/* A field cut anywhere is read or refused, and a comment or quote that it cuts is refused. */
static void test_cut_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t length = 0; length < strlen(cases[i].value); length++) {
            struct arena *arena = arena_new(0);
            char *value = exact(cases[i].value, length);
            struct authres field;
            int result = authres_parse(arena, value, length, &field);

            assert_true(result == 0 || result == ERR_SYNTAX);
            assert_true((result == 0) == (field.authserv_id != NULL));
            free(value);
            arena_free(&arena);
        }
    }
}

static void test_embedded_nul(void **state)
{
    static const struct {
        const char *value;
        size_t length;
        int error;
    } nuls[] = {
        {"mx\0; none", 9, ERR_SYNTAX},
        {"mx; none\0", 9, ERR_SYNTAX},
        {"mx; dkim=pass header.d=a\0b", 26, ERR_SYNTAX},
        {"mx; dkim=pass header.d=\"a\0b\"", 28, ERR_SYNTAX},
        {"mx; dkim=pass header.d=\"a\\\0b\"", 29, ERR_SYNTAX},
        {"mx; dkim=pass (a\0b) header.d=a", 30, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(nuls); i++) {
        struct arena *arena = arena_new(0);
        char *value = exact(nuls[i].value, nuls[i].length);
        struct authres field;

        assert_int_equal(authres_parse(arena, value, nuls[i].length, &field), nuls[i].error);
        free(value);
        arena_free(&arena);
    }
}

/* "mx" and count times `piece`, filled up with spaces to length. */
static int parse_many(size_t count, const char *piece, size_t length)
{
    size_t used = 2, step = strlen(piece);
    char *value = malloc(length);
    struct arena *arena = arena_new(0);
    struct authres field;
    int result;

    assert_non_null(value);
    memset(value, ' ', length);
    memcpy(value, "mx", 2);
    for (size_t i = 0; i < count; i++, used += step)
        memcpy(value + used, piece, step);
    result = authres_parse(arena, value, length, &field);
    if (result == 0 && *piece == ';')
        assert_int_equal(field.result_count, count);
    free(value);
    arena_free(&arena);
    return result;
}

static void test_bounds(void **state)
{
    (void)state;
    assert_int_equal(parse_many(1, ";a=b", 65536), 0);
    assert_int_equal(parse_many(1, ";a=b", 65537), ERR_LIMIT);
    assert_int_equal(parse_many(100, ";a=b", 1000), 0);
    assert_int_equal(parse_many(101, ";a=b", 1000), ERR_LIMIT);
    assert_int_equal(parse_many(100, ";a=b c.d=e f.g=h", 5000), 0);
    assert_int_equal(parse_many(100,
                         ";a=b c.d=e c.d=e c.d=e c.d=e c.d=e c.d=e c.d=e c.d=e c.d=e"
                         " c.d=e c.d=e",
                         10000),
        ERR_LIMIT);
    assert_int_equal(parse_many(10000, ";", 65536), ERR_SYNTAX);
    assert_int_equal(parse_many(60000, "(", 65536), ERR_SYNTAX);
    assert_int_equal(parse_many(60000, "\"", 65536), ERR_SYNTAX);
    assert_int_equal(parse_many(20000, "(;=", 65536), ERR_SYNTAX);
}

static void test_property(void **state)
{
    static const char value[] =
        "mx; dkim=pass header.d=a.example header.s=s header.s=t header.b=x header.b=x";
    struct arena *arena = arena_new(0);
    struct authres field;

    (void)state;
    assert_int_equal(authres_parse(arena, value, strlen(value), &field), 0);
    assert_string_equal(authres_property(&field.results[0], "header", "d"), "a.example");
    assert_string_equal(authres_property(&field.results[0], "header", "b"), "x");
    assert_null(authres_property(&field.results[0], "header", "s"));
    assert_null(authres_property(&field.results[0], "header", "i"));
    assert_null(authres_property(&field.results[0], "smtp", "d"));
    arena_free(&arena);
}

static void test_no_memory(void **state)
{
    static const char value[] = "\"mx\"; dkim=fail reason=\"x\" header.d=example.org; spf=pass "
                                "smtp.mailfrom=\"a b\"@example.org";
    int result = ERR_NOMEM;

    (void)state;
    for (unsigned long nth = 1; result != 0; nth++) {
        struct arena *arena = arena_new(0);
        struct authres field;

        arena_fail_at(nth);
        result = authres_parse(arena, value, strlen(value), &field);
        arena_fail_at(0);
        assert_true(result == 0 || (result == ERR_NOMEM && field.authserv_id == NULL));
        assert_true(nth < 40);
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_cut_fields),
        cmocka_unit_test(test_embedded_nul),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_property),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
