# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The examples in the manuals: blocks behind a mark, which is a comment that tells what they are:
conf, services, shell or sql."""
import re

from scenario import ROOT

BLOCK = re.compile(r'^\.\\" example: (\w+)\n\.Bd [^\n]*\n(.*?)^\.Ed$', re.M | re.S)
ESCAPES = (("\\(dq", '"'), ("\\(aq", "'"), ("\\&", ""), ("\\e", "\\"))


def read(page, kind):
    """The examples of a kind in a manual, in order, as they are printed."""
    found = [text for what, text in BLOCK.findall((ROOT / "doc/man" / page).read_text()) if what == kind]
    for escaped, plain in ESCAPES:
        found = [text.replace(escaped, plain) for text in found]
    return found
