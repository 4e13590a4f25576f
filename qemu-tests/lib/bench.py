# SPDX-License-Identifier: BSD-2-Clause
"""Guest instructions from reset to the first line of the initrd: one boot is exact to about 0.02 %, whatever else the
machine does (QEMU counts, not the clock)."""
import hashlib

from . import chain, paths, probe, uki
from .machine import Machine
from .swtpm import Swtpm

MIB = 1 << 20


def instructions(folder, sign, kernel, *, boot, stub, initrd_mib, secure_boot=True):
    """Boots loader `boot` and a UKI of `stub` with an initrd of that size (it reports and powers off) and returns the
    TSC that the initrd read first. Both chains must be given the same folder's kernel and size to be compared."""
    folder.mkdir(parents=True, exist_ok=True)
    small = len(probe.build(folder, kernel))
    # Does not compress and is the same in every run.
    padding = _noise(max(0, initrd_mib * MIB - small))
    initrd = probe.build(folder, kernel, extra={"padding": padding})
    plain = uki.build(folder / "plain.efi", folder, stub=stub, linux=kernel.linux, initrd=initrd, cmdline=chain.CMDLINE)
    made = chain.disk(folder, sign, boot=boot, image_file=plain)
    with Swtpm(folder / "tpm") as tpm:
        with Machine(folder, disks=[made.disk], tpm=tpm, secure_boot=secure_boot, icount=True, name="bench") as m:
            report = probe.wait_report(m, timeout=600)
    made.disk.unlink()
    return report.tsc


def _noise(size):
    return hashlib.shake_128(b"pawl bench").digest(size)


def table(folder, sign, kernel, sizes=(10, 100)):
    """[(MiB, Pawl's count, Debian's count, ratio)]: the figures of `./check bench` (a)."""
    rows = []
    for size in sizes:
        pair = [instructions(folder / f"{name}-{size}", sign, kernel, boot=boot, stub=stub, initrd_mib=size)
                for name, boot, stub in (("pawl", paths.PAWL_BOOT, paths.PAWL_STUB),
                                         ("debian", paths.DEBIAN_BOOT, paths.DEBIAN_STUB))]
        rows.append((size, *pair, pair[0] / pair[1]))
    return rows
