# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What each mode does to mail for former users, and what no mode ever does."""
import scenario
from scenario import PERSONAL, domain, service_mail

RETURNED = ("550 5.1.1 <old@example.com>: User unknown; domain has a new owner, "
            "please remove this address")


class Modes(scenario.Scenario):
    def test_observe_changes_nothing(self):
        daemon = self.daemon(domains=[domain(mode="observe")])
        mail = service_mail(fields="X-Goneaway: forged\nRequire-Recipient-Valid-Since: "
                                   "old@example.com; Sat, 1 Jan 2011 00:00:00 +0000\n")
        mta, outcome = daemon.send(mail)
        self.assertEqual(outcome.final, "continue")
        self.assertEqual(outcome.edits, [])
        self.assertEqual(mta.actions & (0xff), 0, "no action is asked for that is never used")
        row, = daemon.rows()
        self.assertEqual((row["action"], row["meant"], row["reply"]), ("accept", "reject", None))

    def test_tag_inserts_and_removes(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        mail = service_mail(fields="X-Goneaway: one\nX-GoneAway: two\nx-goneaway: three\n")
        mta, outcome = daemon.send(mail)
        self.assertEqual(outcome.final, "continue")
        marks = [field for field in mta.edited(outcome) if field[0].lower() == "x-goneaway"]
        self.assertEqual(len(marks), 1)
        self.assertEqual(mta.edited(outcome)[0], marks[0])
        self.assertIn(("insert", 0), [edit[:2] for edit in outcome.edits])
        numbers = [edit[1] for edit in outcome.edits if edit[0] == "change"]
        self.assertEqual(numbers, [3, 2, 1])
        value = marks[0][1].replace("\n", "")
        self.assertTrue(value.startswith(" tag; kind=reset; service=shop.example; holder=prior;"),
                        value)
        self.assertIn("address=old@example.com", value)
        row, = daemon.rows()
        self.assertEqual((row["action"], row["meant"]), ("tag", "reject"))

    def test_enforce_returns_accounts_of_others(self):
        daemon = self.daemon()
        _, outcome = daemon.send(service_mail())
        self.assertEqual(outcome.final, "reply " + RETURNED)
        self.assertEqual(outcome.edits, [])
        row, = daemon.rows()
        self.assertEqual((row["action"], row["reply"]), ("reject", "550 5.1.1"))
        account, = daemon.rows("SELECT holder, holder_by FROM account")
        self.assertEqual((account["holder"], account["holder_by"]), ("prior", "first-mail"))

    def test_enforce_answers_rrvs(self):
        daemon = self.daemon()
        mail = service_mail(fields="Require-Recipient-Valid-Since: old@example.com;\n"
                                   " Sat, 1 Jan 2011 00:00:00 +0000\n")
        _, outcome = daemon.send(mail)
        self.assertEqual(outcome.final,
                         "reply 550 5.7.18 <old@example.com>: Domain owner has changed")

    def test_enforce_tags_personal_mail(self):
        daemon = self.daemon()
        mta, outcome = daemon.send(PERSONAL, sender="<ann@friends.example>")
        self.assertEqual(outcome.final, "continue")
        self.assertTrue(mta.edited(outcome)[0][1].startswith(" tag; kind=personal"))

    def test_postmaster_and_abuse_always_come_through(self):
        for mode in ("observe", "tag", "enforce"):
            daemon = self.daemon(domains=[domain(mode=mode)])
            for recipient in ("<postmaster@example.com>", "<PostMaster@example.com>",
                              '<"postmaster"@example.com>', "<abuse@example.com>", "<postmaster>"):
                with self.subTest(mode=mode, recipient=recipient):
                    _, outcome = daemon.send(service_mail(), recipients=[recipient])
                    self.assertEqual(outcome.final, "continue")
                    self.assertEqual(outcome.inserted("X-Goneaway"), [])

    def test_own_mailbox_is_left_alone(self):
        for mode in ("observe", "tag", "enforce"):
            daemon = self.daemon(domains=[domain(mode=mode)])
            _, outcome = daemon.send(service_mail(recipient="me@example.com"),
                                     recipients=["<Me@Example.COM>"])
            self.assertEqual((outcome.final, outcome.edits), ("continue", []))
            row, = daemon.rows()
            self.assertEqual((row["action"], row["meant"]), ("accept", "accept"))

    def test_mail_for_others_is_not_judged(self):
        daemon = self.daemon()
        _, outcome = daemon.send(service_mail(), recipients=["<bob@elsewhere.example>",
                                                             "<ann@elsewhere.example>"])
        self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        self.assertEqual(daemon.rows(), [])

    def test_null_sender_report_for_own_mailbox(self):
        daemon = self.daemon()
        report = ("From: MAILER-DAEMON@mx.example.net\nTo: me@example.com\n"
                  "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n"
                  "MIME-Version: 1.0\n"
                  "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
                  "--b\nContent-Type: text/plain\n\nYour message could not be delivered.\n"
                  "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n--b--\n")
        _, outcome = daemon.send(report, sender="<>", recipients=["<me@example.com>"])
        self.assertEqual((outcome.final, outcome.edits), ("continue", []))

    def test_log_line(self):
        daemon = self.daemon()
        daemon.send(service_mail())
        self.assertIn("4QUEUEID: to=<old@example.com> kind=reset service=shop.example holder=prior "
                      "action=reject meant=reject reply=550 5.1.1", daemon.log())
        self.assertNotIn("abcdef", daemon.log())
        self.assertNotIn("Reset your password", daemon.log())

    def test_rule_quarantines_and_discards(self):
        for action, wanted in (("quarantine", "continue"), ("discard", "discard"),
                               ("tempfail", "reply 451 4.3.0 Please try again later")):
            with self.subTest(action=action):
                daemon = self.daemon(policy='( { kinds = [ "reset" ]; action = "%s"; } )' % action)
                _, outcome = daemon.send(service_mail())
                self.assertEqual(outcome.final, wanted)
                self.assertEqual(outcome.quarantined, action == "quarantine")
                row, = daemon.rows()
                self.assertEqual(row["action"], action)


if __name__ == "__main__":
    scenario.main()
