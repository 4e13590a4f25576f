# SPDX-License-Identifier: BSD-2-Clause
"""What pawl-init does not do to a disk, and how a boot ends when it cannot go on."""
import re
import time

import pytest

from lib import image
from lib.installation import LOGIN, PROMPT, RECOVERY_KEY, Installation
from lib.machine import Machine
from lib.product import two_volumes
from lib.run import run

OFF = r"powers off"
PROMPT_WORDS = "not opened by itself"
NEVER = (LOGIN, PROMPT, r"^# $")


@pytest.fixture
def fresh(factory, release, tmp_path):
    """A machine before its first boot."""
    one = Installation(tmp_path / "machine", factory.disk(release, tmp_path / "disk.img"))
    yield one
    one.close()


def labels(disk):
    return [p.get("name") for p in image.partitions(disk)]


def refuses(one, said, **how):
    """The boot ends with `said` and power off, and the disk's table is as it was."""
    before = labels(one.disk)
    with one.boot(**how) as m:
        m.expect(said, timeout=240, never=NEVER)
        m.expect(OFF, timeout=60, never=NEVER)
        m.send_line("")
        m.wait_off()
    assert labels(one.disk) == before and "state" not in before


@pytest.mark.long
def test_two_disks_with_the_loader_stop_the_boot(fresh, tmp_path):
    clone = image.copy(fresh.disk, tmp_path / "clone.img")
    with Machine(tmp_path / "two", disks=[fresh.disk, clone], tpm=fresh.tpm) as m:
        m.expect("unplug the copy", timeout=240, never=NEVER)
        m.expect(OFF, timeout=60, never=NEVER)
        m.send_line("")
        m.wait_off()
    assert "state" not in labels(fresh.disk) + labels(clone)


def test_signature_in_free_space_is_not_overwritten(fresh):
    last = max(image.partitions(fresh.disk), key=lambda p: p["start"])
    place = (last["start"] + last["size"]) * 512
    mark = b"LUKS\xba\xbe\x00\x02" + bytes(504)
    with open(fresh.disk, "r+b") as f:
        f.seek(place)
        f.write(mark)
    refuses(fresh, r"holds a signature \(crypto_LUKS\)")
    with open(fresh.disk, "rb") as f:
        f.seek(place)
        assert f.read(512) == mark


@pytest.mark.long
def test_copies_that_disagree_stop_the_first_boot(fresh, tmp_path):
    """Both whole, each for itself: a backup that is merely damaged is repaired by OVMF before anyone looks."""
    other = image.copy(fresh.disk, tmp_path / "other.img")
    run("sfdisk", "--quiet", "--part-label", other, 2, "older")
    tail = other.read_bytes()[-33 * 512:]
    with open(fresh.disk, "r+b") as f:
        f.seek(-len(tail), 2)
        f.write(tail)
    refuses(fresh, "two copies of the partition table do not agree")
    assert fresh.disk.read_bytes()[-len(tail):] == tail


def test_no_space_is_told(factory, release, tmp_path):
    one = Installation(tmp_path / "machine", factory.disk(release, tmp_path / "disk.img", free=16 * image.MIB))
    refuses(one, r"50-state\.conf: needs 128 MiB")
    one.close()


def test_first_boot_without_secure_boot_enrols_only_the_recovery_key(fresh):
    with fresh.boot(secure_boot=False) as m:
        m.expect(r"will NOT open by itself.*Secure Boot", timeout=240, never=(PROMPT,))
        m.login()
        key = re.search(RECOVERY_KEY, m.console.text).group(0)
        m.send_line("poweroff")
        m.wait_off()
    with fresh.boot(secure_boot=False) as m:
        m.expect("no TPM is enrolled", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30)
        m.send_line(key)
        m.expect(LOGIN, timeout=240)


