# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Every example in the manuals and in README.md is carried out: configurations by goneawayd -t,
commands by a shell in a directory of its own, SQL by the ledger. Paths of the machine are turned
into paths of that directory, and what would change the machine is done there by stand-ins."""
import itertools
import json
import os
import re
import stat
import subprocess
import unittest

import scenario
from scenario import BUILD, DAEMON, ROOT, TOOL, domain, examples, service_mail

README = (ROOT / "README.md").read_text()
SQL_ELSEWHERE = "## The two cases"  # test_story.py sends the mail that goes with it
# first words of a block of README.md that is not carried out here, and why
ELSEWHERE = {
    "./quickstart": "the build of every change runs both on a bare machine",
}
# What stands in for a command. $HERE is the scenario's directory.
STAND_INS = {
    "sudo": 'exec "$@"',
    "goneawayd": 'case " $* " in *" -c "*) ;; *) set -- -c "$HERE/goneaway.conf" "$@" ;; esac; exec "$DAEMON" "$@"',
    "goneaway": """command=$1; shift
case $command in catalogue) command="$command $1"; shift ;; esac
case " $* " in *" -c "*) ;; *) set -- -c "$HERE/goneaway.conf" "$@" ;; esac
exec "$TOOL" $command "$@" """,
    # only what there is can be started: goneawayd's unit, Postfix
    "systemctl": """verb=$1; shift; [ "$1" != --now ] || shift
