# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The clock is set back, and forth again, while the daemon runs: the answers stay right, times in the
ledger make sense, every view answers, and nobody waits longer or shorter for it. libfaketime stands
between the daemon and the clock; the monotonic one it leaves alone, with preload_clock.c's help.
Exits 77 without it."""
import glob
import os
import socket
import sqlite3
import subprocess
import sys
import time

import load
import scenario
from scenario import service_mail

SKIPPED = 77
FOUND = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
# in the order in which they come; seconds
BACK = (0, -3600, -2 * 86400, -400 * 86400)
FORTH = (-400 * 86400, -2 * 86400, 3 * 3600, 0)
STEPS = BACK + FORTH

SANE = [
    ("first and last of an account", "SELECT id, first_seen, last_seen FROM account WHERE (first_seen, last_seen)"
     " <> (SELECT min(received), max(received) FROM message WHERE account_id = account.id) LIMIT 3"),
    ("first and last of an address", "SELECT id, first_seen, last_seen FROM address WHERE (first_seen, last_seen)"
     " <> (SELECT min(received), max(received) FROM message WHERE address_id = address.id) LIMIT 3"),
]


class Clock(scenario.Scenario):
    def clocked_daemon(self, **settings):
        daemon = self.daemon(**load.daemon_settings(start=False, keep_days="3650", **settings))
        self.set_clock(daemon, 0)
        daemon.environment = dict(daemon.environment, **self.faked(daemon))
        daemon.start()
        return daemon

    def faked(self, daemon):
        return dict(load.preload(load.MODULES / "preload_clock.so", *FOUND[:1]), FAKETIME_TIMESTAMP_FILE=str(daemon.dir / "clock"),
                    FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1")

    def set_clock(self, daemon, seconds):
        new = daemon.dir / "clock.new"
        new.write_text("%+d\n" % seconds)
        new.rename(daemon.dir / "clock")

    def check_views(self, daemon):
        """Asked by a shell whose clock is the daemon's, and by one whose clock is right."""
        views = [row["name"] for row in daemon.rows("SELECT name FROM sqlite_schema WHERE type = 'view'")]
        self.assertGreater(len(views), 10)
        script = "".join("SELECT '%s', count(*) FROM %s;\n" % (view, view) for view in views)
        for environment in ({}, self.faked(daemon)):
            done = subprocess.run(["sqlite3", "-bail", "-readonly", str(daemon.database), script], check=False,
                                  env=dict(os.environ, **environment), capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout.count("\n"), len(views))

    def check_times(self, daemon):
        base = sqlite3.connect(daemon.database, timeout=30)
        for what, sql in SANE:
            self.assertEqual(base.execute(sql).fetchall(), [], what)
        base.close()

    def test_the_clock_is_the_one_that_was_set(self):
        daemon = self.clocked_daemon()
        mta = daemon.mta()
        years = []
        for number, days in enumerate((0, -400, -800)):
            self.set_clock(daemon, days * 86400)
            self.assertTrue(mta.send(service_mail(message_id=str(number))).final.is_permanent())
            years.append(daemon.rows("SELECT received FROM message ORDER BY id")[-1]["received"][:4])
        mta.quit()
        self.assertEqual(sorted(years, reverse=True), years)
        self.assertLess(years[2], years[0])
        self.check_times(daemon)

    def test_under_load(self):
        daemon = self.clocked_daemon()
        for name, steps in (("back", BACK), ("forth", FORTH)):
            book = load.Load(daemon, name=name, connections=8, reconnect=True)
            with book:
                for seconds in steps:
                    self.set_clock(daemon, seconds)
                    book.wait_answered(book.count("right") + load.turns(60, 600))
                    self.check_views(daemon)
            # libmilter closes a connection that seems to have waited for more than a day
            allowed = {"right"} if name == "back" else {"right", None}
            self.assertLessEqual({answer for message in book.messages for answer in message.answers}, allowed)
            book.deliver_again()
            book.check(self)
            self.check_times(daemon)
        for seconds in STEPS:
            self.set_clock(daemon, seconds)
            daemon.reload()
            self.assertTrue(daemon.send(service_mail(message_id="after%d" % seconds))[1].final.is_permanent())
        self.check_times(daemon)

    def test_a_message_that_comes_again_after_it(self):
        daemon = self.clocked_daemon()
        for seconds in STEPS:
            self.set_clock(daemon, seconds)
            self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        self.assertEqual([row["deliveries"] for row in daemon.rows("SELECT deliveries FROM message")], [len(STEPS)])

    def test_who_waits_for_the_ledger(self):
        """Neither longer, where it is set back, nor shorter, where it is set forth."""
        daemon = self.clocked_daemon(ledger_timeout_ms="3000")
        base = sqlite3.connect(daemon.database, timeout=10, isolation_level=None)
        self.addCleanup(base.close)
        base.execute("BEGIN IMMEDIATE")
        mta = daemon.mta()
        self.begin(mta, "1")
        self.set_clock(daemon, -86400)
        self.assertEqual(mta.reply(), load.LATER)
        self.set_clock(daemon, 0)
        self.begin(mta, "2")
        self.set_clock(daemon, 86400)
        time.sleep(0.5)
        self.assertTrue(mta.wire.is_silent(), "gave up at once")
        base.execute("ROLLBACK")
        self.assertTrue(mta.reply().is_permanent())
        mta.quit()

    def begin(self, mta, identity):
        """A message up to its end, whose answer is left to come."""
        mta.mail()
        mta.rcpt("<old@example.com>")
        header, _, body = service_mail(message_id=identity).partition("\n\n")
        for field in header.split("\n"):
            mta.header(*field.split(":", 1))
        mta.end_of_header()
        mta.body(body.encode())
        mta.send_macros("E")
        mta.wire.send("E")
        time.sleep(0.2)

    def test_who_waits_for_a_name_server(self):
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        daemon = self.clocked_daemon(
            authentication='"dkim"', trusted_authserv_ids=None, border_removes_forged=None,
            dns_servers='[ "127.0.0.1@%d" ]' % silent.getsockname()[1], dns_timeout_ms="2000")
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
        silent.recv(512)
        self.set_clock(daemon, -86400)
        letter, _ = mta.wire.receive()
        self.assertIn(letter, "cyti")
        mta.close()

    def test_signs_of_life_go_on(self):
        daemon = self.clocked_daemon()
        daemon.stop()
        daemon.environment = dict(daemon.environment, WATCHDOG_USEC="1000000")
        daemon.start()
        for seconds in (-86400, 0):
            self.set_clock(daemon, seconds)
            daemon.forget_notifications()
            began = time.monotonic()
            for _ in range(3):
                daemon.wait_notified("WATCHDOG=1", 10)
            # two of the three came half a second, or a whole one, after the one before
            self.assertGreater(time.monotonic() - began, 0.9, "it does not sleep in between")

    def test_a_start_with_a_clock_that_is_far_ahead(self):
        """What is not old is not deleted for it."""
        daemon = self.clocked_daemon(keep_accounts_days="400")
        daemon.write_config(keep_days="90")
        daemon.reload()
        self.assertTrue(daemon.send(service_mail(message_id="1"))[1].final.is_permanent())
        daemon.stop()
        self.set_clock(daemon, 1000 * 86400)
        daemon.start()
        daemon.wait_logged("the clock is suddenly far ahead (days: 9")
        self.assertTrue(daemon.send(service_mail(message_id="2"))[1].final.is_permanent())
        self.assertEqual(len(daemon.rows("SELECT * FROM message")), 2)
        self.set_clock(daemon, 0)
        daemon.reload()
        self.assertTrue(daemon.send(service_mail(message_id="3"))[1].final.is_permanent())
        self.assertEqual(len(daemon.rows("SELECT * FROM message")), 3)

    def test_a_start_with_a_clock_that_is_behind(self):
        daemon = self.clocked_daemon()
        self.assertTrue(daemon.send(service_mail(message_id="1"))[1].final.is_permanent())
        daemon.stop()
        self.set_clock(daemon, -400 * 86400)
        daemon.start()
        self.assertTrue(daemon.send(service_mail(message_id="2"))[1].final.is_permanent())
        self.check_times(daemon)
        self.check_views(daemon)


if __name__ == "__main__":
    if not FOUND:
        print("skipped: libfaketime is not installed")
        sys.exit(SKIPPED)
    scenario.main()
