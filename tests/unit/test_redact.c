/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Of a stranger's subject nothing stays but our own words: no code, no name, no digit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "phrases_set.h"
#include "redact.h"

static const char vocabulary[] =
    "language = \"xx\"; name = \"X\"; words = {\n"
    "  password = [ \"password\", \"passwort\", \"*kennwort*\", \"пароль\", \"パスワード\", "
    "\"再設定\",\n"
    "    \"密碼\", \"비밀번호\", \"كلمة المرور\", \"סיסמה\", \"รหัสผ่าน\", \"पासवर्ड\" ];\n"
    "  code = [ \"code\", \"code*\", \"log-in\", \"don't ... share\", \"4ever\", \"コード\" ];\n"
    "  reset = [ \"reset\", \"confirm*\", \"подтвер*\", \"new\" ];\n"
    "  common = [ \"your\", \"for\", \"is\", \"a new\", \"der\", \"на\", \"сброс\" ];\n"
    "};";

struct redact_case {
    const char *name;
    const char *subject;
    const char *kept;
};

static struct phrases *load(void)
{
    struct mistakes mistakes = {0};
    struct phrases *set = calloc(1, sizeof(*set));

    assert_non_null(set);
    assert_int_equal(
        phrases_read_text(set, "xx.conf", "xx", vocabulary, strlen(vocabulary), &mistakes), 0);
    if (mistakes.count > 0)
        fail_msg("%s", mistakes.lines[0]);
    assert_int_equal(phrases_build(set), 0);
    return set;
}

static void check_cases(const struct redact_case *cases, size_t count, const char *service)
{
    struct phrases *phrases = load();

    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(0);
        struct text text = {.subject = cases[i].subject};
        const char *kept = "unset";

        assert_int_equal(redact_subject(arena, &text, phrases, service, REDACT_WORDS, &kept), 0);
        if ((kept == NULL) != (cases[i].kept == NULL) ||
            (kept != NULL && strcmp(kept, cases[i].kept) != 0))
            fail_msg("%s: \"%s\" gave \"%s\", not \"%s\"", cases[i].name, cases[i].subject,
                kept == NULL ? "NULL" : kept, cases[i].kept == NULL ? "NULL" : cases[i].kept);
        arena_free(&arena);
    }
    phrases_free(&phrases);
}

#define CHECK_CASES(cases, service) check_cases(cases, sizeof(cases) / sizeof((cases)[0]), service)

static void test_words(void **state)
{
    static const struct redact_case cases[] = {
        {"none", "", NULL},
        {"ours", "Reset your password", "reset your password"},
        {"a name", "Ann Example, reset your password", "… reset your password"},
        {"names between", "New code for Ann Example of Sometown is new", "new code for … is new"},
        {"only theirs", "Hello Ann Example", "…"},
        {"signs only", "!!! --- ???", ""},
        {"signs between theirs", "Ann, (Bo) & Cy!", "…"},
        {"a stem", "Confirmation for Ann", "confirm… for …"},
        {"what hides behind a stem", "codeabcd confirmjoneskey", "code… confirm…"},
        {"a stem whole", "Confirm", "confirm"},
        {"part of a compound", "Kundenkennwort", "…"},
        {"single letters", "a a a x y z", "…"},
        {"of two parts", "Log-in", "…"},
        {"accents", "PASSWÖRT für", "passwort …"},
    };

    (void)state;
    CHECK_CASES(cases, NULL);
}

static void test_scripts(void **state)
{
    static const struct redact_case cases[] = {
        {"Cyrillic", "Сброс: пароль на Анна Примерова", "сброс пароль на …"},
        {"Cyrillic stem", "Подтверждение Анны", "подтвер…"},
        {"kana and Han", "田中太郎様のパスワード再設定コード", "…パスワード再設定コード"},
        {"Han", "王小明的密碼", "…密碼"},
        {"Hangul", "홍길동 비밀번호", "… 비밀번호"},
        {"Arabic", "كلمة المرور أحمد", "كلمه المرور …"},
        {"Hebrew", "סיסמה של דנה", "סיסמה …"},
        {"Thai", "รหัสผ่านของสมชาย", "รหัสผ่าน…"},
        {"Hindi", "पासवर्ड राम", "पासवर्ड …"},
        {"Georgian, Armenian, Ethiopic", "გიორგი Արամ አበበ", "…"},
        {"beside Latin", "ExampleのパスワードResetのコード", "…パスワード reset …コード"},
    };

    (void)state;
    CHECK_CASES(cases, NULL);
}

