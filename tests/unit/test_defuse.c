/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Of a defused mail the words stay, and nothing that could be used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../defuse_check.h"
#include "defuse_text.h"
#include "err.h"

static const struct mail_limits mail_limits = {65536, 500, 1048576};
static const struct text_limits text_limits = {8192, 50, 10};

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
    {"hyphenated groups", "code AB12-CD34 ok", "code [code removed] - [code removed] ok"},
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
        "%41", "ß", "İ", "㍿"};
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

/* Whole mails: what must be in the message, and what must not. */
static const struct {
    const char *name;
    const char *mail;
    const char *has[3];
    const char *lacks[4];
} mails[] = {
    {"plain",
        "From: Shop <a@shop.example>\nSubject: Reset\n\nHello Ann,\n\nclick "
        "https://shop.example/r?t=abc\n\nBye\n",
        {"Hello Ann", "[link removed]", "Bye"}, {"shop.example/r", "t=abc"}},
    {"HTML with a link",
        "From: a@shop.example\nContent-Type: text/html\n\n<p>Hello <a "
        "href=\"https://x.example/abc\">choose a password</a></p>",
        {"choose a password", "[link removed]", "left out: text/html"},
        {"x.example", "<p>", "href"}},
    {"link split by tags",
        "From: a@shop.example\nContent-Type: text/html\n\n<p>see "
        "htt<b>ps://x.exa</b>mple/abc now</p>",
        {"[link removed]"}, {"exa", "mple", "/abc"}},
    {"code split by tags",
        "From: a@shop.example\nContent-Type: text/html\n\n<table><tr><td>1</td>"
        "<td>2</td><td>3</td><td>4</td></tr></table>",
        {"[code removed]"}, {"1", "2", "4"}},
    {"entities",
        "From: a@shop.example\nContent-Type: text/html\n\n<p>see &#104;ttps&#58;//x."
        "example/abc and &#x31;&#50;&#x33;&#52;</p>",
        {"[link removed]", "[code removed]"}, {"x.example", "1234"}},
    {"base64",
        "From: a@shop.example\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
        "R28gdG8gaHR0cHM6Ly94LmV4YW1wbGUvYWJjIHdpdGggMTIzNDU2Cg==\n",
        {"Go to", "[link removed]", "[code removed]"}, {"x.example", "123456"}},
    {"quoted-printable",
        "From: a@shop.example\nContent-Type: text/plain\nContent-Transfer-Encoding: "
        "quoted-printable\n\nGo to http=\ns=3A//x.example/ab=\nc with 12=33=34\n",
        {"Go to", "[link removed]", "[code removed]"}, {"x.example", "1234"}},
    {"forwarded",
        "From: a@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello "
        "Ann\n--b\nContent-Type: message/rfc822\n\nFrom: b@shop.example\nSubject: inner "
        "words\n\nSecret words\n--b--\n",
        {"Hello Ann", "left out: message/rfc822"}, {"Secret", "inner"}},
    {"attachment",
        "From: a@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello "
        "Ann\n--b\nContent-Type: application/pdf; name=\"code-1234.pdf\"\n"
        "Content-Disposition: attachment; filename=\"code-1234.pdf\"\n\nJVBERi0=\n--b--\n",
        {"Hello Ann", "left out: application/pdf"}, {"1234", "JVBE", "code-"}},
    {"made-up type", "From: a@shop.example\nContent-Type: image/www.x.example-123456\n\nabc\n",
        {"left out: image/other", "no readable text"}, {"123456", "www", "abc"}},
    {"hidden text",
        "From: a@shop.example\nContent-Type: text/html\n\n<p>Hello</p><p "
        "style=\"display:none\">veiled</p>",
        {"Hello"}, {"veiled"}},
    {"nothing", "From: a@shop.example\n\n", {"no readable text"}, {NULL}},
};

static struct mail *read_mail(const char *text)
{
    struct mail *mail = mail_new(&mail_limits, NULL);
    size_t length = strlen(text);
    char *exact = malloc(length > 0 ? length : 1);

    assert_non_null(mail);
    assert_non_null(exact);
    memcpy(exact, text, length);
    assert_int_equal(mail_from_bytes(mail, exact, length), 0);
    free(exact);
    return mail;
}

static void test_mails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
        struct mail *mail = read_mail(mails[i].mail);
        struct defused defused;
        char *body;

        assert_int_equal(defuse_message(mail, &text_limits, &defused), 0);
        assert_true(defuse_check(mail->arena, &defused));
        body = defuse_check_body(&defused);
        for (size_t j = 0; j < 3 && mails[i].has[j] != NULL; j++)
            if (strstr(body, mails[i].has[j]) == NULL)
                fail_msg("%s: no \"%s\" in:\n%s", mails[i].name, mails[i].has[j], body);
        for (size_t j = 0; j < 4 && mails[i].lacks[j] != NULL; j++)
            if (strstr(body, mails[i].lacks[j]) != NULL)
                fail_msg("%s: \"%s\" in:\n%s", mails[i].name, mails[i].lacks[j], body);
        g_free(body);
        mail_free(&mail);
    }
}

