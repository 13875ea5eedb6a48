# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The action `defuse`: what is delivered, and that what was to be defused never goes out whole."""
import email
import email.policy
import re

import scenario
import wire
from scenario import domain, service_mail

RULE = '( { kinds = "critical"; own = false; action = "defuse"; } )'
FIELDS = ["x-goneaway", "from", "to", "date", "message-id", "subject", "mime-version", "content-type",
          "content-transfer-encoding"]
HTML = ("--b\nContent-Type: text/plain; charset=utf-8\n\nReset your password: https://shop.example/r?t=abcdef\n"
        "Your code: 12 34 56\n--b\nContent-Type: text/html; charset=utf-8\n\n"
        "<p>Hello Ann, reset your password <a href=\"https://shop.example/r?t=abcdef\">here</a></p>"
        "<p>Your code: <b>12</b> <b>34</b> <b>56</b></p>\n--b--\n")


class Defuse(scenario.Scenario):
    def defusing(self, **how):
        how.setdefault("policy", RULE)
        return self.daemon(**how)

    def delivered(self, mta, outcome):
        """Names of the fields, and the message as it would be delivered."""
        self.assertEqual(outcome.final, "continue")
        fields = mta.edited(outcome)
        head = b"".join(wire.encode("%s:%s\n" % (name, value)) for name, value in fields)
        whole = head.replace(b"\n", b"\r\n") + b"\r\n" + outcome.replaced()
        return [name.lower() for name, _ in fields], email.message_from_bytes(
            whole, policy=email.policy.default)

    def assert_harmless(self, text):
        text = text.replace("[link removed]", "").replace("[code removed]", "")
        self.assertNotIn("://", text)
        self.assertNotIn("www.", text)
        self.assertNotRegex(text, re.compile(r"(\d[\s-]*){4}"))
        for secret in ("abcdef", "shop.example/r"):
            self.assertNotIn(secret, text)

    def test_what_is_delivered(self):
        daemon = self.defusing()
        mail = service_mail(
            subject="Reset your password with 123456 at https://shop.example/x",
            fields="Received: from a.example\n by b.example; Mon, 2 Mar 2020 10:00:00 +0000\n"
                   "DKIM-Signature: v=1; d=shop.example\nList-Unsubscribe: <https://shop.example/u>\n"
                   "Reply-To: help@shop.example\nX-Goneaway: forged\nreceived: again\n"
                   "References: <a@b>\n"
                   "Return-Path: <x@shop.example>\nX-Code: 123456\n")
        for steps in (wire.ALL_STEPS, wire.ALL_STEPS & ~wire.HDR_LEADSPC):
            with self.subTest(steps=steps):
                mta, outcome = daemon.send(mail, steps=steps)
                names, message = self.delivered(mta, outcome)
                self.assertEqual(names, FIELDS)
                self.assertTrue(message["X-Goneaway"].startswith(
                    "defuse; kind=reset; service=shop.example; holder=prior;"), message["X-Goneaway"])
                self.assertEqual(message["Subject"],
                                 "Reset your password with [code removed] at [link removed]")
                self.assertEqual(message["To"], "old@example.com")
                self.assertEqual(message["Message-ID"], "<1@shop.example>")
                body = message.get_content()
                self.assertTrue(body.startswith("This mail was changed by goneaway"), body)
                self.assertIn("we received a request to reset the password of your account.", body)
                self.assertIn("[link removed]", body)
                self.assertIn("If you did not ask for a password reset, ignore this message.", body)
                self.assert_harmless(body)
        for row in daemon.rows():
            self.assertEqual((row["action"], row["meant"], row["reply"]), ("defuse", "defuse", None))
        timeline, = daemon.rows("SELECT sum(defused) AS defused, sum(otherwise) AS otherwise FROM timeline")
        self.assertEqual((timeline["defused"], timeline["otherwise"]), (1, 0))

    def test_html_and_attachments(self):
        daemon = self.defusing()
        attached = ("--o\nContent-Type: multipart/alternative; boundary=b\n\n" + HTML +
                    "--o\nContent-Type: application/pdf; name=\"code-1234.pdf\"\n"
                    "Content-Disposition: attachment; filename=\"code-1234.pdf\"\n\nJVBERi0=\n--o--\n")
        for kind, body in (("alternative; boundary=b", HTML), ("mixed; boundary=o", attached)):
            with self.subTest(kind=kind):
                mail = service_mail(body=body).replace("text/plain; charset=utf-8\n\n",
                                                       "multipart/%s\n\n" % kind, 1)
                mta, outcome = daemon.send(mail)
                _, message = self.delivered(mta, outcome)
                text = message.get_content()
                self.assertIn("Hello Ann", text)
                self.assertIn("[code removed]", text)
                self.assertIn("[goneaway: left out: text/html, of which only the text stays]", text)
                self.assertEqual("application/pdf" in text, kind.startswith("mixed"))
                self.assert_harmless(text)
                self.assertEqual(message.get_content_type(), "text/plain")

    def test_modes(self):
        for mode, action in (("observe", "accept"), ("tag", "tag")):
            with self.subTest(mode=mode):
                daemon = self.defusing(domains=[domain(mode=mode)])
                mta, outcome = daemon.send(service_mail())
                self.assertEqual(outcome.final, "continue")
                self.assertIsNone(outcome.replaced())
                self.assertEqual(mta.actions & wire.CHGBODY != 0, mode != "observe")
                row, = daemon.rows()
                self.assertEqual((row["action"], row["meant"]), (action, "defuse"))

    def test_off_unless_a_rule_says_so(self):
        daemon = self.daemon()
        mta, outcome = daemon.send(service_mail())
        self.assertEqual(mta.actions & wire.CHGBODY, 0)
        self.assertTrue(outcome.final.is_permanent(), outcome)

    def test_other_mail_is_left_as_it_is(self):
        daemon = self.defusing()
        for mail, recipient in ((service_mail(recipient="me@example.com"), "<me@example.com>"),
                                (service_mail(), "<postmaster@example.com>")):
            _, outcome = daemon.send(mail, recipients=[recipient])
            self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        _, outcome = daemon.send(scenario.PERSONAL, sender="<ann@friends.example>")
        self.assertIsNone(outcome.replaced())

    def test_recipients_who_agree_and_who_do_not(self):
        daemon = self.defusing(mixed_recipients='"tag"', domains=[domain(), domain("example.net", "tag")])
        mta, outcome = daemon.send(service_mail(), recipients=["<old@example.com>", "<bob@example.com>"])
        names, message = self.delivered(mta, outcome)
        self.assertEqual(names, FIELDS)
        self.assertNotIn("address", message["X-Goneaway"])
        for other in ("<me@example.com>", "<old@example.net>", "<postmaster@example.com>"):
            with self.subTest(other=other):
                _, outcome = daemon.send(service_mail(), recipients=["<old@example.com>", other])
                self.assertIsNone(outcome.replaced())
                self.assertTrue(outcome.inserted("X-Goneaway")[0].strip().startswith("tag;"))

    def assert_put_off(self, outcome):
        self.assertEqual(outcome.final.text[:4], "451 ")
        self.assertEqual(outcome.edits, [])

    def test_mta_that_lets_us_change_too_little(self):
        for missing in (wire.CHGBODY, wire.CHGHDRS, wire.ADDHDRS):
            for failure in ("tempfail", "reject"):
                with self.subTest(missing=missing, failure=failure):
                    daemon = self.defusing(on_failure='"%s"' % failure)
                    _, outcome = daemon.send(service_mail(), actions=wire.ALL_ACTIONS & ~missing)
                    self.assert_put_off(outcome)
                    self.assertEqual(daemon.rows(), [])

    def test_rule_that_comes_with_a_reload(self):
        daemon = self.daemon()
        mta = daemon.mta()
        daemon.write_config(policy=RULE)
        daemon.reload()
        self.assert_put_off(mta.send(service_mail()))
        mta.quit()
        mta, outcome = daemon.send(service_mail())
        self.delivered(mta, outcome)

    def test_header_beyond_what_is_read_is_refused(self):
        daemon = self.defusing(header_fields_max="100", policy='( { own = false; action = "defuse"; } )')
        _, outcome = daemon.send(service_mail(fields="X-One: 1\n" * 101))
        self.assertEqual(outcome.final, "reply 552 5.3.4 Message too big for this mailbox")
        self.assertEqual(outcome.edits, [])

    def test_long_mail_says_where_it_was_cut(self):
        daemon = self.defusing(policy='( { own = false; action = "defuse"; } )')
        mta, outcome = daemon.send(service_mail(body="Many words without end.\n\n" * 80000))
        _, message = self.delivered(mta, outcome)
        text = message.get_content()
        self.assertIn("[goneaway: the mail was longer; the rest was left out]", text)
        self.assertGreater(len(text), 100000)
        self.assert_harmless(text)


if __name__ == "__main__":
    scenario.main()
