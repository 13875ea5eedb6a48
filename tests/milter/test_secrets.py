# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Nothing of a stranger's mail stays: hundreds of made-up mails with codes, links, card digits and
names in many scripts go through the daemon under every setting that could keep something, and
then ledger, log, headers and replies are searched for every one of those secrets."""
import base64
import random

import scenario
from scenario import domain

ROUNDS = 12  # mails of each shape and setting
NAMES = ("Annabella Quickenborough", "Þorgerður Hrafnkelsdóttir", "Krzysztof Brzęczyszczykiewicz",
         "Дмитрий Верещагинский", "Ελευθέριος Παπακωνσταντίνου", "עמיחי רבינוביץ", "عبدالرحمن الشهرستاني",
         "渡邉 隼之助", "さくらばやし ひなた", "歐陽 靜宜", "남궁 혜원", "ณัฐวุฒิ ศรีสุวรรณ", "देवेन्द्र विश्वनाथन",
         "Nguyễn Phương Quỳnh", "Գևորգ Տեր-Պետրոսյան", "გიორგი ჩხეიძე")
DIGITS = {"ascii": "0123456789", "fullwidth": "０１２３４５６７８９", "arabic": "٠١٢٣٤٥٦٧٨٩",
          "devanagari": "०१२३४५६७८९", "thai": "๐๑๒๓๔๕๖๗๘๙", "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"}
SHAPES = (
    ("Your sign-in code is {code}", "Hello {name},\n\nyour verification code is {code}.\nIt expires in 10 minutes.\n"),
    ("{name}, reset your password", "Hello {name},\n\nreset your password here:\n{link}\nIf you did not ask for it, ignore this.\n"),
    ("Receipt for {name} {card}", "Dear {name},\n\nwe charged 10.00 EUR to your card ending {card}.\n{link}\n"),
    ("【認証コード】{code} {name}様", "{name} 様\n\n認証コード：{code}\n{link}\n"),
    ("Willkommen {name} ({code})", "Guten Tag {name},\n\nIhr Konto wurde erstellt. Bestätigen Sie es:\n{link}\n"),
    ("Re: {name}", "Hi {name}, my new phone number is {code}, see {link}. Love, {name}\n"),
    ("{code}\u202e\u200b{name}", "<html><body><p style='display:none'>{code}</p><a href='{link}'>{name}</a></body></html>"),
)


def alphanumeric(chance, length):
    return "".join(chance.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(length))


def make_secret(chance):
    """Secrets that occur by chance nowhere: the code has eight signs."""
    digits = DIGITS[chance.choice(sorted(DIGITS))]
    code = "".join(chance.choice(digits) for _ in range(8)) if chance.random() < 0.7 else alphanumeric(chance, 8)
    return {"name": chance.choice(NAMES), "code": code, "card": "".join(chance.choice("0123456789") for _ in range(9)),
            "link": "https://shop.example/%s?t=%s" % (chance.choice(("reset", "verify", "x")), alphanumeric(chance, 24))}


def make_mail(chance, shape, secret, number):
    subject, body = (text.format(**secret) for text in shape)
    kind = "html" if body.startswith("<html") else "plain"
    encoded = "=?utf-8?b?%s?=" % base64.b64encode(subject.encode()).decode()
    results = "Authentication-Results: mx.example.com; dkim=pass header.d=shop.example\n" if chance.random() < 0.8 else ""
    return (results + 'From: "%s" <service@shop.example>\nTo: %s <old@example.com>\nSubject: %s\n'
            "Message-ID: <%s@shop.example>\nX-Account: %s\nX-Goneaway: tag; kind=%s\nMIME-Version: 1.0\n"
            "Content-Type: text/%s; charset=utf-8\nContent-Transfer-Encoding: base64\n\n%s\n" % (
                secret["name"].encode("ascii", "replace").decode(), secret["code"].encode("ascii", "replace").decode(),
                encoded, "secret-" + alphanumeric(chance, 12) + str(number), secret["code"].encode("ascii", "replace").decode(),
                secret["link"], kind, base64.encodebytes(body.encode()).decode().strip()))


def pieces(secret):
    """What must be found nowhere, in any case: whole secrets, each long word of a name, the
    link's token, and the code in Latin digits."""
    wanted = {secret["code"], secret["card"], secret["link"], secret["link"].split("t=")[1]}
    wanted.update(word for word in secret["name"].replace("-", " ").split() if len(word) > 2)
    for table in DIGITS.values():
        if all(sign in table for sign in secret["code"]):
            wanted.add("".join(str(table.index(sign)) for sign in secret["code"]))
    return wanted


class Secrets(scenario.Scenario):
    def send_all(self, daemon, seed):
        """Sends the mails; returns the secrets and all that came back on the wire."""
        chance = random.Random(seed)
        secrets, returned = [], []
        mta = daemon.mta()
        mta.connect()
        mta.helo()
        for number in range(ROUNDS * len(SHAPES)):
            secret = make_secret(chance)
            recipient = chance.choice(("<old@example.com>", "<me@example.com>", "<older+%d@example.com>" % number))
            outcome = mta.send(make_mail(chance, SHAPES[number % len(SHAPES)], secret, number), recipients=[recipient])
            secrets.append(secret)
            returned.append("%r" % outcome)
        mta.quit()
        return secrets, "\n".join(returned)

    def everything_kept(self, daemon):
        """Every octet that the daemon left on the disk."""
        kept = [path.read_bytes() for path in daemon.database.parent.iterdir() if path.name != "key"]
        kept.append(daemon.log_path.read_bytes())
        return b"\n".join(kept)

    def check(self, mode, keep, seed):
        daemon = self.daemon(domains=[domain(mode=mode)], keep_subject='"%s"' % keep, log_level='"debug"')
        secrets, returned = self.send_all(daemon, seed)
        kept = self.everything_kept(daemon).decode("utf-8", "replace") + returned
        rows = daemon.rows("SELECT count(*) AS n, count(subject) AS subjects FROM message")
        self.assertEqual(rows[0]["n"], ROUNDS * len(SHAPES))
        self.assertEqual(rows[0]["subjects"] > 0, keep == "words")
        lower = kept.lower()
        for secret in secrets:
            for piece in pieces(secret):
                if piece.lower() in lower:
                    at = lower.index(piece.lower())
                    self.fail("%s, %s: %r is kept: …%r…" % (mode, keep, piece, lower[max(0, at - 60):at + 60]))

    def test_observe(self):
        self.check("observe", "words", 1)

    def test_tag_words(self):
        self.check("tag", "words", 2)

    def test_tag_nothing(self):
        self.check("tag", "nothing", 3)

    def test_enforce(self):
        self.check("enforce", "words", 4)


if __name__ == "__main__":
    scenario.main()
