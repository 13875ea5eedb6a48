# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Ledgers to report on: made by the real daemon, then filled by SQL with invented people's mail.

    ledgers.py DIRECTORY [MESSAGES]    makes one, prints the path of its configuration"""
import itertools
import pathlib
import random
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "milter"))
import scenario  # noqa: E402

CONFIG = """listen = "local:%(dir)s/milter.sock";
database = "%(dir)s/ledger/goneaway.db";
key_file = "%(dir)s/ledger/key";
domains = ( { name = "example.com"; owned_since = "2019-10-05T00:00:00Z"; mode = "enforce"; mailboxes = [ "me", "sales" ]; },
            { name = "example.org"; owned_since = "2023-02-01T00:00:00Z"; mode = "observe"; } );
"""
PEOPLE = ("anna", "b.hartmann", "carla.reyes", "d-novak", "emil", "f.okafor", "gus.lind", "hana", "info-old",
          "j.marchetti", "kenji.mori", "l.petit", "mia+shop", "n.aydin", "olga", "p.silva")
SERVICES = (  # id, name, category, risk, languages, privacy
    ("bank.example", "Example Bank", "bank", 5, "de, en", "privacy@bank.example"),
    ("pay.example", "PayExample", "payment", 5, "en", "https://www.pay.example/privacy"),
    ("mail.example", "Example Mail", "mail", 5, "en", None),
    ("shop.example", "Example Shop", "shop", 4, "en, ja", "privacy@shop.example"),
    ("ichiba.example", "見本市場", "shop", 4, "ja", "privacy@ichiba.example"),
    ("social.example", "Sociable", "social", 4, "en", None),
    ("vols.example", "Vols Exemple", "travel", 3, "fr", "dpo@vols.example"),
    ("jeux.example", "Jeux & Cie", "game", 3, "fr", None),
    ("game.example", "Example Games", "game", 3, "ja", None),
    ("stream.example", "Example Stream", "streaming", 2, "en", None),
    ("tienda.example", "Tienda Ejemplo", "shop", 4, "es", "lopd@tienda.example"),
    ("forum.example", "Garden Forum", "forum", 2, "en", None),
    ("news.example", "The Example", "news", 1, "en", None),
    ("fit.example", "Fit Example", "fitness", 2, "en", None),
)
KINDS = ("reset", "code", "verify", "signin", "change", "welcome", "billing", "order", "notice", "bulk")
WEIGHTS = (4, 6, 3, 8, 2, 2, 14, 18, 25, 40)
STEPS = ("Open the help page without signing in.\nChoose \"I have no account\".\n"
         "Say that the address belongs to you now and is to be taken out of the account.")


def connect(path):
    base = sqlite3.connect(path, timeout=30, isolation_level=None)
    base.execute("PRAGMA foreign_keys = ON")
    return base


def add_services(base, services=SERVICES):
    for identity, name, category, risk, languages, privacy in services:
        base.execute("INSERT INTO service (id, name, category, risk, homepage) VALUES (?, ?, ?, ?, ?)"
                     " ON CONFLICT DO NOTHING", (identity, name, category, risk, "https://www.%s/" % identity))
        base.execute("INSERT INTO contact (service, steps, url, privacy, languages, checked, source)"
                     " VALUES (?, ?, ?, ?, ?, '2026-05-31', ?) ON CONFLICT DO NOTHING",
                     (identity, STEPS if privacy else None, "https://www.%s/help" % identity, privacy, languages,
                      "https://www.%s/help" % identity))


def fill(base, messages=4000, people=PEOPLE, services=SERVICES, days=120, seed=7, dense=0.45):
    """Mail of the last days; from the middle on accounts are refused, and most of them fall silent."""
    chance = random.Random(seed)
    add_services(base, services)
    base.execute("BEGIN")
    accounts = []
    for number, person in enumerate(people):
        address = "%s@%s" % (person, "example.org" if number % 5 == 4 else "example.com")
        base.execute("INSERT INTO address (address, seen, domain) VALUES (?, ?, ?)",
                     (address, address, address.partition("@")[2]))
        row, = base.execute("SELECT id FROM address WHERE address = ?", (address,)).fetchone()
        for service in services:
            if chance.random() < dense:
                holder = chance.choice(("prior", "prior", "prior", "stranger"))
                cursor = base.execute(
                    "INSERT INTO account (address, service, holder, holder_by, case_since) VALUES"
                    " (?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-120 days'))",
                    (address, service[0], holder, chance.choice(("first-mail", "rrvs")) if holder == "prior" else "admin"))
                accounts.append((row, cursor.lastrowid, service[0], chance.random() < 0.2, chance.randint(1, 20)))
    write_messages(base, chance, accounts, messages, days)
    base.execute("UPDATE account SET case_state = 'reported', note = 'their privacy form' WHERE id % 9 = 3")
    base.execute("UPDATE account SET case_state = 'quiet' WHERE id % 7 = 2")
    base.execute("COMMIT")


def write_messages(base, chance, accounts, messages, days):
    weights = list(itertools.accumulate(account[4] for account in accounts))
    rows = []
    for _ in range(messages):
        address, account, service, deaf, _ = chance.choices(accounts, cum_weights=weights)[0]
        age = chance.random() * days
        refused = age < days / 2 - (account % 20)
        if refused and not deaf and chance.random() < 0.8:
            continue  # it has learned
        rows.append((age, address, account, chance.choices(KINDS, WEIGHTS)[0], service,
                     "reject" if refused else "accept", "550 5.1.1" if refused else None, "enforce" if refused else "observe"))
    base.executemany(
        "INSERT INTO message (received, address_id, account_id, kind, authenticated, from_domain, action, meant,"
        " mode, rule, reply, queue_id, size, fingerprint) VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?), ?, ?,"
        " ?, ?, ?, ?, 'reject', ?, 'builtin: prior', ?, ?, 4096, randomblob(16))",
        (("-%d seconds" % (age * 86400), address, account, kind, service, service, action, mode, reply, "4ABC%d" % n)
         for n, (age, address, account, kind, service, action, reply, mode) in enumerate(sorted(rows, reverse=True))))
    base.executemany(
        "INSERT INTO message (received, address_id, kind, from_domain, claimed, action, meant, mode, rule, size,"
        " fingerprint) VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?), ?, 'reset', 'evil.example', 'bank.example',"
        " 'tag', 'tag', 'enforce', 'builtin: unproven', 900, randomblob(16))",
        (("-%d hours" % hours, accounts[0][0]) for hours in (30, 300, 700)))


def make(directory, configuration=CONFIG):
    """A ledger as the daemon makes it, empty; paths of configuration and ledger."""
    directory = pathlib.Path(directory)
    (directory / "ledger").mkdir(parents=True)
    daemon = scenario.Daemon(start=False)
    daemon.path = directory / "goneaway.conf"
    daemon.path.write_text(configuration % {"dir": directory})
    daemon.start()
    daemon.stop()
    daemon.remove()
    return directory / "goneaway.conf", directory / "ledger" / "goneaway.db"


def many(base, addresses, messages):
    """A large one: so many addresses at fifty services."""
    people = ["user%d" % n for n in range(addresses)]
    services = SERVICES + tuple(("s%d.example" % n, "Service %d" % n, "shop", 1 + n % 5, "en", None) for n in range(36))
    fill(base, messages, people, services, dense=0.06)


if __name__ == "__main__":
    path, database = make(sys.argv[1])
    ledger = connect(database)
    if len(sys.argv) > 2 and int(sys.argv[2]) > 100000:
        many(ledger, int(sys.argv[2]) // 20, int(sys.argv[2]))
    elif len(sys.argv) < 3 or int(sys.argv[2]) > 0:
        fill(ledger, int(sys.argv[2]) if len(sys.argv) > 2 else 4000)
    ledger.close()
    print(path)
