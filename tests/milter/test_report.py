# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""`goneaway report` and `goneaway export`, beside a daemon that runs."""
import csv
import io
import json
import os
import pathlib
import sqlite3
import stat
import sys
from html.parser import HTMLParser

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "report"))
import ledgers  # noqa: E402
import scenario
from scenario import domain, service_mail

HOSTILE = ("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; DROP TABLE account; --",
           "\u202emoc.elpmaxe\u202c", "\x1b[31mred\x1b[0m", "\u009b31m", "&lt;b&gt;", "=HYPERLINK(\"http://evil.example\")",
           "+1", "-2", "@sum", "a\r\nb", "tab\there", "\u2028line", "\ufeffbom", "{service}", "%n%s", "日本語")
VOID = {"meta", "img", "br", "hr", "link", "input", "rect", "line"}


class Page(HTMLParser):
    """A page's tags, attributes and text; that tags close in order is checked on the way."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.tags, self.text, self.identities = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.stack, self.stack

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.identities += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack and self.stack[-1] == tag, (tag, self.stack)
        self.stack.pop()

    def handle_data(self, data):
        self.text.append(data)


class Reporting(scenario.Scenario):
    def report(self, daemon, *arguments):
        return self.tool("report", "-c", daemon.path, *arguments)

    def export(self, daemon, *arguments):
        return self.tool("export", "-c", daemon.path, *arguments)

    def base(self, daemon):
        base = ledgers.connect(daemon.database)
        self.addCleanup(base.close)
        return base

    def page(self, daemon, *arguments):
        code, out, err = self.report(daemon, "-o", "-", *arguments)
        self.assertEqual((code, err), (0, ""))
        return out, Page(out)


class Report(Reporting):
    def test_the_first_day(self):
        """Mail that the daemon recorded is in text and page, with route and letter."""
        daemon = self.daemon()
        daemon.send(service_mail())
        daemon.send(service_mail(message_id="2"))
        code, out, err = self.report(daemon)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"1  accounts are not yours")
        self.assertRegex(out, r"2  mails refused")
        self.assertRegex(out, r"5  old@example\.com +shop\.example +prior +2 ")
        self.assertIn("1. shop.example\n   shop.example, high risk, 1 account\n   e.g.     old@example.com\n", out)
        self.assertLessEqual(max(map(len, out.splitlines())), 100)
        text, page = self.page(daemon)
        self.assertIn("old@example.com", page.text)
        self.assertIn("Please remove our e-mail address", text)

    def test_an_empty_ledger_helps(self):
        daemon = self.daemon()
        code, out, err = self.report(daemon)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("Nothing has been recorded yet", out)
        self.assertIn("systemctl status goneawayd", out)
        text, page = self.page(daemon)
        self.assertIn("Nothing to tell yet", page.text)
        self.assertNotIn("NaN", text)

    def test_no_ledger(self):
        daemon = self.daemon(start=False)
        for command in ("report", "export"):
            code, out, err = self.tool(command, "-c", daemon.path)
            self.assertEqual((code, out), (66, ""))
            self.assertIn("start goneawayd, which makes it", err)
        self.assertFalse(daemon.database.exists())

    def test_nothing_is_written(self):
        """When no daemon runs, the files beside the ledger stay as they are."""
        daemon = self.daemon()
        daemon.send(service_mail())
        daemon.stop()
        before = {path.name: path.read_bytes() for path in daemon.database.parent.iterdir()}
        self.assertEqual(self.report(daemon)[0], 0)
        self.assertEqual(self.export(daemon, "--format", "json")[0], 0)
        self.assertEqual({path.name: path.read_bytes() for path in daemon.database.parent.iterdir()}, before)


class Export(Reporting):
    def test_every_view_as_csv_and_json(self):
        """Whatever is a view in the database, with each row as SQLite gives it."""
        daemon = self.daemon()
        base = self.base(daemon)
        ledgers.fill(base, 300)
        base.execute("CREATE VIEW \"mine / ../own\" AS SELECT 1.5 AS a, NULL AS b, '' AS c, x'00ff' AS d, 7 AS \"x,\"\"y\"")
        place = daemon.dir / "csv"
        self.assertEqual(self.export(daemon, "-o", "%s/" % place), (0, "", ""))
        views = [row["name"] for row in daemon.rows("SELECT name FROM sqlite_schema WHERE type = 'view'")]
        self.assertGreaterEqual(len(views), 12)
        self.assertEqual(len(list(place.iterdir())), len(views))
        code, out, err = self.export(daemon, "--format", "json")
        self.assertEqual((code, err), (0, ""))
        everything = json.loads(out)
        self.assertEqual(sorted(everything), sorted(views))
        for view in views:
            if view.startswith("mine"):
                continue
            with open(place / ("%s.csv" % view), newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            wanted = daemon.rows("SELECT * FROM %s" % view)
            self.assertEqual(everything[view], wanted)
            self.assertEqual([{name: value.removeprefix("'") for name, value in row.items()} for row in rows],
                             [{name: "" if value is None else str(value) for name, value in row.items()} for row in wanted])
        own = (place / "mine%20%2F%20..%2Fown.csv").read_bytes()
        self.assertEqual(own, b"a,b,c,d,\"x,\"\"y\"\r\n1.5,,\"\",00ff,7\r\n")
        self.assertEqual(everything["mine / ../own"], [{"a": 1.5, "b": None, "c": "", "d": "00ff", "x,\"y": 7}])

    def test_one_view(self):
        daemon = self.daemon()
        daemon.send(service_mail())
        code, out, err = self.export(daemon, "exposure")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.startswith("address,service,"))
        self.assertEqual(out.count("\r\n"), 2)
        code, out, err = self.export(daemon, "--format", "json", "Exposure")
        self.assertEqual([row["address"] for row in json.loads(out)], ["old@example.com"])
        code, out, err = self.export(daemon)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("old_addresses\n", out)
        for arguments, code in ((["exposure", "todo"], 64), (["nothing"], 64), (["exposure\" --"], 64),
                                (["--format", "xml"], 64), (["-o", "/nonexistent/x.csv", "exposure"], 73)):
            with self.subTest(arguments=arguments):
                got, out, err = self.export(daemon, *arguments)
                self.assertEqual((got, out), (code, ""))
                self.assertNotEqual(err, "")


if __name__ == "__main__":
    scenario.main()
