# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""`goneaway report` and `goneaway export`, beside a daemon that runs."""
import csv
import json
import pathlib
import stat
import subprocess
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
        self.assertRegex(out, r"1  account is not yours")
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


    def test_beside_a_killed_daemon(self):
        """What was committed is told from the -wal file that the daemon left."""
        daemon = self.daemon()
        daemon.send(service_mail())
        daemon.process.kill()
        daemon.process.wait()
        daemon.process = None
        code, out, err = self.report(daemon)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("old@example.com", out)

    def test_no_cell_is_left_out_in_silence(self):
        daemon = self.daemon()
        base = self.base(daemon)
        ledgers.fill(base, 30)
        base.execute("CREATE VIEW mine AS SELECT 1 AS n, printf('%.*c', 17000000, 'x') AS words")
        base.execute("CREATE VIEW octets AS SELECT zeroblob(9000000) AS octets")
        self.assertEqual(self.export(daemon, "mine")[0], 0)
        for view, column, arguments in (("mine", "words", ["--mask"]), ("octets", "octets", []),
                                        ("mine", "words", ["--mask", "--format", "json"])):
            with self.subTest(view=view, arguments=arguments):
                code, _, err = self.export(daemon, *arguments, view)
                self.assertEqual(code, 65)
                self.assertRegex(err, r"^goneaway export: %s: a cell of the column %s has more than 16777216 octets"
                                 % (view, column))

    def test_masked_everywhere(self):
        """No local part of any address at our domains is left, in text, page, letter and export; the
        same address looks the same; contacts of services stay."""
        daemon = self.daemon(domains=[domain(), domain("example.org", "observe", ())])
        base = self.base(daemon)
        people = ["masked.person%d" % n for n in range(30)] + ["\"masked.person x\"", "masked.person+shop", "Masked.Person"]
        ledgers.fill(base, 900, people, dense=1)
        base.execute("UPDATE account SET note = 'told masked.person1@example.com and masked.person2@elsewhere.example'")
        base.execute("UPDATE message SET rule = 'example.com: masked.person3@example.com'")
        base.execute("UPDATE contact SET steps = 'Write as masked.person4@example.com', url = 'https://x.example/?a=masked.person5@example.com'"
                     " WHERE service = 'mail.example'")
        base.execute("CREATE VIEW mine AS SELECT address AS a, note, '<' || address || '>' AS b FROM account")
        base.execute("INSERT INTO message (received, address_id, kind, claimed, action, meant, mode) SELECT received, address_id,"
                     " 'code', 'masked.person7@example.com', action, meant, mode FROM message LIMIT 3")
        shown = [self.report(daemon, "--mask"), self.report(daemon, "--mask", "-o", "-"),
                 self.report(daemon, "--mask", "--letter", "bank.example"),
                 self.export(daemon, "--mask", "--format", "json"), self.export(daemon, "--mask", "messages"),
                 self.export(daemon, "--mask", "mine")]
        for code, out, err in shown:
            self.assertEqual((code, err), (0, ""))
            self.assertNotIn("masked.person", out.lower())
            self.assertRegex(out, r"~[a-z2-9]{10}@example\.com")
        self.assertIn("privacy@bank.example", shown[1][1])
        views = json.loads(shown[3][1])
        self.assertEqual({row["queue_id"] for row in views["messages"]}, {None})
        self.assertEqual(len({row["address"] for row in views["old_addresses"]}), len(people))
        self.assertEqual({row["address"] for row in views["old_addresses"]}, {row["address"] for row in views["exposure"]})
        again = json.loads(self.export(daemon, "--mask", "--format", "json", "old_addresses")[1])
        self.assertEqual({row["address"] for row in again} & {row["address"] for row in views["old_addresses"]}, set())

    def test_letters(self):
        """In the service's language, with what it must say, and nothing else of the mail."""
        daemon = self.daemon()
        base = self.base(daemon)
        ledgers.fill(base, 400)
        for service, words in (("ichiba.example", ("見本市場", "第34条", "第16条")), ("bank.example", ("DSGVO", "2019-10-05")),
                               ("vols.example", ("RGPD",)), ("tienda.example", ("RGPD", "supresión")),
                               ("social.example", ("Articles 16 and 17 of the GDPR", "RDAP", "We have not opened your messages"))):
            code, out, err = self.report(daemon, "--letter", service, "--sender", "Ann Owner")
            self.assertEqual((code, err), (0, ""))
            for word in words + ("\nAnn Owner\n",):
                self.assertIn(word, out)
            named = {line[2:] for line in out.splitlines() if line.startswith("- ") and "@" in line}
            self.assertEqual(named, {row["address"] for row in daemon.rows(
                "SELECT address FROM account WHERE service = ? AND case_state IN ('found', 'reopened')", service)})
        code, _, err = self.report(daemon, "--letter", "bank.example", "--language", "xx")
        self.assertEqual(code, 0)
        self.assertRegex(err, r'no letter in "xx", so this one is in "[a-z]+"')
        self.assertEqual(self.report(daemon, "--letter", "bank.example", "--language", "ja-JP")[2], "")
        code, out, _ = self.report(daemon, "--letter", "bank.example", "--language", "ja")
        self.assertIn("個人情報", out)
        for service in ("nothing.example", "", "'; --"):
            code, out, err = self.report(daemon, "--letter", service)
            self.assertEqual((code, out), (65, ""))
            self.assertIn("no open case", err)

    def test_a_letter_of_ones_own(self):
        """It replaces the shipped one; what is wrong in it is told with its line, also by -t."""
        letters = pathlib.Path(scenario.tempfile.mkdtemp(prefix="goneaway-letters-"))
        self.addCleanup(scenario.shutil.rmtree, letters)
        daemon = self.daemon(local_letters='"%s"' % letters)
        daemon.send(service_mail())
        shipped = (scenario.ROOT / "conf/letters/en.conf").read_text()
        (letters / "en.conf").write_text(shipped.replace("Please remove our", "Kindly drop our"))
        code, out, err = self.report(daemon, "--letter", "shop.example")
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(out.startswith("Kindly drop our"))
        (letters / "en.conf").write_text(shipped.replace("{service}", "{servise}"))
        for tell in (lambda: self.report(daemon), lambda: self.tool("-t", "-c", daemon.path, program=scenario.DAEMON)):
            code, out, err = tell()
            self.assertEqual(code, 78)
            self.assertRegex(err, r"en\.conf:\d+: body: \{servise\} is no placeholder here")

    def test_where_the_page_goes(self):
        """Mode 0600, an earlier page replaced as a whole, nothing through a link or over a directory."""
        daemon = self.daemon()
        page = daemon.dir / "page.html"
        for _ in range(2):
            code, out, err = self.report(daemon, "-o", page)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("The whole report with letters: %s" % page, out)
            self.assertEqual(stat.S_IMODE(page.stat().st_mode), 0o600)
            page.chmod(0o644)
        kept = page.read_bytes()
        link = daemon.dir / "link.html"
        link.symlink_to(page)
        for path, words in ((link, "is a symbolic link"), (daemon.dir, "is a directory"), ("/dev/null", "no regular file"),
                            (daemon.dir / "none" / "x.html", "its directory cannot be opened")):
            code, out, err = self.report(daemon, "-o", path)
            self.assertEqual(code, 73)
            self.assertIn(words, err)
            self.assertNotIn("The whole report", out)
        self.assertEqual(page.read_bytes(), kept)
        self.assertEqual([path.name for path in daemon.dir.iterdir() if path.name.startswith(".goneaway")], [])
        with open("/dev/full", "w") as full:
            for arguments in (("report", "-o", "-"), ("report",), ("export", "--format", "json")):
                done = subprocess.run([str(scenario.TOOL), arguments[0], "-c", str(daemon.path), *arguments[1:]],
                                      stdout=full, stderr=subprocess.PIPE, check=False)
                self.assertEqual(done.returncode, 74)
                self.assertIn(b"No space left", done.stderr)

    def test_hostile_text_on_the_terminal(self):
        """No control character or direction override gets through, whoever chose the text."""
        daemon = self.daemon()
        base = self.base(daemon)
        services = [("h%d.example" % n, text, text[:40], 5, text, None) for n, text in enumerate(HOSTILE)]
        ledgers.fill(base, 400, ("a",), services, dense=1)
        base.execute("UPDATE account SET case_state = 'found'")
        for n, text in enumerate(HOSTILE):
            base.execute("UPDATE contact SET steps = ?, phone = ? WHERE service = ?", (text, text, "h%d.example" % n))
        outputs = [self.report(daemon)] + [self.report(daemon, "--letter", "h%d.example" % n) for n in range(len(HOSTILE))]
        for code, out, err in outputs:
            self.assertEqual((code, err), (0, ""))
            self.assertNotRegex(out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\ufeff]")
        text, page = self.page(daemon)
        self.assertNotIn("script", {tag for tag, _ in page.tags})
        self.assertEqual(len(set(page.identities)), len(page.identities))
        self.assertIn(HOSTILE[0], "".join(page.text))
        self.assertNotIn("http-equiv=\"refresh\"", text)

    def test_a_large_ledger_makes_no_large_report(self):
        """Rows are bounded and the rest is counted."""
        daemon = self.daemon()
        base = self.base(daemon)
        services = [("s%d.example" % n, "Service %d" % n, "shop", 1 + n % 5, "en", None) for n in range(60)]
        ledgers.fill(base, 2000, ["user%d" % n for n in range(400)], services, dense=0.3)
        accounts = daemon.rows("SELECT count(*) AS n FROM account")[0]["n"]
        code, out, err = self.report(daemon)
        self.assertEqual((code, err), (0, ""))
        self.assertLess(len(out), 30000)
        self.assertIn("and %d more: goneaway export exposure" % (accounts - 12), out)
        self.assertRegex(out, r"12 of 400 addresses, 8 of 60 services")
        text, page = self.page(daemon)
        self.assertLess(len(text), 400000)
        self.assertIn("and 35 more", text)
        self.assertIn("and %d more" % (accounts - 30), text)

    def test_usage(self):
        daemon = self.daemon()
        for arguments in (("x",), ("--nothing",), ("--letter", "shop.example", "-o", "x.html"), ("-o",)):
            code, out, err = self.report(daemon, *arguments)
            self.assertEqual((code, out), (64, ""))
            self.assertIn("goneaway report", err)
        for command in ("report", "export"):
            self.assertEqual(self.tool(command, "--help")[0], 0)


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
