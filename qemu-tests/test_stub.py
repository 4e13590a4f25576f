# SPDX-License-Identifier: BSD-2-Clause
"""Pawl's stub on a real firmware: what it measures, hands over and tells the OS. UKIs are made by objcopy here, so that
only the stub is Pawl's."""
import contextlib
import hashlib
import re
import struct
import subprocess

import pytest

from lib import assets, chain, cpio, eventlog as events, paths, probe, uki
from lib.interposer import Interposer
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


EV_EFI_BOOT_SERVICES_APPLICATION = 0x80000003

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


@pytest.mark.parametrize("secure_boot, banks", [
    (True, "sha256"), (False, "sha1,sha256"), pytest.param(True, "sha256,sha384", marks=pytest.mark.long)])
def test_measures_hands_over_and_tells(direct, tpm, tmp_path, secure_boot, banks):
    with Machine(tmp_path, disks=[direct.disk], snapshot=True, tpm=tpm(banks), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    replay = eventlog(tmp_path, report)
    # the image is in PCR 4 once; the kernel inside has no event of its own, with and without Secure Boot
    assert sum(e.type == EV_EFI_BOOT_SERVICES_APPLICATION for e in events.read(report.event_log)) == 1
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


def entry_disk(folder, kernel, own_initrd, sign, options, initrd=None):
    """A UKI with two profiles, started by Debian's loader with `options` as its load options, and with `initrd`."""
    folder.mkdir(parents=True, exist_ok=True)
    # objcopy refuses a name that is there already: the second profile's sections are renamed afterwards
    plain = uki.build(folder / "plain.efi", folder, stub=paths.PAWL_STUB, linux=kernel.linux, initrd=own_initrd,
                      cmdline=chain.CMDLINE,
                      last=[(".profile", b"ID=main\n"), (".2rofile", b"ID=other\n"), (".2mdline", b"console=ttyS0 two")])
    data = plain.read_bytes()
    plain.write_bytes(data.replace(b".2rofile", b".profile", 1).replace(b".2mdline", b".cmdline", 1))
    entry = f"title test\nlinux /EFI/Linux/test.efi\noptions {options}\n".encode()
    more = {}
    if initrd:
        entry += b"initrd /earlier\n"
        more["earlier"] = initrd
    return chain.disk(folder, sign, boot=paths.DEBIAN_BOOT, image_file=plain,
                      loader_conf=b"timeout 0\ndefault entry.conf\n", more={"loader/entries/entry.conf": entry, **more})


def labels(log):
    """[(PCR, label)] of the EV_IPL events of a log with a SHA-256 bank only."""
    found, off = [], log.index(b"Spec ID Event03") + 33
    while off < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, off)
        assert count == 1
        size, = struct.unpack_from("<I", log, off + 12 + 2 + 32)
        data = log[off + 50:off + 50 + size]
        if kind == 0xD:
            found.append((pcr, data.decode("utf-16-le").rstrip("\0")))
        off += 50 + size
    return found


def extended(*pieces):
    """PCR 12 in the SHA-256 bank after these bytes were measured."""
    value = bytes(32)
    for piece in pieces:
        value = uki.extend(value, hashlib.sha256(piece).digest(), "sha256")
    return value.hex()


def utf16(text):
    return (text + "\0").encode("utf-16-le")


@pytest.mark.parametrize("secure_boot, options, cmdline, stub_measures", [
    (False, "console=ttyS0 mine", "console=ttyS0 mine", [utf16("console=ttyS0 mine")]),
    (True, "console=ttyS0 mine", chain.CMDLINE.decode(), []),
])
def test_command_line_and_profile(kernel, probe_initrd, signing, tpm, tmp_path, secure_boot, options, cmdline,
                                  stub_measures):
    made = entry_disk(tmp_path / "disk", kernel, probe_initrd, signing, options)
    with Machine(tmp_path, disks=[made.disk], tpm=tpm(), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    assert report.cmdline == cmdline
    # Debian's loader measures the options of an entry, then the stub what it uses of them
    assert report.pcrs["sha256"][12] == extended(utf16(options), *stub_measures)
    assert report.variable("StubPcrKernelParameters") == ("12" if stub_measures else None)
    assert report.files["/.extra/profile"] == b"ID=main\n"
    assert report.variable("StubProfile") == "0"


def test_second_profile(kernel, probe_initrd, signing, tpm, tmp_path):
    made = entry_disk(tmp_path / "disk", kernel, probe_initrd, signing, "@1")
    with Machine(tmp_path, disks=[made.disk], tpm=tpm(), secure_boot=True) as m:
        report = probe.wait_report(m)
    assert report.cmdline == "console=ttyS0 two"
    assert report.files["/.extra/profile"] == b"ID=other\n"
    assert report.variable("StubProfile") == "1"
    assert report.pcrs["sha256"][12] == extended(utf16("@1"), utf16("1"))


@pytest.mark.parametrize("first", [1, 6])
def test_a_tpm_that_refuses_costs_no_boot(direct, tpm, tmp_path, first):
    """The OS is not told that the image was measured; PCR 11 is not what a policy was signed for."""
    bus = Interposer(tpm(), rules=[f"error=0x101 PCR_Extend pcr=11 from={first}"])
    with contextlib.closing(bus), Machine(tmp_path, disks=[direct.disk], snapshot=True, tpm=bus, secure_boot=True) as m:
        report = probe.wait_report(m)
        assert "pawl-stub: the TPM did not accept" in m.console.text
    assert report.variable("StubPcrKernelImage") is None
    assert report.pcrs["sha256"][11] != uki.pcr11(direct.uki, "sha256")
    assert report.cmdline == chain.CMDLINE.decode()


@pytest.mark.parametrize("secure_boot", [True, False])
def test_earlier_initrd(kernel, probe_initrd, signing, tpm, tmp_path, secure_boot):
    """Debian's loader offers an entry's initrd by the same protocol. With Secure Boot on it is not used; with it off it
    is measured to PCR 12."""
    earlier = cpio.archive({".extra": None, ".extra/earlier": b"from outside"})
    made = entry_disk(tmp_path / "disk", kernel, probe_initrd, signing, "console=ttyS0 given", initrd=earlier)
    with Machine(tmp_path, disks=[made.disk], tpm=tpm(), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    assert report.files["/.extra/os-release"] == uki.OSREL
    events = [name for pcr, name in labels(report.event_log) if pcr == 12]
    if secure_boot:
        assert "/.extra/earlier" not in report.files
        assert report.cmdline == chain.CMDLINE.decode()
        assert "Earlier initrd" not in events
    else:
        assert report.files["/.extra/earlier"] == b"from outside"
        assert events[-1] == "Earlier initrd"
        assert report.pcrs["sha256"][12] == extended(
            utf16(report.cmdline), utf16(report.cmdline), earlier + bytes(-len(earlier) % 4))
