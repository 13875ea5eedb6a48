# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Writes the mails that the bench sends: invented text, the same in every run but for signatures.

usage: make_mix.py [-n COUNT] SIGNER FOLDER

500 mails (or COUNT, in the same proportions): 340 transactional HTML mails of 5 to 60 kB, 45
newsletters of 200 kB, 50 Japanese ones, 40 plain ones, 20 bounces, 5 with an attachment of 2 MB.
All but bounces and personal mail are signed (DKIM, rsa-sha256); FOLDER/record.txt is the record of
the key, which every selector and domain shares. An Authentication-Results field of mx.example.com
says the same, so that the mails prove who sent them in both ways."""
import argparse
import base64
import pathlib
import quopri
import random
import shutil
import subprocess

PROPORTIONS = [("transactional", 340), ("newsletter", 45), ("japanese", 50), ("plain", 40),
               ("bounce", 20), ("attachment", 5)]
SHOPS = ["shop.example", "bank.example", "stream.example", "forum.example", "travel.example",
         "parcels.example", "games.example", "music.example", "garden.example", "books.example"]
NAMES = ["Ann", "Bob", "Carol", "Dieter", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jonas"]

# language, subject, sentences
LETTERS = [
    ("en", "Reset your password", [
        "Hello {name},", "We received a request to reset the password of your account.",
        "To choose a new password, click the button below.", "This link expires in 24 hours.",
        "If you did not ask for a password reset, you can ignore this message."]),
    ("en", "Your order {number} has shipped", [
        "Hi {name},", "Good news: your order {number} is on its way.",
        "You can track your parcel at any time.", "Estimated delivery: Thursday.",
        "Thank you for shopping with us."]),
    ("en", "Order confirmation {number}", [
        "Dear {name},", "Thank you for your order {number}.", "Your items will be shipped soon.",
        "The total amount of 42.90 EUR was charged to your card.",
        "You find your invoice in your customer account."]),
    ("en", "Your verification code", [
        "Hello {name},", "Your verification code is {number}.",
        "Enter this code to sign in. It is valid for ten minutes.",
        "Never share this code with anybody."]),
    ("en", "New sign-in to your account", [
        "Hi {name},", "We noticed a new sign-in to your account from a device that we do not know.",
        "If this was you, there is nothing to do.",
        "If not, secure your account and change your password now."]),
    ("en", "Please confirm your email address", [
        "Welcome {name}!", "Thanks for signing up.",
        "Please confirm your email address by clicking the button below.",
        "If you did not create an account, no further action is required."]),
    ("en", "Your invoice for March", [
        "Dear {name},", "Your monthly invoice is ready.", "Amount due: 19.99 EUR.",
        "Your subscription renews on the first of next month.", "You can see all invoices online."]),
    ("de", "Ihre Bestellung {number}", [
        "Guten Tag {name},", "vielen Dank für Ihre Bestellung {number}.",
        "Wir haben Ihre Zahlung erhalten und versenden die Ware in Kürze.",
        "Die Rechnung finden Sie in Ihrem Kundenkonto."]),
    ("de", "Passwort zurücksetzen", [
        "Hallo {name},", "Sie haben angefordert, das Passwort Ihres Kontos zurückzusetzen.",
        "Bitte klicken Sie auf den folgenden Link, um ein neues Passwort zu wählen.",
        "Wenn Sie das nicht waren, ignorieren Sie diese Nachricht."]),
    ("fr", "Votre commande {number}", [
        "Bonjour {name},", "Merci pour votre commande {number}.",
        "Votre colis sera expédié prochainement.", "Vous pouvez suivre votre livraison en ligne."]),
    ("es", "Confirma tu dirección de correo", [
        "Hola {name}:", "Gracias por registrarte.",
        "Confirma tu dirección de correo electrónico con el botón de abajo.",
        "Si no has creado una cuenta, ignora este mensaje."]),
]
JAPANESE = [
    ("パスワードの再設定", [
        "{name} 様", "パスワード再設定のご依頼を受け付けました。",
        "下記のリンクから新しいパスワードを設定してください。", "このリンクの有効期限は24時間です。",
        "お心当たりのない場合は、このメールを破棄してください。"]),
    ("ご注文ありがとうございます {number}", [
        "{name} 様", "ご注文を承りました。", "ご注文番号は {number} です。",
        "商品の発送が完了しましたら、改めてご連絡いたします。"]),
    ("認証コードのお知らせ", [
        "{name} 様", "認証コードは {number} です。", "画面に認証コードを入力してください。",
        "このコードを他の人に教えないでください。"]),
    ("新着情報のお知らせ", [
        "いつもご利用いただきありがとうございます。", "今週のおすすめ商品をご紹介します。",
        "期間限定のセールを開催中です。", "配信停止はこちらから。"]),
]
FILLER = [
    "Our team is there for you every day from nine to five.",
    "You receive this message because you have an account with us.",
    "Please do not reply to this message, nobody reads this mailbox.",
    "Find answers to common questions in our help centre.",
    "All prices include value added tax where it applies.",
    "We care about the planet and send as little paper as possible.",
    "The terms of service and the privacy notice apply.",
    "Download our app and have everything at hand wherever you go.",
]
OFFERS = [
    "Only this week: twenty percent off all garden chairs.", "New in our shop: the autumn collection is here.",
    "Save now on everything for the kitchen.", "Our readers' favourite recipes for long evenings.",
    "Free shipping on all orders until Sunday.", "Discover what our designers have been working on.",
    "Ten ideas for a weekend in the mountains.", "Sign up a friend and both of you get a voucher.",
]
STYLE = ("<style type=\"text/css\">body{margin:0;padding:0;background:#f4f4f4}table{border-collapse:collapse}"
         "td{font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#333333}"
         ".button{background:#0a66c2;border-radius:4px;padding:12px 24px}"
         "@media only screen and (max-width:600px){.wide{width:100%!important}}%s</style>")
TRACK = "https://click.%s/ls/click?upn=%s"


def token(rng, length):
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") for _ in range(length))


def row(text, rng):
    return ('<tr><td align="left" valign="top" class="wide" style="padding:8px 24px 8px 24px;font-family:Arial,'
            'sans-serif;font-size:%dpx;line-height:20px;color:#%06x;mso-line-height-rule:exactly">%s</td></tr>\n'
            % (rng.choice((12, 14, 16)), rng.randrange(1 << 24), text))


def product(text, shop, rng):
    link = TRACK % (shop, token(rng, 120))
    return ('<tr><td style="padding:4px"><a href="%s" target="_blank" style="text-decoration:none">'
            '<img src="https://img.%s/%s.png" width="280" height="210" alt="" border="0" '
            'style="display:block;max-width:100%%"></a></td><td style="padding:4px" valign="middle">'
            '<a href="%s" style="color:#333333">%s</a><br><strong>%d.%02d EUR</strong></td></tr>\n'
            % (link, shop, token(rng, 24), link, text, rng.randrange(5, 200), rng.randrange(100)))


def page(sentences, more, shop, size, rng, title):
    """HTML of about that size: what is said first, then rows, products and styles around it."""
    head = ("<!DOCTYPE html>\n<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">"
            "<title>%s</title>\n" % title)
    css = "".join(".c%d{color:#%06x;padding:%dpx}" % (i, rng.randrange(1 << 24), i % 40) for i in range(size // 300))
    parts = [head, STYLE.replace("%s", css), "</head>\n<body><table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\">\n"]
    parts += [row(sentence, rng) for sentence in sentences]
    parts.append('<tr><td align="center"><a class="button" href="%s" style="color:#ffffff">%s</a></td></tr>\n'
                 % (TRACK % (shop, token(rng, 160)), title))
    length = sum(map(len, parts))
    while length < size:
        part = product(rng.choice(more), shop, rng) if rng.random() < 0.6 else row(rng.choice(more), rng)
        parts.append(part)
        length += len(part)
    parts.append('<img src="https://open.%s/%s.gif" width="1" height="1" alt="">\n</table></body></html>\n'
                 % (shop, token(rng, 60)))
    return "".join(parts)


def encoded_word(text):
    if text.isascii():
        return text
    return "=?utf-8?B?%s?=" % base64.b64encode(text.encode()).decode()


def part(kind, text, charset="utf-8", how="quoted-printable"):
    octets = text.encode(charset, "replace")
    if how == "base64":
        body = base64.encodebytes(octets).decode()
    elif how == "quoted-printable":
        body = quopri.encodestring(octets).decode()
    else:
        body = octets.decode("latin-1")
    return "Content-Type: %s; charset=%s\nContent-Transfer-Encoding: %s\n\n%s\n" % (kind, charset, how, body)


def multipart(kind, parts, rng):
    boundary = "=_%s" % token(rng, 24).replace("-", "x")
    body = "".join("--%s\n%s" % (boundary, one) for one in parts) + "--%s--\n" % boundary
    return "Content-Type: multipart/%s;\n boundary=\"%s\"\n\n%s" % (kind, boundary, body)


def fields(shop, subject, number, rng, extra=""):
    """About twenty of them, as senders' machines write them."""
    host = "mta%d.%s" % (rng.randrange(1, 30), shop)
    return ("Received: from %s (%s [192.0.2.%d])\n\tby mx.example.com (Postfix) with ESMTPS id 4Q%s\n"
            "\tfor <old@example.com>; Mon, 12 Oct 2026 09:00:0%d +0000 (UTC)\n"
            "Received: from app-%d (unknown [198.51.100.%d]) by %s with SMTP;\n\tMon, 12 Oct 2026 09:00:00 +0000\n"
            "Date: Mon, 12 Oct 2026 09:00:00 +0000\n"
            "From: \"%s\" <no-reply@%s>\n"
            "Reply-To: support@%s\n"
            "To: old@example.com\n"
            "Message-ID: <%s.%d@%s>\n"
            "Subject: %s\n"
            "MIME-Version: 1.0\n"
            "X-Mailer: Example Mailer 7.1\n"
            "X-Campaign: %s\nX-Report-Abuse: https://%s/abuse?id=%s\n"
            "X-SG-EID: %s\n %s\n %s\n"
            "Feedback-ID: %d:%d:%s\n"
            "Auto-Submitted: auto-generated\n%s"
            % (host, host, rng.randrange(1, 250), token(rng, 9), rng.randrange(10), rng.randrange(100),
               rng.randrange(1, 250), host, shop.split(".")[0].title(), shop, shop, token(rng, 20), number, shop,
               encoded_word(subject), token(rng, 12), shop, token(rng, 30), token(rng, 70), token(rng, 70),
               token(rng, 40), number, number * 7, shop, extra))


