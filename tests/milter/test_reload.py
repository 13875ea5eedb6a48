# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""SIGUSR1 loads the configuration again: as a whole, or not at all."""
import os
import stat

import scenario
import wire
from scenario import domain, service_mail


class Reload(scenario.Scenario):
    def test_good_file(self):
        daemon = self.daemon()
        self.assertTrue(daemon.send(service_mail(message_id="1"))[1].final.is_permanent())
        daemon.domains = [domain(mode="observe"), domain("example.net")]
        daemon.write_config()
        daemon.reload()
        daemon.wait_logged("was loaded again")
        self.assertIn("changed: domains", daemon.log())
        self.assertEqual(daemon.send(service_mail(message_id="2"))[1].final, "continue")
        _, outcome = daemon.send(service_mail(), recipients=["<old@example.net>"])
        self.assertTrue(outcome.final.is_permanent())
        names = [row["name"] for row in daemon.rows("SELECT name FROM domain ORDER BY name")]
        self.assertEqual(names, ["example.com", "example.net"])

    def test_bad_file(self):
        daemon = self.daemon()
        good = daemon.path.read_text()
        daemon.path.write_text(good + 'no_such_setting = 1;\nmixed_recipients = "maybe";\n')
        told = daemon.reload()
        self.assertIn("former configuration", told)
        log = daemon.log()
        for words in ("%s:" % daemon.path, "no_such_setting", "mixed_recipients",
                      "stays in force"):
            self.assertIn(words, log)
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        daemon.path.write_text("domains = (")
        daemon.reload()
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        daemon.path.unlink()
        daemon.reload()
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        daemon.path.write_text(good)
        self.assertNotIn("former", daemon.reload())

    def test_what_takes_a_restart_is_named(self):
        daemon = self.daemon()
        text = daemon.path.read_text().replace(str(daemon.database), str(daemon.dir / "other.db"))
        daemon.path.write_text(text)
        daemon.reload()
        line, = [line for line in daemon.log().split("\n") if "changed: database" in line]
        self.assertIn("next start", line)
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        self.assertEqual(len(daemon.rows()), 1)
        self.assertFalse((daemon.dir / "other.db").exists())

    def test_message_keeps_the_setup_it_began_with(self):
        daemon = self.daemon()
        mta = daemon.mta()
        mta.mail()
        self.assertEqual(mta.rcpt("<old@example.com>"), "continue")
        daemon.domains = [domain(mode="observe")]
        daemon.write_config()
        daemon.reload()
        self.assertTrue(mta.content(service_mail(message_id="1")).final.is_permanent())
        self.assertEqual(mta.send(service_mail(message_id="2")).final, "continue")
        mta.quit()

    def test_connection_from_before(self):
        """It negotiated no header changes; the new mode wants some: nothing breaks."""
        daemon = self.daemon(domains=[domain(mode="observe")])
        mta = daemon.mta()
        daemon.domains = [domain(mode="tag")]
        daemon.write_config()
        daemon.reload()
        outcome = mta.send(service_mail(message_id="1"))
        self.assertEqual((outcome.final, outcome.edits), ("continue", []))
        mta.quit()
        self.assertEqual(len(daemon.send(service_mail())[1].inserted("X-Goneaway")), 1)

    def test_many_reloads_leak_nothing(self):
        daemon = self.daemon()
        before = self.descriptors(daemon)
        mta = daemon.mta()
        for i in range(20):
            daemon.reload()
            mta.send(service_mail(message_id=str(i)))
        mta.quit()
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        self.assertLessEqual(self.descriptors(daemon), before + 8)

    @staticmethod
    def descriptors(daemon):
        return len(os.listdir("/proc/%d/fd" % daemon.process.pid))

    def test_socket_stays(self):
        daemon = self.daemon()
        path = daemon.listen.split(":", 1)[1]
        before = os.stat(path)
        daemon.reload()
        after = os.stat(path)
        self.assertEqual((before.st_ino, before.st_mode), (after.st_ino, after.st_mode))
        self.assertTrue(stat.S_ISSOCK(after.st_mode))
        wire.Mta(daemon.listen).quit()


if __name__ == "__main__":
    scenario.main()
