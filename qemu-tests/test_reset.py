# SPDX-License-Identifier: BSD-2-Clause
"""A factory reset from the request to the new system, and what is left of the old one."""
import hashlib
import json
import os
import random
import re
import time

import pytest

from lib import image, paths, product
from lib.installation import LOGIN, PROMPT, RECOVERY_KEY, Installation
from lib.interposer import Interposer
from lib.run import CommandFailed, run

MARKER = b"a secret of the first owner, 4 KiB of which stand in a file "
SECRET = (MARKER * 80)[:4096]
REPORT = "/var/lib/pawl/reset-report.json"


def ask(one, *args, before=""):
    """In the running system; then it restarts by itself, which ends QEMU."""
    with one.boot("ask") as m:
        m.login()
        m.run(f"for i in $(seq 80); do printf '%s' '{MARKER.decode()}'; done | head -c 4096 >/var/secret && sync")
        if before:
            m.run(before)
        m.send_line(f"pawl reset request --yes {' '.join(args)}")
        m.wait_off()


def reset_boot(one, *expected, never=()):
    """The boot that does it: (console text). It restarts, which ends QEMU."""
    with one.boot("reset") as m:
        for text in expected:
            m.expect(text, timeout=240, never=(PROMPT, LOGIN, *never))
        m.expect("reset: the machine is as it came, and restarts", timeout=240, never=(PROMPT, LOGIN))
        m.wait_off()
        return m.console.text


def new_key(text):
    return re.search(RECOVERY_KEY, text).group(0)


def opens(volume, key, folder):
    path = folder / "typed.key"
    path.write_text(key)
    r = run("cryptsetup", "open", "--test-passphrase", "--disable-external-tokens", "--key-file", path, volume, check=False)
    return r.returncode == 0


@pytest.fixture(scope="module")
def set_back(installed, tmp_path_factory):
    """(machine after a whole reset, its old state volume, the report of the new system)"""
    folder = tmp_path_factory.mktemp("reset")
    one = installed.fork(folder / "fork")
    nobody = "setpriv --reuid=daemon --regid=daemon --clear-groups pawl reset request --yes --no-reboot"
    ask(one, before=f"pawl tpm setup && ! {nobody} && pawl reset status; test $? = 1")
    old = image.read_part(one.disk, "state", folder / "old.luks")
    text = reset_boot(one, "reset: step 1 of 6", "keys: .*proven gone", "TPM: cleared", "step 6 of 6")
    with one.boot("new") as m:
        m.login(never=(PROMPT,))
        assert m.run("pawl reset status", check=False)[1].split()[0] == "off"
        assert m.run("ls /var/secret", check=False)[0] != 0
        report = json.loads(m.read_file(REPORT))
        variables = m.run("ls /sys/firmware/efi/efivars")[1]
        m.send_line("poweroff")
        m.wait_off()
    assert "PawlResetState" not in variables and "FactoryResetRequest" not in variables
    yield one, old, report, new_key(text)
    one.close()


@pytest.mark.long
def test_old_and_new_do_not_open_each_other(set_back, installed, tmp_path):
    one, old, report, key = set_back
    new = image.read_part(one.disk, "state", tmp_path / "new.luks")
    assert opens(old, installed.recovery_key, tmp_path) and opens(new, key, tmp_path), "the controls"
    assert not opens(new, installed.recovery_key, tmp_path) and not opens(old, key, tmp_path)
    assert report["TPM"] == "cleared" and any("proven gone" in text for text in report.values())
    # the old header under the TPM as it is now, and the new one under the TPM of before
    mixed = one.fork(tmp_path / "mixed")
    image.replace_part(mixed.disk, "state", old)
    assert not mixed.opens_by_itself()[0]
    mixed.close()


def test_nothing_of_before_is_on_the_disk(set_back, tmp_path):
    one, old, _, _ = set_back
    before = old.read_bytes()
    size = 16 << 20
    blocks = {before[i:i + 4096] for i in range(0, size, 4096)} - {bytes(4096)}
    after = one.disk.read_bytes()
    assert len(blocks) > 10
    found = [at for at in range(0, len(after), 4096) if after[at:at + 4096] in blocks]
    assert found == []
    assert MARKER not in after


# --- interruptions ---

@pytest.fixture(scope="module")
def asked(installed, tmp_path_factory):
    """A machine with a TPM that was set up, off, and a request for its next boot."""
    one = installed.fork(tmp_path_factory.mktemp("asked") / "fork")
    ask(one, before="pawl tpm setup")
    yield one
    one.close()


def comes_to_an_end(one):
    """Boots, without a person, until the new system is there; it is as after a reset without interruption."""
    for _ in range(4):
        with one.boot("again") as m:
            said = m.expect("reset: the machine is as it came", LOGIN, timeout=300, never=(PROMPT, "powers off in"))
            if said.re.pattern != LOGIN:
                m.wait_off()
                continue
            m.login_here()
            assert m.run("pawl reset status", check=False)[1].split()[0] == "off"
            assert m.run("ls /var/secret", check=False)[0] != 0
            assert m.run("findmnt -no FSTYPE /var")[1].strip() == "ext4"
            assert json.loads(m.read_file(REPORT))
            variables = m.run("ls /sys/firmware/efi/efivars")[1]
            assert "PawlResetState" not in variables and "FactoryResetRequest" not in variables
            m.send_line("poweroff")
            m.wait_off()
            return
    raise AssertionError("it does not come to an end")


