# SPDX-License-Identifier: BSD-2-Clause
"""The OS image alone: does Debian's userland start from a read-only root with nothing in /var?"""
from lib import image
from lib.machine import Machine
from lib.run import run


def test_partitions_hold_the_root_and_are_named_by_its_hash(os_disk):
    disk, root = os_disk
    run("veritysetup", "verify", root.data, root.tree, root.root_hash)
    parts = {p["name"]: p for p in image.partitions(disk)}
    named = [parts[name]["uuid"].replace("-", "").lower() for name in ("root", "root-verity")]
    assert named == [root.root_hash[:32], root.root_hash[32:]]
    for name, file in (("root", root.data), ("root-verity", root.tree)):
        with open(disk, "rb") as f:
            f.seek(parts[name]["start"] * 512)
            assert f.read(file.stat().st_size) == file.read_bytes()


def test_os_starts_without_state_and_powers_off(os_disk, tmp_path):
    with Machine(tmp_path, disks=[os_disk[0]], snapshot=True) as m:
        m.login()
        assert m.run("cat /proc/1/comm")[1].strip() == "init"
        assert m.run("findmnt -no FSTYPE /")[1].strip() == "erofs"
        assert m.run("findmnt -no FSTYPE /var")[1].strip() == "tmpfs"
        assert m.run("touch /usr/x", check=False)[0] != 0
        m.run("touch /var/lib/x /tmp/x /run/x")
        m.send_line("poweroff")
        m.wait_off()


def test_power_cut_loses_only_what_was_not_flushed(os_disk, tmp_path):
    """The second disk takes one write with a flush, then many without; after the cut the first is there."""
    disk, target = image.copy(os_disk[0], tmp_path / "disk.img"), tmp_path / "target.img"
    target.write_bytes(bytes(image.MIB))
    with Machine(tmp_path, disks=[disk, target], lossy=True) as m:
        m.login()
        write = "dd of=/dev/vdb bs=512 conv=sync{} oflag=direct status=none"
        m.run("printf AAAA | " + write.format(",fsync"))
        m.run("for n in $(seq 64); do printf BBBB | " + write.format("") + " seek=$n; done")
        safe, lost = m.cut_power(seed=1)[1]
    assert safe >= 1 and lost > 0
    content = target.read_bytes()
    assert content[:4] == b"AAAA"
    assert content.count(b"BBBB") == 64 - lost


def test_partitions_can_be_taken_out_and_put_back(os_disk, tmp_path):
    disk = image.copy(os_disk[0], tmp_path / "disk.img")
    taken = image.read_part(disk, "root-verity", tmp_path / "taken")
    assert taken.read_bytes().startswith(os_disk[1].tree.read_bytes())
    other = tmp_path / "other"
    other.write_bytes(b"\xa5" * taken.stat().st_size)
    image.replace_part(disk, "root-verity", other)
    assert image.read_part(disk, "root-verity", taken).read_bytes() == other.read_bytes()
    assert image.read_part(disk, "root", taken).read_bytes().startswith(os_disk[1].data.read_bytes())
