# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Holds the manuals to the code, in both directions: settings with their defaults and limits,
options, subcommands, exit codes, signals, metrics, environment, JSON keys, tables, views, the keys of the
catalogue. What the code has is asked of the programs that were built, of the schema and of the
sources; no list of it stands here.

Marks in the manuals, as comments, tell what a list is about:
  .\\" settings: PLACE   settings, each an .It Ic, whose first paragraph is the one printed below
  .\\" keys: PLACE       keys of the catalogue
  .\\" tables: .\\" views:   every .Ss below is one, with an .It Va for each column
Prints every difference as file: what, and exits 1 where there is one."""
import os
import pathlib
import re
import sqlite3
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("GONEAWAY_BUILD", ROOT / "build"))
MANUALS = ROOT / "doc" / "man"
differences = []


def differ(path, text):
    differences.append("%s: %s" % (path, text))


def compare(path, what, coded, told):
    """Both are collections of names."""
    for name in sorted(set(coded) - set(told)):
        differ(path, "does not tell %s %s" % (what, name))
    for name in sorted(set(told) - set(coded)):
        differ(path, "tells %s %s, which the code does not have" % (what, name))


def manual(name):
    return (MANUALS / name).read_text()


def run(*command, **how):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **how)


def sections(text, macro=r"\.S[hs]"):
    """{heading: its lines} of a manual; what comes before the first has the heading ""."""
    parts = re.split(r"^%s (.*)$" % macro, text, flags=re.M)
    return dict([("", parts[0])] + list(zip(parts[1::2], parts[2::2])))


def arguments(line, macro):
    """The arguments of a callable macro in an .It line, without punctuation: of
    ".It Va a , Va b" with Va: a, b."""
    found, active = [], False
    for word in line.split()[1:]:
        if re.fullmatch(r"[A-Z][a-z]", word):
            active = word == macro
        elif active and word not in (",", "|"):
            found.append(word)
    return found


def items(text, macro):
    """All arguments of a macro in the .It lines of a text."""
    return [name for line in re.findall(r"^\.It .*$", text, re.M) for name in arguments(line, macro)]


def marked(text, mark):
    """{argument of the mark: [list]}: the lists that follow a mark."""
    found = {}
    for at in re.finditer(r'^\.\\" %s: ?(\S*)$' % mark, text, re.M):
        depth, lines = 0, []
        for line in text[at.end():].split("\n"):
            depth += line.startswith(".Bl") - line.startswith(".El")
            lines.append(line)
            if line.startswith(".El") and depth == 0:
                break
        found.setdefault(at.group(1), []).append("\n".join(lines))
    return found


def entries(text, macro):
    """{name: what is told about it} of a list."""
    parts = re.split(r"^\.It %s (\S+)$" % macro, text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


# ---- settings -------------------------------------------------------------------------------

def first_paragraph(expected, standard, unset, flags):
    said = expected[0].upper() + expected[1:]
    if standard:
        said += "; default " + standard
    elif unset:
        said += "; unless set: " + unset
    said += "; required" * ("required" in flags) + "; a change needs a restart" * ("restart" in flags)
    return said + "."


def check_settings():
    path, text = "goneaway.conf.5", manual("goneaway.conf.5")
    told = {}
    for place, lists in marked(text, "settings").items():
        for name, words in entries("\n".join(lists), "Ic").items():
            told[place + name] = words
    listed = run(BUILD / "tests/list_settings").stdout.splitlines()
    assert len(listed) > 40, "list_settings is not built"
    coded = {}
    for line in listed:
        name, expected, standard, unset, flags, words, _ = line.split("\t")
        coded[name] = first_paragraph(expected, standard, unset, flags)
        if name not in told:
            differ(path, "does not tell the setting %s; its entry begins: %s" % (name, coded[name]))
            continue
        said = " ".join(told[name].split(".Pp")[0].split())
        if said != coded[name]:
            differ(path, "%s should begin: %s" % (name, coded[name]))
        for word in words.split():
            if not re.search(r"\bCm [^\n]*\b%s\b" % word, told[name]):
                differ(path, "does not tell the word %s of %s" % (word, name))
    compare(path, "the setting", coded, told)


# ---- programs -------------------------------------------------------------------------------

OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])")


def help_of(*command):
    done = run(*command, "--help")
    if done.returncode != 0 or "usage:" not in done.stdout:
        differ(" ".join(map(str, command)), "--help tells no usage")
    return done.stdout


def told_options(text):
    return {"-" + name for name in items(text, "Fl")}


def check_options():
    common = {"-h", "--help"}
    daemon = sections(manual("goneawayd.8"), r"\.Sh")["DESCRIPTION"]
    compare("goneawayd.8", "the option", set(OPTION.findall(help_of(BUILD / "daemon/goneawayd"))) | common,
            told_options(daemon))
    tool = BUILD / "daemon/goneaway"
    usage, parts = help_of(tool), sections(manual("goneaway.1"))
    commands = re.findall(r"^  (\S+) ", usage.split("commands:\n")[1].split("\n\n")[0], re.M)
    compare("goneaway.1", "the command", commands,
            [name.split()[1] for name in parts if name.startswith("goneaway ")])
    for name in commands:
        told = told_options(parts.get("goneaway " + name, ""))
        compare("goneaway.1", "goneaway %s:" % name, set(OPTION.findall(help_of(tool, name))) - common, told - common)
    check_getopt()


def check_getopt():
    """What a program takes stands in what it prints."""
    for source in sorted((ROOT / "daemon").glob("*.c")):
        code = source.read_text()
        usage = re.search(r"usage\[\] =(.*?);\n\n", code, re.S)
        letters = re.search(r'getopt(?:_long)?\(\w+, \w+, "([^"]*)"', code)
        if letters:
            taken = {"-" + letter for letter in letters.group(1) if letter != ":"}
            taken |= {"--" + name for name in re.findall(r'\{"([a-z-]+)", (?:no|required)_argument', code)}
            printed = set(OPTION.findall(usage.group(1).replace("\\n", "\n"))) if usage else set()
            compare("daemon/" + source.name, "in its usage the option", taken - {"-h", "--help"},
                    printed - {"-h", "--help"})


def sources_of(program):
    lists = (ROOT / "daemon/CMakeLists.txt").read_text()
    own = ["main.c"] if program == "daemon" else []
    return [ROOT / "daemon" / name for name in own] + [
        ROOT / "daemon" / name for which in (program, "both")
        for name in re.search(r"set\(%s_sources ([^)]*)\)" % which, lists).group(1).split()]


def check_exit_codes():
    for page, program in (("goneawayd.8", "daemon"), ("goneaway.1", "tool")):
        code = "".join(path.read_text() for path in sources_of(program))
        told = sections(manual(page), r"\.Sh")["EXIT STATUS"]
        lines = re.findall(r"^\.It (\d+)(?: Pq Dv (EX_\w+))?$", told, re.M)
        for number, name in lines:
            if name and int(number) != getattr(os, name, None):
                differ(page, "%s is not %s" % (name, number))
        compare(page, "the exit code", re.findall(r"\bEX_[A-Z]+\b|(?<=EX_OK : )\d+", code),
                [name or number for number, name in lines])


def check_replies():
    code = "".join(path.read_text() for path in sorted((ROOT / "daemon").glob("*.c")) +
                   [ROOT / "lib/policy.c", ROOT / "lib/judge_answer.c"])
    replies = {" ".join(reply) for reply in re.findall(
        r'"([45]\d\d)",\s*(?:\.status = )?"([45]\.\d+\.\d+)"', code)}
    chapter = sections(manual("goneawayd.8"))["The replies"]
    compare("goneawayd.8", "the reply", replies, re.findall(r"^\.It Li (\d{3} \S+)$", chapter, re.M))


def check_signals():
    code = (ROOT / "daemon/signals.c").read_text()
    waited = set(re.findall(r"sigaddset\(&set, (SIG\w+)\);(?! /\*)", code))
    compare("goneawayd.8", "the signal", waited, items(sections(manual("goneawayd.8"), r"\.Sh")["SIGNALS"], "Dv"))


def check_metrics():
    code = "".join(path.read_text() for path in sorted((ROOT / "lib").glob("metrics*.c")))
    families = re.findall(r'\b(?:describe|write_number)\(\s*out,\s*"(\w+)"', code)
    compare("goneawayd.8", "the metric", families, items(sections(manual("goneawayd.8"), r"\.Sh")["METRICS"], "Li"))


def check_environment():
    code = "".join(path.read_text() for room in ("daemon", "lib") for path in sorted((ROOT / room).glob("*.c")))
    used = set(re.findall(r'getenv\("(\w+)"\)', code))
    told = [name for page in ("goneawayd.8", "goneaway.1")
            for name in items(sections(manual(page), r"\.Sh").get("ENVIRONMENT", ""), "Ev")]
    compare("goneawayd.8, goneaway.1", "the environment variable", used, told)


def check_json():
    """The keys of a command are those that its sources print."""
    parts = sections(manual("goneaway.1"))
    for heading, text in parts.items():
        if not heading.startswith("goneaway "):
            continue
        name = heading.split()[1]
        code = "".join(path.read_text() for path in sources_of("tool") if path.stem.split("_")[0] == name)
        keys = re.findall(r'\bjson_\w+\(\s*[^,()]+, "(\w+)"', code)
        compare("goneaway.1", "goneaway %s: the key" % name, keys, items(text, "Va"))


# ---- the ledger and the catalogue -----------------------------------------------------------

def schema():
    """{"table" or "view": {name: its columns}}"""
    base = sqlite3.connect(":memory:")
    for path in sorted((ROOT / "sql").glob("[0-9]*.sql")) + [ROOT / "sql/views.sql"]:
        base.executescript(path.read_text())
    found = {"table": {}, "view": {}}
    for kind, name in base.execute("SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')"
                                   " AND name NOT LIKE 'sqlite_%'").fetchall():
        found[kind][name] = [row[1] for row in base.execute("PRAGMA table_info(%s)" % name)]
    return found


def check_ledger():
    page = "goneaway-ledger.5"
    chapters = sections(manual(page), r"\.Sh")
    for kind, coded in schema().items():
        chapter = [text for text in chapters.values() if re.search(r'^\.\\" %ss:$' % kind, text, re.M)]
        told = sections("".join(chapter), r"\.Ss")
        told.pop("")
        compare(page, "the " + kind, coded, told)
        for name in set(coded) & set(told):
            compare(page, "of %s the column" % name, coded[name], items(told[name], "Va"))


def check_catalogue():
    """The keys are those that the reader knows: an array of names for each group."""
    page, code = "goneaway-services.5", (ROOT / "lib/catalogue_read.c").read_text()
    places = {"read_contact": "services.contact.", "read_service": "services.", "read_category": "categories.",
              "read_carrier": "carriers.", "": ""}
    coded = set()
    for at in re.finditer(r"names\[\] = \{([^}]*), NULL\}", code):
        function = re.findall(r"^(?:static )?\w[\w ]*?[ *](\w+)\(", code[:at.start()], re.M)[-1]
        place = places.get(function, "")
        coded |= {place + name for name in re.findall(r'"(\w+)"', at.group(1))}
    told = {place + name for place, lists in marked(manual(page), "keys").items()
            for name in items("\n".join(lists), "Ic")}
    compare(page, "the key", coded, told)


# ---- the plan -------------------------------------------------------------------------------

def check_design():
    """doc/DESIGN.md names every module of the rooms, and none that is gone: kind_score.c by its own
    name or as kind*.c."""
    page = "doc/DESIGN.md"
    told = set(re.findall(r"\b(\w+\*?)\.c\b", sections((ROOT / page).read_text(), "##")["3. The rooms"]))
    modules = {path.stem for room in ("daemon", "lib") for path in (ROOT / room).glob("*.c")}
    for name in sorted(modules):
        if name not in told and not any(star.endswith("*") and name.startswith(star[:-1]) for star in told):
            differ(page, "does not name %s.c" % name)
    for name in sorted(told):
        if name not in modules and not (name.endswith("*") and any(one.startswith(name[:-1]) for one in modules)):
            differ(page, "names %s.c, which is not there" % name)


# ---- the pages themselves -------------------------------------------------------------------

def check_pages():
    """mandoc has nothing to say, and those of our manuals that are referred to are there. What is not
    looked for: other programs' manuals, which need not be installed where this runs."""
    pages = sorted(MANUALS.iterdir())
    done = run("mandoc", "-Tlint", *pages)
    for line in (done.stdout + done.stderr).splitlines():
        if not re.search(r"referenced manual not found|outdated mandoc.db", line):
            differ("doc/man", line)
    for page in pages:
        text = page.read_text()
        if "SPDX-License-Identifier" not in text[:60]:
            differ(page.name, "has no SPDX line")
        for quoted in re.findall(r"^\.(?:[DSQ]q|Ql) ((?:No|Ns|Pf|Ap|Do|As|At|In|Is) .*)", text, re.M):
            differ(page.name, '"%s" begins with a macro, which is not printed: write \\&' % quoted)
        for name, section in re.findall(r"\bXr (goneaway\S*) (\d)", text):
            if not (MANUALS / ("%s.%s" % (name, section))).exists():
                differ(page.name, "refers to %s(%s), which is not there" % (name, section))


def main():
    for check in (check_settings, check_options, check_exit_codes, check_replies, check_signals, check_metrics, check_environment, check_json,
                  check_ledger, check_catalogue, check_design, check_pages):
        check()
    print("\n".join(differences) or "the manuals tell what the code does")
    sys.exit(1 if differences else 0)


main()
