# SPDX-License-Identifier: BSD-2-Clause
"""Pawl's boot loader on a real firmware, driven over the serial line."""
import hashlib
import struct

import pytest

from lib import chain, eventlog, image, paths, probe, uki
from lib.interposer import Interposer
from lib.machine import Machine


def osrel(title, version):
    return f'ID=pawl-test\nPRETTY_NAME="{title}"\nVERSION_ID={version}\n'.encode()


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


def test_measures_loader_conf(make_uki, signing, tpm, tmp_path):
    conf = b"timeout menu-disabled\ndefault b*\n"
    disk = make_disk(tmp_path, signing, {"b.efi": make_uki(version="9"), "a.efi": make_uki(version="10")}, conf)
    with Machine(tmp_path, disks=[disk], tpm=tpm(), secure_boot=True) as m:
        report = probe.wait_report(m)
    assert report.variable("LoaderEntrySelected") == "b.efi"
    tagged = [e for e in eventlog.check(report) if e.pcr == 5 and e.type == 6]
    name = "loader.conf".encode("utf-16-le") + b"\0\0"
    assert [e.data for e in tagged] == [struct.pack("<II", 0xF5BC582A, len(name)) + name]
    assert tagged[0].digests["sha256"] == hashlib.sha256(conf).digest()


def test_does_not_use_what_the_tpm_refuses(make_uki, signing, tpm, tmp_path):
    """The firmware's own events of PCR 5 (partition table, separator) are accepted, loader.conf is not."""
    conf = b"timeout menu-disabled\ndefault b*\n"
    disk = make_disk(tmp_path, signing, {"b.efi": make_uki(version="9"), "a.efi": make_uki(version="10")}, conf)
    bus = Interposer(tpm(), ["error=0x101 PCR_Extend pcr=5 from=3"])
    with Machine(tmp_path, disks=[disk], tpm=bus, secure_boot=True) as m:
        m.expect(r"loader\.conf is not used: the TPM reported an error")
        report = probe.wait_report(m)
    assert report.variable("LoaderEntrySelected") == "a.efi"
    # this firmware says from then on that there is no TPM
    assert report.variable("StubPcrKernelImage") is None
    assert report.pcrs["sha256"][11] == "0" * 64


def test_menu_on_a_serial_line(make_uki, signing, tpm, tmp_path):
    """A person picks another entry, and writes another command line for it."""
    disk = make_disk(tmp_path, signing, {"b.efi": make_uki("Old", "9"), "a.efi": make_uki("New", "10")}, b"timeout 60\n")
    with Machine(tmp_path, disks=[disk], tpm=tpm(), secure_boot=False) as m:
        m.expect(r"> 1 New  10")
        m.expect(r"  2 Old  9")
        m.expect("Starting in 60 s")
        m.send("\x1b[B\x1b[A\x1b[B")
        m.expect(r"> 2 Old  9")
        m.send("e")
        m.expect(r"> " + chain.CMDLINE.decode())
        m.send(" pawl.editex\x7fd")
        m.expect("pawl.edited")
        m.send("\r")
        report = probe.wait_report(m)
    text = chain.CMDLINE.decode() + " pawl.edited"
    assert report.variable("LoaderEntrySelected") == "b.efi"
    assert int(report.variable("LoaderTimeMenuUSec")) > 0
    assert report.cmdline == text
    eventlog.check(report)
    # by the loader, then by the stub
    assert report.pcrs["sha256"][12] == extends(utf16(text), utf16(text))


def test_editor_is_off_under_secure_boot(make_uki, signing, tpm, tmp_path):
    disk = make_disk(tmp_path, signing, {"a.efi": make_uki()}, b"timeout 60\neditor yes\n")
    with Machine(tmp_path, disks=[disk], tpm=tpm(), secure_boot=True) as m:
        m.expect("Starting in 60 s")
        m.send("e")
        m.send("xyz\r")
        report = probe.wait_report(m)
        assert "e: edit" not in m.console.text
    assert report.cmdline == chain.CMDLINE.decode()
    assert report.pcrs["sha256"][12] == "0" * 64


def with_profiles(efi, *titles):
    """Adds `.profile` sections to a UKI; objcopy wants each name once, so they are named afterwards."""
    folder = efi.parent
    target = folder / "profiles.efi"
    address = max(va + vs for va, vs, _, _ in uki.sections_of(efi).values())
    words = []
    for n, title in enumerate(titles):
        (folder / f"p{n}").write_bytes(f"ID=p{n}\nTITLE={title}\n".encode())
        address = (address + 0xFFF) & ~0xFFF
        words += ["--add-section", f".profil{n}={folder}/p{n}", "--change-section-vma",
                  f".profil{n}={uki.image_base(efi) + address:#x}", "--set-section-flags", f".profil{n}=data,readonly"]
        address += 0x1000
    uki.run("objcopy", *words, efi, target)
    data = target.read_bytes()
    for n in range(len(titles)):
        data = data.replace(f".profil{n}".encode(), b".profile", 1)
    target.write_bytes(data)
    return target


