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
#include "err.h"
#include "mail_fixture.h"

static const struct mail_limits mail_limits = {65536, 500, 1048576};
static const struct text_limits text_limits = {8192, 50, 10};
static struct phrases *phrases;

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
    {"link broken behind its query",
        "From: a@shop.example\n\nGo to https://shop.example/reset?token=\nabcdefgh and then on\n",
        {"Go to [link removed] and then on"}, {"abcdefgh"}},
    {"link broken in angles",
        "From: a@shop.example\n\nGo to <https://shop.example/reset/\nabcdefgh> and then on\n",
        {"Go to", "and then on"}, {"abcdefgh", "reset"}},
    {"flowed",
        "From: a@shop.example\nContent-Type: text/plain; format=flowed; delsp=yes\n\n"
        "Go to https://shop.example/re \nset/abcd \nefgh now, code 12 \n34 \n56.\n",
        {"Go to [link removed] now", "[code removed]"}, {"efgh", "34", "set"}},
    {"flowed without delsp",
        "From: a@shop.example\nContent-Type: text/plain; format=flowed\n\n"
        "Go to https://shop.example/reset/ \nabcdefgh now\n",
        {"Go to [link removed] now"}, {"abcdefgh"}},
    {"quoted-printable, broken anywhere",
        "From: a@shop.example\nContent-Type: text/plain\nContent-Transfer-Encoding: "
        "quoted-printable\n\nGo to ht=\ntps:/=\n/x.exa=\nmple/r=3Ft=3D=\nabcdefgh now "
        "1=\n2=\n3=\n4\n",
        {"Go to [link removed] now [code removed]"}, {"abcdefgh", "exa", "2"}},
    {"link to a word",
        "From: a@shop.example\nContent-Type: text/html\n\n<p>Choose <a "
        "href=\"https://x.example/abc\">https://x.example/r?t=qwertz</a> now</p>",
        {"Choose", "[link removed]"}, {"qwertz", "x.example"}},
    {"marks in HTML",
        "From: a@shop.example\nContent-Type: text/html; charset=utf-8\n\n<p>see "
        "ht&rlm;tps&#8206;:&#x2F;&shy;/x.e&zwnj;xample/abc and 1&zwj;2&#8203;3&#xFEFF;4 ok</p>",
        {"see [link removed] and [code removed] ok"}, {"xample", "abc"}},
    {"fields of a form",
        "From: a@shop.example\nContent-Type: text/html\n\n<form action=\"https://x.example/f\">"
        "<p>Hello</p><input value=\"kitten\" placeholder=\"puppy\"><button "
        "value=\"foal\">Continue</button></form>",
        {"Hello", "Continue"}, {"kitten", "puppy", "foal", "x.example"}},
    {"picture",
        "From: a@shop.example\nContent-Type: text/html\n\n<p>Scan this:</p><img alt=\"kitten\" "
        "title=\"puppy\" src=\"data:image/png;base64,iVBORw0KGgo=\"><svg><a "
        "href=\"https://x.example/q\"><title>foal</title></a></svg>",
        {"Scan this:"}, {"kitten", "puppy", "iVBOR", "x.example"}},
    {"picture beside the text",
        "From: a@shop.example\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: "
        "text/html\n\n<p>Scan this: <img src=\"cid:qr\"></p>\n--b\nContent-Type: image/png\n"
        "Content-ID: <qr>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\n"
        "iVBORw0KGgo=\n--b--\n",
        {"Scan this:", "left out: image/png"}, {"iVBOR", "cid:", "qr"}},
    {"invitation",
        "From: a@shop.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nCome to us"
        "\n--b\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nURL:https://x."
        "example/abc\nSUMMARY:kitten\nEND:VCALENDAR\n--b--\n",
        {"Come to us", "left out: text/calendar"}, {"VCAL", "kitten", "x.example"}},
    {"AMP",
        "From: a@shop.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nCome to us"
        "\n--b\nContent-Type: text/x-amp-html\n\n<html amp4email><a href=\"https://x.example/abc\">"
        "kitten</a></html>\n--b--\n",
        {"Come to us", "left out: text/x-amp-html"}, {"amp4", "kitten", "x.example"}},
    {"message attached",
        "From: a@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n"
        "Content-Type: message/rfc822\nContent-Disposition: attachment; filename=\"kitten.eml\"\n\n"
        "Subject: puppy\n\nhttps://x.example/abc\n--b--\n",
        {"Hello", "left out: message/rfc822"}, {"kitten", "puppy", "x.example"}},
    {"message attached in base64",
        "From: a@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n"
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        "U3ViamVjdDogcHVwcHkKCmtpdHRlbgo=\n--b--\n",
        {"Hello", "left out: message/rfc822"}, {"kitten", "puppy", "U3Vi"}},
    {"body that is elsewhere",
        "From: a@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n"
        "Content-Type: message/external-body; access-type=URL; URL=\"https://x.example/abc\"\n\n"
        "Content-Type: text/plain\n\nkitten\n--b--\n",
        {"Hello", "left out: message/other"}, {"kitten", "x.example", "access"}},
    {"text attached",
        "From: a@shop.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n"
        "Content-Type: text/plain; name=kitten.txt\nContent-Disposition: attachment\n\npuppy\n--b\n"
        "Content-Type: text/html\nContent-Disposition: attachment\n\n<a href=\"https://x.example/"
        "abc\">foal</a>\n--b--\n",
        {"Hello", "left out: text/plain", "left out: text/html"},
        {"kitten", "puppy", "foal", "x.example"}},
    {"code that is a word",
        "From: a@shop.example\n\nHello,\n\nYour verification code is kitten.\n\nSee you soon\n",
        {"Your verification code is [code removed]", "See you soon"}, {"kitten"}},
    {"code of words",
        "From: a@shop.example\n\nUse apple river stone as your code. It expires soon.\n",
        {"Use [code removed] as your code.", "It expires soon."}, {"apple", "river", "stone"}},
    {"word in its own line",
        "From: a@shop.example\n\nYour code:\n\nKitten\n\nNobody should ever see this one.\n",
        {"Your code:", "Nobody should ever see"}, {"Kitten"}},
    {"words in their own cell",
        "From: a@shop.example\nContent-Type: text/html\n\n<table><tr><td>Kitten River</td></tr><tr>"
        "<td>is your access code</td></tr></table>",
        {"is your access code"}, {"Kitten", "River"}},
    {"word in German",
        "From: a@shop.example\nContent-Type: text/plain; charset=utf-8\n\nGuten Tag,\n\nIhr "
        "Best\xc3\xa4"
        "tigungscode lautet Katze. Bitte geben Sie diesen Code nicht weiter.\n",
        {"Ihr Best\xc3\xa4tigungscode lautet [code removed]"}, {"Katze"}},
    {"who sends it",
        "From: \"Example Shop\" <a@shop.example>\n\nYour Example Shop code is kitten.\n",
        {"Your Example Shop code is [code removed]"}, {"kitten"}},
    {"link among words about a code",
        "From: a@shop.example\n\nEnter your code at shop[.]example/kitten now.\n",
        {"Enter your code at [link removed] now."}, {"kitten", "example"}},
};