STEPS = ["step 1 of 6", "step 2 of 6", "step 3 of 6", "TPM: cleared", "step 4 of 6", "removed", "step 5 of 6", "encrypting",
         "making an ext4", "made anew", "step 6 of 6", "the machine is as it came"]


@pytest.mark.long
@pytest.mark.parametrize("words", STEPS)
def test_power_cut_at_a_step(asked, tmp_path, words):
    one = asked.fork(tmp_path / "fork")
    with one.boot("cut", lossy=True) as m:
        m.expect(f"pawl-init: .*{words}", timeout=240, never=(PROMPT, LOGIN))
        m.cut_power(seed=STEPS.index(words))
    comes_to_an_end(one)
    one.close()


@pytest.mark.long
@pytest.mark.parametrize("n", range(20))
def test_power_cut_at_a_random_moment(asked, tmp_path, n):
    """Somewhere between the first word of the reset and its last, which are about six seconds apart."""
    one = asked.fork(tmp_path / "fork")
    with one.boot("cut", lossy=True) as m:
        m.expect("reset: this machine is given back", timeout=240, never=(PROMPT, LOGIN))
        time.sleep(6 * random.Random(n).random())  # the moment is what is tested
        m.cut_power(seed=n)
    comes_to_an_end(one)
    one.close()


# --- TPMs ---

def reports(one):
    with one.boot("new") as m:
        m.login(never=(PROMPT,))
        report = json.loads(m.read_file(REPORT))
        m.send_line("poweroff")
        m.wait_off()
    return report


def firmware_is_asked(one, key, outcome):
    """The reset hands the clearing to the firmware, which asks a person at its next start; `key` answers. One QEMU for both starts: the
    request lies in memory that outlives a restart, not the end of QEMU."""
    with one.boot("firmware", restarts=True) as m:
        m.expect("the firmware will ask at its next start", timeout=240, never=(PROMPT, LOGIN))
        m.expect("(?i)press .*(f12|esc)", timeout=120)
        m.send_key(key)
        m.expect(f"TPM: {outcome}", timeout=300, never=(PROMPT, LOGIN))
        m.expect("reset: the machine is as it came", timeout=240, never=(PROMPT, LOGIN))
        m.cut_power()


@pytest.mark.long
def test_clear_disabled(asked, tmp_path):
    one = asked.fork(tmp_path / "fork")
    env = {**os.environ, "TPM2TOOLS_TCTI": one.tpm.start_for_host()}
    run("tpm2_clearcontrol", "-Q", "-C", "p", "s", env=env)
    one.tpm.stop()
    firmware_is_asked(one, "esc", "NOT CLEARED")
    assert reports(one)["TPM"].startswith("NOT CLEARED")
    one.close()


@pytest.mark.long
def test_no_tpm(asked, tmp_path):
    one = asked.fork(tmp_path / "fork")
    with one.boot("reset", tpm=False) as m:
        m.expect("TPM: NOT CLEARED", timeout=240, never=(PROMPT, LOGIN))
        m.expect("only with the recovery key", timeout=60)
        m.expect("reset: the machine is as it came", timeout=240, never=(PROMPT, LOGIN))
        m.wait_off()
        key = new_key(m.console.text)
    with one.boot("new", tpm=False) as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
        m.send_line(key)
        m.login()
        assert json.loads(m.read_file(REPORT))["TPM"].startswith("NOT CLEARED")
    one.close()


@pytest.mark.long
def test_silent_tpm(asked, tmp_path):
    """It stops answering once its clearing began."""
    one = asked.fork(tmp_path / "fork")
    bus = Interposer(one.tpm, ["hang any after=PCR_Extend from=400"])
    with one.boot("reset", tpm=bus) as m:
        m.expect("step 3 of 6", timeout=240, never=(PROMPT, LOGIN))
        bus.rule("hang any")
        m.expect("TPM: NOT CLEARED", timeout=240, never=(PROMPT, LOGIN))
        m.expect("reset: the machine is as it came", timeout=300, never=(PROMPT, LOGIN))
        m.cut_power()
    bus.close()
    one.close()


@pytest.mark.long
@pytest.mark.parametrize("key, cleared", [("f12", True), ("esc", False)])
def test_foreign_lockout_password(installed, tmp_path, key, cleared):
    """The firmware is asked once, and asks a person."""
    one = installed.fork(tmp_path / "fork")
    ask(one, before="tpm2_changeauth -Q -c lockout somebody")
    firmware_is_asked(one, key, "cleared" if cleared else "NOT CLEARED")
    assert reports(one)["TPM"].startswith("cleared" if cleared else "NOT CLEARED")
    one.close()


