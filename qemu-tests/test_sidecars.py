# SPDX-License-Identifier: BSD-2-Clause
"""Credential files beside an image: Pawl's stub packs and measures them as systemd's does, to the byte, and they arrive in
the initrd."""
import contextlib
import json

from lib import chain, eventlog, paths, probe, product, sidecars, uki
from lib.interposer import Interposer
from lib.machine import Machine

# tests/golden/credentials.cpio holds the first of them
OWN = {"b.cred": b"the second\n", "a.cred": b"x", "Z.cred": b"", "long-name.with.dots.cred": bytes(range(13))}
SHARED = {"net.cred": b"shared by all images on this partition"}
GOLDEN = paths.TOP / "tests/golden/credentials.cpio"
EV_IPL = 0xD


def files_on_esp(image, own=None, shared=None, more=None):
    """What `chain.disk` puts on the boot partition beside an image."""
    files = {f"{sidecars.beside(image)}/{name}": content for name, content in (OWN if own is None else own).items()}
    files |= {f"{sidecars.GLOBAL}/{name}": content for name, content in (SHARED if shared is None else shared).items()}
    return files | (more or {})


def build(folder, kernel, initrd, stub):
    folder.mkdir()
    return uki.build(folder / "plain.efi", folder, stub=stub, linux=kernel.linux, initrd=initrd, cmdline=chain.CMDLINE)


def pcr12_events(report):
    """[(type, label, digest)] of what went to PCR 12."""
    return [(e.type, e.data.decode("utf-16-le").rstrip("\0"), e.digests["sha256"])
            for e in eventlog.read(report.event_log) if e.pcr == 12]


def extended(*digests):
    value = bytes(32)
    for one in digests:
        value = uki.extend(value, one, "sha256")
    return value.hex()


def arrived(report, folder):
    head = f"/.extra/{folder}/"
    return {path.removeprefix(head): content for path, content in report.files.items() if path.startswith(head)}


