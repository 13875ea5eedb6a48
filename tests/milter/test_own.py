# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Addresses that become the owner's own: expected for some days, minted, learned."""
import pathlib
import sqlite3
import unittest

import scenario
from scenario import PERSONAL, domain, service_mail

INVENTED = "garden@example.com"


class Expected(scenario.Scenario):
    def expect(self, daemon, *arguments):
        return self.tool("expect", "-c", daemon.path, *arguments)

    def send(self, mta, number, service="plants.example", recipient=INVENTED, **how):
        return mta.send(service_mail(service=service, recipient=recipient, message_id=str(number),
                                     **how), recipients=["<%s>" % recipient]).final

    def test_window(self):
        daemon = self.daemon()
        code, out, err = self.expect(daemon, "Garden@Example.com", "--for", "2d")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^garden@example\.com counts as your own until 20\d\d-\d\d-\d\dT[0-9:]+Z\n$")
        mta = daemon.mta()
        self.assertEqual(self.send(mta, 1), "continue")
        self.assertEqual(daemon.rows("SELECT source, round(julianday(until) - julianday('now')) AS days"
                                     " FROM mailbox"), [{"source": "expected", "days": 2.0}])
        # after the window: what was found stays, what is new is somebody's who mistyped
        daemon.execute("UPDATE mailbox SET until = '2020-01-01T00:00:00Z'")
        self.assertEqual(self.send(mta, 2), "continue")
        self.assertTrue(self.send(mta, 3, service="club.example").is_permanent())
        self.assertEqual([(row["service"], row["holder"], row["holder_by"]) for row in daemon.rows(
            "SELECT * FROM account ORDER BY id")],
            [("plants.example", "current", "mailbox"), ("club.example", "prior", "first-mail")])
        mta.quit()

    def test_a_window_only_grows(self):
        daemon = self.daemon()
        for given, kept in (("1w", 7), ("30m", 7), ("200h", 8), ("10d", 10)):
            self.assertEqual(self.expect(daemon, "--for", given, INVENTED)[0], 0)
            row, = daemon.rows("SELECT round(julianday(until) - julianday('now')) AS days FROM mailbox")
            self.assertEqual(row["days"], kept)

    def test_a_window_that_closed_opens_again(self):
        daemon = self.daemon()
        self.expect(daemon, INVENTED, "--for", "1d")
        daemon.execute("UPDATE mailbox SET until = '2020-01-01T00:00:00Z'")
        self.assertEqual(self.expect(daemon, INVENTED, "--for", "1d")[0], 0)
        mta = daemon.mta()
        self.assertEqual(self.send(mta, 1), "continue")
        mta.quit()

    def test_where_somebody_elses_mail_comes_no_window_opens(self):
        daemon = self.daemon()
        daemon.send(service_mail())
        code, out, err = self.expect(daemon, "old@example.com", "--for", "2d")
        self.assertEqual((code, out), (65, ""))
        self.assertIn("accounts of somebody else", err)
        self.assertEqual(daemon.rows("SELECT * FROM mailbox"), [])

    def test_own_already(self):
        daemon = self.daemon()
        code, out, _ = self.expect(daemon, "me@example.com", "--for", "2d")
        self.assertEqual((code, out), (0, "me@example.com is your own already (mailboxes)\n"))
        daemon.execute("INSERT INTO mailbox (address) VALUES ('new@example.com')")
        code, out, _ = self.expect(daemon, "new@example.com", "--for", "2d")
        self.assertEqual((code, out), (0, "new@example.com is your own already (admin)\n"))
        self.assertEqual([row["until"] for row in daemon.rows("SELECT * FROM mailbox")], [None])

    def test_refused(self):
        daemon = self.daemon()
        for arguments, code in ((["x@elsewhere.example", "--for", "2d"], 65), (["<", "--for", "2d"], 65),
                                (["", "--for", "2d"], 65), (["x@example.com"], 64),
                                (["--for", "2d"], 64), (["a@example.com", "b@example.com", "--for", "1d"], 64),
                                *(([INVENTED, "--for", bad], 64) for bad in (
                                    "", "d", "2", "0d", "2y", "2dd", "-2d", "366d", "53w", "9999999m", " 2d"))):
            with self.subTest(arguments=arguments):
                got, out, err = self.expect(daemon, *arguments)
                self.assertEqual((got, out), (code, ""))
                self.assertNotEqual(err, "")
        self.assertEqual(daemon.rows("SELECT * FROM mailbox"), [])
        self.assertEqual(self.tool("expect", "--help")[0], 0)

    def test_without_a_ledger(self):
        daemon = self.daemon(start=False)
        code, _, err = self.expect(daemon, INVENTED, "--for", "2d")
        self.assertEqual(code, 66)
        self.assertIn("start goneawayd", err)
        self.assertFalse(daemon.database.exists())

    def test_a_locked_ledger_is_told_soon(self):
        daemon = self.daemon(ledger_timeout_ms="300")
        other = sqlite3.connect(daemon.database, timeout=10, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        code, _, err = self.expect(daemon, INVENTED, "--for", "2d")
        other.rollback()
        other.close()
        self.assertIn(code, (66, 75))
        self.assertNotEqual(err, "")
        self.assertEqual(self.expect(daemon, INVENTED, "--for", "2d")[0], 0)


    def test_a_ledger_out_of_reach_is_not_said_to_be_missing(self):
        daemon = self.daemon(start=False)
        code, _, err = self.expect(daemon, INVENTED, "--for", "2d")
        self.assertEqual(code, 66)
        self.assertIn("start goneawayd, which makes it", err)
        (daemon.dir / "file").write_text("")
        other = daemon.dir / "other.conf"
        other.write_text(pathlib.Path(daemon.path).read_text().replace(
            str(daemon.database), str(daemon.dir / "file/goneaway.db")))
        code, _, err = self.tool("expect", "-c", other, INVENTED, "--for", "2d")
        self.assertEqual(code, 66)
        self.assertIn("cannot reach the ledger", err)


class Minted(scenario.Scenario):
    @unittest.skipIf(pathlib.Path("/etc/goneaway/goneaway.conf").exists(), "goneaway is configured on this machine")
    def test_without_a_configuration(self):
        for arguments in (["mint", "shop"], ["scan", "-n", "--offline", "/dev/null"]):
            code, out, err = self.tool(*arguments)
            self.assertEqual((code, out), (78, ""))
            self.assertRegex(err, r"goneaway %s: there is no /etc/goneaway/goneaway\.conf.*-c" % arguments[0])

    def test_minted_address_is_own(self):
        daemon = self.daemon()
        code, out, _ = self.tool("mint", "-c", daemon.path, "books")
        self.assertEqual(code, 0)
        address = out.strip()
        mta = daemon.mta()
        for number, (recipient, wanted) in enumerate((
                (address, False), (address.upper(), False), (address.replace("@", "+x@"), False),
                (address.replace("books.", "looks."), True), ("x" + address, True))):
            with self.subTest(recipient=recipient):
                outcome = mta.send(service_mail(service="books%d.example" % number),
                                   recipients=["<%s>" % recipient])
                self.assertEqual(outcome.final.is_refusal(), wanted)
        self.assertEqual(mta.send(PERSONAL, recipients=["<%s>" % address]).edits, [])
        mta.quit()


if __name__ == "__main__":
    scenario.main()
