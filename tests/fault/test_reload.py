# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""SIGUSR1 every 50 ms under load, with good and bad files in turn: no answer is wrong, a bad file
leaves the old configuration in force and its mistakes in the log."""
import os
import signal
import threading
import time

import load
import scenario

EVERY = 0.05
BAD = [  # what stands behind a good file, and what is said of it
    ("no_such_setting = 1;\n", "no_such_setting"),
    ('on_failure = "perhaps";\n', "on_failure"),
    ("domains = (", None),
    ("keep_days = 0;\n", "keep_days"),
    ('mixed_recipients = "\\x01";\n', "mixed_recipients"),
]


class Reload(scenario.Scenario):
    def write(self, daemon, text):
        """As an editor does: the file is whole or not there."""
        new = daemon.path.with_suffix(".new")
        new.write_text(text)
        os.chmod(new, 0o600)
        new.rename(daemon.path)

    def test_good_and_bad_files_in_turn(self):
        seconds = load.turns(6, 60)
        daemon = self.daemon(**load.daemon_settings(log_level='"notice"'))
        good = daemon.path.read_text()
        book = load.Load(daemon, connections=8)
        asked, ending = 0, threading.Event()

        def hear():  # what systemd would be told must be read
            while not ending.is_set():
                try:
                    daemon.notifications.recv(4096)
                except OSError:
                    pass

        hearer = threading.Thread(target=hear, daemon=True)
        hearer.start()
        with book:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                bad, _ = BAD[asked // 2 % len(BAD)]
                # a good file differs from the good one before
                self.write(daemon, good + (bad if asked % 2 else "body_bytes_max = %d;\n" % (500000 + asked)))
                daemon.process.send_signal(signal.SIGUSR1)
                asked += 1
                time.sleep(EVERY)
        self.write(daemon, good)
        ending.set()
        hearer.join()
        self.assertNotIn("former", daemon.reload())
        log = daemon.log()
        loaded, refused = log.count("was loaded again"), log.count("stays in force")
        print("asked %d times in %d s: %d loaded, %d refused; %d answers right, %d put off" % (
            asked, seconds, loaded, refused, book.count("right"), book.count("failure")))
        self.assertGreater(loaded, 1)
        self.assertGreater(refused, 1)
        self.assertTrue(any(name in log for _, name in BAD if name))
        self.assertIn("%s:" % daemon.path, log)
        self.assertGreater(book.count("right"), 0)
        self.assertEqual(book.count("failure") + book.count(None), 0)
        book.check(self)

    def test_each_bad_file_names_its_mistake(self):
        daemon = self.daemon(**load.daemon_settings(log_level='"notice"'))
        good = daemon.path.read_text()
        for bad, name in BAD:
            self.write(daemon, good + bad)
            line = good.count("\n") + 1
            self.assertIn("former", daemon.reload())
            if name is not None:
                daemon.wait_logged("%s:%d: %s" % (daemon.path, line, name))
        self.write(daemon, good)
        self.assertNotIn("former", daemon.reload())


if __name__ == "__main__":
    scenario.main()
