/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Whole mails, judged with the rules and languages that we ship. All of them are invented.
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
#include "kind_fixture.h"
#include "mail_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct mail *mail_of(const char *bytes, size_t length)
{
    static const struct mail_limits limits = {
        .header_bytes = 1u << 18, .header_fields = 1000, .body_bytes = 1u << 20};

    return mail_fixture(&limits, NULL, bytes, length);
}

static int judge(struct mail *mail, const char *from, struct kind_result **result)
{
    static const struct text_limits limits = {.text_bytes = 65536, .parts = 100, .depth = 10};
    struct text *text;
    int r = text_read(mail, &limits, &text);

    return r != 0 ? r
                  : kind_judge(mail, text, from, kind_fixture.phrases, kind_fixture.rules, result);
}

struct sample {
    const char *name;
    const char *from;
    const char *header; /* further fields, each ended by a line's end */
    const char *subject;
    const char *body;
    enum kind kind;
};

static char *spell(const struct sample *sample)
{
    static const char form[] = "From: %s\r\nTo: someone@used.example\r\nSubject: %s\r\n"
                               "Date: Mon, 3 Mar 2025 10:00:00 +0000\r\n%sMIME-Version: 1.0\r\n%s"
                               "\r\n%s\r\n";
    bool typed = strcasestr(sample->header, "Content-Type:") != NULL;
    char *mail;

    assert_true(asprintf(&mail, form, sample->from, sample->subject, sample->header,
                    typed ? "" : "Content-Type: text/plain; charset=utf-8\r\n", sample->body) > 0);
    return mail;
}

static void check(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *bytes = spell(&samples[i]);
        struct mail *mail = mail_of(bytes, strlen(bytes));
        struct kind_result *result;

        assert_int_equal(judge(mail, samples[i].from, &result), 0);
        if (result->kind != samples[i].kind) {
            for (size_t n = 0; n < result->reason_count; n++)
                print_message("  %+.1f %s: %s\n", result->reasons[n].weight,
                    kind_name(result->reasons[n].kind), result->reasons[n].text);
            fail_msg("%s: judged %s (%s), is %s", samples[i].name, kind_name(result->kind),
                result->language != NULL ? result->language : "no language",
                kind_name(samples[i].kind));
        }
        assert_true(result->score > 0 && result->score <= 1);
        mail_free(&mail);
        free(bytes);
    }
}

#define TOKEN "https://www.shop.example/a/u?t=Zk93bQx71LmPq0Rt5sVw"

