# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Private servers for tests and for quickstart: goneawayd, OpenDKIM, Postfix, Sendmail, a DNS
server.

Each is a context manager that starts the server on loopback with all its files below one
folder, waits until it answers, and ends it by its own process id. Standard library only."""
import contextlib
import os
import pathlib
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "tests"))
import examples  # noqa: E402

BUILD = pathlib.Path(os.environ.get("GONEAWAY_BUILD", SOURCE / "build"))
# README's line for sendmail.mc, and the socket in it
FILTER, = examples.those(examples.fenced((SOURCE / "README.md").read_text()), "m4")
FILTER_SOCKET = re.search(r"S=([^,]*),", FILTER).group(1)
# where tests/tools/machine.sh unpacked the packages that cannot be installed beside Postfix
UNPACKED = pathlib.Path(os.environ.get("GONEAWAY_UNPACKED", BUILD / "unpacked"))
START_SECONDS = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, seconds=START_SECONDS):
    """Polls until condition() is true; raises with what was waited for."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("waited %d s for %s" % (seconds, what))
        time.sleep(0.05)


def answers(family, address):
    """Does somebody accept connections there?"""
    with socket.socket(family) as s:
        s.settimeout(1)
        try:
            s.connect(address)
        except OSError:
            return False
    return True


def smtp_answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as s:
            return s.recv(4) == b"220 "
    except OSError:
        return False


