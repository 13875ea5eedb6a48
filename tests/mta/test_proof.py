# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Who is believed: real DKIM signatures, verified by goneawayd itself or by a real OpenDKIM in
front of it, and forged Authentication-Results against the border that goneawayd(8) describes.

usage: test_proof.py postfix|sendmail [test…]"""
import itertools
import json
import re
import subprocess
import sys
import time
import unittest

import mta
from mta import examples

VARIANT = "postfix"
ID = "mx.example.com"
SIGNER = "shop.example"

DOMAINS = """
authserv_id = "mx.example.com";
log_level = "info";
domains = ( { name = "example.com"; owned_since = "2019-10-05T00:00:00Z"; mode = "enforce";
              mailboxes = [ "me" ]; } );
"""
BY_DKIM = DOMAINS + """
authentication = "dkim";
dns_servers = [ "%s" ];
dns_timeout_ms = 1000;
"""
BY_HEADER = DOMAINS + """
authentication = "header";
trusted_authserv_ids = [ "mx.example.com" ];
border_removes_forged = true;
"""

# what simple canonicalisation forgives no MTA to change, and lines that SMTP has to stuff
MAIL = """\
From: Example Shop <no-reply@shop.example>
To: somebody@example.com
Subject:  Reset  your password\t
Date: Tue, 13 Oct 2026 09:00:00 +0000
Message-ID: <%d@shop.example>
X-Folded: one
\ttwo
   three
X-Close:to the colon
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

Somebody asked to reset the password of your account. Choose a new password here:
https://www.shop.example/account/reset?token=Zm9vYmFyYmF6cXV4MTIzNDU2

.a line that begins with a dot, one with  two  spaces,  and one with a tab behind it\t
If you did not ask for this, ignore this email.


