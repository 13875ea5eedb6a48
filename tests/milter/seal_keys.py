# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Keys and certificates for sealing, made with openssl once a run, and what opens sealed mail."""
import base64
import pathlib
import subprocess

EXTENSIONS = {"basicConstraints": "critical,CA:FALSE", "extendedKeyUsage": "emailProtection"}
KINDS = {
    "rsa": (["-newkey", "rsa:2048"], "critical,keyEncipherment"),
    "ec": (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "critical,keyAgreement"),
    "ec384": (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "critical,keyAgreement"),
    "ec521": (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "critical,keyAgreement"),
}


def openssl(*arguments, standard_input=b""):
    done = subprocess.run(["openssl", *map(str, arguments)], input=standard_input,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError("openssl %s: %s" % (arguments[0], done.stderr.decode("utf-8", "replace")))
    return done.stdout


class Keeper:
    """A certificate in public/ and its private key elsewhere."""

    def __init__(self, directory, name="keeper", kind="rsa", days=365, extensions=None, digest="sha256",
                 new_key=None):
        directory = pathlib.Path(directory)
        (directory / "public").mkdir(exist_ok=True)
        (directory / "private").mkdir(exist_ok=True)
        self.certificate = directory / "public" / (name + ".pem")
        self.key = directory / "private" / (name + ".key")
        options, usage = KINDS.get(kind, (None, None))
        wanted = dict(EXTENSIONS, keyUsage=usage)
        wanted.update(extensions or {})
        config = directory / "private" / "openssl.cnf"
        config.write_text("[req]\ndistinguished_name = name\n[name]\n")
        added = []
        for extension, value in wanted.items():
            if value:
                added += ["-addext", "%s=%s" % (extension, value)]
        openssl("req", "-x509", "-config", config, "-nodes", "-keyout", self.key, "-out",
                self.certificate, "-days", days, "-subj", "/CN=" + name, "-" + digest,
                *(new_key or options), *added)

    def open(self, sealed):
        """What is in a sealed message, its three lines of MIME before it."""
        return openssl("cms", "-decrypt", "-inform", "SMIME", "-binary", "-recip", self.certificate,
                       "-inkey", self.key, standard_input=sealed)

    def original(self, sealed):
        return self.open(sealed).split(b"\r\n\r\n", 1)[1]


def decoded(body):
    """The DER in a body of base64, whose lines are as they should be."""
    lines = body.split(b"\r\n")
    assert lines.pop() == b"", "the last line has no end"
    assert all(len(line) == 64 for line in lines[:-1]) and 0 < len(lines[-1]) <= 64
    return base64.b64decode(body, validate=False)