static void service_mail_in_english(void **state)
{
    static const struct sample samples[] = {
        {"reset", "no-reply@shop.example", "", "Reset your password",
            "Hello Kim,\r\n\r\nsomebody asked us for a new password for your account. Choose one "
            "here:\r\n\r\n" TOKEN "\r\n\r\nThe link works for two hours. If you did not ask for "
            "it, ignore this e-mail; your password stays as it is.\r\n",
            KIND_RESET},
        {"reset by code", "account@shop.example", "", "Your password reset code",
            "Enter 482913 to choose a new password. The code expires in 15 minutes.\r\n",
            KIND_RESET},
        {"recovery", "help@games.example", "", "Recover your account",
            "We got your request to recover your account. Follow this link:\r\n" TOKEN "\r\n",
            KIND_RESET},
        {"code", "no-reply@bank.example", "", "Your sign-in code",
            "Use this code to sign in:\r\n\r\n739 164\r\n\r\nIt is valid for ten minutes. Never "
            "share it with anybody.\r\n",
            KIND_CODE},
        {"code in the subject", "login@chat.example", "", "528163 is your code",
            "Enter this code to log in: 528163\r\n", KIND_CODE},
        {"magic link", "hello@notes.example", "", "Sign in to Notes",
            "Click the link below to sign in. It expires in 20 minutes and can be used once."
            "\r\n\r\n" TOKEN "\r\n",
            KIND_CODE},
        {"verify", "welcome@club.example", "", "Please confirm your e-mail address",
            "Thank you for signing up. To complete your registration, confirm your address:"
            "\r\n\r\n" TOKEN "\r\n",
            KIND_VERIFY},
        {"verify, with a welcome", "welcome@club.example", "", "Welcome! Verify your account",
            "Welcome to the club! Please verify your email address by clicking the button below."
            "\r\n" TOKEN "\r\nIf you did not create an account, no further action is required."
            "\r\n",
            KIND_VERIFY},
        {"sign-in from a new device", "security@mail.example", "", "New sign-in to your account",
            "We noticed a new sign-in to your account.\r\n\r\nDevice: Firefox on Linux\r\nIP "
            "address: 192.0.2.44\r\nLocation: Oslo, Norway\r\n\r\nIf this was you, there is "
            "nothing to do. If not, change your password at once.\r\n",
            KIND_SIGNIN},
        {"locked", "security@bank.example", "", "Your account has been locked",
            "There were too many failed attempts to log in, so we locked your account. To unlock "
            "it, go to https://bank.example/help\r\n",
            KIND_SIGNIN},
        {"change", "no-reply@shop.example", "", "Your password was changed",
            "The password of your account was changed on 3 March.\r\n\r\nIf you did not do this, "
            "reset your password right away: https://shop.example/reset-password\r\n",
            KIND_CHANGE},
        {"change of address", "account@shop.example", "", "Your e-mail address has been updated",
            "The e-mail address of your account was changed to k***@other.example. If you did not "
            "make this change, contact our support.\r\n",
            KIND_CHANGE},
        {"second factor off", "security@code.example", "", "Two-factor authentication disabled",
            "Two-factor authentication has been turned off for your account.\r\n", KIND_CHANGE},
        {"deleted", "support@club.example", "", "Your account has been deleted",
            "As you asked, we deleted your account and all of its data.\r\n", KIND_CHANGE},
        {"welcome", "hello@club.example", "", "Welcome to the club",
            "Hi Kim,\r\n\r\nyour account has been created. You can now log in with your user name "
            "kim77.\r\n\r\nhttps://club.example/\r\n",
            KIND_WELCOME},
        {"receipt", "billing@tv.example", "", "Your receipt from TV Example",
            "Thank you for your payment.\r\n\r\nMonthly plan\r\nTotal: $12.99\r\nPaid with Visa "
            "ending in 4242\r\n",
            KIND_BILLING},
        {"payment failed", "billing@tv.example", "", "Your payment was declined",
            "We could not charge your card. Please update your payment method.\r\n", KIND_BILLING},
        {"order", "orders@shop.example", "", "Order confirmation #100-2231",
            "Thank you for your order! We will write again when it ships.\r\n\r\n1 x Kettle\r\n"
            "Total: EUR 39.90\r\n",
            KIND_ORDER},
        {"shipping", "orders@shop.example", "", "Your order has shipped",
            "Your parcel is on its way. Tracking number: 003404341612345678\r\n", KIND_ORDER},
        {"booking", "reservations@hotel.example", "", "Your booking is confirmed",
            "Booking number: 8812345\r\nCheck-in: Friday, 7 March\r\nGuests: 2\r\n", KIND_ORDER},
        {"notice", "notifications@forum.example", "", "Lee replied to your topic",
            "Lee replied to your post in \"Old radios\".\r\n\r\nView the reply: "
            "https://forum.example/t/2231\r\n",
            KIND_NOTICE},
        {"invitation", "no-reply@work.example", "", "Lee invited you to join the team Radio",
            "Lee has invited you to collaborate. Accept the invitation:\r\n" TOKEN "\r\n",
            KIND_NOTICE},
        {"terms", "legal@tv.example", "", "We are updating our terms of service",
            "We're updating our Terms of Service and our Privacy Policy. The changes take effect "
            "on 1 May.\r\n",
            KIND_NOTICE},
        {"account there already", "no-reply@club.example", "", "You already have an account",
            "Somebody tried to sign up with this e-mail address. However, an account with it "
            "already exists. If you have forgotten your password, you can reset it:\r\n" TOKEN
            "\r\n",
            KIND_NOTICE},
    };

    (void)state;
    check(samples, COUNT(samples));
}

