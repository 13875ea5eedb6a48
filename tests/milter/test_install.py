# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What `cmake --install` leaves on a machine, and what an uninstall by its list spares."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import scenario


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "made by the installation"

    def install(self, umask=0o022):
        """The names in the list of what was installed."""
        subprocess.run(["cmake", "--install", str(scenario.BUILD), "--prefix", "/usr"], check=True,
                       env=dict(os.environ, DESTDIR=str(self.root)), stdout=subprocess.DEVNULL,
                       umask=umask)
        return (scenario.BUILD / "install_manifest.txt").read_text().split("\n")

    def test_the_configuration_is_the_administrator_s(self):
        listed = self.install()
        config = self.root / "etc/goneaway/goneaway.conf"
        self.assertIn("/usr/sbin/goneawayd", listed)
        self.assertNotIn("/etc/goneaway/goneaway.conf", listed)
        self.assertEqual(config.stat().st_mode & 0o777, 0o644)
        config.write_text("mine")
        self.assertNotIn("/etc/goneaway/goneaway.conf", self.install())
        self.assertEqual(config.read_text(), "mine")

    def test_a_careful_umask(self):
        """Whatever root's umask is, the daemon's user and everybody's goneaway find their data."""
        self.install(umask=0o077)
        for path in self.root.rglob("*"):
            wanted = 0o755 if path.is_dir() or path.parent.name in ("bin", "sbin") else 0o644
            with self.subTest(path=path):
                self.assertEqual(path.stat().st_mode & 0o777, wanted)

    def test_manuals_and_completion(self):
        listed = self.install()
        for place in ("bash-completion/completions/goneaway", "bash-completion/completions/goneawayd",
                      "zsh/vendor-completions/_goneaway"):
            self.assertIn("/usr/share/" + place, listed)
        for page in sorted((scenario.ROOT / "doc/man").iterdir()):
            place = "/usr/share/man/man%s/%s" % (page.suffix[1:], page.name)
            self.assertIn(place, listed)
            self.assertEqual((self.root / place[1:]).read_text(), page.read_text())

    def test_unit(self):
        self.install()
        unit = (self.root / "usr/lib/systemd/system/goneawayd.service").read_text()
        self.assertIn("\nExecStart=/usr/sbin/goneawayd -f\n", unit)
        documents = [line.split("file:", 1)[1] for line in unit.splitlines()
                     if line.startswith("Documentation=file:")]
        self.assertEqual(len(documents), 1)
        self.assertTrue((self.root / documents[0].lstrip("/")).is_file())
        # the socket for a chrooted Postfix, where README.md and goneawayd(8) put it
        self.assertIn("\nReadWritePaths=-/var/spool/postfix/goneaway\n", unit)

    def test_units_of_scan(self):
        listed = self.install()
        unit = (self.root / "usr/lib/systemd/system/goneaway-scan.service").read_text()
        self.assertIn("\nExecStart=/usr/bin/goneaway scan /var/lib/goneaway/mail\n", unit)
        self.assertIn("/usr/lib/systemd/system/goneaway-scan.timer", listed)
        self.assertNotIn("@", unit.replace("@system-service", "").replace("@privileged", "")
                         .replace("@obsolete", ""))


if __name__ == "__main__":
    scenario.main()
