# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The MTA's side of the milter protocol, version 2 to 6, spoken strictly: a reply where none may
be, none where one is due, or an edit that was not negotiated is an error of the milter."""
import select
import socket
import struct

# actions (SMFIF_)
ADDHDRS, CHGBODY, ADDRCPT, DELRCPT, CHGHDRS, QUARANTINE = 1, 2, 4, 8, 0x10, 0x20
SETSYMLIST = 0x100
ALL_ACTIONS = 0x1ff
# steps (SMFIP_)
NOCONNECT, NOHELO, NOMAIL, NORCPT, NOBODY, NOHDRS, NOEOH = 1, 2, 4, 8, 0x10, 0x20, 0x40
NR_HDR, NOUNKNOWN, NODATA, SKIP, RCPT_REJ = 0x80, 0x100, 0x200, 0x400, 0x800
NR_CONN, NR_HELO, NR_MAIL, NR_RCPT, NR_DATA, NR_UNKN, NR_EOH, NR_BODY = (
    0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000)
HDR_LEADSPC = 0x100000
ALL_STEPS = 0x1fffff
SILENT = NR_HDR | NR_CONN | NR_HELO | NR_MAIL | NR_RCPT | NR_DATA | NR_UNKN | NR_EOH | NR_BODY
# what an MTA of protocol 2 knows
OLD_ACTIONS, OLD_STEPS = 0x3f, 0x7f

CHUNK = 65535
TIMEOUT = 20.0
FAMILIES = {"inet": b"4", "inet6": b"6", "unix": b"L"}
# SMFIM_ stages by the letter of their command
STAGES = {"C": 0, "H": 1, "M": 2, "R": 3, "T": 4, "E": 5, "N": 6}


class ProtocolError(AssertionError):
    """The milter said what it may not say."""


class Closed(Exception):
    """The milter closed the connection."""


def connect(listen):
    """A connected socket for "local:PATH", "inet:PORT@HOST" or "inet6:PORT@HOST"."""
    scheme, place = listen.split(":", 1)
    if scheme in ("local", "unix"):
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(place)
        except OSError:
            link.close()
            raise
    else:
        port, host = place.split("@")
        link = socket.create_connection((host.strip("[]"), int(port)))
    link.settimeout(TIMEOUT)
    return link


class Reply:
    """One answer: the command letter, and the text of a reply code."""

    def __init__(self, letter, text=""):
        self.letter, self.text = letter, text

    @property
    def word(self):
        return {"c": "continue", "a": "accept", "d": "discard", "r": "reject", "t": "tempfail",
                "y": "reply", "s": "skip", "4": "shutdown"}.get(self.letter, self.letter)

    def __repr__(self):
        return "%s %s" % (self.word, self.text) if self.text else self.word

    def __eq__(self, other):
        return repr(self) == other

    def is_refusal(self):
        return self.letter in "yrt"

    def is_permanent(self):
        return self.letter == "r" or (self.letter == "y" and self.text[0] == "5")

    def is_temporary(self):
        return self.letter == "t" or (self.letter == "y" and self.text[0] == "4")


class Wire:
    """Packets on one connection to the milter."""

    def __init__(self, listen):
        self.link = connect(listen)

    def send(self, letter, data=b""):
        self.link.sendall(struct.pack("!I", len(data) + 1) + letter.encode() + data)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.link.recv(count - len(data))
            if not piece:
                raise Closed()
            data += piece
        return data

    def receive(self):
        length = struct.unpack("!I", self.exactly(4))[0]
        if not 0 < length <= 1 << 20:
            raise ProtocolError("packet of %d octets" % length)
        data = self.exactly(length)
        return chr(data[0]), data[1:]

    def is_silent(self, seconds=0.0):
        """Is nothing waiting to be read?"""
        poller = select.poll()  # select() knows no descriptor above 1023
        poller.register(self.link, select.POLLIN)
        return not poller.poll(seconds * 1000)

    def close(self):
        self.link.close()


def strings(data):
    """The NUL-terminated strings of a packet."""
    if not data.endswith(b"\0"):
        raise ProtocolError("string without its NUL: %r" % data)
    return data[:-1].split(b"\0")


class Outcome:
    """What the end of a message brought: edits in order, and the last reply."""

    def __init__(self, edits, final):
        self.edits, self.final = edits, final
        self.quarantined = any(edit[0] == "quarantine" for edit in edits)

    def inserted(self, name):
        return [edit[3] for edit in self.edits if edit[0] == "insert" and edit[2] == name]

    def replaced(self):
        """The body that takes the old one's place; None where that one stays."""
        pieces = [edit[1] for edit in self.edits if edit[0] == "b"]
        return b"".join(pieces) if pieces else None

    def __repr__(self):
        return "%r after %r" % (self.final, self.edits)


