# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The programs that the bench runs: goneawayd in several configurations and the null milters, each
in a directory of its own, and a name server that knows the mix's one key."""
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import struct
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GONEAWAY_BUILD", ROOT / "build"))
PROGRAMS = BUILD / "tests" / "bench"
WORK = pathlib.Path(os.environ.get("GONEAWAY_BENCH_DIR", BUILD / "bench"))
START_SECONDS = 60
STOP_SECONDS = 20


def mix(count):
    """The folder of the mails, made when it is not there or older than its maker."""
    folder, maker = WORK / ("mix-%d" % count), ROOT / "tests/bench/make_mix.py"
    if not folder.exists() or folder.stat().st_mtime < maker.stat().st_mtime:
        WORK.mkdir(parents=True, exist_ok=True)
        subprocess.run(["/usr/bin/python3", "-B", maker, "-n", str(count),
                        BUILD / "tests" / "goneaway-sign", folder], check=True)
    return folder


def mix_of(kinds, count=500):
    """A folder with these kinds alone, beside the mix."""
    whole = mix(count)
    folder = WORK / ("mix-%d-%s" % (count, "-".join(kinds)))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for kind in kinds:
        for mail in whole.glob(kind + "-*.eml"):
            (folder / mail.name).symlink_to(mail)
    shutil.copy(whole / "record.txt", folder)
    return folder


def slow_disk(microseconds):
    return {"LD_PRELOAD": str(next(PROGRAMS.glob("*slow_fsync.so"))), "SLOW_FSYNC_US": str(microseconds)}


class NameServer:
    """Answers every question for a key with the mix's record."""

    def __init__(self, record):
        octets = record.strip().encode()
        pieces = [octets[i:i + 255] for i in range(0, len(octets), 255)]
        data = b"".join(bytes([len(piece)]) + piece for piece in pieces)
        self.answer = b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 3600, len(data)) + data
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1@%d" % self.link.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                question, client = self.link.recvfrom(4096)
            except OSError:
                return
            name_end = question.index(b"\0", 12) + 5
            found = b"_domainkey" in question and question[name_end - 4:name_end - 2] == b"\0\x10"
            head = question[:2] + struct.pack("!HHHHH", 0x8180 if found else 0x8183, 1, int(found), 0, 0)
            self.link.sendto(head + question[12:name_end] + (self.answer if found else b""), client)

    def close(self):
        self.link.close()


CONFIGURATION = """\
listen = "%(listen)s";
database = "%(dir)s/goneaway.db";
key_file = "%(dir)s/key";
authserv_id = "mx.example.com";
%(authentication)s
%(extra)s
domains = (
%(domains)s
);
"""
HEADER = """authentication = "header";
trusted_authserv_ids = [ "mx.example.com" ];
border_removes_forged = true;"""
DKIM = """authentication = "dkim";
dns_servers = [ "%s" ];"""


def domain(name, mode="tag"):
    return ('  { name = "%s"; owned_since = "2019-10-05T00:00:00Z"; mode = "%s"; mailboxes = [ "me", "sales" ]; }'
            % (name, mode))


class Program:
    """A milter in a directory of its own, from start to end."""

    def __init__(self, command, listen, environment=None):
        self.socket = listen
        self.log_path = self.dir / "log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=dict(os.environ, **(environment or {})))
        self.wait_open()

    def wait_open(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                if self.socket.startswith("inet:"):
                    socket.create_connection(("127.0.0.1", int(self.socket[5:].split("@")[0]))).close()
                else:
                    link = socket.socket(socket.AF_UNIX)
                    link.connect(self.socket.split(":", 1)[1])
                    link.close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("%s did not start:\n%s" % (self.socket, self.log_path.read_text(errors="replace")))

    def cpu_seconds(self):
        fields = pathlib.Path("/proc/%d/stat" % self.process.pid).read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Proportional set size in octets."""
        for line in pathlib.Path("/proc/%d/smaps_rollup" % self.process.pid).read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no smaps_rollup")

    def command(self, folder, options):
        command = [str(PROGRAMS / "milter_load"), "-s", self.socket, "-f", str(folder)]
        for name, value in options.items():
            command += ["-" + name, str(value)]
        return command

    def load(self, folder, **options):
        done = subprocess.run(self.command(folder, options), stdout=subprocess.PIPE, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError("milter_load ended with %d:\n%s" % (
                done.returncode, self.log_path.read_text(errors="replace")[-2000:]))
        return json.loads(done.stdout)

    def memory_held(self, folder, connections):
        """With so many connections in the middle of a body."""
        load = subprocess.Popen(self.command(folder, {"c": connections, "n": 1000}) + ["-H"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if load.stdout.readline().strip() != "held":
            raise RuntimeError("connections were not held")
        held = self.memory()
        load.communicate("")
        return held

    def check(self, messages):
        """What must be true after so many messages."""

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_directory(within):
    WORK.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=within or WORK))


def listen_on(directory, tcp):
    return "inet:%d@127.0.0.1" % free_port() if tcp else "unix:%s/socket" % directory


class Null(Program):
    def __init__(self, mode, tcp=False, environment=None, within=None):
        self.dir = make_directory(within)
        listen = listen_on(self.dir, tcp)
        command = [str(PROGRAMS / "null_milter"), "-p", listen, "-m", mode]
        if mode == "sqlite":
            command += ["-d", str(self.dir / "rows.db")]
        super().__init__(command, listen, environment)

    def stop(self):
        self.process.kill()  # libmilter looks at signals every five seconds
        super().stop()

    def check(self, messages):
        if (self.dir / "rows.db").exists():
            count = sqlite3.connect(self.dir / "rows.db").execute("SELECT count(*) FROM message").fetchone()[0]
            assert count == messages, "%d rows for %d messages" % (count, messages)


class Daemon(Program):
    """goneawayd. A ledger that is given is used where it stands; within: the folder for its own."""

    def __init__(self, authentication="header", tcp=False, environment=None, domains=None, extra="",
                 database=None, mail=None, within=None):
        self.dir = make_directory(within)
        listen = listen_on(self.dir, tcp)
        self.names = None
        told = HEADER
        if authentication == "dkim":
            self.names = NameServer(((mail or mix(500)) / "record.txt").read_text())
            told = DKIM % self.names.address
        self.config = self.dir / "goneaway.conf"
        text = CONFIGURATION % {"listen": listen, "dir": self.dir, "authentication": told, "extra": extra,
                                "domains": ",\n".join(domains or [domain("example.com")])}
        if database:
            text = text.replace("%s/goneaway.db" % self.dir, str(database))
        self.database = database or self.dir / "goneaway.db"
        self.config.write_text(text)
        super().__init__([str(BUILD / "daemon" / "goneawayd"), "-f", "-c", str(self.config)], listen, environment)

    def check(self, messages):
        base = sqlite3.connect("file:%s?mode=ro" % self.database, uri=True)
        count = base.execute("SELECT sum(deliveries) FROM message").fetchone()[0]
        assert count == messages, "%d rows for %d messages" % (count, messages)

    def stop(self):
        super().stop()
        if self.names:
            self.names.close()


def start(name, **how):
    """"naive", "lean", "sqlite", "header" or "dkim"."""
    if name in ("header", "dkim"):
        return Daemon(name, **how)
    return Null(name, **how)