def transactional(number, rng):
    shop = rng.choice(SHOPS)
    _, subject, sentences = rng.choice(LETTERS)
    words = {"name": rng.choice(NAMES), "number": rng.randrange(100000, 999999)}
    sentences = [sentence.format(**words) for sentence in sentences]
    subject = subject.format(**words)
    size = int(5000 * (12 ** rng.random()))
    html = page(sentences, FILLER, shop, size, rng, subject)
    html_part = part("text/html", html, how=rng.choice(("quoted-printable", "quoted-printable", "base64", "8bit"))
                     if html.isascii() else "quoted-printable")
    if rng.random() < 0.7:
        body = multipart("alternative", [part("text/plain", "\n\n".join(sentences)), html_part], rng)
    else:
        body = html_part
    return shop, fields(shop, subject, number, rng) + body


def newsletter(number, rng):
    shop = rng.choice(SHOPS)
    subject = rng.choice(OFFERS)
    html = page(["Hello %s," % rng.choice(NAMES), "here is what is new this week."], OFFERS + FILLER, shop,
                170000, rng, subject)
    extra = ("List-Unsubscribe: <https://%s/u/%s>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
             "Precedence: bulk\nList-Id: <news.%s>\n" % (shop, token(rng, 40), shop))
    text = "\n".join(rng.choice(OFFERS) + "\n" + TRACK % (shop, token(rng, 80)) for _ in range(60))
    return shop, fields(shop, subject, number, rng, extra) + multipart(
        "alternative", [part("text/plain", text), part("text/html", html)], rng)


