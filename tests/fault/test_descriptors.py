# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""No descriptor is left: for connections, for the ledger, for the DNS, for a reload. Each is
answered or refused cleanly, and all goes on once there are some again."""
import contextlib
import os
import resource
import signal
import time
import unittest.mock

import load
import proc
import scenario
import wire
from scenario import domain, service_mail

RETURNED = "550 5.1.1 <old@example.com>: "
FEW = 256


class Descriptors(scenario.Scenario):
    def limited(self, limit, **settings):
        """A daemon that was started with so few."""
        daemon = self.daemon(start=False, **load.daemon_settings(**settings))
        program = daemon.dir / "limited"
        program.write_text('#!/bin/sh\nulimit -n %d && exec "%s" "$@"\n' % (limit, scenario.DAEMON))
        program.chmod(0o700)
        with unittest.mock.patch.object(scenario, "DAEMON", program):
            daemon.start()
        return daemon

    def assert_works(self, daemon, number):
        _, outcome = daemon.send(service_mail(message_id=str(number)))
        self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)

    @contextlib.contextmanager
    def none_left(self, daemon):
        """The daemon can open nothing more; what is open stays so."""
        pid = daemon.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = max(int(name) for name in os.listdir("/proc/%d/fd" % pid)) + 1
        taken = set(map(int, os.listdir("/proc/%d/fd" % pid)))
        # numbers below the highest may be free: nothing may be opened there either
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(set(range(used + 1)) - taken), before[1]))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

    def test_more_connections_than_descriptors(self):
        daemon = self.limited(FEW)
        self.assertIn("raise LimitNOFILE", daemon.log())
        before = proc.Measure(daemon.process.pid)
        open_ones, turned_away, put_off = [], 0, 0
        for _ in range(2 * FEW):
            try:
                mta = daemon.mta()
            except (wire.Closed, OSError):
                turned_away += 1
                continue
            open_ones.append(mta)
            mta.mail()
            put_off += mta.rcpt("<old@example.com>") == "reply 451 4.3.2 Too busy, try again later"
            mta.abort()
        self.assertGreater(turned_away, 0)
        self.assertGreater(put_off, 0)
        self.assertGreater(len(open_ones) - put_off, 20)
        # those that were taken are served as ever
        outcome = open_ones[0].send(service_mail(message_id="crowded"))
        self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)
        self.assertIsNone(daemon.process.poll())
        for mta in open_ones:
            mta.quit()
        end = time.monotonic() + 20
        while (proc.Measure(daemon.process.pid).descriptors > before.descriptors + 24 and
               time.monotonic() < end):
            time.sleep(0.05)
        book = load.Load(daemon, connections=8, limit=10).start()
        book.join()
        self.assertEqual(book.count("right"), 80)
        book.check(self)

    def test_silent_connections_beyond_all_bounds(self):
        """Connections that say nothing cannot be turned away: libmilter waits and tries again."""
        daemon = self.limited(FEW)
        silent = [wire.connect(daemon.listen) for _ in range(FEW + 20)]
        for link in silent:
            link.close()
        mta = wire.Mta(daemon.listen)
        mta.quit()
        self.assert_works(daemon, 1)

    def test_ledger_and_reload(self):
        daemon = self.daemon(**load.daemon_settings(log_level='"notice"'))
        mta = daemon.mta()
        self.assertTrue(mta.send(service_mail(message_id="before")).final.text.startswith(RETURNED))
        with self.none_left(daemon):
            # the ledger is open already
            outcome = mta.send(service_mail(message_id="during"))
            self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)
            # systemd cannot be told either
            daemon.process.send_signal(signal.SIGUSR1)
            daemon.wait_logged("stays in force")
            self.assertIn("Too many open files", daemon.log())
            self.assertNotIn("(null)", daemon.log())
            # the database as well must be opened anew: with the descriptors of the old one, or not
            daemon.database.rename(daemon.database.with_suffix(".old"))
            outcome = mta.send(service_mail(message_id="moved"))
            if outcome.final != load.LATER:
                self.assertTrue(outcome.final.text.startswith(RETURNED), outcome)
                self.assertEqual(len(daemon.rows()), 1)
        self.assertTrue(mta.send(service_mail(message_id="after")).final.text.startswith(RETURNED))
        self.assertNotIn("former", daemon.reload())
        self.assert_works(daemon, 2)
        mta.quit()

    def test_dns(self):
        """A signature that cannot be checked for want of a descriptor says nothing about the mail."""
        signed = ("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=shop.example; s=k; h=from;\n"
                  " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=YWJj\n")
        daemon = self.daemon(**load.daemon_settings(
            authentication='"dkim"', trusted_authserv_ids=None, border_removes_forged=None,
            dns_servers='[ "127.0.0.1@9" ]', dns_timeout_ms="500", domains=[domain()]))
        mta = daemon.mta()
        mail = service_mail(proven=False, fields=signed)
        self.assertNotEqual(mta.send(mail).final, load.LATER)
        with self.none_left(daemon):
            self.assertEqual(mta.send(mail.replace("<1@", "<2@")).final, load.LATER)
            # what carries no signature needs no DNS
            outcome = mta.send(service_mail(proven=False, message_id="3"))
            self.assertEqual(outcome.final, "continue")
        self.assertNotEqual(mta.send(mail.replace("<1@", "<4@")).final, load.LATER)
        mta.quit()


if __name__ == "__main__":
    scenario.main()
