# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The real daemon in a directory of its own, for scenarios. Each scenario says what its
configuration differs in, speaks to the daemon as an MTA (wire.py), and looks at replies, headers,
ledger rows and log lines. The daemon is ended by its process id, and its log is shown when a
scenario fails."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
import examples  # noqa: E402

BUILD = pathlib.Path(os.environ.get("GONEAWAY_BUILD", ROOT / "build"))
DAEMON = BUILD / "daemon" / "goneawayd"
TOOL = BUILD / "daemon" / "goneaway"
# a program that runs the daemon, such as valgrind with its options
UNDER = os.environ.get("GONEAWAY_UNDER", "").split()
START_SECONDS = 60  # a sanitizer on a busy machine
STOP_SECONDS = 5

# goneaway.conf without domains; each value as it stands in the file
SETTINGS = {
    "authserv_id": '"mx.example.com"',
    "authentication": '"header"',
    "trusted_authserv_ids": '[ "mx.example.com" ]',
    "border_removes_forged": "true",
    "log_level": '"debug"',
}


def domain(name="example.com", mode="enforce", mailboxes=("me", "sales"), extra=""):
    return '{ name = "%s"; owned_since = "2019-10-05T00:00:00Z"; mode = "%s"; mailboxes = [ %s ]; %s }' % (
        name, mode, ", ".join('"%s"' % box for box in mailboxes), extra)


def service_mail(subject="Reset your password", body=None, service="shop.example", fields="",
                 proven=True, recipient="old@example.com", message_id="1"):
    """A mail of a service, proven by a trusted Authentication-Results field."""
    results = "Authentication-Results: mx.example.com; dkim=pass header.d=%s\n" % service
    return (results if proven else "") + fields + (
        "From: Shop <service@%s>\n"
        "To: %s\n"
        "Subject: %s\n"
        "Date: Mon, 02 Mar 2020 10:00:00 +0000\n"
        "Message-ID: <%s@%s>\n"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n"
        "\n" % (service, recipient, subject, message_id, service)) + (
        body or "Hello,\n\nwe received a request to reset the password of your account.\n"
                "To choose a new password, click this link:\n\n"
                "https://%s/reset?token=abcdef\n\n"
                "If you did not ask for a password reset, ignore this message.\n" % service)


PERSONAL = ("From: Ann <ann@friends.example>\nTo: old@example.com\nSubject: Sunday\n"
            "Date: Mon, 02 Mar 2020 10:00:00 +0000\nMessage-ID: <ann@friends.example>\n"
            "User-Agent: Mozilla Thunderbird\nIn-Reply-To: <x@example.com>\n\n"
            "Hi Bob,\n\nshall we meet on Sunday? I will bring the cake.\n\nAnn\n")


