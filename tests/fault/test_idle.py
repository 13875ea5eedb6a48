# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Connections that say nothing, stop in the middle, or crawl: service goes on for all others, each
costs a bounded amount of memory, and what they held is given back.

A packet that never comes to its end keeps a thread of libmilter waiting; see watchdog.c for how the
others get one."""
import contextlib
import struct
import time

import load
import proc
import scenario
import wire

IDLE = 2000
# a thread's stack as far as it is used, its heap, and a message that has begun
MEMORY_EACH = 96 << 10
PIECE = 2000
AT_ONCE = 400
LONG, LONG_PIECES = 60, 15


class Idle(scenario.Scenario):
    def stop_at(self, daemon, stage):
        """A connection that goes so far and no further."""
        if stage == 0:
            return wire.connect(daemon.listen)
        if stage == 1:
            link = wire.connect(daemon.listen)
            link.sendall(b"\0\0")  # half a length
            return link
        if stage == 2:
            link = wire.connect(daemon.listen)
            link.sendall(struct.pack("!I", 13) + b"O\0\0\0\6")  # half a packet
            return link
        mta = wire.Mta(daemon.listen)
        if stage == 3:
            return mta
        mta.connect()
        mta.mail()
        if stage == 4:
            return mta
        mta.rcpt("<old@example.com>")
        mta.header("Subject", " Reset your password")
        if stage == 5:
            return mta
        mta.end_of_header()
        mta.body(b"x" * PIECE)
        if stage == 7:  # the last packet never comes to its end
            mta.wire.link.sendall(struct.pack("!I", 60000) + b"B" + b"y" * PIECE)
        return mta

    def open_idle(self, daemon):
        idle = []
        self.addCleanup(lambda: [link.close() for link in idle])
        # those that stop within a packet last: each may hold up the next one's answer for a second
        for stages, count in (((0, 3, 4, 5, 6), IDLE // 2), ((1, 2), IDLE // 2 - 20), ((7,), 20)):
            for number in range(count):
                idle.append(self.stop_at(daemon, stages[number % len(stages)]))
        return idle

    def settle(self, daemon, threads):
        """Its measure when the threads have gone, and no connection is just being closed."""
        end = time.monotonic() + 60
        while proc.Measure(daemon.process.pid).threads > threads and time.monotonic() < end:
            time.sleep(0.1)
        measures = []
        for _ in range(5):
            measures.append(proc.Measure(daemon.process.pid))
            time.sleep(0.05)
        return min(measures, key=lambda measure: measure.descriptors)

    def test_idle_and_half_open(self):
        daemon = self.daemon(**load.daemon_settings())
        threads = proc.Measure(daemon.process.pid).threads
        load.Load(daemon, name="warm", connections=4, limit=20).start().join()
        before = self.settle(daemon, threads)
        idle = self.open_idle(daemon)
        crowded = proc.Measure(daemon.process.pid)
        book = load.Load(daemon, connections=4, limit=40).start()
        book.join()
        self.assertEqual(book.count("right"), 160)
        for link in idle:
            link.close()
        after = self.settle(daemon, threads)
        print("%r; with %d idle %r; without them %r" % (before, IDLE, crowded, after))
        self.assertGreaterEqual(crowded.descriptors, before.descriptors + IDLE)
        self.assertLessEqual(after.threads, threads)
        self.assertLessEqual(after.descriptors, before.descriptors + 24)
        if not proc.is_sanitized(daemon.process.pid):
            self.assertLessEqual(crowded.rss, before.rss + IDLE * MEMORY_EACH)
        book.check(self)

    def test_many_at_once(self):
        """Libmilter signals its idle threads once for each connection, and starts no others as long
        as they have not woken: if they then all wait, the other connections wait with them."""
        daemon = self.daemon(**load.daemon_settings(start=False))
        daemon.environment = dict(daemon.environment,
                                  **load.preload(load.MODULES / "preload_late.so"))
        daemon.start()
        links = [self.stop_at(daemon, number % 3) for number in range(AT_ONCE)]
        self.addCleanup(lambda: [link.close() for link in links])
        mta = wire.Mta(daemon.listen)  # is answered, in spite of them
        mta.connect()
        mta.mail()
        self.assertEqual(mta.rcpt("<me@example.com>"), "continue")
        mta.quit()

    def test_signs_of_life_in_a_crowd(self):
        """As long as more threads start, others may be waiting; systemd waits as well, and so does
        whoever ends the daemon."""
        daemon = self.daemon(**load.daemon_settings(start=False))
        daemon.environment = dict(daemon.environment, WATCHDOG_USEC="4000000",
                                  **load.preload(load.MODULES / "preload_crowd.so"))
        daemon.start()
        daemon.wait_notified("WATCHDOG=1")
        daemon.wait_notified("WATCHDOG=1")
        daemon.stop()

    def test_long_bodies_leave_nothing(self):
        """Many long mails at once, broken off: the memory is soon the system's again."""
        daemon = self.daemon(**load.daemon_settings())
        threads = proc.Measure(daemon.process.pid).threads
        load.Load(daemon, name="warm", connections=4, limit=20).start().join()
        before = self.settle(daemon, threads)
        long = [self.stop_at(daemon, 6) for _ in range(LONG)]
        for _ in range(LONG_PIECES):
            for mta in long:
                mta.body(b"z" * 65535)
        self.wait_for_memory(daemon, lambda octets: octets > before.rss + LONG * LONG_PIECES * 60000)
        later = [self.stop_at(daemon, 5) for _ in range(LONG)]  # they lie behind it
        self.addCleanup(lambda: [mta.close() for mta in later])
        for mta in long:
            mta.close()
        if not proc.is_sanitized(daemon.process.pid):  # which keeps what was freed
            self.wait_for_memory(daemon, lambda octets: octets < before.rss * 1.1 + (10 << 20))

    def wait_for_memory(self, daemon, is_right):
        end = time.monotonic() + 60
        while not is_right(proc.Measure(daemon.process.pid).rss):
            self.assertLess(time.monotonic(), end, proc.Measure(daemon.process.pid))
            time.sleep(0.2)

    def test_slow_writers(self):
        """Octet by octet, while others are served; in the end they get their answer too."""
        daemon = self.daemon(**load.daemon_settings())
        slow = [wire.Mta(daemon.listen) for _ in range(50)]
        for mta in slow:
            mta.connect()
            mta.mail()
            mta.rcpt("<me@example.com>")
        packets = b"".join(struct.pack("!I", len(data) + 1) + letter + data for letter, data in (
            (b"L", b"Subject\0 Hello\0"), (b"L", b"From\0 Ann <ann@friends.example>\0"), (b"N", b""),
            (b"B", b"Hello.\r\n"), (b"E", b"")))
        book = load.Load(daemon, connections=4)
        with book:
            for at in range(len(packets)):
                for mta in slow:
                    mta.wire.link.sendall(packets[at:at + 1])
            book.wait_answered(20)
        for mta in slow:
            self.assertEqual(mta.reply(), "continue")
            mta.quit()
        self.assertGreaterEqual(book.count("right"), 20)
        book.check(self)

    def test_clients_that_never_read(self):
        """Their answers fill the socket's buffer: that holds up nobody else."""
        daemon = self.daemon(**load.daemon_settings())
        deaf = []
        self.addCleanup(lambda: [mta.close() for mta in deaf])
        for _ in range(20):
            mta = wire.Mta(daemon.listen, steps=wire.OLD_STEPS)
            mta.wire.link.settimeout(0.5)
            deaf.append(mta)
            with contextlib.suppress(TimeoutError):
                for number in range(20000):
                    mta.wire.send("M", b"<a@b.example>\0")
                    mta.wire.send("A")
        book = load.Load(daemon, connections=4, limit=20).start()
        book.join()
        self.assertEqual(book.count("right"), 80)
        book.check(self)


if __name__ == "__main__":
    scenario.main()
