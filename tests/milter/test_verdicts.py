# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What the daemon records is what explain says of the same mail, in whichever way it came: in large
pieces without replies, or in small ones from an MTA of protocol 2 that wants each step answered.

Over the samples and the mails of the bench, and over all *.eml below GONEAWAY_CORPUS if that is
set."""
import json
import os
import pathlib
import subprocess

import scenario
import wire
from scenario import BUILD, ROOT, domain

MIX = 50  # mails of the bench
SAME = ("kind", "authenticated", "meant", "action")
OWNED = ("me", "sales")


class Verdicts(scenario.Scenario):
    def setUp(self):
        self.place = self.daemon(start=False, domains=[domain(mode="tag", mailboxes=OWNED)])
        self.mails = self.place.dir / "mails"
        self.mails.mkdir()

    def mix(self):
        folder = self.place.dir / "mix"
        subprocess.run(["/usr/bin/python3", "-B", ROOT / "tests/bench/make_mix.py", "-n", str(MIX),
                        BUILD / "tests" / "goneaway-sign", folder], check=True)
        return sorted(folder.glob("*.eml"))

    def write(self, paths):
        """Each mail with a recipient of its own, so that none knows of another."""
        for number, path in enumerate(paths):
            mail = path.read_bytes().replace(b"\r\n", b"\n")
            if mail.startswith(b"From "):
                mail = mail.partition(b"\n")[2]
            (self.mails / ("%05d.eml" % number)).write_bytes(
                b"Delivered-To: user%d@example.com\n" % number + mail)

    def explained(self):
        files = sorted(self.mails.glob("*.eml"))
        code, out, errors = self.tool("explain", "-c", self.place.path, "-o", "json", *files)
        self.assertEqual(code, 0, errors)
        told = [json.loads(line) for line in out.split("\n") if line]
        told = [one for one in told  # some mails name others at our domain, too
                if one["address"] == "user%d@example.com" % int(pathlib.Path(one["file"]).stem)]
        self.assertEqual([one["file"] for one in told], [str(path) for path in files])
        return told

    def send_all(self, told, place, chunk, **how):
        """Every mail as it was explained: from the same sender, to the same recipient."""
        wire.CHUNK, usual = chunk, wire.CHUNK
        mta = place.mta(**how)
        for one in told:
            # without a Return-Path explain knows of no sender: any will do, but for the null one
            sender = "<%s>" % ("a@sender.example" if one["sender"] is None else one["sender"].strip("<>"))
            mail = pathlib.Path(one["file"]).read_bytes().decode("utf-8", "surrogateescape")
            mta.send(mail, sender=sender, recipients=("<%s>" % one["address"],))
        mta.quit()
        wire.CHUNK = usual

    def compare(self, told, place):
        rows = {row["address"]: row for row in place.rows("SELECT * FROM messages")}
        self.assertEqual(len(rows), len(told))
        for one in told:
            row = rows[one["address"]]
            for key in SAME:
                self.assertEqual(row[key], one[key], "%s of %s" % (key, one["file"]))
            if row["service"] is None:  # no account: nobody's, or none of a service
                self.assertIn(one["holder"], ("unknown", "current"), one["file"])
            else:
                self.assertEqual((row["service"], row["holder"], row["holder_by"]),
                                 (one["service"], one["holder"], one["holder_by"]), one["file"])

    def check(self, paths):
        self.write(paths)
        told = self.explained()
        self.assertEqual(len(told), len(paths))
        self.place.start()
        self.send_all(told, self.place, 65535)
        self.compare(told, self.place)
        plain = self.daemon(domains=[domain(mode="tag", mailboxes=OWNED)])
        self.send_all(told, plain, 4096, version=2, actions=wire.OLD_ACTIONS, steps=wire.OLD_STEPS)
        self.compare(told, plain)

    def test_samples_and_mix(self):
        self.check(sorted((ROOT / "tests/samples").glob("*.eml")) + self.mix())

    def test_corpus(self):
        corpus = os.environ.get("GONEAWAY_CORPUS")
        if not corpus:
            self.skipTest("GONEAWAY_CORPUS is not set")
        self.check(sorted(pathlib.Path(corpus).rglob("*.eml")))


if __name__ == "__main__":
    scenario.main()
