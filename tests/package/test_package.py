# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The Debian package: built from the tree, looked at by lintian, installed into a small Debian that
is booted for it, configured beside Debian's Postfix, upgraded, removed, purged.

usage: test_package.py [test…]    as root; everything below build/package
GONEAWAY_CHANGES=FILE             tries a package that is built already"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

import container

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GONEAWAY_BUILD", SOURCE / "build"))
PLACE = SOURCE / "build/package"
# beside what the package depends on: what it is tried with
BESIDE = ["systemd-sysv", "dbus", "postfix", "python3-minimal", "libpython3-stdlib", "sqlite3", "openssl"]
LEDGER = "/var/lib/goneaway/goneaway.db"


def build():
    """Builds the package of what git knows or would, under a umask that bites. The .changes file."""
    tree = PLACE / "source/goneaway"
    shutil.rmtree(tree.parent, ignore_errors=True)
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=SOURCE,
                            check=True, capture_output=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        if (SOURCE / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, tree / name)
    subprocess.run(["dpkg-buildpackage", "-us", "-uc"], cwd=tree, check=True, umask=0o077, stdin=subprocess.DEVNULL,
                   env=dict(os.environ, DEB_BUILD_OPTIONS="nocheck parallel=%d" % os.cpu_count()))
    return next(tree.parent.glob("goneaway_*.changes"))


def dependencies(deb):
    """The packages that it needs, the first of each choice."""
    listed = subprocess.run(["dpkg-deb", "-f", str(deb), "Depends"], check=True, capture_output=True, text=True).stdout
    return [re.split(r"[ (|]", one.strip())[0] for one in listed.split(",")]


def later_version(deb):
    """The same package again, with a higher version and another default configuration."""
    tree = PLACE / "later"
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^(Version: .*)$", r"\1+later1", control.read_text()))
    with open(tree / "etc/goneaway/goneaway.conf", "a") as conf:
        conf.write("# a later default\n")
    out = PLACE / "goneaway_later.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(out)], check=True, stdout=subprocess.DEVNULL)
    return out


