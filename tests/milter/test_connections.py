# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Connections as they come in life: cut at any moment, silent, old, odd, too many."""
import contextlib
import struct
import time

import scenario
import wire
from scenario import domain, service_mail

RETURNED = "550 5.1.1 <old@example.com>: "


class Connections(scenario.Scenario):
    def assert_works(self, daemon):
        _, outcome = daemon.send(service_mail())
        self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)

    def test_connect_and_leave(self):
        """A port probe says nothing: xxfi_close comes first, and alone."""
        daemon = self.daemon()
        for _ in range(20):
            wire.connect(daemon.listen).close()
        self.assert_works(daemon)

    def test_close_first(self):
        daemon = self.daemon()
        link = wire.Wire(daemon.listen)
        link.send("Q")
        link.close()
        mta = wire.Mta(daemon.listen)
        mta.quit()
        wire.Mta(daemon.listen).close()
        self.assert_works(daemon)

    def test_abort_at_every_stage(self):
        daemon = self.daemon()
        body = b"x" * 70000

        def stages(mta):
            yield lambda: None
            yield lambda: mta.mail()
            yield lambda: mta.rcpt("<old@example.com>")
            yield lambda: mta.header("Subject", " Reset your password")
            yield lambda: mta.header("X-Goneaway", " forged")
            yield lambda: mta.end_of_header()
            yield lambda: mta.body(body)

        for last in range(7):
            for ending in ("abort", "close", "quit", "mail"):
                with self.subTest(last=last, ending=ending):
                    mta = daemon.mta()
                    for step in list(stages(mta))[:last + 1]:
                        step()
                    if ending == "close":
                        mta.close()
                        continue
                    if ending == "quit":
                        mta.quit()
                        continue
                    if ending == "abort":
                        mta.abort()
                    outcome = mta.send(service_mail())
                    self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)
                    mta.quit()
        self.assert_works(daemon)
        self.assertEqual(len(daemon.rows()), 1, "a message that comes again is one row")

    def test_second_message_knows_nothing_of_the_first(self):
        daemon = self.daemon()
        mta = daemon.mta()
        first = mta.send(service_mail(message_id="1"))
        self.assertTrue(first.final.text.startswith(RETURNED))
        second = mta.send(service_mail(message_id="2", recipient="me@example.com"),
                          recipients=["<me@example.com>"])
        self.assertEqual((second.final, second.edits), ("continue", []))
        third = mta.send(service_mail(message_id="3"))
        self.assertTrue(third.final.text.startswith(RETURNED))
        mta.abort()
        mta.abort()
        mta.quit()
        self.assertEqual(len(daemon.rows()), 3)

    def test_commands_out_of_order(self):
        """A milter client is a trusted program, but nothing that it sends may break us."""
        daemon = self.daemon()
        for letters in ("E", "R", "L", "N", "B", "ME", "MRE", "MRRMA", "MLNB", "AAQ", "RM", "MMM"):
            with self.subTest(letters=letters), contextlib.suppress(wire.Closed, OSError):
                mta = wire.Mta(daemon.listen, steps=wire.ALL_STEPS & ~wire.SILENT)
                for letter in letters:
                    data = {"M": b"<a@b.example>\0", "R": b"<old@example.com>\0",
                            "L": b"Subject\0x\0", "B": b"body"}.get(letter, b"")
                    mta.wire.send(letter, data)
                mta.wire.link.settimeout(0.3)
                with contextlib.suppress(TimeoutError):
                    while True:
                        mta.wire.receive()
                mta.close()
        self.assert_works(daemon)

    def test_broken_packets(self):
        daemon = self.daemon()
        for raw in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x02Ox", b"\0\0\0\x01M", b"\0\0\0\x0dO",
                    b"GET / HTTP/1.0\r\n\r\n", struct.pack("!I", 2000000) + b"L"):
            with contextlib.suppress(OSError):
                link = wire.connect(daemon.listen)
                link.sendall(raw)
                link.close()
        for letter, data in (("M", b"no end"), ("R", b"\0"), ("L", b"name only\0"), ("D", b"M"),
                             ("C", b"host\0"), ("C", b"host\x004\0\x19not an address\0"), ("!", b"")):
            with contextlib.suppress(wire.Closed, OSError):
                mta = wire.Mta(daemon.listen)
                mta.wire.send(letter, data)
                mta.close()
        self.assert_works(daemon)

    def test_another_connection_follows(self):
        """SMFIC_QUIT_NC: the milter connection is used again without a new negotiation."""
        daemon = self.daemon()
        mta = daemon.mta()
        self.assertTrue(mta.send(service_mail(message_id="1")).final.text.startswith(RETURNED))
        mta.wire.send("K")
        mta.connect("198.51.100.7")
        mta.helo()
        outcome = mta.send(service_mail(message_id="2"))
        self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)
        mta.quit()

    def test_client_addresses(self):
        """Clients on a network are judged; Postfix names no port for a local submission."""
        daemon = self.daemon()
        for client, judged in (
                ({"address": "2001:db8::25", "family": "inet6"}, True),
                ({"address": "::ffff:192.0.2.25", "family": "inet6"}, True),
                ({"address": "192.0.2.25", "family": "inet"}, True),
                ({"address": "127.0.0.1", "family": "inet"}, True),
                ({"address": "127.0.0.1", "family": "inet", "port": 0}, False),
                ({"address": "/run/local", "family": "unix"}, False),
                ({"family": "unknown"}, False)):
            with self.subTest(client=client):
                _, outcome = daemon.send(service_mail(), client=client)
                self.assertEqual(outcome.final.is_refusal(), judged)

    def test_missing_macros(self):
        daemon = self.daemon()
        mta = daemon.mta()
        mta.macros = {}
        outcome = mta.send(service_mail())
        self.assertTrue(outcome.final.text.startswith(RETURNED))
        row, = daemon.rows()
        self.assertIn(row["queue_id"], (None, "-"))

    def test_null_sender(self):
        daemon = self.daemon()
        _, outcome = daemon.send(service_mail(), sender="<>")
        self.assertTrue(outcome.final.text.startswith(RETURNED))

    def test_no_reply_flags(self):
        """All, none, and each left out alone; wire.py checks that replies come where they are due
        and nowhere else."""
        daemon = self.daemon()
        flags = [1 << bit for bit in range(32) if wire.SILENT & 1 << bit]
        for lacking in [0, wire.SILENT] + flags:
            with self.subTest(lacking=hex(lacking)):
                _, outcome = daemon.send(service_mail(), steps=wire.ALL_STEPS & ~lacking)
                self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)

    def test_steps_that_are_not_needed_are_skipped(self):
        daemon = self.daemon()
        mta = daemon.mta()
        silent = wire.NR_CONN | wire.NR_MAIL | wire.NR_HDR | wire.NR_EOH | wire.NR_BODY
        self.assertEqual(mta.steps & wire.SILENT, silent)
        self.assertEqual(mta.steps & (wire.NOHELO | wire.NODATA | wire.NOUNKNOWN),
                         wire.NOHELO | wire.NODATA | wire.NOUNKNOWN)
        self.assertEqual(mta.steps & (wire.SKIP | wire.RCPT_REJ | wire.NOBODY | wire.NORCPT), 0)
        self.assertEqual(mta.symbols[wire.STAGES["M"]], ["{auth_authen}", "i"])
        self.assertEqual(mta.symbols[wire.STAGES["E"]], ["i"])
        mta.quit()

    def test_only_actions_in_use_are_asked_for(self):
        for mode, actions in (("observe", 0), ("tag", wire.ADDHDRS | wire.CHGHDRS),
                              ("enforce", wire.ADDHDRS | wire.CHGHDRS)):
            daemon = self.daemon(domains=[domain(mode=mode)])
            mta = daemon.mta()
            self.assertEqual(mta.actions & ~wire.SETSYMLIST, actions)
            mta.quit()
        daemon = self.daemon(policy='( { action = "quarantine"; kinds = [ "bulk" ]; } )')
        mta = daemon.mta()
        self.assertTrue(mta.actions & wire.QUARANTINE)
        mta.quit()

    def test_old_mta(self):
        """Protocol 2: no flags at all, a reply to everything."""
        daemon = self.daemon(domains=[domain(mode="tag")])
        for version in (2, 3, 4, 5):
            with self.subTest(version=version):
                mta, outcome = daemon.send(service_mail(), version=version,
                                           actions=wire.OLD_ACTIONS, steps=wire.OLD_STEPS)
                self.assertEqual(outcome.final, "continue")
                self.assertTrue(mta.edited(outcome)[0][1].startswith(" tag; kind=reset"))

    def test_large_body(self):
        daemon = self.daemon()
        text = "line of text\n" * 300000
        _, outcome = daemon.send(service_mail(body="Reset your password here.\n" + text))
        self.assertTrue(outcome.final.text.startswith(RETURNED))
        row, = daemon.rows()
        self.assertGreater(row["size"], len(text))

    def test_body_of_any_octets(self):
        daemon = self.daemon(domains=[domain(mode="tag")])
        mta = daemon.mta()
        mta.mail()
        mta.rcpt("<old@example.com>")
        mta.header("Content-Type", " multipart/mixed; boundary=\"")
        mta.end_of_header()
        mta.body(bytes(range(256)) * 600)
        self.assertEqual(mta.end_of_message().final, "continue")
        mta.quit()

    def test_too_many_connections(self):
        daemon = self.daemon(connections_max="10")
        idle = []
        end = time.monotonic() + 10
        while len(idle) < 10:  # the connection that asked whether the daemon listens may linger
            mta = daemon.mta()
            mta.mail()
            reply = mta.rcpt("<old@example.com>")
            if reply == "continue":
                idle.append(mta)
                continue
            mta.quit()
            self.assertLess(time.monotonic(), end, reply)
        _, outcome = daemon.send(service_mail())
        self.assertEqual(outcome.final, "reply 451 4.3.2 Too busy, try again later")
        daemon.wait_logged("more than connections_max connections")
        closed = 0  # who comes while many are being told so
        for _ in range(200):
            try:
                beyond = daemon.mta()
            except (wire.Closed, OSError):
                closed += 1
                continue
            beyond.mail()
            self.assertEqual(beyond.rcpt("<old@example.com>"), "reply 451 4.3.2 Too busy, try again later")
            idle.append(beyond)
        self.assertGreater(len(idle), 11)
        self.assertGreater(closed, 0)
        self.assertTrue(idle[0].content(service_mail(message_id="2")).final.text.startswith(RETURNED))
        for mta in idle:
            mta.quit()
        end = time.monotonic() + 10
        while outcome.final.is_temporary() and time.monotonic() < end:
            with contextlib.suppress(wire.Closed, OSError):  # those who left may be counted still
                _, outcome = daemon.send(service_mail())
        self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)

    def test_many_messages_in_turn_and_side_by_side(self):
        daemon = self.daemon()
        crowd = [daemon.mta() for _ in range(30)]
        for turn in range(3):
            for mta in crowd:
                mta.mail()
                self.assertEqual(mta.rcpt("<old@example.com>"), "continue")
            for number, mta in enumerate(crowd):
                outcome = mta.content(service_mail(message_id="%d.%d" % (turn, number)))
                self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)
        for mta in crowd:
            mta.quit()
        self.assertEqual(len(daemon.rows()), 90)


if __name__ == "__main__":
    scenario.main()
