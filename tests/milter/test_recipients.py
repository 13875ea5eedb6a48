# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Several recipients, and recipients that are refused one by one."""
import itertools

import scenario
from scenario import domain, service_mail

OWN, OLD, OTHER_OLD, FOREIGN, POSTMASTER = (
    "<me@example.com>", "<old@example.com>", "<older@example.com>", "<bob@elsewhere.example>",
    "<postmaster@example.com>")


class Recipients(scenario.Scenario):
    def test_unlike_ones_are_kept_apart_in_every_order(self):
        """Own and old ones are never in one message; nothing is lost: each comes through or is
        returned in a message of its own."""
        daemon = self.daemon()
        for order in itertools.permutations((OWN, OLD, OTHER_OLD)):
            with self.subTest(order=order):
                mta = daemon.mta()
                mta.mail()
                replies = {recipient: mta.rcpt(recipient) for recipient in order}
                for recipient, reply in replies.items():
                    alike = (recipient == OWN) == (order[0] == OWN)
                    if alike:
                        self.assertEqual(reply, "continue")
                    else:
                        self.assertTrue(reply.text.startswith("452 4.5.3 "), reply)
                outcome = mta.content(service_mail())
                if order[0] == OWN:
                    self.assertEqual(outcome.final, "continue")
                else:
                    self.assertTrue(outcome.final.text.startswith("550 5.1.1 "), outcome)
                mta.quit()

    def test_in_observe_mode_nobody_is_put_off(self):
        daemon = self.daemon(domains=[domain(mode="observe")])
        for order in itertools.permutations((OWN, OLD, FOREIGN)):
            mta = daemon.mta()
            mta.mail()
            self.assertEqual([mta.rcpt(recipient) for recipient in order], ["continue"] * 3)
            self.assertEqual(mta.content(service_mail()).final, "continue")
            mta.quit()

    def test_postmaster_goes_with_everybody(self):
        daemon = self.daemon()
        for order in itertools.permutations((OLD, POSTMASTER, OTHER_OLD)):
            mta = daemon.mta()
            mta.mail()
            self.assertEqual([mta.rcpt(recipient) for recipient in order], ["continue"] * 3)
            self.assertEqual(mta.content(service_mail()).final, "continue")
            mta.quit()

    def test_mixed_tag_takes_all_and_refuses_none(self):
        daemon = self.daemon(mixed_recipients='"tag"')
        for order in itertools.permutations((OWN, OLD, OTHER_OLD)):
            mta = daemon.mta()
            mta.mail()
            self.assertEqual([mta.rcpt(recipient) for recipient in order], ["continue"] * 3)
            outcome = mta.content(service_mail())
            self.assertEqual(outcome.final, "continue")
            mark, = outcome.inserted("X-Goneaway")
            self.assertNotIn("address=", mark)
            mta.quit()

    def test_refused_then_good(self):
        """A reply that was given stays with its recipient, and the good one is served."""
        daemon = self.daemon(domains=[domain(mode="tag")])
        mta = daemon.mta()
        mta.mail()
        self.assertEqual(mta.rcpt(OLD, "RRVS=yesterday").text[:10], "501 5.5.4 ")
        self.assertEqual(mta.rcpt(OLD), "continue")
        outcome = mta.content(service_mail())
        self.assertEqual(outcome.final, "continue")
        self.assertEqual(len(daemon.rows()), 1)

    def test_no_stale_reply(self):
        """A put-off recipient must not lend its text to the refusal at the end, nor to the next
        message on the connection."""
        daemon = self.daemon()
        mta = daemon.mta()
        mta.mail()
        self.assertEqual(mta.rcpt(OLD), "continue")
        self.assertTrue(mta.rcpt(OWN).text.startswith("452 4.5.3 "))
        self.assertTrue(mta.content(service_mail()).final.text.startswith("550 5.1.1 "))
        mta.mail()
        self.assertEqual(mta.rcpt(OLD, "RRVS=x").text[:10], "501 5.5.4 ")
        mta.abort()
        outcome = mta.send(service_mail(), recipients=[OWN])
        self.assertEqual(outcome.final, "continue")
        self.assertTrue(mta.send(service_mail()).final.text.startswith("550 5.1.1 "))

    def test_all_refused(self):
        daemon = self.daemon()
        mta = daemon.mta()
        outcome = mta.send(service_mail(), recipients=[OLD, OTHER_OLD], parameters=["RRVS="])
        self.assertTrue(outcome.final.text.startswith("501 5.5.4 "))
        self.assertEqual(mta.send(service_mail(), recipients=[OWN]).final, "continue")
        self.assertEqual(len(daemon.rows()), 1)

    def test_hundred_recipients(self):
        daemon = self.daemon()
        mta = daemon.mta()
        mta.mail()
        for i in range(100):
            self.assertEqual(mta.rcpt("<old%d@example.com>" % i), "continue")
        outcome = mta.content(service_mail())
        self.assertEqual(outcome.final.text, "550 5.1.1 User unknown; domain has a new owner, "
                                             "please remove this address")
        self.assertEqual(len(daemon.rows()), 100)

    def test_too_many(self):
        daemon = self.daemon(recipients_max="100")
        mta = daemon.mta()
        mta.mail()
        replies = [mta.rcpt("<old%d@example.com>" % i) for i in range(102)]
        self.assertEqual(replies[:100], ["continue"] * 100)
        self.assertEqual([reply.text for reply in replies[100:]], ["452 4.5.3 Too many recipients"] * 2)
        self.assertTrue(mta.content(service_mail()).final.text.startswith("550 5.1.1 "))

    def test_log_is_not_forged(self):
        daemon = self.daemon()
        daemon.send(service_mail(), recipients=['<"a> action=accept"@example.com>'])
        daemon.send(service_mail(), recipients=["<a\u202eb@example.com>"])
        self.assertIn('to=<"a> action=accept"@example.com> kind=', daemon.log())
        self.assertIn("to=<a\\xE2\\x80\\xAEb@example.com> kind=", daemon.log())

    def test_rrvs_parameter(self):
        daemon = self.daemon()
        cases = {
            "RRVS=2011-01-01T00:00:00Z": "550 5.7.18 ",
            "rrvs=2011-01-01t00:00:00+09:00;R": "550 5.7.18 ",
            "RRVS=2011-01-01": "501 5.5.4 ",
            "RRVS=2011-01-01T00:00:00.5Z": "501 5.5.4 ",
            "RRVS=2011-02-30T00:00:00Z": "501 5.5.4 ",
            "RRVS=2011-01-01T00:00:00Z;X": "501 5.5.4 ",
            "RRVS=" + "9" * 5000: "501 5.5.4 ",
            "RRVS=%s": "501 5.5.4 ",
        }
        for parameter, wanted in cases.items():
            with self.subTest(parameter=parameter[:40]):
                _, outcome = daemon.send(service_mail(), parameters=[parameter])
                self.assertTrue(outcome.final.text.startswith(wanted), outcome)

    def test_rrvs_passes(self):
        daemon = self.daemon()
        _, outcome = daemon.send(service_mail(), recipients=[OWN],
                                 parameters=["RRVS=2020-01-01T00:00:00Z"])
        self.assertEqual(outcome.final, "continue")

    def test_rrvs_of_one_recipient_is_not_the_other_s(self):
        daemon = self.daemon()
        mta = daemon.mta()
        mta.mail()
        self.assertEqual(mta.rcpt(OLD, "RRVS=2011-01-01T00:00:00Z"), "continue")
        self.assertEqual(mta.rcpt(OTHER_OLD), "continue")
        mta.content(service_mail())
        found = {row["address"]: row["rrvs"] for row in daemon.rows()}
        self.assertEqual(found["old@example.com"], "fail")
        self.assertNotEqual(found["older@example.com"], "fail")

    def test_odd_addresses(self):
        """Nothing that a client may write there ends the session or comes back in a reply."""
        daemon = self.daemon()
        for recipient in ("<>", "", "<@>", "old@example.com", "<old@example.com> ORCPT=x",
                          '<"a\\"b c"@example.com>', "<" + "x" * 3000 + "@example.com>",
                          "<old%s@example.com>", "<old%d%n@example.com>", "<\udcff@example.com>",
                          "<josé@example.com>", "<old@[192.0.2.1]>", "<@a.example:old@example.com>",
                          "<old@example.com.>", "<old\x01@example.com>"):
            with self.subTest(recipient=recipient[:40]):
                _, outcome = daemon.send(service_mail(), recipients=[recipient])
                self.assertIn(outcome.final.word, ("continue", "reply"))


if __name__ == "__main__":
    scenario.main()