def japanese(number, rng):
    shop = rng.choice(SHOPS)
    subject, sentences = rng.choice(JAPANESE)
    words = {"name": "山田太郎", "number": rng.randrange(100000, 999999)}
    sentences = [sentence.format(**words) for sentence in sentences]
    more = ["お問い合わせは、ヘルプセンターをご覧ください。", "このメールは送信専用です。ご返信いただいてもお答えできません。",
            "利用規約とプライバシーポリシーをご確認ください。"]
    if rng.random() < 0.5:
        text = "\n\n".join(sentences + [rng.choice(more) for _ in range(rng.randrange(5, 60))]) + "\n"
        body = part("text/plain", text, "iso-2022-jp", "7bit")
    else:
        html = page(sentences, more, shop, rng.randrange(5000, 40000), rng, sentences[0])
        body = part("text/html", html, how="base64")
    return shop, fields(shop, subject.format(**words), number, rng) + body


def plain(number, rng):
    """Half of it people's, half of it machines'."""
    if number % 2:
        who = rng.choice(NAMES)
        lines = ["Hi %s," % rng.choice(NAMES), "", "shall we meet on Sunday? I will bring the cake.",
                 "The children ask after you all the time.", "", who]
        lines += ["> " + rng.choice(FILLER) for _ in range(rng.randrange(80))]
        return None, ("From: %s <%s@friends.example>\nTo: old@example.com\nSubject: Re: Sunday\n"
                      "Date: Mon, 12 Oct 2026 10:00:00 +0000\nMessage-ID: <%s.%d@friends.example>\n"
                      "In-Reply-To: <%s@example.com>\nUser-Agent: Example Mail 128.0\nMIME-Version: 1.0\n"
                      % (who, who.lower(), token(rng, 16), number, token(rng, 16))) + part("text/plain", "\n".join(lines), how="7bit")
    shop = rng.choice(SHOPS)
    _, subject, sentences = rng.choice(LETTERS)
    words = {"name": rng.choice(NAMES), "number": rng.randrange(100000, 999999)}
    text = "\n\n".join([sentence.format(**words) for sentence in sentences]
                       + [rng.choice(FILLER) for _ in range(rng.randrange(60))])
    return shop, fields(shop, subject.format(**words), number, rng) + part("text/plain", text)


