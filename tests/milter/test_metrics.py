# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The metrics, as node_exporter and Prometheus read them: numbers that are true, nobody's name,
and nothing that gets in the way of mail."""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import threading
import time
import unittest

import scenario
from scenario import PERSONAL, domain, service_mail

SAMPLE = re.compile(r'^([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? ([0-9.]+)$')


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def samples(page):
    """{'name{labels}': number}; every line has to be a comment or a sample."""
    found = {}
    for line in page.splitlines():
        if not line.startswith(("# HELP ", "# TYPE ")):
            match = SAMPLE.match(line)
            assert match, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


class Metrics(scenario.Scenario):
    def served(self, **how):
        """A daemon with an endpoint on a local socket."""
        daemon = scenario.Daemon(start=False, **how)
        self.addCleanup(self.end, daemon)
        self.socket = daemon.dir / "metrics.sock"
        daemon.write_config(metrics_listen='"local:%s"' % self.socket, metrics_interval="1")
        daemon.start()
        return daemon

    def ask(self, url="/metrics", method="GET", **how):
        connection = UnixConnection(self.socket)
        connection.request(method, url, **how)
        answer = connection.getresponse()
        page = answer.read().decode()
        connection.close()
        return answer, page

    def page(self):
        answer, page = self.ask()
        self.assertEqual(answer.status, 200)
        return samples(page)

    def wait_for(self, what, wanted, seconds=20):
        end = time.monotonic() + seconds
        while True:
            found = what()
            if found == wanted:
                return
            self.assertLess(time.monotonic(), end, "%s instead of %s" % (found, wanted))
            time.sleep(0.1)

    def test_counts_what_happened(self):
        daemon = self.served(domains=[domain(), domain("b.example", mode="tag")])
        self.assertEqual(self.page()['goneaway_answers_total{action="reject"}'], 0)
        mta = daemon.mta()
        mta.send(service_mail(message_id="1"))
        mta.send(service_mail(message_id="2"))
        mta.send(service_mail(message_id="3"), recipients=["<old@b.example>"])
        mta.send(PERSONAL, recipients=["<me@example.com>"])
        page = self.page()
        self.assertEqual(page['goneaway_answers_total{action="reject"}'], 2)
        self.assertEqual(page['goneaway_answers_total{action="tag"}'], 1)
        self.assertEqual(page['goneaway_answers_total{action="accept"}'], 1)
        self.assertEqual(page['goneaway_messages_total{kind="reset",verdict="reject",'
                              'mode="enforce",holder="prior"}'], 2)
        self.assertEqual(page['goneaway_messages_total{kind="reset",verdict="reject",'
                              'mode="tag",holder="prior"}'], 1)
        self.assertEqual(page["goneaway_answer_seconds_count"], 4)
        self.assertEqual(page['goneaway_answer_seconds_bucket{le="+Inf"}'], 4)
        self.assertGreater(page["goneaway_answer_seconds_sum"], 0)
        self.assertEqual(page["goneaway_ledger_rows_total"], 4)
        self.assertGreaterEqual(page["goneaway_connections"], 1)
        self.assertEqual(page["goneaway_config_loaded"], 1)

    def test_counts_accounts_and_names_no_rare_service(self):
        daemon = self.served(metrics_service_accounts="3")
        mta = daemon.mta()
        for i in range(3):
            mta.send(service_mail(message_id="a%d" % i), recipients=["<old%d@example.com>" % i])
        for i in range(2):
            mta.send(service_mail(message_id="b%d" % i, service="rare.example"),
                     recipients=["<old%d@example.com>" % i])
        daemon.execute("UPDATE account SET case_state='reported' WHERE address='old0@example.com'"
                       " AND service='rare.example'")
        key = 'goneaway_accounts{holder="prior",case_state="%s"}'
        self.wait_for(lambda: (self.page().get(key % "found"), self.page().get(key % "reported")),
                      (4, 1))
        page = self.page()
        self.assertEqual(page['goneaway_service_accounts{service="shop.example"}'], 3)
        daemon.execute("UPDATE account SET holder='current' WHERE address='old1@example.com'")
        self.wait_for(lambda: 'goneaway_service_accounts{service="shop.example"}' in self.page(),
                      False)
        _, text = self.ask()
        for secret in ("rare.example", "old0", "old1", "example.com"):
            self.assertNotIn(secret, text)

    def test_failures_and_refusals(self):
        daemon = self.served(ledger_timeout_ms="200", recipients_max="100")
        other = sqlite3.connect(daemon.database, timeout=10, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        mta = daemon.mta()
        mta.send(service_mail())
        page = self.page()
        other.rollback()
        other.close()
        self.assertEqual(page['goneaway_failures_total{reason="busy"}']
                         + page['goneaway_failures_total{reason="ledger"}'], 1)
        self.assertEqual(page['goneaway_answers_total{action="tempfail"}'], 1)
        mta.mail()
        mta.rcpt("<old@example.com>")
        self.assertTrue(mta.rcpt("<me@example.com>").text.startswith("452 "))
        mta.abort()
        self.assertEqual(self.page()['goneaway_recipients_refused_total{reason="apart"}'], 1)

    def test_reload_with_a_mistake_shows(self):
        daemon = self.served()
        loaded = self.page()["goneaway_config_loaded_time_seconds"]
        daemon.write_config(on_failure='"perhaps"')
        daemon.reload()
        page = self.page()
        self.assertEqual((page["goneaway_config_loaded"],
                          page["goneaway_config_loaded_time_seconds"]), (0, loaded))
        daemon.write_config(on_failure='"tempfail"')
        daemon.reload()
        self.assertEqual(self.page()["goneaway_config_loaded"], 1)

    def test_other_requests(self):
        self.served()
        for url, method, status in (("/", "GET", 404), ("/metrics/", "GET", 404),
                                    ("/metrics", "HEAD", 200), ("/metrics?x=1", "GET", 200),
                                    ("/metrics", "DELETE", 405), ("/metrics", "POST", 405),
                                    ("/" + "a" * 5000, "GET", 404)):
            with self.subTest(url=url[:20], method=method):
                answer, page = self.ask(url, method)
                self.assertEqual(answer.status, status)
                self.assertNotIn(url + "a", page)
        # it answers before it has read the body, and may close first
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            answer, _ = self.ask(method="PUT", body=b"x" * 100000)
            self.assertEqual(answer.status, 405)
        self.assertGreater(len(self.page()), 20)

    def test_bad_clients_do_not_hold_it_up(self):
        daemon = self.served()
        idle = []
        for i in range(30):  # more than it takes at a time
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            try:
                client.connect(str(self.socket))
                client.send(b"GET /metr" if i % 2 else b"\x16\x03\x01\x00\xff\r\n\r\n")
            except OSError:
                pass
            idle.append(client)
        _, outcome = daemon.send(service_mail())
        self.assertTrue(outcome.final.is_permanent())
        for client in idle:
            client.close()
        self.wait_for(lambda: self.page().get('goneaway_answers_total{action="reject"}'), 1)

    def test_asked_while_mail_flows_and_reloads(self):
        daemon = self.served()
        failures, done = [], threading.Event()

        def ask():
            while not done.is_set():
                try:
                    self.page()
                except Exception as mistake:  # told below
                    failures.append(mistake)
                    return
        asker = threading.Thread(target=ask)
        asker.start()
        mta = daemon.mta()
        for i in range(60):
            mta.send(service_mail(message_id=str(i)))
            if i % 20 == 0:
                daemon.reload()
        done.set()
        asker.join()
        self.assertEqual(failures, [])
        self.assertEqual(self.page()['goneaway_answers_total{action="reject"}'], 60)

    def test_tcp_endpoint(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        daemon = self.daemon(metrics_listen='"inet:%d@127.0.0.1"' % port)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        self.assertEqual(answer.getheader("Content-Type"),
                         "text/plain; version=0.0.4; charset=utf-8")
        self.assertIn("goneaway_build_info", answer.read().decode())
        connection.close()
        other = scenario.Daemon(start=False, metrics_listen='"inet:%d@127.0.0.1"' % port)
        self.addCleanup(other.remove)
        other.launch()
        self.assertEqual(other.process.wait(scenario.START_SECONDS), 69)
        self.assertIn("cannot serve metrics on inet:%d@127.0.0.1: Address already in use" % port,
                      other.log())
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())

    # the library of the endpoint

    def test_library_is_loaded_for_an_endpoint_alone(self):
        for daemon, wanted in ((self.served(), True), (self.daemon(), False)):
            maps = pathlib.Path("/proc/%d/maps" % daemon.process.pid).read_text()
            self.assertIn("libmilter", maps)
            self.assertEqual("libmicrohttpd" in maps, wanted)

    def test_library_that_is_not_there(self):
        daemon = scenario.Daemon(start=False, metrics_listen='"local:/nowhere"')
        self.addCleanup(daemon.remove)
        name = re.search(rb"libmicrohttpd\.so\.[0-9.]+[0-9]", scenario.DAEMON.read_bytes())[0].decode()
        (daemon.dir / name).write_bytes(b"")  # stands in the way of the one that is installed
        daemon.environment = {"LD_LIBRARY_PATH": str(daemon.dir)}
        daemon.launch()
        self.assertEqual(daemon.process.wait(scenario.START_SECONDS), 69)
        self.assertRegex(daemon.log(), "cannot serve metrics on local:/nowhere: .*%s: .*: install libmicrohttpd, or "
                         "use metrics_file" % re.escape(name))
        for arguments, wanted in ((("-t", "-c", daemon.path), "metrics_listen: cannot be served: "),
                                  (("--version",), "libmicrohttpd (not installed)")):
            done = subprocess.run([str(scenario.DAEMON), *map(str, arguments)], capture_output=True, text=True,
                                  timeout=scenario.START_SECONDS, check=False,
                                  env=dict(os.environ, **daemon.environment))
            self.assertIn(wanted, done.stdout + done.stderr)
            self.assertEqual(done.returncode, 78 if "-t" in arguments else 0)

    def test_socket_is_as_closed_as_the_milters(self):
        daemon = self.served()
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o660)
        daemon.stop()
        self.assertFalse(self.socket.exists())

    # the file

    def test_file(self):
        daemon = scenario.Daemon(start=False)
        self.addCleanup(self.end, daemon)
        folder = daemon.dir / "textfile"
        folder.mkdir()
        path = folder / "goneaway.prom"
        daemon.write_config(metrics_file='"%s"' % path, metrics_interval="1")
        daemon.start()
        self.wait_for(path.exists, True)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o644)
        daemon.send(service_mail())
        self.wait_for(lambda: samples(path.read_text()).get(
            'goneaway_answers_total{action="reject"}'), 1)
        self.assertEqual([entry.name for entry in folder.iterdir()], ["goneaway.prom"])
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=path.read_bytes(),
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))
        # a reader never sees half a page
        for _ in range(200):
            self.assertIn("goneaway_build_info", samples(path.read_text()).__str__())
        # a reload moves it, a stop removes it
        daemon.write_config(metrics_file='"%s"' % (folder / "other.prom"))
        daemon.reload()
        self.wait_for(lambda: [entry.name for entry in folder.iterdir()], ["other.prom"])
        daemon.stop()
        self.assertEqual(list(folder.iterdir()), [])

    def test_file_that_cannot_be_written(self):
        daemon = scenario.Daemon(start=False)
        self.addCleanup(self.end, daemon)
        folder = daemon.dir / "absent"
        daemon.write_config(metrics_file='"%s/goneaway.prom"' % folder, metrics_interval="1")
        daemon.start()
        self.wait_for(lambda: "cannot write %s/goneaway.prom: No such file or directory: make its "
                              "directory" % folder in daemon.log(), True)
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        folder.mkdir()
        self.wait_for((folder / "goneaway.prom").exists, True)

    def test_link_in_the_way_is_not_followed(self):
        daemon = scenario.Daemon(start=False)
        self.addCleanup(self.end, daemon)
        victim = daemon.dir / "victim"
        victim.write_text("precious")
        os.symlink(victim, daemon.dir / "goneaway.prom.new")
        os.symlink(victim, daemon.dir / "goneaway.prom")
        path = daemon.dir / "goneaway.prom"
        daemon.write_config(metrics_file='"%s"' % path, metrics_interval="1")
        daemon.start()
        self.wait_for(path.is_symlink, False)
        self.assertEqual(victim.read_text(), "precious")
        self.assertIn("goneaway_build_info", path.read_text())

    # mistakes of the administrator

    def test_mistakes(self):
        for settings, wanted in (
                ({"metrics_listen": '"inet:9725@192.0.2.1"'}, "is open to other machines"),
                ({"metrics_listen": '"inet:9725"'}, "names no host"),
                ({"metrics_listen": '"inet6:9725@::"'}, "is open to other machines"),
                ({"metrics_listen": '"127.0.0.1:9725"'}, "begins with none of the four"),
                ({"metrics_file": '"/var/lib/goneaway/metrics"'}, "does not end in .prom"),
                ({"metrics_file": '"goneaway.prom"'}, "is no absolute path"),
                ({"metrics_file": '".prom"'}, "does not end in .prom"),
                ({"metrics_interval": "0"}, "metrics_interval"),
                ({"metrics_service_accounts": "1"}, "metrics_service_accounts")):
            with self.subTest(**settings):
                daemon = scenario.Daemon(start=False, **settings)
                self.addCleanup(self.end, daemon)
                code, _, errors = self.tool("-t", "-c", daemon.path, program=scenario.DAEMON)
                self.assertEqual(code, 78)
                self.assertRegex(errors, r"goneaway\.conf:\d+: ")
                self.assertIn(wanted, errors)


if __name__ == "__main__":
    scenario.main()
