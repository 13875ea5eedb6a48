# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Checks of the house rules that a program can make: which room may include what, how long a
function and a file may be, what a module may export, which words may not stand anywhere, and
that every file says its licence.

Prints every breach as file:line and exits 1 where there is one."""
import fnmatch
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
FUNCTION_MAX = 100
FILE_MAX = 800
PARAMETERS_MAX = 6
# include -> the files that may have it
WALLS = {
    "libmilter/mfapi.h": r"daemon/|tests/",
    "sqlite3.h": r"lib/ledger|tests/",
    "libconfig.h": r"lib/config|lib/datafile",
    "gmime/": r"lib/text|lib/address|tests/",
    "libxml/": r"lib/text",
    "opendkim/": r"lib/dkim|tests/",
    "libpsl.h": r"lib/domain",
    "idn2.h": r"lib/domain",
    "openssl/": r"lib/key|lib/seal|lib/dkim_keys|tests/",
    "resolv.h": r"lib/dns",
    "iconv.h": r"lib/text|tests/",
    "syslog.h": r"lib/log|tests/fuzz/fuzz_milter",
    "systemd/": r"daemon/",
}
# a signature that a library gives
GIVEN = {("daemon/milter.c", "on_negotiate"), ("daemon/exporter_http.c", "on_request")}
# a name that a module defines in a library's place
REPLACED = {("dkim_keys", "d2i_PUBKEY_bio")}
WORDS = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + r"XX)\b")
RUNNERS = re.compile(r"(?<![\w.>])(system|popen|v?fork|daemon|wordexp|posix_spawnp?|f?exec(l|v|le|ve|lp|vp|vpe|veat))\s*\(")
breaches = []


def breach(path, line, text):
    breaches.append("%s:%d: %s" % (path, line, text))


def sources(*patterns):
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def check_walls(path, lines):
    for number, line in enumerate(lines, 1):
        include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not include:
            continue
        for header, rooms in WALLS.items():
            if include.group(1).startswith(header) and not re.match(rooms, path):
                breach(path, number, "%s does not belong in this room" % include.group(1))


def check_calls(path, lines):
    """What is shipped runs no other program."""
    if path.startswith("tests/"):
        return
    for number, line in enumerate(lines, 1):
        if RUNNERS.search(line):
            breach(path, number, "no shell, no exec, no fork")


def check_sizes(path, lines):
    if path.startswith("tests/"):
        return
    if len(lines) > FILE_MAX:
        breach(path, 1, "%d lines: a file holds at most %d" % (len(lines), FILE_MAX))
    head, start = "", 0  # the lines from a definition's first to its brace
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z_]", line):
            head, start = line, number
        elif line.startswith((" ", "\t")) and not head.endswith((";", "{")):
            head += line
        elif line.startswith("{") and "(" in head:
            check_parameters(path, start, head)
            head += "{"
        elif line.startswith("}"):
            if "(" in head and number - start + 1 > FUNCTION_MAX:
                breach(path, start, "%d lines: a function has at most %d" % (number - start + 1, FUNCTION_MAX))
            head = ""


def check_parameters(path, line, head):
    inside = head[head.index("(") + 1:]
    inside = re.sub(r"\([^()]*\)", "", inside)  # of function pointers
    name = re.search(r"(\w+)\(", head).group(1)
    if inside.count(",") + 1 > PARAMETERS_MAX and (path, name) not in GIVEN:
        breach(path, line, "more than %d parameters" % PARAMETERS_MAX)


def check_exports():
    library = ROOT / "build/lib/libgoneaway_lib.a"
    if not library.exists():
        breach("build/lib", 1, "not built: exported names cannot be checked")
        return
    listing = subprocess.run(["nm", "-A", "--defined-only", "--extern-only", str(library)],
                             capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        member, symbol = re.match(r"[^:]*:([\w.-]+):\S* \S (\S+)", line).groups()
        module = member.split(".")[0]
        family = module.split("_")[0]
        if (module, symbol) in REPLACED:
            continue
        if not symbol.startswith(family + "_") and not symbol.startswith(("__", "_GLOBAL", "asan", "ubsan")):
            breach("lib/%s.c" % module, 1, "exports %s: a module exports only its own names" % symbol)


def check_licences():
    """Every file says its licence in its first lines, or REUSE.toml says it."""
    patterns = tomllib.loads((ROOT / "REUSE.toml").read_text())["annotations"][0]["path"]
    without = []
    for path in sources():
        with open(ROOT / path, "rb") as file:
            if b"SPDX-License-Identifier: Apache-2.0" not in file.read(500):
                without.append(path)
    for path in without:
        if not any(fnmatch.fnmatch(path, pattern) for pattern in patterns):
            breach(path, 1, "has no SPDX line, and REUSE.toml does not name it")
    for pattern in patterns:
        if not fnmatch.filter(without, pattern):
            breach("REUSE.toml", 1, "%s fits no file that needs it" % pattern)


def main():
    for path in sources("*.c", "*.h"):
        lines = (ROOT / path).read_text(errors="replace").splitlines()
        check_walls(path, lines)
        check_calls(path, lines)
        check_sizes(path, lines)
    for path in sources("*.c", "*.h", "*.py", "*.sh", "*.sql", "*.md", "*.conf", "*.cmake"):
        for number, line in enumerate((ROOT / path).read_text(errors="replace").splitlines(), 1):
            if WORDS.search(line):
                breach(path, number, "unfinished: %s" % WORDS.search(line).group(1))
    check_exports()
    check_licences()
    print("\n".join(breaches) or "no breach of the house rules")
    sys.exit(1 if breaches else 0)


main()
