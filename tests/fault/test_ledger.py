# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Others at the ledger of the running daemon: an administrator's shell that is left open, a second
daemon, programs that lock, empty, rewrite, replace or damage the file. What cannot be written is put
off with a line in the log, and it goes on by itself when the cause is gone."""
import ctypes
import os
import shutil
import signal
import sqlite3
import threading
import time

import load
import scenario
from scenario import service_mail

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


def exchange(one, other):
    """Two directories, at once: of a file, -wal and -shm that are moved one by one the daemon can
    meet some. Python has no name for it."""
    call = ctypes.CDLL(None, use_errno=True).renameat2
    if call(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2", str(one))


class Ledger(scenario.Scenario):
    def shell(self, daemon, **how):
        base = sqlite3.connect(daemon.database, timeout=30, isolation_level=None, **how)
        self.addCleanup(base.close)
        return base

    def test_a_transaction_held_for_ten_seconds(self):
        daemon = self.daemon(**load.daemon_settings(ledger_timeout_ms="1000"))
        book = load.Load(daemon, connections=8)
        with book:
            book.wait_answered(20)
            shell = self.shell(daemon)
            shell.execute("BEGIN IMMEDIATE")
            time.sleep(10)
            failures = book.count("failure")
            self.assertGreater(failures, 8)
            shell.execute("COMMIT")
            book.wait_answered(book.count("right") + 50)
        self.assertIn("could not be judged: ", daemon.log())
        self.assertRegex(daemon.log(), r"ledger: \S+ .*another program holds its lock: end that program's transaction")
        daemon.wait_logged("goneaway.db is written again")
        book.deliver_again()
        book.check(self)

    def test_a_shell_that_reads_and_is_left_open(self):
        """It sees what was when it began, and the daemon does not wait for it."""
        daemon = self.daemon(**load.daemon_settings())
        shell = self.shell(daemon)
        shell.execute("BEGIN")
        before = shell.execute("SELECT count(*) FROM message").fetchone()
        book = load.Load(daemon, connections=8, limit=load.turns(40, 1000)).start()
        book.join()
        self.assertEqual(shell.execute("SELECT count(*) FROM message").fetchone(), before)
        self.assertEqual(book.count("right"), len(book.messages))
        shell.execute("COMMIT")
        self.assertGreater(shell.execute("SELECT count(*) FROM message").fetchone(), before)
        book.check(self)

    def test_checkpoints_vacuum_and_edits_under_load(self):
        daemon = self.daemon(**load.daemon_settings(ledger_timeout_ms="10000"))
        shell = self.shell(daemon)
        book = load.Load(daemon, connections=8, reconnect=True)
        with book:
            for _ in range(load.turns(3, 60)):
                book.wait_answered(book.count("right") + 20)
                for sql in ("PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(FULL)",
                            "PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM",
                            "UPDATE account SET note = 'asked'", "ANALYZE", "REINDEX"):
                    shell.execute(sql).fetchall()
        self.assertEqual({"right"}, {answer for message in book.messages for answer in message.answers})
        book.check(self)

    def test_damaged_and_restored(self):
        daemon = self.daemon(**load.daemon_settings())
        mta = daemon.mta()
        for number in range(100):
            self.assertTrue(mta.send(service_mail(message_id=str(number))).final.is_permanent())
        shell = self.shell(daemon)
        self.assertEqual(shell.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone(), (0, 0, 0))
        shell.close()
        good = shutil.copy(daemon.database, daemon.dir / "backup.db")
        with open(daemon.database, "r+b") as file:  # every page but the first
            size = file.seek(0, os.SEEK_END)
            file.seek(4096)
            file.write(b"\xa5" * (size - 4096))
        failures = 0
        for number in range(5):
            outcome = mta.send(service_mail(message_id="damaged%d" % number, service="new%d.example" % number),
                               recipients=["<other%d@example.com>" % number])
            self.assertIn(outcome.final.letter, "y")
            failures += outcome.final == load.LATER
        self.assertEqual(failures, 5)
        self.assertRegex(daemon.log(), r"ledger: \S+goneaway\.db cannot be (read|written): database disk image is "
                                       r"malformed: it is damaged: stop the daemon, then restore it")
        # restored without a restart, though the sentence is more careful
        for suffix in ("-wal", "-shm"):
            daemon.database.with_name(daemon.database.name + suffix).unlink(missing_ok=True)
        os.rename(good, daemon.database)
        for number in range(5):
            self.assertTrue(mta.send(service_mail(message_id="after%d" % number)).final.is_permanent())
        mta.quit()
        self.assertEqual(len(daemon.rows("SELECT * FROM message")), 105)
        load.Load(daemon).check(self)

    def test_replaced_under_load(self):
        """What was answered is in one file or the other."""
        daemon = self.daemon(**load.daemon_settings())
        book = load.Load(daemon, connections=8, reconnect=True)
        kept = []
        with book:
            for number in range(load.turns(3, 40)):
                book.wait_answered(book.count("right") + 30)
                kept.append(daemon.dir / ("away%d" % number))
                kept[-1].mkdir()
                exchange(kept[-1], daemon.database.parent)
            book.wait_answered(book.count("right") + 30)
        book.deliver_again()
        self.assertEqual(book.errors, [])
        there = set()
        for directory in [*kept, daemon.database.parent]:
            base = sqlite3.connect(directory / "goneaway.db", timeout=30)
            self.assertEqual(base.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            there |= {row[0] for row in base.execute("SELECT address FROM message JOIN address"
                                                     " ON address.id = message.address_id")}
            base.close()
        answered = {to for message in book.messages for to in message.recipients if message.answered()}
        self.assertEqual(sorted(answered - there), [])
        self.assertIn("is another file now: opened", daemon.log())

    def test_a_second_daemon(self):
        daemon = self.daemon(**load.daemon_settings())
        second = self.daemon(**load.daemon_settings(start=False))
        second.database = daemon.database
        second.write_config()
        for _ in range(2):
            second.launch()
            self.assertEqual(second.process.wait(scenario.START_SECONDS), os.EX_UNAVAILABLE)
            second.process = None
        self.assertIn("another goneawayd (process %d) works with this ledger: stop that one, or name another file"
                      % daemon.process.pid, second.log())
        # the first one does not mind, nor do the subcommands
        self.assertTrue(daemon.send(service_mail(message_id="1"))[1].final.is_permanent())
        code, _, err = self.tool("expect", "-c", daemon.path, "garden@example.com", "--for", "2d")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(daemon.send(service_mail(message_id="2"))[1].final.is_permanent())
        # and a lock goes with its process, however that ends
        daemon.process.kill()
        self.assertEqual(daemon.process.wait(), -signal.SIGKILL)
        daemon.process = None
        second.start()
        self.assertTrue(second.send(service_mail(message_id="3"))[1].final.is_permanent())
        self.assertEqual(len(second.rows("SELECT * FROM message")), 3)

    def test_a_message_on_several_connections_at_once(self):
        """An MTA that gave up waiting delivers again while the first is still at work."""
        daemon = self.daemon(**load.daemon_settings())
        outcomes = []

        def deliver():
            outcomes.append(daemon.send(service_mail(message_id="same"))[1].final)

        threads = [threading.Thread(target=deliver) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({outcome.text[:9] for outcome in outcomes}, {"550 5.1.1"})
        self.assertEqual([row["deliveries"] for row in daemon.rows("SELECT deliveries FROM message")], [16])
        load.Load(daemon).check(self)

    def test_a_backup_under_load(self):
        daemon = self.daemon(**load.daemon_settings())
        book = load.Load(daemon, connections=8)
        copies = []
        with book:
            for number in range(load.turns(3, 30)):
                book.wait_answered(book.count("right") + 30)
                answered = {to for message in list(book.messages) for to in message.recipients
                            if message.answered()}
                copies.append((daemon.dir / ("copy%d.db" % number), answered))
                code, out, err = self.tool(daemon.database, ".timeout 10000", ".backup %s" % copies[-1][0],
                                           program="sqlite3")
                self.assertEqual((code, out, err), (0, "", ""))
        for copy, answered in copies:
            base = sqlite3.connect(copy)
            load.check_whole(self, base)
            there = {row[0] for row in base.execute("SELECT address FROM address WHERE messages > 0")}
            base.close()
            self.assertEqual(sorted(answered - there), [])
        self.assertEqual({"right"}, {answer for message in book.messages for answer in message.answers})


if __name__ == "__main__":
    scenario.main()
