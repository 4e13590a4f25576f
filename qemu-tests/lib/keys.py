# SPDX-License-Identifier: BSD-2-Clause
"""The Secure Boot key of the test firmware, and keys made for one test run."""
import os

from . import paths
from .run import run


def snakeoil_key(folder):
    """Debian's snakeoil key without its passphrase, written below `folder` (programs such as sbsign ask otherwise)."""
    plain = folder / "snakeoil.key"
    if not plain.exists():
        run("openssl", "rsa", "-in", paths.SNAKEOIL_KEY, "-passin", "pass:" + paths.SNAKEOIL_PASSPHRASE, "-out", plain)
        os.chmod(plain, 0o600)
    return plain


def sign_efi(source, target, folder):
    """Signs a PE file for the firmware's db with sbsign."""
    run("sbsign", "--key", snakeoil_key(folder), "--cert", paths.SNAKEOIL_CERT, "--output", target, source)
    return target


def rsa_pair(folder, name):
    """A new RSA 2048 key pair, `name`.key and `name`.pem (public), below `folder`."""
    private, public = folder / f"{name}.key", folder / f"{name}.pem"
    run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private)
    run("openssl", "pkey", "-in", private, "-pubout", "-out", public)
    return private, public
