# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""goneawayd beside a real Postfix and a real Sendmail, over unix and inet sockets.

usage: test_mta.py postfix-unix|postfix-inet|sendmail-unix|sendmail-inet [test…]"""
import itertools
import os
import re
import sys
import unittest

import mta

VARIANT = "postfix-unix"

CONFIG = """
authserv_id = "mx.example.com";
authentication = "header";
trusted_authserv_ids = [ "mx.example.com" ];
border_removes_forged = true;
log_level = "info";
domains = ( { name = "example.com"; owned_since = "2019-10-05T00:00:00Z"; mode = "%s";
              mailboxes = [ "me", "sales", "me+*" ]; } );
"""

PROVEN = "Authentication-Results: mx.example.com; dkim=pass header.d=shop.example\n"
RESET = """\
From: Example Shop <no-reply@shop.example>
To: somebody@example.com
Subject: Reset your password
Date: Tue, 13 Oct 2026 09:00:00 +0000
Message-ID: <%d@shop.example>

Somebody asked to reset the password of your account. Choose a new password here:
https://www.shop.example/account/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2

If you did not ask for this, ignore this email.
.a line that begins with a dot
"""
PERSONAL = """\
From: Ben Muster <ben@friend.example>
To: somebody@example.com
Subject: Saturday?
Date: Tue, 13 Oct 2026 09:00:00 +0000
Message-ID: <%d@friend.example>
In-Reply-To: <x@example.com>
User-Agent: Mozilla Thunderbird

