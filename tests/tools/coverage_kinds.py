# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What of lib/ no test takes, by kind and by file: the lists of doc/coverage.md.

Usage: coverage_kinds.py BUILD/coverage.json, which the target coverage_report writes. The kind is
read from the line that branches; a line that fits several is of the first.
"""
import collections
import json
import pathlib
import re
import sys

KINDS = (
    ("memory", r"NOMEM|alloc|strn?dup|v?asprintf|\bgrow|make_room|_room\(|arena_"),
    ("system", r"errno|\b(open|stat|fstat|read|write|fsync|link|close|poll|send|recv|socket|connect"
               r"|fopen|ferror|fclose|getrandom|clock_gettime|pthread_\w+|fd)\b"),
    ("library", r"SQLITE_|DKIM_|EVP_|CMS_|X509|BIO_|sqlite3_|g_mime|g_\w+\(|xml|psl_|idn2|dkim_"),
    ("nothing there", r"NULL"),
    ("handed on", r"\b(r|rc|result|error)\b *(==|!=|<|>=)|\b(r|rc) *\?|\(r = |buf_failed|!= 0\b"),
    ("characters", r"'.'|'\\.'|0x[0-9A-Fa-f]{2,}|is_(blank|digit|word|space|alnum)"),
    ("bounds", r"_MAX\b|_MOST\b|_SIZE\b|sizeof|length|count|room|depth|size"),
    ("other", r""),
)


def main():
    report = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    root = pathlib.Path(__file__).resolve().parents[2]
    kinds, files, all_branches = collections.Counter(), [], 0
    for entry in report["files"]:
        source = (root / entry["file"]).read_text(encoding="utf-8").split("\n")
        missing = collections.Counter()
        branches = 0
        for line in entry["lines"]:
            branches += len(line["branches"])
            untaken = sum(branch["count"] == 0 for branch in line["branches"])
            if untaken > 0:
                text = source[line["line_number"] - 1]
                kind = next(name for name, words in KINDS if re.search(words, text))
                missing[kind] += untaken
        kinds += missing
        all_branches += branches
        files.append((sum(missing.values()), branches, pathlib.Path(entry["file"]).name, missing))
    untaken = sum(kinds.values())
    print(f"branches: {all_branches}, taken: {all_branches - untaken}"
          f" ({100 * (all_branches - untaken) / all_branches:.1f} %), not taken: {untaken}\n")
    print("| kind | branches |\n| --- | --- |")
    for name, _ in KINDS:
        print(f"| {name} | {kinds[name]} |")
    print("\n| file | not taken | of | kinds |\n| --- | --- | --- | --- |")
    for count, branches, name, missing in sorted(files, key=lambda row: (-row[0], row[2])):
        if count >= 10:
            print(f"| {name} | {count} | {branches} | "
                  + ", ".join(f"{kind} {n}" for kind, n in missing.most_common()) + " |")
    rest = [row for row in files if 0 < row[0] < 10]
    print(f"\nFiles with fewer than ten: {len(rest)}, branches: {sum(row[0] for row in rest)};"
          f" with none: {sum(row[0] == 0 for row in files)}.")


if __name__ == "__main__":
    main()
