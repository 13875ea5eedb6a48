# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Calls of the ledger to the system that fail: the first, second, third … of each kind, once and for
a while, until none is left to fail; at random under load; and while the daemon starts. The layer
below SQLite that fails is preload_layer.c."""
import mmap
import os
import shutil
import signal
import sqlite3
import struct
import time
import unittest

import load
import scenario

# no message comes by a truncate: what empties the -wal file is tried below and in
# unit/test_ledger_faultloop
CALLS = ("open", "read", "write", "truncate", "sync", "size", "lock", "map")
NTH_MOST = 400  # a loop that gets so far would never end


class Layer:
    """Orders to the layer of one daemon."""

    def __init__(self, path):
        path.write_bytes(bytes(32))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 32)

    def fail(self, calls, nth=1, lasting=False):
        """The nth call from now, and all that follow where it is `lasting`."""
        self.put(8, 1 if lasting else 0)
        self.put(24, 0)
        self.put(0, sum(1 << CALLS.index(call) for call in calls))
        self.put(16, nth)

    def work(self):
        """Nothing fails any more. How many calls have."""
        self.put(16, 0)
        return struct.unpack_from("=q", self.shared, 24)[0]

    def put(self, at, value):
        struct.pack_into("=q", self.shared, at, value)


class Io(scenario.Scenario):
    def failing_daemon(self, start=True, **settings):
        daemon = self.daemon(**load.daemon_settings(start=False, **settings))
        layer = Layer(daemon.dir / "orders")
        daemon.environment = dict(load.preload(load.MODULES / "preload_layer.so"),
                                  FAULT_LAYER=str(daemon.dir / "orders"))
        if start:
            daemon.start()
        return daemon, layer

    def make_cold(self, daemon):
        """The same ledger in another file: the daemon opens it anew, and has nothing in memory."""
        base = sqlite3.connect(daemon.database, timeout=30)
        base.execute("PRAGMA synchronous = OFF")
        self.assertEqual(base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0], 0)
        base.close()
        copy = shutil.copy(daemon.database, daemon.dir / "copy.db")
        for suffix in ("-wal", "-shm"):
            daemon.database.with_name(daemon.database.name + suffix).unlink(missing_ok=True)
        os.rename(copy, daemon.database)

    def each(self, call, lasting, cold, book, layer):
        """Message by message, the nth call failing under the nth: how often, and what was put off."""
        daemon = book.daemon
        before = book.count("failure")
        mta, failed, nth = daemon.mta(), 1, 0
        while failed > 0:
            nth += 1
            self.assertLess(nth, NTH_MOST)
            if cold:
                self.make_cold(daemon)
            message = load.Message(call, nth, 1)
            book.messages.append(message)
            layer.fail([call], nth, lasting)
            mta = book.attempt(mta, message)
            failed = layer.work()
            if not message.answered():
                mta = book.attempt(mta, message)
            self.assertTrue(message.answered(), (call, nth, message))
        mta.quit()
        return "%s %d/%d" % (call, book.count("failure") - before, nth - 1)

    def test_each_call(self):
        for cold in (False, True):
            for lasting in (False, True):
                daemon, layer = self.failing_daemon()
                book = load.Load(daemon, connections=0)
                told = []
                for call in CALLS:
                    with self.subTest(call=call, lasting=lasting, cold=cold):
                        told.append(self.each(call, lasting, cold, book, layer))
                book.check(self)
                self.assertRegex(daemon.log(), r"ledger: \S+goneaway\.db cannot be (written|read): \S.*: \S")
                self.assertIn("on_failure=tempfail", daemon.log())
                print("%s, %s: put off/failed: %s" % (
                    "opened anew" if cold else "open", "lasting" if lasting else "once", ", ".join(told)))

    def test_at_random_under_load(self):
        random = load.chance("failing calls under load")
        daemon, layer = self.failing_daemon(start=False)
        failed = 0
        for number in range(load.turns(4, 60)):
            daemon.start()
            book = load.Load(daemon, name=str(number), connections=16, reconnect=True)
            with book:
                end = time.monotonic() + random.uniform(0.3, 1)
                while time.monotonic() < end:
                    layer.fail(random.sample(CALLS, random.randrange(1, len(CALLS))),
                               random.randrange(1, 200), random.random() < 0.2)
                    time.sleep(random.uniform(0, 0.05))
                    failed += layer.work()
                if number % 2 == 0:
                    book.reconnect = False
                    daemon.process.kill()
                    self.assertEqual(daemon.process.wait(), -signal.SIGKILL)
                    daemon.process = None
            if daemon.process is None:
                book.check_image(self)
                daemon.start()
            book.deliver_again()
            book.check(self)
            daemon.stop()
        print("%d calls failed" % failed)
        self.assertGreater(failed, 0)

    def test_no_answer_without_its_sync(self):
        daemon, layer = self.failing_daemon()
        book = load.Load(daemon, connections=8, limit=4)
        layer.fail(["sync"], lasting=True)
        book.start().join()
        self.assertEqual(book.count("failure"), 32)
        self.assertGreater(layer.work(), 0)
        self.assertRegex(daemon.log(), r"ledger: \S+ cannot be written: disk I/O error: .*"
                                       r"look for errors of its disk in the system's log")
        book.deliver_again()
        self.assertEqual(book.count("right"), 32)
        daemon.wait_logged("goneaway.db is written again")
        book.check(self)

    @unittest.skipUnless(load.LONG, "takes over a minute")
    def test_emptying_the_wal_file_when_idle(self):
        daemon, layer = self.failing_daemon()
        book = load.Load(daemon, connections=4, limit=10).start()
        book.join()
        layer.fail(["truncate", "write"], lasting=True)
        daemon.wait_logged("goneaway.db: no checkpoint: ", 150)
        self.assertGreater(layer.work(), 0)
        wal = daemon.database.with_name(daemon.database.name + "-wal")
        end = time.monotonic() + 150
        while wal.stat().st_size > 0 and time.monotonic() < end:
            time.sleep(0.5)
        self.assertEqual(wal.stat().st_size, 0)
        book.check(self)

    def test_on_failure(self):
        for action, wanted in (("accept", "continue"), ("reject", "reply 554 5.3.0 Local problem")):
            with self.subTest(action=action):
                daemon, layer = self.failing_daemon(on_failure='"%s"' % action)
                layer.fail(CALLS, lasting=True)
                _, outcome = daemon.send(scenario.service_mail())
                layer.work()
                self.assertEqual((outcome.final, outcome.edits), (wanted, []))
                _, outcome = daemon.send(scenario.service_mail())
                self.assertTrue(outcome.final.text.startswith("550 5.1.1 "), outcome)

    def test_each_call_while_it_starts(self):
        """It starts, or says in one sentence why not; and starts once the cause is gone."""
        ends = {}
        step = load.turns(13, 1)
        for call in CALLS:
            daemon, layer = self.failing_daemon(start=False)
            nth, failed = 1, 1
            while failed > 0:
                self.assertLess(nth, NTH_MOST)
                for path in daemon.database.parent.glob("goneaway.db*"):
                    path.unlink()
                at = len(daemon.log())
                layer.fail([call], nth)
                code = self.start_or_end(daemon)
                failed = layer.work()
                ends[code] = ends.get(code, 0) + 1
                if code != 0:
                    self.assertIn(code, (os.EX_UNAVAILABLE, os.EX_CANTCREAT), daemon.log())
                    self.assertRegex(daemon.log()[at:], r"cannot open the ledger \S+: .*: .*")
                    daemon.start()
                self.assertTrue(daemon.send(scenario.service_mail())[1].final.is_permanent())
                daemon.stop()
                nth += step
        print("ends:", ends)
        self.assertEqual(sorted(ends)[0], 0)

    def start_or_end(self, daemon):
        daemon.launch()
        try:
            daemon.wait_notified("READY=1")
            return 0
        except AssertionError:
            code = daemon.process.poll()
            if code is None:
                raise
            return code


if __name__ == "__main__":
    scenario.main()