def bounce(number, rng):
    report = ("Reporting-MTA: dns; mx.example.net\nArrival-Date: Mon, 12 Oct 2026 08:00:00 +0000\n\n"
              "Final-Recipient: rfc822; somebody@example.net\nAction: failed\nStatus: 5.1.1\n"
              "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n")
    text = ("This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message "
            "could not\nbe delivered to one or more recipients. It's attached below.\n\n"
            "<somebody@example.net>: host mx.example.net said: 550 5.1.1 User unknown\n")
    head = ("From: MAILER-DAEMON@mx.example.net (Mail Delivery System)\nTo: old@example.com\n"
            "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n"
            "Date: Mon, 12 Oct 2026 10:00:00 +0000\nMessage-ID: <%s.%d@mx.example.net>\nMIME-Version: 1.0\n"
            % (token(rng, 16), number))
    original = "Content-Type: text/rfc822-headers\n\nFrom: old@example.com\nTo: somebody@example.net\nSubject: Hello\n"
    return None, head + multipart("report; report-type=delivery-status", [
        "Content-Type: text/plain; charset=us-ascii\n\n" + text,
        "Content-Type: message/delivery-status\n\n" + report, original], rng)


def attachment(number, rng):
    shop = rng.choice(SHOPS)
    octets = rng.randbytes(1500000)
    pdf = ("Content-Type: application/pdf; name=\"statement.pdf\"\nContent-Transfer-Encoding: base64\n"
           "Content-Disposition: attachment; filename=\"statement.pdf\"\n\n%s" % base64.encodebytes(octets).decode())
    text = "Dear customer,\n\nyour monthly statement is attached.\n\nYour invoice of March: 19.99 EUR.\n"
    return shop, fields(shop, "Your monthly statement", number, rng) + multipart("mixed", [part("text/plain", text), pdf], rng)


MAKERS = {"transactional": transactional, "newsletter": newsletter, "japanese": japanese, "plain": plain,
          "bounce": bounce, "attachment": attachment}


def sign(signer, key, shop, mail):
    signed = subprocess.run([signer, "-d", shop, "-s", "bench", "-k", key], input=mail.replace("\n", "\r\n").encode(),
                            stdout=subprocess.PIPE, check=True).stdout.decode().replace("\r\n", "\n")
    return ("Authentication-Results: mx.example.com;\n\tdkim=pass header.d=%s header.s=bench;\n"
            "\tspf=pass smtp.mailfrom=bounces.%s\n" % (shop, shop)) + signed


def write(folder, kind, number, shop, mail, signer):
    path = "Return-Path: <>\n"
    if kind != "bounce":
        path = "Return-Path: <bounce@%s>\n" % (shop or "friends.example")
    if shop:
        mail = sign(signer, folder / "key.pem", shop, mail)
    (folder / ("%s-%03d.eml" % (kind, number))).write_text(path + mail)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=500)
    parser.add_argument("signer")
    parser.add_argument("folder", type=pathlib.Path)
    given = parser.parse_args()
    work = given.folder.with_name(given.folder.name + ".new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    record = subprocess.run([given.signer, "-g", "rsa", "-k", work / "key.pem"], stdout=subprocess.PIPE, check=True)
    (work / "record.txt").write_bytes(record.stdout)
    for kind, share in PROPORTIONS:
        for number in range(max(1, share * given.n // 500)):
            rng = random.Random("%s %d" % (kind, number))
            shop, mail = MAKERS[kind](number, rng)
            write(work, kind, number, shop, mail, given.signer)
    shutil.rmtree(given.folder, ignore_errors=True)
    work.rename(given.folder)


main()
