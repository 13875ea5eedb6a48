# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The filters through a real Postfix: SMTP sessions hand in the mails of the mix, a private Postfix
asks the filter over a local socket, and its discard transport delivers them. A round ends when the
queue is empty."""
import os
import pathlib
import random
import shutil
import socket
import statistics
import sys
import threading
import time

import bench_programs
import bench_table

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "mta"))
import mta  # noqa: E402

SESSIONS = 8
ADDRESSES = 10000
WARM = 200
# so that Postfix never waits of itself, and every message is delivered at once
SETTINGS = "virtual_transport = discard:\nin_flow_delay = 0\nsmtpd_client_connection_count_limit = 0\n"


def without_large(mix):
    """The mails as they go over the wire, but for those of 2 MB."""
    mails = []
    for path in sorted(mix.glob("*.eml")):
        if not path.name.startswith("attachment-"):
            lines = path.read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
            mails.append(b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) +
                         b"\r\n.\r\n")
    random.Random(42).shuffle(mails)
    return mails


def draw_recipients(count, seed):
    """By Zipf's law, as milter_load does."""
    weights = [1 / rank for rank in range(1, ADDRESSES + 1)]
    return random.Random(seed).choices(range(ADDRESSES), weights, k=count)


class Session(threading.Thread):
    """One SMTP session, as a pipelining client holds it. Which messages it sends: every one of its
    turn."""

    def __init__(self, port, mails, messages):
        super().__init__()
        self.port, self.mails, self.messages = port, mails, messages
        self.answers, self.accepted, self.error = [], 0, None

    def run(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as link:
                self.replies = link.makefile("rb")
                self.expect(b"220")
                link.sendall(b"EHLO client.example\r\n")
                self.expect(b"250")
                for number, recipient in self.messages:
                    self.send(link, number, recipient)
                link.sendall(b"QUIT\r\n")
        except (OSError, RuntimeError) as error:
            self.error = error

    def expect(self, code):
        line = self.replies.readline()
        while line[3:4] == b"-":
            line = self.replies.readline()
        if not line.startswith(code):
            raise RuntimeError("Postfix answered %r" % line)

    def send(self, link, number, recipient):
        link.sendall(b"MAIL FROM:<bounce-%d@sender.example>\r\nRCPT TO:<u%d@example.com>\r\nDATA\r\n"
                     % (number, recipient))
        for code in (b"250", b"250", b"354"):
            self.expect(code)
        link.sendall(self.mails[number % len(self.mails)])
        began = time.monotonic()
        self.expect(b"250")
        self.answers.append((time.monotonic() - began) * 1000)
        self.accepted += 1


def is_empty(queue):
    return not any(name for part in ("maildrop", "incoming", "active", "deferred")
                   for _, _, names in os.walk(queue / part) for name in names)


def load(postfix, mails, count, first):
    """Figures of so many messages, all accepted and delivered."""
    recipients = draw_recipients(count, first)
    numbered = [(first + i, recipients[i]) for i in range(count)]
    sessions = [Session(postfix.port, mails, numbered[i::SESSIONS]) for i in range(SESSIONS)]
    began = time.monotonic()
    for session in sessions:
        session.start()
    for session in sessions:
        session.join()
        if session.error:
            raise RuntimeError("%s\n%s" % (session.error, postfix.log()[-2000:]))
    mta.wait_for("an empty queue", lambda: is_empty(postfix.dir / "queue"), 60)
    seconds = time.monotonic() - began
    answers = sorted(answer for session in sessions for answer in session.answers)
    return {"rate": count / seconds, "answer_p50": statistics.median(answers),
            "answer_p99": answers[len(answers) * 99 // 100]}


def milter_of(program, tcp):
    """What main.cf says: inet:HOST:PORT; or a socket that Postfix's user can reach."""
    if tcp:
        port, host = program.socket.split(":", 1)[1].split("@")
        return "inet:%s:%s" % (host, port)
    program.dir.chmod(0o711)
    os.chmod(program.socket.split(":", 1)[1], 0o666)
    return program.socket


def measure(name, mails, count):
    with mta.work_dir() as work:
        name, _, tcp = name.partition(" over ")
        program = None if name == "none" else bench_programs.start(name, tcp=bool(tcp), within=work)
        try:
            with mta.Postfix(work, [milter_of(program, tcp)] if program else [], extra=SETTINGS) as postfix:
                load(postfix, mails, WARM, 10_000_000)
                figures = load(postfix, mails, count, 0)
            if program:
                program.check(WARM + count)
            return figures
        finally:
            if program:
                program.stop()


def run(rounds, messages, mix):
    if os.geteuid() != 0 or shutil.which("postfix") is None:
        print("\nthrough Postfix: left out, needs Postfix and root")
        return
    mails = without_large(mix)
    names = ["none", "lean", "sqlite", "header", "dkim", "lean over TCP", "header over TCP"]
    figures = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            figures[name].append(measure(name, mails, messages))
    bench_table.show("through Postfix, %d sessions, mails of %.1f kB on average" % (
        SESSIONS, statistics.mean(map(len, mails)) / 1000), figures, "none",
        ["rate", "answer_p50", "answer_p99"])
    bench_table.goal("through Postfix, of lean + SQLite's, header", figures, "rate", "header", "sqlite", 0.95)
    bench_table.goal("through Postfix, of lean + SQLite's, dkim", figures, "rate", "dkim", "sqlite", 0.85)
