/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Links and codes by their form, as senders write them, and as somebody writes them who wants them
 * to get through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../defuse_check.h"
#include "defuse_text.h"
#include "err.h"

/* A text, and what becomes of it; NULL for "wanted": it stays as it is. */
static const struct {
    const char *name;
    const char *text;
    const char *wanted;
} texts[] = {
    {"plain words", "Hello, your account was changed.", NULL},
    {"nothing", "", NULL},
    {"two numbers", "It takes 2 days, or 30 at most.", NULL},
    {"three digits", "Room 123 is free.", NULL},
    {"amount", "You owe 10 EUR now.", NULL},
    {"names in two humps", "PayPal and YouTube", NULL},
    {"shouted heading", "IMPORTANT NOTICE FOR MEMBERS", NULL},
    {"one slash", "and/or", NULL},
    {"Japanese", "パスワードを変更しました。", NULL},
    {"Japanese date", "11月22日まで", NULL},
    {"Arabic words", "تم تغيير كلمة المرور", NULL},
    {"link", "Go to https://shop.example/r?t=abc now", "Go to [link removed] now"},
    {"two links", "https://a.example/x https://b.example/y", "[link removed] "},
    {"link in capitals", "see HTTPS://SHOP.EXAMPLE/R", "see [link removed]"},
    {"scheme-less", "see shop.example/reset/abc", "see [link removed]"},
    {"www", "see WwW.shop.example", "see [link removed]"},
    {"www with an invisible character", "see w\xe2\x80\x8bww.shop", "see [link removed]"},
    {"full-width", "see ｗｗｗ．ｓｈｏｐ．ｅｘａｍｐｌｅ", "see [link removed]"},
    {"ideographic full stop", "see shop。example/r", "see [link removed]"},
    {"punycode", "see xn--bcher-kva.example/x", "see [link removed]"},
    {"other script", "see пример.испытание/вход", "see [link removed]"},
    {"bare domain", "see shop.example today", "see [link removed] today"},
    {"relative", "see //evil/x", "see [link removed]"},
    {"address", "write to a@shop.example please", "write to [link removed] please"},
    {"mailto", "mailto:me", "[link removed]"},
    {"script", "javascript:x", "[link removed]"},
    {"query alone", "then ?token=abcdef here", "then [link removed] here"},
    {"escapes", "a%2Fb%2Fc", "[link removed]"},
    {"link in brackets", "here (https://a.example/x)", "here [link removed]"},
    {"link in angles", "here <https://a.example/x>", "here < [link removed] >"},
    {"link that goes on in the next line", "shop.example/r?t=\nabcdef",
        "[link removed]\n[link removed]"},
    {"right-to-left override", "see \xe2\x80\xaehttps://a.example", "see [link removed]"},
    {"soft hyphen in the scheme", "ht\xc2\xadtps://a.example", "[link removed]"},
    {"code", "Your code is 123456.", "Your code is [code removed] ."},
    {"four digits", "PIN is 1234", "PIN is [code removed]"},
    {"two groups", "code 123 456 ok", "code [code removed] ok"},
    {"hyphens", "code 12-34 ok", "code [code removed] ok"},
    {"dots", "code 1.2.3.4 ok", "code [code removed] ok"},
    {"digits apart", "code 1 2 3 4 ok", "code [code removed] ok"},
    {"lines apart", "code 12\n34 ok", "code [code removed] ok"},
    {"zero width between",
        "code 1\xe2\x80\x8b"
        "2\xe2\x80\x8d"
        "3\xef\xbb\xbf"
        "4 ok",
        "code [code removed] ok"},
    {"full-width digits", "code １２３４ ok", "code [code removed] ok"},
    {"Arabic digits", "رمز ١٢٣٤", "رمز [code removed]"},
    {"Devanagari digits", "code १२३४", "code [code removed]"},
    {"mixed scripts", "code 1２٣४", "code [code removed]"},
    {"circled digits", "code ①②③④ ok", "code [code removed] ok"},
    {"black circles", "code ❶❷❸❹ ok", "code [code removed] ok"},
    {"key caps",
        "code 1\xef\xb8\x8f\xe2\x83\xa3"
        "2\xef\xb8\x8f\xe2\x83\xa3"
        "3\xef\xb8\x8f\xe2\x83\xa3"
        "4\xef\xb8\x8f\xe2\x83\xa3 ok",
        "code [code removed] ok"},
    {"mathematical digits", "code 𝟏𝟐𝟑𝟒 ok", "code [code removed] ok"},
    {"struck through",
        "code 1\xcc\xb6"
        "2\xcc\xb6"
        "3\xcc\xb6"
        "4\xcc\xb6 ok",
        "code [code removed] ok"},
    {"Han numerals", "番号は一二三四です", "番号は [code removed] です"},
    {"mixed word", "code aB3xY9 ok", "code [code removed] ok"},
    {"groups", "code AB 12 CD ok", "code [code removed] ok"},
    {"hyphenated groups", "code AB12-CD34 ok", "code [code removed] ok"},
    {"letters apart", "code x k q z ok", "code [code removed] ok"},
    {"letters and digits apart", "code G-7-k-9 ok", "code [code removed] ok"},
    {"capitals among words", "Your code: XKQZPT", "Your code: [code removed]"},
    {"capitals alone", "Look\nXKQZPT\nbye", "Look\n[code removed]\nbye"},
    {"humps", "key aXbYcZ ok", "key [code removed] ok"},
    {"long word", "key abcdefghijabcdefghijabcdefghijabc ok", "key [code removed] ok"},
    {"in Japanese", "コードは123456です", "コードは [code removed] です"},
    {"digits around a link", "12 https://a.example/x 34",
        "[code removed] [link removed] [code removed]"},
    {"digits around a code", "12 aB3xY9 34", "[code removed]"},
    {"somebody's own marker", "12 [link removed] 34", "12 (link removed) 34"},
    {"control characters", "see\001me\033[ ok", "see me (ok"},
    {"defanged scheme", "see hxxp://shop.example/r", "see [link removed]"},
    {"defanged colon", "see hxxps[:]//shop.example/r now", "see [link removed] now"},
    {"defanged dot", "see shop[.]example/r now", "see [link removed] now"},
    {"defanged dot in words", "see shop(dot)example now", "see [link removed] now"},
    {"dot in braces", "see shop {dot} example now", "see [link removed] now"},
    {"dot in words", "see shop dot example slash reset now", "see [link removed] now"},
    {"spaces around the dot", "see shop . example now", "see [link removed] now"},
    {"space before the dot", "see shop .example/r now", "see [link removed] now"},
    {"spaces around everything", "see shop . example / r / abc now", "see [link removed] now"},
    {"spaces around the scheme", "see https : // shop . example / r now",
        "see [code removed] [link removed] now"},
    {"spaced www", "see www . shop . example now", "see [link removed] now"},
    {"defanged address", "write to ann(at)shop(dot)example now", "write to [link removed] now"},
    {"spaced address", "write to ann @ shop.example now", "write to [link removed] now"},
    {"division slashes", "see https:\u29f8\u29f8shop\u2024example\u29f8r now",
        "see [link removed] now"},
    {"middle dot", "see shop\u00b7example/r now", "see [link removed] now"},
    {"bullet as dot", "see shop\u2022example now", "see [link removed] now"},
    {"Catalan", "col\u00b7lecci\u00f3", NULL},
    {"bullets of a list", "\u2022 One \u2022 Two", NULL},
    {"ratio as colon", "see https\u2236//shop.example now", "see [link removed] now"},
    {"picture as host", "see \u2764.example/r now", "see [link removed] now"},
    {"Devanagari host", "see \u0939\u093f\u0928\u094d\u0926\u0940.\u0915\u0949\u092e now",
        "see [link removed] now"},
    {"host that begins with a dot", "see .example/r now", "[link removed] now"},
    {"scheme of an app", "open bankapp:reset?abc now", "open [link removed] now"},
    {"short scheme", "open tg:resolve now", "open [link removed] now"},
    {"reply", "Re:Hello", NULL},
    {"telephone", "call tel:+1-202-555-0143 now", "call [link removed] now"},
    {"telephone in digits", "call +44 20 7946 0018 now", "call + [code removed] now"},
    {"link in angles over lines", "see <https://a.example/r\nabc def> now",
        "see < [link removed] > now"},
    {"angles that do not close", "see <https://a.example/r abc", "see < [link removed] abc"},
    {"link that goes on with a slash", "see https://a.example/r /abc now",
        "see [link removed] now"},
    {"link that goes on with a query", "see https://a.example/r ?t=a now",
        "see [link removed] now"},
    {"link that goes on behind a hyphen", "see https://a.example/r- abc now",
        "see [link removed] now"},
    {"long link that was broken", "see https://shop.example/reset/abcdefghijklmnopq rstu now",
        "see [link removed] now"},
    {"long link, then another line", "https://shop.example/reset/abcdefghijklmnopq\nNow go",
        "[link removed]\nNow go"},
    {"dots at the end", "wait...and see", NULL},
    {"escaped twice", "see ht&#116;ps&#58;//a.example", "see [link removed]"},
    {"words joined by hyphens", "code apple-river-stone ok", "code [code removed] ok"},
    {"words joined by underscores", "code apple_river_stone ok", "code [code removed] ok"},
    {"words and a number", "code happy-tiger-42 ok", "code [code removed] ok"},
    {"word and a number", "code tiger-42 ok", "code [code removed] ok"},
    {"number and a word", "a 30-day trial", NULL},
    {"two words", "a two-factor sign-in", NULL},
    {"E-Mail-Adresse", "Ihre E-Mail-Adresse", NULL},
    {"letters in two groups", "Your code: QWE-RTY", "Your code: [code removed]"},
    {"letters in two groups, spaced", "Your code: QWE RTY", "Your code: [code removed]"},
    {"four capitals", "Your code: XKQZ", "Your code: [code removed]"},
    {"small mixed groups", "code a1-b2-c3-d4 ok", "code [code removed] ok"},
    {"small mixed groups, spaced", "code a1 b2 c3 d4 ok", "code [code removed] ok"},
    {"word among mixed groups", "code 7f3a-cafe-9b2c ok", "code [code removed] ok"},
    {"word between mixed groups", "code ab12 cdef gh34 ok", "code [code removed] ok"},
    {"digits around a word between codes", "12 a1b2 cdef g3h4 34", "[code removed]"},
    {"label between numbers", "12345 Total 67890", "[code removed] Total [code removed]"},
    {"letters, hyphen, digits", "code abc-123 ok", "code [code removed] ok"},
    {"words of a UUID", "deadbeef-cafe-feed-beef-abcdefabcdef", "[code removed]"},
    {"password with signs", "password p!ss#wor ok", "password [code removed] ok"},
    {"password of two words", "password correct!horse ok", "password [code removed] ok"},
    {"name with a sign", "AT&T", NULL},
    {"without a vowel", "code xkqzp ok", "code [code removed] ok"},
    {"small word alone", "Look\nkitten\nbye now", "Look\n[code removed]\nbye now"},
    {"name alone", "Look\nAnn\nbye now", NULL},
    {"digits split by dashes", "code 1\u20132\u20143\u20114 ok", "code [code removed] ok"},
    {"digits split by no-break spaces", "code 12\u00a034\u202f56 ok", "code [code removed] ok"},
    {"digits in lines", "code 1\n2\n3\n4 ok", "code [code removed] ok"},
    {"letters in lines", "code x\nk\nq\nz ok", "code [code removed] ok"},
    {"digits as entities", "&#49;&#50;&#51;&#52;", "&# [code removed] ;"},
    {"digits of cheques", "\u58f1\u5f10\u53c2\u56db", "[code removed]"},
    {"Roman numerals", "code \u2167\u2166\u2165 ok", "code [code removed] ok"},
    {"dice", "code \u2680\u2681\u2682\u2683 ok", "code [code removed] ok"},
    {"letters on black", "code \U0001F170\U0001F171\U0001F172\U0001F173 ok",
        "code [code removed] ok"},
    {"flags", "code \U0001F1E6\U0001F1E7\U0001F1E8\U0001F1E9 ok", "code [code removed] ok"},
    {"double-struck letters", "code \U0001D54F\U0001D542\u211a\u2124 ok", "code [code removed] ok"},
    {"picture of blocks", "see \u2588\u2580\u2584 \u2588\u2584 now", "see now"},
    {"picture of signs", "see ##..##.##..## now", "see [code removed] now"},
    {"rule", "----------------", NULL},
    {"base64", "see aHR0cHM6Ly94LmV4YW1wbGUvYWJj now", "see [code removed] now"},
    {"reversed link", "see \u202emoc.elpmaxe//:sptth\u202c now", "see [link removed] now"},
    {"marks in a link", "see ht\u200etps\u200f:/\u2060/a.example now", "see [link removed] now"},
};

