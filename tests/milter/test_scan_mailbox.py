# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""A catch-all at another host, followed as the shipped mbsyncrc and goneaway-scan.service do: the
mailbox is Dovecot's, mbsync copies it into a Maildir, goneaway scan reads that."""
import os
import re
import shutil
import subprocess
import sys
import time

import scenario
from scenario import ROOT, service_mail

IMAP = "/usr/lib/dovecot/imap"
# Nobody listens: mbsync speaks to one IMAP process, which insists on pipes.
TUNNEL = """import os, subprocess, threading
imap = subprocess.Popen(%r, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def there():
    while octets := os.read(0, 65536):
        imap.stdin.write(octets)
        imap.stdin.flush()
threading.Thread(target=there, daemon=True).start()
while octets := os.read(imap.stdout.fileno(), 65536):
    os.write(1, octets)
os._exit(0)
"""


def mail(number, days=3, **how):
    when = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(time.time() - days * 86400))
    return ("Delivered-To: catchall@example.com\nReceived: by 2002:a05:1234 with SMTP id x; %s\n"
            "Return-Path: <service@shop.example>\n"
            "Received: from mail.shop.example (mail.shop.example. [192.0.2.1]) by mx.google.com with ESMTPS id y\n"
            "        for <old@example.com>; %s\n"
            "Authentication-Results: mx.google.com;\n       dkim=pass header.i=@shop.example header.s=s\n" % (when, when)
            + service_mail(proven=False, message_id=number, **how))


class Mailbox(scenario.Scenario):
    def setUp(self):
        self.assertTrue(os.path.exists(IMAP) and shutil.which("mbsync"), "install dovecot-imapd and isync")
        self.place = self.daemon(start=False, scan_trusted_ids='[ "mx.google.com" ]')
        self.store, self.copy = self.place.dir / "store", self.place.dir / "copy"
        self.copy.mkdir()
        for folder in ("", ".[Gmail].All Mail", ".[Gmail].Spam", ".[Gmail].Sent Mail"):
            for part in ("cur", "new", "tmp"):
                (self.store / "Maildir" / folder / part).mkdir(parents=True)
        # Dovecot serves no mail as root
        self.user = (65534, 65534) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        self.place.dir.chmod(0o755)
        version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
        new = "dovecot_config_version = %s\ndovecot_storage_version = %s\nmail_driver = maildir\nmail_path = %s\n"
        where = (new % (version, version, self.store / "Maildir") if version >= "2.4" else
                 "mail_location = maildir:%s\n" % (self.store / "Maildir"))
        (self.store / "dovecot.conf").write_text(
            where + "base_dir = %s/run\nlog_path = /dev/stderr\nssl = no\nmail_uid = %d\nmail_gid = %d\n"
            "namespace inbox {\n  inbox = yes\n  separator = /\n}\n" % (self.store, *self.user))
        command = ["/usr/bin/env", "USER=catchall", "HOME=%s" % self.store, IMAP, "-c", str(self.store / "dovecot.conf")]
        (self.place.dir / "tunnel.py").write_text(TUNNEL % command)
        self.own()
        shipped = (ROOT / "conf/mbsyncrc.example").read_text()
        account, count = re.subn(r"(?s)Host .*?SSLType IMAPS\n", 'Tunnel "%s %s"\n' % (
            sys.executable, self.place.dir / "tunnel.py"), shipped)
        self.assertEqual(count, 1)
        (self.place.dir / "mbsyncrc").write_text(account.replace("/var/lib/goneaway/mail", str(self.copy)))

    def own(self):
        for folder, _, files in os.walk(self.store):
            os.chown(folder, *self.user)
            for name in files:
                os.chown(os.path.join(folder, name), *self.user)

    def put(self, folder, number, **how):
        (self.store / "Maildir" / folder / "new" / ("%s.host" % number)).write_text(mail(number, **how))
        self.own()

    def follow(self):
        """As the service does; what scan prints."""
        done = subprocess.run(["mbsync", "-c", str(self.place.dir / "mbsyncrc"), "-a"], capture_output=True, text=True,
                              timeout=60, env=dict(os.environ, HOME=str(self.place.dir)))
        self.assertEqual(done.returncode, 0, done.stderr)
        code, out, err = self.tool("scan", "-c", self.place.path, self.copy)
        self.assertEqual((code, err), (0, ""), out)
        return out

    def test_followed(self):
        self.put("", "1")
        self.put(".[Gmail].All Mail", "1")  # Gmail shows a mail in each place
        self.put(".[Gmail].All Mail", "2")
        self.put(".[Gmail].Spam", "3")
        self.put(".[Gmail].Sent Mail", "4")  # is not fetched
        out = self.follow()
        self.assertRegex(out, r"4 mails read")
        self.assertEqual(self.place.rows("SELECT address, service, messages FROM account"),
                         [{"address": "old@example.com", "service": "shop.example", "messages": 3}])
        self.assertEqual(len(self.place.rows("SELECT * FROM message WHERE origin = 'scan'")), 3)
        self.assertRegex(self.follow(), r"counted before +4\n")
        self.put("", "5")
        self.assertRegex(self.follow(), r"judged +1\n")
        self.assertEqual(len(self.place.rows("SELECT * FROM message")), 4)


if __name__ == "__main__":
    scenario.main()
