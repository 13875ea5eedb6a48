# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""A small Debian that boots: made by debootstrap, kept as a tarball, started by systemd-nspawn with
a network of its own. It needs root, and no systemd outside."""
import hashlib
import os
import pathlib
import resource
import shutil
import subprocess
import time

BOOT_SECONDS = 120
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
               "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
# a package that is installed into the tree must not start its service outside
GUARD = "#!/bin/sh\nexit 101\n"
# the machine's own mail is asked about by Debian's Postfix; this is a usual answer
ANSWERS = """\
postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string mx.second-hand.test
"""


class CannotBoot(Exception):
    """This machine does not let us start containers."""


def host_suite():
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    return "bookworm"


def in_tree(tree, command, **how):
    """Runs a command in the tree without booting it."""
    return subprocess.run(["chroot", str(tree), "env", "-i", *("%s=%s" % item for item in ENVIRONMENT.items()),
                           *command], check=True, stdin=how.pop("stdin", subprocess.DEVNULL), **how)


def make_tarball(cache, suite, packages):
    """The path of the tarball of `suite` with `packages`, made unless there is one."""
    wanted = sorted(set(packages))
    name = "%s-%s.tar" % (suite, hashlib.sha256(" ".join(wanted).encode()).hexdigest()[:12])
    tarball = cache / name
    if tarball.exists():
        return tarball
    tree = cache / "making"
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["debootstrap", "--variant=minbase", suite, str(tree)], check=True,
                   stdin=subprocess.DEVNULL)
    guard = tree / "usr/sbin/policy-rc.d"
    guard.write_text(GUARD)
    guard.chmod(0o755)
    (tree / "etc/hostname").write_text("mx\n")
    in_tree(tree, ["debconf-set-selections"], stdin=None, input=ANSWERS.encode())
    in_tree(tree, ["apt-get", "-q", "install", "-y", "--no-install-recommends", *wanted])
    in_tree(tree, ["apt-get", "clean"])
    guard.unlink()
    for old in cache.glob("*.tar"):
        old.unlink()
    subprocess.run(["tar", "-C", str(tree), "--numeric-owner", "-cf", str(tarball) + ".new", "."], check=True)
    os.rename(str(tarball) + ".new", tarball)
    shutil.rmtree(tree)
    return tarball


class Container:
    """The tree of a tarball, booted between start() and stop()."""

    def __init__(self, tarball, tree):
        self.tree = tree
        self.process, self.leader = None, None
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        subprocess.run(["tar", "-C", str(tree), "-xf", str(tarball)], check=True)
        (tree / "etc/machine-id").write_text("")

    def start(self):
        self.log = open(str(self.tree) + ".log", "ab")
        self.process = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--boot",
             "--rlimit=RLIMIT_NOFILE=1024:524288",
             "--machine=goneaway-%d" % os.getpid(), "-D", str(self.tree)],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + BOOT_SECONDS
        while not self.has_booted():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise CannotBoot(pathlib.Path(str(self.tree) + ".log").read_text(errors="replace")[-2000:])
            time.sleep(0.2)

    def has_booted(self):
        children = pathlib.Path("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid))
        try:
            self.leader = int(children.read_text().split()[0])
        except (OSError, IndexError):
            return False
        state = self.run("systemctl", "is-system-running", check=False)
        return state.stdout.strip() in ("running", "degraded")

    def hard_limit(self):
        """How many open files the container's first process may grant."""
        return resource.prlimit(self.leader, resource.RLIMIT_NOFILE)[1]

    def inside(self, command, environment=()):
        """The command line that runs a command in the booted container."""
        variables = dict(ENVIRONMENT, **dict(environment))
        return ["nsenter", "-t", str(self.leader), "-a", "--root", "--wd", "env", "-i",
                *("%s=%s" % item for item in variables.items()), *command]

    def answer(self, command, question, answer):
        """Runs a command on a terminal and answers when it asks. Exit code and all that was shown."""
        process = subprocess.Popen(self.inside(["script", "-qec", command, "/dev/null"]), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        shown = b""
        while question.encode() not in shown:
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                break
            shown += piece
        try:
            shown += process.communicate(answer.encode() + b"\n", timeout=60)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            shown += process.communicate()[0]
        return process.returncode, shown.decode(errors="replace")

    def run(self, *command, check=True, environment=(), **how):
        """Runs a command in the booted container. Its output is kept, as text."""
        done = subprocess.run(
            self.inside(command, environment),
            stdin=how.pop("stdin", subprocess.DEVNULL if "input" not in how else None),
            capture_output=True, text=True, **how)
        if check and done.returncode != 0:
            raise AssertionError("%s: exit %d\n%s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr))
        return done

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None and self.leader is not None:
            self.run("systemctl", "poweroff", check=False)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait()
        self.process = None
        self.log.close()
        # what has no systemd-machined to tidy up after it
        shutil.rmtree("/run/systemd/nspawn/propagate/goneaway-%d" % os.getpid(), ignore_errors=True)
