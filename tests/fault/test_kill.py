# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Killed at any instant, nothing that was answered is missing, and what comes again is one row."""
import signal
import time

import load
import scenario


class Kill(scenario.Scenario):
    def kill(self, daemon):
        daemon.process.kill()
        self.assertEqual(daemon.process.wait(), -signal.SIGKILL)
        daemon.process = None

    def test_at_random_instants_under_load(self):
        rounds, answered, unanswered = load.turns(20, 200), 0, 0
        random = load.chance("under load")
        daemon = self.daemon(**load.daemon_settings(start=False))
        for number in range(rounds):
            daemon.start()
            book = load.Load(daemon, name=str(number), connections=16)
            with book:
                book.wait_answered(1)
                time.sleep(random.uniform(0, 0.3))
                self.kill(daemon)
            answered += book.count("right")
            unanswered += book.count(None)
            book.check_image(self)
            daemon.start()
            book.deliver_again()
            book.check(self)
            self.assertTrue(all(message.answered() for message in book.messages))
            self.kill(daemon)
        print("killed %d times: %d messages answered, %d cut off" % (rounds, answered, unanswered))
        self.assertGreater(unanswered, 0)

    def test_while_it_starts(self):
        """From no ledger at all, and with one that the last end left unclean."""
        random = load.chance("while it starts")
        daemon = self.daemon(**load.daemon_settings(start=False))
        for number in range(load.turns(12, 200)):
            if number % 4 == 0:
                for path in daemon.database.parent.iterdir():
                    path.unlink()
            daemon.launch()
            time.sleep(random.uniform(0, 0.2))
            self.kill(daemon)
        daemon.start()
        book = load.Load(daemon, connections=4, limit=6).start()
        book.join()
        self.assertTrue(all(message.answered() for message in book.messages))
        book.check(self)


if __name__ == "__main__":
    scenario.main()
