#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What an EFI program of ours must be as a PE file: efi-image.py FILE NAME VERSION KIB."""
import struct
import sys
from pathlib import Path

ADDED_SECTIONS = 80  # ukify and objcopy write their section headers behind ours
EXECUTE, READ, WRITE = 0x20000000, 0x40000000, 0x80000000
DYNAMIC_BASE, NX_COMPAT = 0x40, 0x100


def problems(data, name, version, kib):
    head = struct.unpack_from("<I", data, 0x3C)[0]
    machine, count = struct.unpack_from("<HH", data, head + 4)
    optional, = struct.unpack_from("<H", data, head + 20)
    table = head + 24 + optional
    headers_size, subsystem, characteristics = (struct.unpack_from(kind, data, head + 24 + off)[0]
                                                for kind, off in (("<I", 60), ("<H", 68), ("<H", 70)))
    sections = {}
    for i in range(count):
        label, vsize, vaddr, rsize, offset = struct.unpack_from("<8sIIII", data, table + 40 * i)
        flags, = struct.unpack_from("<I", data, table + 40 * i + 36)
        label = label.rstrip(b"\0").decode()
        sections[label] = data[offset:offset + min(vsize, rsize)]
        if flags & EXECUTE and flags & WRITE:
            yield f"section {label} can be written and executed"
        if vaddr % 4096:
            yield f"section {label} is not on a page of its own"
    if len(data) > int(kib) << 10:
        yield f"{len(data)} bytes; at most {kib} KiB are allowed"
    if machine != 0x8664 or subsystem != 10:
        yield "not an EFI application for x86-64"
    if characteristics & (DYNAMIC_BASE | NX_COMPAT) != DYNAMIC_BASE | NX_COMPAT:
        yield f"DLL characteristics {characteristics:#x} lack DYNAMIC_BASE or NX_COMPAT"
    if table + 40 * (count + ADDED_SECTIONS) > headers_size:
        yield f"no room for {ADDED_SECTIONS} more section headers in {headers_size} bytes"
    if sections.get(".sdmagic", b"").rstrip(b"\0") != f"#### LoaderInfo: {name} {version} ####".encode():
        yield f".sdmagic is {sections.get('.sdmagic')}"
    sbat = sections.get(".sbat", b"").decode().splitlines()
    if len(sbat) != 2 or not sbat[0].startswith("sbat,1,") or not sbat[1].startswith(f"{name},1,"):
        yield f".sbat is {sbat}"
    if any(len(line.split(",")) != 6 or "" in line.split(",") for line in sbat):
        yield "a line of .sbat has not six fields"


def main():
    found = list(problems(Path(sys.argv[1]).read_bytes(), *sys.argv[2:]))
    print("\n".join(found) if found else "as it must be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
