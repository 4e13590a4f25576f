# SPDX-License-Identifier: BSD-2-Clause
"""A cpio archive in newc format, enough for a test's initrd. Pawl's own writer is not used on purpose: these
initrds also serve to test other people's stubs."""
import stat


def archive(entries):
    """`entries`: {path: bytes | None}; None is a folder. Files are 0755 (an init must be executable)."""
    out = bytearray()
    for number, (path, content) in enumerate(sorted(entries.items()), start=1):
        kind = stat.S_IFDIR if content is None else stat.S_IFREG
        out += _record(number, path, kind | 0o755, content or b"")
    out += _record(0, "TRAILER!!!", 0, b"")
    out += bytes(-len(out) % 512)
    return bytes(out)


def _record(number, path, mode, content):
    name = path.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
    head = b"070701" + b"".join(b"%08X" % f for f in fields) + name
    head += bytes(-len(head) % 4)
    return head + content + bytes(-len(content) % 4)
