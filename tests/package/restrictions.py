# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Tries, in goneawayd's place, what its unit forbids, and what the unit must leave it. Prints one
line for each; exit 0 where all restrictions hold, 1 otherwise. Harmless where nothing holds.

usage: restrictions.py [NAME…]    names of tries that are left out, as what cannot be applied here"""
import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)
STATE, RUN = "/var/lib/goneaway", "/run/goneaway"
# numbers of amd64; elsewhere these tries are left out
CALLS = {"mount": 165, "swapon": 167, "reboot": 169, "sethostname": 170, "init_module": 175, "adjtimex": 159,
         "settimeofday": 164, "syslog": 103, "ptrace": 101, "bpf": 321, "perf_event_open": 298, "kexec_load": 246,
         "setns": 308, "pivot_root": 155, "chroot": 161, "quotactl": 179, "iopl": 172, "open_by_handle_at": 304,
         "setpriority": 141, "sched_setaffinity": 203, "uselib": 134}
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWPID = 0x20000, 0x10000000, 0x40000000, 0x20000000
failures = 0


def tell(name, held, how):
    global failures
    if name in sys.argv[1:]:
        print("left out: %s" % name)
        return
    failures += not held
    print("%s: %s (%s)" % ("held" if held else "NOT HELD", name, how), flush=True)


def refused(name, action, *codes):
    """Holds where the action fails with one of the codes."""
    try:
        action()
    except OSError as error:
        tell(name, error.errno in codes, os.strerror(error.errno))
    else:
        tell(name, False, "was done")


def call(number, *arguments):
    if libc.syscall(number, *arguments) == -1:
        raise OSError(ctypes.get_errno(), "")


def forbidden(name, number, *arguments):
    """Holds where the system call is refused by name: by EPERM, or by the end of who tries."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGSYS, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            call(number, *arguments)
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        tell(name, os.WTERMSIG(status) == signal.SIGSYS, "ended by signal %d" % os.WTERMSIG(status))
    else:
        code = os.WEXITSTATUS(status)
        tell(name, code == errno.EPERM, os.strerror(code) if code else "was done")


def written(path):
    def write():
        with open(os.path.join(path, "try"), "w") as out:
            out.write("x")
        os.unlink(os.path.join(path, "try"))
    return write


def field(name):
    with open("/proc/self/status") as status:
        return next(line.split()[1] for line in status if line.startswith(name + ":"))


def identity():
    tell("User", os.getuid() != 0 and os.getgid() != 0, "uid %d" % os.getuid())
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        tell("CapabilityBoundingSet: " + name, int(field(name), 16) == 0, field(name))
    tell("NoNewPrivileges", field("NoNewPrivs") == "1", field("NoNewPrivs"))
    tell("SystemCallFilter", field("Seccomp") == "2", "mode " + field("Seccomp"))
    users = open("/proc/self/uid_map").read().split()
    tell("PrivateUsers", users[2] != "4294967295", "map " + " ".join(users))
    tell("LimitNOFILE", resource.getrlimit(resource.RLIMIT_NOFILE) == (65536, 65536),
         "%d" % resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    tell("LimitCORE", resource.getrlimit(resource.RLIMIT_CORE) == (0, 0), "%d" % resource.getrlimit(resource.RLIMIT_CORE)[0])
    mask = os.umask(0o027)
    tell("UMask", mask == 0o027, "%03o" % mask)


def files():
    for path in ("/", "/etc", "/usr", "/var/lib", "/var/log", "/etc/goneaway"):
        refused("ProtectSystem: " + path, written(path), errno.EROFS)
    for path in ("/home", "/root"):
        refused("ProtectHome: " + path, lambda: os.listdir(path), errno.EACCES)
    for path in (STATE, RUN):
        try:
            written(path)()
            tell("StateDirectory, RuntimeDirectory: " + path, True, "can be written")
        except OSError as error:
            tell("StateDirectory, RuntimeDirectory: " + path, False, str(error))
    mounted = {line.split()[4] for line in open("/proc/self/mountinfo")}
    tell("PrivateTmp", "/tmp" in mounted and "/var/tmp" in mounted, "mounted: /tmp /var/tmp" if "/tmp" in mounted else "not mounted")
    devices = set(os.listdir("/dev"))
    tell("PrivateDevices", not devices & {"kmsg", "mem", "console", "vda", "fuse", "kvm"}, " ".join(sorted(devices)))


def suid():
    for place in (STATE, "/tmp"):
        path = os.path.join(place, "try-suid")
        try:
            open(path, "w").close()
        except OSError:
            continue
        try:
            refused("RestrictSUIDSGID", lambda: os.chmod(path, stat.S_ISUID | 0o700), errno.EPERM)
        finally:
            os.unlink(path)
        return
    tell("RestrictSUIDSGID", False, "no place to try it in")


def memory():
    refused("MemoryDenyWriteExecute", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
            errno.EPERM, errno.EACCES)


def calls():
    if os.uname().machine != "x86_64":
        return
    name = os.uname().nodename.encode()
    arguments = {"sethostname": (name, len(name)), "setns": (-1, 0), "ptrace": (99, 0), "setpriority": (0, 0, 0),
                 "adjtimex": (None,), "chroot": (b"/proc/none",), "pivot_root": (b"/proc/none", b"/proc/none"),
                 "mount": (b"none", b"/proc/none", b"none", 0, None), "iopl": (9,),
                 "bpf": (99, None, 0), "sched_setaffinity": (0, 0, None), "syslog": (99, None, 0)}
    for call_name, number in CALLS.items():
        forbidden("SystemCallFilter: " + call_name, number, *arguments.get(call_name, (0, 0, 0, 0, 0)))
    forbidden("LockPersonality", 135, 8)
    forbidden("RestrictRealtime", 144, 0, 1, ctypes.byref(ctypes.c_int(1)))
    for kind, flag in (("mnt", CLONE_NEWNS), ("user", CLONE_NEWUSER), ("net", CLONE_NEWNET), ("pid", CLONE_NEWPID)):
        forbidden("RestrictNamespaces: " + kind, 272, flag)


def sockets():
    for family in (socket.AF_NETLINK, socket.AF_PACKET, socket.AF_VSOCK):
        refused("RestrictAddressFamilies: %s" % family.name, lambda: socket.socket(family, socket.SOCK_DGRAM).close(),
                errno.EAFNOSUPPORT, errno.EPERM)
    for family in (socket.AF_UNIX, socket.AF_INET):
        socket.socket(family, socket.SOCK_STREAM).close()


def processes():
    others = [name for name in os.listdir("/proc") if name.isdigit() and os.stat("/proc/" + name).st_uid != os.getuid()]
    tell("ProtectProc", not others, "%d processes of others can be seen" % len(others))
    tell("ProcSubset", not os.path.exists("/proc/meminfo"), "/proc/meminfo")
    try:
        written("/sys/kernel")()
    except OSError as error:
        tell("ProtectKernelTunables: /sys", error.errno in (errno.EROFS, errno.EACCES), os.strerror(error.errno))


for tried in (identity, files, suid, memory, sockets, processes, calls):
    tried()
print("restrictions: all hold" if failures == 0 else "restrictions: %d do not hold" % failures)
sys.exit(0 if failures == 0 else 1)