class Package(unittest.TestCase):
    """One life of the package, in the order of the names."""
    maxDiff = None

    box = None

    @classmethod
    def setUpClass(cls):
        built = os.environ.get("GONEAWAY_CHANGES")
        cls.changes = pathlib.Path(built) if built else build()
        cls.deb = next(cls.changes.parent.glob("goneaway_*_*.deb"))
        beside = BESIDE + dependencies(cls.deb)
        cls.box = container.Container(container.make_tarball(PLACE, container.host_suite(), beside), PLACE / "root")
        for source, name in ((cls.deb, "goneaway.deb"), (later_version(cls.deb), "later.deb"),
                             (BUILD / "tests/goneaway-sign", "goneaway-sign"),
                             (SOURCE / "debian/tests/delivery", "delivery"),
                             (SOURCE / "tests/package/restrictions.py", "restrictions.py")):
            shutil.copy(source, cls.box.tree / "root" / name)
        cls.addClassCleanup(cls.box.stop)
        try:
            cls.box.start()
        except container.CannotBoot as reason:
            cls.box = None
            print("NOT TRIED HERE: the installed package, and the unit under systemd, because this machine lets us "
                  "boot no container:\n%s" % reason, file=sys.stderr)

    def setUp(self):
        if self.box is None and "lintian" not in self.id():
            self.skipTest("no container")

    def run_in(self, *command, **how):
        return self.box.run(*command, **how).stdout

    def unit(self, name):
        return self.run_in("systemctl", "show", "-P", name, "goneawayd").strip()

    def wait_for(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail("waited for %s\n%s" % (what, self.run_in("journalctl", "-q", "-u", "goneawayd", "-n", "40")))
            time.sleep(0.2)

    def apt(self, *arguments, **how):
        # a careful root: what maintainer scripts make must be usable all the same
        return self.run_in("sh", "-c", 'umask 077; exec "$@"', "apt", "apt-get", "-q", "-y",
                           "-o", "Dpkg::Options::=--force-confold", *arguments, **how)

    def rows(self):
        return int(self.run_in("sqlite3", "-readonly", LEDGER, "SELECT count(*) FROM message"))

    def exists(self, path):
        return os.path.lexists(self.box.tree / path.lstrip("/"))

    def mode(self, path):
        return self.run_in("stat", "-c", "%U:%G %a", path).strip()

    def assert_no_failed_unit(self):
        self.assertEqual(self.run_in("systemctl", "list-units", "--failed", "--plain", "--no-legend", "goneaway*"), "")

    def test_00_lintian(self):
        done = subprocess.run(["lintian", "--fail-on", "error,warning", "--tag-display-limit", "0", str(self.changes)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_01_install(self):
        self.apt("install", "/root/goneaway.deb")
        user = self.run_in("getent", "passwd", "goneaway").strip().split(":")
        self.assertEqual(user[5:], ["/var/lib/goneaway", "/usr/sbin/nologin"])
        self.assertEqual(self.mode("/var/lib/goneaway"), "goneaway:goneaway 750")
        self.assertEqual(self.mode("/etc/goneaway"), "root:root 755")
        self.assertEqual(self.mode("/etc/goneaway/goneaway.conf"), "root:root 644")
        self.assertIn("/etc/goneaway/goneaway.conf", self.run_in("dpkg-query", "-W", "-f", "${Conffiles}", "goneaway"))
        self.assertIn('    mode = "observe";\n', (self.box.tree / "etc/goneaway/goneaway.conf").read_text())
        self.assertEqual(self.run_in("find", "/usr/share/goneaway", "/usr/share/doc/goneaway", "!", "-perm", "-444"), "")
        self.assertIn("configuration OK", self.run_in("goneawayd", "-t"))

    def test_02_nothing_starts_before_it_is_configured(self):
        self.assertEqual(self.unit("UnitFileState"), "enabled")
        self.assertEqual(self.run_in("systemctl", "show", "-P", "UnitFileState", "goneaway-scan.timer").strip(), "disabled")
        for _ in range(2):
            self.assertEqual((self.unit("ActiveState"), self.unit("Result")), ("inactive", "exec-condition"))
            self.assert_no_failed_unit()
            self.run_in("systemctl", "start", "goneawayd")
        self.assertIn("names no domain but the example", self.run_in("journalctl", "-q", "-u", "goneawayd"))
        self.assertFalse(self.exists(LEDGER))

    def test_03_mail_through_postfix(self):
        told = self.run_in("/root/delivery", "/root/goneaway-sign")
        for line in ("Debian's smtpd runs in a chroot", "delivered as it came", "the sender that DKIM proves",
                     "in enforce mode it is refused", "and taken when it is back"):
            self.assertIn(line, told)

    def test_04_unit(self):
        wanted = {"Type": "notify", "ActiveState": "active", "User": "goneaway", "Group": "goneaway",
                  "WatchdogUSec": "1min", "Restart": "on-failure", "RuntimeDirectory": "goneaway",
                  "StateDirectory": "goneaway", "LimitNOFILE": "65536", "StatusText": "running"}
        self.assertEqual({name: self.unit(name) for name in wanted}, wanted)
        self.assertIn("kill -USR1", self.unit("ExecReload"))
        self.assertEqual(self.mode("/run/goneaway"), "goneaway:goneaway 750")
        listed = self.run_in("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager",
                             "goneawayd.service")
        score = re.search(r"Overall exposure level for goneawayd.service: ([\d.]+)", listed)
        print("exposure %s" % score.group(1), file=sys.stderr)
        self.assertLessEqual(float(score.group(1)), 1.5)

    def test_05_restrictions_bite(self):
        """What the unit forbids is tried by a program that stands in goneawayd's place."""
        left_out = []
        if int(pathlib.Path("/proc/sys/fs/nr_open").read_text()) < 65536 or self.box.hard_limit() < 65536:
            left_out.append("LimitNOFILE")
            print("this machine grants containers no 65536 files: LimitNOFILE is not tried", file=sys.stderr)
        self.run_in("mkdir", "-p", "/run/systemd/system/goneawayd.service.d")
        self.box.run("sh", "-c", "cat > /run/systemd/system/goneawayd.service.d/try.conf", input=(
            "[Service]\nExecCondition=\nExecStart=\nType=oneshot\nWatchdogSec=0\nRestart=no\n"
            "ExecStart=/usr/bin/python3 /usr/local/lib/restrictions.py %s\n" % " ".join(left_out)))
        shutil.copy(self.box.tree / "root/restrictions.py", self.box.tree / "usr/local/lib/restrictions.py")
        self.run_in("systemctl", "daemon-reload")
        try:
            done = self.box.run("systemctl", "restart", "goneawayd", check=False)
            told = self.run_in("journalctl", "-q", "-b", "-o", "cat", "-u", "goneawayd", "-n", "80")
            self.assertEqual(done.returncode, 0, told)
            self.assertIn("restrictions: all hold", told)
        finally:
            self.run_in("rm", "-r", "/run/systemd/system/goneawayd.service.d")
            self.run_in("systemctl", "daemon-reload")
            self.run_in("systemctl", "restart", "goneawayd")
        # outside of it hardly any of that is forbidden: the program can tell the difference
        outside = self.box.run("python3", "/root/restrictions.py", check=False)
        self.assertEqual(outside.returncode, 1, outside.stdout)
        self.assertGreater(outside.stdout.count("NOT HELD"), 10, outside.stdout)

    def test_06_killed_and_stuck(self):
        self.run_in("systemctl", "reset-failed", "goneawayd", check=False)
        self.run_in("systemctl", "kill", "-s", "KILL", "goneawayd")
        self.wait_for("the restart", lambda: self.unit("NRestarts") == "1" and self.unit("ActiveState") == "active")
        self.run_in("mkdir", "-p", "/run/systemd/system/goneawayd.service.d")
        self.box.run("sh", "-c", "cat > /run/systemd/system/goneawayd.service.d/soon.conf",
                     input="[Service]\nWatchdogSec=3s\nTimeoutAbortSec=2s\n")
        self.run_in("systemctl", "daemon-reload")
        self.run_in("systemctl", "restart", "goneawayd")
        before = self.unit("MainPID")
        self.run_in("systemctl", "kill", "-s", "STOP", "goneawayd")
        self.wait_for("the watchdog", lambda: self.unit("ActiveState") == "active" and self.unit("MainPID") not in ("0", before))
        self.assertIn("watchdog", self.run_in("journalctl", "-q", "-u", "goneawayd").lower())
        self.run_in("rm", "-r", "/run/systemd/system/goneawayd.service.d")
        self.run_in("systemctl", "daemon-reload")
        self.run_in("systemctl", "restart", "goneawayd")

    def test_07_a_mistake_ends_it_for_good(self):
        conf = self.box.tree / "etc/goneaway/goneaway.conf"
        good = conf.read_text()
        conf.write_text(good + "no_such_setting = 1;\n")
        self.assertNotEqual(self.box.run("systemctl", "restart", "goneawayd", check=False).returncode, 0)
        self.assertEqual((self.unit("ActiveState"), self.unit("Result")), ("failed", "exit-code"))
        self.assertIn("no_such_setting", self.run_in("journalctl", "-q", "-u", "goneawayd", "-n", "20"))
        conf.write_text(good)
        self.run_in("systemctl", "start", "goneawayd")

    def test_08_upgrade(self):
        before, rows = self.unit("MainPID"), self.rows()
        conf = (self.box.tree / "etc/goneaway/goneaway.conf").read_text()
        self.apt("install", "/root/later.deb")
        self.assertIn("+later1", self.run_in("dpkg-query", "-W", "-f", "${Version}", "goneaway"))
        self.assertEqual((self.box.tree / "etc/goneaway/goneaway.conf").read_text(), conf)
        self.assertTrue(self.exists("/etc/goneaway/goneaway.conf.dpkg-dist"))
        self.assertEqual(self.unit("ActiveState"), "active")
        self.assertNotEqual(self.unit("MainPID"), before)
        self.assertEqual(self.rows(), rows)
        self.assertGreater(rows, 0)

    def test_09_remove_and_install_again(self):
        rows = self.rows()
        self.apt("remove", "goneaway")
        self.assertEqual(self.unit("ActiveState"), "inactive")
        self.assertFalse(self.exists("/usr/sbin/goneawayd"))
        self.assertEqual(self.rows(), rows)
        self.assertTrue(self.exists("/etc/goneaway/goneaway.conf"))
        self.assert_no_failed_unit()
        self.apt("install", "/root/later.deb")
        self.assertEqual(self.unit("ActiveState"), "active")
        self.assertEqual(self.rows(), rows)

    def have_ledger(self):
        """What a purge can keep or delete, where this test runs alone or after one that deleted it."""
        self.run_in("touch", "-a", LEDGER)

    def test_10_purge_keeps_the_ledger(self):
        self.have_ledger()
        self.apt("purge", "goneaway")
        self.assertFalse(self.exists("/etc/goneaway/goneaway.conf"))
        self.assertTrue(self.exists(LEDGER))
        self.assert_no_failed_unit()
        self.apt("install", "/root/goneaway.deb")

    def test_11_purge_asks(self):
        self.have_ledger()
        for answer in ("no", "yes"):
            code, shown = self.box.answer("DEBIAN_FRONTEND=readline TERM=dumb dpkg --purge goneaway",
                                          "Delete the ledger of goneaway? [yes/no]", answer)
            self.assertEqual(code, 0, shown)
            self.assertIn("It holds no mail,", shown)
            self.assertEqual(self.exists(LEDGER), answer == "no", shown)
            self.apt("install", "/root/goneaway.deb")
            # the user is still there, and the directory is made again
            self.assertEqual(self.mode("/var/lib/goneaway"), "goneaway:goneaway 750")

    def test_12_purge_deletes_where_told(self):
        self.box.run("debconf-set-selections", input="goneaway goneaway/delete_ledger boolean true\n")
        self.have_ledger()
        self.apt("purge", "goneaway")
        self.assertFalse(self.exists("/var/lib/goneaway"))
        self.assert_no_failed_unit()


def main():
    if os.geteuid() != 0:
        sys.exit("test_package.py: needs root, for debootstrap and systemd-nspawn")
    PLACE.mkdir(parents=True, exist_ok=True)
    unittest.main(verbosity=2, failfast=True)


if __name__ == "__main__":
    main()