static void service_mail_in_japanese(void **state)
{
    static const struct sample samples[] = {
        {"reset", "info@shop.example", "", "【見本ストア】パスワード再設定のご案内",
            "山田 花子 様\r\n\r\nいつもご利用いただきありがとうございます。\r\n"
            "下記のURLより、24時間以内に新しいパスワードを設定してください。\r\n\r\n" TOKEN
            "\r\n\r\n"
            "お心当たりのない場合は、このメールを破棄してください。\r\n",
            KIND_RESET},
        {"code", "noreply@bank.example", "", "ワンタイムパスワードのお知らせ",
            "ログインに必要な認証コードをお送りします。\r\n\r\n認証コード：605182\r\n\r\n"
            "有効期限は10分です。第三者に教えないでください。\r\n",
            KIND_CODE},
        {"code and identity", "noreply@game.example", "", "本人確認のための認証番号",
            "認証番号は 4417 です。画面に入力してください。\r\n", KIND_CODE},
        {"verify", "info@club.example", "", "仮登録完了のお知らせ",
            "会員登録のお申し込みありがとうございます。\r\nまだ登録は完了していません。下記URLを"
            "クリックして本登録をお願いいたします。\r\n" TOKEN "\r\n",
            KIND_VERIFY},
        {"sign-in", "security@bank.example", "", "新しい端末からログインがありました",
            "お客様のアカウントに新しい端末からのログインを検知しました。\r\n\r\n"
            "日時：2025年3月3日\r\nIPアドレス：192.0.2.9\r\nブラウザ：Firefox\r\n\r\n"
            "心当たりのない場合は、すぐにパスワードを変更してください。\r\n",
            KIND_SIGNIN},
        {"change", "info@shop.example", "", "パスワード変更完了のお知らせ",
            "お客様のパスワードが変更されました。\r\n"
            "心当たりのない場合は、パスワードの再設定を行ってください。\r\n",
            KIND_CHANGE},
        {"left", "info@shop.example", "", "退会手続き完了のお知らせ",
            "退会のお手続きが完了いたしました。これまでご利用いただきありがとうございました。\r\n",
            KIND_CHANGE},
        {"welcome", "info@club.example", "", "会員登録が完了しました",
            "見本クラブへようこそ。\r\nこのたびはご登録いただき、誠にありがとうございます。\r\n",
            KIND_WELCOME},
        {"billing", "card@bank.example", "", "カードご利用のお知らせ",
            "カードのご利用がありましたのでお知らせします。\r\n\r\nご利用日：2025/03/03\r\n"
            "ご利用金額：3,280円\r\nご利用先：見本書店\r\n",
            KIND_BILLING},
        {"invoice", "seikyu@tel.example", "", "2月分のご請求金額のお知らせ",
            "今月のご請求金額が確定しました。\r\nご請求額：5,478円\r\nお支払い方法：口座振替\r\n",
            KIND_BILLING},
        {"order", "order@shop.example", "", "ご注文ありがとうございます（注文番号：2025-0303-118）",
            "このたびはご注文いただき、誠にありがとうございます。\r\n\r\n商品名：電気ケトル\r\n"
            "数量：1\r\n合計：4,980円\r\n",
            KIND_ORDER},
        {"shipping", "shop@shop.example", "", "商品発送のお知らせ",
            "ご注文いただいた商品を本日発送いたしました。\r\nお問い合わせ番号：4412-3345-1180\r\n",
            KIND_ORDER},
        {"booking", "yoyaku@hotel.example", "", "ご予約確認",
            "ご予約ありがとうございます。\r\n"
            "ご予約番号：88123\r\nチェックイン日：3月7日\r\n",
            KIND_ORDER},
        {"notice", "info@game.example", "", "利用規約改定のお知らせ",
            "平素よりご利用いただきありがとうございます。\r\n4月1日より利用規約を改定いたします。"
            "\r\n",
            KIND_NOTICE},
        {"mail magazine", "melmaga@shop.example", "",
            "【週末限定】全品ポイント10倍！春のセール開催中",
            "見本ストア メールマガジン\r\n\r\n今だけ送料無料！おすすめ商品はこちら\r\n"
            "https://shop.example/s1\r\nクーポンを使ってお得にお買い物\r\nhttps://shop.example/s2"
            "\r\n\r\nメルマガの配信停止はこちら\r\nhttps://shop.example/stop\r\n",
            KIND_BULK},
        {"person", "hanako@people.example", "", "週末の件",
            "お疲れ様です。\r\n\r\n日曜日の打ち合わせですが、10時からでいかがでしょうか。\r\n"
            "パスワードを忘れてしまったので、また教えてください。\r\n\r\nよろしくお願いします。\r"
            "\n",
            KIND_PERSONAL},
        {"absent", "taro@office.example", "Auto-Submitted: auto-replied\r\n", "不在のお知らせ",
            "3月7日まで休暇をいただいております。お急ぎの場合は佐藤までご連絡ください。\r\n",
            KIND_AUTO},
    };

    (void)state;
    check(samples, COUNT(samples));
}

