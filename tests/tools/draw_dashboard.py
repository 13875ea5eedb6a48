#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Draws conf/monitoring/goneaway-dashboard.json as a picture, for the documentation, without
Grafana: an invented day of mail goes into a private Prometheus, which answers every expression of
the dashboard; the panels are drawn where the dashboard puts them, and Chromium takes a picture.

    tests/tools/draw_dashboard.py doc/dashboard.png

Needs the packages prometheus and chromium. Colours and letters are not Grafana's; places, titles,
expressions, units and stacking are the dashboard's."""
import contextlib
import html
import json
import math
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "conf/monitoring/goneaway-dashboard.json").read_text())
STEP, DAY = 60, 86400
UNIT_WIDTH, UNIT_HEIGHT = 52, 32
COLOURS = ["#2f6fb3", "#d9822b", "#2b8a6b", "#a23b72", "#6b5ca5", "#c2a83e", "#4aa3c7", "#b0503c",
           "#7a8b3d", "#8a6d5b", "#5f7a8a", "#c46fa0", "#444b54"]

# ---- an invented day ------------------------------------------------------------------------

# kind: mails an hour at noon, what is done, whose account
MAIL = {"reset": (3, "reject", "prior"), "code": (2, "reject", "prior"), "signin": (4, "reject", "prior"),
        "verify": (1, "reject", "stranger"), "order": (9, "reject", "prior"),
        "billing": (6, "reject", "prior"), "notice": (14, "reject", "prior"),
        "bulk": (38, "reject", "unknown"), "personal": (5, "tag", "unknown"),
        "auto": (3, "accept", "current"), "other": (4, "tag", "unknown")}
BOUNDS = ["0.000500", "0.001000", "0.002500", "0.005000", "0.010000", "0.025000", "+Inf"]
SHARES = [0.18, 0.55, 0.86, 0.95, 0.985, 0.998, 1.0]
STATES = {"found": (210, -20), "reported": (35, 25), "answered": (12, 4), "quiet": (60, 12),
          "reopened": (1, 1)}
SERVICES = {"shop.example": 61, "stream.example": 48, "forum.example": 33, "bank.example": 24,
            "games.example": 19, "travel.example": 12}


def history(now):
    """The day in the OpenMetrics format that promtool reads."""
    chance = random.Random(1)
    counts, answers, total = dict.fromkeys(MAIL, 0.0), {}, 0.0
    lines = {}

    def add(family, labels, value, when):
        lines.setdefault(family, []).append("%s{%s} %g %d" % (family, labels, value, when))
    machine = 'instance="mx.example.com:9725",job="goneaway"'
    for when in range(now - DAY - 7200, now + 1, STEP):
        hour = (when % DAY) / 3600
        tide = 0.25 + 0.75 * max(0.0, math.sin((hour - 5) / 24 * 2 * math.pi))
        done = (when - (now - DAY)) / DAY
        for kind, (noon, action, holder) in MAIL.items():
            more = chance.gammavariate(2, 0.5) * noon * tide * STEP / 3600
            counts[kind] += more
            answers[action] = answers.get(action, 0) + more
            total += more
            add("goneaway_messages_total", 'kind="%s",verdict="%s",mode="enforce",holder="%s",%s'
                % (kind, action, holder, machine), round(counts[kind]), when)
        for action, number in answers.items():
            add("goneaway_answers_total", 'action="%s",%s' % (action, machine), round(number), when)
        for bound, share in zip(BOUNDS, SHARES):
            add("goneaway_answer_seconds_bucket", 'le="%s",%s' % (bound, machine), round(total * share), when)
        add("goneaway_ledger_rows_total", machine, round(total), when)
        add("goneaway_ledger_commits_total", machine, round(total * 0.9), when)
        add("goneaway_ledger_queue_depth", machine, chance.choice([0, 0, 0, 0, 1]), when)
        add("goneaway_failures_total", 'reason="ledger",' + machine, 0, when)
        add("goneaway_build_info", 'version="0.1.0",' + machine, 1, when)
        for state, (number, change) in STATES.items():
            add("goneaway_accounts", 'holder="prior",case_state="%s",%s' % (state, machine),
                round(number + change * max(0, done)), when)
        for service, number in SERVICES.items():
            add("goneaway_service_accounts", 'service="%s",%s' % (service, machine), number, when)
    return "".join("# TYPE %s gauge\n%s\n" % (family, "\n".join(rows)) for family, rows in lines.items()) + "# EOF\n"


