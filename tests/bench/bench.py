# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""goneawayd against null milters on libmilter, in turn, A B A B: only ratios of one run carry over
to another machine or day.

usage: bench.py [--rounds N] [--messages N] [STEP…]

steps, all of them unless named:
  closed    8 connections, one message each, as fast as answers come
  paced     100 messages a second
  slow      64 connections on a disk that takes 5 ms longer to sync
  large     a mail of 2 MB on one connection
  memory    idle, with 100 and 1,000 connections in mid-body, after load
  broken    aborts and connections that break off: errors must be none
  postfix   through a private Postfix, 8 SMTP sessions (needs Postfix and root)
  growth    what it costs as ledger, domains, languages, mails and connections grow (not among
            "all": its largest ledger has 2 GB and takes minutes to make, in GONEAWAY_BENCH_DIR)
  smoke     a few messages to each of them, over both kinds of sockets: correctness alone

goneawayd runs in tag mode with synchronous=FULL, all languages and services: "header" believes
Authentication-Results, "dkim" verifies itself. "lean" asks for no needless reply and does nothing,
"sqlite" is lean with one row a message and group commit, "naive" replies to every step."""
import argparse
import sys

import bench_growth
import bench_postfix
import bench_programs
import bench_table

STEPS = ["closed", "paced", "slow", "large", "memory", "broken", "postfix"]
MB = 1024 * 1024


def measure(name, mix, load, environment=None, warm=500):
    """Figures of one program, freshly started and warm."""
    with bench_programs.start(name, environment=environment) as program:
        if warm:
            program.load(mix, n=warm, k=10_000_000)
        before = program.cpu_seconds()
        figures = program.load(mix, **load)
        figures["cpu"] = (program.cpu_seconds() - before) * 1000 / max(1, figures["messages"])
        figures["memory"] = program.memory() / MB
        return figures


def in_turn(names, rounds, mix, load, **how):
    """{name: [figures of each round]}"""
    all_figures = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            all_figures[name].append(measure(name, mix, load, **how))
    return all_figures


def step_closed(given, mix):
    figures = in_turn(["lean", "sqlite", "header", "dkim", "naive"], given.rounds, mix,
                      {"c": 8, "n": given.messages})
    bench_table.show("closed loop, 8 connections, one message each", figures, "lean",
                     ["rate", "cpu", "answer_p50", "answer_p99", "whole_p50", "whole_p99", "memory"])
    bench_table.goal("throughput of lean, header", figures, "rate", "header", "lean", 0.38)
    bench_table.goal("throughput of lean, dkim", figures, "rate", "dkim", "lean", 0.22)
    bench_table.goal("CPU of lean's, header", figures, "cpu", "header", "lean", -2.6)
    bench_table.goal("CPU of lean's, dkim", figures, "cpu", "dkim", "lean", -4.2)
    bench_table.goal("p99 of lean + SQLite's, header", figures, "answer_p99", "header", "sqlite", -1.0)
    bench_table.goal("p99 of lean + SQLite's, dkim", figures, "answer_p99", "dkim", "sqlite", -1.5)
    bench_table.bound("after load, MB, header", figures, "memory", "header", 25)
    bench_table.bound("after load, MB, dkim", figures, "memory", "dkim", 40)


def step_paced(given, mix):
    figures = in_turn(["lean", "sqlite", "header", "dkim"], max(1, given.rounds // 2), mix,
                      {"c": 8, "n": max(200, given.messages // 10), "r": 100})
    bench_table.show("paced, 100 messages a second", figures, "lean", ["answer_p50", "answer_p99", "cpu"])
    for name, p50, p99 in (("header", 1.2, 4), ("dkim", 2, 8)):
        bench_table.bound("paced p50, ms, " + name, figures, "answer_p50", name, p50)
        bench_table.bound("paced p99, ms, " + name, figures, "answer_p99", name, p99)


def step_slow(given, mix):
    figures = in_turn(["sqlite", "header"], given.rounds, mix, {"c": 64, "n": given.messages},
                      environment=bench_programs.slow_disk(5000))
    bench_table.show("64 connections, fsync + 5 ms", figures, "sqlite", ["rate", "answer_p50", "answer_p99"])
    bench_table.goal("throughput of lean + SQLite's", figures, "rate", "header", "sqlite", 0.60)


def step_large(given, _):
    mix = bench_programs.mix_of(["attachment"])
    figures = in_turn(["lean", "sqlite", "header", "dkim"], given.rounds, mix, {"c": 1, "n": 100}, warm=20)
    bench_table.show("mails of 2 MB, one connection", figures, "lean", ["whole_p50", "whole_p99", "answer_p50", "cpu"])
    bench_table.bound("whole message, ms, header", figures, "whole_p50", "header", 5)
    bench_table.bound("whole message, ms, dkim", figures, "whole_p50", "dkim", 12)


def step_memory(given, mix):
    print("\nmemory (proportional set size), MB: idle, with 100 and 1,000 connections in mid-body more, after load")
    for name, idle, more, after in (("lean", None, None, None), ("sqlite", None, None, None),
                                    ("header", 12, 4, 25), ("dkim", 16, 16, 40)):
        with bench_programs.start(name) as program:
            first = program.memory()
            hundred = program.memory_held(mix, 100)
            program.load(mix, c=8, n=2 * given.messages)
            loaded = program.memory()
            thousand = program.memory_held(mix, 1000)
        print("  %-8s idle %6.1f   100: %+6.1f   1,000: %+6.1f   after load %6.1f" % (
            name, first / MB, (hundred - first) / MB, (thousand - loaded) / MB, loaded / MB))
        if idle:
            bench_table.judge("memory idle, MB, " + name, first / MB, -idle)
            bench_table.judge("100 connections, MB, " + name, (hundred - first) / MB, -more)
            bench_table.judge("memory after load, MB, " + name, loaded / MB, -after)


def step_broken(given, mix):
    print("\naborted and broken off: errors of the protocol")
    for name in ("header", "dkim"):
        figures = measure(name, mix, {"c": 32, "n": given.messages, "m": 5, "A": 100, "D": 100})
        bench_table.judge("errors in %d messages and %d aborts, %s" % (
            figures["messages"], figures["aborted"], name), figures["errors"], -0.0)


def step_postfix(given, mix):
    bench_postfix.run(max(1, given.rounds // 2), max(500, given.messages // 4), mix)


def step_growth(given, mix):
    bench_growth.run(given.rounds, given.messages, mix)


def step_smoke(_, mix):
    for name in ("naive", "lean", "sqlite", "header", "dkim"):
        for tcp in (False, True) if name in ("lean", "header") else (False,):
            with bench_programs.start(name, tcp=tcp) as program:
                figures = program.load(mix, c=6, n=120, m=7, A=60, D=60)
                if figures["errors"] or figures["messages"] + figures["aborted"] != 120 or not figures["messages"]:
                    sys.exit("%s: %r" % (program.socket, figures))
                program.check(figures["messages"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=8000)
    parser.add_argument("steps", nargs="*")
    given = parser.parse_args()
    mix = bench_programs.mix(50 if given.steps == ["smoke"] else 500)
    for step in given.steps or STEPS:
        globals()["step_" + step](given, mix)
    bench_table.summary()


main()