@pytest.mark.long
def test_unfinished_volume_is_made_anew(machine_at_home, tmp_path):
    """As a cut before the last step of the first boot leaves it."""
    old = machine_at_home.recovery_key
    state = image.read_part(machine_at_home.disk, "state", tmp_path / "state.luks")
    run("cryptsetup", "config", "--label", "pawl-unfinished", state)
    image.replace_part(machine_at_home.disk, "state", state)
    machine_at_home.first_boot()
    assert machine_at_home.recovery_key != old
    opened, said = machine_at_home.opens_by_itself()
    assert opened, said[-2000:]


def test_prompt_takes_wrong_keys_and_gives_up(machine_at_home):
    with machine_at_home.boot(tpm=False) as m:
        m.expect("no TPM", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30)
        m.send_line("not the key")
        m.expect(r"19 tries left", timeout=60, never=(LOGIN,))
        m.expect(PROMPT, timeout=60)
        m.send_line("")
        m.expect(r"power off\? ", timeout=30)
        m.send_line("no")
        m.expect(PROMPT, timeout=30)
        m.send_line("")
        m.expect(r"power off\? ", timeout=30)
        m.send_line("yes")
        m.expect(OFF, timeout=60, never=(LOGIN,))
        m.send_line("")
        m.wait_off()


@pytest.mark.long
def test_missing_init_powers_off(machine_at_home, factory):
    """Everything was opened already: it is closed again, the fuse is blown, and there is no shell."""
    other = factory.release("no-init", cmdline="init=/nowhere")
    image.esp_put(machine_at_home.disk, other.uki, "EFI/Linux/demo_1.efi")
    with machine_at_home.boot() as m:
        m.expect("/nowhere: not in the root", timeout=240, never=NEVER)
        m.expect(OFF, timeout=60, never=NEVER)
        m.send_line("")
        m.wait_off()


@pytest.mark.long
def test_slow_person_still_gets_in(machine_at_home):
    """The TPM's time limit counts its own commands, not the time that a person takes. Waiting is the test itself."""
    with machine_at_home.boot(secure_boot=False) as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
        time.sleep(15)
        m.send_line(machine_at_home.recovery_key)
        m.expect(LOGIN, timeout=240, never=(OFF,))


def erased_volume_keeps_the_other_shut(one, folder):
    """Who makes one volume look unfinished gets a new one and its recovery key: the genuine one must not be open beside it.
    Once a person opened that, both are one set again."""
    people = image.read_part(one.disk, "people", folder / "people.luks")
    run("cryptsetup", "config", "--label", "pawl-unfinished", people)
    image.replace_part(one.disk, "people", people)
    with one.boot("erased") as m:
        m.expect("is empty or unfinished while", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30)
        m.send_line(one.recovery_key)
        m.login()
        m.send_line("poweroff")
        m.wait_off()
    opened, said = one.opens_by_itself()
    assert opened, said[-2000:]
    one.close()


@pytest.mark.long
def test_two_volumes_open_together_or_not_at_all(factory, tmp_path):
    """One sealed object opens both. With one of them swapped, the other must not open by itself either."""
    two = factory.release("two-volumes", definitions=two_volumes(tmp_path))
    one, his = (Installation(tmp_path / name, factory.disk(two, tmp_path / f"{name}.img")).first_boot()
                for name in ("one", "his"))
    with one.boot() as m:
        m.login()
        assert PROMPT_WORDS not in m.console.text
        assert m.run("findmnt -no SOURCE /home")[1].strip() == "/dev/mapper/home"
        assert m.run("findmnt -no SOURCE /var")[1].strip() == "/dev/mapper/var"
        m.run("pawl log verify")
        m.send_line("poweroff")
        m.wait_off()
    erased_volume_keeps_the_other_shut(one.fork(tmp_path / "erased"), tmp_path)
    image.replace_part(one.disk, "people", image.read_part(his.disk, "people", tmp_path / "fake.luks"))
    with one.boot() as m:
        m.expect("does not belong to the same set", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30)
    one.close()
    his.close()
