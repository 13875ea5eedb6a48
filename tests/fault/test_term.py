# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Ended by SIGTERM under load: it is gone within the seconds that it promises, the MTA is put off or
finds the connection closed, and nothing that was answered is missing."""
import signal
import socket
import sqlite3
import time

import load
import scenario
import wire
from scenario import STOP_SECONDS


class Term(scenario.Scenario):
    def end_daemon(self, daemon):
        """How long it took; its exit status is 0."""
        seconds = daemon.stop()
        self.assertLess(seconds, STOP_SECONDS)
        self.assertIn("goneawayd: ending: ", daemon.log())
        return seconds

    def test_at_random_instants_under_load(self):
        random = load.chance("ended under load")
        daemon = self.daemon(**load.daemon_settings(start=False))
        longest = answered = cut = put_off = 0
        for number in range(load.turns(6, 100)):
            daemon.start()
            book = load.Load(daemon, name=str(number), connections=32)
            with book:
                book.wait_answered(1)
                time.sleep(random.uniform(0, 0.4))
                longest = max(longest, self.end_daemon(daemon))
            answered += book.count("right")
            cut += book.count(None)
            put_off += book.count("failure")
            book.check(self)
            daemon.start()
            book.deliver_again()
            book.check(self)
            daemon.stop()
        print("%d messages answered, %d cut off, %d put off; the longest end took %.2f s"
              % (answered, cut, put_off, longest))
        self.assertGreater(cut + put_off, 0)

    def test_soon_after_the_start(self):
        """While it starts, and at the first message."""
        random = load.chance("ended while it starts")
        daemon = self.daemon(**load.daemon_settings(start=False))
        for _ in range(load.turns(8, 100)):
            daemon.launch()
            time.sleep(random.uniform(0, 0.5))
            daemon.process.send_signal(signal.SIGTERM)
            # before it listens to signals they end it at once
            self.assertIn(daemon.process.wait(4 * STOP_SECONDS), (0, -signal.SIGTERM), daemon.log())
            daemon.process = None
        daemon.start()
        self.assertTrue(daemon.send(scenario.service_mail())[1].final.is_permanent())

    def test_with_connections_at_every_stage(self):
        daemon = self.daemon(**load.daemon_settings())
        bare = wire.connect(daemon.listen)
        links = [daemon.mta() for _ in range(7)]
        links[1].mail()
        for mta in links[2:]:
            mta.mail()
            mta.rcpt("<old@example.com>")
        for mta in links[3:]:
            mta.header("Subject", " Your order")
        for mta in links[4:]:
            mta.end_of_header()
        for mta in links[5:]:
            mta.body(b"Thank you for your order.\r\n")
        links[6].wire.link.sendall(b"\0\0\1")  # the beginning of a packet
        self.end_daemon(daemon)
        for mta in links:
            self.assert_ended(mta)
        bare.close()

    def assert_ended(self, mta):
        """It is put off, or finds the end."""
        try:
            mta.wire.send("E")
            outcome = mta.end_of_message()
            self.assertTrue(outcome.final.is_temporary(), outcome)
        except (wire.Closed, OSError):
            pass
        mta.close()

    def test_while_somebody_holds_the_ledger(self):
        daemon = self.daemon(**load.daemon_settings(ledger_timeout_ms="20000"))
        book = load.Load(daemon, connections=16)
        base = sqlite3.connect(daemon.database, isolation_level=None, timeout=30)
        self.addCleanup(base.close)
        with book:
            book.wait_answered(20)
            base.execute("BEGIN IMMEDIATE")
            time.sleep(0.5)
            self.assertLess(daemon.stop(), STOP_SECONDS)
            self.assertIn("the ledger is still busy: it is left as it is", daemon.log())
            base.execute("ROLLBACK")
        daemon.start()
        book.deliver_again()
        book.check(self)

    def test_while_the_supervisor_does_not_read(self):
        """Whom it tells that it lives, is loading again and ends has no room for another word."""
        daemon = self.daemon(**load.daemon_settings(start=False))
        daemon.environment = {"WATCHDOG_USEC": "1000000"}
        daemon.start()
        self.fill_notifications(daemon)
        daemon.process.send_signal(signal.SIGUSR1)
        daemon.wait_logged("was loaded again")
        self.assertTrue(daemon.send(scenario.service_mail())[1].final.is_permanent())
        daemon.wait_notified("READY=1")
        daemon.wait_notified("WATCHDOG=1")
        self.fill_notifications(daemon)
        daemon.process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        self.end_daemon(daemon)

    def fill_notifications(self, daemon):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            with self.assertRaises(BlockingIOError):
                while True:
                    sender.sendto(b"STATUS=more", str(daemon.dir / "notify"))

    def test_while_its_own_socket_does_not_answer(self):
        """It has asked, as long as there is no answer, for a quarter of the watchdog's interval."""
        daemon = self.daemon(**load.daemon_settings(start=False))
        daemon.environment = {"WATCHDOG_USEC": "24000000"}
        daemon.start()
        (daemon.dir / "milter.sock").rename(daemon.dir / "elsewhere")
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.bind(str(daemon.dir / "milter.sock"))
            deaf.listen()
            deaf.settimeout(wire.TIMEOUT)
            asked = b""
            while not asked:  # connections that say nothing come as well
                link, _ = deaf.accept()
                self.addCleanup(link.close)
                asked = link.recv(1)
            self.end_daemon(daemon)

    def test_while_nobody_knows_the_socket_s_host(self):
        """Its name was asked for at the start; that the name servers are silent later is no matter."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        daemon = self.daemon(**load.daemon_settings(start=False,
                                                    listen="inet:%d@localhost" % port))
        daemon.environment = dict(WATCHDOG_USEC="4000000",
                                  **load.preload(load.MODULES / "preload_dns.so"))
        daemon.start()
        daemon.wait_notified("WATCHDOG=1", 40)
        self.end_daemon(daemon)

    def test_while_name_servers_are_silent(self):
        """At the end of a message with a signature, whose key nobody sends."""
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        daemon = self.daemon(**load.daemon_settings(
            authentication='"dkim"', trusted_authserv_ids=None, border_removes_forged=None,
            dns_servers='[ "127.0.0.1@%d" ]' % silent.getsockname()[1], dns_timeout_ms="20000"))
        mta = daemon.mta()
        mta.mail()
        mta.rcpt("<old@example.com>")
        for name, value in (("DKIM-Signature", " v=1; a=rsa-sha256; c=relaxed/relaxed; d=shop.example; s=x;\n"
                             "\th=from:subject; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n"
                             "\tb=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
                            ("From", " Shop <service@shop.example>"), ("Subject", " Your order")):
            mta.header(name, value)
        mta.end_of_header()
        mta.send_macros("E")
        mta.wire.send("E")
        silent.settimeout(wire.TIMEOUT)
        self.assertGreater(len(silent.recv(512)), 12)  # it asks
        self.assertLess(daemon.stop(), STOP_SECONDS)
        with self.assertRaises((wire.Closed, OSError)):
            mta.reply()
        mta.close()
        self.assertEqual(daemon.rows("SELECT * FROM message"), [])


if __name__ == "__main__":
    scenario.main()
