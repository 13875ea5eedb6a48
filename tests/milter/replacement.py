# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What holds of every action that puts a new message in a mail's place. A scenario says in `action`
which, how the daemon is configured for it (replacing), and what the new message is like (look_at)."""
import scenario
import wire
from scenario import domain, service_mail


def rule(action, kinds='kinds = "critical"; '):
    return '( { %sown = false; action = "%s"; } )' % (kinds, action)


class Replacement:
    action = ""

    def replacing(self, **how):
        """A daemon with the rule, unless told otherwise."""
        how.setdefault("policy", rule(self.action))
        return self.daemon(**how)

    def settings(self):
        """Further settings that the rule needs."""
        return {}

    def look_at(self, whole):
        """Is that what it should be?"""
        raise NotImplementedError

    def delivered(self, mta, outcome):
        """The message as it would be delivered: its fields and all of it."""
        self.assertEqual(outcome.final, "continue")
        fields = mta.edited(outcome)
        head = b"".join(wire.encode("%s:%s\n" % (name, value)) for name, value in fields)
        return fields, head.replace(b"\n", b"\r\n") + b"\r\n" + outcome.replaced()

    def assert_put_off(self, outcome):
        self.assertEqual(outcome.final.text[:4], "451 ")
        self.assertEqual(outcome.edits, [])

    def test_modes(self):
        for mode, action in (("observe", "accept"), ("tag", "tag")):
            with self.subTest(mode=mode):
                daemon = self.replacing(domains=[domain(mode=mode)])
                mta, outcome = daemon.send(service_mail())
                self.assertEqual(outcome.final, "continue")
                self.assertIsNone(outcome.replaced())
                self.assertEqual(mta.actions & wire.CHGBODY != 0, mode != "observe")
                row, = daemon.rows()
                self.assertEqual((row["action"], row["meant"]), (action, self.action))

    def test_nobody_asks_for_bodies_unless_a_rule_says_so(self):
        mta, outcome = self.daemon().send(service_mail())
        self.assertEqual(mta.actions & wire.CHGBODY, 0)
        self.assertTrue(outcome.final.is_permanent(), outcome)

    def test_other_verdicts_are_left_as_they_are(self):
        daemon = self.replacing()
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
        daemon = self.replacing(mixed_recipients='"tag"', domains=[domain(), domain("example.net", "tag")])
        mta, outcome = daemon.send(service_mail(), recipients=["<old@example.com>", "<bob@example.com>"])
        self.look_at(self.delivered(mta, outcome)[1])
        mark, = outcome.inserted("X-Goneaway")
        self.assertNotIn("address", mark)
        for other in ("<me@example.com>", "<old@example.net>", "<postmaster@example.com>"):
            with self.subTest(other=other):
                _, outcome = daemon.send(service_mail(), recipients=["<old@example.com>", other])
                self.assertIsNone(outcome.replaced())
                self.assertTrue(outcome.inserted("X-Goneaway")[0].strip().startswith("tag;"))

    def test_mta_that_lets_us_change_too_little(self):
        for missing in (wire.CHGBODY, wire.CHGHDRS, wire.ADDHDRS):
            for failure in ("tempfail", "reject"):
                with self.subTest(missing=missing, failure=failure):
                    daemon = self.replacing(on_failure='"%s"' % failure)
                    _, outcome = daemon.send(service_mail(), actions=wire.ALL_ACTIONS & ~missing)
                    self.assert_put_off(outcome)
                    self.assertEqual(daemon.rows(), [])

    def test_rule_that_comes_with_a_reload(self):
        daemon = self.daemon()
        mta = daemon.mta()
        daemon.write_config(policy=rule(self.action), **self.settings())
        daemon.reload()
        self.assert_put_off(mta.send(service_mail()))
        mta.quit()
        mta, outcome = daemon.send(service_mail())
        self.look_at(self.delivered(mta, outcome)[1])

    def test_header_beyond_what_is_read_is_refused(self):
        daemon = self.replacing(header_fields_max="100", policy=rule(self.action, kinds=""))
        _, outcome = daemon.send(service_mail(fields="X-One: 1\n" * 101))
        self.assertEqual(outcome.final, "reply 552 5.3.4 Message too big for this mailbox")
        self.assertEqual(outcome.edits, [])
