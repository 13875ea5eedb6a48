# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The action `seal`: what goes out, that it opens byte for byte, and that nothing that was to be
sealed ever goes out open."""
import pathlib
import shutil
import tempfile

import replacement
import scenario
import seal_keys
import wire
from replacement import rule
from scenario import service_mail

STAY = ["from", "to", "date", "message-id"]
SECRETS = (b"reset?token", b"abcdef", b"choose a new password", b"Reset your", b"List-", b"dkim")


class Seal(replacement.Replacement, scenario.Scenario):
    action = "seal"

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="goneaway-keys-"))
        cls.keepers = {kind: seal_keys.Keeper(cls.dir, kind, kind) for kind in seal_keys.KINDS}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def settings(self, *kinds):
        paths = ", ".join('"%s"' % self.keepers[kind].certificate for kind in kinds or ("rsa",))
        return {"seal_to": "[ %s ]" % paths}

    def replacing(self, *kinds, **how):
        return super().replacing(**{**self.settings(*kinds), **how})

    def look_at(self, whole):
        self.keepers["rsa"].open(whole)

    def outer(self, mta, outcome):
        return self.delivered(mta, outcome)[1]

    @staticmethod
    def as_sent(mta, body):
        head = b"".join(wire.encode(name) + b":" + wire.encode(value).replace(b"\n", b"\r\n") + b"\r\n"
                        for name, value in mta.fields)
        return head + b"\r\n" + body

    def test_outside_and_inside(self):
        for kinds, cipher in ((("rsa",), "aes-256-cbc"), (("rsa",), "aes-256-gcm"),
                              (("ec",), "aes-256-cbc"), (("ec",), "aes-256-gcm"),
                              (("rsa", "ec", "ec384", "ec521"), "aes-256-cbc"),
                              (("ec521", "rsa"), "aes-256-gcm")):
            with self.subTest(kinds=kinds, cipher=cipher):
                daemon = self.replacing(*kinds, seal_cipher='"%s"' % cipher)
                mail = service_mail(
                    fields="Received: from a.example\n by b.example; Mon, 2 Mar 2020 10:00:00 +0000\n"
                           "DKIM-Signature: v=1; d=shop.example\nList-Unsubscribe: <https://shop.example/u>\n"
                           "Reply-To: help@shop.example\nX-Goneaway: forged\nreceived: again\n"
                           "Subject: another\nReferences: <a@b>\n"
                           "Return-Path: <x@shop.example>\nBcc: hidden@example.com\n")
                mta, outcome = daemon.send(mail)
                whole = self.outer(mta, outcome)
                fields = mta.edited(outcome)
                self.assertEqual([name.lower() for name, _ in fields],
                                 ["x-goneaway", "from", "to", "date", "message-id", "subject",
                                  "mime-version", "content-type", "content-transfer-encoding",
                                  "content-disposition"])
                self.assertEqual(fields[5][1], " Sealed mail")
                self.assertTrue(fields[0][1].startswith(" seal; kind=reset; service=shop.example; "
                                                        "holder=prior;"), fields[0])
                self.assertIn("smime-type=%s;" % ("enveloped-data" if "cbc" in cipher
                                                  else "authEnveloped-data"), fields[7][1])
                for secret in SECRETS:
                    self.assertNotIn(secret, whole)
                seal_keys.decoded(outcome.replaced())
                body = mail.partition("\n\n")[2].replace("\n", "\r\n").encode()
                for kind in kinds:
                    inside = self.keepers[kind].open(whole)
                    self.assertTrue(inside.startswith(b"Content-Type: message/rfc822; forwarded=no\r\n"
                                                      b"Content-Transfer-Encoding: 7bit\r\n"))
                    self.assertEqual(inside.split(b"\r\n\r\n", 1)[1], self.as_sent(mta, body))
                row, = daemon.rows()
                self.assertEqual((row["action"], row["meant"], row["reply"]), ("seal", "seal", None))

    # what the body may hold, and the transfer encoding that is said of it
    BODIES = {
        "empty": (b"", b"7bit"),
        "text": (b"Reset your password: https://shop.example/r\r\n", b"7bit"),
        "8-bit": ("Passwort zur\u00fccksetzen\r\n".encode(), b"8bit"),
        "no octet left out": (bytes(range(256)) * 300, b"binary"),
        "NUL": (b"a\0b\r\n", b"binary"),
        "bare CR": (b"a\rb\r\n", b"binary"),
        "bare LF": (b"a\nb\r\n", b"binary"),
        "CR at the end": (b"a\r", b"binary"),
        "no end of the last line": (b"a\r\nb", b"7bit"),
        "dots": (b".\r\n..\r\n.x\r\n", b"7bit"),
        "empty lines": (b"\r\n\r\n\r\n", b"7bit"),
        "line of 998": (b"x" * 998 + b"\r\n", b"7bit"),
        "line of 999": (b"x" * 999 + b"\r\n", b"binary"),
        "a piece of the protocol": (b"0123456789abcde\r\n" * 3855, b"7bit"),
        "a piece and one": (b"x" * 65534 + b"\r\n" + b"y", b"binary"),
        "CRLF on a border": (b"x" * 65534 + b"\r" + b"\n", b"binary"),
        "PGP/MIME": (b"--b\r\nContent-Type: application/octet-stream\r\n\r\n"
                     b"-----BEGIN PGP MESSAGE-----\r\n\r\nabcd\r\n-----END PGP MESSAGE-----\r\n--b--\r\n",
                     b"7bit"),
    }

    def test_bodies_octet_for_octet(self):
        for cipher in ("aes-256-cbc", "aes-256-gcm"):
            daemon = self.replacing(seal_cipher='"%s"' % cipher,
                                  policy=rule("seal", kinds=""))
            for name, (body, encoding) in self.BODIES.items():
                with self.subTest(cipher=cipher, body=name):
                    mta = daemon.mta()
                    outcome = self.send_raw(mta, body, self.PLAIN)
                    inside = self.keepers["rsa"].open(self.outer(mta, outcome))
                    head, original = inside.split(b"\r\n\r\n", 1)
                    self.assertIn(b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n", head)
                    self.assertTrue(original == self.as_sent(mta, body), "not as it was")
                    mta.quit()

    PLAIN = [("From", " Shop <service@shop.example>"), ("Message-ID", " <1@shop.example>")]
    FIELDS = [("From", " Shop <service@shop.example>"), ("To", " old@example.com"),
              ("Subject", "no space"), ("X-Folded", " one\n two \n\t three"), ("X-Trail", " x \t "),
              ("x-CASE", "  two spaces"), ("X-Empty", ""), ("X-Tab", "\tx"), ("x-case", " again"),
              ("X-8bit", " M\u00fcller"), ("X-CR", " a\rb"), ("X-Odd", " \udc80\udcff"),
              ("Message-ID", " <1@shop.example>")]

    def send_raw(self, mta, body, fields=None, recipients=("<old@example.com>",)):
        mta.mail("<news@shop.example>")
        for recipient in recipients:
            mta.rcpt(recipient)
        mta.data()
        for name, value in fields or self.FIELDS:
            mta.header(name, value)
        mta.end_of_header()
        mta.body(body)
        return mta.end_of_message()

    def test_header_octet_for_octet(self):
        daemon = self.replacing(policy=rule("seal", kinds=""))
        for steps in (wire.ALL_STEPS, wire.ALL_STEPS & ~wire.HDR_LEADSPC):
            with self.subTest(steps=steps):
                mta = daemon.mta(steps=steps)
                outcome = self.send_raw(mta, b"x\r\n")
                got = self.keepers["rsa"].original(self.outer(mta, outcome))
                wanted = self.as_sent(mta, b"x\r\n")
                if not steps & wire.HDR_LEADSPC:
                    # where the MTA took the space away, one is written
                    wanted = (wanted.replace(b"Subject:no", b"Subject: no")
                              .replace(b"X-Empty:\r", b"X-Empty: \r").replace(b"Tab:\t", b"Tab: \t"))
                self.assertEqual(got, wanted)
                mta.quit()

    def test_repeated_fields_go_from_the_last_to_the_first(self):
        daemon = self.replacing(policy=rule("seal", kinds=""))
        mta = daemon.mta()
        fields = [(name, " %d <%d@shop.example>" % (i, i)) for i in range(3)
                  for name in ("From", "to", "DATE", "Message-Id", "X-One", "Subject ", "x-one ")]
        outcome = self.send_raw(mta, b"x\r\n", fields)
        left = [[name.lower(), value] for name, value in mta.edited(outcome)][1:5]
        self.assertEqual(left, [["from", " 0 <0@shop.example>"], ["to", " 0 <0@shop.example>"],
                                ["date", " 0 <0@shop.example>"], ["message-id", " 0 <0@shop.example>"]])
        self.assertEqual(len(mta.edited(outcome)), 10)
        mta.quit()

    def test_thousands_of_fields(self):
        daemon = self.replacing(policy=rule("seal", kinds=""))
        mta = daemon.mta()
        fields = self.PLAIN + [(("X-", "x-", "X-Y")[i % 3] + "z" * 450 + " " * (i % 2), " %d" % i)
                               for i in range(1900)]
        outcome = self.send_raw(mta, b"x\r\n", fields)
        seen, wanted = {}, []
        for name, _ in fields:
            name = name.strip().lower()
            seen[name] = seen.get(name, 0) + 1
            if name not in STAY or seen[name] > 1:
                wanted.insert(0, (seen[name], name, ""))
        self.assertEqual(wanted, [(edit[1], edit[2].lower(), edit[3]) for edit in outcome.edits
                                  if edit[0] == "change"])
        mta.quit()

    # a sender who wants something to stay outside, or to be read as of another type
    ODD = [(name, " v%d" % number) for number, name in enumerate((
        "CONTENT-TYPE", "content-type ", "Content-type\t", "Content-Type*", "Content-Type*0*", "Content-",
        "cOnTeNt-TrAnSfEr-EnCoDiNg", "Content-Description", "Content-ID", "Content-Location", "Content-Base",
        "MIME-version", "Resent-From", "Resent-To", "Resent-Date", "Resent-Message-ID", "Resent-Subject",
        "Received", "Return-Path", "DKIM-Signature", "ARC-Seal", "Authentication-Results", "X-Goneaway",
        "x-goneaway ", "Sender", "Cc", "Bcc", "Reply-To", "From ", "from\t", "TO", "Date-", "Message-ID-",
        "Message-I", "Fro", "Tom", "X-\udcff\udc80", "\u00fcber", "-", "X" * 900))]
    ODD += [("Content-Type", " text/html; charset*0=ut; charset*1*=f%2D8;\n name*=utf-8''%3Cscript%3E"),
            ("Content-Disposition", " attachment;\n filename*0*=utf-8''a;\n filename*1=\"b\""),
            ("X-Fold", " a\n \n\t\n b\n  "), ("X-Blank", " "), ("X-None", ""), ("X-Long", " " + "y" * 5000),
            ("X-CRs", " a\rx\n b\r"), ("X-8", " \udc80\udcff\u00fc")]

    def test_nothing_else_stays_outside(self):
        daemon = self.replacing(policy=rule("seal", kinds=""))
        firsts = [("From", " Shop\n <service@shop.example>"), ("To", " =?utf-8?q?=C3=BC?= <old@example.com>"),
                  ("Date", " \n Mon, 02 Mar 2020 10:00:00 +0000"), ("Message-ID", "\t<1@shop.example>")]
        for fields in (self.ODD + firsts, firsts + self.ODD, firsts[:2] + self.ODD + firsts + firsts[2:]):
            mta = daemon.mta()
            outcome = self.send_raw(mta, b"x\r\n", fields)
            whole = self.outer(mta, outcome)
            left = [name.strip().lower() for name, _ in mta.edited(outcome)]
            self.assertEqual(sorted(left), sorted(
                STAY + ["x-goneaway", "subject", "mime-version", "content-type", "content-transfer-encoding",
                        "content-disposition"]))
            self.assertTrue(self.keepers["rsa"].original(whole) == self.as_sent(mta, b"x\r\n"), "not as it was")
            mta.quit()

    def test_just_at_the_bound(self):
        daemon = self.replacing(policy=rule("seal", kinds=""), seal_bytes_max="65536")
        head = sum(len(name + ":" + value) + 2 for name, value in self.PLAIN) + 2
        for octets, taken in ((65535, True), (65536, True), (65537, False)):
            mta = daemon.mta()
            body = b"z" * (octets - head)
            outcome = self.send_raw(mta, body, self.PLAIN)
            if taken:
                self.assertTrue(self.keepers["rsa"].original(self.outer(mta, outcome))
                                == self.as_sent(mta, body), "not as it was")
            else:
                self.assertEqual((outcome.final, outcome.edits),
                                 ("reply 552 5.3.4 Message too big for this mailbox", []))
            mta.quit()

    def test_header_at_the_bound_is_whole_or_refused(self):
        daemon = self.replacing(policy=rule("seal", kinds=""), header_bytes_max="65536")
        seen = set()
        for octets in range(65536 - 160, 65536 + 16, 8):
            mta = daemon.mta()
            outcome = self.send_raw(mta, b"x\r\n", self.PLAIN + [("X-Fill", " " + "f" * (octets - 60))])
            seen.add(outcome.replaced() is not None)
            if outcome.replaced() is None:
                self.assertEqual((outcome.final, outcome.edits),
                                 ("reply 552 5.3.4 Message too big for this mailbox", []))
            else:
                self.assertEqual(self.keepers["rsa"].original(self.outer(mta, outcome)),
                                 self.as_sent(mta, b"x\r\n"))
            mta.quit()
        self.assertEqual(seen, {True, False})

    def test_several_messages_on_one_connection(self):
        daemon = self.replacing()
        mta = daemon.mta()
        for number in range(3):
            mail = service_mail(message_id="m%d" % number)
            outcome = mta.send(mail)
            body = mail.partition("\n\n")[2].replace("\n", "\r\n").encode()
            self.assertEqual(self.keepers["rsa"].original(self.outer(mta, outcome)),
                             self.as_sent(mta, body))
            other = mta.send(service_mail(recipient="me@example.com"), recipients=["<me@example.com>"])
            self.assertEqual((other.final, other.edits), ("continue", []))
        mta.quit()

    def test_too_large_is_refused_at_once(self):
        daemon = self.replacing(seal_bytes_max="65536")
        for body in ("x" * 65536, "y" * 300000):
            _, outcome = daemon.send(service_mail(body="reset your password https://a.example\n" + body,
                                                  message_id="big%d" % len(body)))
            self.assertEqual(outcome.final, "reply 552 5.3.4 Message too big for this mailbox")
            self.assertEqual(outcome.edits, [])
        for row in daemon.rows():
            self.assertEqual((row["action"], row["meant"], row["reply"]), ("reject", "seal", "552 5.3.4"))
        mta, outcome = daemon.send(service_mail())
        self.keepers["rsa"].open(self.outer(mta, outcome))

    def test_largest_that_is_taken(self):
        daemon = self.replacing(policy=rule("seal", kinds=""))
        mta = daemon.mta()
        body = (b"0123456789" * 7 + b"\r\n") * 145000
        outcome = self.send_raw(mta, body)
        self.assertTrue(self.keepers["rsa"].original(self.outer(mta, outcome))
                        == self.as_sent(mta, body), "not as it was")
        mta.quit()


if __name__ == "__main__":
    scenario.main()
