# SPDX-License-Identifier: BSD-2-Clause
"""The life of a machine: first boot, opening by itself, what must not open by itself, an update."""
import pytest

from lib import bootoption, eventlog, image, paths, uki
from lib.installation import LOGIN, PROMPT, Installation
from lib.swtpm import Swtpm

NAME = "EFI/Linux/demo_1.efi"
LOG = "/sys/kernel/security/tpm0/binary_bios_measurements"


def test_opens_by_itself_and_the_key_is_gone_afterwards(machine_at_home):
    with machine_at_home.boot() as m:
        m.login()
        assert m.run("findmnt -no FSTYPE /var")[1].strip() == "ext4"
        assert m.run("findmnt -no FSTYPE /")[1].strip() == "erofs"
        assert "roothash=" in m.run("cat /proc/cmdline")[1]
        m.run("pawl tpm status")
        m.run("pawl log verify")
        volume = m.run("cryptsetup status $(findmnt -no SOURCE /var) | awk '$1 == \"device:\" {print $2}'")[1].strip()
        status, said = m.run(f"pawl disk test {volume}", check=False)
        assert status == 1, said


def test_prompt_without_secure_boot_and_the_recovery_key_opens(machine_at_home):
    with machine_at_home.boot(secure_boot=False) as m:
        m.expect("why: PCRs changed: PCR 7", timeout=240, never=(LOGIN, PROMPT))
        m.expect("why: PCR 7: Secure Boot was turned off", timeout=30, never=(LOGIN, PROMPT))
        m.expect("SUSPICIOUS", timeout=30, never=(LOGIN, PROMPT))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))
        m.send_line(machine_at_home.recovery_key)
        m.login()
        assert m.run("findmnt -no FSTYPE /var")[1].strip() == "ext4"
        status, said = m.run("pawl disk explain $(cryptsetup status $(findmnt -no SOURCE /var) | awk '$1 == \"device:\" {print $2}')", check=False)
        assert status == 1 and "PCR 7" in said and "Secure Boot was turned off" in said, said


def test_prompt_with_another_command_line(machine_at_home, release):
    """Secure Boot is off, and a loader that is not ours gives its own line to the genuine image: it is used, but measured."""
    entry = f"title x\nefi /{NAME}\noptions {release.cmdline} another.word\n"
    image.esp_put(machine_at_home.disk, paths.DEBIAN_BOOT, "EFI/BOOT/BOOTX64.EFI")
    image.esp_put(machine_at_home.disk, entry.encode(), "loader/entries/x.conf")
    image.esp_put(machine_at_home.disk, b"timeout 0\ndefault x.conf\n", "loader/loader.conf")
    with machine_at_home.boot(secure_boot=False) as m:
        m.expect("why: PCR 12: another command line", timeout=240, never=(LOGIN, PROMPT))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))
        m.send_line(machine_at_home.recovery_key)
        m.login()
        assert "another.word" in m.run("cat /proc/cmdline")[1]
        events = eventlog.read(m.read_file(LOG))
        assert any(e.pcr == 12 for e in events), "the line was used and not measured"


@pytest.mark.long
def test_command_line_is_ignored_with_secure_boot(machine_at_home):
    """The firmware starts the genuine image itself, with a line in the boot option: the line in the image counts."""
    with machine_at_home.boot("set-option") as m:
        m.login(never=(PROMPT,))
        bootoption.set_next(m, machine_at_home.disk, NAME, "console=ttyS0 init=/bin/sh another.word")
        m.send_line("poweroff")
        m.wait_off()
    with machine_at_home.boot() as m:
        m.expect("starting Boot00AA", timeout=120)
        m.login(never=(PROMPT,))
        line = m.run("cat /proc/cmdline")[1]
        assert "roothash=" in line and "another.word" not in line
        assert not [e for e in eventlog.read(m.read_file(LOG)) if e.pcr == 12]


def test_prompt_with_a_signed_image_that_has_no_policy(machine_at_home, factory):
    """Signed for Secure Boot by the same key, but PCR 11 was never signed."""
    other = factory.release("other", sign_pcrs=False, initrd_files={"/etc/other": paths.TOP / "LICENSE"})
    image.esp_put(machine_at_home.disk, other.uki, NAME)
    with machine_at_home.boot() as m:
        m.expect("why: signature missing for this image", timeout=240, never=(LOGIN, PROMPT))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))


def test_flipped_byte_never_starts(machine_at_home, release):
    efi = bytearray(image.esp_get(machine_at_home.disk, NAME))
    efi[uki.sections_of(release.uki)[".initrd"][3] + 5000] ^= 1
    image.esp_put(machine_at_home.disk, bytes(efi), NAME)
    with machine_at_home.boot() as m:
        m.expect("(?i)access denied|security violation|not signed|signature", timeout=120, never=(LOGIN, PROMPT))


def test_prompt_with_another_tpm(machine_at_home, tmp_path):
    with Swtpm(tmp_path / "other-tpm") as other:
        with machine_at_home.boot(tpm=other) as m:
            m.expect("why: different TPM", timeout=240, never=(LOGIN, PROMPT))
            m.expect(PROMPT, timeout=30, never=(LOGIN,))


def test_prompt_without_tpm(machine_at_home):
    with machine_at_home.boot(tpm=False) as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
        m.send_line(machine_at_home.recovery_key)
        m.login()


def test_update_opens_by_itself(machine_at_home, factory):
    """Another initrd, signed by the same policy key, becomes the default: version 2 sorts before version 1."""
    two = factory.release("two", version="2", initrd_files={"/etc/two": paths.TOP / "LICENSE"})
    image.esp_put(machine_at_home.disk, two.uki, "EFI/Linux/demo_2.efi")
    opened, said = machine_at_home.opens_by_itself()
    assert opened, said[-2000:]


@pytest.mark.long
@pytest.mark.parametrize("banks", ["sha1,sha256", "sha256,sha384"])
def test_installs_and_opens_with_other_banks(factory, release, tmp_path, banks):
    one = Installation(tmp_path, factory.disk(release, tmp_path / "disk.img"), banks)
    try:
        one.first_boot()
        opened, said = one.opens_by_itself()
        assert opened, said[-2000:]
    finally:
        one.close()
