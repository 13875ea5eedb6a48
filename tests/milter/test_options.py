# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The command line of goneawayd: -t tells all that is wrong, -T what is in force."""
import os
import pwd
import tempfile
import unittest

import scenario
import seal_keys
from scenario import DAEMON, domain


class Options(scenario.Scenario):
    def run_daemon(self, *arguments):
        return self.tool(*arguments, program=DAEMON)

    def test_help_and_version(self):
        for option in ("-h", "--help"):
            code, out, err = self.run_daemon(option)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("-c FILE", out)
        code, out, _ = self.run_daemon("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^goneawayd \d+\.\d+")

    def test_bad_usage(self):
        for arguments in (["-x"], ["--no-such"], ["file"], ["-c"]):
            code, out, err = self.run_daemon(*arguments)
            self.assertEqual((code, out), (64, ""))
            self.assertIn("usage:", err)

    def test_good_config(self):
        daemon = self.daemon(start=False, socket_mode='"0660"')
        code, out, err = self.run_daemon("-t", "-c", daemon.path)
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.endswith("configuration OK\n"), out)
        self.assertIn("mode 0660", out)
        self.assertIn("others cannot", out)
        self.assertFalse(daemon.database.exists(), "-t creates nothing")
        self.assertEqual(list(daemon.database.parent.iterdir()), [])

    def test_a_mistake_makes_no_key(self):
        """Where it would stand is not known then: the default's place is another's."""
        daemon = self.daemon(start=False, no_such_setting="1")
        code, out, err = self.run_daemon("-f", "-c", daemon.path)
        self.assertEqual((code, out), (78, ""))
        self.assertIn("no_such_setting", err)
        self.assertNotIn("key", err.replace(str(daemon.path), ""))

    def test_existing_ledger_is_opened(self):
        daemon = self.daemon(start=False)
        daemon.database.write_text("this is no database, it is a text of some length" * 40)
        code, out, err = self.run_daemon("-t", "-c", daemon.path)
        self.assertEqual((code, out), (78, ""))
        self.assertIn("database", err)

    def test_ledger_of_a_newer_version(self):
        daemon = self.daemon()
        daemon.stop()
        daemon.execute("PRAGMA user_version = 9999")
        code, out, err = self.run_daemon("-t", "-c", daemon.path)
        self.assertEqual((code, out), (78, ""))
        self.assertIn("newer", err)

    def test_every_mistake_is_told_with_its_line(self):
        daemon = self.daemon(start=False)
        text = daemon.path.read_text()
        mistakes = ['no_such_setting = 1;', 'on_failure = "explode";', 'recipients_max = -5;',
                    'ledger_timeout_ms = "soon";', 'socket_mode = "9999";']
        first = text.count("\n") + 1
        daemon.path.write_text(text + "\n".join(mistakes) + "\n")
        code, out, err = self.run_daemon("-t", "-c", daemon.path)
        self.assertEqual((code, out), (78, ""))
        for number, mistake in enumerate(mistakes):
            start = "%s:%d: %s" % (daemon.path, first + number, mistake.split(" ")[0])
            self.assertTrue(any(line.startswith(start) for line in err.split("\n")),
                            "%s\nis not in\n%s" % (start, err))

    def test_bad_configs(self):
        cases = {
            "scheme": 'listen = "tcp:8891@127.0.0.1";',
            "syntax": "domains = ( {",
            "empty": "",
            "no date": 'domains = ( { name = "example.com"; } );',
            "bad date": 'domains = ( { name = "example.com"; owned_since = "yesterday"; } );',
            "group": 'socket_group = "no-such-group";',
        }
        for name, line in cases.items():
            with self.subTest(name=name):
                daemon = self.daemon(start=False)
                text = daemon.path.read_text() + line + "\n"
                if line.startswith(("listen", "domains")):
                    key = line.split(" ")[0]
                    text = "\n".join(old for old in daemon.path.read_text().split("\n")
                                     if not old.startswith(key)) if key == "listen" else \
                        daemon.path.read_text().split("domains")[0]
                    text += line + "\n"
                if name == "empty":
                    text = "\0\0\0"
                daemon.path.write_text(text)
                code, out, err = self.run_daemon("-t", "-c", daemon.path)
                self.assertEqual((code, out), (78, ""), err)
                self.assertIn(str(daemon.path), err)

    def test_mistakes_in_other_files(self):
        """The tables that the configuration names are read too, and named in the mistake."""
        daemon = self.daemon(start=False)
        services = daemon.dir / "services.conf"
        services.write_text("services = ( { id = 5; } );\n")
        daemon.write_config(local_services='"%s"' % services)
        code, _, err = self.run_daemon("-t", "-c", daemon.path)
        self.assertEqual(code, 78)
        self.assertIn("%s:" % services, err)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, who tests for somebody else")
    def test_root_has_the_rights_of_who_will_run_it(self):
        keys = tempfile.TemporaryDirectory(prefix="goneaway-keys-")
        self.addCleanup(keys.cleanup)
        os.chmod(keys.name, 0o755)
        certificate = seal_keys.Keeper(keys.name).certificate
        daemon = self.daemon(start=False)
        daemon.write_config(seal_to='[ "%s" ]' % certificate, local_services='"%s/own.conf"' % daemon.dir)
        files = {"own.conf": daemon.dir / "own.conf", "seal_to": certificate,
                 "key_file": daemon.database.parent / "key", "database": daemon.database}
        files["own.conf"].write_text("services = ( );\n")
        daemon.start()  # makes key and ledger
        daemon.stop()
        user = pwd.getpwnam("nobody")
        for path in (daemon.database.parent, *daemon.database.parent.iterdir()):
            os.chown(path, user.pw_uid, user.pw_gid)
        os.chmod(daemon.dir, 0o755)
        self.assertEqual(self.run_daemon("-t", "-c", daemon.path)[::2], (0, ""))
        for name, path in files.items():
            with self.subTest(name):
                was = path.stat()
                os.chown(path, 0, 0)
                os.chmod(path, 0o600)
                code, out, err = self.run_daemon("-t", "-c", daemon.path)
                self.assertEqual((code, out), (78, ""))
                self.assertIn(str(path), err)
                self.assertIn("user nobody, who will run goneawayd", err)
                os.chown(path, was.st_uid, was.st_gid)
                os.chmod(path, was.st_mode)
        os.chown(daemon.database.parent, 0, 0)  # then it is root who will run it
        self.assertEqual(self.run_daemon("-t", "-c", daemon.path)[::2], (0, ""))

    def test_missing_file(self):
        for arguments in (["-t"], [], ["-T"]):
            code, out, err = self.run_daemon(*arguments, "-c", "/no/such/file.conf")
            self.assertEqual((code, out), (78, ""))
            self.assertIn("/no/such/file.conf", err)

    def test_effective_configuration(self):
        daemon = self.daemon(start=False, recipients_max="123")
        code, out, _ = self.run_daemon("-T", "-c", daemon.path)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"recipients_max\s*=\s*123")
        self.assertIn("connections_max", out)
        # what is printed is a configuration
        daemon.path.write_text(out)
        self.assertEqual(self.run_daemon("-t", "-c", daemon.path)[0], 0)

    def test_configured(self):
        """The example's domain is nobody's; whatever is a mistake is left to the start."""
        def configured(text):
            daemon.path.write_text(text)
            code, out, err = self.run_daemon("--configured", "-c", daemon.path)
            self.assertEqual(err, "")
            self.assertEqual("no domain but the example" in out, code == 1)
            return code
        daemon = self.daemon(start=False)
        shipped = (scenario.ROOT / "conf/goneaway.conf").read_text()
        self.assertEqual(configured(shipped), 1)
        self.assertEqual(configured(shipped.replace("example.com", "EXAMPLE.NET")), 1)
        self.assertEqual(configured(shipped.replace('"example.com"', '"second-hand.test"')), 0)
        self.assertEqual(configured("domains = ( %s, %s );" % (domain(), domain("mine.test"))), 0)
        self.assertEqual(configured("domains = ("), 0)
        daemon.path.unlink()
        self.assertEqual(self.run_daemon("--configured", "-c", daemon.path), (0, "", ""))

    def test_verbose(self):
        daemon = self.daemon(arguments=["-v"], log_level='"info"', domains=[domain()])
        mta = daemon.mta()
        mta.quit()
        self.assertEqual(daemon.send(scenario.service_mail())[1].final.letter, "y")


if __name__ == "__main__":
    scenario.main()
