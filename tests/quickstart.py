# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The second half of ./quickstart: sends the sample mails through a private Postfix with
goneawayd beside it, in each mode, and prints what an administrator would see."""
import re
import subprocess
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "mta"))
import mta  # noqa: E402

SAMPLES = mta.SOURCE / "tests/samples"
MODES = ("observe", "tag", "enforce")
SHOWN = 42  # columns for the mark in the table
SHOWN_REPLY = 58  # for the reply; all lines stay below 160
WRAP = ".mode box --wordwrap on --wrap 57"
CONFIG = """
authserv_id = "mx.example.com";
authentication = "dkim";
dns_servers = [ "%s" ];
log_level = "info";
local_services = "%s";
domains = ( { name = "example.com"; owned_since = "2019-10-05T00:00:00Z"; mode = "%s";
              mailboxes = [ "me", "sales" ]; } );
"""
# The shipped list knows real services; those of the samples are invented, like their contacts.
SERVICE = """{ id = "%s"; name = "%s"; homepage = "https://www.%s/"; category = "%s"; domains = [ "%s" ];
  contact = { steps = [ "%s" ]; url = "https://www.%s/help"; source = "unverified"; }; }"""
SERVICES = (
    ("shop.example", "Example Shop", "shop", "At the sign-in page follow 'I have no account' to the chat."),
    ("bank.example", "Example Bank", "bank", "Write to the privacy office, with the date of purchase."),
    ("stream.example", "Example Stream", "streaming", "Open 'This was not me' at the end of the mail."),
)
VIEWS = (
    ("Which old addresses still receive whose mail?",
     "SELECT address, services, how_critical, reset_and_code_mails, service_mails, which FROM old_addresses"),
    ("How exposed are they?", "SELECT risk, address, service, category, holder, messages, why FROM exposure"),
    ("What is to be done next, and how does one who is no customer reach them?",
     "SELECT risk, service, address, holder, what_to_do, url FROM todo LIMIT 6"),
    ("Who was imitated by mail that could cost an account?",
     "SELECT service, mails, addresses, first_seen FROM impersonation WHERE critical_looking > 0"),
)


def read_samples():
    for line in (SAMPLES / "manifest.tsv").read_text().splitlines():
        if not line.startswith("#"):
            name, sender, recipients, domain = (line + "\t\t\t").split("\t")[:4]
            yield name, sender, recipients.split(","), domain


def write_services(work):
    path = work / "services.conf"
    path.write_text("services = (\n%s\n);\n" % ",\n".join(
        SERVICE % (domain, name, domain, category, domain, step, domain)
        for domain, name, category, step in SERVICES))
    path.chmod(0o644)
    return path


def sign(message, domain, keys):
    if not domain:
        return message
    done = subprocess.run([str(mta.BUILD / "tests/goneaway-sign"), "-d", domain, "-s", "quick",
                           "-k", str(keys)], input=message, capture_output=True, check=True)
    return done.stdout


def make_key(work):
    path = work / "dkim.pem"
    done = subprocess.run([str(mta.BUILD / "tests/goneaway-sign"), "-g", "rsa", "-k", str(path)],
                          capture_output=True, check=True, text=True)
    return path, done.stdout.strip()


def send_all(postfix, mode, key):
    """{(sample, recipient): reply}, the reply being that of RCPT where it was refused there."""
    replies = {}
    for name, sender, recipients, domain in read_samples():
        message = (SAMPLES / name).read_bytes()
        message = message.replace(b"\nMessage-ID: <", b"\nMessage-ID: <%s." % mode.encode(), 1)
        with mta.Client(postfix.port) as client:
            result = client.send(sender, recipients, sign(message, domain, key))
        for recipient, reply in zip(recipients, result["rcpt"]):
            refused = not reply.startswith("25")
            replies[name, recipient] = reply if refused else result["data"] or reply
    return replies


def headers(postfix):
    """{(sample, mode): X-Goneaway} of what was delivered."""
    found = {}
    for message in postfix.delivered():
        head = message.split(b"\n\n", 1)[0].decode("ascii", "replace")
        unfolded = re.sub(r"\n[ \t]+", " ", head)
        mark = re.search(r"^X-Goneaway: (.*)$", unfolded, re.M)
        identity = re.search(r"^Message-ID: <(\w+)\.(\d\d\.[\w-]+)@", unfolded, re.M | re.I)
        if identity and mark:
            found[identity.group(2).replace(".", "-", 1) + ".eml", identity.group(1)] = mark.group(1)
    return found


def short(text, width=SHOWN):
    return text if len(text) <= width else text[:width - 1] + "…"


def tell_replies(replies, marks):
    print("%-26s %-22s %-7s %-*s %s" % ("sample", "recipient", "observe", SHOWN, "tag: X-Goneaway", "enforce: SMTP reply"))
    for name, _, recipients, _ in read_samples():
        for recipient in recipients:
            row = [replies[mode][name, recipient] for mode in MODES]
            mark = marks.get((name, "tag"), "")
            tag = mark if row[1].startswith("250") else row[1]
            enforce = row[2] if not row[2].startswith("250") else "250 accepted" + (
                ", tagged" if (name, "enforce") in marks else "")
            print("%-26s %-22s %-7s %-*s %s" % (name[:-4], recipient, row[0][:3], SHOWN, short(tag), short(enforce, SHOWN_REPLY)))


def tell_views(database):
    for title, sql in VIEWS:
        print("\n-- %s\n   %s;" % (title, sql), flush=True)
        subprocess.run(["sqlite3", "-batch", "-init", "/dev/null", "-cmd", WRAP, "-readonly", str(database), sql], check=True,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tell_report(daemon):
    """The head of the report; all of it is longer than a screen."""
    done = subprocess.run([str(mta.BUILD / "daemon/goneaway"), "report", "-c", str(daemon.config)],
                          capture_output=True, text=True, check=True)
    print("\n-- And in one command: goneaway report (with -o PAGE.html as a page, with a letter to each service)\n")
    print("\n".join("   " + line for line in done.stdout.split("\nSomebody may be")[0].split("\nWhich service")[0].splitlines()))


def main():
    print("\n== 3/4 mail: %d samples, through a private Postfix, in three modes" % len(list(read_samples())), flush=True)
    replies = {}
    with mta.work_dir() as work:
        key, record = make_key(work)
        signers = {domain for _, _, _, domain in read_samples() if domain}
        records = {"quick._domainkey.%s" % domain: record for domain in signers}
        services = write_services(work)
        with mta.Nsd(work, records) as dns:
            daemon = mta.Goneawayd(work, CONFIG % (dns.server, services, "observe"))
            with mta.Postfix(work, [daemon.milter]) as postfix:
                for mode in MODES:
                    print("   mode %s …" % mode, flush=True)
                    daemon.write_config(CONFIG % (dns.server, services, mode))
                    with daemon:
                        replies[mode] = send_all(postfix, mode, key)
                expected = sum(1 for mode in MODES for reply in replies[mode].values() if reply.startswith("250"))
                mta.wait_for("delivery", lambda: len(postfix.delivered()) >= expected)
                marks = headers(postfix)
        print("\n== 4/4 what came of it: example.com, ours since 2019-10-05; me@ and sales@ are our own mailboxes\n")
        tell_replies(replies, marks)
        tell_views(daemon.database)
        tell_report(daemon)
    print("\nNothing is left running, and the ledger of this show is gone again.\nNext: README.md tells how to put goneawayd in front of your own Postfix or Sendmail.")


main()
