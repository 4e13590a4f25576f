#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints the figures of `./check bench`; exits 1 if one is over its budget."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from lib import assets, bench, keys, paths, product
from lib.installation import Installation
from lib.interposer import Interposer

RATIO_BUDGET = 1.00      # guest instructions, Pawl's chain to systemd's
STUB_BUDGET = 64 * 1024  # bytes
INITRD_BUDGET = 16 << 20  # bytes, unpacked, without the kernel's modules
UNLOCK_BUDGET = 10       # TPM commands beyond the phase measurement

over = []


def judge(is_within, what):
    if not is_within:
        over.append(what)


def instructions(folder, kernel):
    print("(a) guest instructions from reset to the first line of the initrd, Secure Boot on")
    print(f"{'initrd':>12} {'Pawl':>18} {'systemd 252':>18} {'ratio':>8}", flush=True)
    for size, ours, theirs, ratio in bench.table(folder, lambda s, t: keys.sign_efi(s, t, folder), kernel):
        print(f"{size:>9} MB {ours:>18,} {theirs:>18,} {ratio:>8.4f}", flush=True)
        judge(ratio <= RATIO_BUDGET, f"instructions at {size} MB")


def unlock_exchanges(bus):
    """What pawl-init sends between the confirmed `enter-initrd` and the measurement of the volume key."""
    names = bus.names()
    unseal = names.index("Unseal")
    extend = max(i for i in range(unseal) if names[i] == "PCR_Extend")
    begin = names.index("FlushContext", extend) + 1
    return list(bus.exchanges)[begin:names.index("StartAuthSession", unseal)]


def unlock(folder, factory, release):
    one = Installation(folder / "machine", factory.disk(release, folder / "disk.img")).first_boot()
    bus = Interposer(one.tpm)
    with one.boot(tpm=bus) as m:
        m.login()
        line = re.search(r"^pawl-init: [0-9.]+ s: .*$", m.console.text, re.MULTILINE).group(0)
        m.send_line("poweroff")
        m.wait_off()
    sent = unlock_exchanges(bus)
    size = sum(len(e.command) + len(e.response or b"") for e in sent)
    print(f"(b) one unlock with signed-os: {len(sent)} TPM commands, {size:,} bytes both ways (systemd 262: 23 commands)")
    print("    " + " ".join(e.name for e in sent))
    judge(len(sent) <= UNLOCK_BUDGET, "TPM commands of an unlock")
    bus.close()
    one.close()
    return line


def unpacked(initrd):
    """Bytes of an initrd's files that are no kernel modules."""
    packed = initrd.read_bytes()
    if packed[:4] == b"\x28\xb5\x2f\xfd":
        packed = subprocess.run(["zstd", "-dc"], input=packed, capture_output=True, check=True).stdout
    total = at = 0
    while packed[at:at + 6] == b"070701":
        size, name_size = (int(packed[at + o:at + o + 8], 16) for o in (54, 94))
        name = packed[at + 110:at + 109 + name_size]
        at = (at + 110 + name_size + 3) & ~3
        total += 0 if b"lib/modules/" in name or name.endswith(b".ko") else size
        at = (at + size + 3) & ~3
    return total


def sizes(release):
    print("(c) sizes in bytes")
    rows = [(f.name, os.path.getsize(f)) for f in (paths.PAWL_STUB, paths.PAWL_BOOT, paths.PAWL_INIT)]
    rows += [("initrd, packed, with modules", os.path.getsize(release.initrd)),
             ("initrd, unpacked, without modules", unpacked(release.initrd))]
    for name, size in rows:
        print(f"{size:>12,}  {name}")
    judge(rows[0][1] <= STUB_BUDGET, "size of the stub")
    judge(0 < rows[-1][1] <= INITRD_BUDGET, "size of the initrd")


def main():
    with tempfile.TemporaryDirectory(prefix="pawl-bench-") as name:
        folder = pathlib.Path(name)
        kernel = assets.kernel()
        factory = product.Factory(folder / "product", kernel)
        release = factory.release("bench")
        line = unlock(folder, factory, release)
        sizes(release)
        print(f"(d) {line}", flush=True)
        instructions(folder, kernel)
    if over:
        print("over budget: " + ", ".join(over))
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