static char *clean(const char *text, size_t length, int *r)
{
    struct buf gathered, out;
    char *result;

    buf_init(&gathered, 1 << 20);
    buf_init(&out, 1 << 20);
    defuse_text_gather(&gathered, text, length);
    *r = defuse_text_write(&gathered, &out);
    result = strdup(buf_text(&out));
    assert_non_null(result);
    buf_free(&gathered);
    buf_free(&out);
    return result;
}

static void test_texts(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *wanted = texts[i].wanted != NULL ? texts[i].wanted : texts[i].text;
        int r;
        char *got = clean(texts[i].text, strlen(texts[i].text), &r);

        if (r != 0 || strcmp(got, wanted) != 0 || !defuse_check_text(got)) {
            print_error("%s: %d, \"%s\", not \"%s\"\n", texts[i].name, r, got, wanted);
            wrong++;
        }
        free(got);
    }
    assert_int_equal(wrong, 0);
}

/* Pieces that links and codes are made of, thrown together. */
static void test_property(void **state)
{
    static const char *const pieces[] = {"1", "2", "34", "a", "B", "code", " ", "-", "\n", ".",
        "://", "www", "www.", "http", "/", "?", "=", "@", "\xe2\x80\x8b", "\xe2\x80\xae", "１", "٣",
        "一", "é", "e\xcc\x81", "\xcc\xb6", "。", "、", "です", "<", ">", "\"", "[", "]",
        "[code removed]", "[link removed]", "\xff", "\x01", "½", "Ⅷ", "①", "❶", "\xef\xb8\x8f",
        "%41", "ß", "İ", "㍿", " dot ", "(.)", "xkq", "QWE", "hxxp:", "▀", "_", "!", "🅰", "⁄"};
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[512] = "";
        int r;
        char *got;

        for (int i = 0; i < 16; i++) {
            seed = seed * 1103515245u + 12345u;
            strcat(text, pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
        }
        got = clean(text, strlen(text), &r);
        if (r != 0 || !defuse_check_text(got))
            fail_msg("%d: \"%s\" became \"%s\"", r, text, got);
        free(got);
    }
}

/* As long as it gets, in one line, of what is looked at in its surroundings: with work that grows
 * with the square of the length this would take minutes. */
static void test_long_lines(void **state)
{
    static const char *const words[] = {
        "ABCDE ", "a1b c ", "<//a ", "x-y-", "a . b ", "1 a ", ".a ", "##..", "(dot)", "QWE "};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        GString *text = g_string_new(NULL);
        int r;
        char *got;

        while (text->len < DEFUSE_TEXT_MAX)
            g_string_append(text, words[i]);
        got = clean(text->str, text->len, &r);
        assert_int_equal(r, 0);
        assert_true(defuse_check_text(got));
        free(got);
        g_string_free(text, TRUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_property),
        cmocka_unit_test(test_long_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
