# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The alarms and the dashboard of conf/monitoring, held against a real Prometheus that reads a real
daemon: every rule loads, every expression finds something, and no alarm rings without a reason."""
import contextlib
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import scenario
from scenario import PERSONAL, service_mail

MONITORING = scenario.ROOT / "conf" / "monitoring"
RULES = MONITORING / "goneaway.rules.yml"
DASHBOARD = json.loads((MONITORING / "goneaway-dashboard.json").read_text())
METRIC = re.compile(r"\b(goneaway_[a-z_]+)")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def expressions():
    """(panel, expression) of the dashboard, as Grafana fills its variables in."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], (target["expr"].replace("$instance", ".*")
                                   .replace("$__rate_interval", "10s"))


class Prometheus:
    def __init__(self, test, scraped):
        self.port = free_port()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="goneaway-prometheus-"))
        test.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        (folder / "prometheus.yml").write_text(
            "global: { scrape_interval: 500ms, evaluation_interval: 1s }\n"
            "rule_files: [ '%s' ]\n"
            "scrape_configs:\n"
            "  - job_name: goneaway\n"
            "    static_configs: [ { targets: [ '127.0.0.1:%d' ] } ]\n" % (RULES, scraped))
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", "--config.file=%s/prometheus.yml" % folder,
             "--storage.tsdb.path=%s/data" % folder, "--web.listen-address=127.0.0.1:%d" % self.port],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        test.addCleanup(self.stop)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def get(self, path, **arguments):
        url = "http://127.0.0.1:%d/api/v1/%s?%s" % (self.port, path, urllib.parse.urlencode(arguments))
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def ask(self, expression):
        return self.get("query", query=expression)["result"]


class Monitoring(scenario.Scenario):
    def test_names_are_those_of_the_daemon(self):
        described = set(re.findall(r'out, "(goneaway_\w+)"',
                                   (scenario.ROOT / "lib/metrics.c").read_text()))
        described |= {name + suffix for name in described if name.endswith("_seconds")
                      for suffix in ("_bucket", "_sum", "_count")}
        for path in (RULES, MONITORING / "goneaway-dashboard.json"):
            used = set(METRIC.findall(path.read_text()))
            self.assertEqual(used - described, set(), path.name)
            self.assertGreater(len(used), 5)

    def test_dashboard_is_one_that_grafana_imports(self):
        self.assertEqual(len({panel["id"] for panel in DASHBOARD["panels"]}), len(DASHBOARD["panels"]))
        places = set()
        for panel in DASHBOARD["panels"]:
            self.assertTrue(panel["title"] and panel["description"])
            grid = panel["gridPos"]
            cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                     for y in range(grid["y"], grid["y"] + grid["h"])}
            self.assertFalse(cells & places, panel["title"])
            self.assertLessEqual(grid["x"] + grid["w"], 24)
            places |= cells
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${DS_PROMETHEUS}")
                self.assertIn('instance=~"$instance"', target["expr"])

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_alarms(self):
        done = subprocess.run(["promtool", "test", "rules",
                               str(scenario.ROOT / "tests/monitoring/rules.test.yml")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
    def test_with_prometheus(self):
        port = free_port()
        daemon = self.daemon(metrics_listen='"inet:%d@127.0.0.1"' % port, metrics_interval="1",
                             metrics_service_accounts="2")
        prometheus = Prometheus(self, port)
        mta = daemon.mta()
        end = time.monotonic() + scenario.START_SECONDS
        missing, sent = list(expressions()), 0
        while missing:
            self.assertLess(time.monotonic(), end, missing)
            mta.send(service_mail(message_id=str(sent)), recipients=["<old%d@example.com>" % sent])
            mta.send(PERSONAL, recipients=["<me@example.com>"])
            sent += 1
            time.sleep(0.3)
            with contextlib.suppress(OSError):
                missing = [(panel, text) for panel, text in missing if not prometheus.ask(text)]
        rules = prometheus.get("rules")["groups"][0]["rules"]
        self.assertEqual(len(rules), len(re.findall(r"- alert:", RULES.read_text())))
        self.assertEqual([rule for rule in rules if rule["health"] == "err"], [])
        self.assertEqual([alarm["labels"]["alertname"] for alarm in prometheus.get("alerts")["alerts"]], [])
        mta.quit()
        daemon.stop()
        while not any(alarm["labels"]["alertname"] == "GoneawayDown"
                      for alarm in prometheus.get("alerts")["alerts"]):
            self.assertLess(time.monotonic(), end + 30)
            time.sleep(0.3)


if __name__ == "__main__":
    scenario.main()
