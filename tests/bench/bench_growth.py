# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What goneawayd costs as things grow: accounts in the ledger, domains, languages, size of mails,
connections. Each figure is changed alone, its values in turn, and set against the first of them."""
import random
import shutil
import sqlite3
import statistics

import bench_programs
from bench_programs import ROOT, WORK, domain

SERVICES = ["shop.example", "bank.example", "stream.example", "forum.example", "travel.example",
            "parcels.example", "games.example", "music.example", "garden.example", "books.example"]
ACCOUNTS = (1_000, 1_000_000, 10_000_000)
DOMAINS = (1, 100, 10_000)
LANGUAGES = (1, 20, 60, None)
SIZES = (2_000, 20_000, 200_000, 2_000_000)
CONNECTIONS = (1, 8, 50, 200)
FIRST = ["en", "de", "ja", "fr", "es"]  # the languages of the mix, before others


def fill(path, accounts):
    """So many accounts, ten of each address, written past triggers and checks."""
    base = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1500000",
                   "ignore_check_constraints = ON", "temp_store = MEMORY"):
        base.execute("PRAGMA " + pragma).fetchall()
    kept = base.execute("SELECT type, name, sql FROM sqlite_schema WHERE type = 'trigger' OR (type = 'index' "
                        "AND sql IS NOT NULL AND tbl_name IN ('account', 'address'))").fetchall()
    base.execute("BEGIN")
    for kind, name, _ in kept:
        base.execute("DROP %s %s" % (kind, name))
    base.executemany("INSERT OR IGNORE INTO service (id, name) VALUES (?, ?)", [(one, one) for one in SERVICES])
    base.execute("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) "
                 "INSERT INTO address (address, seen, domain, first_seen, last_seen) "
                 "SELECT 'user' || i || '@example.com' AS name, NULL, 'example.com', '2026-01-01T00:00:00Z', "
                 "'2026-01-01T00:00:00Z' FROM n ORDER BY name", (accounts // len(SERVICES),))
    base.execute("INSERT INTO account (address, service, holder, holder_by, first_seen, last_seen, case_since) "
                 "SELECT a.address, s.id, 'prior', 'first-mail', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', "
                 "'2026-01-01T00:00:00Z' FROM address AS a CROSS JOIN service AS s "
                 "WHERE s.id IN (%s) ORDER BY a.address, s.id" % ", ".join("'%s'" % one for one in SERVICES))
    for _, _, sql in kept:
        base.execute(sql)
    base.execute("COMMIT")
    base.execute("PRAGMA journal_mode = WAL").fetchall()
    base.close()


def ledger(accounts):
    """The path of a ledger, made once."""
    path = WORK / ("ledger-%d.db" % accounts)
    if not path.exists():
        new = path.with_suffix(".new")
        bench_programs.Daemon(database=new).stop()
        fill(new, accounts)
        new.rename(path)
    return path


def read_through(path):
    """So that the system has it in its page cache: what is measured is not the disk."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


def data_of(languages):
    """A data directory with so many languages, those of the mix first; None: all."""
    folder = WORK / ("data-%s" % (languages or "all"))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "phrases").mkdir(parents=True)
    for name in ("services.conf", "kinds.conf", "carriers.conf"):
        shutil.copy(ROOT / "conf" / name, folder)
    paths = sorted((ROOT / "conf/phrases").glob("*.conf"),
                   key=lambda path: (FIRST.index(path.stem) if path.stem in FIRST else 99, path.stem))
    for path in paths[:languages]:
        shutil.copy(path, folder / "phrases")
    return 'data_dir = "%s";' % folder


def mails_of(size):
    """A folder of mails of about that size: HTML as in the mix, and from 2 MB on an attachment."""
    folder = WORK / ("size-%d" % size)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rng = random.Random(size)
    for number in range(20):
        shop = SERVICES[number % len(SERVICES)]
        head = ("Return-Path: <bounce@%s>\nAuthentication-Results: mx.example.com; dkim=pass header.d=%s\n"
                "From: Shop <no-reply@%s>\nTo: old@example.com\nSubject: Your order 4711\nMIME-Version: 1.0\n"
                "Date: Mon, 12 Oct 2026 09:00:00 +0000\nMessage-ID: <%d@%s>\n" % (shop, shop, shop, number, shop))
        text = "<p>Thank you for your order.</p>\n"
        row = '<tr><td style="padding:4px"><a href="https://%s/%%d">Garden chairs, now in green</a></td></tr>\n' % shop
        room = min(size, 200_000) - len(head) - len(text)
        text += "".join(row % rng.randrange(10**9) for _ in range(max(0, room // len(row))))
        if size <= 200_000:
            body = "Content-Type: text/html; charset=utf-8\n\n" + text
        else:
            data = "\n".join("%076x" % rng.getrandbits(304) for _ in range((size - len(text)) // 77))
            body = ("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n%s\n--b\n"
                    "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n%s\n--b--\n" % (text, data))
        (folder / ("%02d.eml" % number)).write_text(head + body)
    return folder


def rows(mix):
    """What is changed, its values, and how each is run: settings, mails, and what the load asks."""
    yield "accounts in the ledger", [(f"{n:,}", {"database": ledger(n)}, mix, {"a": n // 10, "z": 0.5}) for n in ACCOUNTS]
    yield "domains", [(f"{n:,}", {"domains": [domain("example.com")] if n == 1 else
                                  [domain("d%d.example" % i) for i in range(n)]}, mix, {"d": n}) for n in DOMAINS]
    yield "languages", [(str(n or "all"), {"extra": data_of(n)}, mix, {}) for n in LANGUAGES]
    yield "size of a mail", [("%g kB" % (n / 1000), {}, mails_of(n), {"n": max(200, min(4000, 40_000_000 // n))}) for n in SIZES]
    yield "connections", [(str(n), {}, mix, {"c": n}) for n in CONNECTIONS]


def run(rounds, messages, mix):
    """Prints the table, as it stands in README.md."""
    print("\n| what grows | value | messages/s | CPU a message | answer, median | memory idle |\n"
          "| --- | --- | --- | --- | --- | --- |")
    for what, values in rows(mix):
        taken = [[] for _ in values]
        for _ in range(rounds):
            for i, (_, settings, mails, load) in enumerate(values):
                if "database" in settings:
                    read_through(settings["database"])
                with bench_programs.Daemon(**settings) as program:
                    idle = program.memory()
                    program.load(mails, n=min(500, messages), k=10_000_000)
                    before = program.cpu_seconds()
                    figures = program.load(mails, **{"c": 8, "n": messages, **load})
                    cpu = (program.cpu_seconds() - before) / figures["messages"]
                taken[i].append((figures["rate"], cpu, figures["answer_p50"], idle))
        middle = [[statistics.median(column) for column in zip(*one)] for one in taken]
        for i, (name, _, _, _) in enumerate(values):
            print("| %s | %s | %s |" % (what if i == 0 else "", name, " | ".join(
                "%.2f" % (value / first) for value, first in zip(middle[i], middle[0]))), flush=True)
