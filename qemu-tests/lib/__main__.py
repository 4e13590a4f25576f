# SPDX-License-Identifier: BSD-2-Clause
"""python3 -m qemu-tests.lib: makes what all boots need, so that no single test is slow for it."""
from . import assets, debian, os_root


def main():
    print(f"kernel {assets.kernel().release}")
    print(f"root file system {os_root.base()}")
    print(f"Debian with its initrd {debian.base()}")


main()
