# SPDX-License-Identifier: BSD-2-Clause
"""The harness itself, proven with Debian's own parts: loader, stub, kernel. If these fail, look here first."""
import pytest

from lib import image, paths, probe, uki
from lib.machine import Machine

CMDLINE = b"console=ttyS0 quiet panic=-1"


@pytest.fixture(scope="session")
def debian_disk(kernel, probe_initrd, signing, tmp_path_factory):
    """A disk with Debian's loader and a UKI made of Debian's stub and kernel, both signed."""
    folder = tmp_path_factory.mktemp("debian")
    plain = uki.build(folder / "plain.efi", folder, linux=kernel.linux, initrd=probe_initrd, cmdline=CMDLINE)
    signed = signing(plain, folder / "signed.efi")
    boot = signing(paths.DEBIAN_BOOT, folder / "boot.efi")
    disk = folder / "disk.img"
    image.build_disk(disk, free=0, esp_files={
        "EFI/BOOT/BOOTX64.EFI": boot, "EFI/Linux/debian.efi": signed, "loader/loader.conf": b"timeout 0\n"})
    return disk, plain


@pytest.mark.parametrize("secure_boot, banks", [(True, "sha256"), (False, "sha1,sha256"), (False, "sha256,sha384")])
def test_debian_chain_measures_what_we_compute(debian_disk, tpm, tmp_path, secure_boot, banks):
    disk, plain = debian_disk
    with Machine(tmp_path, disks=[disk], snapshot=True, tpm=tpm(banks), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    assert set(report.pcrs) == set(banks.split(","))
    for bank in banks.split(","):
        assert report.pcrs[bank][11] == uki.pcr11(plain, bank, order=uki.MEASURED_252)
    assert report.variables["SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"] == bytes([secure_boot])
    assert report.cmdline == CMDLINE.decode()
    assert report.variable("StubInfo").startswith("systemd-stub 252")


def test_without_tpm(debian_disk, tmp_path):
    disk, _ = debian_disk
    with Machine(tmp_path, disks=[disk], snapshot=True, secure_boot=False) as m:
        report = probe.wait_report(m)
    assert report.pcrs == {}