@contextlib.contextmanager
def work_dir():
    """A folder that every server may walk into, below /var, where Postfix may log, and below no
    folder that everybody may write to, where Sendmail would take no socket."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="goneaway-", dir="/var/lib"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def end_process(process, seconds=10):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def group_of(user):
    return pwd.getpwnam(user).pw_gid


class Goneawayd:
    """The daemon under test. config is the text of goneaway.conf without listen, database and
    key_file, which are set here."""

    def __init__(self, work, config, inet=False, environment=None, user=None):
        """With a user it runs as that one, its socket in the place and of the mode that the unit gives
        it: for its user and group alone."""
        self.environment = dict(os.environ, **(environment or {}))
        self.dir = pathlib.Path(work) / "goneaway"
        self.dir.mkdir(exist_ok=True)
        self.user, self.program, self.socket_mode = user, BUILD / "daemon/goneawayd", "0666"
        self.dir.chmod(0o755)
        state = self.dir / "state"
        state.mkdir(exist_ok=True, mode=0o750)
        self.database = state / "goneaway.db"
        if inet:
            self.port = free_port()
            self.listen, self.milter = "inet:%d@127.0.0.1" % self.port, "inet:127.0.0.1:%d" % self.port
            self.address = (socket.AF_INET, ("127.0.0.1", self.port))
        else:
            path = self.dir / "milter.sock"
            self.listen, self.milter = "local:%s" % path, "unix:%s" % path
            self.address = (socket.AF_UNIX, str(path))
        self.config = self.dir / "goneaway.conf"
        if user is not None:
            config += self.give_to(user, state)
        self.write_config(config)
        self.log_path = self.dir / "log"
        self.process = None

    def give_to(self, user, state):
        """The user need not be able to read the tree: program and data are copied. What that needs in
        the configuration."""
        self.program = pathlib.Path(shutil.copy(self.program, self.dir.parent))
        shutil.copytree(SOURCE / "conf", self.dir.parent / "data")
        owner = pwd.getpwnam(user)
        for path, mode in ((self.dir, 0o750), (state, 0o750)):
            os.chown(path, owner.pw_uid, owner.pw_gid)
            path.chmod(mode)
        self.socket_mode = "0660"
        return '\ndata_dir = "%s";\n' % (self.dir.parent / "data")

    def write_config(self, config):
        self.config.write_text(
            'listen = "%s";\nsocket_mode = "%s";\ndatabase = "%s";\nkey_file = "%s";\n%s'
            % (self.listen, self.socket_mode, self.database, self.database.parent / "key", config))
        self.config.chmod(0o644)

    def __enter__(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(self.program), "-f", "-c", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, user=self.user,
                group=self.user and group_of(self.user), extra_groups=[] if self.user else None)

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError("goneawayd ended at start:\n" + self.log())
            return answers(*self.address)
        wait_for("goneawayd", ready)
        return self

    def __exit__(self, *_):
        end_process(self.process)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def query(self, sql, *arguments):
        """Rows of a query, as an administrator would see them."""
        import sqlite3
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            with db:
                return db.execute(sql, arguments).fetchall()


MASTER_CF = """\
127.0.0.1:%(port)d inet n - %(chroot)s - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = %(dir)s/queue
data_directory = %(dir)s/data
maillog_file = %(dir)s/maillog
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.example.com
mydomain = example.com
mydestination =
mynetworks = 127.0.0.2/32
virtual_mailbox_domains = %(domains)s
virtual_mailbox_base = %(dir)s/mail
virtual_mailbox_maps = static:catchall/
virtual_uid_maps = static:%(uid)d
virtual_gid_maps = static:%(gid)d
virtual_minimum_uid = 1
smtpd_milters = %(milters)s
milter_default_action = tempfail
milter_protocol = 6
smtputf8_enable = yes
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
header_size_limit = 204800
%(extra)s
"""


class Postfix:
    """A Postfix with its own queue that delivers every recipient of `domains` into one
    Maildir."""
    name = "postfix"

    def __init__(self, work, milters=(), domains="example.com example.net", extra="", chroot="n"):
        self.dir = pathlib.Path(work) / ("postfix-%d" % free_port())
        self.port = free_port()
        conf = self.dir / "conf"
        conf.mkdir(parents=True)
        owner = pwd.getpwnam("postfix")
        for sub in ("queue", "data", "mail"):
            (self.dir / sub).mkdir()
        for sub in ("data", "mail"):
            os.chown(self.dir / sub, owner.pw_uid, owner.pw_gid)
        values = {"dir": self.dir, "port": self.port, "uid": owner.pw_uid, "gid": owner.pw_gid,
                  "milters": " ".join(milters), "domains": domains, "extra": extra, "chroot": chroot}
        (conf / "main.cf").write_text(MAIN_CF % values)
        (conf / "master.cf").write_text(MASTER_CF % values)
        self.maildir = self.dir / "mail/catchall/new"

    def __enter__(self):
        done = subprocess.run(["postfix", "-c", str(self.dir / "conf"), "start"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("postfix did not start: %s\n%s" % (done.stderr, self.log()))
        wait_for("postfix", lambda: smtp_answers(self.port))
        return self

    def __exit__(self, *_):
        subprocess.run(["postfix", "-c", str(self.dir / "conf"), "stop"],
                       stdin=subprocess.DEVNULL, capture_output=True)

    def log(self):
        path = self.dir / "maillog"
        return path.read_text(errors="replace") if path.exists() else ""

    def delivered(self):
        """The messages delivered so far, oldest first, as bytes with LF line ends."""
        if not self.maildir.exists():
            return []
        files = sorted(self.maildir.iterdir(), key=lambda p: p.stat().st_mtime_ns)
        return [p.read_bytes() for p in files]


# Every domain goes to the mailer `archive`, which writes each message into a folder.
SENDMAIL_MC = """\
include(`%(cf)s/m4/cf.m4')dnl
OSTYPE(linux)dnl
define(`confDOMAIN_NAME', `mx.example.com')dnl
define(`confPID_FILE', `%(dir)s/sendmail.pid')dnl
define(`QUEUE_DIR', `%(dir)s/queue')dnl
define(`STATUS_FILE', `%(dir)s/status')dnl
define(`HELP_FILE', `%(dir)s/help')dnl
define(`ALIAS_FILE', `')dnl
define(`confCW_FILE', `-o %(dir)s/cw')dnl
define(`confTO_IDENT', `0')dnl
define(`confTO_ICONNECT', `5s')dnl
define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')dnl
define(`confSERVICE_SWITCH_FILE', `%(dir)s/service.switch')dnl
define(`confMAX_HEADERS_LENGTH', `300000')dnl
define(`confDELIVERY_MODE', `b')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`SMART_HOST', `archive:localhost')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`nocanonify')dnl
FEATURE(`no_default_msa')dnl
%(extra)s
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port=%(port)d')dnl
%(milters)s
MAILER(`smtp')dnl
MAILER_DEFINITIONS
Marchive, P=%(dir)s/archive, F=lmsDFMPenu8:, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, T=DNS/RFC822/X-Unix, A=archive $u
%(rules)s
"""

ARCHIVE = """\
#!/bin/sh
umask 022
cat > %(dir)s/mail/tmp.$$ && mv %(dir)s/mail/tmp.$$ %(dir)s/mail/new.$(date +%%s%%N).$$
"""


class Sendmail:
    """Sendmail from its unpacked package, in a name space of its own for host name and
    /etc/hosts, delivering everything into one folder."""
    name = "sendmail"

    def __init__(self, work, milters=(), extra="", rules=""):
        self.dir = pathlib.Path(work) / ("sendmail-%d" % free_port())
        self.port = free_port()
        for sub in ("queue", "mail"):
            (self.dir / sub).mkdir(parents=True)
        (self.dir / "queue").chmod(0o700)
        (self.dir / "mail").chmod(0o777)
        # Postfix writes inet:host:port, Sendmail inet:port@host
        names = [re.sub(r"^inet:([^:]+):(\d+)$", r"inet:\2@\1", m) for m in milters]
        lines = [FILTER.replace("`goneaway'", "`goneaway%d'" % i).replace(FILTER_SOCKET, m)
                 for i, m in enumerate(names)]
        values = {"dir": self.dir, "port": self.port, "extra": extra, "rules": rules,
                  "cf": UNPACKED / "usr/share/sendmail/cf", "milters": "\n".join(lines)}
        (self.dir / "service.switch").write_text("hosts files\naliases files\n")
        (self.dir / "hosts").write_text("127.0.0.1 mx.example.com localhost\n")
        (self.dir / "archive").write_text(ARCHIVE % values)
        (self.dir / "archive").chmod(0o755)
        (self.dir / "sendmail.mc").write_text(SENDMAIL_MC % values)
        with open(self.dir / "sendmail.cf", "w") as out:
            subprocess.run(["m4", str(self.dir / "sendmail.mc")], stdout=out, check=True,
                           stdin=subprocess.DEVNULL)
        self.process = None

    def __enter__(self):
        program = UNPACKED / "usr/libexec/sendmail/sendmail"
        script = "hostname mx.example.com && mount --bind %s/hosts /etc/hosts && exec %s -C %s -bD -L goneaway-test -X /dev/null" % (
            self.dir, program, self.dir / "sendmail.cf")
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(["unshare", "-u", "-m", "sh", "-c", script],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError("sendmail ended at start:\n" + self.log())
            return smtp_answers(self.port)
        wait_for("sendmail", ready)
        return self

    def __exit__(self, *_):
        end_process(self.process)

    def log(self):
        path = self.dir / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def delivered(self):
        files = sorted((self.dir / "mail").glob("new.*"), key=lambda p: p.stat().st_mtime_ns)
        return [p.read_bytes() for p in files]


SERVERS = {"postfix": Postfix, "sendmail": Sendmail}

NSD_CONF = """\
server:
    ip-address: 127.0.0.1@%(port)d
    do-ip6: no
    username: ""
    chroot: ""
    zonesdir: "%(dir)s"
    pidfile: "%(dir)s/nsd.pid"
    database: ""
    xfrdfile: "%(dir)s/xfrd.state"
    zonelistfile: "%(dir)s/zone.list"
    logfile: "%(dir)s/log"
    server-count: 1
remote-control:
    control-enable: no
"""


class Nsd:
    """A DNS server that serves `records`, {name: TXT value}, each name in a zone of its own
    domain (the part behind "._domainkey.")."""

    def __init__(self, work, records):
        self.dir = pathlib.Path(work) / ("nsd-%d" % free_port())
        self.dir.mkdir()
        self.port = free_port()
        self.server = "127.0.0.1@%d" % self.port
        zones = {}
        for name, value in records.items():
            zones.setdefault(name.split("._domainkey.")[-1], []).append((name, value))
        conf = NSD_CONF % {"port": self.port, "dir": self.dir}
        for zone, rows in zones.items():
            lines = ["$ORIGIN %s." % zone, "$TTL 60",
                     "@ IN SOA ns.example. hostmaster.example. 1 3600 600 86400 60",
                     "@ IN NS ns.example."]
            for name, value in rows:
                parts = [value[i:i + 250] for i in range(0, len(value), 250)]
                lines.append("%s. IN TXT %s" % (name, " ".join('"%s"' % p for p in parts)))
            (self.dir / (zone + ".zone")).write_text("\n".join(lines) + "\n")
            conf += 'zone:\n    name: "%s"\n    zonefile: "%s.zone"\n' % (zone, zone)
        (self.dir / "nsd.conf").write_text(conf)
        self.process = None

    def __enter__(self):
        with open(self.dir / "out", "ab") as out:
            self.process = subprocess.Popen(
                [str(UNPACKED / "usr/sbin/nsd"), "-d", "-c", str(self.dir / "nsd.conf")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError("nsd ended at start:\n" + (self.dir / "out").read_text())
            return answers(socket.AF_INET, ("127.0.0.1", self.port))
        wait_for("nsd", ready)
        return self

    def __exit__(self, *_):
        end_process(self.process)


OPENDKIM_CONF = """\
Socket local:%(socket)s
Mode v
AuthservID %(id)s
ResolverConfiguration %(dir)s/resolver.conf
InternalHosts 192.0.2.1
UMask 0
Syslog no
%(extra)s
"""


class OpenDkim:
    """Debian's OpenDKIM as a verifier that takes the keys of `zones` from an Nsd."""

    def __init__(self, work, dns, zones, authserv_id="mx.example.com", extra=""):
        self.dir = pathlib.Path(work) / ("opendkim-%d" % free_port())
        self.dir.mkdir()
        self.socket = self.dir / "milter.sock"
        self.milter = "unix:%s" % self.socket
        stubs = "".join('stub-zone:\n    name: "%s"\n    stub-addr: %s\n' % (zone, dns.server)
                        for zone in zones)
        (self.dir / "resolver.conf").write_text(
            "server:\n    do-not-query-localhost: no\n" + stubs)
        (self.dir / "opendkim.conf").write_text(OPENDKIM_CONF % {
            "socket": self.socket, "id": authserv_id, "dir": self.dir, "extra": extra})
        self.process = None

    def __enter__(self):
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/opendkim", "-f", "-x", str(self.dir / "opendkim.conf")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError("opendkim ended at start:\n" + self.log())
            return answers(socket.AF_UNIX, str(self.socket))
        wait_for("opendkim", ready)
        return self

    def __exit__(self, *_):
        end_process(self.process)

    def log(self):
        path = self.dir / "log"
        return path.read_text(errors="replace") if path.exists() else ""


class Client:
    """An SMTP client that keeps every reply: a list of (command, code, text)."""

    def __init__(self, port):
        self.smtp = smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.org", timeout=60)
        self.replies = []
        self.smtp.ehlo()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self.smtp.quit()
        self.smtp.close()

    def command(self, line):
        code, text = self.smtp.docmd(line)
        self.replies.append((line, code, text.decode("ascii", "replace").replace("\n", " / ")))
        return code

    def send(self, sender, recipients, message, options=""):
        """One transaction; message is bytes with LF or CRLF. Returns the replies of MAIL, each
        RCPT and the end of data (None where it was not reached) as "code text"."""
        start = len(self.replies)
        accepted = 0
        data = None
        if self.command("MAIL FROM:<%s>%s" % (sender, options)) == 250:
            for recipient in recipients:
                accepted += self.command("RCPT TO:<%s>" % recipient) in (250, 251)
        if accepted and self.command("DATA") == 354:
            body = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            body = b"\r\n".join(b"." + l if l.startswith(b".") else l for l in body.split(b"\r\n"))
            if not body.endswith(b"\r\n"):
                body += b"\r\n"
            self.smtp.send(body + b".\r\n")
            code, text = self.smtp.getreply()
            data = "%d %s" % (code, text.decode("ascii", "replace").replace("\n", " / "))
            self.replies.append(("(end of data)", code, data[4:]))
        else:
            self.smtp.docmd("RSET")
        replies = ["%d %s" % (code, text) for _, code, text in self.replies[start:]]
        return {"mail": replies[0], "rcpt": replies[1:1 + len(recipients)], "data": data}