static void test_numbers(void **state)
{
    static const struct redact_case cases[] = {
        {"code", "Your code is 482913", "your code is …"},
        {"code in pieces", "Your code: 482 913, 48-29-13", "your code …"},
        {"code glued to a word", "code482913 password1", "…"},
        {"card", "Your password for **** 0513 is new", "your password for … is new"},
        {"letters and digits", "Code G-482913 AB12CD", "code …"},
        {"ours with a digit", "4ever", "…"},
        {"full width", "Code ４８２９１３ ｃｏｄｅ４", "code …"},
        {"Arabic-Indic", "Code ٤٨٢٩١٣ ۴۸۲", "code …"},
        {"Devanagari, Bengali, Thai", "Code ४८२ ৪৮২ ๔๘๒", "code …"},
        {"mathematical", "Code 𝟒𝟖𝟐 𝟺𝟾𝟸", "code …"},
        {"superscript and circled", "code⁴ code④ code Ⅳ", "… code …"},
        {"Ethiopic and Han numbers", "code፬ code〇", "… code …"},
        {"letters only", "Code QWERTZ", "code …"},
        {"letters in script", "Code 𝓠𝓦𝓔𝓡", "code …"},
    };

    (void)state;
    CHECK_CASES(cases, NULL);
}

static void test_tricks(void **state)
{
    static const struct redact_case cases[] = {
        {"right to left override", "Code \u202E319284\u202C is", "code … is"},
        {"zero width in a word", "pass\u200Bword 48\u200B2913", "password …"},
        {"soft hyphens", "pass\u00ADword A\u00ADB", "password …"},
        {"line feeds", "password\r\nX-Injected: code", "password … code"},
        {"bad octets", "password \xff\xfe\x80 code\xc3", "password code"},
        {"marks by the hundred", "password\u0301\u0302\u0303 A\u0301\u0302", "password …"},
    };

    (void)state;
    CHECK_CASES(cases, NULL);
}

static void test_service_name(void **state)
{
    static const struct redact_case cases[] = {
        {"name", "Your Examplix Shop code", "your examplix shop code"},
        {"part of the name", "Shopping at Examplix", "… examplix"},
        {"name with a digit", "1Examplix 365", "…"},
        {"unspaced", "例示商店のパスワード", "例示商店…パスワード"},
    };

    (void)state;
    CHECK_CASES(cases, "Examplix SHOP 365 1Examplix 例示商店");
}

static void test_nothing_kept(void **state)
{
    struct arena *arena = arena_new(0);
    struct phrases *phrases = load();
    struct text text = {.subject = "Reset your password"};
    const char *kept = "unset";

    (void)state;
    assert_int_equal(redact_subject(arena, &text, phrases, "Reset", REDACT_NOTHING_KEPT, &kept), 0);
    assert_null(kept);
    phrases_free(&phrases);
    arena_free(&arena);
}

/* A subject of any length stays within bounds. */
static void test_long(void **state)
{
    static const char *const units[] = {
        "password ", "Ann ", "パ", "再設定", "a\xcc\x81", "\xff", "confirmx ", "ﷺ"};
    struct phrases *phrases = load();

    (void)state;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct arena *arena = arena_new(0);
        size_t unit = strlen(units[i]);
        char *subject = malloc(unit * 20000 + 1);
        struct text text = {.subject = subject};
        const char *kept = NULL;

        assert_non_null(subject);
        for (size_t j = 0; j < 20000; j++)
            memcpy(subject + j * unit, units[i], unit);
        subject[unit * 20000] = '\0';
        assert_int_equal(redact_subject(arena, &text, phrases, "x", REDACT_WORDS, &kept), 0);
        assert_non_null(kept);
        assert_true(strlen(kept) < 4000);
        free(subject);
        arena_free(&arena);
    }
    phrases_free(&phrases);
}

static void test_no_memory(void **state)
{
    struct phrases *phrases = load();
    struct text text = {.subject = "Reset your password"};
    unsigned long nth;

    (void)state;
    for (nth = 1; nth < 20; nth++) {
        struct arena *arena = arena_new(0);
        const char *kept = "unset";
        int result;

        arena_fail_at(nth);
        result = redact_subject(arena, &text, phrases, "Examplix", REDACT_WORDS, &kept);
        arena_fail_at(0);
        arena_free(&arena);
        if (result == 0)
            break;
        assert_int_equal(result, ERR_NOMEM);
        assert_null(kept);
    }
    assert_int_equal(nth, 4);
    phrases_free(&phrases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_tricks),
        cmocka_unit_test(test_service_name),
        cmocka_unit_test(test_nothing_kept),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
