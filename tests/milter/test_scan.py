# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""goneaway scan: mail that lies in mailboxes, judged and recorded as the daemon would have."""
import itertools
import os
import signal
import subprocess
import time

import scenario
from scenario import PERSONAL, TOOL, domain, service_mail

TRUSTED = '[ "mx.google.com" ]'
RESET = None
WELCOME = ("Welcome to Shop",
           "Hello,\n\nwelcome! Thank you for creating an account with us. Your account is ready.\n")
ORDER = ("Your order 1001 is confirmed",
         "Hello,\n\nthank you for your order. We will let you know when it ships.\nOrder number: 1001\n")


def found(date, what=RESET, service="shop.example", to="old@example.com", number="1", proven=True,
          received=True, top="", delivered=None, fields=""):
    """A mail as Gmail keeps it: on top what the host wrote, below what the sender did."""
    subject, body = what or ("Reset your password", None)
    results = ("Authentication-Results: mx.google.com;\n       dkim=pass header.i=@%s header.s=s;\n"
               "       spf=pass smtp.mailfrom=service@%s\n" % (service, service)) if proven else ""
    trace = ("Delivered-To: %s\nReceived: by 2002:a05:1234 with SMTP id x1;\n        %s\n"
             "Return-Path: <service@%s>\n"
             "Received: from mail.%s (mail.%s. [192.0.2.1])\n"
             "        by mx.google.com with ESMTPS id y2\n        for <%s>;\n        %s\n"
             % (delivered or to, date, service, service, service, to, date)) if received else ""
    return top + trace + results + service_mail(
        subject, body, service=service, proven=False, recipient=to, message_id=number, fields=fields)


def mbox(*mails, end="\n"):
    """Takeout's way: mboxrd with a date of its own."""
    out = b""
    for mail in mails:
        data = mail if isinstance(mail, bytes) else mail.encode()
        lines = [b">" + line if line.lstrip(b">").startswith(b"From ") else line
                 for line in data.split(b"\n")]
        out += b"From 1790000000000000000@xxx Mon Mar 02 10:00:05 +0000 2020\n" + b"\n".join(lines) + b"\n"
    return out.replace(b"\n", end.encode())


