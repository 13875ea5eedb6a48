# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The completion for bash and zsh, by those shells: every command and every option that --help
names is found, values and files where there are some, and nothing else."""
import os
import pty
import re
import select
import subprocess
import time
import unittest

import scenario
from scenario import BUILD, DAEMON, ROOT, TOOL

FOLDER = ROOT / "conf/completion"
READY = "ready for the next one"
PATH = "%s:%s" % (BUILD / "daemon", os.environ["PATH"])


def help_of(*command):
    return subprocess.run([*map(str, command), "--help"], capture_output=True, text=True, check=True).stdout


def commands():
    return re.findall(r"^  (\S+) ", help_of(TOOL).split("commands:\n")[1].split("\n\n")[0], re.M)


def options(*command):
    """Those of the list; the usage line above has the same (tests/manual.py)."""
    listed = help_of(*command).split("\noptions:\n")[1]
    heads = re.findall(r"^  (-\S.*?)(?:  |$)", listed, re.M)
    return sorted({word for head in heads for word in re.split("[, ]+", head) if word.startswith("-")})


def everything():
    yield from [("goneaway", name) for name in commands()]
    yield ("goneawayd",)


class Bash(unittest.TestCase):
    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = ('set -u; source "$0"; complete -p goneaway goneawayd >/dev/null || exit 1\n'
                  'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _goneaway "$1"; printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["/bin/bash", "--norc", "-c", script, str(FOLDER / "goneaway.bash"), *words], cwd=ROOT,
                              capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ, PATH=PATH))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return sorted(done.stdout.split())

    def test_commands(self):
        self.assertEqual(self.complete("goneaway", ""), sorted(commands() + ["--help", "--version"]))
        self.assertEqual(self.complete("goneaway", "mi"), ["mint"])
        self.assertEqual(self.complete("goneaway", "nothing"), [])

    def test_options(self):
        for command in everything():
            with self.subTest(command=command):
                program = DAEMON if command[0] == "goneawayd" else TOOL
                wanted = options(program, *command[1:])
                self.assertGreater(len(wanted), 1)
                self.assertEqual(self.complete(*command, "-"), wanted)

    def test_values(self):
        self.assertEqual(self.complete("goneaway", "export", "--format", ""), ["csv", "json"])
        self.assertEqual(self.complete("goneaway", "export", "-f", "j"), ["json"])
        self.assertEqual(self.complete("goneaway", "explain", "-o", ""), ["json", "text"])
        self.assertEqual(self.complete("goneaway", "catalogue", ""), ["import"])
        for command in (("goneawayd", "-c"), ("goneaway", "explain"), ("goneaway", "catalogue", "import"),
                        ("goneaway", "mint", "-c")):
            self.assertEqual(self.complete(*command, "READ"), sorted(p.name for p in ROOT.glob("READ*")))
        conf = str(ROOT / "conf/goneaway.conf")
        there = sorted(path.stem for path in (ROOT / "conf/letters").glob("*.conf"))
        self.assertEqual(self.complete("goneaway", "report", "-c", conf, "--language", ""), there)
        self.assertEqual(self.complete("goneaway", "report", "-c", conf, "--language", "j"), ["ja"])
        self.assertEqual(self.complete("goneaway", "report", "-c", "/none", "--language", ""), [])
        # nobody can guess an address
        self.assertEqual(self.complete("goneaway", "forget", ""), [])
        self.assertEqual(self.complete("goneaway", "expect", "--for", ""), [])


class Zsh(unittest.TestCase):
    """A zsh on a terminal, at which the keys are pressed."""

    def setUp(self):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(["/usr/bin/zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, cwd=ROOT,
                                        start_new_session=True,
                                        env=dict(os.environ, PATH=PATH, TERM="dumb", PS1="", LC_ALL="C.UTF-8"))
        os.close(slave)
        self.addCleanup(self.end)
        self.type("""PS1=; PS2=; unsetopt beep zle_bracketed_paste 2>/dev/null
fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D; setopt noautomenu noautolist
show() { print -r -- "<<$BUFFER>>"; BUFFER=; }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word
print -r -- %s\n""" % (FOLDER, READY.replace(" ", "' '")))
        self.read_until(READY + "\r\n")

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def read_until(self, words):
        shown, end = "", time.monotonic() + 60
        while words not in shown:
            self.assertLess(time.monotonic(), end, repr(shown))
            if select.select([self.master], [], [], 1)[0]:
                shown += os.read(self.master, 65536).decode(errors="replace")
        return shown

    def complete(self, line):
        """The line after TAB."""
        self.type(line + "\t\x18")
        return re.search(r"<<(.*?)>>", self.read_until(">>").replace("\r", "").replace("\n", "")).group(1)

    def test_commands(self):
        for name in commands():
            self.assertEqual(self.complete("goneaway " + name[:-1]), "goneaway %s " % name)
        self.assertEqual(self.complete("goneaway nothing"), "goneaway nothing")

    def test_options(self):
        for command in everything():
            program = DAEMON if command[0] == "goneawayd" else TOOL
            for option in options(program, *command[1:]):
                line = " ".join(command)
                self.assertEqual(self.complete("%s %s" % (line, option)), "%s %s " % (line, option))
        self.assertEqual(self.complete("goneawayd --conf"), "goneawayd --configured ")
        self.assertEqual(self.complete("goneaway explain --nothing"), "goneaway explain --nothing")

    def test_values(self):
        for line, completed in (("goneaway export --format j", "json "), ("goneaway explain -o t", "text "),
                                ("goneaway catalogue i", "import "), ("goneaway explain LIC", "LICENSE "),
                                ("goneawayd -c LIC", "LICENSE ")):
            self.assertEqual(self.complete(line), line.rsplit(" ", 1)[0] + " " + completed)
        self.assertEqual(self.complete("goneaway forget LIC"), "goneaway forget LIC")


if __name__ == "__main__":
    scenario.main()
