# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The end, and what systemd is told on the way there."""
import contextlib
import signal
import sqlite3
import threading

import scenario
import wire
from scenario import STOP_SECONDS, service_mail


class Stop(scenario.Scenario):
    def test_signals_end_it(self):
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(how=how):
                daemon = self.daemon()
                daemon.send(service_mail())
                self.assertLess(daemon.stop(how), STOP_SECONDS)
                self.assertIn("ending", daemon.log())

    def test_with_idle_connections(self):
        daemon = self.daemon()
        idle = [daemon.mta() for _ in range(5)]
        half = daemon.mta()
        half.mail()
        half.rcpt("<old@example.com>")
        self.assertLess(daemon.stop(), STOP_SECONDS)
        for mta in idle:
            mta.close()

    def test_under_load_nothing_answered_is_missing(self):
        daemon = self.daemon()
        answered, stopping = [], threading.Event()

        def work(number):
            with contextlib.suppress(wire.Closed, OSError):
                mta = daemon.mta()
                turn = 0
                while not stopping.is_set() or turn < 1:
                    name = "%d-%d" % (number, turn)
                    recipient = "old%s@example.com" % name
                    outcome = mta.send(service_mail(message_id=name),
                                       recipients=["<%s>" % recipient])
                    if outcome.final.is_permanent():
                        answered.append(recipient)
                    turn += 1

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        while len(answered) < 100:
            threads[0].join(0.05)
        self.assertLess(daemon.stop(), STOP_SECONDS)
        stopping.set()
        for thread in threads:
            thread.join()
        rows = {row["address"] for row in daemon.rows()}
        rows |= {row["address"] for row in daemon.rows("SELECT address FROM account")}
        self.assertEqual(set(answered) - rows, set())

    def test_while_the_ledger_is_locked(self):
        daemon = self.daemon(ledger_timeout_ms="1000")
        base = sqlite3.connect(daemon.database, isolation_level=None)
        self.addCleanup(base.close)
        base.execute("BEGIN IMMEDIATE")
        mta = daemon.mta()
        mta.mail()
        mta.rcpt("<old@example.com>")
        mta.header("Subject", " x")
        mta.end_of_header()
        mta.send_macros("E")
        mta.wire.send("E")
        self.assertLess(daemon.stop(), STOP_SECONDS)
        mta.close()

    def test_killed_at_any_instant(self):
        daemon = self.daemon()
        recipients = ["old%d@example.com" % i for i in range(30)]
        mta = daemon.mta()
        for recipient in recipients:
            outcome = mta.send(service_mail(message_id=recipient), recipients=["<%s>" % recipient])
            self.assertTrue(outcome.final.is_permanent())
        daemon.process.kill()
        daemon.process.wait()
        mta.close()
        daemon.start()
        rows = {row["address"] for row in daemon.rows("SELECT address FROM account")}
        self.assertEqual(rows, set(recipients))
        self.assertIn("removed the stale socket", daemon.log())

    def test_systemd_is_told(self):
        daemon = self.daemon(start=False)
        daemon.launch()
        daemon.wait_notified("READY=1")
        daemon.process.send_signal(signal.SIGUSR1)
        self.assertIn("MONOTONIC_USEC=", daemon.wait_notified("RELOADING=1"))
        daemon.wait_notified("READY=1")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.wait_notified("STOPPING=1")
        self.assertEqual(daemon.process.wait(STOP_SECONDS), 0)
        daemon.process = None

    def test_watchdog_asks_the_socket(self):
        daemon = self.daemon(environment={"WATCHDOG_USEC": "1000000"}, connections_max="10")
        for _ in range(3):
            daemon.wait_notified("WATCHDOG=1", 10)
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        # a socket that answers no more: no sign of life
        path = daemon.listen.split(":", 1)[1]
        (daemon.dir / "milter.sock").rename(daemon.dir / "elsewhere")
        daemon.wait_logged("our own socket local:%s does not answer" % path)

    def test_watchdog_of_another_process(self):
        daemon = self.daemon(environment={"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
        with self.assertRaisesRegex(AssertionError, "not told WATCHDOG=1"):
            daemon.wait_notified("WATCHDOG=1", 1)

    def test_without_watchdog_no_probe(self):
        daemon = self.daemon()
        daemon.send(service_mail())
        self.assertNotIn("WATCHDOG", daemon.log())


if __name__ == "__main__":
    scenario.main()
