# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Mail of our own people is let through unjudged, and teaches us their addresses."""
import scenario
from scenario import domain, service_mail

MIXED = ["<old@example.com>", "<me@example.com>", "<bob@elsewhere.example>"]


class Submission(scenario.Scenario):
    def test_login_is_let_through(self):
        daemon = self.daemon()
        mta, outcome = daemon.send(service_mail(), sender="<me@example.com>", recipients=MIXED,
                                   login="me", parameters=["RRVS=rubbish"])
        self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        self.assertEqual(daemon.rows(), [])

    def test_login_counts_for_its_message_alone(self):
        daemon = self.daemon()
        mta = daemon.mta()
        self.assertEqual(mta.send(service_mail(), login="me").final, "continue")
        self.assertTrue(mta.send(service_mail()).final.is_permanent())
        self.assertTrue(mta.send(service_mail(), login="").final.is_permanent())
        mta.quit()

    def test_own_networks(self):
        daemon = self.daemon(own_networks='[ "198.51.100.0/24", "2001:db8:1::/48" ]')
        for client, judged in (({"address": "198.51.100.9"}, False),
                               ({"address": "198.51.101.9"}, True),
                               ({"address": "2001:db8:1::9", "family": "inet6"}, False),
                               ({"address": "2001:db8:2::9", "family": "inet6"}, True)):
            with self.subTest(client=client):
                _, outcome = daemon.send(service_mail(), client=client)
                self.assertEqual(outcome.final.is_refusal(), judged)

    def test_sender_is_learned(self):
        daemon = self.daemon(learn_senders="true")
        mta = daemon.mta()
        self.assertTrue(mta.send(service_mail(recipient="new@example.com"),
                                 recipients=["<new@example.com>"]).final.is_permanent())
        mta.send(service_mail(), sender="<New@Example.com>", login="new",
                 recipients=["<bob@elsewhere.example>"])
        box, = daemon.rows("SELECT address, source FROM mailbox")
        self.assertEqual((box["address"].lower(), box["source"]), ("new@example.com", "learned"))
        outcome = mta.send(service_mail(service="club.example", subject="Your receipt"),
                           recipients=["<new@example.com>"])
        self.assertEqual(outcome.final, "continue")
        mta.quit()

    def test_what_is_not_learned(self):
        daemon = self.daemon(learn_senders="true")
        mta = daemon.mta()
        for sender in ("<>", "<bob@elsewhere.example>", "<me@example.com>", "<postmaster@example.com>",
                       "<broken"):
            mta.send(service_mail(), sender=sender, login="someone")
        mta.send(service_mail(), sender="<thief@example.com>")
        self.assertEqual(daemon.rows("SELECT * FROM mailbox"), [])
        mta.quit()

    def test_a_stranger_teaches_nothing(self):
        """Not by our own address as the sender, not by an empty login, not from a network of ours."""
        daemon = self.daemon(learn_senders="true", own_networks='[ "198.51.100.0/24" ]')
        for client, login in (({}, None), ({}, ""), ({"address": "198.51.100.9"}, None)):
            daemon.send(service_mail(), sender="<new@example.com>", login=login, client=client,
                        recipients=["<me@example.com>"])
        self.assertEqual(daemon.rows("SELECT * FROM mailbox"), [])
        _, outcome = daemon.send(service_mail(service="club.example", message_id="2"),
                                 recipients=["<new@example.com>"])
        self.assertTrue(outcome.final.is_permanent())

    def test_learning_is_off_where_it_is_set_so(self):
        daemon = self.daemon(learn_senders="false")
        daemon.send(service_mail(), sender="<new@example.com>", login="new")
        self.assertEqual(daemon.rows("SELECT * FROM mailbox"), [])

    def test_empty_envelope_of_local_submission(self):
        """Postfix's non_smtpd_milters: no client, and MAIL may come without an argument."""
        daemon = self.daemon()
        mta = daemon.mta(client={"family": "unknown", "host": "localhost"})
        mta.step("M", b"\0", 0, 0 if not mta.steps & 0x4000 else 0x4000)
        self.assertEqual(mta.rcpt("<old@example.com>"), "continue")
        self.assertEqual(mta.content(service_mail()).final, "continue")
        mta.quit()

    def test_own_people_are_let_through_when_the_ledger_is_gone(self):
        daemon = self.daemon(domains=[domain()], ledger_timeout_ms="300")
        daemon.execute("DROP TABLE message")
        _, outcome = daemon.send(service_mail(), login="me")
        self.assertEqual(outcome.final, "continue")


if __name__ == "__main__":
    scenario.main()
