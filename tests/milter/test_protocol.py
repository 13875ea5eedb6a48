# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""A milter client that keeps no rule: commands in any order, packets of any length and content, ends
at any place. The session ends or goes on; the daemon lives, and what else is said to it is answered
as ever.

One thing is left out, because it happens within libmilter where nobody can stand in its way: a
packet of macros whose names and values are not pairs (see doc/threat-model.md)."""
import contextlib
import itertools
import random
import struct

import scenario
import wire
from scenario import domain, service_mail

RETURNED = "550 5.1.1 <old@example.com>: "
SEED = 20190926
# what a command of that letter usually carries
USUAL = {
    "O": struct.pack("!III", 6, wire.ALL_ACTIONS, wire.ALL_STEPS),
    "C": b"client.example.net\x004\x61\xc1192.0.2.25\0",
    "D": b"Mi\x004QUEUEID\0",
    "H": b"client.example.net\0",
    "M": b"<news@shop.example>\0",
    "R": b"<old@example.com>\0",
    "T": b"",
    "L": b"Subject\0Reset your password\0",
    "N": b"",
    "B": b"Hello\r\n",
    "E": b"",
    "A": b"",
    "K": b"",
    "U": b"XYZZY\0",
    "Q": b"",
}


class Protocol(scenario.Scenario):
    def assert_works(self, daemon):
        self.assertIsNone(daemon.process.poll())
        _, outcome = daemon.send(service_mail())
        self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)

    def say(self, daemon, packets, negotiate=True):
        """Raw packets on a connection of their own; the letters that came back."""
        answers = ""
        with contextlib.suppress(wire.Closed, wire.ProtocolError, OSError):
            link = wire.Wire(daemon.listen)
            try:
                if negotiate:
                    link.send("O", USUAL["O"])
                for letter, data in packets:
                    link.send(letter, data)
                link.link.settimeout(0.02)
                while True:
                    answers += link.receive()[0]
            finally:
                link.close()
        return answers

    def test_every_pair_of_commands(self):
        """Each command behind each other one, at the beginning and within a message."""
        daemon = self.daemon()
        for before in ("", "CMR"):
            for pair in itertools.product("CDHMRTLNBEAKUQO", repeat=2):
                letters = before + "".join(pair)
                self.say(daemon, [(letter, USUAL[letter]) for letter in letters])
        self.assert_works(daemon)

    def test_without_negotiation(self):
        daemon = self.daemon()
        for letters in ("C", "M", "CMRLNBE", "E", "Q", "A", "K", "U"):
            self.say(daemon, [(letter, USUAL[letter]) for letter in letters], negotiate=False)
        self.assert_works(daemon)

    def test_recipients_before_the_sender(self):
        daemon = self.daemon()
        for letters in ("CRM", "CRRR", "CRLNBE", "CRE", "CMAR"):
            answers = self.say(daemon, [(letter, USUAL[letter]) for letter in letters])
            self.assertNotIn("d", answers[1:], letters)
        self.assertEqual(daemon.rows(), [])
        self.assert_works(daemon)

    def test_body_after_the_end(self):
        daemon = self.daemon()
        self.say(daemon, [(letter, USUAL[letter]) for letter in "CMRLNBEBBBLNE"])
        self.say(daemon, [(letter, USUAL[letter]) for letter in "CMRLNBEE"])
        self.assertLessEqual(len(daemon.rows()), 1)
        self.assert_works(daemon)

    def test_truncated_packets(self):
        """Every beginning of every command, alone and where it belongs."""
        daemon = self.daemon()
        for letter, data in USUAL.items():
            for length in range(len(data)) if letter != "D" else (0, 1):
                self.say(daemon, [(before, USUAL[before]) for before in "CM"] + [(letter, data[:length])])
            link = wire.connect(daemon.listen)
            link.sendall(struct.pack("!I", len(data) + 100) + letter.encode() + data)
            link.close()
        self.assert_works(daemon)

    def test_oversized_packets(self):
        """At what Postfix sends, at the bound that we set, one beyond it, and far beyond."""
        daemon = self.daemon()
        bound = 1048575
        for letter, data in (("L", b"Subject\0%s\0"), ("R", b"<%s@example.com>\0"), ("M", b"<%s@a.example>\0"),
                             ("B", b"%s"), ("D", b"Mi\0%s\0"), ("C", b"%s\x004\0\x19192.0.2.25\0"),
                             ("U", b"%s\0"), ("H", b"%s\0")):
            for size in (102400, bound - 1, bound, bound + 1, 4 * bound):
                filled = data % (b"x" * (size - len(data)))
                self.say(daemon, [(before, USUAL[before]) for before in "CMR" if before != letter]
                         + [(letter, filled), ("E", b"")])
        for length in (0, 0x7fffffff, 0x80000000, 0xffffffff):
            link = wire.connect(daemon.listen)
            link.sendall(struct.pack("!I", length) + b"B" * 100)
            link.close()
        self.assert_works(daemon)

    def test_ten_thousand_recipients(self):
        """One more than recipients_max is put off, however many there are; the others get an answer."""
        daemon = self.daemon(recipients_max="1000", ledger_timeout_ms="20000")
        mta = daemon.mta()
        mta.mail()
        answers = [mta.rcpt("<old%d@example.com>" % number) for number in range(10000)]
        self.assertTrue(all(answer == "continue" for answer in answers[:1000]))
        self.assertTrue(all(answer == "reply 452 4.5.3 Too many recipients" for answer in answers[1000:]))
        outcome = mta.content(service_mail())
        self.assertTrue(outcome.final.text.startswith("550 5.1.1 "), outcome)
        mta.quit()
        self.assertEqual(daemon.rows("SELECT count(*) AS n FROM message")[0]["n"], 1000)
        self.assert_works(daemon)

    def test_unknown_commands(self):
        daemon = self.daemon()
        for code in range(256):
            letter = chr(code)
            if letter not in USUAL and code < 128:
                self.say(daemon, [("C", USUAL["C"]), ("M", USUAL["M"]), (letter, b"x\0y\0"), ("R", USUAL["R"])])
        self.assert_works(daemon)

    def test_nul_where_none_may_be(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        for letter, data in (("M", b"\0"), ("M", b"\0\0\0"), ("M", b"<a\0b@shop.example>\0"), ("R", b"\0\0"),
                             ("R", b"<ol\0d@example.com>\0"), ("R", b"<old@example.com>\0\0\0"), ("L", b"\0\0"),
                             ("L", b"\0value\0"), ("L", b"Sub\0ject\0x\0"), ("L", b"Subject\0va\0lue\0"),
                             ("D", b"M\0\0\0\0"), ("D", b"Mi\0\0"), ("D", b"R"),
                             ("C", b"\0"), ("C", b"\0U"), ("B", b"\0" * 60000), ("H", b"\0\0")):
            self.say(daemon, [(before, USUAL[before]) for before in "CMR"] + [(letter, data), ("N", b""), ("E", b"")])
        mta = daemon.mta()
        mta.mail()
        mta.rcpt("<old@example.com>")
        mta.end_of_header()
        mta.body(b"\0" * 70000 + b"Reset your password\r\n\0")
        self.assertEqual(mta.end_of_message().final, "continue")
        mta.quit()
        for row in daemon.rows("SELECT address FROM address"):
            self.assertNotIn("\0", row["address"])
        _, outcome = daemon.send(service_mail())
        self.assertEqual((outcome.final, len(outcome.inserted("X-Goneaway"))), ("continue", 1))

    def test_negotiations_of_any_kind(self):
        daemon = self.daemon()
        for version, actions, steps in itertools.product(
                (0, 1, 2, 6, 7, 0xffffffff), (0, 1, wire.ALL_ACTIONS, 0xffffffff),
                (0, wire.OLD_STEPS, wire.ALL_STEPS, 0xffffffff)):
            self.say(daemon, [("O", struct.pack("!III", version, actions, steps))]
                     + [(letter, USUAL[letter]) for letter in "CMRLNBE"], negotiate=False)
        self.say(daemon, [("O", USUAL["O"])] * 3)
        self.assert_works(daemon)

    def test_random_sessions(self):
        daemon = self.daemon()
        chance = random.Random(SEED)
        for _ in range(300):
            packets = []
            for _ in range(chance.randrange(1, 15)):
                letter = chance.choice("CDHMMRRTLLNBEEAKUQO")
                data = bytearray(USUAL[letter])
                for _ in range(chance.randrange(3) if letter != "D" else 0):
                    if data:
                        data[chance.randrange(len(data))] = chance.randrange(256)
                if chance.random() < 0.1 and letter != "D":
                    data = data[:chance.randrange(len(data) + 1)]
                packets.append((letter, bytes(data)))
            self.say(daemon, packets, negotiate=chance.random() < 0.9)
        self.assert_works(daemon)


if __name__ == "__main__":
    scenario.main()
