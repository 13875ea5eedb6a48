# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The examples of the documentation. In the manuals they are blocks behind a comment that tells
what they are; in README.md fenced blocks with that word behind the fence:
conf, services, shell or sh, sql, m4 (sendmail.mc), main.cf, regexp."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]
MANUALS = sorted((ROOT / "doc/man").iterdir())
MARKED = re.compile(r'^\.\\" example: (\S+)\n\.Bd [^\n]*\n(.*?)^\.Ed$', re.M | re.S)
FENCED = re.compile(r"^```(\S*)\n(.*?)^```$", re.M | re.S)
ESCAPES = (("\\(dq", '"'), ("\\(aq", "'"), ("\\&", ""), ("\\e", "\\"))


def unescape(text):
    for escaped, plain in ESCAPES:
        text = text.replace(escaped, plain)
    return text


def read(page):
    """[(what it is, text)] of a manual in doc/man, in order, as it is printed."""
    return [(what, unescape(text)) for what, text in MARKED.findall((ROOT / "doc/man" / page).read_text())]


def fenced(text):
    """The same of a text in Markdown."""
    return FENCED.findall(text)


def those(blocks, *kinds):
    """The texts of the blocks of some kinds."""
    return [text for what, text in blocks if what in kinds]