class Scan(scenario.Scenario):
    def setUp(self):
        self.place = self.daemon(start=False, scan_trusted_ids=TRUSTED)

    def write(self, name, data):
        path = self.place.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def scan(self, *arguments, code=0, standard_input=b""):
        got, out, self.errors = self.tool("scan", "-c", self.place.path, *arguments,
                                          standard_input=standard_input)
        self.assertEqual(got, code, out + self.errors)
        return out

    def accounts(self):
        return {(row["address"], row["service"]): (row["holder"], row["holder_by"], row["messages"])
                for row in self.place.rows("SELECT * FROM account")}

    def state(self):
        """All that does not depend on the order in which mails are found."""
        account = self.place.rows(
            "SELECT address, service, holder, holder_by, first_seen, last_seen, messages, rrvs_date,"
            " case_state, case_since FROM account ORDER BY address, service")
        kinds = self.place.rows(
            "SELECT address, service, kind, k.messages, k.first_seen, k.last_seen FROM account_kind k"
            " JOIN account ON account.id = account_id ORDER BY 1, 2, 3")
        messages = self.place.rows(
            "SELECT received, address, service, kind, action, mode, reply FROM messages ORDER BY 1, 2, 3, 4")
        days = self.place.rows("SELECT * FROM day_count ORDER BY 1, 2, 3, 4, 5, 6")
        addresses = self.place.rows(
            "SELECT address, own, first_seen, last_seen, messages FROM address ORDER BY 1")
        return account, kinds, messages, days, addresses

    def forget_all(self):
        self.place.execute("DELETE FROM address")
        self.place.execute("DELETE FROM account")
        self.place.execute("DELETE FROM day_count")

    # from yesterday on: ten o'clock of today may still lie ahead, and a date ahead is read as now
    RECENT = [time.strftime("%a, %d %b %Y 10:00:00 +0000", time.gmtime(time.time() - day * 86400))
              for day in range(1, 61)]

    def test_takeout(self):
        box = self.write("All mail.mbox", mbox(
            found(self.RECENT[9], number="1", top="X-GM-THRID: 17\nX-Gmail-Labels: Inbox,Important\n"),
            found(self.RECENT[8], WELCOME, "forum.example", number="2",
                  top="X-GM-THRID: 18\nX-Gmail-Labels: Spam\n"),
            found(self.RECENT[7], ORDER, "store.example", to="me@example.com", number="3"),
            found(self.RECENT[6], number="4", top="X-GM-THRID: 19\nX-Gmail-Labels: Sent,Opened\n"),
            found(self.RECENT[6], number="5",
                  top="X-GM-THRID: 19\nX-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=\n"),
            found(self.RECENT[5], number="6", to="x@elsewhere.example"),
            found(self.RECENT[4], number="7", proven=False, service="bank.example"),
            PERSONAL))
        out = self.scan(box)
        self.assertEqual(self.errors, "")
        self.assertIn("8 mails read", out)
        self.assertEqual(self.accounts(), {
            ("old@example.com", "shop.example"): ("prior", "first-mail", 1),
            ("old@example.com", "forum.example"): ("stranger", "first-mail", 1),
            ("me@example.com", "store.example"): ("current", "mailbox", 1)})
        for words in (r"judged +5\n", r"your own \(sent.* +2\n", r"for no address of your domains +1\n",
                      r"rows written to the ledger +5\n", r"prior +1 +\(\+1\)", r"goneaway report"):
            self.assertRegex(out, words)
        for row in self.place.rows("SELECT * FROM message"):
            self.assertEqual((row["origin"], row["action"], row["mode"], row["reply"]),
                             ("scan", "accept", "observe", None))
        self.assertEqual(len(self.place.rows("SELECT * FROM service WHERE id = 'netflix.com'")), 1)

    def test_a_mail_counts_once(self):
        box = self.write("a.mbox", mbox(*(found(self.RECENT[i], number=str(i)) for i in range(20))))
        self.scan(box)
        before = self.state()
        out = self.scan(box, self.write("again/a.eml", found(self.RECENT[3], number="3")), box)
        self.assertRegex(out, r"counted before +41\n")
        self.assertEqual(self.state(), before)
        self.assertEqual(self.place.rows("SELECT max(deliveries) AS n FROM message"), [{"n": 1}])
        self.place.execute("DELETE FROM message")  # as time does
        self.scan(box)
        self.assertEqual(self.place.rows("SELECT messages FROM account"), [{"messages": 20}])

    def test_order_does_not_matter(self):
        mails = [found(self.RECENT[30], WELCOME, number="1"),
                 found(self.RECENT[20], number="2"),
                 found(self.RECENT[40], ("News of the week", "Our offers.\nUnsubscribe here.\n"), number="3",
                       fields="List-Unsubscribe: <mailto:u@shop.example>\nPrecedence: bulk\n"),
                 found(self.RECENT[10], ORDER, number="4")]
        states = []
        for order in itertools.permutations(mails):
            self.scan(*[self.write("o/%d.eml" % i, mail) for i, mail in enumerate(order)])
            states.append(self.state())
            self.assertEqual(self.accounts(),
                             {("old@example.com", "shop.example"): ("stranger", "first-mail", 3)})
            self.forget_all()
            self.assertEqual(self.place.rows("SELECT * FROM scanned"), [])
        for state in states:
            self.assertEqual(state, states[0])

    def test_one_after_the_other_is_as_all_at_once(self):
        first = self.write("1.eml", found(self.RECENT[10], ORDER, number="1"))
        older = self.write("2.eml", found(self.RECENT[20], WELCOME, number="2"))
        self.scan(first)
        self.assertEqual(self.accounts()["old@example.com", "shop.example"][:2], ("prior", "first-mail"))
        self.scan(older)
        self.assertEqual(self.accounts()["old@example.com", "shop.example"][:2], ("stranger", "first-mail"))
        oldest = self.write("3.eml", found("Mon, 02 Sep 2019 10:00:00 +0000", WELCOME, number="3"))
        self.scan(oldest)  # it came before the domain was ours
        self.assertEqual(self.accounts()["old@example.com", "shop.example"][:2], ("prior", "first-mail"))

    def test_before_our_time_an_own_mailbox_was_not_ours(self):
        before = found("Mon, 02 Sep 2019 10:00:00 +0000", ORDER, to="me@example.com", number="1")
        self.scan(self.write("1.eml", before))
        self.assertEqual(self.accounts()["me@example.com", "shop.example"][:2], ("prior", "first-mail"))
        self.scan(self.write("2.eml", found(self.RECENT[3], ORDER, to="me@example.com", number="2")))
        self.assertEqual(self.accounts()["me@example.com", "shop.example"][:2], ("current", "mailbox"))

    def test_what_the_administrator_set_stays(self):
        self.scan(self.write("1.eml", found(self.RECENT[10], ORDER, number="1")))
        self.place.execute("UPDATE account SET holder = 'current'")
        self.scan(self.write("2.eml", found(self.RECENT[20], WELCOME, number="2")))
        self.assertEqual(self.accounts(), {("old@example.com", "shop.example"): ("current", "admin", 2)})

    def test_a_forged_date_makes_nothing_older(self):
        """Without what a delivery wrote only the sender's Date is there."""
        mail = found(None, WELCOME, received=False, number="1")
        mail = mail.replace("Date: Mon, 02 Mar 2020", "Date: Mon, 02 Mar 2015")
        self.assertIn("2015", mail)
        self.scan(self.write("1.eml", mail))
        row, = self.place.rows("SELECT first_seen, holder FROM account")
        self.assertEqual(row, {"first_seen": "2019-10-05T00:00:00Z", "holder": "stranger"})
        # and in a mail that was delivered it does not count at all
        self.forget_all()
        mail = found(self.RECENT[5], WELCOME).replace("Mon, 02 Mar 2020", "Mon, 02 Mar 2015")
        self.scan(self.write("2.eml", mail))
        self.assertEqual(self.place.rows("SELECT holder FROM account"), [{"holder": "stranger"}])

    def test_whom_it_believes(self):
        forged = "Authentication-Results: mx.google.com; dmarc=pass header.from=shop.example\n"
        hop = ("Received: from mx.google.com by mx.google.com; %s\n" % self.RECENT[3])
        host = found(self.RECENT[3], proven=False)
        real = "Authentication-Results: mx.google.com; dkim=none\n"
        cases = {
            "as it should be": (found(self.RECENT[3]), True),
            "nothing": (host, False),
            "the sender's, below the host's": (host.replace("From: Shop", real + forged + "From: Shop"), False),
            "the sender's, below a Received of his own":
                (host.replace("From: Shop", hop + forged + "From: Shop"), False),
            "another's id": (host.replace("From: Shop", forged.replace("mx.google.com", "mx.example.net")
                                          + "From: Shop"), False),
            "ARC": (host.replace("From: Shop", "ARC-" + forged.replace("mx.", "i=1; mx.") + "From: Shop"), False),
            "another host's mail": (found(self.RECENT[3]).replace("by mx.google.com", "by mx.example.net"), False),
        }
        for name, (mail, proven) in cases.items():
            with self.subTest(case=name):
                self.scan(self.write("m.eml", mail))
                self.assertEqual(len(self.accounts()), proven)
                self.forget_all()

    def addresses(self, cases):
        """For whom mails with these fields are: their local parts, by the same keys."""
        names = {"c%d.example" % number: name for number, name in enumerate(cases)}
        for service, name in names.items():
            self.write("r/%s.eml" % service, cases[name] + service_mail(
                service=service, proven=False, recipient="to@example.com").replace(
                    "Mon, 02 Mar 2020 10:00:00 +0000", self.RECENT[3]))  # or it would be past its time
        self.scan(self.place.dir / "r")
        found_for = {name: [] for name in cases}
        for row in self.place.rows("SELECT address, from_domain FROM messages ORDER BY 1"):
            found_for[names[row["from_domain"]]].append(row["address"].split("@")[0])
        return {name: " ".join(found) for name, found in found_for.items()}

    def test_recipients(self):
        lmtp = "Received: from mx.example.org by mx.example.org with LMTP for <me@example.com>; %s\n" % self.RECENT[2]
        smtp = ("Received: from b.example (b.example [192.0.2.1]) by mx.example.org with ESMTP id 1"
                " for <%%s@example.com>; %s\n" % self.RECENT[2])
        bare = smtp.replace(" for <%s@example.com>", "")
        forged = ("X-Gm-Original-To: evil@example.com\nX-Original-To: evil@example.com\n"
                  "Envelope-To: evil@example.com\nX-Delivered-To: evil@example.com\n"
                  "Delivered-To: evil@example.com\nX-Forwarded-To: evil@example.com\n")
        relay = ("Received: from mail-f69.google.com (mail-f69.google.com. [192.0.2.69]) by mx.google.com with SMTPS"
                 " for <me@example.com>; %s\n" % self.RECENT[1])
        fetched = ("Received: from pop.example.org [192.0.2.9] by laptop with POP3 (fetchmail-6.4) for <me@localhost>"
                   " (single-drop); %s\n" % self.RECENT[1])
        elsewhere = ("Delivered-To: me@mail.example\nReceived: from fwd.example.org (fwd.example.org. [192.0.2.7])"
                     " by mx.mail.example for <me@mail.example>; %s\n" % self.RECENT[1])
        cases = {
            "Postfix": ("X-Original-To: old@example.com\nDelivered-To: me@example.com\n" + smtp % "old", "old"),
            "Postfix, several recipients": ("X-Original-To: old@example.com\nDelivered-To: me@example.com\n" + bare, "old"),
            "Postfix, Dovecot by LMTP": ("Delivered-To: me@example.com\n" + lmtp + smtp % "old", "old"),
            "behind a filter": ("X-Original-To: me@example.com\nDelivered-To: me@example.com\n"
                                "Received: from localhost (localhost [127.0.0.1]) by mx.example.org (Postfix)"
                                " with ESMTP id 2 for <me@example.com>; x\n" + smtp % "old", "old"),
            "Google": ("Delivered-To: me@example.com\nReceived: by 2002:a05:1 with SMTP id x; x\n" + smtp % "old", "old"),
            "Google, routed": ("Delivered-To: me@example.com\nReceived: by 2002:a05:1 with SMTP id x; x\n" + relay
                               + "X-Gm-Original-To: old@example.com\n" + smtp % "me", "old"),
            "Fastmail": ("Received: from compute1.internal (compute1 [10.2.2.4]) by slot1 (Cyrus) with LMTPA; x\n"
                         "X-Resolved-to: me@mail.example\nX-Delivered-to: old@example.com\n"
                         "Received: from mx2 ([10.2.2.2]) by compute1.internal (LMTPProxy); x\n" + bare, "old"),
            "cPanel": ("Delivered-To: me@example.com\nReceived: from s.example by s.example with LMTP for"
                       " <me@example.com>; x\nReturn-path: <a@shop.example>\nEnvelope-to: old@example.com\n" + bare, "old"),
            "fetchmail": ("Delivered-To: me@laptop\n" + fetched + "Delivered-To: me@example.com\n" + smtp % "old", "old"),
            "forwarded": (elsewhere + "X-Forwarded-To: me@mail.example\nX-Original-To: old@example.com\n" + bare, "old"),
            "never on a network": ("Delivered-To: d@example.com\n", "d"),
            "the sender's word": (elsewhere + "Cc: cc@example.com, someone@elsewhere.example\n", "cc to"),
        }
        expected = {name: address for name, (_, address) in cases.items()}
        self.assertEqual(self.addresses({name: fields for name, (fields, _) in cases.items()}), expected)
        self.forget_all()
        del cases["never on a network"], expected["never on a network"]
        hostile = {name: fields + forged for name, (fields, _) in cases.items()}  # wins nothing
        hostile["a hop of its own"] = smtp % "old" + "X-Gm-Original-To: evil@example.com\n" + smtp % "evil"
        expected["a hop of its own"] = "old"
        self.assertEqual(self.addresses(hostile), expected)

    def test_a_fetched_mail_came_when_it_came(self):
        self.scan(self.write("m.eml", "Received: from pop.example.org by laptop with POP3 for <me@localhost>; %s\n"
                             % self.RECENT[1] + found(self.RECENT[30])))
        row, = self.place.rows("SELECT received FROM message")
        self.assertEqual(row["received"], time.strftime(
            "%Y-%m-%dT10:00:00Z", time.strptime(self.RECENT[30], "%a, %d %b %Y %H:%M:%S +0000")))

    def test_maildir(self):
        box = self.place.dir / "Maildir"
        for name in ("cur", "new", "tmp", ".Archive.2020/cur", ".Archive.2020/new", ".Sent/cur",
                     ".Sent/new"):
            (box / name).mkdir(parents=True)
        stray = found(None, WELCOME, received=False, number="5")
        when = int(time.time()) - 5 * 86400
        self.write("Maildir/cur/1.host:2,S", found(self.RECENT[3], number="1"))
        self.write("Maildir/new/2.host", "From x Mon Jan 01 00:00:00 2024\n" + found(self.RECENT[3], number="2")
                   + "\n\nFrom y Mon Jan 01 00:00:00 2024\n" + found(self.RECENT[3], number="77"))
        self.write("Maildir/tmp/3.host", found(self.RECENT[3], number="3"))
        self.write("Maildir/cur/4.host:2,D", found(self.RECENT[3], number="4"))
        self.write("Maildir/.Archive.2020/cur/%d.M1.host:2,S" % when, stray)
        self.write("Maildir/.Sent/cur/6.host:2,S", found(self.RECENT[3], number="6"))
        self.write("Maildir/dovecot.index", b"\0")
        out = self.scan(box)
        self.assertRegex(out, r"judged +3\n")
        rows = self.place.rows("SELECT received FROM message ORDER BY 1")
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows[0]["received"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)))
        self.write("Maildir/new/9.host", found(self.RECENT[1], number="9"))  # it grows
        self.assertRegex(self.scan(box), r"judged +1\n")

    def test_what_never_ends_in_a_maildir(self):
        for name in ("cur", "new", "tmp"):
            (self.place.dir / "Maildir" / name).mkdir(parents=True)
        box = self.place.dir / "Maildir"
        os.mkfifo(box / "cur" / "1.pipe:2,S")
        os.symlink("/dev/zero", box / "cur" / "2.zero:2,S")
        os.symlink(self.write("elsewhere", found(self.RECENT[1])), box / "new" / "3.link")
        self.write("Maildir/cur/4.host:2,S", found(self.RECENT[2], number="2"))
        got = subprocess.run([TOOL, "scan", "-c", str(self.place.path), str(box)], capture_output=True,
                             timeout=60, text=True)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertRegex(got.stdout, r"judged +2\n")

    def test_names_of_files_move_no_terminal(self):
        for name in (b"a\x1b[2Jb.eml", "a\u009b2Jb.eml".encode(), b"a\x9b2Jb.eml", "a\u202eb.eml".encode(),
                     b"a\nb.eml"):
            with self.subTest(name=name):
                folder = self.place.dir / "folder"
                folder.mkdir(exist_ok=True)
                path = os.path.join(os.fsencode(folder), name)
                with open(path, "wb") as file:
                    file.write(b"no mail")
                got = subprocess.run([TOOL, "scan", "-c", str(self.place.path), str(folder)], capture_output=True,
                                     timeout=60)
                self.assertEqual(got.returncode, 65)
                line, = got.stderr.decode().splitlines()
                self.assertRegex(line, "a\ufffd.*b\\.eml:0: this is no mail")
                self.assertTrue(line.isprintable(), ascii(line))
                os.unlink(path)

    def test_broken_mboxes(self):
        good = [found(self.RECENT[i], number=str(i)) for i in range(3)]
        whole = mbox(*good)
        for name, data, count in (("no final newline", whole.rstrip(b"\n"), 3),
                                  ("CRLF", mbox(*good, end="\r\n"), 3),
                                  ("no empty line", whole.replace(b"\n\nFrom 179", b"\nFrom 179"), 3),
                                  ("truncated", whole[:-len(good[2]) // 2], 3),
                                  ("NULs", whole.replace(b"Hello", b"Hel\0o"), 3)):
            with self.subTest(name=name):
                self.scan(self.write("b.mbox", data))
                self.assertEqual(len(self.place.rows("SELECT * FROM message")), count)
                self.forget_all()

    def test_standard_input_and_packed_files(self):
        import gzip
        box = mbox(found(self.RECENT[1]), found(self.RECENT[2], number="2"))
        self.assertRegex(self.scan("-", standard_input=box), r"judged +2\n")
        self.scan(self.write("a.mbox.gz", gzip.compress(box)), code=65)
        self.assertIn("zcat FILE | goneaway scan -", self.errors)

    def test_mistakes_are_told_and_end_nothing(self):
        good = self.write("good.eml", found(self.RECENT[1]))
        out = self.scan(self.write("x.eml", b"\x00\x01nothing\n"), self.place.dir / "no-such", good, code=66)
        self.assertIn("x.eml:0: this is no mail", self.errors)
        self.assertIn("no-such:0: No such file", self.errors)
        self.assertRegex(out, r"judged +1\n")
        box = mbox(found(self.RECENT[2], number="8")) + b"From x Mon Jan 01 00:00:00 2024\n\nnot a mail\n"
        self.scan(self.write("bad.mbox", box), code=65)
        self.assertRegex(self.errors, r"bad\.mbox:%d: this is no mail" % box.index(b"From x"))
        for arguments in ([], ["--no-such"]):
            code, out, err = self.tool("scan", *arguments)
            self.assertEqual((code, out), (64, ""))
            self.assertIn("usage:", err)

    def test_why_there_is_no_account(self):
        box = self.write("a.mbox", mbox(found(self.RECENT[9], number="1", proven=False)))
        for arguments in (["-n"], []):
            out = self.scan(*arguments, box)
            self.assertRegex(out, r"no sender is proven.*scan_trusted_ids")
            self.assertRegex(out, r"accounts in the.*: none\n")
        out = self.scan("-n", self.write("b.mbox", mbox(found(self.RECENT[8], number="2"))))
        self.assertNotIn("no sender is proven", out)

    def test_a_look_without_the_ledger_says_so(self):
        box = self.write("a.mbox", mbox(found(self.RECENT[9], number="1")))
        self.scan("-n", box)
        self.assertEqual(self.errors, "")
        self.write("file", "")
        other = self.write("other.conf", self.place.path.read_text().replace(
            str(self.place.database), str(self.place.dir / "file/goneaway.db")))
        for arguments in (["scan", "-c", other, "-n", box], ["explain", "-c", other, box]):
            code, _, errors = self.tool(*arguments)
            self.assertEqual(code, 0)
            self.assertRegex(errors, r"without the ledger .*file/goneaway\.db: Not a directory")

    def test_a_look_records_nothing(self):
        box = self.write("a.mbox", mbox(found(self.RECENT[9], number="1"),
                                        found(self.RECENT[19], WELCOME, number="2")))
        out = self.scan("-n", box)
        self.assertRegex(out, r"accounts in these mails.*\n +stranger +1\n")
        self.assertFalse(self.place.database.exists())

    def test_beside_the_daemon(self):
        daemon = self.daemon(scan_trusted_ids=TRUSTED, domains=[domain(mode="observe")])
        self.place = daemon
        mail = found(self.RECENT[1])
        sent = service_mail(recipient="old@example.com")  # the same mail as it came to the daemon
        daemon.send(sent, sender="<service@shop.example>", recipients=["<old@example.com>"])
        self.assertEqual(len(daemon.rows()), 1)
        out = self.scan(self.write("a.mbox", mbox(mail, found(self.RECENT[2], number="2"))))
        self.assertRegex(out, r"counted before +1\n")
        self.assertEqual([row["origin"] for row in daemon.rows("SELECT origin FROM message ORDER BY id")],
                         ["milter", "scan"])
        daemon.send(service_mail(message_id="3"), sender="<service@shop.example>",
                    recipients=["<old@example.com>"])
        self.assertEqual(len(daemon.rows()), 3)

    def test_a_mail_that_the_daemon_saw_is_known_without_its_envelope(self):
        self.place = daemon = self.daemon(scan_trusted_ids=TRUSTED, domains=[domain(mode="observe")])
        mails = {"with its id": service_mail(recipient="old@example.com"),
                 "without": service_mail(recipient="old@example.com", message_id="2").replace(
                     "Message-ID: <2@shop.example>\n", "")}
        for mail in mails.values():
            daemon.send(mail, sender="<service@shop.example>", recipients=["<old@example.com>"])
        added = "X-Spam-Status: No\nReceived: from a (a [192.0.2.1]) by mx for <old@example.com>; %s\n" % self.RECENT[1]
        paths = [self.write("%s.eml" % name, added + mail) for name, mail in mails.items()]
        for _ in range(2):
            self.assertRegex(self.scan(*paths), r"counted before +2\n")
            self.assertEqual(len(daemon.rows()), 2)
        daemon.execute("DELETE FROM message")  # as time does
        self.assertRegex(self.scan(*paths), r"counted before +2\n")
        self.assertEqual(len(daemon.rows()), 0)
        self.scan(self.write("another.eml", added + mails["without"].replace("10:00:00", "10:00:01")))
        self.assertEqual(len(self.place.rows("SELECT * FROM scanned")), 3)

    def test_what_the_ledger_refuses_keeps_nothing_else_away(self):
        self.scan(self.write("0.eml", found(self.RECENT[1], number="0")))
        self.place.execute("CREATE TRIGGER mine BEFORE INSERT ON message WHEN NEW.kind = 'reset'"
                           " BEGIN SELECT RAISE(ABORT, 'not here'); END")
        refused = mbox(*(found(self.RECENT[i], number=str(i)) for i in range(1, 41)))
        box = self.write("a.mbox", refused)
        self.scan(box, code=65)  # not one of many can be written
        self.assertEqual(self.errors.count("a.mbox:"), 40)
        self.assertIn("the ledger refuses this mail", self.errors)
        good = self.write("b.mbox", mbox(*(found(self.RECENT[i], ORDER, number="b%d" % i) for i in range(20))))
        self.scan(box, good, code=65)
        self.assertEqual(len(self.place.rows("SELECT * FROM message WHERE kind = 'order'")), 20)
        self.place.execute("DROP TRIGGER mine")
        self.assertRegex(self.scan(box, good), r"counted before +20\n")
        self.place.execute("DROP TABLE day_count")  # as damage would
        self.scan(self.write("c.eml", found(self.RECENT[1], number="c")), good, code=75)
        self.assertRegex(self.errors, r"cannot be written: .*day_count")
        self.assertIn("the ledger could not be written", self.errors)

    def big(self, count):
        return self.write("big.mbox", mbox(*(
            found(self.RECENT[i % 50], (RESET, WELCOME, ORDER)[i % 3], "s%d.example" % (i % 20),
                  to="u%d@example.com" % (i % 50), number=str(i)) for i in range(count))))

    def start(self, *arguments):
        process = subprocess.Popen([str(TOOL), "scan", "-c", str(self.place.path), *map(str, arguments)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def wait_rows(self, process, least):
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                if self.place.rows("SELECT count(*) AS n FROM message")[0]["n"] >= least:
                    return
            except Exception:  # not made yet
                pass
            time.sleep(0.002)

    def test_folders_that_cannot_be_read_are_told(self):
        box = self.place.dir / "Maildir"
        for name in ("cur", "new"):
            (box / name).mkdir(parents=True)
        self.write("Maildir/new/1.host", found(self.RECENT[3]))
        command = [str(TOOL), "scan", "-c", str(self.place.path), "-n", str(box)]
        if os.geteuid() == 0:  # whom no mode keeps out
            command[:0] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
        (box / "cur").chmod(0)
        self.addCleanup((box / "cur").chmod, 0o700)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertRegex(done.stderr, r"Maildir/cur:0: Permission denied")
        self.assertRegex(done.stdout, r"judged +1\n")
        self.assertEqual(done.returncode, 65)

    def test_killed_and_stopped_and_run_again(self):
        count = int(os.environ.get("GONEAWAY_SCAN_MAILS", "2000"))
        box = self.big(count)
        self.scan(box)
        whole = self.state()
        for how in (signal.SIGKILL, signal.SIGINT):
            self.forget_all()
            for _ in range(3):
                before = self.place.rows("SELECT count(*) AS n FROM message")[0]["n"]
                process = self.start(box)
                self.wait_rows(process, before + 200)
                process.send_signal(how)
                out, err = process.communicate(timeout=60)
                if how != signal.SIGKILL and process.returncode != 0:
                    self.assertEqual(process.returncode, 75)
                    self.assertIn("run the same command again", err)
            self.scan(box)
            self.assertEqual(self.state(), whole)


if __name__ == "__main__":
    scenario.main()