static void service_mail_in_other_languages(void **state)
{
    static const struct sample samples[] = {
        {"German reset", "info@laden.example", "", "Passwort vergessen?",
            "Hallo,\r\n\r\nfür Ihr Konto wurde ein neues Passwort angefordert. Klicken Sie auf "
            "diesen Link, um Ihr Passwort zurückzusetzen:\r\n" TOKEN "\r\n",
            KIND_RESET},
        {"French order", "commande@boutique.example", "", "Votre commande est expédiée",
            "Bonjour,\r\n\r\nvotre colis est en route. Numéro de suivi : 8L00112233445\r\n",
            KIND_ORDER},
        {"Spanish change", "seguridad@banco.example", "", "Tu contraseña ha sido cambiada",
            "La contraseña de tu cuenta se ha cambiado. Si no has sido tú, ponte en contacto con "
            "nosotros.\r\n",
            KIND_CHANGE},
        {"Dutch code", "noreply@winkel.example", "", "Je verificatiecode",
            "Gebruik deze code om in te loggen: 118274. De code is 10 minuten geldig.\r\n",
            KIND_CODE},
        {"two languages", "no-reply@air.example", "",
            "Reset your password / Réinitialisez votre mot de passe",
            "You asked for a new password. Click the link below to choose one.\r\n" TOKEN "\r\n\r\n"
            "Vous avez demandé un nouveau mot de passe. Cliquez sur le lien ci-dessus pour le "
            "choisir.\r\n",
            KIND_RESET},
        {"unknown language with a reset link", "no-reply@shop.example",
            "Auto-Submitted: auto-generated\r\n", "Zarfolem qunti",
            "Zarfolem qunti bavo erritu mokal.\r\n\r\n"
            "https://shop.example/password/reset?token=Zk93bQx71LmPq0Rt5sVw\r\n",
            KIND_RESET},
        {"unknown language with a link", "no-reply@shop.example",
            "Auto-Submitted: auto-generated\r\n", "Zarfolem qunti",
            "Zarfolem qunti bavo erritu mokal.\r\n\r\n" TOKEN "\r\n", KIND_NOTICE},
        {"unknown language with a code", "no-reply@shop.example", "", "Zarfolem qunti",
            "Zarfolem qunti bavo erritu mokal.\r\n\r\n771904\r\n", KIND_CODE},
    };

    (void)state;
    check(samples, COUNT(samples));
}

static void mail_of_people(void **state)
{
    static const struct sample samples[] = {
        {"talks of a password", "lee@people.example", "User-Agent: Mozilla Thunderbird\r\n",
            "Your password for the wiki",
            "Hi Kim,\r\n\r\nI forgot the password of our wiki again. Could you reset it for me and "
            "send me the new one? See you on Friday.\r\n\r\nCheers, Lee\r\n",
            KIND_PERSONAL},
        {"talks of a code", "lee@gmail.com", "", "code",
            "Hi Kim, the code for the door is 4711. I'll be late, let me know if it works. Lee\r\n",
            KIND_PERSONAL},
        {"talks of an order", "lee@people.example",
            "In-Reply-To: <a@used.example>\r\nX-Mailer: Apple Mail (2.3654)\r\n", "Re: Your order",
            "Did you get the parcel? The tracking page says it was delivered yesterday.\r\n\r\n"
            "> I'll order the kettle tonight.\r\n",
            KIND_PERSONAL},
        {"answers a notice of a changed password", "lee@gmail.com",
            "In-Reply-To: <a@used.example>\r\n", "Re: Your password was changed",
            "Was that you? I did not change our password.\r\n\r\nLee\r\n\r\n"
            "On Monday, Shop wrote:\r\n> The password of your account was changed.\r\n",
            KIND_PERSONAL},
        {"forwards an invoice", "lee@people.example", "User-Agent: Mutt/2.0\r\n",
            "Fwd: Your invoice",
            "Hi, can you pay this? Thanks!\r\n\r\n---------- Forwarded message ----------\r\n"
            "From: Shop <billing@shop.example>\r\nSubject: Your invoice\r\n\r\n"
            "Amount due: $20.00\r\n",
            KIND_PERSONAL},
        {"mailing list on password resets", "lee@people.example",
            "List-Id: <dev.lists.example>\r\nList-Post: <mailto:dev@lists.example>\r\n"
            "In-Reply-To: <b@people.example>\r\nUser-Agent: Gnus/5.13\r\n",
            "Re: [dev] password reset does not expire the old link",
            "On Monday Kim wrote:\r\n> When I reset my password, the old link still works.\r\n\r\n"
            "I think we should expire the token as soon as the password was changed. Patch "
            "attached, what do you think?\r\n",
            KIND_PERSONAL},
        {"German, talks of an invoice", "lee@web.de", "", "Rechnung Handwerker",
            "Hallo Kim,\r\n\r\nkannst du mir bitte die Rechnung vom Klempner schicken? Wir sehen "
            "uns morgen.\r\n\r\nLiebe Grüße\r\nLee\r\n",
            KIND_PERSONAL},
        {"meeting", "lee@office.example", "User-Agent: Microsoft Outlook\r\n", "Meeting on Tuesday",
            "Hi all,\r\n\r\nplease find attached the agenda for Tuesday's meeting. Let me know if "
            "you can't make it.\r\n\r\nBest regards\r\nLee\r\n",
            KIND_PERSONAL},
    };

    (void)state;
    check(samples, COUNT(samples));
}

