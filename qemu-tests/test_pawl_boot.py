# SPDX-License-Identifier: BSD-2-Clause
"""Pawl's loader and stub on a real firmware: what is predicted is what the log says is what the TPM holds."""
import hashlib
import json

import pytest

from lib import chain, eventlog, paths, probe, product, uki
from lib.machine import Machine
from test_stub import eventlog as read_by_tpm2_tools


@pytest.fixture(scope="session")
def made(kernel, probe_initrd, tmp_path_factory):
    """The probe in a UKI by `pawl uki build`, and the same by objcopy from Pawl's and from Debian's stub."""
    folder = tmp_path_factory.mktemp("ukis")
    initrd = folder / "initrd"
    initrd.write_bytes(probe_initrd)
    parts = {"linux": kernel.linux, "initrd": probe_initrd, "cmdline": chain.CMDLINE}
    built = folder / "pawl.efi"
    product.pawl("uki", "build", f"--linux={kernel.linux}", f"--initrd={initrd}", f"--cmdline={chain.CMDLINE.decode()}",
                 f"--os-release={uki.OSREL.decode()}", f"--stub={paths.PAWL_STUB}", f"--output={built}")
    return {
        "pawl": built,
        "pawl by objcopy": uki.build(folder / "objcopy.efi", folder, stub=paths.PAWL_STUB, **parts),
        "debian": uki.build(folder / "debian.efi", folder, stub=paths.DEBIAN_STUB, **parts),
    }


def predict(efi, banks):
    """{bank: PCR 11 in hex} when the stub is done, by `pawl uki measure`."""
    said = json.loads(product.pawl("uki", "measure", "--json", "--bank=" + ",".join(banks), efi).stdout)
    assert said["pcr"] == 11
    return next(row["digests"] for row in said["phases"] if row["phase"] == "")


LOADERS = {"pawl": paths.PAWL_BOOT, "debian": paths.DEBIAN_BOOT, "none": None}
CASES = [  # loader, UKI, Secure Boot, banks
    ("pawl", "pawl", True, "sha256"),
    ("pawl", "pawl", False, "sha1,sha256"),
    pytest.param("pawl", "pawl", True, "sha256,sha384", marks=pytest.mark.long),
    ("debian", "pawl", True, "sha256"),
    ("none", "pawl", True, "sha256"),
    pytest.param("pawl", "pawl by objcopy", True, "sha256", marks=pytest.mark.long),
    ("pawl", "debian", True, "sha1,sha256"),
]


@pytest.mark.parametrize("loader, kind, secure_boot, banks", CASES)
def test_predicted_is_logged_is_in_the_tpm(made, signing, tpm, tmp_path, loader, kind, secure_boot, banks):
    efi, banks = made[kind], banks.split(",")
    disk = chain.disk(tmp_path, signing, boot=LOADERS[loader], image_file=efi).disk
    with Machine(tmp_path, disks=[disk], tpm=tpm(",".join(banks)), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    disk.unlink()

    order = uki.MEASURED_252 if kind == "debian" else uki.MEASURED
    predicted = predict(efi, banks)
    events = eventlog.check(report)
    theirs = read_by_tpm2_tools(tmp_path, report)
    assert set(report.pcrs) == set(banks)
    for bank in banks:
        assert report.pcrs[bank][11] == uki.pcr11(efi, bank, order=order)
        if kind != "debian":  # 252 does not measure what 262 and Pawl do (.sbat)
            assert report.pcrs[bank][11] == predicted[bank]
        assert theirs[bank][11] == report.pcrs[bank][11]
        # Nothing was given to the kernel but what is in the image.
        if loader != "debian":
            assert report.pcrs[bank][12] == "00" * hashlib.new(bank).digest_size
    assert report.cmdline == chain.CMDLINE.decode()
    assert any(e.pcr == 11 for e in events)
    # 252's stub leaves out .sbat, which the plan has: its log is held against the TPM only.
    _our_log_reader_agrees(report, None if kind == "debian" else efi, tmp_path)
    if kind != "debian":
        _stub_told(report)


def _our_log_reader_agrees(report, efi, folder):
    """`pawl log` comes to the TPM's values; with one PCR changed it says no (status 1), not that it cannot tell."""
    log, pcrs = folder / "firmware.log", folder / "pcrs.json"
    log.write_bytes(report.event_log)
    shown = json.loads(product.pawl("log", "show", "--json", f"--firmware-log={log}").stdout)["replay"]
    for bank, values in report.pcrs.items():
        assert {int(pcr): value for pcr, value in shown[bank].items()} == \
            {pcr: value for pcr, value in eventlog.replay(eventlog.read(report.event_log), bank).items()}
    words = ["log", "verify", f"--firmware-log={log}", f"--pcrs={pcrs}", *([f"--uki={efi}"] if efi else [])]
    values = {bank: {str(pcr): value for pcr, value in all_pcrs.items() if pcr != eventlog.IMA_PCR}
              for bank, all_pcrs in report.pcrs.items()}
    pcrs.write_text(json.dumps(values))
    product.pawl(*words)
    next(iter(values.values()))["11"] = "00" * (len(next(iter(values.values()))["11"]) // 2)
    pcrs.write_text(json.dumps(values))
    assert product.pawl(*words, check=False).returncode == 1


def _stub_told(report):
    assert report.variable("StubPcrKernelImage") == "11"
    assert report.variable("StubInfo").startswith("pawl")
    assert report.variable("LoaderDevicePartUUID")
    assert report.files["/.extra/os-release"] == uki.OSREL


def test_boots_without_a_tpm(made, signing, tmp_path):
    disk = chain.disk(tmp_path, signing, boot=paths.PAWL_BOOT, image_file=made["pawl"]).disk
    with Machine(tmp_path, disks=[disk]) as m:
        report = probe.wait_report(m)
    assert report.pcrs == {} and report.variable("StubPcrKernelImage") is None


@pytest.mark.parametrize("secure_boot", [True, False])
def test_a_command_line_from_the_loader(made, signing, tpm, tmp_path, secure_boot):
    """Secure Boot on: ignored. Off: it counts, and PCR 12 shows it."""
    other = b"console=ttyS0 quiet panic=-1 other=1"
    entry = b"title other\nefi /EFI/Linux/test.efi\noptions " + other + b"\n"
    disk = chain.disk(tmp_path, signing, boot=paths.DEBIAN_BOOT, image_file=made["pawl"],
                      loader_conf=b"timeout 0\ndefault other.conf\n", more={"loader/entries/other.conf": entry}).disk
    with Machine(tmp_path, disks=[disk], tpm=tpm(), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    eventlog.check(report)
    assert report.pcrs["sha256"][11] == uki.pcr11(made["pawl"], "sha256")
    if secure_boot:
        assert report.cmdline == chain.CMDLINE.decode()
    else:
        assert report.cmdline == other.decode()
        assert report.pcrs["sha256"][12] != "00" * 32
        assert report.variable("StubPcrKernelParameters") == "12"
