# SPDX-License-Identifier: BSD-2-Clause
"""A UKI made with objcopy, as Debian 12 documents it, and its PCR 11 computed without any of Pawl's code: the tests
compare three independent answers (this one, the TPM's, and Pawl's)."""
import hashlib
import struct

from . import paths
from .run import run

# systemd-stub(7): order in which the sections are measured; .pcrsig never is.
MEASURED = (".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".dtbauto", ".efifw", ".hwids",
            ".uname", ".sbat", ".pcrpkey", ".profile")
# What Debian 12's stub (252) knows: it neither shows nor measures the others.
MEASURED_252 = (".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey")

OSREL = b'ID=pawl-test\nNAME="Pawl test"\nPRETTY_NAME="Pawl test image"\nVERSION_ID=1\n'


def sections_of(efi):
    """{name: (virtual address, virtual size, raw size, file offset)} of a PE file."""
    data = efi.read_bytes()
    head = struct.unpack_from("<I", data, 0x3C)[0]
    count, = struct.unpack_from("<H", data, head + 6)
    optional, = struct.unpack_from("<H", data, head + 20)
    found = {}
    for i in range(count):
        name, vsize, vaddr, rsize, offset = struct.unpack_from("<8sIIII", data, head + 24 + optional + 40 * i)
        found[name.rstrip(b"\0").decode()] = (vaddr, vsize, rsize, offset)
    return found


def section_bytes(efi, name):
    """Content of a section up to its virtual size (what a stub measures)."""
    _, vsize, rsize, offset = sections_of(efi)[name]
    with open(efi, "rb") as f:
        f.seek(offset)
        return f.read(min(vsize, rsize)) + bytes(max(0, vsize - rsize))


def build(target, folder, *, stub=paths.DEBIAN_STUB, linux, initrd, cmdline=None, osrel=OSREL, extra=(),
          last=()):
    """Writes a UKI to `target`: `linux` is a path, `initrd`, `cmdline`, `osrel` are bytes; `extra` more (name, bytes),
    `last` more behind them all."""
    parts = [(".osrel", osrel)]
    if cmdline is not None:
        parts.append((".cmdline", cmdline))
    parts += [*extra, (".linux", linux.read_bytes()), (".initrd", initrd), *last]
    base = image_base(stub)
    address = max(va + vs for va, vs, _, _ in sections_of(stub).values())
    words = []
    for name, content in parts:
        piece = folder / f"section{name}"
        piece.write_bytes(content)
        address = (address + 0xFFF) & ~0xFFF
        words += ["--add-section", f"{name}={piece}", "--change-section-vma", f"{name}={base + address:#x}",
                  "--set-section-flags", f"{name}=data,readonly"]
        address += len(content)
    run("objcopy", *words, stub, target)
    return target


def image_base(efi):
    """ImageBase of a PE32+ file: objcopy's addresses are absolute."""
    data = efi.read_bytes()[:0x1000]
    head = struct.unpack_from("<I", data, 0x3C)[0]
    return struct.unpack_from("<Q", data, head + 24 + 24)[0]


def extend(pcr, digest, algorithm):
    """The new value of a PCR after a digest was extended."""
    return hashlib.new(algorithm, pcr + digest).digest()


def pcr11(efi, algorithm, phases=(), order=MEASURED):
    """PCR 11 in hex after a stub measured `efi` and userspace measured the words of `phases`."""
    have = sections_of(efi)
    value = bytes(hashlib.new(algorithm).digest_size)
    for name in order:
        if name in have:
            for piece in (name.encode() + b"\0", section_bytes(efi, name)):
                value = extend(value, hashlib.new(algorithm, piece).digest(), algorithm)
    for word in phases:
        value = extend(value, hashlib.new(algorithm, word.encode()).digest(), algorithm)
    return value.hex()
