# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""No verdict without its row: a ledger in trouble, and a ledger that changes under us."""
import contextlib
import sqlite3
import threading
import time

import scenario
from scenario import PERSONAL, domain, service_mail

LATER = "reply 451 4.3.0 Temporary local problem, try again later"


class Ledger(scenario.Scenario):
    def lock(self, daemon):
        """Another process that writes and does not end."""
        base = sqlite3.connect(daemon.database, timeout=10, isolation_level=None)
        base.execute("BEGIN IMMEDIATE")
        self.addCleanup(base.close)
        return base

    def test_locked_then_free(self):
        daemon = self.daemon(ledger_timeout_ms="500")
        daemon.send(service_mail(message_id="0"))
        other = self.lock(daemon)
        began = time.monotonic()
        mta, outcome = daemon.send(service_mail(message_id="1"))
        self.assertEqual(outcome.final, LATER)
        self.assertEqual(outcome.edits, [])
        self.assertLess(time.monotonic() - began, 8)
        other.rollback()
        _, outcome = daemon.send(service_mail(message_id="1"))
        self.assertTrue(outcome.final.text.startswith("550 5.1.1 "), outcome)
        self.assertEqual(len(daemon.rows()), 2)

    def test_tag_is_not_written_where_the_row_is_not(self):
        daemon = self.daemon(domains=[domain(mode="tag")], ledger_timeout_ms="300")
        other = self.lock(daemon)
        _, outcome = daemon.send(service_mail())
        self.assertEqual((outcome.final, outcome.edits), (LATER, []))
        other.rollback()

    def test_on_failure(self):
        for action, wanted in (("accept", "continue"), ("reject", "reply 554 5.3.0 Local problem"),
                               ("tempfail", LATER)):
            with self.subTest(action=action):
                daemon = self.daemon(on_failure='"%s"' % action, ledger_timeout_ms="300")
                other = self.lock(daemon)
                _, outcome = daemon.send(service_mail())
                self.assertEqual((outcome.final, outcome.edits), (wanted, []))
                other.rollback()

    def test_recipient_answers_come_in_time_while_it_is_locked(self):
        daemon = self.daemon(ledger_timeout_ms="300")
        other = self.lock(daemon)
        mta = daemon.mta()
        mta.mail()
        began = time.monotonic()
        self.assertEqual(mta.rcpt("<old@example.com>"), "continue")
        self.assertLess(time.monotonic() - began, 5)
        self.assertTrue(mta.rcpt("<me@example.com>").text.startswith("452 "))
        mta.abort()
        mta.quit()
        other.rollback()

    def test_repeated_delivery_is_one_row(self):
        daemon = self.daemon()
        for _ in range(3):
            daemon.send(service_mail(message_id="same"))
        self.assertEqual(len(daemon.rows()), 1)

    def test_what_the_administrator_sets_counts_at_once(self):
        daemon = self.daemon()
        mta = daemon.mta()
        self.assertTrue(mta.send(service_mail(message_id="1")).final.is_permanent())
        daemon.execute("UPDATE account SET holder='current' WHERE service=?", "shop.example")
        outcome = mta.send(service_mail(message_id="2"))
        self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        daemon.execute("INSERT INTO mailbox(address) VALUES('old@example.com')")
        outcome = mta.send(PERSONAL, sender="<ann@friends.example>")
        self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        mta.quit()

    def test_row(self):
        daemon = self.daemon()
        daemon.send(service_mail())
        row, = daemon.rows()
        text = repr(row) + repr(daemon.rows("SELECT * FROM message"))
        self.assertIn("old@example.com", text)
        self.assertIn("shop.example", text)
        self.assertIn("4QUEUEID", text)
        for secret in ("abcdef", "Reset your password", "choose a new password"):
            self.assertNotIn(secret, text)
            self.assertNotIn(secret.encode(), daemon.database.read_bytes())

    def test_unproven_sender_makes_no_account(self):
        daemon = self.daemon()
        _, outcome = daemon.send(service_mail(proven=False))
        self.assertEqual(outcome.final, "continue")
        self.assertEqual(len(outcome.inserted("X-Goneaway")), 1)
        self.assertEqual(daemon.rows("SELECT * FROM account"), [])

    def test_who_was_imitated(self):
        """Phishing under a service's name or domain; not a friend, whose mail is not proven either."""
        daemon = self.daemon()
        phishing = service_mail(proven=False, service="cheap-host.example")
        for number, sender in enumerate(('"Netflix" <x@cheap-host.example>', "Netflix Help <x@cheap-host.example>",
                                         "<x@netflix-support.example>", "Shop <service@netflix.com>")):
            mail = phishing.replace("Shop <service@cheap-host.example>", sender)
            self.assertIn(sender, mail)
            daemon.send(mail.replace("<1@", "<%d@" % number))
        daemon.send(PERSONAL)
        daemon.send(PERSONAL.replace("Ann <", "Netflix <").replace("<ann@friends.example>\nU", "<2@friends.example>\nU"))
        self.assertEqual(len(daemon.rows()), 6)
        found, = daemon.rows("SELECT service, name, mails, critical_looking FROM impersonation")
        self.assertEqual(found, {"service": "netflix.com", "name": "Netflix", "mails": 4,
                                 "critical_looking": 4})

    def test_many_at_once_share_commits(self):
        daemon = self.daemon()
        failures = []

        def work(number):
            try:
                mta = daemon.mta()
                for turn in range(20):
                    outcome = mta.send(service_mail(message_id="%d-%d" % (number, turn)))
                    if not outcome.final.is_permanent():
                        failures.append(repr(outcome))
                mta.quit()
            except Exception as error:  # told below
                failures.append(repr(error))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(daemon.rows()), 320)

    def wait_for_domains(self, daemon, wanted):
        end = time.monotonic() + 60
        found = None
        while found != wanted:
            self.assertLess(time.monotonic(), end, found)
            time.sleep(0.1)
            with contextlib.suppress(sqlite3.Error):  # the new file is not there yet
                found = [(row["name"], row["mode"]) for row in daemon.rows("SELECT name, mode FROM domain")]

    def test_domains_are_written_into_a_ledger_that_took_the_place_of_another(self):
        daemon = self.daemon()
        self.wait_for_domains(daemon, [("example.com", "enforce")])
        daemon.send(service_mail(message_id="1"))
        for path in daemon.database.parent.glob("goneaway.db*"):
            path.unlink()
        _, outcome = daemon.send(service_mail(message_id="2"))
        self.assertTrue(outcome.final.is_permanent())
        self.wait_for_domains(daemon, [("example.com", "enforce")])
        self.assertEqual(len(daemon.rows()), 1)
        self.assertNotEqual(daemon.rows("SELECT * FROM service"), [])

    def test_a_step_of_the_mode_is_seen_in_the_ledger_when_it_begins(self):
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
        daemon = self.daemon(domains=[
            '{ name = "example.com"; owned_since = "2019-10-05"; mode = ('
            '{ since = "2020-01-01"; mode = "observe"; }, { since = "%s"; mode = "tag"; }); }' % soon])
        self.wait_for_domains(daemon, [("example.com", "tag")])


if __name__ == "__main__":
    scenario.main()