"""
TAIL = b"A line that nobody signed: call +1 555 0100.\n"
numbers = itertools.count(1)


def mail():
    return (MAIL % next(numbers)).encode()


def body_of(message):
    return message.split(b"\n\n", 1)[1].rstrip(b"\n") + b"\n"


class Keys:
    """Keys, the records of their selectors, and mail signed by them."""

    def __init__(self, work):
        self.dir = work
        self.records = {}
        self.make("rsa", "rsa")
        self.make("ed", "ed25519")

    def make(self, selector, kind, domain=SIGNER):
        done = subprocess.run(
            [str(mta.BUILD / "tests/goneaway-sign"), "-g", kind, "-k", self.path(selector)],
            capture_output=True, check=True, text=True)
        self.records["%s._domainkey.%s" % (selector, domain)] = done.stdout.strip()

    def path(self, selector):
        return str(self.dir / (selector + ".pem"))

    def sign(self, message, *options, key="rsa", selector=None, domain=SIGNER):
        """The message, with LF, and its new signature on top."""
        done = subprocess.run(
            [str(mta.BUILD / "tests/goneaway-sign"), "-d", domain, "-s", selector or key,
             "-k", self.path(key), *options],
            input=message, capture_output=True, check=True)
        return done.stdout.replace(b"\r\n", b"\n")


def broken(message):
    return message.replace(b"Choose a new password", b"Choose no new password")


def signed_mails(keys):
    """name -> (the mail, is its sender proven?); each holds for whoever verifies."""
    now = int(time.time())
    short = mail().split(b"\n\n", 1)[0] + b"\n\nReset your password here.\n"
    octets = str(len(b"Reset your password here.\r\n"))
    return {
        "rsa": (keys.sign(mail()), True),
        "rsa-simple": (keys.sign(mail(), "-c", "simple"), True),
        "ed25519": (keys.sign(mail(), key="ed"), True),
        "ed25519-simple": (keys.sign(mail(), "-c", "simple", "-a", "ed25519-sha256", key="ed"), True),
        "both-algorithms": (keys.sign(keys.sign(mail(), key="ed")), True),
        # the key of one is not what its selector names
        "second-good": (keys.sign(keys.sign(mail()), key="ed", selector="rsa"), True),
        "first-good": (keys.sign(keys.sign(mail(), key="ed", selector="rsa")), True),
        "other-and-own": (keys.sign(keys.sign(mail(), domain="other.example")), True),
        "not-expired": (keys.sign(mail(), "-x", str(now + 3000)), True),
        "length-whole": (keys.sign(short, "-l", octets), True),
        "unsigned": (mail(), False),
        "body-broken": (broken(keys.sign(mail())), False),
        "header-broken": (keys.sign(mail()).replace(b"Subject:  Reset", b"Subject:  Set"), False),
        "wrong-key": (keys.sign(mail(), key="ed", selector="rsa"), False),
        "expired": (keys.sign(mail(), "-x", str(now - 86400)), False),
        "no-key": (keys.sign(mail(), selector="gone"), False),
        "other-domain": (keys.sign(mail(), domain="other.example"), False),
        # RFC 6376 would let it pass, but an unsigned tail may say anything
        "length-tail": (keys.sign(short, "-l", octets) + TAIL, False),
        "length-tail-simple": (keys.sign(short, "-l", octets, "-c", "simple") + TAIL, False),
    }


class Proof(unittest.TestCase):
    """One daemon and one MTA for all mails of a test."""
    maxDiff = None

    def setUp(self):
        self.work = self.enterContext(mta.work_dir())
        self.keys = Keys(self.work)
        self.keys.records["rsa._domainkey.other.example"] = self.keys.records["rsa._domainkey." + SIGNER]

    def start(self, config, milters=(), **how):
        """A daemon behind the other milters, and its MTA."""
        self.daemon, self.server = mta.Goneawayd(self.work, config), None
        self.addCleanup(self.show)
        self.enterContext(self.daemon)
        milters = [*milters, self.daemon.milter]
        kind = mta.Postfix if VARIANT == "postfix" else mta.Sendmail
        self.server = self.enterContext(kind(self.work, milters, **how))

    def show(self):
        failed = [text for case, text in self._outcome.result.failures + self._outcome.result.errors
                  if case is self]
        if failed:
            print(self.daemon.log(), self.server.log() if self.server else "", file=sys.stderr)

    def send(self, message, recipient, sender="bounce@shop.example"):
        with mta.Client(self.server.port) as client:
            return client.send(sender, [recipient], message)["data"]

    def row(self, address):
        """What the ledger has of the one message to an address."""
        rows = self.daemon.query(
            "SELECT kind, authenticated, service, holder, action, rule FROM messages WHERE address=?", address)
        self.assertEqual(len(rows), 1, address)
        return dict(zip(("kind", "authenticated", "service", "holder", "action", "rule"), rows[0]))

    def accounts(self, address):
        return self.daemon.query("SELECT service, holder FROM account WHERE address=?", address)

    def assert_proven(self, name, message):
        address = "%s@example.com" % name
        reply = self.send(message, address)
        self.assertTrue(reply.startswith("550 5.1.1 <%s>: User unknown" % address), "%s: %s" % (name, reply))
        row = self.row(address)
        self.assertEqual((row["kind"], row["authenticated"], row["service"], row["action"]),
                         ("reset", SIGNER, SIGNER, "reject"), name)
        self.assertEqual(self.accounts(address), [(SIGNER, "prior")], name)

    def assert_unproven(self, name, message):
        """It is taken as anybody's mail: delivered with a tag, and no account is recorded."""
        address = "%s@example.com" % name
        reply = self.send(message, address)
        self.assertTrue(reply.startswith("250"), "%s: %s" % (name, reply))
        row = self.row(address)
        self.assertEqual((row["kind"], row["authenticated"], row["service"], row["action"]),
                         ("reset", None, None, "tag"), name)
        self.assertEqual(self.accounts(address), [], name)

    def assert_all(self, mails):
        for name, (message, proven) in mails.items():
            (self.assert_proven if proven else self.assert_unproven)(name, message)
        unproven = sum(not proven for _, proven in mails.values())
        self.assertEqual(self.daemon.query("SELECT service, mails, critical_looking FROM impersonation"),
                         [(SIGNER, unproven, unproven)])
        self.assertEqual(self.daemon.query("SELECT service, count(*) FROM exposure GROUP BY service"),
                         [(SIGNER, len(mails) - unproven)])