class Mta:
    """One SMTP connection as an MTA hands it to a milter."""

    def __init__(self, listen, version=6, actions=ALL_ACTIONS, steps=ALL_STEPS, default_macros=None):
        self.wire = Wire(listen)
        self.offered_actions, self.offered_steps = actions, steps
        self.symbols = {}
        self.default_macros = default_macros
        self.macros = {"j": "mx.example.com", "i": "4QUEUEID", "{daemon_name}": "smtpd"}
        self.fields = []
        try:
            self.negotiate(version, actions, steps)
        except Exception:
            self.close()
            raise

    def negotiate(self, version, actions, steps):
        self.wire.send("O", struct.pack("!III", version, actions, steps))
        letter, data = self.wire.receive()
        if letter != "O":
            raise ProtocolError("negotiation answered by %r" % letter)
        self.version, self.actions, self.steps = struct.unpack("!III", data[:12])
        if self.actions & ~actions or self.steps & ~steps:
            raise ProtocolError("asks for %#x/%#x, offered were %#x/%#x"
                                % (self.actions, self.steps, actions, steps))
        rest = data[12:]
        while rest:
            stage = struct.unpack("!I", rest[:4])[0]
            names, rest = rest[4:].split(b"\0", 1)
            self.symbols[stage] = names.decode().split()

    # what goes out

    def send_macros(self, letter):
        """Those that the milter asked for, else those of an MTA's default list."""
        names = self.symbols.get(STAGES[letter])
        if names is None:
            names = self.default_macros if self.default_macros is not None else list(self.macros)
        pairs = [text for name in names if self.macros.get(name) is not None
                 for text in (name, self.macros[name])]
        if pairs:
            self.wire.send("D", letter.encode() + b"".join(p.encode() + b"\0" for p in pairs))

    def step(self, letter, data, skipped, silent):
        """Sends a command unless the milter asked not to; its reply, or None where none may be."""
        if self.steps & skipped:
            return None
        if letter in STAGES:
            self.send_macros(letter)
        self.wire.send(letter, data)
        if self.steps & silent:
            if not self.wire.is_silent():
                raise ProtocolError("%s: a reply where none was to be: %r"
                                    % (letter, self.wire.receive()))
            return None
        return self.reply()

    def reply(self):
        letter, data = self.wire.receive()
        while letter == "p":
            letter, data = self.wire.receive()
        text = ""
        if letter == "y":
            text = self.check_reply(strings(data)[0])
        elif letter not in "cadrts4":
            raise ProtocolError("no reply: %r %r" % (letter, data))
        return Reply(letter, text)

    @staticmethod
    def check_reply(raw):
        text = raw.decode("ascii")
        if not (text[:3].isdigit() and text[3] == " " and text[4] == text[0] and text[5] == "."):
            raise ProtocolError("reply without code and status of one class: %r" % text)
        if "%" in text.replace("%%", "") or len(raw) > 510 or any(ord(c) < 32 for c in text):
            raise ProtocolError("reply that an MTA would garble: %r" % text)
        return text

    def connect(self, address="192.0.2.25", family="inet", host="client.example.net", port=25025):
        if family == "unknown":
            data = host.encode() + b"\0U"
        else:
            data = (host.encode() + b"\0" + FAMILIES[family] + struct.pack("!H", port)
                    + address.encode() + b"\0")
        return self.step("C", data, NOCONNECT, NR_CONN)

    def helo(self, name="client.example.net"):
        return self.step("H", name.encode() + b"\0", NOHELO, NR_HELO)

    def mail(self, sender="<news@shop.example>", *parameters, login=None):
        self.macros["{auth_authen}"] = login
        self.fields = []
        data = b"".join(encode(part) + b"\0" for part in (sender,) + parameters)
        return self.step("M", data, NOMAIL, NR_MAIL)

    def rcpt(self, recipient, *parameters):
        data = b"".join(encode(part) + b"\0" for part in (recipient,) + parameters)
        return self.step("R", data, NORCPT, NR_RCPT)

    def data(self):
        return self.step("T", b"", NODATA, NR_DATA)

    def header(self, name, value):
        """value: what stands behind the colon, with its leading space."""
        self.fields.append([name, value])
        raw = encode(value)
        if not self.steps & HDR_LEADSPC and raw.startswith(b" "):
            raw = raw[1:]
        return self.step("L", encode(name) + b"\0" + raw + b"\0", NOHDRS, NR_HDR)

    def end_of_header(self):
        return self.step("N", b"", NOEOH, NR_EOH)

    def body(self, octets):
        """Sends it in pieces; what the milter says to the last one that it answers."""
        reply = None
        for at in range(0, len(octets), CHUNK):
            reply = self.step("B", octets[at:at + CHUNK], NOBODY, NR_BODY)
            if reply is not None and reply.word != "continue":
                return reply
        return reply

    def end_of_message(self):
        self.send_macros("E")
        self.wire.send("E")
        edits = []
        while True:
            letter, data = self.wire.receive()
            if letter in "cadrty4":
                break
            if letter != "p":
                edits.append(self.read_edit(letter, data))
        text = self.check_reply(strings(data)[0]) if letter == "y" else ""
        if not self.wire.is_silent():
            raise ProtocolError("more after the last reply: %r" % (self.wire.receive(),))
        return Outcome(edits, Reply(letter, text))

    def read_edit(self, letter, data):
        needs = {"h": ADDHDRS, "i": ADDHDRS, "m": CHGHDRS, "q": QUARANTINE, "b": CHGBODY,
                 "+": ADDRCPT, "-": DELRCPT}
        if letter not in needs:
            raise ProtocolError("no edit: %r" % letter)
        if not self.actions & needs[letter]:
            raise ProtocolError("edit %r was not negotiated" % letter)
        if letter == "h":
            name, value = strings(data)
            return ("add", None, name.decode("ascii"), value.decode("ascii"))
        if letter in "im":
            name, value = strings(data[4:])
            return ({"i": "insert", "m": "change"}[letter], struct.unpack("!I", data[:4])[0],
                    name.decode("utf-8", "surrogateescape"), value.decode("ascii"))
        if letter == "q":
            return ("quarantine", strings(data)[0].decode("ascii"))
        return (letter, data)

    def abort(self):
        self.wire.send("A")

    def quit(self):
        self.wire.send("Q")
        self.wire.close()

    def close(self):
        self.wire.close()

    # whole messages

    def send(self, mail, sender="<news@shop.example>", recipients=("<old@example.com>",), login=None,
             parameters=()):
        """One message from MAIL to the end; the outcome, whose final reply is that of the last
        RCPT where all recipients were refused."""
        self.mail(sender, login=login)
        taken, reply = 0, None
        for recipient in recipients:
            reply = self.rcpt(recipient, *parameters)
            taken += reply is None or not reply.is_refusal()
        if taken == 0:
            self.abort()
            return Outcome([], reply)
        return self.content(mail)

    def content(self, mail):
        """Header, body and end of a message given as text with LF."""
        self.data()
        header, _, body = mail.partition("\n\n")
        for field in unfolded(header):
            name, _, value = field.partition(":")
            self.header(name, value)
        self.end_of_header()
        if body:
            self.body(encode(body.replace("\n", "\r\n")))
        return self.end_of_message()

    def edited(self, outcome):
        """The fields as Postfix would leave them: the number in a change counts those that are
        still there, so deleting from the first to the last would miss every other one."""
        fields = [list(field) for field in self.fields]
        for edit in outcome.edits:
            if edit[0] == "insert":
                space = "" if self.steps & HDR_LEADSPC else " "
                fields.insert(edit[1], [edit[2], space + edit[3]])
            elif edit[0] == "add":
                space = "" if self.steps & HDR_LEADSPC else " "
                fields.append([edit[2], space + edit[3]])
            elif edit[0] == "change":
                same = [i for i, f in enumerate(fields) if f[0].strip().lower() == edit[2].lower()]
                if edit[1] > len(same):
                    raise ProtocolError("change of field %d of %d" % (edit[1], len(same)))
                if edit[3] == "":
                    del fields[same[edit[1] - 1]]
                else:
                    fields[same[edit[1] - 1]][1] = edit[3]
        return fields


def encode(text):
    """Octets as they are; text with surrogates stands for octets that are no UTF-8."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def unfolded(header):
    """The fields of a header, their folding kept as LF and white space."""
    fields = []
    for line in header.split("\n"):
        if line[:1] in (" ", "\t") and fields:
            fields[-1] += "\n" + line
        elif line:
            fields.append(line)
    return fields
