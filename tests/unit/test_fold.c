/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What fold promises: one form for what means the same, and folding twice changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fold.h"

#define NO_LIMIT SIZE_MAX

struct fold_case {
    const char *name;
    const char *text;
    const char *folded;
};

/* Folds from a heap block of exactly the text's size, so that ASan sees one octet too many. */
static char *fold_exact(struct arena *arena, const char *text, size_t length, size_t limit)
{
    char *exact = malloc(length == 0 ? 1 : length);
    size_t folded_length = 12345;
    char *folded;

    assert_non_null(exact);
    memcpy(exact, text, length);
    folded = fold_text(arena, exact + (length == 0 ? 1 : 0), length, limit, &folded_length);
    free(exact);
    assert_non_null(folded);
    assert_int_equal(folded_length, strlen(folded));
    assert_true(folded_length <= limit);
    return folded;
}

static void check(const struct fold_case *one)
{
    struct arena *arena = arena_new(0);
    const char *folded = fold_exact(arena, one->text, strlen(one->text), NO_LIMIT);

    if (strcmp(folded, one->folded) != 0)
        fail_msg("%s: \"%s\" gave \"%s\", not \"%s\"", one->name, one->text, folded, one->folded);
    folded = fold_exact(arena, folded, strlen(folded), NO_LIMIT);
    if (strcmp(folded, one->folded) != 0)
        fail_msg("%s: folding twice gave \"%s\"", one->name, folded);
    arena_free(&arena);
}

static void check_all(const struct fold_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&cases[i]);
}

