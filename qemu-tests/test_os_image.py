# SPDX-License-Identifier: BSD-2-Clause
"""The OS image alone: does Debian's userland start from a read-only root with nothing in /var?"""
from lib import image, os_root, probe, uki
from lib.machine import Machine


def test_os_starts_without_state_and_powers_off(kernel, tmp_path, signing):
    root = image.build_root(os_root.tree(tmp_path / "tree"), tmp_path)
    initrd = probe.build(tmp_path, kernel, more_modules=("virtio_pci", "virtio_blk", "erofs"))
    plain = uki.build(tmp_path / "plain.efi", tmp_path, linux=kernel.linux, initrd=initrd,
                      cmdline=b"console=ttyS0 quiet probe.root=/dev/vda2")
    disk = tmp_path / "disk.img"
    image.build_disk(disk, root=root, esp_files={"EFI/BOOT/BOOTX64.EFI": signing(plain, tmp_path / "signed.efi")})
    by_name = {p["name"]: p for p in image.partitions(disk)}
    assert by_name["root"]["uuid"].replace("-", "").lower() == root.root_hash[:32]
    assert by_name["root-verity"]["uuid"].replace("-", "").lower() == root.root_hash[32:]

    with Machine(tmp_path, disks=[disk]) as m:
        m.login()
        print(f"login after {m.seconds():.1f} s")
        assert m.run("cat /proc/1/comm")[1].strip() == "init"
        assert m.run("findmnt -no FSTYPE /")[1].strip() == "erofs"
        assert m.run("findmnt -no FSTYPE /var")[1].strip() == "tmpfs"
        assert m.run("touch /usr/x", check=False)[0] != 0
        m.run("touch /var/lib/x /tmp/x /run/x")
        m.send_line("poweroff")
        m.wait_off()
