# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""What the kernel knows of a running daemon: memory, descriptors, threads."""
import os
import pathlib

KIB = 1024


class Measure:
    """rss: octets of memory that no file backs, resident now; a sanitizer's shadow is in it."""

    def __init__(self, pid):
        status = dict(line.split(":", 1)
                      for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines())
        self.rss = int(status["RssAnon"].split()[0]) * KIB
        self.threads = int(status["Threads"])
        self.descriptors = len(os.listdir("/proc/%d/fd" % pid))

    def __repr__(self):
        return "%.1f MiB, %d descriptors, %d threads" % (
            self.rss / (1 << 20), self.descriptors, self.threads)


def is_sanitized(pid):
    """Memory of a sanitizer grows by itself: freed blocks wait before they are used again."""
    maps = pathlib.Path("/proc/%d/maps" % pid).read_text()
    return "libasan" in maps or "libtsan" in maps
