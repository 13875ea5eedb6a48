# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The action `defuse`: what is delivered, and that what was to be defused never goes out whole."""
import email
import email.policy
import re

import replacement
import scenario
import wire
from replacement import rule
from scenario import service_mail

FIELDS = ["x-goneaway", "from", "to", "date", "message-id", "subject", "mime-version", "content-type",
          "content-transfer-encoding"]
HTML = ("--b\nContent-Type: text/plain; charset=utf-8\n\nReset your password: https://shop.example/r?t=abcdef\n"
        "Your code: 12 34 56\n--b\nContent-Type: text/html; charset=utf-8\n\n"
        "<p>Hello Ann, reset your password <a href=\"https://shop.example/r?t=abcdef\">here</a></p>"
        "<p>Your code: <b>12</b> <b>34</b> <b>56</b></p>\n--b--\n")


class Defuse(replacement.Replacement, scenario.Scenario):
    action = "defuse"

    @staticmethod
    def read(whole):
        return email.message_from_bytes(whole, policy=email.policy.default)

    def look_at(self, whole):
        message = self.read(whole)
        self.assertEqual([name.lower() for name in message.keys()], FIELDS)
        self.assert_harmless(message.get_content())

    def assert_harmless(self, text):
        text = text.replace("[link removed]", "").replace("[code removed]", "")
        self.assertNotIn("://", text)
        self.assertNotIn("www.", text)
        self.assertNotRegex(text, re.compile(r"(\d[\s-]*){4}"))
        for secret in ("abcdef", "shop.example/r"):
            self.assertNotIn(secret, text)

    def test_what_is_delivered(self):
        daemon = self.replacing()
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
                whole = self.delivered(mta, outcome)[1]
                self.look_at(whole)
                message = self.read(whole)
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
        daemon = self.replacing()
        attached = ("--o\nContent-Type: multipart/alternative; boundary=b\n\n" + HTML +
                    "--o\nContent-Type: application/pdf; name=\"code-1234.pdf\"\n"
                    "Content-Disposition: attachment; filename=\"code-1234.pdf\"\n\nJVBERi0=\n--o--\n")
        for kind, body in (("alternative; boundary=b", HTML), ("mixed; boundary=o", attached)):
            with self.subTest(kind=kind):
                mail = service_mail(body=body).replace("text/plain; charset=utf-8\n\n",
                                                       "multipart/%s\n\n" % kind, 1)
                mta, outcome = daemon.send(mail)
                message = self.read(self.delivered(mta, outcome)[1])
                text = message.get_content()
                self.assertIn("Hello Ann", text)
                self.assertIn("[code removed]", text)
                self.assertIn("[goneaway: left out: text/html, of which only the text stays]", text)
                self.assertEqual("application/pdf" in text, kind.startswith("mixed"))
                self.assert_harmless(text)
                self.assertEqual(message.get_content_type(), "text/plain")

    def test_long_mail_says_where_it_was_cut(self):
        daemon = self.replacing(policy=rule("defuse", kinds=""))
        mta, outcome = daemon.send(service_mail(body="Many words without end.\n\n" * 80000))
        text = self.read(self.delivered(mta, outcome)[1]).get_content()
        self.assertIn("[goneaway: the mail was longer; the rest was left out]", text)
        self.assertGreater(len(text), 100000)
        self.assert_harmless(text)


if __name__ == "__main__":
    scenario.main()