# ---- Prometheus -----------------------------------------------------------------------------

class Prometheus:
    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "prometheus.yml").write_text("global: {}\n")
        self.process = subprocess.Popen(
            ["prometheus", "--config.file=%s/prometheus.yml" % folder, "--storage.tsdb.path=%s/data" % folder,
             "--web.listen-address=127.0.0.1:%d" % self.port, "--log.level=error"], stdin=subprocess.DEVNULL)

    def get(self, path, **arguments):
        url = "http://127.0.0.1:%d/api/v1/%s?%s" % (self.port, path, urllib.parse.urlencode(arguments))
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]["result"]

    def wait(self):
        for _ in range(200):
            with contextlib.suppress(OSError):
                return self.get("query", query="1")
            time.sleep(0.1)
        raise SystemExit("prometheus does not answer")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def fill(expression):
    return expression.replace("$instance", ".*").replace("$__rate_interval", "30m")


def legend(target, labels):
    text = target["legendFormat"]
    for name, value in labels.items():
        text = text.replace("{{%s}}" % name, value)
    return text


# ---- drawing --------------------------------------------------------------------------------

def shown(number, unit):
    if unit == "s":
        return "%.3g ms" % (number * 1000) if number < 1 else "%.3g s" % number
    return "{:,.0f}".format(number) if unit == "locale" or number >= 10 else "%.3g" % number


def series_of(prometheus, panel, now):
    found = []
    for target in panel["targets"]:
        for row in prometheus.get("query_range", query=fill(target["expr"]), start=now - DAY, end=now, step=600):
            points = {int(float(when)): float(value) for when, value in row["values"] if value != "NaN"}
            found.append((legend(target, row["metric"]), points))
    return sorted(found, key=lambda one: -sum(one[1].values()))


def nice(top):
    power = 10 ** math.floor(math.log10(top))
    return next(power * step for step in (1, 2, 2.5, 5, 10) if power * step >= top)