# --- what is not the owner's ---

@pytest.mark.long
def test_unmarked_volume_is_not_touched(factory, tmp_path):
    """Byte for byte, everything outside the marked partition and the table itself."""
    release = factory.release("two-reset", definitions=product.two_volumes(tmp_path))
    one = Installation(tmp_path / "machine", factory.disk(release, tmp_path / "disk.img")).first_boot()
    ask(one)
    people = image.read_part(one.disk, "people", tmp_path / "before").read_bytes()
    reset_boot(one, "not marked for a reset, left as it is")
    assert image.read_part(one.disk, "people", tmp_path / "after").read_bytes() == people
    one.close()


@pytest.mark.long
def test_a_disk_in_trouble_beside_another_one(asked, factory, release, tmp_path):
    """The backup copy of the partition table is broken (some firmware mends it before us), the boot partition is full, and a disk of the same kind hangs on SATA."""
    one = asked.fork(tmp_path / "fork")
    other = factory.disk(release, tmp_path / "other.img")
    before = hashlib.sha256(other.read_bytes()).digest()
    with one.disk.open("r+b") as f:
        f.seek(-512, os.SEEK_END)
        assert f.read(8) == b"EFI PART"
        f.seek(-512, os.SEEK_END)
        f.write(bytes(512))
    full(one.disk, tmp_path)
    table = {p["node"]: (p["start"], p["size"]) for p in image.partitions(one.disk)}
    sata = ["-drive", f"if=none,id=other,format=raw,file={other}", "-device", "ide-hd,drive=other"]
    with one.boot("reset", extra=sata) as m:
        m.expect("keys: .*proven gone", timeout=240, never=(PROMPT, LOGIN))
        m.expect("reset: the machine is as it came", timeout=300, never=(PROMPT, LOGIN))
        m.wait_off()
    assert hashlib.sha256(other.read_bytes()).digest() == before
    assert {p["node"]: (p["start"], p["size"]) for p in image.partitions(one.disk)} == table
    with one.boot("new", extra=sata) as m:
        m.login(never=(PROMPT,))
        assert m.run("ls /var/secret", check=False)[0] != 0
    one.close()


def full(disk, folder):
    """Fills the boot partition."""
    for size in (64 << 20, 8 << 20, 1 << 20, 64 << 10, 4 << 10):
        filler = folder / "filler"
        with filler.open("wb") as f:
            f.truncate(size)
        for n in range(1000):
            try:
                image.esp_put(disk, filler, f"filler-{size}-{n}")
            except CommandFailed:
                break


@pytest.mark.long
def test_request_of_another_os(asked, tmp_path):
    one = asked.fork(tmp_path / "fork")
    other = '{"osReleaseId":"fedora","bootId":"ffffffffffffffffffffffffffffffff"}'
    with one.boot("other") as m:  # the genuine request runs first; the other one is put into the new system's variables
        m.expect("reset: the machine is as it came", timeout=300)
        m.wait_off()
    with one.boot("set") as m:
        m.login(never=(PROMPT,))
        m.run("touch /var/stays && sync")
        name = "FactoryResetRequest-8cf2644b-4b0b-428f-9387-6d876050dc67"
        m.run(f"(printf '\\007\\000\\000\\000'; printf '%s' '{other}' | iconv -t UTF-16LE) >/tmp/request")
        m.run(f"cat /tmp/request >/sys/firmware/efi/efivars/{name}")  # efivarfs takes a variable in one write
        assert m.run("pawl reset status", check=False)[1].split()[0] == "other"
        m.send_line("poweroff")
        m.wait_off()
    with one.boot("ignored") as m:
        m.login(never=(PROMPT, "reset: "))
        assert m.run("ls /var/stays")[0] == 0
    one.close()


@pytest.mark.long
def test_asked_for_in_the_boot_menu(factory, installed, tmp_path):
    """A profile of the image: chosen by a person, confirmed by a person, and then a request like any other."""
    reset = tmp_path / "reset.efi"
    product.pawl("uki", "build", "--profile=ID=factory-reset\nTITLE=Factory reset", f"--cmdline={product.CMDLINE}",
                 f"--stub={paths.PAWL_STUB}", "-o", reset)
    one = installed.fork(tmp_path / "fork")
    image.esp_put(one.disk, factory.release("menu", more=["--join-profile", reset]).uki, "EFI/Linux/demo_1.efi")
    image.esp_put(one.disk, b"timeout 10\n", "loader/loader.conf")
    for answer, said in (("no", "no factory reset: nothing was changed"), ("yes", "begins after a restart")):
        with one.boot(answer) as m:
            m.expect("Factory reset", timeout=120)
            m.send("j\r")
            m.expect("type 'yes' to do it", timeout=240, never=(PROMPT, LOGIN))
            m.send_line(answer)
            m.expect(said, timeout=60)
            m.send_line()
            m.wait_off()
    reset_boot(one, "step 1 of 6")
    assert reports(one)["TPM"] == "cleared"
    one.close()