static void mail_to_many_and_of_machines(void **state)
{
    static const struct sample samples[] = {
        {"newsletter with words of accounts", "news@shop.example",
            "List-Unsubscribe: <https://shop.example/u>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Welcome spring: 20% off everything",
            "View this email in your browser\r\n\r\nShop now and save up to 50%. Sign in to your "
            "account to see your special offer.\r\nhttps://shop.example/1\r\nNew arrivals this "
            "week\r\nhttps://shop.example/2\r\n\r\nYou are receiving this because you signed up. "
            "Unsubscribe: https://shop.example/u\r\n",
            KIND_BULK},
        {"digest", "digest@forum.example",
            "List-Unsubscribe: <https://forum.example/u>\r\nPrecedence: bulk\r\n",
            "Weekly digest: top stories from Forum",
            "This week's top stories\r\n\r\nhttps://forum.example/1\r\nhttps://forum.example/2\r\n"
            "\r\nUnsubscribe from this newsletter: https://forum.example/u\r\n",
            KIND_BULK},
        {"lottery", "winner@luck.example", "", "You have won 5 million dollars",
            "Dear friend,\r\n\r\nyou are a winner of our lottery! To claim your prize, send us "
            "your name and bank account.\r\n",
            KIND_BULK},
        {"bounce that quotes a reset", "mailer-daemon@mx.example",
            "Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; "
            "report-type=delivery-status; boundary=b\r\n",
            "Undelivered Mail Returned to Sender",
            "--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n--b\r\n"
            "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            "Final-Recipient: rfc822; gone@used.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: no-reply@shop.example\r\nSubject: "
            "Reset your password\r\n\r\nReset your password: " TOKEN "\r\n--b--\r\n",
            KIND_AUTO},
        {"bounce in plain text", "MAILER-DAEMON@mx.example", "Return-Path: <>\r\n",
            "failure notice",
            "I wasn't able to deliver your message to the following addresses. This is a permanent "
            "error; I've given up.\r\n\r\n<gone@used.example>:\r\nno such user\r\n\r\n--- Below "
            "this line is a copy of the message.\r\n\r\nSubject: Reset your password\r\n",
            KIND_AUTO},
        {"out of office", "lee@office.example", "Auto-Submitted: auto-replied\r\n",
            "Automatic reply: Your order",
            "I am out of the office until Monday and will answer when I return.\r\n", KIND_AUTO},
        {"out of office without a header", "lee@office.example", "", "Out of office: Re: invoice",
            "I am on vacation until 7 March with limited access to email.\r\n", KIND_AUTO},
    };

    (void)state;
    check(samples, COUNT(samples));
}

static void mail_that_says_nothing_is_other(void **state)
{
    static const char *const mails[] = {"", "\r\n", "\r\n\r\n", "x", "Subject:\r\n\r\n",
        "From: a@b.example\r\n\r\n\xff\xfe\x80", "Content-Type: multipart/mixed\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(mails); i++) {
        struct mail *mail = mail_of(mails[i], strlen(mails[i]));
        struct kind_result *result;

        assert_int_equal(judge(mail, NULL, &result), 0);
        if (kind_is_service(result->kind) || result->language != NULL)
            fail_msg("\"%s\": %s", mails[i], kind_name(result->kind));
        mail_free(&mail);
    }
}