class Daemon:
    """goneawayd with a configuration of its own."""

    def __init__(self, domains=None, listen=None, start=True, environment=None, arguments=(),
                 **settings):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="goneaway-"))
        self.listen = listen or "local:%s/milter.sock" % self.dir
        self.database = self.dir / "ledger" / "goneaway.db"
        self.database.parent.mkdir()
        self.path = self.dir / "goneaway.conf"
        self.log_path = self.dir / "log"
        self.process = None
        self.arguments, self.environment = arguments, environment or {}
        self.domains = [domain()] if domains is None else domains
        self.settings = dict(SETTINGS)
        self.settings.update(settings)
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notifications.bind(str(self.dir / "notify"))
        self.write_config()
        if start:
            self.start()

    def write_config(self, **settings):
        self.settings.update(settings)
        lines = ['listen = "%s";' % self.listen, 'database = "%s";' % self.database,
                 'key_file = "%s";' % (self.database.parent / "key")]
        lines += ["%s = %s;" % pair for pair in self.settings.items() if pair[1] is not None]
        lines.append("domains = (\n  %s\n);" % ",\n  ".join(self.domains))
        self.path.write_text("\n".join(lines) + "\n")

    def start(self):
        self.launch()
        self.wait_notified("READY=1", START_SECONDS)

    def launch(self):
        self.forget_notifications()
        environment = dict(os.environ, NOTIFY_SOCKET=str(self.dir / "notify"), **self.environment)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*UNDER, str(DAEMON), "-f", "-c", str(self.path), *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def forget_notifications(self):
        """What an earlier start told is not taken for this one's, and leaves room."""
        self.notifications.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.notifications.recv(4096)

    def wait_notified(self, wanted, seconds=START_SECONDS):
        """What systemd would be told: the first notification that holds the words."""
        end = time.monotonic() + seconds
        self.notifications.settimeout(0.2)
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                told = self.notifications.recv(4096).decode()
                if wanted in told:
                    return told
            if self.process.poll() is not None:
                raise AssertionError("goneawayd ended with %d:\n%s"
                                     % (self.process.returncode, self.log()))
        raise AssertionError("systemd was not told %s:\n%s" % (wanted, self.log()))

    def reload(self):
        self.process.send_signal(signal.SIGUSR1)
        self.wait_notified("RELOADING=1")
        return self.wait_notified("READY=1")

    def stop(self, how=signal.SIGTERM):
        """Ends it; how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(how)
        try:
            code = self.process.wait(4 * STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("goneawayd did not end:\n" + self.log())
        if code != 0:
            raise AssertionError("goneawayd ended with %d:\n%s" % (code, self.log()))
        self.process = None
        return time.monotonic() - began

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.notifications.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def mta(self, **how):
        """A new connection of an MTA, its client known."""
        client = how.pop("client", {})
        mta = wire.Mta(self.listen, **how)
        try:
            mta.connect(**client)
            mta.helo()
        except Exception:
            mta.close()
            raise
        return mta

    def send(self, mail, **how):
        """One message on a connection of its own: connection and outcome."""
        connection = {name: how.pop(name) for name in ("client", "version", "actions", "steps")
                      if name in how}
        mta = self.mta(**connection)
        outcome = mta.send(mail, **how)
        mta.quit()
        return mta, outcome

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_logged(self, words, seconds=20):
        end = time.monotonic() + seconds
        while words not in self.log():
            if time.monotonic() > end:
                raise AssertionError("never logged: %s\n%s" % (words, self.log()))
            time.sleep(0.02)

    def rows(self, sql="SELECT * FROM messages ORDER BY id", *parameters):
        base = sqlite3.connect("file:%s?mode=ro" % self.database, uri=True, timeout=10)
        base.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in base.execute(sql, parameters)]
        finally:
            base.close()

    def execute(self, sql, *parameters):
        """As an administrator would."""
        base = sqlite3.connect(self.database, timeout=10)
        try:
            with base:
                base.execute(sql, parameters)
        finally:
            base.close()


class Scenario(unittest.TestCase):
    """A test case with daemons that are ended with it."""
    maxDiff = None

    def daemon(self, **how):
        daemon = Daemon(**how)
        self.addCleanup(self.end, daemon)
        return daemon

    def end(self, daemon):
        failed = self.has_failed()
        try:
            if daemon.process is not None and not failed:
                daemon.stop()
                self.assert_clean(daemon)
        except AssertionError:
            failed = True
            raise
        finally:
            if failed:
                sys.stderr.write("--- log of %s\n%s---\n" % (self.id(), daemon.log()))
            daemon.remove()

    def has_failed(self):
        outcome = getattr(self, "_outcome", None)
        errors = getattr(outcome, "errors", None)
        if errors is None:  # Python 3.11
            result = getattr(outcome, "result", None)
            errors = [(case, text) for case, text in (result.failures + result.errors)
                      if case is self] if result is not None else []
        return any(text for _, text in errors)

    def assert_clean(self, daemon):
        """Nothing in the log that must never be there."""
        for bad in ("AddressSanitizer", "ThreadSanitizer", "LeakSanitizer", "runtime error",
                    "Assertion"):
            self.assertNotIn(bad, daemon.log())

    def tool(self, *arguments, program=TOOL, standard_input=b""):
        """Runs a program to its end: exit code, standard output, standard error."""
        done = subprocess.run([str(program), *map(str, arguments)], input=standard_input,
                              capture_output=True, timeout=START_SECONDS, check=False)
        return (done.returncode, done.stdout.decode("utf-8", "replace"),
                done.stderr.decode("utf-8", "replace"))


def main():
    unittest.main(verbosity=2)