case $verb in reload | restart | enable | disable) ;; *) echo "no such verb: $verb"; exit 1 ;; esac
for unit in "$@"; do case $unit in goneawayd | goneaway-scan.timer | postfix) ;; *) echo "no such unit: $unit"; exit 1 ;; esac; done
[ "$verb $*" != "reload goneawayd" ] || kill -USR1 "$DAEMON_PID" """,
    "journalctl": '[ "$*" = "-u goneawayd" ] && cat "$HERE/log"',
    # without the user goneaway, whom this machine need not have
    "install": """[ "$1 $2 $3 $4 $5" = "-d -o goneaway -g goneaway" ] && shift 5 && exec /usr/bin/install -d "$@" """,
    "usermod": '[ "$*" = "-a -G goneaway postfix" ]',
    "postconf": 'exec /usr/sbin/postconf -c "$HERE/postfix" "$@"',
    "apt": 'shift; echo "$@" >"$HERE/packages"',
    # presets and options are looked up; that they build and install is what every test here shows
    "cmake": """for word in "$@"; do case $word in
    -D*) word=${word#-D}; grep -q "^option(${word%%=*} " "$ROOT/CMakeLists.txt" || exit 1 ;;
esac; done
case $1 in --preset) grep -q "\\"name\\": \\"$2\\"" "$ROOT/CMakePresets.json" ;;
--build | --install) [ "$2" = build ] ;; *) exit 1 ;; esac""",
    "systemd-sysusers": "grep -q '^u goneaway ' \"$ROOT/conf/goneaway.sysusers\"",
    "systemd-tmpfiles": '[ "$*" = --create ] && grep -q "^d /var/lib/goneaway " "$ROOT/conf/goneaway.tmpfiles"',
}
RECORD = {"slug": "club.example", "name": "Example Club", "company": "Example Club",
          "domains": ["club.example"], "web": "https://www.club.example/", "url": "https://www.club.example/leave",
          "email": "privacy@club.example", "quality": "verified", "difficulty": "easy"}


def kinds(blocks):
    return {what for what, _ in blocks}


class Examples(scenario.Scenario):
    def setUp(self):
        self.place = self.daemon(domains=[domain(mode="observe")], start=False)
        here = self.here = self.place.dir
        self.place.write_config(local_services='"%s/etc/services.conf"' % here)
        self.place.start()
        for folder in ("etc", "bin", "backups", "postfix", "spool", "spool/goneaway", "work/Maildir/cur",
                       "work/companies", "work/build", "run"):
            (here / folder).mkdir(parents=True)
        for name, script in STAND_INS.items():
            path = here / "bin" / name
            path.write_text("#!/bin/bash\nset -e\n" + script + "\n")
            path.chmod(0o755)
        for name in ("main.cf", "master.cf"):
            (here / "postfix" / name).touch()
        mail = service_mail()
        self.numbers = itertools.count(2)
        (here / "work/mail.eml").write_text(mail)
        (here / "work/All mail Including Spam and Trash.mbox").write_text("From service@shop.example Mon Mar  2 10:00:00 2020\n" + mail)
        (here / "work/Maildir/cur/1:2,S").write_text(mail)
        self.make_certificate()
        (here / "work/sites.json").write_text(json.dumps([RECORD | {"domains": ["other.example"]}]))
        (here / "work/companies/club.json").write_text(json.dumps(RECORD))
        self.place.send(mail)

    def make_certificate(self):
        """By doc/seal-format.md's command, its key not beside it."""
        command = re.search(r"^    (openssl req .*?)\n\n", (ROOT / "doc/seal-format.md").read_text(), re.M | re.S).group(1)
        (self.here / "etc/seal").mkdir()
        subprocess.run(["/bin/bash", "-c", command.replace("-newkey", "-noenc -newkey")], cwd=self.here, check=True,
                       stderr=subprocess.DEVNULL)
        (self.here / "keeper.pem").rename(self.here / "etc/seal/keeper.pem")

    def localize(self, text):
        """Paths of the machine become those of this scenario."""
        for path, local in (("/etc/goneaway/goneaway.conf", self.place.path), ("/etc/goneaway", self.here / "etc"),
                            ("/var/lib/goneaway/goneaway.db", self.place.database),
                            ("/var/lib/goneaway", self.place.database.parent),
                            ("/usr/share/goneaway/admin.sql", ROOT / "sql/admin.sql"),
                            ("/usr/share/goneaway", BUILD / "share/goneaway"), ("/var/backups", self.here / "backups"),
                            ("/var/spool/postfix", self.here / "spool"), ("/run/goneaway", self.here / "run")):
            text = text.replace(path, str(local))
        return text

    def shell(self, script):
        """What it prints; fails where a command of it does."""
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", self.localize(script)], cwd=self.here / "work",
            capture_output=True, text=True, timeout=scenario.START_SECONDS, check=False, input="",
            env=dict(os.environ, PATH="%s/bin:%s" % (self.here, os.environ["PATH"]), HERE=str(self.here),
                     DAEMON=str(DAEMON), TOOL=str(TOOL), DAEMON_PID=str(self.place.process.pid), ROOT=str(ROOT)))
        self.assertEqual(done.returncode, 0, "%s\n%s%s" % (script, done.stdout, done.stderr))
        return done.stdout

    def check_config(self, text, services=None):
        """-t finds nothing to complain of; what the example leaves out is this scenario's."""
        text = self.localize(text)
        given = {"listen": '"local:%s/milter.sock"' % self.here, "database": '"%s/new.db"' % self.here,
                 "key_file": '"%s/key"' % self.here, "local_services": '"%s"' % (services or self.here / "none"),
                 "domains": "( %s )" % domain()}
        path = self.here / "example.conf"
        path.write_text(text + "".join("%s = %s;\n" % pair for pair in given.items()
                                       if not re.search(r"^\s*%s\s*=" % pair[0], text, re.M)))
        code, out, err = self.tool("-t", "-c", path, program=DAEMON)
        self.assertEqual((code, err), (0, ""), text)
        return out

    def check_services(self, text):
        path = self.here / "example-services.conf"
        path.write_text(text)
        count = [int(re.search(r"services: (\d+)", self.check_config("", services)).group(1))
                 for services in (None, path)]
        self.assertEqual(count[1] - count[0], text.count("id ="))

    def ask(self, sql):
        return subprocess.run(["sqlite3", "-bail", str(self.place.database)], input=sql, text=True, check=True,
                              capture_output=True, timeout=60).stdout

    def carry_out(self, blocks):
        for what, text in blocks:
            # an earlier example may have had the former one forgotten
            self.place.send(service_mail(message_id=str(next(self.numbers))))
            with self.subTest(what=what, text=text):
                if what == "conf":
                    self.check_config(text)
                elif what == "services":
                    self.check_services(text)
                elif what in ("sh", "shell"):
                    self.shell(text)
                    if "forget old@example.com" in text:
                        self.assertEqual(self.place.rows("SELECT * FROM message"), [])
                elif what == "sql":
                    self.ask(text)
                else:  # tests/mta has them read by Postfix and Sendmail
                    self.assertIn(what, ("m4", "main.cf", "regexp"))

    def test_manuals(self):
        self.assertEqual(len(examples.MANUALS), 5)
        for page in examples.MANUALS:
            blocks = examples.read(page.name)
            self.assertGreater(len(blocks), 1, page.name)
            self.carry_out(blocks)
        self.assertTrue((self.here / "backups/goneaway.db").stat().st_size > 0)
        self.assertIn("club.example", (self.here / "etc/services/imported.conf").read_text())

    def test_readme(self):
        before, after = README.split(SQL_ELSEWHERE)
        blocks = examples.fenced(before) + [(what, text) for what, text in examples.fenced(after) if what != "sql"]
        (self.here / "work/build/install_manifest.txt").write_text("%s/installed\n" % self.here)
        (self.here / "installed").touch()
        self.carry_out([(what, text) for what, text in blocks if text.split()[0] not in ELSEWHERE])
        self.assertFalse((self.here / "installed").exists())
        self.assertEqual(self.place.rows("SELECT address FROM mailbox WHERE source = 'admin'"),
                         [{"address": "new@example.com"}])
        self.assertEqual(self.shell("postconf -h smtpd_milters"), "unix:goneaway/milter.sock\n")
        self.assertEqual(stat.S_IMODE((self.here / "spool/goneaway").stat().st_mode), 0o750)

    def test_readme_names_the_packages(self):
        self.shell(examples.those(examples.fenced(README), "sh")[1])
        machine = (ROOT / "tests/tools/machine.sh").read_text()
        needed = re.search(r'packages_build="([^"]*)"', machine).group(1).split()
        self.assertEqual(sorted((self.here / "packages").read_text().split()), sorted(needed + ["sqlite3"]))