def boot(tmp_path, name, disk, tpm, secure_boot=True):
    (tmp_path / name).mkdir()
    with Machine(tmp_path / name, disks=[disk], tpm=tpm, secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
        return report, m.console.text


def foretold_and_verified(folder, report):
    """`pawl uki measure` says PCR 12 beforehand; `pawl log verify` finds the archives of these files in the log."""
    words = []
    for option, name, files in (("--credentials", "own", OWN), ("--global-credentials", "shared", SHARED)):
        (folder / name).mkdir()
        for file, content in files.items():
            (folder / name / file).write_bytes(content)
        words.append(f"{option}={folder / name}")
    image = folder / "plain.efi"
    said = json.loads(product.pawl("uki", "measure", "--json", "--bank=sha256", *words, image).stdout)
    assert said["config"] == {"pcr": 12, "digests": {"sha256": report.pcrs["sha256"][12].lower()}}
    (folder / "log").write_bytes(report.event_log)
    (folder / "pcrs").write_text(json.dumps({"sha256": {str(n): report.pcrs["sha256"][n] for n in range(16)}}))
    verify = ["log", "verify", "--json", f"--firmware-log={folder / 'log'}", f"--pcrs={folder / 'pcrs'}", f"--uki={image}"]
    judged = json.loads(product.pawl(*verify, *words).stdout)
    assert (judged["result"], judged["uki"]["matches"], judged["uki"]["others"]) == ("agree", True, 0)
    (folder / "own/a.cred").write_bytes(b"y")
    assert product.pawl(*verify, *words, check=False).returncode == 1


def test_same_as_systemds_stub(kernel, probe_initrd, signing, tpm, tmp_path):
    """Debian's stub (252) and Pawl's, with the same files: the same events, the same PCR 12, the same files in the initrd."""
    own, shared = sidecars.digest("credentials", OWN), sidecars.digest("global_credentials", SHARED)
    assert sidecars.archive("credentials", OWN) == GOLDEN.read_bytes()
    reports = {}
    for name, stub in (("debian", paths.DEBIAN_STUB), ("pawl", paths.PAWL_STUB)):
        plain = build(tmp_path / f"{name}-uki", kernel, probe_initrd, stub)
        # what neither takes: another suffix, a hidden file, a name that is not ASCII, a folder
        more = files_on_esp("EFI/BOOT/BOOTX64.EFI", more={
            "EFI/BOOT/BOOTX64.EFI.extra.d/notes.txt": b"no", "EFI/BOOT/BOOTX64.EFI.extra.d/.hidden.cred": b"no",
            "EFI/BOOT/BOOTX64.EFI.extra.d/folder.cred/x.cred": b"no"})
        disk = chain.disk(tmp_path / f"{name}-uki", signing, boot=None, image_file=plain, more=more)
        reports[name], _ = boot(tmp_path, name, disk.disk, tpm())
    for name, report in reports.items():
        assert pcr12_events(report) == [(EV_IPL, "Credentials initrd", own),
                                        (EV_IPL, "Global credentials initrd", shared)]
        assert report.pcrs["sha256"][12] == extended(own, shared)
        assert arrived(report, "credentials") == OWN
        assert arrived(report, "global_credentials") == SHARED
        assert report.variable("StubPcrKernelParameters") == "12"
        foretold_and_verified(tmp_path / f"{name}-uki", report)
    eventlog.check(reports["pawl"])
    assert reports["pawl"].variable("StubPcrKernelImage") == "11"
    features = reports["pawl"].variables["StubFeatures-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"]
    assert features[0] & 2


def test_boot_counter_is_no_part_of_the_folder(kernel, probe_initrd, signing, tpm, tmp_path):
    """Started by Pawl's loader, which counts the image down before."""
    plain = build(tmp_path / "uki", kernel, probe_initrd, paths.PAWL_STUB)
    disk = chain.disk(tmp_path / "uki", signing, boot=paths.PAWL_BOOT, image_file=plain, name="os+3",
                      more=files_on_esp("EFI/Linux/os.efi", shared={}))
    report, _ = boot(tmp_path, "boot", disk.disk, tpm())
    assert report.variable("StubImageIdentifier") == r"\EFI\Linux\os+2-1.efi"
    assert arrived(report, "credentials") == OWN
    assert report.pcrs["sha256"][12] == extended(sidecars.digest("credentials", OWN))


def test_over_a_limit_the_folder_is_left_out(kernel, probe_initrd, signing, tpm, tmp_path):
    """The other folder, and the boot, go on."""
    plain = build(tmp_path / "uki", kernel, probe_initrd, paths.PAWL_STUB)
    many = {f"{n}.cred": b"" for n in range(65)}
    disk = chain.disk(tmp_path / "uki", signing, boot=None, image_file=plain,
                      more=files_on_esp("EFI/BOOT/BOOTX64.EFI", shared=many))
    report, said = boot(tmp_path, "boot", disk.disk, tpm())
    assert r"pawl-stub: \loader\credentials: " in said and "none of its credentials is used" in said
    assert arrived(report, "global_credentials") == {}
    assert arrived(report, "credentials") == OWN
    assert report.pcrs["sha256"][12] == extended(sidecars.digest("credentials", OWN))


def test_a_tpm_that_refuses_them(kernel, probe_initrd, signing, tpm, tmp_path):
    """What the TPM did not take is not handed over: after the first error EDK2 takes no measurement any more, so PCR 12
    could not be poisoned either."""
    plain = build(tmp_path / "uki", kernel, probe_initrd, paths.PAWL_STUB)
    disk = chain.disk(tmp_path / "uki", signing, boot=None, image_file=plain,
                      more=files_on_esp("EFI/BOOT/BOOTX64.EFI"))
    bus = Interposer(tpm(), rules=["error=0x101 PCR_Extend pcr=12 times=1"])
    with contextlib.closing(bus):
        report, said = boot(tmp_path, "boot", disk.disk, bus)
    assert "pawl-stub: the TPM did not accept Credentials initrd" in said
    assert arrived(report, "credentials") == arrived(report, "global_credentials") == {}
    assert report.variable("StubPcrKernelParameters") is None
    assert report.variable("StubPcrKernelImage") is None
    assert report.pcrs["sha256"][12] == extended()