Hi Anna, are we still on for Saturday? See you soon, Ben
"""
RRVS = "Require-Recipient-Valid-Since: %s; Sat, 3 Jan 2015\n 10:00:00 +0000\n"
numbers = itertools.count(1)


def reset(extra="", proven=True):
    return ((PROVEN if proven else "") + extra + RESET % next(numbers)).encode()


def personal(extra=""):
    return (extra + PERSONAL % next(numbers)).encode()


def start_mta(work, milters):
    return (mta.Postfix if VARIANT.startswith("postfix") else mta.Sendmail)(work, milters)


def head_of(message):
    return message.split(b"\n\n", 1)[0]


def identity(message):
    return re.search(rb"^Message-ID: <(\d+)@", head_of(message), re.M).group(1)


def without_trace(message):
    """The message as it was handed over, without what the MTA writes at delivery."""
    text = re.sub(rb"\AFrom [^\n]*\n", b"", message)
    text = re.sub(rb"^(Return-Path|X-Original-To|Delivered-To): [^\n]*\n", b"", text, flags=re.M)
    return re.sub(rb"^Received: [^\n]*\n(?:[ \t][^\n]*\n)*", b"", text, count=1, flags=re.M)


class Scenario(unittest.TestCase):
    """Each test has a daemon and an MTA of its own kind, started once a mode."""

    def run_in(self, mode, test):
        with mta.work_dir() as work:
            daemon = mta.Goneawayd(work, CONFIG % mode, inet=VARIANT.endswith("inet"))
            with daemon, start_mta(work, [daemon.milter]) as server:
                try:
                    test(daemon, server)
                except BaseException:
                    print(daemon.log(), server.log(), file=sys.stderr)
                    raise

    def delivered(self, server, count):
        mta.wait_for("%d messages" % count, lambda: len(server.delivered()) >= count)
        self.assertEqual(len(server.delivered()), count)
        return server.delivered()

    def send(self, server, message, *recipients, sender="bounce@shop.example", options=""):
        with mta.Client(server.port) as client:
            return client.send(sender, recipients, message, options)

    def assert_code(self, reply, code, status=None):
        self.assertIsNotNone(reply)
        wanted = "%s %s" % (code, status) if status else code
        self.assertTrue(reply.startswith(wanted), "%r does not begin with %r" % (reply, wanted))


class Socket(Scenario):
    def test_a_socket_for_goneaway_s_user_and_group_alone(self):
        """As the unit has it. Sendmail comes as root, also into a directory that is not root's; the
        Postfix of this test is in the group, as usermod would have it."""
        if VARIANT.endswith("inet"):
            self.skipTest("unix sockets only")
        with mta.work_dir() as work:
            daemon = mta.Goneawayd(work, CONFIG % "enforce",
                                   user="nobody" if VARIANT.startswith("sendmail") else "postfix")
            with daemon, start_mta(work, [daemon.milter]) as server:
                self.assertEqual(os.stat(daemon.address[1]).st_mode & 0o777, 0o660)
                self.assert_code(self.send(server, reset(), "old@example.com")["data"], "550", "5.1.1")


class Observe(Scenario):
    def test_not_one_byte_is_changed(self):
        messages = [reset(), reset(proven=False), personal("X-Goneaway: tag; forged=yes\n"),
                    reset(RRVS % "old@example.com"),
                    reset("X-Odd: " + "x" * 900 + "\nX-Empty:\nX-Tab:\tvalue\n  folded\n"),
                    reset("Subject: =?utf-8?q?caf=C3=A9?=\n")]
        recipients = ["old@example.com", "me@example.com", "postmaster@example.com"]

        def deliver(server):
            for message in messages:
                self.assert_code(self.send(server, message, *recipients)["data"], "250")
            copies = len(recipients) * len(messages) if server.name == "postfix" else len(messages)
            return sorted(without_trace(m) for m in self.delivered(server, copies))

        with mta.work_dir() as work, start_mta(work, []) as server:
            without = deliver(server)
        self.run_in("observe", lambda _, server: self.assertEqual(deliver(server), without))

    def test_nothing_is_refused_and_all_is_recorded(self):
        def test(daemon, server):
            result = self.send(server, reset(RRVS % "old@example.com"), "old@example.com", "me@example.com")
            self.assert_code(result["rcpt"][1], "250")
            self.assert_code(result["data"], "250")
            self.assertEqual(daemon.query("SELECT holder, holder_by FROM account WHERE address='old@example.com'"),
                             [("prior", "rrvs")])
            self.assertEqual(daemon.query("SELECT address FROM old_addresses"), [("old@example.com",)])
        self.run_in("observe", test)


class Tag(Scenario):
    def test_header_stands_at_the_top_and_forged_ones_are_gone(self):
        forged = "X-Goneaway: accept; forged=one\nx-goneaway:\n tag; forged=two\n"

        def test(_, server):
            self.assert_code(self.send(server, reset(forged), "old@example.com")["data"], "250")
            head = head_of(self.delivered(server, 1)[0])
            self.assertNotIn(b"forged", head)
            names = re.findall(rb"^([\w-]+):", head, re.M)
            names = [n for n in names if n not in (b"Return-Path", b"X-Original-To", b"Delivered-To")]
            self.assertEqual(names[:2], [b"X-Goneaway", b"Received"])
            mark = re.sub(rb"\n[ \t]+", b" ", re.search(rb"^X-Goneaway: ((?:.|\n[ \t])*)", head, re.M).group(1))
            self.assertEqual(mark, b"tag; kind=reset; service=shop.example; holder=prior; address=old@example.com; by=first-mail")
        self.run_in("tag", test)

    def test_own_mailbox_is_untouched(self):
        def test(_, server):
            message = reset()
            self.assert_code(self.send(server, message, "me@example.com")["data"], "250")
            self.assertEqual(without_trace(self.delivered(server, 1)[0]), message)
        self.run_in("tag", test)

    def test_rrvs_result_is_written_and_the_field_removed(self):
        def test(_, server):
            self.assert_code(self.send(server, reset(RRVS % "old@example.com"), "old@example.com")["data"], "250")
            head = re.sub(rb"\n[ \t]+", b" ", head_of(self.delivered(server, 1)[0]))
            self.assertIn(b"\nAuthentication-Results: mx.example.com; rrvs=fail smtp.rcptto=old@example.com", head)
            self.assertNotIn(b"Require-Recipient-Valid-Since", head)
        self.run_in("tag", test)


class Enforce(Scenario):
    def test_replies(self):
        def test(daemon, server):
            old = self.send(server, reset(), "old@example.com")["data"]
            self.assertEqual(old.split(" / ")[0], "550 5.1.1 <old@example.com>: User unknown; domain has a new owner, please remove this address")
            rrvs = self.send(server, reset(RRVS % "old@example.com"), "old@example.com")["data"]
            self.assertEqual(rrvs.split(" / ")[0], "550 5.7.18 <old@example.com>: Domain owner has changed")
            for spared in ("postmaster@example.com", "ABUSE@example.com", "me@example.com", "me+shop@example.com"):
                self.assert_code(self.send(server, reset(), spared)["data"], "250")
            self.assert_code(self.send(server, personal(), "old@example.com", sender="ben@friend.example")["data"], "250")
            self.assertEqual(daemon.query("SELECT count(*) FROM message WHERE action='reject'"), [(2,)])
            self.assertEqual(len(self.delivered(server, 5)), 5)
        self.run_in("enforce", test)

    def test_second_message_is_judged_afresh(self):
        def test(_, server):
            with mta.Client(server.port) as client:
                for _ in range(2):
                    refused = client.send("bounce@shop.example", ["old@example.com"], reset())
                    self.assert_code(refused["data"], "550", "5.1.1")
                    taken = client.send("ben@friend.example", ["me@example.com"], personal())
                    self.assert_code(taken["data"], "250")
                refused = client.send("bounce@shop.example", ["old@example.com"], reset(RRVS % "old@example.com"))
                self.assert_code(refused["data"], "550", "5.7.18")
            self.delivered(server, 2)
        self.run_in("enforce", test)

    def test_null_sender(self):
        def test(_, server):
            report = ("Content-Type: multipart/report; report-type=delivery-status; boundary=b\nAuto-Submitted: auto-replied\n"
                      + "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <%d@x>\n\n--b\n\nfailed\n--b--\n")
            self.assert_code(self.send(server, (report % next(numbers)).encode(), "me@example.com", sender="")["data"], "250")
            self.assert_code(self.send(server, (report % next(numbers)).encode(), "old@example.com", sender="")["data"], "550", "5.1.1")
        self.run_in("enforce", test)

    def test_three_recipients_in_all_orders(self):
        def test(_, server):
            for order in itertools.permutations(["me@example.com", "old@example.com", "postmaster@example.com"]):
                result = self.send(server, reset(), *order)
                replies = dict(zip(order, result["rcpt"]))
                self.assert_code(replies["postmaster@example.com"], "250")
                first, second = sorted(("me@example.com", "old@example.com"), key=order.index)
                self.assert_code(replies[first], "250")
                self.assert_code(replies[second], "452", "4.5.3")
                self.assert_code(result["data"], "250")
            for order in itertools.permutations(["old@example.com", "older@example.com", "oldest@example.com"]):
                result = self.send(server, reset(), *order)
                self.assert_code(result["data"], "550", "5.1.1")
                self.assertNotIn("old@example.com", result["data"])
        self.run_in("enforce", test)

    def test_large_header_field(self):
        def test(daemon, server):
            # Sendmail as Debian builds it hands at most 64 kB in one piece to a milter
            lines = 105 if server.name == "postfix" else 65
            big = "X-Big: " + "\n ".join("y" * 900 for _ in range(lines)) + "\n"
            self.assert_code(self.send(server, reset(big), "old@example.com")["data"], "550", "5.1.1")
        self.run_in("enforce", test)

    def test_other_domains_are_left_alone(self):
        def test(daemon, server):
            if server.name != "postfix":
                self.skipTest("this Sendmail relays everything")
            self.assert_code(self.send(server, reset("X-Goneaway: kept\n"), "old@example.net")["data"], "250")
            self.assertIn(b"X-Goneaway: kept", self.delivered(server, 1)[0])
            self.assertEqual(daemon.query("SELECT count(*) FROM message"), [(0,)])
        self.run_in("enforce", test)

    def test_ledger_edit_counts_from_the_next_message(self):
        def test(daemon, server):
            self.assert_code(self.send(server, reset(), "old@example.com")["data"], "550", "5.1.1")
            daemon.query("UPDATE account SET holder='current' WHERE address='old@example.com'")
            self.assert_code(self.send(server, reset(), "old@example.com")["data"], "250")
            daemon.query("UPDATE account SET holder='prior' WHERE address='old@example.com'")
            self.assert_code(self.send(server, reset(), "old@example.com")["data"], "550", "5.1.1")
            daemon.query("INSERT INTO mailbox(address) VALUES('new@example.com')")
            self.assert_code(self.send(server, reset(), "new@example.com")["data"], "250")
        self.run_in("enforce", test)


class Addresses(Scenario):
    def test_spellings_meet_at_one_address(self):
        def test(daemon, server):
            for spelling in ("Old.User+Shop@EXAMPLE.com", "old.user+shop@example.com", '"old.user+shop"@Example.Com'):
                self.assert_code(self.send(server, reset(), spelling)["data"], "250")
            for spelling in ('"old user"@example.com', '"Old\\ User"@example.com'):
                self.assert_code(self.send(server, reset(), spelling)["data"], "250")
            rows = dict(daemon.query("SELECT address, seen FROM address"))
            self.assertEqual(set(rows), {"old.user+shop@example.com", "old user@example.com"})
            self.assertEqual(rows["old.user+shop@example.com"], "Old.User+Shop@EXAMPLE.com")
        self.run_in("observe", test)

    def test_utf8_local_part(self):
        def test(daemon, server):
            with mta.Client(server.port) as client:
                if not client.smtp.has_extn("smtputf8"):
                    self.skipTest("this MTA does not offer SMTPUTF8")
                client.smtp.command_encoding = "utf-8"
                for spelling in ("Jos\u00e9@example.com", "Jose\u0301@EXAMPLE.com"):
                    result = client.send("bounce@shop.example", [spelling], reset(), " SMTPUTF8")
                    self.assert_code(result["data"], "250")
            rows = daemon.query("SELECT address FROM address")
            self.assertEqual(rows, [("jos\u00e9@example.com",)])
        self.run_in("observe", test)


if __name__ == "__main__":
    VARIANT = sys.argv.pop(1)
    unittest.main(verbosity=2)
