/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mark.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define LONG                                                                                       \
    SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY

static void writes_marks(void **state)
{
    static const struct {
        const char *name;
        struct mark mark;
        const char *want;
    } cases[] = {
        {"all", {"tag", "reset", "netflix.com", "prior", "old@example.com", "rrvs"},
            "tag; kind=reset; service=netflix.com; holder=prior;\n\taddress=old@example.com; "
            "by=rrvs"},
        {"one line", {"tag", "reset", "s.example", "prior", "o@a.example", "rrvs"},
            "tag; kind=reset; service=s.example; holder=prior;\n\taddress=o@a.example; by=rrvs"},
        {"short", {"tag", "other", NULL, "unknown", "o@a.example", "none"},
            "tag; kind=other; holder=unknown; address=o@a.example; by=none"},
        {"action alone", {.action = "tag"}, "tag"},
        {"nothing", {.action = NULL}, ""},
        {"no action", {.kind = "reset", .by = "rrvs"}, "kind=reset; by=rrvs"},
        {"parts left out", {.action = "tag", .service = "s.example"}, "tag; service=s.example"},
        {"space", {.action = "tag", .address = "a b@example.com"},
            "tag; address=\"a b@example.com\""},
        {"semicolon", {.action = "tag", .address = "a;by=admin@example.com"},
            "tag; address=\"a;by=admin@example.com\""},
        {"two at signs", {.action = "tag", .address = "a@b@example.com"},
            "tag; address=\"a@b@example.com\""},
        {"quote and backslash", {.action = "tag", .address = "a\"\\b@example.com"},
            "tag; address=\"a\\\"\\\\b@example.com\""},
        {"UTF-8", {.action = "tag", .address = "\xc3\xa4@example.com"},
            "tag; address=\"\\xC3\\xA4@example.com\""},
        {"line end", {.action = "tag", .address = "a\r\nX: y@example.com"},
            "tag; address=\"a\\x0D\\x0AX: y@example.com\""},
        {"delete", {.action = "tag", .address = "\x7f@example.com"},
            "tag; address=\"\\x7F@example.com\""},
        {"empty", {.action = "tag", .service = "", .address = "@"},
            "tag; service=\"\"; address=\"@\""},
        {"atext", {.action = "tag", .address = "!#$%&'*+-/=?^_`{|}~.a@example.com"},
            "tag; address=!#$%&'*+-/=?^_`{|}~.a@example.com"},
        {"long address", {.action = "tag", .address = SIXTY "@example.com", .by = "none"},
            "tag;\n\taddress=" SIXTY "@example.com;\n\tby=none"},
        {"too long for any line", {.action = "tag", .address = SIXTY SIXTY "@b.example"},
            "tag;\n\taddress=" SIXTY SIXTY "@b.example"},
        {"as long as a line may be", {.action = "tag", .address = LONG "12", .by = "none"},
            "tag;\n\taddress=" LONG "12;\n\tby=none"},
        {"longer", {.action = "tag", .address = LONG "123", .by = "none"}, "tag; by=none"},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = mark_write(arena, &cases[i].mark);

        assert_non_null(got);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].name, got);
    }
    arena_free(&arena);
}

static void writes_results(void **state)
{
    static const struct {
        const char *name, *id;
        enum rrvs_result result;
        const char *recipient, *want;
    } cases[] = {
        {"fail", "mx.example.com", RRVS_FAIL, "old@example.com",
            "mx.example.com; rrvs=fail smtp.rcptto=old@example.com"},
        {"fits", "mx.example", RRVS_PASS, "o@a.example",
            "mx.example; rrvs=pass smtp.rcptto=o@a.example"},
        {"folded", "mx.example.com", RRVS_FAIL, "older@example.com",
            "mx.example.com; rrvs=fail\n\tsmtp.rcptto=older@example.com"},
        {"several recipients", "mx.example.com", RRVS_FAIL, NULL, "mx.example.com; rrvs=fail"},
        {"none", "mx.example.com", RRVS_NONE, NULL, "mx.example.com; rrvs=none"},
        {"unknown", "mx.example.com", RRVS_UNKNOWN, NULL, "mx.example.com; rrvs=unknown"},
        {"temperror", "mx.example.com", RRVS_TEMPERROR, NULL, "mx.example.com; rrvs=temperror"},
        {"permerror", "mx.example.com", RRVS_PERMERROR, NULL, "mx.example.com; rrvs=permerror"},
        {"ignored", "mx.example.com", RRVS_IGNORED, "o@a.example", "mx.example.com; none"},
        {"quoted id", "my id", RRVS_PASS, NULL, "\"my id\"; rrvs=pass"},
        {"quoted local part", "mx.example", RRVS_PASS, "a b@a.example",
            "mx.example; rrvs=pass smtp.rcptto=\"a b\"@a.example"},
        {"at sign in the local part", "mx.example", RRVS_PASS, "a@b@a.example",
            "mx.example; rrvs=pass smtp.rcptto=\"a@b\"@a.example"},
        {"UTF-8", "mx.example", RRVS_PASS, "\xc3\xa4@a.example",
            "mx.example; rrvs=pass smtp.rcptto=\"\\xC3\\xA4\"@a.example"},
        {"id that is no token", "mx.example/a=b", RRVS_PASS, NULL, "\"mx.example/a=b\"; rrvs=pass"},
        {"too long for any line", "mx.example", RRVS_PASS, LONG "@a.example",
            "mx.example; rrvs=pass"},
        {"no domain", "mx.example", RRVS_PASS, "postmaster",
            "mx.example; rrvs=pass smtp.rcptto=postmaster"},
        {"line end", "mx.example", RRVS_PASS, "a@b\r\n",
            "mx.example; rrvs=pass "
            "smtp.rcptto=\"a@b\\x0D\\x0A\""},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = mark_write_rrvs(arena, cases[i].id, cases[i].result, cases[i].recipient);

        assert_non_null(got);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].name, got);
    }
    arena_free(&arena);
}

/* Whatever octets an address holds: ASCII, every line end a fold, no line too long where the
 * value does not force it, quotes closed. */
static void every_octet_is_harmless(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (int c = 1; c < 256; c++) {
        char address[] = "a?b@example.com";
        struct mark mark = {"tag", "reset", "s.example", "prior", address, "rrvs"};
        const char *text;
        int quotes = 0;

        address[1] = (char)c;
        text = mark_write(arena, &mark);
        assert_non_null(text);
        for (const char *p = text, *line = text; *p != '\0'; p++) {
            if (*p == '\n') {
                assert_true((size_t)(p - line) + (line == text ? strlen("X-Goneaway: ") : 0) <= 78);
                assert_int_equal(p[1], '\t');
                line = ++p;
                continue;
            }
            assert_true(*p >= ' ' && *p <= '~');
            if (*p == '\\')
                p++;
            else if (*p == '"')
                quotes++;
        }
        assert_true(quotes == 0 || quotes == 2);
    }
    arena_free(&arena);
}

static void no_memory_is_told(void **state)
{
    struct arena *arena = arena_new(8);
    const struct mark mark = {.action = "tag"};

    (void)state;
    assert_null(mark_write(arena, &mark));
    assert_null(mark_write_rrvs(arena, "mx.example.com", RRVS_PASS, NULL));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_marks),
        cmocka_unit_test(writes_results),
        cmocka_unit_test(every_octet_is_harmless),
        cmocka_unit_test(no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
