# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Many messages and many reloads: memory, descriptors and threads stay where they are.

Measured from /proc, with no connection open: after a warm-up of a third of all, then at the end.
Allowed is what the C library's pools and the ledger's readers (at most 8, of three descriptors each)
come and go by: 10 % and 8 MiB of memory, 24 descriptors. Memory is not compared under a sanitizer, which has LeakSanitizer instead."""
import time

import load
import proc
import scenario

CONNECTIONS = 8


class Flat(scenario.Scenario):
    def settle(self, daemon, threads):
        """The connections' threads have ended; what is measured then."""
        end = time.monotonic() + 30
        while proc.Measure(daemon.process.pid).threads > threads and time.monotonic() < end:
            time.sleep(0.05)
        return proc.Measure(daemon.process.pid)

    def deliver(self, daemon, name, messages):
        book = load.Load(daemon, name=name, connections=CONNECTIONS, recipients=1,
                         limit=messages // CONNECTIONS).start()
        for thread in book.threads:
            thread.join()
        self.assertEqual(book.errors[:5], [])
        self.assertEqual(book.count("right"), messages // CONNECTIONS * CONNECTIONS)
        return book

    def assert_flat(self, daemon, before, after):
        self.assertLessEqual(after.descriptors, before.descriptors + 24)
        self.assertLessEqual(after.threads, before.threads)
        if not proc.is_sanitized(daemon.process.pid):
            self.assertLessEqual(after.rss, before.rss * 1.1 + (8 << 20))

    def test_messages(self):
        messages = load.turns(2400, 100000)
        daemon = self.daemon(**load.daemon_settings(synchronous='"NORMAL"'))
        threads = proc.Measure(daemon.process.pid).threads
        self.deliver(daemon, "warm", messages // 3)
        before = self.settle(daemon, threads)
        book = self.deliver(daemon, "then", messages - messages // 3)
        after = self.settle(daemon, threads)
        print("%d messages: %r, then %r" % (messages, before, after))
        self.assert_flat(daemon, before, after)
        book.check(self)

    def test_reloads(self):
        reloads = load.turns(45, 1000)
        daemon = self.daemon(**load.daemon_settings(synchronous='"NORMAL"'))
        good = daemon.path.read_text()
        before = None
        for number in range(reloads):
            bad = number % 5 == 4
            daemon.path.write_text(good + ("nonsense = 1;\n" if bad else "quiet_days = %d;\n" % (30 + number % 60)))
            self.assertEqual("former" in daemon.reload(), bad)
            if number % 10 == 0:
                _, outcome = daemon.send(scenario.service_mail(message_id=str(number)))
                self.assertTrue(outcome.final.is_permanent())
            if number == reloads // 3:
                before = proc.Measure(daemon.process.pid)
        after = proc.Measure(daemon.process.pid)
        print("%d reloads: %r, then %r" % (reloads, before, after))
        self.assert_flat(daemon, before, after)


if __name__ == "__main__":
    scenario.main()