class VerifiedHere(Proof):
    def test_signatures(self):
        with mta.Nsd(self.work, self.keys.records) as dns:
            self.start(BY_DKIM % dns.server)
            self.assert_all(signed_mails(self.keys))

    def test_explain_tells_which_signature(self):
        """goneaway explain -n verifies by itself, too, and says what came of it."""
        passed = "dkim=pass header.d=shop.example (verified here)"
        told = {
            "rsa": passed, "second-good": passed, "first-good": passed, "length-whole": passed,
            "unsigned": "none: no signature",
            "body-broken": "none: dkim=fail header.d=shop.example (the body was changed)",
            "header-broken": "none: dkim=fail header.d=shop.example (it does not fit header and key)",
            "expired": "none: dkim=fail header.d=shop.example (it has expired)",
            "no-key": "none: dkim=permerror header.d=shop.example (there is no key)",
            "other-domain": "none: no aligned pass",
        }
        mails = signed_mails(self.keys)
        with mta.Nsd(self.work, self.keys.records) as dns:
            daemon = mta.Goneawayd(self.work, BY_DKIM % dns.server)
            for name, auth in told.items():
                self.assertEqual(self.explain(daemon, mails[name][0], "-n"), auth, name)
            self.assertRegex(self.explain(daemon, mails["length-tail"][0], "-n"), r"^none: dkim=fail .*l=")
        # the name server is gone; and without -n nobody is asked
        self.assertEqual(self.explain(daemon, mails["rsa"][0], "-n"),
                         "none: dkim=temperror header.d=shop.example (no answer from the DNS)")
        self.assertEqual(self.explain(daemon, mails["rsa"][0]),
                         "none: dkim=temperror header.d=shop.example (the network was not asked)")

    def explain(self, daemon, message, *options):
        done = subprocess.run(
            [str(mta.BUILD / "daemon/goneaway"), "explain", "-c", str(daemon.config), "-o", "json",
             "-R", "old@example.com", *options, "-"], input=message, capture_output=True, check=True)
        return json.loads(done.stdout)["auth"]

    def test_dns_is_down(self):
        """No sender is made to wait for our DNS, and no account is recorded on a guess."""
        nobody = "127.0.0.1@%d" % mta.free_port()
        self.start(BY_DKIM % nobody)
        self.assert_unproven("port-closed", self.keys.sign(mail()))
        self.assert_unproven("two-signatures", self.keys.sign(self.keys.sign(mail(), key="ed")))
        self.assert_unproven("unsigned", mail())
        reply = self.send(self.keys.sign(mail()), "me@example.com")
        self.assertTrue(reply.startswith("250"), reply)

    def test_dns_goes_and_comes(self):
        dns = mta.Nsd(self.work, self.keys.records)
        with dns:
            self.start(BY_DKIM % dns.server)
            self.assert_proven("before", self.keys.sign(mail()))
        # the key of the first signer is known; that of the other has to be asked for
        self.assert_unproven("stopped", self.keys.sign(mail(), key="ed"))
        with dns:
            self.assert_proven("again", self.keys.sign(mail(), key="ed"))


class VerifiedInFront(Proof):
    def test_signatures(self):
        """What the verifier in front says is believed, also where goneawayd itself is stricter:
        OpenDKIM passes a signature that covers only the beginning of the body."""
        mails = signed_mails(self.keys)
        for name in ("length-tail", "length-tail-simple"):
            mails[name] = (mails[name][0], True)
        with mta.Nsd(self.work, self.keys.records) as dns:
            with mta.OpenDkim(self.work, dns, [SIGNER, "other.example"], ID) as front:
                self.start(BY_HEADER, [front.milter])
                self.assert_all(mails)


