# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""How fast `goneaway scan` is on the mails of make_mix.py, beside GMime alone on the same file.

usage: measure_scan.py [-n MAILS] [-r ROUNDS] [FOLDER]

Makes an mbox of MAILS mails (6000) in FOLDER, each with a Message-ID of its own, reads it ROUNDS
times (3) in turn with gmime_alone and with scan, into a new ledger each time, and prints mails a
second, the median ratios to GMime and the peak of memory. GMime alone is one thread that parses
each mail and decodes all its text parts to UTF-8; scan uses all processors, and what they gave it is
printed too: on a busy machine, that is what the time tells about. Results of the mailbox's host are
believed (scan_trusted_ids); with --dkim also how fast signatures are verified is of no interest
here: the DNS decides that."""
import argparse
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GONEAWAY_BUILD", ROOT / "build"))
GOAL_RATE, GOAL_RATIO = 3000, 2.0


def make_box(folder, count):
    mix = folder / "mix"
    subprocess.run([sys.executable, "-B", str(ROOT / "tests/bench/make_mix.py"),
                    str(BUILD / "tests/goneaway-sign"), str(mix)], check=True)
    mails = [path.read_bytes().replace(b"\r\n", b"\n") for path in sorted(mix.rglob("*.eml"))]
    box = folder / "box.mbox"
    trace = (b"Delivered-To: old%d@example.com\n"
             b"Received: from mail.shop.example by mx.example.com with ESMTPS; %s\n")
    with box.open("wb") as out:
        for number in range(count):
            mail = mails[number % len(mails)]
            when = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(time.time() - 60 * number))
            mail = re.sub(rb"(?mi)^Message-ID: <", b"Message-ID: <%d." % number, mail, count=1)
            mail = re.sub(rb"(?m)^From ", b">From ", mail)
            out.write(b"From a@example.com Mon Mar 02 10:00:05 2020\n"
                      + trace % (number % 300, when.encode()) + mail + b"\n\n")
    return box


def processor_seconds():
    """Of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def scan(folder, box):
    shutil.rmtree(folder / "ledger", ignore_errors=True)
    (folder / "ledger").mkdir()
    config = folder / "goneaway.conf"
    config.write_text(
        'database = "%s/ledger/g.db";\nkey_file = "%s/ledger/key";\n'
        'scan_trusted_ids = [ "mx.example.com" ];\nkeep_days = 3650;\n'
        'domains = ( { name = "example.com"; owned_since = "2019-10-05T00:00:00Z"; } );\n'
        % (folder, folder))
    began, used = time.monotonic(), processor_seconds()
    done = subprocess.run([str(BUILD / "daemon/goneaway"), "scan", "-c", str(config), str(box)],
                          capture_output=True, text=True, check=False)
    spent = time.monotonic() - began
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    rows = int(re.search(r"rows written to the ledger +(\d+)", done.stdout).group(1))
    own = float(re.search(r"mails read in ([\d.]+) s", done.stdout).group(1))
    return rows, spent, own, processor_seconds() - used


def yardstick(box):
    told = subprocess.run([str(BUILD / "tests/bench/gmime_alone"), str(box)], capture_output=True,
                          text=True, check=True).stdout
    return [float(number) for number in re.findall(r"([\d.]+) s", told)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=6000)
    parser.add_argument("-r", type=int, default=3)
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    given = parser.parse_args()
    folder = given.folder or pathlib.Path(tempfile.mkdtemp(prefix="goneaway-scan-"))
    folder.mkdir(parents=True, exist_ok=True)
    box = folder / "box.mbox"
    if not box.exists():
        make_box(folder, given.n)
    times, ratios, parsing = [], [], []
    for _ in range(given.r):
        parsed, decoded = yardstick(box)
        rows, spent, own, used = scan(folder, box)
        times.append(spent)
        ratios.append(spent / decoded)
        parsing.append(spent / parsed)
        print("GMime parses in %.2f s, and decodes in %.2f s; scan takes %.2f s (%.2f without its "
              "start) of %.2f s on %.2f processors" % (parsed, decoded, spent, own, used, used / spent), flush=True)
    rate = rows / statistics.median(times)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print("%d mails, %.0f MB: %.0f mails/s (goal %d); of GMime that parses and decodes %.2f "
          "(goal %.1f), of GMime that parses %.2f; at most %.0f MB of memory"
          % (rows, box.stat().st_size / 1e6, rate, GOAL_RATE, statistics.median(ratios), GOAL_RATIO,
             statistics.median(parsing), peak))
    if given.folder is None:
        shutil.rmtree(folder)


main()
