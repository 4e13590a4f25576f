# SPDX-License-Identifier: BSD-2-Clause
"""Pawl's boot loader on a real firmware, driven over the serial line."""
import hashlib
import struct

import pytest

from lib import chain, eventlog, image, paths, probe, uki
from lib.machine import Machine

BROKEN = "broken.efi"


def osrel(title, version):
    return f'ID=pawl-test\nPRETTY_NAME="{title}"\nVERSION_ID={version}\n'.encode()


def profile_of(title):
    return (".profile", f"ID=x\nTITLE={title}\n".encode())


@pytest.fixture(scope="module")
def make_uki(kernel, probe_initrd, tmp_path_factory):
    """make(title, version, cmdline, extra) -> an unsigned UKI of Debian's stub; of Pawl's with `stub`."""
    made = {}

    def make(title="One", version="1", cmdline=chain.CMDLINE, extra=(), stub=paths.DEBIAN_STUB):
        key = (title, version, cmdline, tuple(extra), stub)
        if key not in made:
            folder = tmp_path_factory.mktemp("uki")
            made[key] = uki.build(folder / "plain.efi", folder, stub=stub, linux=kernel.linux, initrd=probe_initrd,
                                  cmdline=cmdline, osrel=osrel(title, version), extra=extra)
        return made[key]

    return make


def make_disk(folder, sign, images, conf=b"timeout 0\n"):
    """A disk with Pawl's loader; `images` is {file name: unsigned UKI, or bytes as they are to be}."""
    files = {"EFI/BOOT/BOOTX64.EFI": sign(paths.PAWL_BOOT, folder / "boot.efi")}
    if conf is not None:
        files["loader/loader.conf"] = conf
    for name, one in images.items():
        files[f"EFI/Linux/{name}"] = one if isinstance(one, bytes) else sign(one, folder / f"signed-{name}")
    target = folder / "disk.img"
    image.build_disk(target, free=0, esp_files=files)
    return target


def extends(*pieces, algorithm="sha256"):
    value = bytes(hashlib.new(algorithm).digest_size)
    for piece in pieces:
        value = uki.extend(value, hashlib.new(algorithm, piece).digest(), algorithm)
    return value.hex()


def utf16(text):
    return text.encode("utf-16-le") + b"\0\0"


@pytest.mark.parametrize("secure_boot", [True, False])
def test_starts_the_newest_and_tells_the_os(make_uki, signing, tpm, tmp_path, secure_boot):
    new = make_uki(version="10")
    disk = make_disk(tmp_path, signing, {"b.efi": make_uki(version="9"), "a.efi": new})
    with Machine(tmp_path, disks=[disk], tpm=tpm("sha1,sha256"), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    for bank in ("sha1", "sha256"):
        assert report.pcrs[bank][11] == uki.pcr11(new, bank, order=uki.MEASURED_252)
        assert report.pcrs[bank][12] == "0" * 2 * hashlib.new(bank).digest_size
    eventlog.check(report)
    assert report.variable("LoaderInfo").startswith("pawl-boot ")
    assert report.variable("LoaderEntries") == "a.efi\0b.efi"
    assert report.variable("LoaderEntrySelected") == "a.efi"
    assert report.variable("LoaderBootCountPath") is None
    assert report.variable("LoaderImageIdentifier").upper() == r"\EFI\BOOT\BOOTX64.EFI"
    assert report.variable("LoaderFirmwareType").startswith("UEFI 2.")
    assert len(report.variable("LoaderDevicePartUUID")) == 36
    assert 0 < int(report.variable("LoaderTimeInitUSec")) < int(report.variable("LoaderTimeExecUSec"))
    features, = struct.unpack("<Q", report.variables["LoaderFeatures-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"])
    assert features == 0b110000000011111
