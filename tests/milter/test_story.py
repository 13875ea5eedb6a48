# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The two cases that began the project, as README.md tells them: its statements are run, in its
order, and the mail in between is sent."""
import re
import time

import scenario
from scenario import PERSONAL, ROOT, examples, service_mail

HEADING = "## The two cases, from beginning to end"
ORDER = ("Hello,\n\nthank you for your order.\n\nOrder number: 249-7093301\nTotal: 24.90 EUR\n\n"
         "We will let you know when your order has shipped.\n")
SIGNUP = ("Welcome!\n\nThank you for signing up. Please confirm your email address to activate your account:\n\n"
          "https://netflix.com/confirm\n\nIf you did not create an account, ignore this email.\n")
RECEIPT = ("Hello,\n\nyour invoice 40021 is now available.\n\nAmount due: 9.90 EUR\n"
           "The payment will be charged to your payment method.\n")


def chapter():
    """The words of the chapter in one line, and its statements in order."""
    text = (ROOT / "README.md").read_text().split(HEADING + "\n")[1].split("\n## ")[0]
    code = "".join(examples.those(examples.fenced(text), "sql"))
    return re.sub(r"\s+", " ", text), [part.strip() + ";" for part in code.split(";\n") if part.strip(" ;\n")]


class Story(scenario.Scenario):
    number = 0

    def setUp(self):
        self.words, self.statements = chapter()
        self.place = self.daemon(quiet_days="90")

    def mail(self, service, recipient, subject, body):
        """The reply, which the chapter quotes, or "" where it was delivered untouched."""
        self.number += 1
        _, outcome = self.place.send(
            service_mail(subject=subject, body=body, service=service, recipient=recipient,
                         message_id=str(self.number)), recipients=["<%s>" % recipient])
        self.assertEqual(outcome.edits, [])
        return outcome.final.text

    def run_next(self, beginning):
        """The chapter's next statement, which begins like that; its rows."""
        sql = self.statements.pop(0).rstrip(";")
        self.assertTrue(sql.startswith(beginning), sql)
        if not sql.startswith("SELECT"):
            self.place.execute(sql)
            return []
        return self.place.rows(sql)

    def let_days_pass(self, days):
        """The clock cannot be moved, so all that has happened moves back."""
        back = "{0} = strftime('%Y-%m-%dT%H:%M:%SZ', {0}, '-{1} days')"
        for table, columns in (("message", ("received",)),
                               ("account", ("first_seen", "last_seen", "first_refused", "case_since", "reported_at"))):
            self.place.execute("UPDATE %s SET %s" % (table, ", ".join(
                back.format(column, days) for column in columns)))
        self.place.reload()

    def wait_for_state(self, wanted):
        end = time.monotonic() + 60
        sql = "SELECT case_state FROM account WHERE address = 'old@example.com'"
        while self.place.rows(sql) != [{"case_state": wanted}]:
            self.assertLess(time.monotonic(), end, self.place.rows(sql))
            time.sleep(0.05)

    def test_story(self):
        self.amazon()
        self.netflix()
        self.assertEqual(self.statements, [])

    def order(self, recipient="old@example.com"):
        return self.mail("amazon.com", recipient, "Your order 249-7093301 has been received", ORDER)

    def amazon(self):
        reply = self.order()
        self.assertIn("`%s`" % reply, self.words)
        self.assertEqual([(row["holder"], row["kind"]) for row in self.place.rows()], [("prior", "order")])
        task, = self.run_next("SELECT service, address, what_to_do, url FROM todo")
        self.assertEqual((task["service"], task["address"]), ("amazon.com", "old@example.com"))
        self.assertIn("no account", task["what_to_do"])
        self.assertTrue(task["url"].startswith("https://"))
        self.run_next("UPDATE account SET case_state = 'reported'")
        self.assertEqual(self.place.rows("SELECT * FROM todo"), [])
        self.let_days_pass(2)
        self.order()
        self.assertEqual(self.run_next("SELECT service, address, mails_since, last_reply FROM still_writing"),
                         [{"service": "amazon.com", "address": "old@example.com", "mails_since": 1,
                           "last_reply": "550 5.1.1"}])
        self.let_days_pass(89)
        self.order_is_still_open()
        self.let_days_pass(2)
        self.wait_for_state("quiet")
        self.assertEqual(self.run_next("SELECT service, case_state, note FROM account"),
                         [{"service": "amazon.com", "case_state": "quiet", "note": "told them by phone"}])
        self.assertEqual(self.place.rows("SELECT * FROM todo"), [])
        self.assertEqual(self.place.rows("SELECT * FROM still_writing"), [])

    def order_is_still_open(self):
        self.assertEqual([row["case_state"] for row in self.place.rows("SELECT * FROM still_writing")], ["reported"])

    def netflix(self):
        own = "me@example.com"
        self.assertEqual(self.mail("netflix.com", own, "Confirm your email address", SIGNUP), "")
        self.assertEqual(self.order(own), "")
        self.run_next("UPDATE account SET holder = 'stranger'")
        for subject, body in (("Your Netflix invoice 40021", RECEIPT), ("Confirm your email address", SIGNUP)):
            self.assertIn("`%s`" % self.mail("netflix.com", own, subject, body), self.words)
        self.assertEqual(self.order(own), "")
        _, outcome = self.place.send(PERSONAL, sender="<ann@friends.example>", recipients=["<%s>" % own])
        self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        route, = self.run_next("SELECT what_to_do, url FROM todo WHERE service = 'netflix.com'")
        self.assertIn("not the member", route["what_to_do"])
        # and what the former owner's Amazon sends is returned as before, its case open again
        self.assertTrue(self.order().startswith("550 5.1.1"))
        self.wait_for_state("reopened")


if __name__ == "__main__":
    scenario.main()