def test_profiles(make_uki, signing, tpm, tmp_path):
    plain = make_uki("OS", "1", stub=paths.PAWL_STUB)
    disk = make_disk(tmp_path, signing, {"a.efi": with_profiles(plain, "Normal", "Reset")}, b"timeout 60\ndefault *@1\n")
    with Machine(tmp_path, disks=[disk], tpm=tpm(), secure_boot=True) as m:
        # a default is never another profile
        m.expect(r"> 1 OS \(Normal\)  1")
        m.expect(r"  2 OS \(Reset\)  1")
        m.send("j\r")
        report = probe.wait_report(m)
    assert report.variable("LoaderEntries") == "a.efi\0a.efi@1"
    assert report.variable("LoaderEntrySelected") == "a.efi@1"
    assert report.variable("StubProfile") == "1"
    # the image knows its file, although the firmware got it from memory
    assert report.variable("StubImageIdentifier") == r"\EFI\Linux\a.efi"
    assert report.files["/.extra/profile"] == b"ID=p1\nTITLE=Reset\n"
    eventlog.check(report)
    # the options by the loader, then the number by the stub
    assert report.pcrs["sha256"][12] == extends(utf16("@1"), utf16("1"))


def test_counts_tries(make_uki, signing, tpm, tmp_path):
    disk = make_disk(tmp_path, signing, {"new+1.efi": make_uki("New", "10"), "old.efi": make_uki("Old", "9")})
    chosen, counted = [], []
    for _ in range(2):
        with Machine(tmp_path, disks=[disk], tpm=tpm(), secure_boot=True) as m:
            report = probe.wait_report(m)
        chosen.append(report.variable("LoaderEntrySelected"))
        counted.append(report.variable("LoaderBootCountPath"))
        assert image.esp_list(disk, "EFI/Linux") == ["/EFI/Linux/new+0-1.efi", "/EFI/Linux/old.efi"]
    assert chosen == ["new.efi", "old.efi"]
    assert counted == [r"\EFI\Linux\new+0-1.efi", None]


def test_names_after_a_power_cut_and_read_only_files(make_uki, signing, tmp_path):
    """Of the two names that a cut in the rename leaves, the lower count is used. A read-only file is not counted, and so
    it is not bad either."""
    one = make_uki("New", "10")
    disk = make_disk(tmp_path, signing, {"new+3-0.efi": one, "new+2-1.efi": one, "fixed+0-3.efi": make_uki("New", "11")},
                     b"default new*\n")
    uki.run("mattrib", "+r", "-i", f"{disk}@@{image.ESP_START}", "::/EFI/Linux/fixed+0-3.efi")
    with Machine(tmp_path, disks=[disk], secure_boot=False) as m:
        report = probe.wait_report(m)
    assert report.variable("LoaderEntries") == "fixed.efi\0new.efi"
    assert report.variable("LoaderBootCountPath") == r"\EFI\Linux\new+1-2.efi"


@pytest.mark.parametrize("what", ["flipped", pytest.param("truncated", marks=pytest.mark.long)])
def test_what_cannot_start_leads_to_the_menu(make_uki, signing, tpm, tmp_path, what):
    good, new = make_uki("Good", "1"), make_uki("Broken", "2")
    signed = bytearray(signing(new, tmp_path / "new.efi").read_bytes())
    if what == "flipped":
        signed[len(signed) // 2] ^= 1
    if what == "truncated":
        del signed[len(signed) // 2:]
    disk = make_disk(tmp_path, signing, {"good.efi": good, "broken.efi": bytes(signed)})
    with Machine(tmp_path, disks=[disk], tpm=tpm(), secure_boot=True) as m:
        if what == "flipped":
            m.expect(r"pawl-boot: broken\.efi was not started: access denied", never=("Linux version",))
            m.expect("next: sign it")
            m.expect("> 1 Broken")
            m.send("j\r")
        else:
            m.expect(r"pawl-boot: .EFI.Linux.broken\.efi is not in the menu: ")
        report = probe.wait_report(m)
    assert report.variable("LoaderEntrySelected") == "good.efi"
    assert report.pcrs["sha256"][11] == uki.pcr11(good, "sha256", order=uki.MEASURED_252)
