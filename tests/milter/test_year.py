# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""A year of mail at a second-hand domain, in order, through the real daemon: what the ledger says
about whose each account is, against the truth that the generator knows.

The same seed makes the same year. GONEAWAY_SEED=n tries another one."""
import collections
import os
import random

import scenario
import year_mails
from scenario import domain

SEED = int(os.environ.get("GONEAWAY_SEED", "7293"))
DAYS = 365
LANGUAGES = ("en", "ja", "de", "es")
BEFORE_US = "RRVS=2017-05-01T00:00:00Z"
OURS = "example.com"


class Event:
    """One mail, and what the truth says about it."""

    def __init__(self, day, kind, service, recipient, truth, **how):
        self.day, self.kind, self.service, self.recipient, self.truth = day, kind, service, recipient, truth
        self.proven = how.get("proven", True)
        self.rrvs = how.get("rrvs", False)
        self.before, self.after = how.get("before"), how.get("after")  # what the owner does then


class Year:
    """The people, their accounts and all mails of the year."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.events, self.truth, self.languages = [], {}, {}
        self.number = 0
        self.services = [self.service(word) for word in
                         ("shop", "bank", "game", "film", "forum", "travel", "music", "phone") for _ in range(14)]
        self.letters = [self.service("letter") for _ in range(20)]

    def service(self, word):
        self.number += 1
        name = "%s%d.example" % (word, self.number)
        self.languages[name] = self.random.choice(LANGUAGES)
        return name

    def days(self, first, least, most):
        count = self.random.randint(least, most)
        return sorted(self.random.randint(first, DAYS) for _ in range(count))

    def account(self, address, service, truth, beginning, before=None, after=None, rrvs=False):
        """An account's mails; its first one is of a kind in `beginning`, and has what the owner
        does before and after it."""
        if (address, service) in self.truth:
            return
        self.truth[address, service] = truth
        first = self.random.randint(1, 300)
        days = [first] + self.days(first, 4, 18)
        for turn, day in enumerate(days):
            kind = self.random.choice(beginning if turn == 0 else year_mails.ACCOUNT_KINDS + ("bulk",))
            self.events.append(Event(day, kind, service, address, truth, rrvs=rrvs and kind != "bulk",
                                     before=before if turn == 0 else None,
                                     after=after if turn == 0 else None))

    def prior(self, people):
        for person in range(people):
            address = "old%d@%s" % (person, OURS)
            asks = self.random.random() < 0.2
            for service in self.random.sample(self.services, self.random.randint(1, 7)):
                beginning = year_mails.ACCOUNT_KINDS + (("verify",) if asks else ())
                self.account(address, service, "prior", beginning, rrvs=asks)
            self.around(address)

    def strangers(self, people):
        """Who mistypes an address of ours when registering."""
        for person in range(people):
            for service in self.random.sample(self.services, self.random.randint(1, 3)):
                self.account("typo%d@%s" % (person, OURS), service, "stranger", ("verify", "welcome"))

    def owner(self, addresses, before=None):
        for address in addresses:
            for service in self.random.sample(self.services, self.random.randint(2, 6)):
                self.account(address, service, "current",
                             ("verify", "welcome") + year_mails.ACCOUNT_KINDS, before=before)
            self.around(address)

    def around(self, address):
        """What comes to everybody: newsletters, personal mail, and spam that imitates."""
        for day in self.days(1, 3, 8):
            self.events.append(Event(day, "bulk", self.random.choice(self.letters), address, None,
                                     proven=self.random.random() < 0.7))
        for day in self.days(1, 1, 4):
            self.events.append(Event(day, "personal", "friends.example", address, None, proven=False))
        for day in self.days(1, 2, 6):
            self.events.append(Event(day, self.random.choice(("reset", "signin", "billing", "verify")),
                                     self.random.choice(self.services), address, None, proven=False))

    def in_order(self):
        """Stable: an account's first mail stays the first of its day."""
        return sorted(self.events, key=lambda event: event.day)


