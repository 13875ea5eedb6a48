# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Medians, spreads, ratios, and whether goals were reached."""
import statistics

goals = []


def values(figures, name, key):
    return [one[key] for one in figures[name]]


def median(figures, name, key):
    return statistics.median(values(figures, name, key))


def show(title, figures, base, keys):
    """Each figure's median with its spread, and the ratio to the base's median."""
    print("\n%s (median, least-most of %d rounds, ratio to %s)" % (title, len(figures[base]), base))
    for key in keys:
        print("  " + key)
        for name in figures:
            all_values = values(figures, name, key)
            middle, of = statistics.median(all_values), median(figures, base, key)
            print("    %-15s %10.3f  %10.3f -%10.3f   %6.2f" % (
                name, middle, min(all_values), max(all_values), middle / of if of else 0))
    print("", flush=True)


def judge(what, value, limit):
    """A negative limit is the most allowed, a positive the least."""
    reached = value <= -limit if limit <= 0 else value >= limit
    goals.append((what, value, limit, reached))


def goal(what, figures, key, name, base, limit):
    """The ratio of each round, so that what slows both does not count; the median is judged."""
    ratios = [a / b for a, b in zip(values(figures, name, key), values(figures, base, key)) if b]
    judge(what, statistics.median(ratios), limit)


def bound(what, figures, key, name, limit):
    judge(what, median(figures, name, key), -limit)


def summary():
    if goals:
        print("\ngoals")
    for what, value, limit, reached in goals:
        print("  %-48s %8.2f  %s %-6g %s" % (
            what, value, "<=" if limit <= 0 else ">=", abs(limit), "reached" if reached else "MISSED"))
