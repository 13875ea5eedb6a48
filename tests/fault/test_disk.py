# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""A file system that is full, or may not be written, under the ledger: small ones in memory, mounted
where nobody else sees them. Exits 77 where this machine lets nobody mount."""
import errno
import os
import shutil
import signal
import subprocess
import sys
import time

import load
import scenario

SKIPPED = 77


class Disk(scenario.Scenario):
    def small_disk(self, size, **settings):
        """A daemon, not started, whose ledger lies on a file system of its own."""
        daemon = self.daemon(**load.daemon_settings(start=False, **settings))
        mount(daemon.database.parent, "size=%d" % size)
        remove = daemon.remove

        def unmount_and_remove():
            subprocess.run(["umount", "-R", "-l", str(daemon.database.parent)], check=True)
            remove()

        daemon.remove = unmount_and_remove
        return daemon

    def test_full_for_a_while_under_load(self):
        random = load.chance("full for a while")
        failures = refused = 0
        for turn in range(load.turns(1, 10)):  # in more rounds the ledger itself would fill its disk
            put_off, ended = self.fill_four_times(random, str(turn))
            failures += put_off
            refused += ended
        print("put off %d, refused to start %d times" % (failures, refused))

    def fill_four_times(self, random, name):
        daemon = self.small_disk(24 << 20)
        failures = refused = 0
        for number in range(4):
            daemon.start()
            book = load.Load(daemon, name="%s.%d" % (name, number), connections=8, reconnect=True)
            with book:
                for _ in range(3):
                    book.wait_answered(book.count("right") + 20)
                    with Filled(daemon):
                        book.wait_answered(book.count("failure") + 20, "failure")
                    time.sleep(random.uniform(0, 0.05))
                book.wait_answered(book.count("right") + 20)
                if number % 2 == 0:
                    with Filled(daemon):
                        book.reconnect = False
                        self.kill(daemon)
                        book.stop()
                        refused += self.start_where_it_is_full(daemon)
            if daemon.process is None:
                daemon.start()
            failures += book.count("failure")
            book.deliver_again()
            book.check(self)
            daemon.stop()
        self.assertRegex(daemon.log(), r"ledger: \S+ cannot be written: database or disk is full: "
                                       r"free space on its file system")
        self.assertIn("goneaway.db is written again", daemon.log())
        return failures, refused

    def kill(self, daemon):
        daemon.process.kill()
        self.assertEqual(daemon.process.wait(), -signal.SIGKILL)
        daemon.process = None

    def start_where_it_is_full(self, daemon):
        """It starts, or ends with a sentence; 1 where it ended."""
        at = len(daemon.log())
        daemon.launch()
        try:
            daemon.wait_notified("READY=1")
        except AssertionError:
            code, daemon.process = daemon.process.wait(), None
            self.assertIn(code, (os.EX_UNAVAILABLE, os.EX_CANTCREAT, os.EX_CONFIG), daemon.log())
            self.assertRegex(daemon.log()[at:], r"(cannot open the ledger|key file cannot be made).*: free space on")
            return 1
        daemon.stop()
        return 0

    def test_no_room_for_a_ledger(self):
        daemon = self.small_disk(1 << 20)
        with Filled(daemon):
            self.assertEqual(self.start_where_it_is_full(daemon), 1)
        daemon.start()
        self.assertTrue(daemon.send(scenario.service_mail())[1].final.is_permanent())

    def test_what_the_daemon_fills_itself_it_empties_itself(self):
        """The -wal file holds the same pages again and again: it is emptied before it is given up."""
        daemon = self.small_disk(4 << 20)
        daemon.start()
        mta = daemon.mta()
        failures = 0
        for number in range(400):
            outcome = mta.send(scenario.service_mail(message_id=str(number)))
            failures += outcome.final == load.LATER
        mta.quit()
        print("put off %d" % failures)
        self.assertLess(failures, 40)
        self.assertTrue(daemon.send(scenario.service_mail(message_id="last"))[1].final.is_permanent())
        load.Load(daemon).check(self)

    def test_read_only_for_a_while(self):
        daemon = self.small_disk(8 << 20)
        daemon.start()
        self.assertTrue(daemon.send(scenario.service_mail(message_id="1"))[1].final.is_permanent())
        copy = daemon.dir / "copy"
        shutil.copytree(daemon.database.parent, copy)
        subprocess.run(["mount", "--bind", str(copy), str(daemon.database.parent)], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(daemon.database.parent)], check=True)
        for _ in range(2):
            self.assertEqual(daemon.send(scenario.service_mail(message_id="2"))[1].final, load.LATER)
        self.assertRegex(daemon.log(), r"ledger: \S+: cannot be written \(Read-only file system\): mount its file "
                                       r"system for writing")
        self.assertEqual(len(daemon.rows("SELECT * FROM message")), 1)
        subprocess.run(["umount", "-l", str(daemon.database.parent)], check=True)
        self.assertTrue(daemon.send(scenario.service_mail(message_id="2"))[1].final.is_permanent())
        self.assertEqual(len(daemon.rows("SELECT * FROM message")), 2)
        daemon.wait_logged("goneaway.db is written again")

    def test_read_only_at_the_start(self):
        daemon = self.small_disk(8 << 20)
        daemon.start()
        daemon.send(scenario.service_mail(message_id="1"))
        daemon.stop()
        subprocess.run(["mount", "-o", "remount,ro", str(daemon.database.parent)], check=True)
        daemon.launch()
        self.assertEqual(daemon.process.wait(), os.EX_UNAVAILABLE)
        daemon.process = None
        self.assertRegex(daemon.log(), r"cannot open the ledger \S+: \S+: cannot be written \(Read-only file system\): "
                                       r"mount its file system for writing")
        subprocess.run(["mount", "-o", "remount,rw", str(daemon.database.parent)], check=True)
        daemon.start()
        self.assertTrue(daemon.send(scenario.service_mail(message_id="2"))[1].final.is_permanent())
        self.assertEqual(len(daemon.rows("SELECT * FROM message")), 2)


class Filled:
    """The file system of the ledger, with nothing left on it."""

    def __init__(self, daemon):
        self.path = daemon.database.parent / "filler"

    def __enter__(self):
        with open(self.path, "wb", buffering=0) as filler:
            for size in (1 << 16, 1 << 9):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def __exit__(self, *failure):
        self.path.unlink()


def mount(directory, options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0750," + options, "goneaway-test", str(directory)],
                   check=True)


def enter_namespace():
    """Goes on in a mount namespace of its own, as root or as one who is root there alone."""
    for unshare in (["unshare", "-m"], ["unshare", "-r", "-m"]):
        probe = subprocess.run([*unshare, "mount", "-t", "tmpfs", "-o", "size=64k", "probe", "/mnt"],
                               capture_output=True, check=False)
        if probe.returncode == 0:
            os.environ["FAULT_MOUNTS"] = "1"
            os.execvp("unshare", [*unshare, sys.executable, "-B", *sys.argv])
    print("skipped: nothing can be mounted here: %s" % probe.stderr.decode().strip())
    sys.exit(SKIPPED)


if __name__ == "__main__":
    if "FAULT_MOUNTS" not in os.environ:
        enter_namespace()
    scenario.main()
