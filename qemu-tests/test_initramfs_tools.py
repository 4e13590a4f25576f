# SPDX-License-Identifier: BSD-2-Clause
"""A stock Debian initrd (initramfs-tools, cryptsetup-initramfs) opens its root by the TPM, and nobody else's system gets what it
opened: neither a swapped root, nor a shell of the initrd, nor the running system."""
import pytest

from lib import cpio, debian, image
from lib.installation import LOGIN, Installation
from lib.run import run

ASKED = r"Please unlock disk root: *$"
SHELL = r"^\(initramfs\) *$"
TIMEOUT = 300


@pytest.fixture(scope="session")
def system(kernel, tmp_path_factory):
    return debian.System(tmp_path_factory.mktemp("debian-system"))


@pytest.fixture(scope="session")
def enrolled(system, tmp_path_factory):
    """The machine after a first boot with the passphrase, in which the TPM was enrolled in the running system."""
    folder = tmp_path_factory.mktemp("enrolled")
    one = Installation(folder, system.disk(folder / "disk.img", system.uki("one")))
    with one.boot("enrol") as m:
        m.expect(r"no TPM enrolment holds for this boot", timeout=TIMEOUT)
        m.expect(ASKED, timeout=60)
        m.send_line(debian.PASSPHRASE)
        m.login(timeout=TIMEOUT)
        assert m.run("cat /proc/mounts")[1].count("/dev/mapper/root / ext4") == 1
        m.run(f"PASSWORD='{debian.PASSPHRASE}' pawl disk enroll --tpm2 /dev/vda2", timeout=120)
        power_off(m)
    yield one
    one.close()


@pytest.fixture
def home(enrolled, tmp_path):
    one = enrolled.fork(tmp_path / "fork")
    yield one
    one.close()


def power_off(m):
    m.send_line("poweroff")
    m.wait_off()


def start(one, uki):
    image.esp_put(one.disk, uki, "EFI/BOOT/BOOTX64.EFI")


def words_of(m):
    """The phase words and volume keys of this boot, in the order of the user log."""
    said = m.run("tr '\\036' '\\n' </run/log/systemd/tpm2-measure.log | sed -n 's/.*\"string\" *: *\"\\([^\"]*\\)\".*/\\1/p'")[1]
    return said.split()


def test_opens_by_itself_and_only_then(home, system):
    with home.boot() as m:
        m.login(timeout=TIMEOUT, never=(ASKED,))
        assert "root: opened by the TPM" in m.console.text
        words = words_of(m)
        assert words[:3] == ["enter-initrd", f"cryptsetup:root:{system.uuid}", "leave-initrd"], words
        assert words.count("leave-initrd") == 1
        m.run("pawl log verify")
        assert m.run("pawl disk test --type=tpm2 /dev/vda2", check=False)[0] == 1, "nothing opens in the running system"
        power_off(m)


def test_a_swapped_root_gets_nothing(home, system, tmp_path):
    """The attacker's volume has the genuine UUID and his passphrase, and holds a system of his; the genuine header, under another
    UUID, lies on a second disk. He is root in a boot of the genuine image, and tries."""
    header = image.read_part(home.disk, "root", tmp_path / "genuine")
    run("cryptsetup", "luksUUID", "-q", "--uuid", "70617770-0000-4000-8000-00000000000f", header)
    key = bytes(range(64))
    evil = tmp_path / "evil.luks"
    debian.luks(evil, system.filesystem.stat().st_size, "attacker", key)
    run("cryptsetup", "luksUUID", "-q", "--uuid", system.uuid, evil)
    debian.fill(evil, system.filesystem, key)
    image.replace_part(home.disk, "root", evil)
    tried = "pawl disk test --type=tpm2 --tpm2-signature=/run/systemd/tpm2-pcr-signature.json /dev/vdb"
    with home.boot(extra=["-drive", f"if=none,id=genuine,format=raw,file={header}", "-device",
                          "virtio-blk-pci,drive=genuine"]) as m:
        m.expect("no TPM enrolment holds", timeout=TIMEOUT, never=(LOGIN,))
        m.expect(ASKED, timeout=60, never=(LOGIN,))
        m.send_line("attacker")
        m.login(timeout=TIMEOUT)
        assert "leave-initrd" in words_of(m)
        assert m.run(tried, check=False)[0] == 1
        m.run("pawl phase --force --again enter-initrd")
        assert m.run(tried, check=False)[0] == 1
        m.cut_power()


@pytest.mark.long
def test_only_the_volume_that_the_image_names(home, system, tmp_path):
    """What the TPM releases opens a volume, but not the one of the image: an attacker can seal a secret of his own under the same
    policy. It is not mapped, and the reason is told."""
    volumes = system.tree / "etc/pawl/initramfs-volumes"
    name, uuid, digest = volumes.read_text().split()
    other = f"{name} {uuid} {'0' * len(digest)} signed-os\n".encode()
    both = tmp_path / "initrd"
    stock = system.initrd.read_bytes()
    both.write_bytes(stock + bytes(-len(stock) % 4) + cpio.archive({"etc/pawl/initramfs-volumes": other}))
    start(home, system.uki("other", initrd=both))
    with home.boot() as m:
        m.expect("is not the volume that the measured image names", timeout=TIMEOUT, never=(LOGIN,))
        m.expect(ASKED, timeout=60, never=(LOGIN,))
        m.cut_power()


@pytest.mark.parametrize("stage", [pytest.param("top", marks=pytest.mark.long), "mount"])
def test_a_shell_comes_after_the_fuse(home, system, stage):
    """Even under a command line that was signed: before and after enter-initrd."""
    start(home, system.uki(f"break-{stage}", f"{debian.CMDLINE} break={stage}"))
    tried = f"pawl disk open --demand=signed-os --volume-key-digest=$(cut -d' ' -f3 /etc/pawl/initramfs-volumes) /dev/vda2 root"
    with home.boot() as m:
        m.expect(SHELL, timeout=TIMEOUT, never=(LOGIN, ASKED))
        m.send_line("export PS1='@''@ '; stty -echo")
        m.expect(r"^@@ $", timeout=30)
        m.run("[ -e /run/pawl/left ]")
        m.run("modprobe -a virtio_pci virtio_blk dm_crypt; sleep 2; ls /dev/vda2")
        m.run("grep -q securityfs /proc/mounts || mount -t securityfs securityfs /sys/kernel/security")
        if stage == "top":
            m.run("pawl phase --force enter-initrd")
        status, said = m.run(tried, check=False)
        assert status in (1, 2) and "TPM policy: PCR 11" in said, said
        assert m.run("ls /dev/mapper/root", check=False)[0] != 0
        m.cut_power()


@pytest.mark.long
def test_asks_without_secure_boot(home):
    with home.boot(secure_boot=False) as m:
        m.expect("no TPM enrolment holds", timeout=TIMEOUT, never=(LOGIN,))
        m.expect(ASKED, timeout=60, never=(LOGIN,))
        m.cut_power()


@pytest.mark.long
def test_asks_without_the_image_key(home, system):
    start(home, system.uki_without_key())
    with home.boot() as m:
        m.expect(r"not from a unified kernel image with a \.pcrpkey section", timeout=TIMEOUT, never=(LOGIN,))
        m.expect(ASKED, timeout=60, never=(LOGIN,))
        m.send_line(debian.PASSPHRASE)
        m.expect(LOGIN, timeout=TIMEOUT)
        m.cut_power()
