# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""From observing to refusing by dates: the ladder of modes, the closing period, replies for single
services, and the forecast that tells beforehand."""
import datetime

import scenario
from scenario import PERSONAL, domain, service_mail

GONE = "550 5.1.1 <old@example.com>: User unknown; domain has a new owner, please remove this address"
SERVICES = """services = (
  { id = "shop.example"; name = "The Shop"; category = "shop"; domains = [ "shop.example" ];
    contact = { steps = [ "Write to them." ]; source = "unverified"; }; },
  { id = "bank.example"; name = "A Bank"; category = "bank"; domains = [ "bank.example" ];
    contact = { steps = [ "Write to them." ]; source = "unverified"; }; }
);
"""


def day(days):
    """That many days from today, as it stands in the configuration."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%d")


def ladder(*steps, extra=""):
    return ('{ name = "example.com"; owned_since = "2019-10-05T00:00:00Z"; mailboxes = [ "me" ]; mode = ( %s ); %s }'
            % (", ".join('{ since = "%s"; mode = "%s"; %s }' % (since, mode, "categories = [ %s ];" % ", ".join(
                '"%s"' % name for name in categories) if categories else "")
                for since, mode, *categories in steps), extra))


class Ladder(scenario.Scenario):
    number = 0

    def with_services(self, domains, **settings):
        daemon = self.daemon(domains=domains, start=False, **settings)
        (daemon.dir / "services.conf").write_text(SERVICES)
        daemon.write_config(local_services='"%s"' % (daemon.dir / "services.conf"))
        daemon.start()
        return daemon

    def ask(self, daemon, service="shop.example", recipient="old@example.com", mail=None):
        """What is done: "accept", "tag" or the reply."""
        self.number += 1
        mail = mail or service_mail(service=service, recipient=recipient, message_id=str(self.number))
        _, outcome = daemon.send(mail, recipients=["<%s>" % recipient])
        if outcome.final.is_refusal():
            return outcome.final.text
        return "tag" if outcome.inserted("X-Goneaway") else "accept"

    def test_the_step_that_has_begun_last_counts(self):
        for steps, wanted in (
                ([(day(1), "enforce")], "accept"),
                ([(day(-1), "tag")], "tag"),
                ([(day(-9), "tag"), (day(-2), "enforce"), (day(2), "observe")], GONE),
                ([(day(-2), "enforce"), (day(-9), "tag")], GONE),
                ([(day(-9), "enforce"), (day(-2), "observe")], "accept"),
                ([(day(0), "enforce")], GONE)):
            with self.subTest(steps=steps):
                daemon = self.daemon(domains=[ladder(*steps)])
                self.assertEqual(self.ask(daemon), wanted)
                row, = daemon.rows()
                self.assertEqual(row["meant"], "reject")
                self.assertEqual(self.ask(daemon, recipient="me@example.com"), "accept")

    def test_categories_go_ahead(self):
        daemon = self.with_services([ladder((day(-9), "tag"), (day(-5), "enforce", "shop", "forum"),
                                            (day(5), "enforce"))])
        self.assertEqual(self.ask(daemon, "shop.example"), GONE)
        self.assertEqual(self.ask(daemon, "bank.example"), "tag")
        self.assertEqual(self.ask(daemon, "nowhere.example"), "tag")
        self.assertEqual([(row["service"], row["mode"], row["action"]) for row in daemon.rows()],
                         [("shop.example", "enforce", "reject"), ("bank.example", "tag", "tag"),
                          ("nowhere.example", "tag", "tag")])

    def test_categories_with_reload(self):
        daemon = self.with_services([ladder((day(-9), "enforce", "bank"))])
        self.assertEqual((self.ask(daemon, "bank.example"), self.ask(daemon, "shop.example")), (GONE, "accept"))
        daemon.domains = [ladder((day(-9), "enforce", "shop"))]
        daemon.write_config()
        daemon.reload()
        self.assertEqual((self.ask(daemon, "bank.example"), self.ask(daemon, "shop.example")), ("accept", GONE))

    def test_closing_period(self):
        for until, refused in ((day(3), True), (day(-1), False), (day(0), True)):
            for mode, wanted in (("enforce", GONE), ("tag", "tag"), ("observe", "accept")):
                with self.subTest(until=until, mode=mode):
                    daemon = self.daemon(domains=[domain(mode=mode, extra='closing_until = "%s";' % until)])
                    self.assertEqual(self.ask(daemon, mail=PERSONAL),
                                     wanted if refused else {"enforce": "tag"}.get(mode, wanted))
                    row, = daemon.rows()
                    self.assertEqual((row["meant"], row["rule"]),
                                     ("reject", "builtin: closing period") if refused else
                                     ("tag", "builtin: other mail to an old address"))
                    # those who are never refused
                    self.assertEqual(self.ask(daemon, mail=PERSONAL, recipient="me@example.com"), "accept")
                    self.assertEqual(self.ask(daemon, recipient="postmaster@example.com"), "accept")

    def test_closing_period_spares_the_owners_other_addresses(self):
        daemon = self.daemon(domains=[domain(extra='closing_until = "%s";' % day(9))])
        daemon.execute("INSERT INTO mailbox (address) VALUES ('new@example.com')")
        _, minted, _ = self.tool("mint", "-c", daemon.path, "books")
        self.tool("expect", "-c", daemon.path, "garden@example.com", "--for", "1d")
        for recipient in ("new@example.com", minted.strip(), "garden@example.com"):
            with self.subTest(recipient=recipient):
                self.assertEqual(self.ask(daemon, recipient=recipient), "accept")

    def test_replies_for_single_services(self):
        daemon = self.with_services([domain()], policy="""(
            { services = [ "bank.example" ]; holder = "prior"; action = "reject";
              reply = "550 5.1.6 {rcpt}: Mailbox has moved, no forwarding address"; },
            { categories = [ "shop" ]; kinds = "critical"; action = "reject"; reply = "551 5.1.1 {rcpt}: Gone"; },
            { services = [ "club.example" ]; action = "tempfail"; reply = "450 4.2.1 {rcpt}: Not yet"; } )""")
        self.assertEqual(self.ask(daemon, "bank.example"),
                         "550 5.1.6 <old@example.com>: Mailbox has moved, no forwarding address")
        self.assertEqual(self.ask(daemon, "shop.example"), "551 5.1.1 <old@example.com>: Gone")
        self.assertEqual(self.ask(daemon, "club.example"), "450 4.2.1 <old@example.com>: Not yet")
        self.assertEqual(self.ask(daemon, "nowhere.example"), GONE)
        self.assertEqual([row["reply"] for row in daemon.rows()],
                         ["550 5.1.6", "551 5.1.1", "450 4.2.1", "550 5.1.1"])
        # each refusal began a week of its own in reply_effect; a deferral is none
        self.assertEqual([(row["service"], row["reply"]) for row in daemon.rows(
            "SELECT * FROM reply_effect ORDER BY service")],
            [("bank.example", "550 5.1.6"), ("nowhere.example", "550 5.1.1"), ("shop.example", "551 5.1.1")])

    def test_a_domain_has_replies_of_its_own(self):
        daemon = self.daemon(domains=[
            domain(extra='reply = "550 5.1.1 {rcpt}: Nobody of that name";'),
            domain(name="example.org", extra='policy = ( { services = [ "shop.example" ]; action = "tag"; } );')])
        self.assertEqual(self.ask(daemon), "550 5.1.1 <old@example.com>: Nobody of that name")
        self.assertEqual(self.ask(daemon, recipient="old@example.org"), "tag")
        self.assertEqual(self.ask(daemon, "bank.example", recipient="old@example.org"),
                         GONE.replace("example.com", "example.org"))

    def test_forecast_tells_what_then_comes_true(self):
        daemon = self.with_services([domain(mode="observe")])
        for turn in range(3):
            self.assertEqual(self.ask(daemon, "shop.example"), "accept")
        self.ask(daemon, "bank.example")
        self.ask(daemon, "bank.example", recipient="me@example.com")
        self.ask(daemon, mail=PERSONAL)
        wanted = [{"in_enforce_mode": "reject", "service": service, "holder": "prior", "kind": "reset",
                   "own_mailbox": "no", "mails": mails, "addresses": 1}
                  for service, mails in (("shop.example", 3), ("bank.example", 1))]
        forecast = ("SELECT in_enforce_mode, service, holder, kind, own_mailbox, mails, addresses FROM forecast")
        self.assertEqual(daemon.rows(forecast), wanted)
        # what is older than 30 days is left out
        daemon.execute("UPDATE message SET received = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-31 days')"
                       " WHERE id = 1")
        wanted[0]["mails"] = 2
        self.assertEqual(daemon.rows(forecast), wanted)
        daemon.domains = [domain()]
        daemon.write_config()
        daemon.reload()
        self.assertEqual((self.ask(daemon, "shop.example"), self.ask(daemon, "bank.example")), (GONE, GONE))
        self.assertEqual(self.ask(daemon, mail=PERSONAL.replace("<ann@", "<ann2@")), "tag")
        # what was carried out is no forecast any more
        self.assertEqual(daemon.rows(forecast), wanted)


if __name__ == "__main__":
    scenario.main()
