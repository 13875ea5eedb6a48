# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Mail from many connections at once, bounded in connections and in messages, and a book of which
message got which answer for which recipient. What the ledger holds is compared with that book: what
was answered is in it, nothing is in it twice, and its counters agree with its rows.

FAULT_LONG=1 runs the long form of the tests that ask `turns`, FAULT_SEED=N their random instants
again (the seed is printed)."""
import contextlib
import os
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "milter"))
import scenario  # noqa: E402
import wire  # noqa: E402

LATER = "reply 451 4.3.0 Temporary local problem, try again later"
LONG = bool(os.environ.get("FAULT_LONG"))
SEED = int(os.environ.get("FAULT_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 31)
MODULES = scenario.BUILD / "tests" / "fault"
MAILBOXES = ("me", "sales", "own-*")
SERVICES = ["shop.example", "bank.example", "club.example", "game.example", "film.example"]
# one answer each: refused, tagged, let through
FATES = ("refused", "tagged", "own")


def turns(short, long):
    """How often, in the form that was asked for."""
    return long if LONG else short


def chance(name):
    """Random numbers that come again with the same seed, told once for each test."""
    sys.stderr.write("%s: FAULT_SEED=%d\n" % (name, SEED))
    return random.Random("%s %d" % (name, SEED))


def preload(*libraries):
    """Environment for a daemon with libraries loaded before all others."""
    names = [os.environ.get("LD_PRELOAD", ""), *map(str, libraries)]
    sanitizer = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
    return {"LD_PRELOAD": " ".join(filter(None, names)), "ASAN_OPTIONS": sanitizer}


class Message:
    """One message, however often it is delivered."""

    def __init__(self, connection, number, recipients):
        self.connection, self.number = connection, number
        self.fate = FATES[number % len(FATES)]
        local = "own" if self.fate == "own" else "old"
        self.recipients = ["%s-%s-%d-%d@example.com" % (local, connection, number, i)
                           for i in range(recipients)]
        self.answers = []  # one for each attempt; None: the connection was closed before it

    def deliver(self, mta):
        identity = "%s-%d" % (self.connection, self.number)
        if self.fate == "tagged":
            mail = scenario.PERSONAL.replace("<ann@friends.example>\nU", "<%s@friends.example>\nU" % identity)
            sender = "<ann@friends.example>"
        else:
            service = SERVICES[self.number % len(SERVICES)]
            mail = scenario.service_mail(service=service, message_id=identity,
                                         recipient=self.recipients[0])
            sender = "<news@%s>" % service
        return mta.send(mail, sender=sender, recipients=["<%s>" % to for to in self.recipients])

    def is_right(self, outcome):
        marks = len(outcome.inserted("X-Goneaway"))
        if self.fate == "refused":
            return outcome.final.letter == "y" and outcome.final.text.startswith("550 5.1.1 ")
        return outcome.final == "continue" and marks == (self.fate == "tagged")

    def answered(self):
        return "right" in self.answers

    def __repr__(self):
        return "%s-%d (%s): %s" % (self.connection, self.number, self.fate, self.answers)


class Load:
    """Connections that deliver messages until `stop`, their limit, or their end by the milter.

    name: distinguishes the messages of several loads; failure: the answer that is due when the
    daemon is in trouble; reconnect: go on with a new connection after the end of one."""

    def __init__(self, daemon, name="0", connections=8, recipients=2, limit=None, failure=LATER,
                 reconnect=False):
        self.daemon, self.name, self.limit = daemon, name, limit
        self.recipients, self.failure, self.reconnect = recipients, failure, reconnect
        self.messages, self.errors = [], []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=("%s.%d" % (name, i),), daemon=True)
                        for i in range(connections)]

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        self.stop()

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        """No message is begun any more; waits for those that were."""
        self.stopping.set()
        self.join()

    def join(self):
        for thread in self.threads:
            thread.join(6 * wire.TIMEOUT)
            if thread.is_alive():
                self.errors.append("a connection did not come to its end")

    def is_over(self):
        return not any(thread.is_alive() for thread in self.threads)

    def wait_answered(self, count, answer="right"):
        """Until so many messages got the answer, or nobody delivers any more."""
        while self.count(answer) < count and not self.is_over():
            self.stopping.wait(0.01)

    def count(self, answer):
        """How often it was given; None: the connection ended before one."""
        with self.lock:
            return sum(message.answers.count(answer) for message in self.messages)

    def work(self, connection):
        mta = None
        number = 0
        while not self.stopping.is_set() and (self.limit is None or number < self.limit):
            message = Message(connection, number, self.recipients)
            with self.lock:
                self.messages.append(message)
            mta = self.attempt(mta, message)
            if mta is None and not self.reconnect:
                return
            if message.answers[-1] == "failure":
                self.stopping.wait(0.02)  # nobody comes again at once
            number += 1
        leave(mta)

    def attempt(self, mta, message):
        """Delivers it and writes the answer down; the connection, None where it has ended."""
        answer = None
        try:
            if mta is None:
                mta = self.daemon.mta()
            outcome = message.deliver(mta)
            answer = self.name_answer(message, outcome)
        except TimeoutError:
            self.errors.append("%r: no answer in %d s" % (message, wire.TIMEOUT))
        except (wire.Closed, OSError):
            pass
        except Exception as error:  # the protocol was broken, or the test is
            self.errors.append("%r: %r" % (message, error))
        if answer is None and mta is not None:
            mta.close()
            mta = None
        with self.lock:
            message.answers.append(answer)
        return mta

    def name_answer(self, message, outcome):
        if message.is_right(outcome):
            return "right"
        if outcome.final == self.failure and not outcome.edits:
            return "failure"
        self.errors.append("%r: wrong answer %r" % (message, outcome))
        return "wrong"

    def deliver_again(self, rounds=5):
        """What got no right answer comes again, as an MTA would have it, until all have one."""
        for _ in range(rounds):
            left = [message for message in self.messages if not message.answered()]
            mta = None
            for message in left:
                mta = self.attempt(mta, message)
            leave(mta)
        left = [message for message in self.messages if not message.answered()]
        if left:
            self.errors.append("%d messages never got their answer, as %r" % (len(left), left[0]))

    # the ledger against the book

    def check(self, case, database=None):
        """database: another file than the daemon's, which is a daemon's at rest or at work."""
        case.assertEqual(self.errors[:5], [])
        base = sqlite3.connect(database or self.daemon.database, timeout=30)
        try:
            check_whole(case, base)
            self.check_rows(case, base)
        finally:
            base.close()

    def check_rows(self, case, base):
        rows = {address: (count, deliveries) for address, count, deliveries in base.execute(
            "SELECT address.address, count(*), sum(deliveries) FROM message"
            " JOIN address ON address.id = message.address_id GROUP BY 1")}
        with self.lock:
            messages = [(message, list(message.answers)) for message in self.messages]
        for message, answers in messages:
            for recipient in message.recipients:
                count, deliveries = rows.get(recipient, (0, 0))
                case.assertLessEqual(count, 1, (message, recipient, "is there twice"))
                case.assertGreaterEqual(deliveries, answers.count("right"),
                                        (message, recipient, "was answered and is missing"))
                # one that was begun since is not in the answers yet
                case.assertLessEqual(deliveries, len(answers) + 1, (message, recipient))

    def check_image(self, case):
        """What a killed daemon left, read by another program from a copy: the daemon's own
        restart then finds it as it was."""
        with tempfile.TemporaryDirectory(prefix="goneaway-image-") as directory:
            for path in self.daemon.database.parent.glob("goneaway.db*"):
                if not path.name.endswith("-shm"):
                    shutil.copy(path, directory)
            self.check(case, pathlib.Path(directory) / "goneaway.db")


def leave(mta):
    """Says good-bye, where there is somebody left."""
    if mta is not None:
        with contextlib.suppress(OSError):
            mta.quit()
        mta.close()


def check_whole(case, base):
    """A ledger is sound, and its counters agree with its rows."""
    case.assertEqual(base.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
    case.assertEqual(base.execute("PRAGMA foreign_key_check").fetchall(), [])
    for what, sql in COUNTERS:
        case.assertEqual(base.execute(sql).fetchall(), [], what)


COUNTERS = [
    ("messages of an account", "SELECT id, messages FROM account WHERE messages <>"
     " (SELECT count(*) FROM message WHERE account_id = account.id) LIMIT 3"),
    ("messages of an address", "SELECT id, messages FROM address WHERE messages <>"
     " (SELECT count(*) FROM message WHERE address_id = address.id) LIMIT 3"),
    ("messages of a kind", "SELECT account_id, kind, messages FROM account_kind AS k WHERE messages <>"
     " (SELECT count(*) FROM message AS m WHERE m.account_id = k.account_id AND m.kind = k.kind) LIMIT 3"),
    ("messages of all days", "SELECT counted, stored FROM (SELECT"
     " (SELECT coalesce(sum(messages), 0) FROM day_count) AS counted,"
     " (SELECT count(*) FROM message) AS stored) WHERE counted <> stored"),
    ("first and last of an account", "SELECT id FROM account WHERE first_seen > last_seen LIMIT 3"),
]


def daemon_settings(**settings):
    """What a daemon under load differs in from that of a scenario."""
    return dict({"domains": [scenario.domain(mailboxes=MAILBOXES)], "log_level": '"notice"',
                 "ledger_timeout_ms": "5000"}, **settings)