/* Fields, and what they become. */
static const struct {
    const char *name;
    const char *header;
    const char *field;
    const char *wanted;
} headers[] = {
    {"kept", "From: Shop <a@shop.example>\n", "From", "\"Shop\" <a@shop.example>"},
    {"none", "X: y\n", "From", "<removed@defused.invalid>"},
    {"not readable", "From: <<<\n", "From", "<removed@defused.invalid>"},
    {"code in the name", "From: \"Code 123456\" <a@shop.example>\n", "From",
        "\"Code [code removed]\" <a@shop.example>"},
    {"link in the name", "From: \"https://x.example/a\" <a@shop.example>\n", "From",
        "\"[link removed]\" <a@shop.example>"},
    {"encoded code in the name", "From: =?utf-8?q?1=32=334?= <a@shop.example>\n", "From",
        "\"[code removed]\" <a@shop.example>"},
    {"code as address", "To: <123456@shop.example>\n", "To", "<removed@defused.invalid>"},
    {"token as address", "Cc: <a=b@shop.example>\n", "Cc", "<removed@defused.invalid>"},
    {"two", "To: a@example.com, Ann <b@example.com>\n", "To",
        "<a@example.com>, \"Ann\" <b@example.com>"},
    {"name in another script", "From: Müller <a@shop.example>\n", "From",
        "Müller <a@shop.example>"},
    {"subject", "Subject: Your password\n", "Subject", "Your password"},
    {"code in the subject", "Subject: 123 456 is your code\n", "Subject",
        "[code removed] is your code"},
    {"link in the subject", "Subject: see https://x.example/abc now\n", "Subject",
        "see [link removed] now"},
    {"encoded subject", "Subject: =?utf-8?b?aHR0cHM6Ly94LmV4YW1wbGU=?=\n", "Subject",
        "[link removed]"},
    {"full-width subject", "Subject: =?utf-8?b?77yR77yS77yT77yU?=\n", "Subject", "[code removed]"},
    {"folded subject", "Subject: code 12\n 34 ok\n", "Subject", "code [code removed] ok"},
    {"date", "Date: Mon, 02 Mar 2020 10:00:00 +0100\n", "Date", "Mon, 2 Mar 2020 09:00:00 +0000"},
    {"no date", "Date: https://x.example\n", "Date", "Thu, 1 Jan 1970 00:00:00 +0000"},
    {"message id", "Message-ID: <20200302.1@shop.example>\n", "Message-ID",
        "<20200302.1@shop.example>"},
    {"message id that is a link", "Message-ID: <https://x@shop.example>\n", "Message-ID", ""},
    {"message id with www", "Message-ID: <wWw.x@shop.example>\n", "Message-ID", ""},
    {"reply", "Reply-To: a@shop.example\n", "Reply-To", ""},
    {"list", "List-Unsubscribe: <https://x.example>\n", "List-Unsubscribe", ""},
    {"signature", "DKIM-Signature: v=1\n", "DKIM-Signature", ""},
    {"results", "Authentication-Results: mx.example.com; dkim=pass\n", "Authentication-Results",
        ""},
};

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        char text[512];
        struct mail *mail;
        struct defused defused;
        const char *got;

        snprintf(text, sizeof(text), "%s\nHello\n", headers[i].header);
        mail = read_mail(text);
        mail->received = 0;
        assert_int_equal(defuse_message(mail, &text_limits, &defused), 0);
        assert_true(defuse_check(mail->arena, &defused));
        got = defuse_check_field(mail->arena, &defused, headers[i].field);
        if (strcmp(got, headers[i].wanted) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", headers[i].name, got, headers[i].wanted);
        mail_free(&mail);
    }
}

/* Many long names and a long subject end at a bound and stay whole. */
static void test_bounds(void **state)
{
    GString *text = g_string_new("From: a@shop.example\nTo: ");
    struct mail *mail;
    struct defused defused;
    char *body;

    (void)state;
    for (int i = 0; i < 30; i++)
        g_string_append(text, "=?utf-8?q?=E3=81=82=E3=81=84 =E3=81=82?= <ann@example.com>,\n ");
    g_string_append(text, "b@example.com\nSubject: ");
    for (int i = 0; i < 300; i++)
        g_string_append(text, "w\xc3\xb6rter ");
    g_string_append(text, "\n\n");
    for (int i = 0; i < 60000; i++)
        g_string_append(text, "words and words\n\n");
    mail = read_mail(text->str);
    g_string_free(text, TRUE);
    assert_int_equal(defuse_message(mail, &text_limits, &defused), 0);
    assert_true(defuse_check(mail->arena, &defused));
    body = defuse_check_body(&defused);
    assert_non_null(strstr(body, "the rest was left out"));
    g_free(body);
    mail_free(&mail);
}

static void test_cut_header(void **state)
{
    static const struct mail_limits tight = {20, 500, 4096};
    struct mail *mail = mail_new(&tight, NULL);
    struct defused defused;

    (void)state;
    assert_int_equal(mail_from_bytes(mail, "Subject: abcdefghijklmnopqrstuvwxyz\n\nx", 38), 0);
    assert_int_equal(defuse_message(mail, &text_limits, &defused), ERR_LIMIT);
    assert_null(defused.body);
    mail_free(&mail);
}

/* Without memory there is no message, not half of one. */
static void test_memory(void **state)
{
    int r = ERR_NOMEM;

    (void)state;
    for (unsigned long nth = 1; r != 0; nth++) {
        struct mail *mail = read_mail(mails[1].mail);
        struct defused defused;

        assert_true(nth < 1000);
        arena_fail_at(nth);
        r = defuse_message(mail, &text_limits, &defused);
        arena_fail_at(0);
        assert_true(r == 0 || (r == ERR_NOMEM && defused.body == NULL && defused.count == 0));
        mail_free(&mail);
    }
}

static int open_text(void **state)
{
    (void)state;
    text_open();
    return 0;
}

static int close_text(void **state)
{
    (void)state;
    text_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_property),
        cmocka_unit_test(test_mails),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_cut_header),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, open_text, close_text);
}
