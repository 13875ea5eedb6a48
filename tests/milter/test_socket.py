# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Where the MTA finds us: what stands there before, who may come in, what stays behind."""
import grp
import os
import pathlib
import socket
import stat

import scenario
import wire
from scenario import service_mail


def free_port(family=socket.AF_INET, host="127.0.0.1"):
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Socket(scenario.Scenario):
    def starts_not(self, daemon, code, words):
        daemon.launch()
        self.assertEqual(daemon.process.wait(scenario.START_SECONDS), code, daemon.log())
        daemon.process = None
        self.assertIn(words, daemon.log())

    def path(self, daemon):
        return pathlib.Path(daemon.listen.split(":", 1)[1])

    def test_schemes(self):
        port, port6 = free_port(), None
        listens = ["inet:%d@127.0.0.1" % port]
        try:
            port6 = free_port(socket.AF_INET6, "::1")
            listens.append("inet6:%d@[::1]" % port6)
        except OSError:
            pass  # no IPv6 on this machine
        for listen in listens:
            with self.subTest(listen=listen):
                daemon = self.daemon(listen=listen)
                self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())
        daemon = self.daemon(start=False)
        daemon.listen = daemon.listen.replace("local:", "unix:")
        daemon.write_config()
        daemon.start()
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())

    def test_unknown_scheme(self):
        daemon = self.daemon(start=False)
        daemon.listen = "tcp:8891@127.0.0.1"
        daemon.write_config()
        self.starts_not(daemon, 78, "listen")

    def test_mode_and_group(self):
        for mode in ("0660", "0666", "0600"):
            daemon = self.daemon(socket_mode='"%s"' % mode)
            status = self.path(daemon).stat()
            self.assertEqual(stat.S_IMODE(status.st_mode), int(mode, 8))
            self.assertEqual(status.st_gid, os.getegid())
        if os.geteuid() == 0:
            group = grp.getgrall()[-1]
            daemon = self.daemon(socket_mode='"0660"', socket_group='"%s"' % group.gr_name)
            self.assertEqual(self.path(daemon).stat().st_gid, group.gr_gid)

    def test_unknown_group(self):
        daemon = self.daemon(start=False, socket_group='"no-such-group"')
        self.starts_not(daemon, 78, "no-such-group")
        self.assertFalse(self.path(daemon).exists())

    def test_stale_socket_is_replaced(self):
        daemon = self.daemon(start=False)
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(self.path(daemon)))
        daemon.start()
        self.assertIn("removed the stale socket", daemon.log())
        self.assertTrue(daemon.send(service_mail())[1].final.is_permanent())

    def test_living_socket_is_left_alone(self):
        first = self.daemon()
        second = self.daemon(start=False, listen=first.listen)
        self.starts_not(second, 69, "another process answers on")
        self.assertTrue(first.send(service_mail())[1].final.is_permanent())

    def test_foreign_file_is_left_alone(self):
        daemon = self.daemon(start=False)
        for make in (lambda path: path.write_text("mine"), lambda path: path.mkdir(),
                     lambda path: path.symlink_to("/dev/null")):
            path = self.path(daemon)
            make(path)
            self.starts_not(daemon, 73, "is in the place of the socket and is none")
            self.assertTrue(os.path.lexists(path))
            path.rmdir() if path.is_dir() else path.unlink()

    def test_no_directory(self):
        daemon = self.daemon(start=False)
        daemon.listen = "local:%s/no/such/milter.sock" % daemon.dir
        daemon.write_config()
        self.starts_not(daemon, 69, "make the directory of the socket")

    def test_port_in_use(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            listen = "inet:%d@127.0.0.1" % other.getsockname()[1]
            daemon = self.daemon(start=False, listen=listen)
            self.starts_not(daemon, 69, "choose another port")

    def test_nothing_stays_behind(self):
        daemon = self.daemon()
        path = self.path(daemon)
        wire.Mta(daemon.listen).quit()
        daemon.stop()
        self.assertFalse(path.exists())

    def test_the_successor_s_socket_is_not_removed(self):
        daemon = self.daemon()
        path = self.path(daemon)
        path.unlink()
        with socket.socket(socket.AF_UNIX) as successor:
            successor.bind(str(path))
            daemon.stop()
            self.assertTrue(path.exists())


if __name__ == "__main__":
    scenario.main()