#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_ascii(void **state)
{
    static const struct fold_case cases[] = {
        {"empty", "", ""},
        {"only space", " \t\r\n ", ""},
        {"case", "Reset Your PASSWORD", "reset your password"},
        {"all letters", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"},
        {"signs stay", "!\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_{|}~",
            "!\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_{|}~"},
        {"grave", "don`t", "don't"},
        {"runs of space", "  a \t b\r\n\r\nc\001\037d\177 ", "a b c d"},
    };

    (void)state;
    CHECK_ALL(cases);
}

/* What one octet of ASCII becomes, as fold.h says it. */
static char fold_octet(unsigned char c)
{
    if (c <= ' ' || c == 0x7f)
        return ' ';
    if (c == '`')
        return '\'';
    return (char)(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
}

static void check_ascii(struct arena *arena, const char *text, size_t length)
{
    char want[64];
    size_t written = 0;

    for (size_t i = 0; i < length; i++) {
        char c = fold_octet((unsigned char)text[i]);

        if (c != ' ' || (written > 0 && want[written - 1] != ' '))
            want[written++] = c;
    }
    while (written > 0 && want[written - 1] == ' ')
        written--;
    want[written] = '\0';
    if (strcmp(fold_exact(arena, text, length, NO_LIMIT), want) != 0)
        fail_msg("\"%.*s\"", (int)length, text);
}

/* Every octet at every place of texts of several words, alone and behind a space. */
static void test_every_octet(void **state)
{
    (void)state;
    for (size_t length = 1; length <= 40; length++) {
        struct arena *arena = arena_new(0);

        for (size_t at = 0; at < length; at++)
            for (int c = 0; c < 0x80; c++) {
                char text[40];

                memset(text, 'X', sizeof(text));
                text[at] = (char)c;
                check_ascii(arena, text, length);
                if (at > 0)
                    text[at - 1] = ' ';
                check_ascii(arena, text, length);
            }
        arena_free(&arena);
    }
}

/* Letters beyond ASCII at every place: what stands around them is folded the same. */
static void test_other_letters_between(void **state)
{
    (void)state;
    for (size_t before = 0; before <= 20; before++)
        for (size_t behind = 0; behind <= 20; behind++) {
            struct arena *arena = arena_new(0);
            char text[64];
            char want[64];

            snprintf(text, sizeof(text), "%.*s\u00C4%.*s", (int)before, "ABCDEFGHIJKLMNOPQRST",
                (int)behind, "ABCDEFGHIJKLMNOPQRST");
            snprintf(want, sizeof(want), "%.*sa%.*s", (int)before, "abcdefghijklmnopqrst",
                (int)behind, "abcdefghijklmnopqrst");
            assert_string_equal(fold_exact(arena, text, strlen(text), NO_LIMIT), want);
            arena_free(&arena);
        }
}

static void test_latin(void **state)
{
    static const struct fold_case cases[] = {
        {"German", "Zurücksetzen Ihrer Paßwörter", "zurucksetzen ihrer passworter"},
        {"capital sharp s", "STRAẞE", "strasse"},
        {"decomposed", "zuru\u0308ck", "zuruck"},
        {"French", "Réinitialisé à l’œil", "reinitialise a l'oeil"},
        {"Spanish", "¿Contraseña?", "¿contrasena?"},
        {"Portuguese", "Redefinição", "redefinicao"},
        {"Polish", "Zażółć gęślą jaźń, ŁÓDŹ", "zazolc gesla jazn, lodz"},
        {"Czech", "Příliš žluťoučký kůň", "prilis zlutoucky kun"},
        {"Croatian", "Đurđa, ǆep ǅep Ǆep", "durda, dzep dzep dzep"},
        {"Romanian, two kinds", "Ștergeți Ştergeţi", "stergeti stergeti"},
        {"Danish", "Nulstil RØDGRØD æble", "nulstil rodgrod aeble"},
        {"Icelandic", "Þú ÐAÐ", "þu ðað"},
        {"Turkish", "İSTANBUL Istanbul ısı şifre", "istanbul istanbul isi sifre"},
        {"Vietnamese", "Đặt lại mật khẩu của bạn ơ Ư", "dat lai mat khau cua ban o u"},
        {"Hungarian", "Jelszó visszaállítása őű", "jelszo visszaallitasa ou"},
        {"Maltese", "Ħal Ġgantija", "hal ggantija"},
        {"Uzbek", "oʻzgartirish oʼz o‘z o`z o´z o′z", "o'zgartirish o'z o'z o'z o'z o'z"},
        {"ligatures", "oﬃce ﬁne ﬂow ĳ ŉ ŀ", "office fine flow ij 'n l·"},
        {"long s", "ſicher", "sicher"},
        {"full width", "Ｒｅｓｅｔ　ｃｏｄｅ：１２３", "reset code:123"},
        {"mathematical", "𝐑𝐞𝐬𝐞𝐭 𝓬𝓸𝓭𝓮 𝟙𝟚𝟛", "reset code 123"},
        {"circled", "ⓇⒺⓈⒺⓉ", "reset"},
        {"Yoruba", "Ọ̀rọ̀ aṣínà", "oro asina"},
        {"Azeri", "Şifrəni sıfırla", "sifrəni sifirla"},
    };

    (void)state;
    CHECK_ALL(cases);
}

static void test_greek_cyrillic(void **state)
{
    static const struct fold_case cases[] = {
        {"Greek", "Επαναφορά ΚΩΔΙΚΌΣ κωδικός", "επαναφορα κωδικοσ κωδικοσ"},
        {"polytonic", "ᾧ Ἀρχῇ ΐ", "ω αρχη ι"},
        {"Russian", "Сброс пароля: СЪЁМЩИЙ щий", "сброс пароля: съемщии щии"},
        {"Ukrainian", "Її пароль Ґ", "іі пароль ґ"},
        {"Belarusian", "Ўвайсці", "уваисці"},
        {"Macedonian", "Ќе ѓ Ѝ", "ке г и"},
        {"Serbian", "Љубав Њ Ђ", "љубав њ ђ"},
        {"stress mark", "паро\u0301ль", "пароль"},
        {"Kazakh", "Құпиясөз", "құпиясөз"},
        {"Mongolian", "Нууц үг Ү", "нууц үг ү"},
    };

    (void)state;
    CHECK_ALL(cases);
}

static void test_semitic(void **state)
{
    static const struct fold_case cases[] = {
        {"alef", "أإآٱا", "ااااا"},
        {"yeh", "يىی", "ييي"},
        {"kaf", "كک", "كك"},
        {"heh", "هةہە", "هههه"},
        {"tatweel", "كلمـــة", "كلمه"},
        {"vowel points", "كَلِمَةُ المُرُورِ", "كلمه المرور"},
        {"Persian with ZWNJ", "می\u200cخواهید", "ميخواهيد"},
        {"Urdu", "پاس ورڈ کی", "پاس ورڈ كي"},
        {"lam alef ligature", "ﻻ ﷲ", "لا الله"},
        {"presentation forms", "ﻛﻠﻤﺔ", "كلمه"},
        {"Hebrew points", "סִיסְמָה", "סיסמה"},
        {"Hebrew signs", "דוא״ל צ׳ק תל־אביב", "דוא\"ל צ'ק תל-אביב"},
        {"Hebrew presentation", "שׁ", "ש"},
        {"Thaana keeps its vowels", "ޕާސްވޯޑް", "ޕާސްވޯޑް"},
        {"Syriac", "ܫܠܡܐ", "ܫܠܡܐ"},
    };

    (void)state;
    CHECK_ALL(cases);
}

static void test_asian(void **state)
{
    static const struct fold_case cases[] = {
        {"kana", "パスワードの再設定", "パスワードの再設定"},
        {"half-width kana", "ﾊﾟｽﾜｰﾄﾞ ｶﾞ", "パスワード ガ"},
        {"decomposed kana", "ハ\u309Aスワート\u3099", "パスワード"},
        {"dakuten alone", "か゛", "が"},
        {"Han", "重設密碼", "重設密碼"},
        {"compatibility Han", "\uF9B5 ⾦ ㈱", "例 金 (株)"},
        {"ideographic space", "新しい　パスワード", "新しい パスワード"},
        {"Hangul", "비밀번호", "비밀번호"},
        {"Hangul jamo", "\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글"},
        {"compatibility jamo", "ㅎ", "\u1112"},
        {"Hindi", "पासवर्ड रीसेट करें", "पासवर्ड रीसेट करें"},
        {"Hindi nukta", "\u0958 क\u093C \u0929 न\u093C", "क\u093C क\u093C \u0929 \u0929"},
        {"Bengali", "পাসও\u09DFার্ড ক\u09C7\u09BE", "পাসও\u09AF\u09BCার্ড ক\u09CB"},
        {"Tamil", "கடவுச்சொல் \u0B95\u0BC6\u0BBE", "கடவுச்சொல் \u0B95\u0BCA"},
        {"Telugu", "పాస్\u200Cవర్డ్", "పాస్వర్డ్"},
        {"Kannada", "ಪಾಸ್\u200Cವರ್ಡ್ \u0CC6\u0CC2\u0CD5", "ಪಾಸ್ವರ್ಡ್ \u0CCB"},
        {"Malayalam", "രഹസ്യവാക്ക്", "രഹസ്യവാക്ക്"},
        {"Sinhala", "මුරපදය \u0DD9\u0DCF\u0DCA", "මුරපදය \u0DDD"},
        {"Thai", "รีเซ็ตรหัสผ่าน", "รีเซ็ตรหัสผ่าน"},
        {"Thai sara am", "ท\u0E33", "ท\u0E4D\u0E32"},
        {"Lao", "ລະຫັດຜ່ານ", "ລະຫັດຜ່ານ"},
        {"Khmer", "ពាក្យ\u200Bសម្ងាត់", "ពាក្យសម្ងាត់"},
        {"Myanmar", "စကားဝှက် \u1025\u102E", "စကားဝှက် \u1026"},
        {"Tibetan", "གསང་ཚིག", "གསང་ཚིག"},
        {"Georgian", "პაროლი ᲞᲐᲠᲝᲚᲘ", "პაროლი პაროლი"},
        {"Armenian", "Գաղտնաբառ և", "գաղտնաբառ եւ"},
        {"Amharic", "የይለፍ ቃል", "የይለፍ ቃል"},
        {"Cherokee", "\u13A0\uAB70", "\uAB70\uAB70"},
        {"Mongolian script", "ᠨᠢᠭᠤᠴᠠ", "ᠨᠢᠭᠤᠴᠠ"},
    };

    (void)state;
    CHECK_ALL(cases);
}

static void test_signs(void **state)
{
    static const struct fold_case cases[] = {
        {"apostrophes", "a’b‘c`d´e′fʼg＇h", "a'b'c'd'e'f'g'h"},
        {"hyphens", "a‐b‑c–d—e−f－g", "a-b-c-d-e-f-g"},
        {"spaces", "a\u00A0b\u2003c\u3000d\u202Fe\u2028f\u2029g\302\205h\u1680i",
            "a b c d e f g h i"},
        {"soft hyphen", "pass\u00ADword", "password"},
        {"zero width", "p\u200Ba\u200Cs\u200Ds\u2060w\uFEFFord", "password"},
        {"bidirectional", "\u202Epass\u202C \u2066word\u2069\u200F", "pass word"},
        {"grapheme joiner", "pa\u034Fss", "pass"},
        {"variation selector", "❤\uFE0F 1\uFE0F\u20E3", "❤ 1"},
        {"tags", "a\U000E0061\U000E007Fb", "ab"},
        {"invisible fillers", "a\u3164b\u115Fc\uFFA0d\u2800e", "abcd e"},
        {"space, removed, space", "a \u200B \u0301 b", "a b"},
        {"removed at the ends", "\u200B a \u200B", "a"},
        {"ellipsis", "wait…", "wait..."},
        {"trade mark", "Example™ №", "exampletm no"},
        {"digits", "٣ ۴ ५ ৬ ๗ ໘ ၉ ０ 𝟘 ²", "3 4 5 6 7 8 9 0 0 2"},
        {"emoji stays", "🔑 key", "🔑 key"},
    };

    (void)state;
    CHECK_ALL(cases);
}

static void test_invalid_utf8(void **state)
{
    static const struct fold_case cases[] = {
        {"lone octets", "a\377b\200c", "a b c"},
        {"cut short", "a\xe3\x81", "a"},
        {"cut short by ASCII", "\xe3\x81z", "z"},
        {"overlong", "\xc0\xaf\xe0\x80\xafx", "x"},
        {"surrogate", "x\xed\xa0\x80y", "x y"},
        {"beyond Unicode", "x\xf4\x90\x80\x80y\xf8\x88\x80\x80\x80z", "x y z"},
        {"only bad", "\xff\xfe\xfd", ""},
    };
    struct arena *arena = arena_new(0);
    size_t length;

    (void)state;
    CHECK_ALL(cases);
    assert_string_equal(fold_text(arena, "a\0b", 3, NO_LIMIT, &length), "a b");
    assert_int_equal(length, 3);
    assert_string_equal(fold_text(arena, "\xc3\xa9\0b", 4, NO_LIMIT, NULL), "e b");
    arena_free(&arena);
}

static void test_limit(void **state)
{
    static const struct {
        const char *text;
        size_t limit;
        const char *folded;
    } cases[] = {
        {"abcdef", 0, ""},
        {"abcdef", 3, "abc"},
        {"abcdef", 6, "abcdef"},
        {"ab cdef", 3, "ab"},
        {"パス", 2, ""},
        {"パス", 3, "パ"},
        {"パスa", 5, "パ"}, /* and not "パa" */
        {"パスabc", 8, "パスab"},
        {"ab   cd\u200B", 5, "ab cd"},
        {"ﷺ", 6, "صلي"},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *folded =
            fold_exact(arena, cases[i].text, strlen(cases[i].text), cases[i].limit);

        assert_string_equal(folded, cases[i].folded);
    }
    arena_free(&arena);
}

static size_t encode(char *to, uint32_t c)
{
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};

    to[0] = (char)(lead[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        to[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3F));
    return more + 1;
}

static void check_idempotent(struct arena *arena, const char *text, size_t length, uint32_t c)
{
    size_t once_length;
    size_t twice_length;
    const char *once = fold_text(arena, text, length, NO_LIMIT, &once_length);
    const char *twice = fold_text(arena, once, once_length, NO_LIMIT, &twice_length);

    if (once_length > length * 18)
        fail_msg("U+%04X grows to %zu octets", (unsigned)c, once_length);
    if (once_length != twice_length || memcmp(once, twice, once_length) != 0)
        fail_msg("U+%04X: \"%s\" becomes \"%s\"", (unsigned)c, once, twice);
}

/* Every character there is: alone, behind a letter, and with marks behind it. */
static void test_every_character_twice(void **state)
{
    static const uint32_t behind[] = {0x3099, 0x0301, 0x093C, 0, 0x09BE, 0x11A8};
    struct arena *arena = NULL;

    (void)state;
    for (uint32_t c = 1; c <= 0x10FFFF; c++) {
        char text[64];
        size_t length;

        if (c % 4096 == 1) {
            arena_free(&arena);
            arena = arena_new(0);
        }
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        length = encode(text, c);
        check_idempotent(arena, text, length, c);
        for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++)
            length += encode(text + length, behind[i] == 0 ? c : behind[i]);
        check_idempotent(arena, text, length, c);
    }
    arena_free(&arena);
}

/* Marks by the thousand on one letter are cut, and folding stays as it is. */
static void test_many_marks(void **state)
{
    struct arena *arena = arena_new(0);
    char *text = malloc(100000);
    size_t length;
    const char *folded;

    (void)state;
    assert_non_null(text);
    length = encode(text, 0x304B);
    while (length < 99990)
        length += encode(text + length, length % 2 == 0 ? 0x3099 : 0x094D);
    folded = fold_exact(arena, text, length, NO_LIMIT);
    assert_true(strlen(folded) < 100);
    check_idempotent(arena, folded, strlen(folded), 0x3099);
    free(text);
    arena_free(&arena);
}

static void test_long_text(void **state)
{
    struct arena *arena = arena_new(0);
    const size_t count = 50000;
    char *text = malloc(count * 5);
    const char *folded;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * 5, "Ж A ", 5);
    folded = fold_exact(arena, text, count * 5, NO_LIMIT);
    assert_int_equal(strlen(folded), count * 5 - 1);
    assert_memory_equal(folded + 5 * (count - 1), "ж a", 4);
    free(text);
    arena_free(&arena);
}

