# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Header fields: what is inserted and removed, and MTAs that offer less than all."""
import scenario
import wire
from scenario import domain, service_mail

RRVS = "Require-Recipient-Valid-Since: me@example.com; Wed, 1 Jan 2020 00:00:00 +0000\n"


class Headers(scenario.Scenario):
    def test_leading_space(self):
        """With and without it negotiated there is exactly one space behind the colon."""
        daemon = self.daemon(domains=[domain(mode="tag")])
        for steps in (wire.ALL_STEPS, wire.ALL_STEPS & ~wire.HDR_LEADSPC):
            with self.subTest(steps=hex(steps)):
                mta, outcome = daemon.send(service_mail(), steps=steps)
                value = mta.edited(outcome)[0][1]
                self.assertTrue(value.startswith(" tag; "), value)

    def test_fields_without_space_or_value(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        mail = service_mail(fields="X-Empty:\nX-Tight:value\nX-Folded:\n\tfolded at once\n")
        mta, outcome = daemon.send(mail)
        self.assertEqual(outcome.final, "continue")
        self.assertIn("kind=reset", mta.edited(outcome)[0][1].replace("\n", ""))

    def test_obsolete_forgery(self):
        """Space before the colon (RFC 5322 §4.5) does not hide a forged field."""
        daemon = self.daemon(domains=[domain(mode="tag")])
        mta = daemon.mta()
        mta.mail()
        mta.rcpt("<old@example.com>")
        mta.header("X-Goneaway ", " accept; forged")
        for line in service_mail().partition("\n\n")[0].split("\n"):
            name, _, value = line.partition(":")
            mta.header(name, value)
        mta.end_of_header()
        outcome = mta.end_of_message()
        self.assertEqual([f[1][:5] for f in mta.edited(outcome) if f[0].strip() == "X-Goneaway"],
                         [" tag;"])

    def test_forged_mark_goes_from_accepted_mail_too(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        mta, outcome = daemon.send(service_mail(fields="X-Goneaway: tag; forged\n"),
                                   recipients=["<me@example.com>"])
        self.assertEqual(outcome.final, "continue")
        self.assertNotIn("X-Goneaway", [field[0] for field in mta.edited(outcome)])

    def test_field_of_100_kilobytes(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        mail = service_mail(fields="X-Long: %s\n" % ("a" * 100000))
        mta, outcome = daemon.send(mail)
        self.assertEqual(outcome.final, "continue")
        self.assertIn("kind=reset", mta.edited(outcome)[0][1].replace("\n", ""))

    def test_thousands_of_fields(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        fields = "".join("X-Field-%d: %s\n" % (i, "b" * 200) for i in range(12000))
        _, outcome = daemon.send(service_mail(fields=fields))
        self.assertEqual(outcome.final, "continue")

    def test_values_of_any_octets(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        mail = service_mail(fields="X-Odd: \udcff\udcfe \x01\x7f\nSubject: \udce4\udcf6\n"
                                   "From: \"a\\\"<b\n\t(unclosed\n")
        _, outcome = daemon.send(mail)
        self.assertEqual(outcome.final, "continue")

    def test_rrvs_is_stripped_where_asked(self):
        for strip, wanted in (("true", 0), ("false", 2)):
            with self.subTest(strip=strip):
                daemon = self.daemon(domains=[domain(mode="tag")], strip_rrvs=strip)
                mta, outcome = daemon.send(service_mail(fields=RRVS + RRVS),
                                           recipients=["<me@example.com>"])
                left = [f for f in mta.edited(outcome) if f[0].startswith("Require-Recipient")]
                self.assertEqual(len(left), wanted)

    def test_rrvs_result_is_told(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        mta, outcome = daemon.send(service_mail(fields=RRVS), recipients=["<me@example.com>"])
        results = outcome.inserted("Authentication-Results")
        self.assertEqual(len(results), 1)
        self.assertIn("mx.example.com; rrvs=pass", results[0].replace("\n\t", " "))

    def test_mta_without_header_changes(self):
        """A forged mark could stay: then ours would say nothing, and none is written."""
        daemon = self.daemon(domains=[domain(mode="tag")])
        for actions in (wire.ALL_ACTIONS & ~wire.CHGHDRS, wire.ALL_ACTIONS & ~wire.ADDHDRS,
                        wire.SETSYMLIST):
            with self.subTest(actions=hex(actions)):
                _, outcome = daemon.send(service_mail(fields="X-Goneaway: forged\n"),
                                         actions=actions)
                self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        self.assertIn("the MTA lacks actions", daemon.log())
        self.assertEqual({row["action"] for row in daemon.rows()}, {"accept"})

    def test_mta_without_quarantine(self):
        daemon = self.daemon(policy='( { kinds = [ "reset" ]; action = "quarantine"; } )')
        mta, outcome = daemon.send(service_mail(), actions=wire.ALL_ACTIONS & ~wire.QUARANTINE)
        self.assertEqual(outcome.final, "continue")
        self.assertFalse(outcome.quarantined)
        self.assertEqual(mta.edited(outcome)[0][0], "X-Goneaway")
        row, = daemon.rows()
        self.assertEqual((row["action"], row["meant"]), ("tag", "quarantine"))


if __name__ == "__main__":
    scenario.main()
