# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What people see: --help and --version of both programs and every subcommand; colour on a
terminal, and none elsewhere or where NO_COLOR is set, in the programs and in the scripts."""
import os
import pty
import re
import subprocess

import scenario
from scenario import DAEMON, ROOT, TOOL, service_mail

ESCAPE = "\x1b"


def in_terminal(*command, **environment):
    """What a command writes to a terminal; the exit code too."""
    master, slave = pty.openpty()
    surroundings = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen([str(part) for part in command], stdin=slave, stdout=slave, stderr=slave, cwd=ROOT,
                               env=dict(surroundings, **dict({"TERM": "xterm"}, **environment)))
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    return process.wait(scenario.START_SECONDS), shown.decode().replace("\r\n", "\n")


def plain(shown):
    return re.sub("\x1b\\[[0-9]*m", "", shown)


class Terminal(scenario.Scenario):
    def commands(self):
        code, out, err = self.tool("--help")
        self.assertEqual((code, err), (0, ""))
        return re.findall(r"^  (\S+) ", out.split("commands:\n")[1].split("\n\n")[0], re.M)

    def assert_painted(self, *command, environment=None):
        """In colour on a terminal, the same without where that is not wanted; returns the text."""
        code, shown = in_terminal(*command, **(environment or {}))
        self.assertIn(ESCAPE, shown)
        self.assertEqual(shown.count(ESCAPE), 2 * shown.count(ESCAPE + "[0m"), "every colour is ended")
        for unwanted in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertEqual(in_terminal(*command, **dict(environment or {}, **unwanted)), (code, plain(shown)))
        return plain(shown)

    def test_help(self):
        names = self.commands()
        self.assertGreater(len(names), 4)
        for command in [[DAEMON], [TOOL]] + [[TOOL, name] for name in names]:
            with self.subTest(command=command):
                shown = self.assert_painted(*command, "--help")
                for word in ("usage: ", "\noptions:\n", "\nexample", "-h, --help"):
                    self.assertIn(word, shown)
                self.assertLessEqual(max(map(len, shown.split("\n"))), 100)
                for option in ("--help", "-h"):
                    done = subprocess.run([*map(str, command), option], capture_output=True, check=True, text=True)
                    self.assertEqual((done.stdout, done.stderr), (shown, ""))

    def test_bad_usage(self):
        for command in [[TOOL], [TOOL, "no-such-command"]] + [[TOOL, name, "-?"] for name in self.commands()]:
            with self.subTest(command=command):
                done = subprocess.run([*map(str, command)], capture_output=True, check=False, text=True)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertIn("usage: ", done.stderr)

    def test_what_is_wrong_stands_before_the_usage(self):
        for arguments, wanted in (
                (["catalogue"], "the word import"), (["catalogue", "import"], "no file is named"),
                (["expect"], "one address"), (["expect", "a@example.com"], "--for 2d"),
                (["forget"], "one address"), (["forget", "a@example.com", "b@example.com"], "no more"),
                (["mint"], "a label such as shop"), (["report", "x"], "-o PAGE.html names"),
                (["report", "--letter", "x", "-o", "y"], "does not go with -o"), (["scan"], "no mailbox is named")):
            with self.subTest(arguments=arguments):
                code, out, err = self.tool(*arguments)
                self.assertEqual((code, out), (64, ""))
                line = err.split("\n")[0]
                self.assertTrue(line.startswith("goneaway %s" % arguments[0]), line)
                self.assertIn(wanted, line)

    def test_version(self):
        for program, own in ((DAEMON, ("libmilter",)), (TOOL, ())):
            code, out, err = self.tool("--version", program=program)
            self.assertEqual((code, err), (0, ""))
            lines = out.splitlines()
            self.assertRegex(lines[0], r"^%s \d+\.\d+\.\d+$" % program.name)
            told = {line.split()[0] for line in lines[1:-2]}
            for library in ("GMime", "GLib", "libxml2", "libpsl", "libidn2", "libopendkim", "OpenSSL", "SQLite",
                            "libconfig") + own:
                self.assertIn(library, told)
            for line in lines[1:-2]:
                self.assertRegex(line, r" \d+\.\d+")
            self.assertRegex(lines[-2], r"^public suffix list of \d{4}-\d\d-\d\d$")
            self.assertIn("Apache-2.0", lines[-1])

    def test_programs(self):
        daemon = self.daemon(start=False)
        mail = daemon.dir / "mail.eml"
        mail.write_text(service_mail())
        explain = [TOOL, "explain", "-c", daemon.path, "-R", "old@example.com"]
        self.assertIn("reject", self.assert_painted(*explain, mail))
        self.assertNotIn(ESCAPE, in_terminal(*explain, "-o", "json", mail)[1])
        self.assertIn("configuration OK", self.assert_painted(DAEMON, "-t", "-c", daemon.path))
        daemon.path.write_text("no_such = 1;\n")
        self.assertIn("no_such", self.assert_painted(DAEMON, "-t", "-c", daemon.path))
        self.assertIn("no_such", self.assert_painted(DAEMON, "-f", "-c", daemon.path))

    def test_set_to_nothing(self):
        """As no-color.org has it, an empty NO_COLOR says nothing."""
        self.assertIn(ESCAPE, in_terminal(TOOL, "--help", NO_COLOR="")[1])

    def test_scripts(self):
        """./check and ./quickstart print their headings and outcomes by these."""
        said = self.assert_painted("/bin/bash", "-c", ". tests/tools/machine.sh; say hello; good ok; bad FAILED; die no")
        self.assertEqual(said, "\n== hello\nokFAILEDbash: no\n")
        for script in ("check", "quickstart"):
            code, shown = in_terminal(ROOT / script, "--help")
            self.assertEqual(code, 0)
            self.assertIn("usage: ./" + script, shown)


if __name__ == "__main__":
    scenario.main()