PASS = "dkim=pass header.d=shop.example"
# names in test addresses -> fields that a trusted verifier could have written
FORGED = {
    "plain": "Authentication-Results: mx.example.com; " + PASS,
    "no-space": "Authentication-Results:mx.example.com;" + PASS,
    "tab": "Authentication-Results:\tmx.example.com;\t" + PASS,
    "case": "AUTHENTICATION-results: MX.Example.COM; " + PASS,
    "folded": "Authentication-Results:\n mx.example.com\n\t;\n " + PASS.replace(" ", "\n "),
    "version": "Authentication-Results: mx.example.com 1; " + PASS,
    "quoted": "Authentication-Results: \"mx.example.com\"; " + PASS,
    "quoted-pair": "Authentication-Results: \"m\\x.\\example.com\"; " + PASS,
    "comment": "Authentication-Results: (a (nested \\) one)) mx.example.com (b); " + PASS,
    "angle": "Authentication-Results: (<) mx.example.com; " + PASS,
    "quotes": "Authentication-Results: (\") mx.example.com; " + PASS,
    "spf": "Authentication-Results: mx.example.com; spf=pass smtp.mailfrom=shop.example",
    "dmarc": "Authentication-Results: mx.example.com; dmarc=pass header.from=shop.example",
    "second": "Authentication-Results: mx.other.example; none\n"
              "Authentication-Results: mx.example.com; " + PASS,
    "third": "Authentication-Results: mx.example.com; none\n" * 2
             + "Authentication-Results: mx.example.com; " + PASS,
    "long": "Authentication-Results: mx.example.com; (" + "\n xxxxxxxxxxxxxxxxxxxx" * 900 + ") " + PASS,
    "space-colon": "Authentication-Results : mx.example.com; " + PASS,
    "tab-colon": "Authentication-Results\t: mx.example.com; " + PASS,
}


# what Sendmail's rules do not see: too long a word, or too many; fields not far from the limits
LONG = {"%s-%d" % (name, count): "Authentication-Results: mx.example.com; %s\n %s" % (PASS, what % (part * count))
        for name, what, part, counts in (
            ("word", "x.y=%s", "z", range(230, 270, 3)),
            ("quoted", "x.y=\"%s\"", "z ", range(115, 135)),
            ("dots", "x.y=%s", ".", range(540, 620, 5)),
            ("lines", "%s", "x.y=a.b.c\n ", range(60, 110, 3)))
        for count in counts}
# what others write and is none of ours
FOREIGN = {
    "other-id": "Authentication-Results: mx.other.example; dkim=pass header.d=shop.example;"
                " spf=pass smtp.helo=mx.example.com",
    "longer-id": "Authentication-Results: mx.example.com.other.example; " + PASS,
    "end-of-id": "Authentication-Results: other-mx.example.com; " + PASS,
    "no-id": "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=shop.example;"
             " dkim=pass (signature was verified)\n header.d=shop.example;dmarc=pass action=none\n"
             " header.from=shop.example;compauth=pass reason=100",
    "in-comment": "Authentication-Results: mx.other.example (mx.example.com; dkim=pass); " + PASS,
    "odd": "Authentication-Results: mx.other.example; dkim=fail (bad <sig) reason=\"it's <bad>\" header.d=shop.example",
    "none": "Authentication-Results: mx.other.example; none",
    "empty": "Authentication-Results:",
    "utf8": "Authentication-Results: mx.other.example; dkim=pass (\u00fcber) header.d=shop.example",
}
KEPT = b"ARC-Authentication-Results: i=1; mx.example.com; dkim=pass header.d=shop.example\n"


def documented(kind, word):
    """The manual's example of a kind in which the word stands."""
    block, = [text for text in examples.those(examples.read("goneawayd.8"), kind) if word in text]
    return block


