# SPDX-License-Identifier: BSD-2-Clause
"""Credential files beside an image, and the archives that a stub makes of them, written without any of Pawl's code: what
systemd-stub(7) says under "Companion Files" and its source about modes and numbers."""
import hashlib
import stat

GLOBAL = "loader/credentials"


def beside(image):
    """The folder of an image's own files: the boot counter is no part of its name."""
    return f"{image}.extra.d"


def archive(folder, files):
    """`folder` is "credentials" or "global_credentials", `files` {name: bytes}."""
    entries = [(".extra", stat.S_IFDIR | 0o555, b""), (f".extra/{folder}", stat.S_IFDIR | 0o500, b"")]
    entries += [(f".extra/{folder}/{name}", stat.S_IFREG | 0o400, files[name]) for name in sorted(files)]
    out = b"".join(_entry(number, *entry) for number, entry in enumerate(entries, start=1))
    return out + b"070701" + b"0" * 32 + b"00000001" + b"0" * 48 + b"0000000B" + b"0" * 8 + b"TRAILER!!!" + bytes(4)


def _entry(number, path, mode, content):
    name = path.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def digest(folder, files):
    """The SHA-256 digest of the archive's event."""
    return hashlib.sha256(archive(folder, files)).digest()
