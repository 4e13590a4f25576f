# SPDX-License-Identifier: BSD-2-Clause
"""Pawl's stub on a real firmware: what it measures, hands over and tells the OS. UKIs are made by objcopy here, so that
only the stub is Pawl's."""
import re
import subprocess

import pytest

from lib import assets, chain, paths, probe, uki
from lib.machine import Machine

PCRSIG = b'{"sha256":[]}'
PCRPKEY = b"-----BEGIN PUBLIC KEY-----\nnot a key: the stub only hands it on\n-----END PUBLIC KEY-----\n"
UNAME = b"6.1-test"


def own_disk(folder, kernel, initrd, sign, *, boot=None, cmdline=chain.CMDLINE, extra=(), name="test"):
    """A disk with a UKI of Pawl's stub; without `boot` the firmware starts it itself."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = uki.build(folder / "plain.efi", folder, stub=paths.PAWL_STUB, linux=kernel.linux, initrd=initrd,
                      cmdline=cmdline, extra=[(".uname", UNAME), (".pcrsig", PCRSIG), (".pcrpkey", PCRPKEY), *extra])
    return chain.disk(folder, sign, boot=boot, image_file=plain, name=name)


@pytest.fixture(scope="module")
def direct(kernel, probe_initrd, signing, tmp_path_factory):
    return own_disk(tmp_path_factory.mktemp("direct"), kernel, probe_initrd, signing)


@pytest.fixture(scope="module")
def loaded(kernel, probe_initrd, signing, tmp_path_factory):
    return own_disk(tmp_path_factory.mktemp("loaded"), kernel, probe_initrd, signing, boot=paths.DEBIAN_BOOT)


# tpm2-tools 5.4 wants EV_IPL events in these PCRs only; every UKI stub has them in PCR 11 as well (UAPI.5).
KNOWN_WARNING = re.compile(r"WARN: Event \d+ is unexectedly not extending either PCR 8, 9, 12 or 14")


def eventlog(folder, report):
    """What tpm2_eventlog says of the firmware's log, as {bank: {PCR: hex}}; it must warn of nothing else."""
    file = folder / "eventlog"
    file.write_bytes(report.event_log)
    done = subprocess.run(["tpm2_eventlog", file], capture_output=True, text=True, check=True)
    assert [line for line in done.stderr.splitlines() if not KNOWN_WARNING.fullmatch(line)] == []
    replay, bank = {}, None
    for line in done.stdout.split("\npcrs:\n")[1].splitlines():
        if value := re.fullmatch(r"\s+(\d+)\s*: 0x([0-9a-f]+)", line):
            replay[bank][int(value[1])] = value[2]
        else:
            bank = line.strip(" :")
            replay[bank] = {}
    return replay


@pytest.mark.parametrize("secure_boot, banks", [(True, "sha256"), (False, "sha1,sha256"), (True, "sha256,sha384")])
def test_measures_hands_over_and_tells(direct, tpm, tmp_path, secure_boot, banks):
    with Machine(tmp_path, disks=[direct.disk], snapshot=True, tpm=tpm(banks), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    replay = eventlog(tmp_path, report)
    for bank in banks.split(","):
        predicted = uki.pcr11(direct.uki, bank)
        assert report.pcrs[bank][11] == predicted
        assert replay[bank][11] == predicted
        assert report.pcrs[bank][12] == "0" * len(predicted)
    assert report.cmdline == chain.CMDLINE.decode()
    assert report.files["/.extra/tpm2-pcr-signature.json"] == PCRSIG
    assert report.files["/.extra/tpm2-pcr-public-key.pem"] == PCRPKEY
    assert report.files["/.extra/os-release"] == uki.OSREL
    assert report.variable("StubInfo").startswith("pawl-stub ")
    assert report.variable("StubPcrKernelImage") == "11"
    assert report.variable("StubPcrKernelParameters") is None
    assert report.variable("StubProfile") == "0"
    assert report.variable("StubImageIdentifier").upper() == r"\EFI\BOOT\BOOTX64.EFI"
    assert report.variable("LoaderDevicePartUUID") == report.variable("StubDevicePartUUID") != None  # noqa: E711
    assert report.variable("LoaderFirmwareType").startswith("UEFI 2.")


def test_starts_under_debians_loader(loaded, tpm, tmp_path):
    with Machine(tmp_path, disks=[loaded.disk], snapshot=True, tpm=tpm(), secure_boot=True) as m:
        report = probe.wait_report(m)
    assert report.pcrs["sha256"][11] == uki.pcr11(loaded.uki, "sha256")
    assert report.variable("LoaderInfo").startswith("systemd-boot")
    assert report.variable("StubImageIdentifier") == r"\EFI\Linux\test.efi"


def test_without_tpm(direct, tmp_path):
    with Machine(tmp_path, disks=[direct.disk], snapshot=True, secure_boot=False) as m:
        report = probe.wait_report(m)
    assert report.pcrs == {}
    assert report.variable("StubPcrKernelImage") is None
    assert report.variable("StubInfo").startswith("pawl-stub ")
    assert report.files["/.extra/os-release"] == uki.OSREL


def test_refuses_a_kernel_signed_for_secure_boot(kernel, probe_initrd, signing, tpm, tmp_path):
    """Such a kernel would also start without the image around it, with an initrd of the attacker's choice."""
    signed = signing(kernel.linux, tmp_path / "vmlinuz.signed")
    own = assets.Kernel(signed, kernel.release, kernel.modules)
    disk = own_disk(tmp_path / "disk", own, probe_initrd, signing)
    with Machine(tmp_path, disks=[disk.disk], tpm=tpm(), secure_boot=True) as m:
        m.expect(r"pawl-stub: the kernel \(\.linux\): refused", never=("^PROBE",))
    with Machine(tmp_path, disks=[disk.disk], tpm=tpm(), secure_boot=False) as m:
        assert probe.wait_report(m).pcrs["sha256"][11] == uki.pcr11(disk.uki, "sha256")