class WholeYear(scenario.Scenario):
    def setUp(self):
        self.daemon_ = self.daemon(domains=[domain(mailboxes=("me", "sales"))], learn_senders="true",
                                   synchronous='"NORMAL"', log_level='"warning"')
        self.mta = None
        self.sent = 0

    def minted(self, count):
        code, out, err = self.tool("mint", "-c", self.daemon_.path, *("label%d" % i for i in range(count)))
        self.assertEqual((code, err), (0, ""))
        return out.split()

    def expect(self, event):
        """A window that is over after the first mail: the account must stay ours."""
        code, _, err = self.tool("expect", "-c", self.daemon_.path, event.recipient, "--for", "2d")
        self.assertEqual((code, err), (0, ""))

    def end_window(self, event):
        self.daemon_.execute("UPDATE mailbox SET until = '2020-01-01T00:00:00Z' WHERE address = ?",
                             event.recipient)

    def name_stranger(self, event):
        self.daemon_.execute("UPDATE account SET holder = 'stranger' WHERE address = ? AND service = ?",
                             event.recipient, event.service)

    def learn(self, event):
        """The owner writes from the address."""
        mta = self.daemon_.mta()
        mta.send(year_mails.write(random.Random(0), "personal", "en", OURS, "ann@friends.example", 0, False),
                 sender="<%s>" % event.recipient, recipients=["<ann@friends.example>"], login="me")
        mta.quit()

    def send(self, year, event):
        if self.mta is None or self.sent % 100 == 0:
            if self.mta is not None:
                self.mta.quit()
            self.mta = self.daemon_.mta()
        self.sent += 1
        mail = year_mails.write(year.random, event.kind, year.languages.get(event.service, "en"),
                                event.service, event.recipient, self.sent, event.proven)
        return self.mta.send(mail, sender="<bounce@%s>" % event.service,
                             recipients=["<%s>" % event.recipient],
                             parameters=[BEFORE_US] if event.rrvs else ())

    def live(self, year):
        """All mails in order; {truth or None: Counter of what was done}, and what was wrong."""
        done, wrong = collections.defaultdict(collections.Counter), []
        for event in year.in_order():
            if event.before is not None:
                event.before(event)
            outcome = self.send(year, event)
            if event.after is not None:
                event.after(event)
            what = ("refused" if outcome.final.is_refusal() else
                    "tagged" if outcome.inserted("X-Goneaway") else "delivered")
            done[event.truth, event.kind][what] += 1
            if self.is_wrong(event, what):
                wrong.append("day %d: %s of %s for %s: %s" % (event.day, event.kind, event.service,
                                                              event.recipient, what))
        self.mta.quit()
        return done, wrong

    @staticmethod
    def is_wrong(event, what):
        """What must not happen even once."""
        if event.truth == "current":
            return what != "delivered"
        if event.truth is None:
            own = event.recipient.split("@")[0] in ("me", "sales")
            return what == "refused" and (own or event.kind == "personal")
        if event.truth == "stranger here":  # until the owner says so it is taken for his own
            return event.kind != "bulk" and (what == "refused") == (event.after is not None)
        return False

    def holders(self):
        return {(row["address"], row["service"]): (row["holder"], row["holder_by"])
                for row in self.daemon_.rows("SELECT address, service, holder, holder_by FROM account")}

    def make_year(self):
        year = Year(SEED)
        year.prior(50)
        year.strangers(25)
        year.owner(["me@" + OURS, "sales@" + OURS] + self.minted(6))
        learned = ["desk%d@%s" % (i, OURS) for i in range(3)]
        year.owner(learned, before=self.learn)
        for i in range(4):
            year.account("garden%d@%s" % (i, OURS), year.service("garden"), "current",
                         ("verify", "welcome", "order"), before=self.expect, after=self.end_window)
        for address in ("me@" + OURS, "sales@" + OURS):
            year.account(address, year.service("film"), "stranger here", ("verify", "welcome"),
                         after=self.name_stranger)
        # nobody knows an address before the owner has written from it
        for event in year.events:
            if event.truth is None and event.recipient in learned:
                event.day = DAYS
        return year

    def test_the_year(self):
        year = self.make_year()
        self.assertGreater(len(year.events), 3000)
        done, wrong = self.live(year)
        self.assertEqual(wrong, [])
        known = self.holders()
        with_evidence = [pair for pair in year.truth if pair in known]
        mistaken = ["%s at %s: %s, found %s by %s" % (pair + (year.truth[pair],) + known[pair])
                    for pair in with_evidence if known[pair][0] != year.truth[pair].split()[0]]
        self.assertGreater(len(with_evidence), 0.99 * len(year.truth))
        self.assertLessEqual(len(mistaken), 0.01 * len(with_evidence), mistaken)
        # nobody's spam and no newsletter made an account
        self.assertEqual(sorted(set(known) - set(year.truth)), [])
        self.check_refusals(done)

    def check_refusals(self, done):
        """The mail of other people's accounts was returned, whatever came in between."""
        for truth in ("prior", "stranger"):
            refused = sum(counts["refused"] for (whose, _), counts in done.items() if whose == truth)
            every = sum(sum(counts.values()) for (whose, _), counts in done.items() if whose == truth)
            self.assertGreaterEqual(refused, 0.99 * every, (truth, {
                kind: dict(counts) for (whose, kind), counts in done.items() if whose == truth}))


if __name__ == "__main__":
    scenario.main()