class Words(unittest.TestCase):
    maxDiff = None

    def test_nothing_is_left_out(self):
        """A block of a manual without a mark is one that shows what is printed."""
        for page in examples.MANUALS:
            text = page.read_text()
            for block in set(re.findall(r"^\.Bd [^\n]*\n.*?^\.Ed$", text, re.M | re.S)):
                marked = re.search(r'^\.\\" example: \S+\n' + re.escape(block), text, re.M)
                if not marked:
                    self.assertIn(block.split("\n")[1].split()[0], ("X-Goneaway:", "4XyZ:"), page.name)
        self.assertEqual(kinds(examples.fenced(README)), {"sh", "conf", "sql", "m4"})
        self.assertEqual(README.count("```"), 2 * len(examples.fenced(README)))

    def test_japanese_keeps_in_step(self):
        """The same headings, tables, blocks and words of the program in the same order; only comments
        in the blocks are translated."""
        shapes = []
        for text in (README, (ROOT / "README.ja.md").read_text()):
            blocks = [(what, [re.sub(r" *#.*", "", line) for line in block.split("\n")])
                      for what, block in examples.fenced(text)]
            prose = examples.FENCED.sub("", text)
            shapes.append((re.findall(r"^#+ ", prose, re.M),
                           [line.count("|") for line in prose.split("\n") if line.startswith("|")], blocks,
                           sorted(" ".join(word.split()) for word in re.findall(r"`([^`]+)`", prose))))
        for english, japanese in zip(*shapes):
            self.assertEqual(english, japanese)
        for word in ("です", "ます", "メール"):
            self.assertIn(word, text)

    def test_both_tell_sendmail_the_same(self):
        line, = examples.those(examples.fenced(README), "m4")
        manual = examples.those(examples.read("goneawayd.8"), "m4")[0]
        self.assertEqual("".join(line.split()), "".join(manual.split()))


if __name__ == "__main__":
    scenario.main()