def draw_series(panel, series, now, width, height):
    stacked = "stacking" in panel["fieldConfig"]["defaults"].get("custom", {})
    unit = panel["fieldConfig"]["defaults"]["unit"]
    times = [now - DAY + i * 600 for i in range(DAY // 600 + 1)]
    base, lines = [0.0] * len(times), []
    for name, points in series:
        values = [points.get(when, 0.0) for when in times]
        top = [low + value for low, value in zip(base, values)] if stacked else values
        lines.append((name, list(base), top))
        base = top if stacked else base
    most = nice(max([max(top) for _, _, top in lines] + [1e-6]))
    left, bottom, right = 62, 22, 18
    columns = 6 if all(len(name) < 12 for name, _, _ in lines) else 4
    legend_height = 20 * (1 + (len(lines) - 1) // columns)
    area = height - bottom - legend_height - 6

    def x(i):
        return left + (width - left - right) * i / (len(times) - 1)

    def y(value):
        return 4 + area * (1 - value / most)
    out = ['<svg width="%d" height="%d">' % (width, height)]
    for i in range(5):
        out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" class="grid"/><text x="%d" y="%.1f" class="axis" '
                   'text-anchor="end">%s</text>' % (left, width - right, y(most * i / 4), y(most * i / 4), left - 6,
                                                    y(most * i / 4) + 4, shown(most * i / 4, unit)))
    for i in range(0, len(times), 24):
        out.append('<text x="%.1f" y="%.1f" class="axis" text-anchor="middle">%s</text>'
                   % (x(i), area + 20, time.strftime("%H:%M", time.gmtime(times[i]))))
    for n, (name, low, top) in enumerate(lines):
        colour = COLOURS[n % len(COLOURS)]
        upper = " ".join("%.1f,%.1f" % (x(i), y(value)) for i, value in enumerate(top))
        if stacked:
            lower = " ".join("%.1f,%.1f" % (x(i), y(low[i])) for i in reversed(range(len(low))))
            out.append('<polygon points="%s %s" fill="%s" fill-opacity="0.75"/>' % (upper, lower, colour))
        out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>' % (upper, colour))
        column, row = n % columns, n // columns
        at, below = left + column * (width - left) / columns, height - legend_height + 14 + row * 20
        out.append('<rect x="%.1f" y="%.1f" width="10" height="10" fill="%s"/><text x="%.1f" y="%.1f" class="axis">%s'
                   "</text>" % (at, below - 9, colour, at + 14, below, html.escape(name)))
    return "".join(out) + "</svg>"


def draw_bars(rows, width, height):
    most = max([value for _, value in rows] + [1])
    out, step = ['<svg width="%d" height="%d">' % (width, height)], (height - 8) / max(len(rows), 1)
    for i, (name, value) in enumerate(rows):
        out.append('<text x="130" y="%.1f" class="axis" text-anchor="end">%s</text><rect x="140" y="%.1f" '
                   'width="%.1f" height="%.1f" fill="%s"/><text x="%.1f" y="%.1f" class="axis">%d</text>'
                   % (i * step + step * 0.6, html.escape(name), i * step + step * 0.2,
                      (width - 190) * value / most, step * 0.55, COLOURS[0],
                      146 + (width - 190) * value / most, i * step + step * 0.6, value))
    return "".join(out) + "</svg>"


def draw_panel(prometheus, panel, now):
    grid = panel["gridPos"]
    width, height = grid["w"] * UNIT_WIDTH - 8, grid["h"] * UNIT_HEIGHT - 8
    inner = width - 24, height - 44
    if panel["type"] == "timeseries":
        body = draw_series(panel, series_of(prometheus, panel, now), now, *inner)
    else:
        rows = [(legend(panel["targets"][0], row["metric"]), float(row["value"][1]))
                for row in prometheus.get("query", query=fill(panel["targets"][0]["expr"]), time=now)]
        body = (draw_bars(rows, *inner) if panel["type"] == "bargauge" else
                '<p class="number">%s</p>' % shown(rows[0][1], panel["fieldConfig"]["defaults"]["unit"]))
    return ('<section style="left:%dpx;top:%dpx;width:%dpx;height:%dpx"><h2>%s</h2>%s</section>'
            % (grid["x"] * UNIT_WIDTH, grid["y"] * UNIT_HEIGHT, width, height, html.escape(panel["title"]), body))


STYLE = """body{margin:0;background:#f4f5f7;font:13px "DejaVu Sans",sans-serif;color:#1f2328}
section{position:absolute;background:#fff;border:1px solid #dfe2e6;border-radius:3px;box-sizing:border-box;padding:8px 12px;margin:4px}
h2{font-size:13px;font-weight:600;margin:0 0 8px}.grid{stroke:#e6e8eb}.axis{font-size:11px;fill:#57606a}
.number{font-size:34px;margin:14px 0 0;text-align:center}"""


def main(target):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="goneaway-dashboard-"))
    now = int(time.time()) // 600 * 600
    try:
        (folder / "day.txt").write_text(history(now))
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "day.txt", folder / "data"],
                       check=True, stdout=subprocess.DEVNULL)
        prometheus = Prometheus(folder)
        try:
            prometheus.wait()
            panels = [draw_panel(prometheus, panel, now) for panel in DASHBOARD["panels"]]
        finally:
            prometheus.stop()
        (folder / "page.html").write_text("<!doctype html><meta charset=utf-8><style>%s</style>%s"
                                          % (STYLE, "".join(panels)))
        height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in DASHBOARD["panels"])
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                        "--window-size=%d,%d" % (24 * UNIT_WIDTH + 8, height * UNIT_HEIGHT + 8),
                        "--screenshot=%s" % pathlib.Path(target).resolve(), "file://%s/page.html" % folder],
                       check=True, stderr=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