static struct mail *read_mail(const char *text)
{
    return mail_fixture(&mail_limits, NULL, text, strlen(text));
}

static void test_mails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
        struct mail *mail = read_mail(mails[i].mail);
        struct defused defused;
        char *body;

        assert_int_equal(defuse_message(mail, phrases, &text_limits, &defused), 0);
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
    {"made-up address", "Cc: <x7k2q@shop.example>\n", "Cc", "<removed@defused.invalid>"},
    {"token behind a plus", "To: <reply+abcdefghijklmnopqrstuvw@shop.example>\n", "To",
        "<removed@defused.invalid>"},
    {"token as host", "From: <a@x7k2q.shop.example>\n", "From", "<removed@defused.invalid>"},
    {"number behind a name", "To: <bob42@shop.example>\n", "To", "<bob42@shop.example>"},
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
    {"word as code in the subject", "Subject: kitten is your verification code\n", "Subject",
        "[code removed] is your verification code"},
    {"letters of a code in the subject", "Subject: Your code: QWE-RTY\n", "Subject",
        "Your code: [code removed] - [code removed]"},
    {"resent", "Resent-From: a@shop.example\n", "Resent-From", ""},
    {"thread", "References: <a@b>\n", "References", ""},
    {"unknown", "X-Link: https://x.example/abc\n", "X-Link", ""},
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
        assert_int_equal(defuse_message(mail, phrases, &text_limits, &defused), 0);
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
    assert_int_equal(defuse_message(mail, phrases, &text_limits, &defused), 0);
    assert_true(defuse_check(mail->arena, &defused));
    body = defuse_check_body(&defused);
    assert_non_null(strstr(body, "the rest was left out"));
    g_free(body);
    mail_free(&mail);
}

/* So many words of ours that not all are looked for: then a code behind them goes all the same. */
static void test_many_words(void **state)
{
    GString *text = g_string_new("From: a@shop.example\n\n");
    struct mail *mail;
    struct defused defused;
    char *body;

    (void)state;
    for (int i = 0; i < 22000; i++)
        g_string_append(text, i % 10 == 9 ? "account.\n\n" : "password ");
    g_string_append(text, "Your code is kitten.\n");
    mail = read_mail(text->str);
    g_string_free(text, TRUE);
    assert_int_equal(defuse_message(mail, phrases, &text_limits, &defused), 0);
    body = defuse_check_body(&defused);
    assert_non_null(strstr(body, "Your code is [code removed]"));
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
    assert_int_equal(defuse_message(mail, phrases, &text_limits, &defused), ERR_LIMIT);
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
        r = defuse_message(mail, phrases, &text_limits, &defused);
        arena_fail_at(0);
        assert_true(r == 0 || (r == ERR_NOMEM && defused.body == NULL && defused.count == 0));
        mail_free(&mail);
    }
}

static int load(void **state)
{
    const char *directories[] = {SOURCE_DIR "/conf/phrases"};
    struct mistakes mistakes = {0};

    (void)state;
    text_open();
    return phrases_load(directories, 1, &mistakes, &phrases);
}

static int unload(void **state)
{
    (void)state;
    phrases_free(&phrases);
    text_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mails),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_many_words),
        cmocka_unit_test(test_cut_header),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