class Border(Proof):
    """The manual's ways to keep forged fields out, as they stand there."""

    def behind_opendkim(self):
        dns = self.enterContext(mta.Nsd(self.work, self.keys.records))
        return self.enterContext(mta.OpenDkim(self.work, dns, [SIGNER], ID)).milter

    def with_field(self, field, message=None):
        return (field + "\n").encode() + (message or mail())

    def start_with_border(self):
        if VARIANT == "sendmail":
            self.start(BY_HEADER, [self.behind_opendkim()], rules=documented("m4", "LOCAL_RULESETS"))
            return
        path = "/etc/postfix/forged_results"
        local = self.work / "forged_results"
        local.write_text(documented("regexp", "Authentication-Results"))
        local.chmod(0o644)
        self.start(BY_HEADER, [self.behind_opendkim()],
                   extra=documented("main.cf", path).replace(path, str(local)))

    def assert_kept_out(self, name, message):
        if VARIANT == "sendmail":
            self.assertEqual(self.send(message, name + "@example.com"),
                             "550 5.7.1 forged Authentication-Results", name)
            return
        before = len(self.server.delivered())
        self.assert_unproven(name, KEPT + message)
        mta.wait_for("delivery", lambda: len(self.server.delivered()) > before)
        head, body = self.server.delivered()[-1].split(b"\n\n", 1)
        self.assertNotRegex(head, rb"(?i)(^|\n)Authentication-Results[ \t]*:(.|\n[ \t])*=pass", name)
        self.assertIn(KEPT, head + b"\n", name)
        self.assertEqual(body.rstrip(b"\n"), message.split(b"\n\n", 1)[1].rstrip(b"\n"), name)

    def test_without_a_border_each_forgery_counts(self):
        """Why goneawayd wants to be told."""
        self.start(BY_HEADER)
        for name, field in FORGED.items():
            self.assert_proven(name, self.with_field(field))

    def test_border_keeps_them_out(self):
        self.start_with_border()
        for name, field in FORGED.items():
            self.assert_kept_out(name, self.with_field(field))
            self.assert_kept_out("broken-" + name, self.with_field(field, broken(self.keys.sign(mail()))))
        self.assert_proven("signed", self.keys.sign(mail()))

    def test_long_ones_are_never_believed(self):
        self.start_with_border()
        for name, field in LONG.items():
            reply = self.send(self.with_field(field), name + "@example.com")
            self.assertTrue(reply.startswith(("250", "550 5.7.1 forged")), "%s: %s" % (name, reply))
        self.assertEqual(self.daemon.query("SELECT count(*) FROM account"), [(0,)])

    def test_foreign_ones_do_no_harm(self):
        self.start_with_border()
        for name, field in FOREIGN.items():
            self.assert_unproven(name, self.with_field(field))
            self.assert_proven("signed-" + name, self.with_field(field, self.keys.sign(mail())))


class Start(unittest.TestCase):
    def test_header_needs_a_border(self):
        """goneawayd tells the line and the way out, and does not start."""
        with mta.work_dir() as work:
            daemon = mta.Goneawayd(work, BY_HEADER.replace("border_removes_forged = true;", ""))
            lines = daemon.config.read_text().splitlines()
            line = 1 + next(i for i, text in enumerate(lines) if text.startswith("authentication"))
            for options in (["-t"], ["-f"]):
                done = subprocess.run(
                    [str(mta.BUILD / "daemon/goneawayd"), *options, "-c", str(daemon.config)],
                    capture_output=True, text=True, timeout=mta.START_SECONDS, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 78, done.stderr)
                told = done.stdout + done.stderr
                self.assertIn("%s:%d: authentication: " % (daemon.config, line), told)
                self.assertIn("border_removes_forged = true;", told)
            self.assertFalse(daemon.database.exists())


if __name__ == "__main__":
    VARIANT = sys.argv.pop(1)
    unittest.main(verbosity=2)
