/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Plain text and MIME: which parts are read, as whose words, in which sentences.
 */
#include "text_cases.h"

#include "err.h"

static void test_sentences(void **state)
{
    static const struct text_case cases[] = {
        {"nothing", "", ""},
        {"header only", "Subject: Hello\n\n", "S:Hello\n"},
        {"no header", "Hello there.\n", "A:Hello there.\n"},
        {"sentences", "\nReset it now. Did you ask? Yes! Good\n",
            "A:Reset it now.\nA:Did you ask?\nA:Yes!\nA:Good\n"},
        {"numbers and names", "\nVersion 1.2.3 of shop.example.com costs 3.50 EUR, approx. five.\n",
            "A:Version 1.2.3 of shop.example.com costs 3.50 EUR, approx. five.\n"},
        {"ordinals and initials", "\nAm 3. Januar schrieb J. Example z. B. dies. Gut.\n",
            "A:Am 3. Januar schrieb J. Example z. B. dies.\nA:Gut.\n"},
        {"closing marks", "\nShe said \"Stop!\" (Really.) Then nothing…  Done\n",
            "A:She said \"Stop!\"\nA:(Really.)\nA:Then nothing…\nA:Done\n"},
        {"ideographic", "\nパスワードを再設定してください。期限は24時間です！よろしいですか？\n",
            "A:パスワードを再設定してください。\nA:期限は24時間です！\nA:よろしいですか？\n"},
        {"Hindi, Arabic, Urdu, Armenian",
            "\nपासवर्ड बदलें। धन्यवाद\n\nهل نسيت؟ نعم\n\nپاس ورڈ۔ شکریہ\n",
            "A:पासवर्ड बदलें।\nA:धन्यवाद\nA:هل نسيت؟\nA:نعم\nA:پاس ورڈ۔\nA:شکریہ\n"},
        {"white space",
            "\n  a \t b\xc2\xa0\xe3\x80\x80"
            "c\x01 d  \n",
            "A:a b c d\n"},
        {"what folds to nothing", "\n\u034F \u3164\n\na\n", "A:a\n"},
        {"what says nothing", "\n***\n\n-----\n\nwords\n\n• —\n", "A:words\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_lines(void **state)
{
    static const struct text_case cases[] = {
        {"wrapped",
            "\nSomebody, we hope it was you, has asked us to send a new\nPassword for your "
            "account to this address.\n",
            "A:Somebody, we hope it was you, has asked us to send a new Password for your account "
            "to this address.\n"},
        {"wrapped early, small letter", "\nYou can set your new password on this\npage of ours.\n",
            "A:You can set your new password on this page of ours.\n"},
        {"short lines", "\nAnn Example\nMain Street 1\nSometown\n",
            "A:Ann Example\nA:Main Street 1\nA:Sometown\n"},
        {"list",
            "\nWith this account you can do the following things, and more:\n- read the news\n"
            "- write to us\n1. first of all the longest line of all the lines that are here\n"
            "2. second\n",
            "A:With this account you can do the following things, and more:\nA:- read the news\n"
            "A:- write to us\nA:1. first of all the longest line of all the lines that are here\n"
            "A:2. second\n"},
        {"code below a colon",
            "\nYour code for the site shop.example.com is this one here:\n482913\n",
            "A:Your code for the site shop.example.com is this one here:\nA:482913\n"},
        {"labels", "\nOrder of the third of March at the shop in the Main Street\nTotal: 3 EUR\n",
            "A:Order of the third of March at the shop in the Main Street\nA:Total: 3 EUR\n"},
        {"ideographic, wrapped",
            "\nいつもご利用いただきありがとうございます。お客様のパスワー\n"
            "ドを変更しました。\n",
            "A:いつもご利用いただきありがとうございます。\nA:お客様のパスワードを変更しました。\n"},
        {"ideographic, short lines", "\n山田太郎 様\n会員番号\n", "A:山田太郎 様\nA:会員番号\n"},
        {"flowed",
            "Content-Type: text/plain; format=flowed\n\nOne \ntwo \nthree\nfour\n\n> quoted \n"
            "> words\n> \n> more\n",
            "A:One two three\nA:four\nQ:quoted words\nQ:more\n"},
        {"flowed, delsp",
            "Content-Type: text/plain; format=flowed; DelSp=yes; charset=utf-8\n\n"
            "パス \nワード  \nnew\n",
            "A:パスワード new\n"},
        {"flowed, stuffed", "Content-Type: text/plain; format=flowed\n\n >not quoted\n From me\n",
            "A:>not quoted\nA:From me\n"},
        {"blocks", "\na b\n\n\nc d\n", "A:a b\nA:c d\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_blocks(void **state)
{
    struct mail *mail = text_mail("Subject: s\n\nOne. Two.\nThree.\n\nFour.\n", 36);
    struct text *text = text_of(mail, &text_usual_limits);

    (void)state;
    assert_int_equal(text->segment_count, 5);
    assert_int_equal(text->segments[1].block, text->segments[2].block);
    assert_int_equal(text->segments[1].block, text->segments[3].block);
    assert_true(text->segments[0].block < text->segments[1].block);
    assert_true(text->segments[3].block < text->segments[4].block);
    mail_free(&mail);
}

static void test_links(void **state)
{
    static const struct text_case cases[] = {
        {"in a sentence", "\nGo to https://example.com/a?b=c&d=%20#e to see. Bye\n",
            "A:Go to to see.\nA:Bye\nL0:https://example.com/a?b=c&d=%20#e\n"},
        {"on a line", "\nOpen this:\nhttps://example.com/x\nThanks\n",
            "A:Open this:\nA:Thanks\nL0:https://example.com/x\n"},
        {"first of all", "\nhttps://example.com/x\n\nThanks\n",
            "A:Thanks\nL0:https://example.com/x\n"},
        {"nothing else", "\nhttp://example.com\n", "T:\nL0:http://example.com\n"},
        {"punctuation behind",
            "\nSee (http://example.com/a_(b)), <HTTPS://example.com/c>. "
            "[http://example.com/d]!\n",
            "A:See , .\nL0:http://example.com/a_(b)\nL0:HTTPS://example.com/c\n"
            "L0:http://example.com/d\n"},
        {"no address", "\nhttp:// https: xhttp://example.com http://...\n",
            "A:http:// https: xhttp://example.com http://...\n"},
        {"ideographic behind", "\nhttps://example.com/aをご覧ください。\n",
            "A:をご覧ください。\nL0:https://example.com/a\n"},
        {"letters beyond ASCII", "\nNeu: https://bücher.example/straße.\n",
            "A:Neu: .\nL0:https://bücher.example/straße\n"},
        {"which sentence", "\nOne. Two http://example.com/2 two. Three.\n",
            "A:One.\nA:Two two.\nA:Three.\nL1:http://example.com/2\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_quotations(void **state)
{
    static const struct text_case cases[] = {
        {"wrote",
            "\nYes, gladly.\n\nOn 3 March 2025, Ann Example wrote:\n> Will you come?\n> "
            "Ann\n\nBo\n",
            "A:Yes, gladly.\nQ:On 3 March 2025, Ann Example wrote:\nQ:Will you "
            "come?\nQ:Ann\nA:Bo\n"},
        {"wrapped wrote",
            "\nYes.\n\nAm 3. März 2025 um 10:12 schrieb Ann Example\n<ann@example.com>:\n>> a b\n"
            "> > c d\n",
            "A:Yes.\nQ:Am 3. März 2025 um 10:12 schrieb Ann Example\n"
            "Q:<ann@example.com>:\nQ:a b\nQ:c "
            "d\n"},
        {"no date, an answer", "Subject: Re: x\n\nAnnさんは書きました:\n> はい\n",
            "S:Re: x\nQ:Annさんは書きました:\nQ:はい\n"},
        {"a link in what is quoted",
            "\nYes.\n\nOn 3 March Ann <ann@example.com> (https://example.com/ann) wrote:\n"
            "> https://example.com/a\n> b1\n",
            "A:Yes.\nQ:On 3 March Ann <ann@example.com> wrote:\nQ:b1\nL1:https://example.com/ann\n"
            "L1:https://example.com/a\n"},
        {"a paragraph before",
            "\nOne of many lines that make up this paragraph of the mail.\nTwo\nThree\nFour\n"
            "On 3 March Ann wrote:\n> a1\n",
            "A:One of many lines that make up this paragraph of the mail.\nA:Two\nA:Three\nA:Four\n"
            "Q:On 3 March Ann wrote:\nQ:a1\n"},
        {"an ornament", "\nNew this week:\n\n> Shop now\n\nBye\n",
            "A:New this week:\nA:Shop now\nA:Bye\n"},
        {"mbox", "\n>From here on\n", "A:>From here on\n"},
        {"signature", "\nHello.\n\n-- \nAnn Example\nExample Ltd\n",
            "A:Hello.\nQ:Ann Example\nQ:Example Ltd\n"},
        {"dashes at the start", "\n-- \nHello.\n", "A:Hello.\n"},
        {"original message",
            "Subject: Fwd: x\n\nLook.\n\n-----Ursprüngliche Nachricht-----\nVon: Ann "
            "<ann@example.com>\nGesendet: 3. März 2025\nAn: Bo\nBetreff: x\n\nText\n",
            "S:Fwd: x\nA:Look.\nQ:-----Ursprüngliche Nachricht-----\nQ:Von: Ann <ann@example.com>\n"
            "Q:Gesendet: 3. März 2025\nQ:An: Bo\nQ:Betreff: x\nQ:Text\n"},
        {"the same, announced only",
            "\nLook.\n\n____________________\nDe: Ann <ann@example.com>\n"
            "Date: 3 mars\nObjet: x\n\nText\n",
            "A:Look.\nQ:De: Ann <ann@example.com>\nQ:Date: 3 mars\nQ:Objet: x\nQ:Text\n"},
        {"data of a service",
            "Subject: New sign-in\n\nHello.\n\n---- Details ----\nAccount: ann@example.com\n"
            "Time: 3 March 10:12\nDevice: Phone\n\nNot you?\n",
            "S:New sign-in\nA:Hello.\nA:---- Details ----\nA:Account: ann@example.com\n"
            "A:Time: 3 March 10:12\nA:Device: Phone\nA:Not you?\n"},
        {"a code is no answer",
            "Subject: Code: 123456\n\nHello.\n\nAccount: Ann\nTime: 3 March\nDevice: Phone\n",
            "S:Code: 123456\nA:Hello.\nA:Account: Ann\nA:Time: 3 March\nA:Device: Phone\n"},
        {"head in an answer",
            "In-Reply-To: <1@example.com>\n\nGood.\n\n送信者: Ann\n日時: 2025年3月3日\n件名: "
            "x\n\n本文\n",
            "A:Good.\nQ:送信者: Ann\nQ:日時: 2025年3月3日\nQ:件名: x\nQ:本文\n"},
        {"copy of a message",
            "\nIt failed.\n\n--- Below is a copy.\n\nReturn-Path: <ann@example.com>\n"
            "Received: by mx.example.com\n\twith SMTP\nSubject: Old\n\nOld text\n",
            "A:It failed.\nA:--- Below is a copy.\nR:Return-Path: <ann@example.com>\n"
            "R:Received: by mx.example.com\nR:with SMTP\nR:Subject: Old\nR:Old text\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

#define MIXED "Content-Type: multipart/mixed; boundary=\"=_b\"\n\n"
#define ALT(html, plain)                                                                           \
    "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\n" plain   \
    "\n--a\nContent-Type: text/html\n\n" html "\n--a--\n"

static void test_parts(void **state)
{
    static const struct text_case cases[] = {
        {"mixed",
            MIXED
            "preamble\n--=_b\n\none\n--=_b\nContent-Type: text/plain\n\ntwo\n--=_b--\nepilogue\n",
            "A:one\nA:two\n"},
        {"no end", MIXED "--=_b\n\none\n--=_b\n\ntwo", "A:one\nA:two\n"},
        {"boundary in the header", MIXED "--=_b\nContent-Type: text/plain\n--=_b\n\ntwo\n",
            "A:two\n"},
        {"no empty line", MIXED "--=_b\nhello there\n--=_b--\n", "A:hello there\n"},
        {"space behind the boundary", MIXED "--=_b  \n\none\n--=_b-- \n\nx\n", "A:one\n"},
        {"longer than the boundary", MIXED "--=_b\n\none\n--=_bb\ntwo\n--=_b--\n",
            "A:one\nA:--=_bb\nA:two\n"},
        {"nested",
            MIXED
            "--=_b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--c--\n--=_b\n\ntwo\n",
            "A:one\nA:two\n"},
        {"nested, no end",
            MIXED "--=_b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--=_b\n\ntwo\n",
            "A:one\nA:two\n"},
        {"boundary in pieces (RFC 2231)",
            "Content-Type: multipart/mixed; boundary*0=\"x\"; "
            "boundary*1=\"y\"\n\n--xy\n\none\n--xy--\n",
            "A:one\n"},
        {"extended parameter (RFC 2231)",
            "Content-Type: multipart/mixed; boundary*=us-ascii'en'x%3Dy; "
            "a*=ibm1364'b'c\n\n--x=y\n\none\n--x=y--\n",
            "A:one\n"},
        {"extended and in pieces",
            "Content-Type: multipart/mixed; boundary*0*=utf-8''x%3D; boundary*1=y\n\n"
            "--x=y\n\none\n--x=y--\n",
            "A:one\n"},
        {"no boundary named",
            "Content-Type: multipart/mixed\n\n--zz1\n\none\n--zz1\n\ntwo\n--zz1--\n",
            "A:one\nA:two\n"},
        {"no boundary found", MIXED "just text\n", "A:just text\n"},
        {"alternative", ALT("<p>Your <b>new</b> password</p>", "Your new password"),
            "A:Your new password\n"},
        {"alternative, empty HTML", ALT("<img src=x>", "Your new password is here, look."),
            "A:Your new password is here, look.\n"},
        {"alternative, poor HTML",
            ALT("<a href='https://example.com/v'>View</a>",
                "Your new password can be set on our site, as you know it well."),
            "A:Your new password can be set on our site, as you know it well.\n"},
        {"alternative, poor HTML, links in both",
            ALT("<a href='https://example.com/v'>View</a>",
                "Your new password can be set on our site, as you know it well: "
                "https://example.com/p"),
            "A:Your new password can be set on our site, as you know it "
            "well:\nL0:https://example.com/p\n"},
        {"alternative, no text in either, a link in both",
            ALT("<a href='https://example.com/v'></a>",
                "https://example.com/pppppppppppppppppp") "\n",
            "T:\nL0:https://example.com/v\n"},
        {"alternative of trees",
            "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: "
            "multipart/mixed; boundary=m\n"
            "\n--m\n\none\n--m--\n--a--\n",
            "A:one\n"},
        {"alternative of nothing",
            "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: "
            "image/png\n\nx\n--a--\n",
            ""},
        {"related of nothing", "Content-Type: multipart/related; boundary=a\n\n--a--\n", ""},
        {"folded fields",
            MIXED
            "--=_b\nContent-Type: text/html;\n\tcharset=iso-8859-2\nContent-Transfer-Encoding : "
            "quoted-printable\n\n<p>has=B3o\n--=_b--\n",
            "A:hasło\n"},
        {"types that are none",
            MIXED "--=_b\nContent-Type: /\n\none\n--=_b\nContent-Type: text\n\ntwo\n--=_b\n"
                  "Content-Type: \n\nthree\n--=_b\nContent-Type: ;\n\nfour\n--=_b--\n",
            "A:one\nA:two\nA:three\nA:four\n"},
        {"alternative, long addresses in the plain text",
            ALT("<p>Set your password</p>",
                "Set your "
                "password\nhttps://example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            "A:Set your password\n"},
        {"alternative, plain only",
            "Content-Type: multipart/alternative; boundary=a\n\n--a\n\none\n--a--\n", "A:one\n"},
        {"alternative with related",
            "Content-Type: multipart/alternative; boundary=a\n\n--a\n\nplain "
            "words\n--a\nContent-Type: "
            "multipart/related; boundary=r\n\n--r\nContent-Type: text/html\n\n<p>rich "
            "words</p>\n--r\n"
            "Content-Type: image/png\n\nxx\n--r--\n--a--\n",
            "A:rich words\n"},
        {"attached text is not read",
            MIXED "--=_b\n\none\n--=_b\nContent-Disposition: attachment\n\ntwo\n--=_b--\n",
            "A:one\n"},
        {"forwarded",
            MIXED "--=_b\n\nLook\n--=_b\nContent-Type: message/rfc822\n\nSubject: "
                  "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n"
                  "Content-Type: text/html\n\n<p>Hi</p>\n--=_b--\n",
            "A:Look\nQ:Grüße\nQ:Hi\n"},
        {"digest",
            "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: a1\n\nb1\n--d--\n",
            "Q:a1\nQ:b1\n"},
        {"HTML named plain",
            "Content-Type: text/plain\n\n<!DOCTYPE html>\n<p>Hi <b>there</b></p>\n",
            "A:Hi there\n"},
        {"encodings",
            MIXED
            "--=_b\nContent-Transfer-Encoding: base64\n\nUmVzZXQgeW91\nciBwYXNzd29yZA==\n--=_b\n"
            "Content-Transfer-Encoding: Quoted-Printable\n\nNew=20pass=\nword =C3=BC\n--=_b\n"
            "Content-Transfer-Encoding: x-unknown\n\nas it is\n--=_b--\n",
            "A:Reset your password\nA:New password ü\nA:as it is\n"},
        {"signed",
            "Content-Type: multipart/signed; boundary=s\n\n--s\n\nwords\n--s\nContent-Type: "
            "application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n\nxx\n--s--\n",
            "A:words\n"},
        {"signed inline",
            "\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nwords\n-----BEGIN PGP "
            "SIGNATURE-----\n"
            "\nabcd\n-----END PGP SIGNATURE-----\nmore\n",
            "A:words\nA:more\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_report(void **state)
{
    static const char mail_text[] =
        "Content-Type: multipart/report; report-type=Delivery-Status; boundary=r\n\n"
        "--r\n\nIt could not be delivered.\n"
        "--r\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n"
        "--r\nContent-Type: message/rfc822\n\nSubject: Hello\n\nOld words\n"
        "--r\nContent-Type: text/rfc822-headers\n\nSubject: Other\nX: y\n--r--\n";
    struct buf described = text_describe(mail_text);
    struct mail *mail = text_mail(mail_text, strlen(mail_text));
    struct text *text = text_of(mail, &text_usual_limits);

    (void)state;
    assert_string_equal(
        buf_text(&described), "A:It could not be delivered.\nR:Hello\nR:Old words\nR:Other\n");
    assert_string_equal(text->report_type, "delivery-status");
    assert_int_equal(text->attachments, 0);
    buf_free(&described);
    mail_free(&mail);
}

struct flag_case {
    const char *name;
    const char *mail;
    bool encrypted;
    bool calendar;
    unsigned attachments;
    const char *report_type;
};

static void test_flags(void **state)
{
    static const struct flag_case cases[] = {
        {"plain", "\nwords\n", false, false, 0, NULL},
        {"S/MIME",
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; "
            "name=smime.p7m\n\nMII\n",
            true, false, 0, NULL},
        {"S/MIME, unnamed", "Content-Type: application/x-pkcs7-mime\n\nMII\n", true, false, 0,
            NULL},
        {"S/MIME, AEAD",
            "Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data\n\nMII\n", true,
            false, 0, NULL},
        {"S/MIME, signed", "Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nMII\n",
            false, false, 1, NULL},
        {"PGP/MIME",
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; "
            "boundary=e\n\n--e\n"
            "Content-Type: application/pgp-encrypted\n\nVersion: 1\n--e\nContent-Type: "
            "application/octet-stream\n\nxx\n--e--\n",
            true, false, 0, NULL},
        {"PGP inline", "\n-----BEGIN PGP MESSAGE-----\n\nxxxx\n-----END PGP MESSAGE-----\n", true,
            false, 0, NULL},
        {"invitation", ALT("<p>Meeting</p>", "Meeting") "\n", false, false, 0, NULL},
        {"calendar alternative",
            "Content-Type: multipart/alternative; boundary=a\n\n--a\n\nMeeting\n--a\nContent-Type: "
            "text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--a--\n",
            false, true, 0, NULL},
        {"calendar file",
            MIXED "--=_b\n\nMeeting\n--=_b\nContent-Type: application/ics\nContent-Disposition: "
                  "attachment; filename=a.ics\n\nBEGIN:VCALENDAR\n--=_b--\n",
            false, true, 1, NULL},
        {"attachments",
            MIXED
            "--=_b\n\none\n--=_b\nContent-Type: application/pdf\n\nxx\n--=_b\nContent-Disposition: "
            "attachment; filename=a.txt\n\nyy\n--=_b\nContent-Type: text/csv\n\na;b\n--=_b--\n",
            false, false, 3, NULL},
        {"pictures of the text are none",
            "Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: "
            "text/html\n\n<p>x\n--r\n"
            "Content-Type: image/png\n\nyy\n--r--\n",
            false, false, 0, NULL},
        {"report without a type", "Content-Type: multipart/report; boundary=r\n\n--r\n\nx\n--r--\n",
            false, false, 0, ""},
        {"a forwarded report is none",
            MIXED "--=_b\nContent-Type: message/rfc822\n\nContent-Type: multipart/report; "
                  "boundary=r\n\n--r\n"
                  "\nx\n--=_b--\n",
            false, false, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mail *mail = text_mail(cases[i].mail, strlen(cases[i].mail));
        struct text *text = text_of(mail, &text_usual_limits);

        if (text->encrypted != cases[i].encrypted || text->calendar != cases[i].calendar ||
            text->attachments != cases[i].attachments ||
            (text->report_type == NULL) != (cases[i].report_type == NULL) ||
            (text->report_type != NULL && strcmp(text->report_type, cases[i].report_type) != 0))
            fail_msg("%s: encrypted %d, calendar %d, attachments %u, report %s", cases[i].name,
                text->encrypted, text->calendar, text->attachments,
                text->report_type == NULL ? "none" : text->report_type);
        mail_free(&mail);
    }
}

/* Every allocation that fails gives ERR_NOMEM, and nothing is lost on the way. */
static void test_no_memory(void **state)
{
    static const char mail_text[] = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n" ALT(
        "<html><title>T</title><p>Hi <a href='https://example.com/'>there</a><pre>x</pre>", "Hi");
    unsigned long nth;

    (void)state;
    for (nth = 1; nth < 1000; nth++) {
        struct mail *mail = text_mail(mail_text, strlen(mail_text));
        struct text *text = NULL;
        int result;

        arena_fail_at(nth);
        result = text_read(mail, &text_usual_limits, &text);
        arena_fail_at(0);
        mail_free(&mail);
        if (result == 0)
            break;
        assert_int_equal(result, ERR_NOMEM);
        assert_null(text);
    }
    assert_true(nth > 10 && nth < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_quotations),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, text_group_setup, text_group_teardown);
}
