#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints the figures of `./check bench`; exits 1 if one is over its budget."""
import os
import pathlib
import sys
import tempfile

from lib import assets, bench, keys, paths

RATIO_BUDGET = 1.00      # guest instructions, Pawl's chain to systemd's
STUB_BUDGET = 64 * 1024  # bytes


def main():
    failed = False
    with tempfile.TemporaryDirectory(prefix="pawl-bench-") as name:
        folder = pathlib.Path(name)
        kernel = assets.kernel()
        print("guest instructions from reset to the first line of the initrd")
        print(f"{'initrd':>8} {'Pawl':>16} {'systemd 252':>16} {'ratio':>7}")
        for size, ours, theirs, ratio in bench.table(folder, lambda s, t: keys.sign_efi(s, t, folder), kernel):
            print(f"{size:>5} MB {ours:>16,} {theirs:>16,} {ratio:>7.4f}", flush=True)
            failed |= ratio > RATIO_BUDGET
    for file in (paths.PAWL_STUB, paths.PAWL_BOOT, paths.PAWL_INIT):
        print(f"{os.path.getsize(file):>12,} bytes  {file.name}")
    failed |= os.path.getsize(paths.PAWL_STUB) > STUB_BUDGET
    if failed:
        print("over budget")
    return int(failed)


sys.exit(main())
