# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Where the MTA finds us: what stands there before, who may come in, what stays behind."""
import ctypes
import grp
import os
import pathlib
import socket
import stat
import unittest

import scenario
import wire
from scenario import service_mail


def free_port(family=socket.AF_INET, host="127.0.0.1"):
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


PIDFD_GETFD = 438  # the same on every Linux


def sockets_of(pid):
    """Copies of the descriptors of another process, as far as they are sockets."""
    process = os.pidfd_open(pid)
    found = []
    for name in os.listdir("/proc/%d/fd" % pid):
        fd = ctypes.CDLL(None).syscall(PIDFD_GETFD, process, int(name), 0)
        if fd >= 0:
            try:
                found.append(socket.socket(fileno=fd))
            except OSError:
                os.close(fd)
    os.close(process)
    return found


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

    def test_answers_over_tcp_do_not_wait_for_acknowledgements(self):
        """An answer with changes is several writes: held together by Nagle's algorithm, each would cost
        the MTA 40 ms."""
        port = free_port()
        daemon = self.daemon(listen="inet:%d@127.0.0.1" % port)
        with socket.create_connection(("127.0.0.1", port), timeout=20):
            served = [link for link in sockets_of(daemon.process.pid)
                      if link.family == socket.AF_INET and link.getsockname()[1] == port]
            self.assertTrue(served)
            for link in served:
                self.assertTrue(link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                link.close()
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

    def can_connect(self, daemon, groups):
        """Does an account of no rights but these groups get in?"""
        child = os.fork()
        if child == 0:
            try:
                os.setgroups(groups)
                os.setgid(65534)
                os.setuid(65534)
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(str(self.path(daemon)))
                os._exit(0)
            except OSError:
                os._exit(1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to come as somebody else")
    def test_what_is_told_of_who_can_connect_is_true(self):
        group = next(one for one in reversed(grp.getgrall()) if one.gr_gid not in (0, 65534))
        seen = set()
        for socket_mode in ("0600", "0660", "0662", "0666"):
            daemon = self.daemon(socket_mode='"%s"' % socket_mode, socket_group='"%s"' % group.gr_name)
            folders = ((0o700, 0), (0o750, 0), (0o750, group.gr_gid), (0o705, group.gr_gid),
                       (0o710, group.gr_gid), (0o711, 0), (0o755, 0))
            # what the socket's own mode forbids needs no look at every directory
            for folder_mode, folder_group in folders if socket_mode == "0666" else folders[2::4]:
                with self.subTest(socket=socket_mode, folder="%o" % folder_mode, group=folder_group):
                    os.chown(daemon.dir, 0, folder_group)
                    daemon.dir.chmod(folder_mode)
                    _, told, _ = self.tool("-t", "-c", daemon.path, program=scenario.DAEMON)
                    inside, outside = self.can_connect(daemon, [group.gr_gid]), self.can_connect(daemon, [])
                    self.assertEqual("group %s can" % group.gr_name in told.replace("cannot", "may not"), inside, told)
                    self.assertEqual("others can" in told.replace("cannot", "may not"), outside, told)
                    self.assertEqual("may not enter %s" % daemon.dir in told,
                                     (not inside and socket_mode != "0600") or (not outside and int(socket_mode, 8) & 2 != 0), told)
                    seen.add((inside, outside))
        self.assertEqual(seen, {(True, True), (True, False), (False, True), (False, False)})

    @unittest.skipUnless(os.path.isdir("/var/spool/postfix"), "needs an installed Postfix")
    def test_postfix_is_told_its_name_for_the_socket(self):
        daemon = self.daemon(start=False)
        for listen, words in (("local:/var/spool/postfix/milter.sock", "unix:milter.sock, which is found in its chroot too"),
                              (daemon.listen, "cannot see"), ("inet:8891@127.0.0.1", None)):
            daemon.listen = listen
            daemon.write_config()
            code, told, _ = self.tool("-t", "-c", daemon.path, program=scenario.DAEMON)
            self.assertEqual(code, 0)
            self.assertIn(words or "whoever reaches that port", told)
            self.assertEqual("Postfix: smtpd_milters = " in told, words is not None)

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