static void test_no_memory(void **state)
{
    static const char *const texts[] = {"Password", "Пароль", ""};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct arena *arena = arena_new(0);

        arena_fail_at(1);
        assert_null(fold_text(arena, texts[i], strlen(texts[i]), NO_LIMIT, NULL));
        arena_fail_at(0);
        arena_free(&arena);
    }
}

static void test_unspaced(void **state)
{
    static const uint32_t yes[] = {0x0E01, 0x0E32, 0x0E49, 0x0EAB, 0x0F40, 0x1000, 0x1780, 0x3042,
        0x30D1, 0x30FC, 0x3005, 0x4E00, 0x9FFF, 0x20000, 0x3105, 0xFF76};
    static const uint32_t no[] = {'a', '1', ' ', 0x00E9, 0x0434, 0x0627, 0x05D0, 0x0915, 0xAC00,
        0x1100, 0x3001, 0x3002, 0x30FB, 0x3000, 0x1F600, 0x0E3F, 0x110000, 0xFFFFFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (!fold_is_unspaced(yes[i]))
            fail_msg("U+%04X", (unsigned)yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (fold_is_unspaced(no[i]))
            fail_msg("U+%04X", (unsigned)no[i]);
}

static void test_word(void **state)
{
    static const uint32_t yes[] = {'a', 'Z', '0', '9', 0x00E9, 0x0434, 0x0627, 0x0915, 0x094D,
        0x0301, 0x0E49, 0x30FC, 0x4E00, 0xAC00, 0x0663, 0x2460};
    static const uint32_t no[] = {0, ' ', '_', '-', '\'', '.', '@', 0x00A0, 0x2026, 0x3002, 0x30FB,
        0x1F600, 0x200B, 0x110000, 0xFFFFFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (!fold_is_word(yes[i]))
            fail_msg("U+%04X", (unsigned)yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (fold_is_word(no[i]))
            fail_msg("U+%04X", (unsigned)no[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_every_octet),
        cmocka_unit_test(test_other_letters_between),
        cmocka_unit_test(test_latin),
        cmocka_unit_test(test_greek_cyrillic),
        cmocka_unit_test(test_semitic),
        cmocka_unit_test(test_asian),
        cmocka_unit_test(test_signs),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_every_character_twice),
        cmocka_unit_test(test_many_marks),
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_unspaced),
        cmocka_unit_test(test_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
