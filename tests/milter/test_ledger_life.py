# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What goes and what moves with time while the daemon runs, forgetting one person, and that the
statements in goneaway-ledger(5) do what they say."""
import sqlite3
import subprocess
import time

import scenario
from scenario import domain, examples, service_mail


def old(days):
    return "strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', 'now', '-%d days')" % days


def statements():
    """The statements of the manual's examples."""
    return [part.strip(" ;\n") + ";" for block in examples.those(examples.read("goneaway-ledger.5"), "sql")
            for part in block.split(";\n") if part.strip(" ;\n")]


class Life(scenario.Scenario):
    def wait_for(self, daemon, sql, wanted):
        end = time.monotonic() + 60
        while True:
            found = [tuple(row.values()) for row in daemon.rows(sql)]
            if found == wanted:
                return
            self.assertLess(time.monotonic(), end, found)
            time.sleep(0.05)

    def test_the_daemon_tidies_by_its_settings(self):
        daemon = self.daemon(keep_days="90", keep_accounts_days="400", quiet_days="30")
        mta = daemon.mta()
        for number, service in enumerate(("shop.example", "bank.example", "club.example")):
            mta.send(service_mail(service=service, message_id=str(number)))
        mta.quit()
        daemon.execute("UPDATE message SET received = %s" % old(100))
        for service, days in (("shop.example", 29), ("bank.example", 31), ("club.example", 401)):
            daemon.execute("UPDATE account SET last_seen = %s, first_refused = last_seen WHERE service = ?"
                           % old(days), service)
        daemon.reload()
        self.wait_for(daemon, "SELECT (SELECT count(*) FROM message), service, case_state FROM account"
                              " ORDER BY id", [(0, "shop.example", "found"), (0, "bank.example", "quiet")])
        self.assertEqual([row["service"] for row in daemon.rows("SELECT * FROM todo")], ["shop.example"])
        # a mail reopens it
        daemon.send(service_mail(service="bank.example", message_id="9"))
        self.assertEqual(sorted((row["service"], row["case_state"]) for row in daemon.rows(
            "SELECT * FROM todo")), [("bank.example", "reopened"), ("shop.example", "found")])

    def test_forgetting_one_person(self):
        daemon = self.daemon()
        mta = daemon.mta()
        for number, recipient in enumerate(("anna@example.com", "Anna+shop@example.com", "bert@example.com")):
            mta.send(service_mail(recipient=recipient, message_id=str(number)),
                     recipients=["<%s>" % recipient])
        code, out, err = self.tool("forget", "-c", daemon.path, "Anna@Example.com")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, "forgot anna@example.com: addresses: 2, accounts: 2, messages: 2, own mailboxes: 0\n")
        self.assertEqual([row["address"] for row in daemon.rows()], ["bert@example.com"])
        left = b"".join(path.read_bytes() for path in daemon.database.parent.iterdir()
                        if path.name.startswith("goneaway.db"))
        self.assertNotIn(b"anna", left.lower())
        self.assertIn(b"bert@example.com", left)
        # the daemon goes on, and what comes is recorded anew
        self.assertTrue(mta.send(service_mail(recipient="anna@example.com", message_id="7"),
                                 recipients=["<anna@example.com>"]).final.is_permanent())
        self.assertEqual(len(daemon.rows()), 2)
        mta.quit()
        for arguments, wanted in ((["nobody@example.com"], 0), (["<"], 65), ([""], 65), ([], 64),
                                  (["a@example.com", "b@example.com"], 64), (["--help"], 0)):
            with self.subTest(arguments=arguments):
                got = self.tool("forget", *([] if "--help" in arguments else ["-c", daemon.path]), *arguments)
                self.assertEqual(got[0], wanted, got)
        self.assertEqual(len(daemon.rows()), 2)

    def test_forgetting_makes_no_ledger(self):
        daemon = self.daemon(start=False)
        self.assertEqual(self.tool("forget", "-c", daemon.path, "a@example.com")[0], 66)
        self.assertFalse(daemon.database.exists())

    def test_statements_of_the_documentation(self):
        daemon = self.daemon()
        mta = daemon.mta()
        mta.send(service_mail(message_id="1"))
        mta.send(service_mail(message_id="2", recipient="me@example.com"), recipients=["<me@example.com>"])
        base = sqlite3.connect(daemon.database, timeout=10, isolation_level=None)
        self.addCleanup(base.close)
        listed = statements()
        self.assertGreater(len(listed), 15)
        for sql in listed:
            with self.subTest(sql=sql):
                answer = base.execute(sql).fetchall()
                if "wal_checkpoint" in sql:
                    self.assertEqual(answer, [(0, 0, 0)])
                elif "case_state = 'answered'" in sql:
                    self.assertEqual(base.execute("SELECT case_state, note FROM account WHERE address = "
                                                  "'old@example.com'").fetchall(),
                                     [("answered", "their privacy form, no answer yet; they removed it on 2 March")])
                elif "'stranger'" in sql:
                    outcome = mta.send(service_mail(message_id="3", recipient="me@example.com"),
                                       recipients=["<me@example.com>"])
                    self.assertIn("Intended recipient unknown", outcome.final.text)
        self.assertEqual({row["address"] for row in daemon.rows("SELECT address FROM messages")},
                         {"me@example.com"})
        mta.quit()

    def test_backup_while_the_daemon_writes(self):
        daemon = self.daemon()
        mta = daemon.mta()
        mta.send(service_mail(message_id="1"))
        copy = daemon.dir / "copy.db"
        subprocess.run(["sqlite3", str(daemon.database), ".backup %s" % copy], check=True, timeout=60)
        mta.send(service_mail(message_id="2"))
        mta.quit()
        base = sqlite3.connect(copy)
        self.addCleanup(base.close)
        self.assertEqual(base.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(base.execute("SELECT count(*) FROM messages").fetchall(), [(1,)])


if __name__ == "__main__":
    scenario.main()
