# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The date at which a mailbox changed hands cannot be found by asking with ever other dates."""
import scenario
from scenario import domain, service_mail

CHANGED = "550 5.7.17 <anna@example.com>: Mailbox owner has changed"
TOO_MANY = "450 4.7.1 <anna@example.com>: Too many different dates, try again tomorrow"


class Probes(scenario.Scenario):
    number = 0

    def ask(self, daemon, date, recipient="anna@example.com", client="192.0.2.25"):
        self.number += 1
        _, outcome = daemon.send(service_mail(recipient=recipient, message_id=str(self.number)),
                                 recipients=["<%s>" % recipient], client={"address": client},
                                 parameters=["RRVS=%sT00:00:00Z" % date])
        return outcome.final.text or outcome.final.word

    def probed(self, **how):
        daemon = self.daemon(rrvs_probes_max="4", **how)
        daemon.execute("INSERT INTO mailbox (address, since) VALUES"
                       " ('anna@example.com', '2022-06-01T00:00:00Z')")
        return daemon

    def test_halving_ends(self):
        daemon = self.probed()
        answers = [(self.ask(daemon, date, client="192.0.2.%d" % number), date) for number, date in
                   enumerate(("2020-01-01", "2023-01-01", "2021-06-01", "2022-03-01"))]
        self.assertEqual([answer for answer, _ in answers], [CHANGED, "continue", CHANGED, CHANGED])
        # neither side of the date can be told any more, from wherever it is asked
        for date in ("2022-05-01", "2022-09-01", "2024-01-01"):
            with self.subTest(date=date):
                self.assertEqual(self.ask(daemon, date), TOO_MANY)
        # what was answered is answered again, and the date of the domain is no secret
        for answer, date in answers:
            self.assertEqual(self.ask(daemon, date), answer)
        self.assertEqual(self.ask(daemon, "2010-01-01"),
                         "550 5.7.18 <anna@example.com>: Domain owner has changed")
        self.assertEqual({row["rule"] for row in daemon.rows("SELECT * FROM messages WHERE action = 'tempfail'")},
                         {"builtin: too many RRVS dates"})

    def test_a_reload_forgets_none(self):
        daemon = self.probed()
        for date in ("2020-01-01", "2021-01-01", "2021-06-01", "2022-03-01"):
            self.assertEqual(self.ask(daemon, date), CHANGED)
        daemon.reload()
        self.assertEqual(self.ask(daemon, "2022-05-01"), TOO_MANY)

    def test_other_mail_goes_on(self):
        daemon = self.probed()
        for year in range(2020, 2026):
            self.ask(daemon, "%d-01-01" % year)
        _, outcome = daemon.send(service_mail(recipient="anna@example.com", message_id="plain"),
                                 recipients=["<anna@example.com>"])
        self.assertEqual(outcome.final, "continue")
        # a mailbox that never changed hands has no date that could be found
        for year in range(2020, 2027):
            self.assertEqual(self.ask(daemon, "%d-01-01" % year, recipient="me@example.com"), "continue")

    def test_observing_refuses_nothing(self):
        daemon = self.probed(domains=[domain(mode="observe")])
        for year in range(2020, 2027):
            self.assertEqual(self.ask(daemon, "%d-01-01" % year), "continue")
        self.assertEqual(len(daemon.rows("SELECT * FROM messages WHERE meant = 'tempfail'")), 3)


if __name__ == "__main__":
    scenario.main()
