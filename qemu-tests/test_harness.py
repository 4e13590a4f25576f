# SPDX-License-Identifier: BSD-2-Clause
"""The harness itself, proven with Debian's own parts: loader, stub, kernel. If these fail, look here first."""
import pytest

from lib import chain, eventlog, image, probe, uki
from lib.machine import Machine


@pytest.mark.parametrize("secure_boot, banks", [
    (True, "sha256"), pytest.param(False, "sha1,sha256", marks=pytest.mark.long),
    pytest.param(False, "sha256,sha384", marks=pytest.mark.long)])
def test_debian_chain_measures_what_we_compute(debian_disk, tpm, tmp_path, secure_boot, banks):
    disk, plain = debian_disk.disk, debian_disk.uki
    with Machine(tmp_path, disks=[disk], snapshot=True, tpm=tpm(banks), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    eventlog.check(report)
    assert set(report.pcrs) == set(banks.split(","))
    for bank in banks.split(","):
        assert report.pcrs[bank][11] == uki.pcr11(plain, bank, order=uki.MEASURED_252)
    assert report.variables["SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"] == bytes([secure_boot])
    assert report.cmdline == chain.CMDLINE.decode()
    assert report.variable("StubInfo").startswith("systemd-stub 252")


def test_without_tpm(debian_disk, tmp_path):
    disk = debian_disk.disk
    with Machine(tmp_path, disks=[disk], snapshot=True, secure_boot=False) as m:
        report = probe.wait_report(m)
    assert report.pcrs == {}


def test_power_cut_and_frozen_tpm_leave_a_machine_that_boots(debian_disk, tpm, tmp_path):
    one = tpm()
    with Machine(tmp_path, disks=[debian_disk.disk], snapshot=True, tpm=one, secure_boot=False) as m:
        m.expect("BdsDxe: starting")
        one.freeze()
        m.cut_power()
        assert not m.is_running()
    with Machine(tmp_path, disks=[debian_disk.disk], snapshot=True, tpm=one, secure_boot=False) as m:
        assert probe.wait_report(m).pcrs["sha256"][11] == uki.pcr11(debian_disk.uki, "sha256", order=uki.MEASURED_252)


def test_tampered_uki_is_refused_by_the_firmware(debian_disk, tpm, tmp_path):
    """The control for every test in which Secure Boot refuses: here the byte flipped is in the kernel."""
    copy = image.copy(debian_disk.disk, tmp_path / "disk.img")
    efi = bytearray(image.esp_get(copy, "EFI/Linux/test.efi"))
    efi[uki.sections_of(debian_disk.uki)[".linux"][3] + 100_000] ^= 1
    image.esp_put(copy, bytes(efi), "EFI/Linux/test.efi")
    with Machine(tmp_path, disks=[copy], tpm=tpm()) as m:
        m.expect("Access denied|Access Denied|Security Violation", never=("^PROBE",))