/* Reasons may be shown and kept, so they hold no word of the mail that is not in our files. */
static void reasons_hold_no_word_of_the_mail(void **state)
{
    static const struct sample sample = {"secret words", "no-reply@shop.example", "",
        "Reset your password, Zarquon",
        "Dear Zarquon, your code is 918273. Reset your password:\r\n"
        "https://shop.example/reset?zarquontoken=ABcd1234EFgh5678\r\n",
        KIND_RESET};
    static const char *const secrets[] = {"arquon", "918273", "ABcd", "shop.example"};
    char *bytes = spell(&sample);
    struct mail *mail = mail_of(bytes, strlen(bytes));
    struct kind_result *result;

    (void)state;
    assert_int_equal(judge(mail, sample.from, &result), 0);
    assert_int_equal(result->kind, KIND_RESET);
    assert_string_equal(result->language, "en");
    assert_true(result->reason_count >= 3);
    for (size_t i = 0; i < result->reason_count; i++) {
        for (size_t s = 0; s < COUNT(secrets); s++)
            assert_null(strstr(result->reasons[i].text, secrets[s]));
        if (i > 0)
            assert_true(result->reasons[i - 1].weight >= result->reasons[i].weight);
    }
    assert_true(result->reasons[0].weight > 0);
    assert_int_equal(result->reasons[0].kind, KIND_RESET);
    mail_free(&mail);
    free(bytes);
}

/* A body of one pattern, over and over, in one line and in many. */
static void hostile_text_is_judged_in_bounds(void **state)
{
    static const char *const bodies[] = {"reset your password ", "code 123456\r\n", "a",
        "https://x.example/reset?t=Zk93bQx71LmPq0Rt5sVw ", "if this was not you ",
        "パスワード再設定", "\xd8\xa7\xd9\x84", "* ", "$1 ", "\r\n\r\nyour order\r\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        size_t piece = strlen(bodies[i]);
        size_t length = 0;
        char *bytes = malloc(600000);
        struct mail *mail;
        struct kind_result *result;

        assert_non_null(bytes);
        length = (size_t)sprintf(bytes,
            "From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
        while (length + piece < 600000) {
            memcpy(bytes + length, bodies[i], piece);
            length += piece;
        }
        mail = mail_of(bytes, length);
        assert_int_equal(judge(mail, "a@b.example", &result), 0);
        assert_true(result->reason_count <= 16);
        mail_free(&mail);
        free(bytes);
    }
}

static void says_when_memory_is_short(void **state)
{
    static const struct sample sample = {"reset", "no-reply@shop.example", "",
        "Reset your password", "Choose a new password: " TOKEN "\r\n", KIND_RESET};
    static const struct text_limits limits = {.text_bytes = 65536, .parts = 100, .depth = 10};
    char *bytes = spell(&sample);
    unsigned long nth;
    int r = ERR_NOMEM;

    (void)state;
    for (nth = 1; nth < 200 && r != 0; nth++) {
        struct mail *mail = mail_of(bytes, strlen(bytes));
        struct kind_result *result;
        struct text *text;

        assert_int_equal(text_read(mail, &limits, &text), 0);
        arena_fail_at(nth);
        r = kind_judge(mail, text, sample.from, kind_fixture.phrases, kind_fixture.rules, &result);
        arena_fail_at(0);
        assert_true(r == 0 || r == ERR_NOMEM);
        assert_true((r == 0) == (result != NULL));
        if (r == 0)
            assert_int_equal(result->kind, KIND_RESET);
        mail_free(&mail);
    }
    assert_int_equal(r, 0);
    assert_true(nth > 8);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_mail_in_english),
        cmocka_unit_test(service_mail_in_japanese),
        cmocka_unit_test(service_mail_in_other_languages),
        cmocka_unit_test(mail_of_people),
        cmocka_unit_test(mail_to_many_and_of_machines),
        cmocka_unit_test(mail_that_says_nothing_is_other),
        cmocka_unit_test(reasons_hold_no_word_of_the_mail),
        cmocka_unit_test(hostile_text_is_judged_in_bounds),
        cmocka_unit_test(says_when_memory_is_short),
    };

    return cmocka_run_group_tests(tests, kind_fixture_load, kind_fixture_unload);
}
