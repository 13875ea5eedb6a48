# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Certificates for sealing: which are refused, by -t, at the start and at a reload; what happens when
one expires while the daemon runs; and that a mail program's library opens what was sealed."""
import base64
import glob
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import scenario
import seal_keys
import wire
from scenario import service_mail

RULE = '( { kinds = "critical"; own = false; action = "seal"; } )'
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
DAY = 86400


class Keepers(scenario.Scenario):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="goneaway-keys-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def settings(self, *paths, **how):
        return dict(dict(policy=RULE, seal_to="[ %s ]" % ", ".join('"%s"' % p for p in paths)), **how)

    def check(self, daemon):
        """What -t says on standard error."""
        code, _, told = self.tool("-t", "-c", daemon.path, program=scenario.DAEMON)
        self.assertIn((code, bool(told)), ((0, False), (78, True)), told)
        return told

    def test_good_ones_pass(self):
        keepers = [seal_keys.Keeper(self.dir, kind, kind) for kind in seal_keys.KINDS]
        daemon = self.daemon(start=False, **self.settings(*[k.certificate for k in keepers]))
        self.assertEqual(self.check(daemon), "")

    def test_wrong_ones_are_told_with_line_and_way_out(self):
        good = seal_keys.Keeper(self.dir)
        wrong = {
            "weak": (dict(new_key=["-newkey", "rsa:1024"]), "weak RSA key of 1024 bits; take one of at least"),
            "sha1": (dict(digest="sha1"), "signed with sha1"),
            "authority": (dict(extensions={"basicConstraints": "critical,CA:TRUE", "keyUsage": ""}),
                          "is that of an authority"),
            "signs": (dict(extensions={"keyUsage": "digitalSignature"}), "lacks keyEncipherment"),
            "web": (dict(extensions={"extendedKeyUsage": "serverAuth"}), "lacks emailProtection"),
        }
        paths, words = [good.certificate], []
        for name, (how, told) in wrong.items():
            how.setdefault("kind", "rsa")
            paths.append(seal_keys.Keeper(self.dir, name, **how).certificate)
            words.append("%s %s" % (paths[-1], "") + ".*" + re.escape(told))
        paths.append(self.dir / "nowhere.pem")
        words.append("nowhere.pem cannot be read: No such file")
        daemon = self.daemon(start=False, **self.settings(*paths))
        told = self.check(daemon)
        line = [i for i, text in enumerate(daemon.path.read_text().splitlines(), 1)
                if text.startswith("seal_to")][0]
        self.assertEqual(len(told.splitlines()), len(words), told)
        for text, pattern in zip(told.splitlines(), words):
            self.assertTrue(text.startswith("%s:%d: seal_to: /" % (daemon.path, line)), text)
            self.assertRegex(text, pattern)
        daemon.launch()
        self.assertEqual(daemon.process.wait(60), 78)
        self.assertIn("weak RSA key", daemon.log())
        daemon.process = None

    def test_private_key_beside_it(self):
        keeper = seal_keys.Keeper(self.dir)
        shutil.copy(keeper.key, keeper.certificate.parent / "copy.txt")
        daemon = self.daemon(start=False, **self.settings(keeper.certificate))
        self.assertIn("lies beside its private key (copy.txt): whoever takes over this server could open "
                      "what is sealed. Move it to another machine and delete it here", self.check(daemon))
        (keeper.certificate.parent / "copy.txt").unlink()
        self.assertEqual(self.check(daemon), "")

    def test_reload_keeps_the_old_one(self):
        keeper, other = seal_keys.Keeper(self.dir), seal_keys.Keeper(self.dir, "other")
        daemon = self.daemon(**self.settings(keeper.certificate))
        daemon.write_config(seal_to='[ "%s" ]' % (self.dir / "nowhere.pem"))
        daemon.reload()
        self.assertIn("nowhere.pem cannot be read", daemon.log())
        self.assert_opens(daemon, keeper, "1")
        daemon.write_config(seal_to='[ "%s" ]' % other.certificate)
        daemon.reload()
        self.assert_opens(daemon, other, "2")

    def send(self, daemon, number):
        mta, outcome = daemon.send(service_mail(message_id=number))
        if outcome.replaced() is None:
            return outcome, None
        head = b"".join(wire.encode("%s:%s\r\n" % (n, v.replace("\n", "\r\n"))) for n, v in mta.edited(outcome))
        return outcome, head + b"\r\n" + outcome.replaced()

    def assert_opens(self, daemon, keeper, number):
        outcome, whole = self.send(daemon, number)
        self.assertEqual(outcome.final, "continue")
        self.assertIn(b"https://shop.example/reset?token=abcdef", keeper.original(whole))

    def test_expiry_while_running(self):
        if not FAKETIME or os.environ.get("TSAN_OPTIONS"):
            self.skipTest("libfaketime is not installed, or does not go with this build")
        keeper = seal_keys.Keeper(self.dir, days=40)
        longer = seal_keys.Keeper(self.dir, "longer", days=50)
        daemon = self.daemon(start=False, **self.settings(keeper.certificate, longer.certificate))
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        daemon.environment = {
            "LD_PRELOAD": FAKETIME[0], "FAKETIME_TIMESTAMP_FILE": str(daemon.dir / "clock"),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
            "ASAN_OPTIONS": options}
        self.set_clock(daemon, 0)
        daemon.start()
        self.assert_opens(daemon, keeper, "1")
        self.assertNotIn("expires on", daemon.log())
        self.set_clock(daemon, 15 * DAY)
        daemon.wait_logged("seal_to: %s expires on" % keeper.certificate)
        self.assertNotIn("%s expires on" % longer.certificate, daemon.log())
        self.set_clock(daemon, 41 * DAY)
        daemon.wait_logged("seal_to: %s has expired on" % keeper.certificate)
        outcome, whole = self.send(daemon, "2")
        self.assertIn(b"token=abcdef", longer.original(whole))
        with self.assertRaises(AssertionError):
            keeper.open(whole)
        self.set_clock(daemon, 51 * DAY)
        outcome, whole = self.send(daemon, "3")
        self.assertTrue(outcome.final.is_temporary(), outcome)
        self.assertEqual(outcome.edits, [])
        daemon.wait_logged("no certificate in seal_to is valid now")

    @staticmethod
    def set_clock(daemon, seconds):
        new = daemon.dir / "clock.new"
        new.write_text("%+d\n" % seconds)
        new.rename(daemon.dir / "clock")

    def test_nss_opens_it(self):
        """Thunderbird's library, which opens RSA and CBC."""
        if shutil.which("cmsutil") is None:
            self.skipTest("libnss3-tools is not installed")
        keeper = seal_keys.Keeper(self.dir)
        daemon = self.daemon(**self.settings(keeper.certificate))
        _, whole = self.send(daemon, "1")
        base, password = self.dir / "nss", self.dir / "password"
        base.mkdir()
        password.write_text("\n")
        seal_keys.openssl("pkcs12", "-export", "-inkey", keeper.key, "-in", keeper.certificate, "-out",
                          self.dir / "keeper.p12", "-name", "keeper", "-passout", "pass:x")
        (self.dir / "der").write_bytes(base64.b64decode(whole.split(b"\r\n\r\n", 1)[1]))
        for command in (["certutil", "-N", "-d", "sql:%s" % base, "-f", password],
                        ["pk12util", "-i", self.dir / "keeper.p12", "-d", "sql:%s" % base, "-k", password,
                         "-W", "x"],
                        ["cmsutil", "-D", "-d", "sql:%s" % base, "-f", password, "-i", self.dir / "der", "-o",
                         self.dir / "opened"]):
            done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.dir / "opened").read_bytes(), keeper.open(whole))


if __name__ == "__main__":
    scenario.main()
