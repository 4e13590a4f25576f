# SPDX-License-Identifier: BSD-2-Clause
"""A disk with one loader and one UKI: any loader, any stub. What the interop tests and the benchmark boot."""
import dataclasses
import pathlib

from . import image

CMDLINE = b"console=ttyS0 quiet panic=-1"


@dataclasses.dataclass
class Chain:
    disk: pathlib.Path
    uki: pathlib.Path   # before signing; the sections are the same


def disk(folder, sign, *, boot, image_file, loader_conf=b"timeout 0\n", name="test", more=None):
    """Signs loader and UKI and puts them on a new disk. `boot` None: the UKI itself is what the firmware starts."""
    signed = sign(image_file, folder / f"{name}-signed.efi")
    files = {f"EFI/Linux/{name}.efi": signed, "loader/loader.conf": loader_conf, **(more or {})}
    files["EFI/BOOT/BOOTX64.EFI"] = sign(boot, folder / "boot-signed.efi") if boot else signed
    target = folder / f"{name}.img"
    image.build_disk(target, free=0, esp_files=files)
    return Chain(target, image_file)
