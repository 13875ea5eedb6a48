# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Sealing and defusing with a real MTA: what is delivered opens as it came in, or is harmless, and
nothing is delivered as it came when goneawayd or the MTA is killed in the middle of the replacement.

usage: test_sealing.py postfix|sendmail [test…]"""
import contextlib
import email
import email.policy
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import mta

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "milter"))
import seal_keys  # noqa: E402

VARIANT = "postfix"
CONFIG = """
authserv_id = "mx.example.com";
authentication = "header";
trusted_authserv_ids = [ "mx.example.com" ];
border_removes_forged = true;
domains = ( { name = "example.com"; owned_since = "2019-10-05T00:00:00Z"; mode = "enforce";
              mailboxes = [ "me" ]; } );
"""
RULE = 'policy = ( { kinds = "critical"; own = false; action = "%s"; } );\n'
OWN = [b"received", b"return-path", b"delivered-to", b"x-original-to"]  # fields of the MTA itself
SECRET = b"Zm9vYmFyYmF6cXV4"
HEAD = (b"Received: from a.example by b.example; Tue, 13 Oct 2026 08:00:00 +0000\r\n"
        b"Authentication-Results: mx.example.com; dkim=pass header.d=shop.example\r\n"
        b"DKIM-Signature: v=1; a=rsa-sha256; d=shop.example;\r\n\tb=AAAA\r\n"
        b"Received: from c.example by a.example; Tue, 13 Oct 2026 07:00:00 +0000\r\n"
        b"From: Example Shop <no-reply@shop.example>\r\nTo: old@example.com\r\n"
        b"Subject: Reset your password\r\nsubject: " + SECRET + b"\r\nSubject: x\r\n"
        b"Date: Tue, 13 Oct 2026 09:00:00 +0000\r\nMessage-ID: <%d@shop.example>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\nList-Unsubscribe: <https://shop.example/" + SECRET + b">\r\n"
        b"X-Folded: one\r\n  two \r\n\tthree\r\nReply-To: help@shop.example\r\nReferences: <a@b>\r\n\r\n")
BODY = (b"Somebody asked to reset the password of your account. Choose a new password here:\r\n"
        b"https://www.shop.example/account/reset?token=" + SECRET + b"\r\n\r\n"
        b"If you did not ask for this, ignore this email. \xc3\xbc\r\n.a line that begins with a dot\r\n"
        b".\r\n..\r\n")
# sealed or defused it takes six pieces or more of the milter protocol
LARGE = BODY + b"".join(b"%06d " % i + SECRET + b" a line of the body\r\n" for i in range(5500))


def children(pid):
    """The process and all below it, as far as they live."""
    found = [pid]
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found += children(int(path.parent.name))
    return found


class Replacement:
    """What holds of every replacement; `rule` is the configuration that asks for it, and
    assert_replaced(message, number, body) looks at what was delivered."""
    # changes at which somebody is killed, in the body and in the header; SEAL_MOMENTS="1 2 3 …" for
    # more
    moments = (1,)

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.tools = stack.enter_context(mta.work_dir())
        cls.keeper = seal_keys.Keeper(cls.tools)
        subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", cls.tools / "hold.so",
                        pathlib.Path(__file__).with_name("hold.c"), "-ldl"], check=True)

    def start_mta(self, work, daemon):
        return mta.SERVERS[VARIANT](work, [daemon.milter])

    @contextlib.contextmanager
    def servers(self, hold_at=None):
        with mta.work_dir() as work:
            self.held = work / "held"
            environment = {} if hold_at is None else {
                "LD_PRELOAD": str(self.tools / "hold.so"), "GONEAWAY_HOLD_AT": str(hold_at),
                "GONEAWAY_HOLD_FILE": str(self.held)}
            daemon = mta.Goneawayd(work, CONFIG + self.rule(), environment=environment)
            with daemon, self.start_mta(work, daemon) as server:
                try:
                    yield daemon, server
                except BaseException:
                    print(daemon.log(), server.log(), file=sys.stderr)
                    raise

    @staticmethod
    def begin(server, number, body, head=HEAD):
        """A client that has sent everything and waits for the answer."""
        client = mta.Client(server.port)
        client.__enter__()
        client.smtp.docmd("MAIL FROM:<bounce@shop.example> BODY=8BITMIME")
        client.smtp.docmd("RCPT TO:<old@example.com>")
        client.smtp.docmd("DATA")
        data = head % number + body
        client.smtp.sock.sendall(re.sub(rb"(?m)^\.", b"..", data) + b".\r\n")
        return client

    @staticmethod
    def answer(client):
        try:
            code = client.smtp.getreply()[0]
        except (OSError, EOFError, Exception):  # what smtplib raises depends on how it was cut
            code = None
        with contextlib.suppress(Exception):
            client.smtp.close()
        return code

    def send(self, server, number, body=BODY):
        return self.answer(self.begin(server, number, body))

    def fields(self, message):
        """Names of the header fields that are not the MTA's own."""
        head = message.split(b"\r\n\r\n", 1)[0]
        names = [name.lower() for name in re.findall(rb"(?m)^([!-9;-~]+):", head)]
        self.assertLessEqual(names.count(b"received"), 1, "only that of the MTA itself")
        return sorted(name for name in names if name not in OWN)

    @staticmethod
    def as_sent(message):
        """A delivered message with the line ends of SMTP, without the line of a mailbox file."""
        return re.sub(rb"\AFrom [^\n]*\n", b"", message).replace(b"\n", b"\r\n")

    def killed_mta(self, server):
        if VARIANT == "postfix":
            pid = int((server.dir / "queue/pid/master.pid").read_text())
        else:
            pid = server.process.pid
        for process in children(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if VARIANT != "postfix":
            server.process.wait()

    def assert_nothing_open(self, server, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(server.delivered(), [])
            time.sleep(0.1)

    def at_moments(self):
        return [int(moment) for moment in os.environ.get("SEAL_MOMENTS", "").split()] or self.moments

    def test_goneawayd_killed_in_the_middle(self):
        for moment in self.at_moments():
            with self.subTest(moment=moment), self.servers(moment) as (daemon, server):
                client = self.begin(server, 1, LARGE)
                mta.wait_for("the moment", self.held.exists)
                daemon.process.kill()
                daemon.process.wait()
                self.assertIn(self.answer(client), range(400, 500))
                self.assert_nothing_open(server, 1)
                self.assertEqual(self.files_with_secret(server), [])
                daemon.environment.pop("GONEAWAY_HOLD_AT")
                with daemon:
                    self.assertEqual(self.send(server, 1, LARGE), 250)
                    mta.wait_for("the mail", lambda: len(server.delivered()) == 1)
                    self.assert_replaced(server.delivered()[0], 1, LARGE)
                    self.assertEqual(daemon.query("SELECT count(*) FROM message"), [(1,)])

    def test_mta_killed_in_the_middle(self):
        for moment in self.at_moments():
            with self.subTest(moment=moment), self.servers(moment) as (daemon, server):
                client = self.begin(server, 1, LARGE)
                mta.wait_for("the moment", self.held.exists)
                self.killed_mta(server)
                self.held.unlink()
                self.assertIsNone(self.answer(client), "the client got no answer: it sends again")
                mta.wait_for("the port", lambda: not mta.smtp_answers(server.port))
                with server:
                    self.flush(server)
                    self.assert_nothing_open(server, 2)
                    self.assertEqual(self.send(server, 1, LARGE), 250)
                    mta.wait_for("the mail", lambda: len(server.delivered()) == 1)
                    self.assert_replaced(server.delivered()[0], 1, LARGE)

    @staticmethod
    def flush(server):
        """Has the MTA deliver whatever it believes to have."""
        if VARIANT == "postfix":
            subprocess.run(["postqueue", "-c", str(server.dir / "conf"), "-f"], check=False,
                           capture_output=True)
        else:
            # in a name space with the host name that Sendmail asks for, as in mta.py
            script = "hostname mx.example.com && mount --bind %s/hosts /etc/hosts && exec %s -C %s -q" % (
                server.dir, mta.UNPACKED / "usr/libexec/sendmail/sendmail", server.dir / "sendmail.cf")
            subprocess.run(["unshare", "-u", "-m", "sh", "-c", script], check=True, timeout=60,
                           capture_output=True, stdin=subprocess.DEVNULL)

    @staticmethod
    def files_with_secret(server):
        """What a client that was told to come again leaves behind in the queue."""
        return [str(path) for path in (server.dir / "queue").rglob("*")
                if path.is_file() and SECRET in path.read_bytes()]


class Sealing(Replacement, unittest.TestCase):
    moments = (1, 24)

    def rule(self):
        return 'seal_to = [ "%s" ];\n' % self.keeper.certificate + RULE % "seal"

    FIELDS = sorted([b"x-goneaway", b"from", b"to", b"date", b"message-id", b"subject", b"mime-version",
                     b"content-type", b"content-transfer-encoding", b"content-disposition"])
    # names that stand twice, in odd case, with space before the colon, of other people's making
    ODD_FIELDS = HEAD.replace(
        b"X-Folded", b"fRoM: " + SECRET + b" <x@shop.example>\r\nTO: " + SECRET + b" <y@example.com>\r\n"
        b"date: Tue, 13 Oct 2026 10:00:00 +0000\r\nmessage-id: <" + SECRET + b"@shop.example>\r\n"
        b"CONTENT-type: text/html; charset*0=ut; charset*1*=f%%2D8; name*=utf-8''" + SECRET + b"\r\n"
        b"cOnTeNt-DiSpOsItIoN: attachment; filename*0*=utf-8''a; filename*1=\"" + SECRET + b"\"\r\n"
        b"content-ID: <" + SECRET + b"@x>\r\nContent-Location: https://shop.example/" + SECRET + b"\r\n"
        b"Resent-From: a@shop.example\r\nResent-Subject: " + SECRET + b"\r\nResent-Message-ID: <r@x>\r\n"
        b"Resent-Date: Tue, 13 Oct 2026 10:00:00 +0000\r\nResent-To: old@example.com\r\n"
        b"Sender: x@shop.example\r\nComments: " + b"c" * 900 + b"\r\nX-Eight: M\xc3\xbcller \xff\r\n"
        b"X-Goneaway: " + SECRET + b"\r\nx-goneaway: again\r\nX-Folded")
    ODD = ((HEAD, b""), (HEAD, b"\r\n\r\n"), (ODD_FIELDS, BODY),
           (HEAD, b"y" * 70000 + b"\r\na\0b\r\n\x80\xff\xfe\r\n"))

    def assert_replaced(self, message, number, body, head=HEAD):
        message = self.as_sent(message)
        self.assertEqual(self.fields(message), self.FIELDS)
        self.assertIn(b"\r\nSubject: Sealed mail\r\n", message)
        self.assertNotIn(SECRET, message)
        opened = self.keeper.original(message)
        self.assertTrue(opened == head % number + body, "not as it was: %r" % opened[:3000])

    def test_delivered_sealed_and_opens(self):
        with self.servers() as (daemon, server):
            for number, body in ((1, BODY), (2, LARGE), (3, b"reset your password https://a.example\r\n"
                                                        + b"x" * 900 + b"\r\n\r\n\r\n")):
                self.assertEqual(self.send(server, number, body), 250)
                mta.wait_for("the mail", lambda: len(server.delivered()) == number)
                self.assert_replaced(server.delivered()[-1], number, body)
            for number, (head, body) in enumerate(self.ODD, 4):
                client = self.begin(server, number, body, head)
                self.assertEqual(self.answer(client), 250)
                mta.wait_for("the mail", lambda: len(server.delivered()) == number)
                self.assert_replaced(server.delivered()[-1], number, body, head)
            self.assertEqual(daemon.query("SELECT DISTINCT action, meant FROM message"), [("seal", "seal")])

    def test_behind_another_milter(self):
        """What a milter before us added is inside, and not outside."""
        with mta.work_dir() as work:
            (work / "first").mkdir()
            first = mta.Goneawayd(work / "first", CONFIG.replace("enforce", "tag"))
            daemon = mta.Goneawayd(work, CONFIG + self.rule())
            with first, daemon, mta.SERVERS[VARIANT](work, [first.milter, daemon.milter]) as server:
                self.assertEqual(self.send(server, 1), 250, server.log())
                mta.wait_for("the mail", lambda: len(server.delivered()) == 1)
                message = self.as_sent(server.delivered()[0])
                self.assertEqual(self.fields(message), self.FIELDS)
                added, opened = self.keeper.original(message).split(b"\r\n", 1)
                self.assertRegex(added, rb"\AX-Goneaway: tag; kind=reset;")
                self.assertEqual(opened, HEAD % 1 + BODY)
                self.assertIn(b"X-Goneaway: seal; kind=reset;", message)


class Defusing(Replacement, unittest.TestCase):
    moments = (2, 14)

    def rule(self):
        return RULE % "defuse"

    def assert_replaced(self, message, number, body):
        message = self.as_sent(message)
        self.assertEqual(self.fields(message),
                         sorted([b"x-goneaway", b"from", b"to", b"date", b"message-id", b"subject",
                                 b"mime-version", b"content-type", b"content-transfer-encoding"]))
        mail = email.message_from_bytes(message, policy=email.policy.default)
        self.assertEqual([mail["From"], mail["To"], mail["Date"], mail["Message-ID"], mail["Subject"]],
                         ["Example Shop <no-reply@shop.example>", "old@example.com",
                          "Tue, 13 Oct 2026 09:00:00 +0000", "<%d@shop.example>" % number,
                          "Reset your password"])
        text = mail.get_content()
        self.assertTrue(text.startswith("This mail was changed by goneaway"), text[:300])
        for words in ("Choose a new password here: [link removed]", "If you did not ask for this"):
            self.assertTrue(words in text, text[:600])
        self.assertEqual("line of the body" in text, body == LARGE)
        for secret in (SECRET.decode(), "://", "shop.example/account"):
            self.assertFalse(secret in text, secret)

    def test_delivered_defused(self):
        with self.servers() as (daemon, server):
            for number, body in ((1, BODY), (2, LARGE)):
                self.assertEqual(self.send(server, number, body), 250)
                mta.wait_for("the mail", lambda: len(server.delivered()) == number)
                self.assert_replaced(server.delivered()[-1], number, body)
            self.assertEqual(daemon.query("SELECT DISTINCT action, meant FROM message"),
                             [("defuse", "defuse")])


if __name__ == "__main__":
    VARIANT = sys.argv.pop(1)
    unittest.main(verbosity=2)
