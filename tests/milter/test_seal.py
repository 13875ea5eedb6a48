# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The action `seal`: what goes out, that it opens byte for byte, and that nothing that was to be
sealed ever goes out open."""
import pathlib
import shutil
import tempfile

import scenario
import seal_keys
import wire
from scenario import domain, service_mail

RULE = '( { kinds = "critical"; own = false; action = "seal"; } )'
STAY = ["from", "to", "date", "message-id"]
SECRETS = (b"reset?token", b"abcdef", b"choose a new password", b"Reset your", b"List-", b"dkim")


class Seal(scenario.Scenario):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="goneaway-keys-"))
        cls.keepers = {kind: seal_keys.Keeper(cls.dir, kind, kind) for kind in seal_keys.KINDS}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def sealing(self, *kinds, **how):
        how.setdefault("policy", RULE)
        paths = ", ".join('"%s"' % self.keepers[kind].certificate for kind in kinds or ("rsa",))
        how.setdefault("seal_to", "[ %s ]" % paths)
        return self.daemon(**how)

    def outer(self, mta, outcome):
        """The message as it would be delivered."""
        self.assertEqual(outcome.final, "continue")
        fields = mta.edited(outcome)
        head = b"".join(wire.encode("%s:%s\n" % (name, value)) for name, value in fields)
        return head.replace(b"\n", b"\r\n") + b"\r\n" + outcome.replaced()

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
                daemon = self.sealing(*kinds, seal_cipher='"%s"' % cipher)
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
            daemon = self.sealing(seal_cipher='"%s"' % cipher,
                                  policy='( { own = false; action = "seal"; } )')
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
        daemon = self.sealing(policy='( { own = false; action = "seal"; } )')
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
        daemon = self.sealing(policy='( { own = false; action = "seal"; } )')
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
        daemon = self.sealing(policy='( { own = false; action = "seal"; } )')
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

    def test_several_messages_on_one_connection(self):
        daemon = self.sealing()
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

    def test_modes(self):
        for mode, action in (("observe", "accept"), ("tag", "tag")):
            with self.subTest(mode=mode):
                daemon = self.sealing(domains=[domain(mode=mode)])
                mta, outcome = daemon.send(service_mail())
                self.assertEqual(outcome.final, "continue")
                self.assertIsNone(outcome.replaced())
                self.assertEqual(mta.actions & wire.CHGBODY != 0, mode != "observe")
                row, = daemon.rows()
                self.assertEqual((row["action"], row["meant"]), (action, "seal"))

    def test_nobody_asks_for_bodies_who_does_not_seal(self):
        daemon = self.daemon()
        mta, _ = daemon.send(service_mail())
        self.assertEqual(mta.actions & wire.CHGBODY, 0)

    def test_other_verdicts_are_left_as_they_are(self):
        daemon = self.sealing()
        for mail, recipient in ((service_mail(recipient="me@example.com"), "<me@example.com>"),
                                (service_mail(), "<postmaster@example.com>")):
            _, outcome = daemon.send(mail, recipients=[recipient])
            self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        _, outcome = daemon.send(service_mail(
            subject="Your order", body="Thank you for your order. Your order number is 1234. Total: 10 EUR\n"))
        self.assertTrue(outcome.final.is_permanent(), outcome)
        _, outcome = daemon.send(scenario.PERSONAL, sender="<ann@friends.example>")
        self.assertIsNone(outcome.replaced())

    def test_recipients_who_agree_and_who_do_not(self):
        daemon = self.sealing(mixed_recipients='"tag"', domains=[domain(), domain("example.net", "tag")])
        mta, outcome = daemon.send(service_mail(), recipients=["<old@example.com>", "<bob@example.com>"])
        self.keepers["rsa"].open(self.outer(mta, outcome))
        mark, = outcome.inserted("X-Goneaway")
        self.assertNotIn("address", mark)
        for other in ("<me@example.com>", "<old@example.net>", "<postmaster@example.com>"):
            with self.subTest(other=other):
                _, outcome = daemon.send(service_mail(), recipients=["<old@example.com>", other])
                self.assertIsNone(outcome.replaced())
                self.assertTrue(outcome.inserted("X-Goneaway")[0].strip().startswith("tag;"))

    def assert_put_off(self, outcome):
        self.assertTrue(outcome.final.is_temporary(), outcome)
        self.assertEqual(outcome.edits, [])

    def test_mta_that_lets_us_change_too_little(self):
        for missing in (wire.CHGBODY, wire.CHGHDRS, wire.ADDHDRS):
            for failure in ("tempfail", "reject"):
                with self.subTest(missing=missing, failure=failure):
                    daemon = self.sealing(on_failure='"%s"' % failure)
                    _, outcome = daemon.send(service_mail(), actions=wire.ALL_ACTIONS & ~missing)
                    self.assert_put_off(outcome)
                    self.assertEqual(daemon.rows(), [])

    def test_rule_that_comes_with_a_reload(self):
        daemon = self.daemon()
        mta = daemon.mta()
        daemon.write_config(policy=RULE, seal_to='[ "%s" ]' % self.keepers["rsa"].certificate)
        daemon.reload()
        self.assert_put_off(mta.send(service_mail()))
        mta.quit()
        mta, outcome = daemon.send(service_mail())
        self.keepers["rsa"].open(self.outer(mta, outcome))

    def test_too_large_is_refused_at_once(self):
        daemon = self.sealing(seal_bytes_max="65536")
        for body in ("x" * 65536, "y" * 300000):
            _, outcome = daemon.send(service_mail(body="reset your password https://a.example\n" + body,
                                                  message_id="big%d" % len(body)))
            self.assertEqual(outcome.final, "reply 552 5.3.4 Message too big for this mailbox")
            self.assertEqual(outcome.edits, [])
        for row in daemon.rows():
            self.assertEqual((row["action"], row["meant"], row["reply"]), ("reject", "seal", "552 5.3.4"))
        mta, outcome = daemon.send(service_mail())
        self.keepers["rsa"].open(self.outer(mta, outcome))

    def test_header_beyond_what_is_read_is_refused(self):
        daemon = self.sealing(header_fields_max="100")
        _, outcome = daemon.send(service_mail(fields="X-One: 1\n" * 101))
        self.assertFalse(any(edit[0] == "b" for edit in outcome.edits))
        self.assertTrue(outcome.final.is_permanent(), outcome)

    def test_largest_that_is_taken(self):
        daemon = self.sealing(policy='( { own = false; action = "seal"; } )')
        mta = daemon.mta()
        body = (b"0123456789" * 7 + b"\r\n") * 145000
        outcome = self.send_raw(mta, body)
        self.assertTrue(self.keepers["rsa"].original(self.outer(mta, outcome))
                        == self.as_sent(mta, body), "not as it was")
        mta.quit()


if __name__ == "__main__":
    scenario.main()
