# SPDX-License-Identifier: BSD-2-Clause
"""What `pawl initrd build` puts together: pytest with PAWL and PAWL_INIT in the environment. The archive is read by code of
its own, the libraries by readelf."""
import os
import pathlib
import re
import subprocess

import pytest

PAWL, INIT = os.environ["PAWL"], os.environ["PAWL_INIT"]
TOP = pathlib.Path(__file__).resolve().parents[2]
MIB = 1 << 20


def build(target, *words, status=0):
    done = subprocess.run([PAWL, "initrd", "build", f"--output={target}", *words], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stderr


def whole(target, *words):
    build(target, f"--init={INIT}", f"--policies={TOP}/pcr-policies", f"--definitions={TOP}/qemu-tests/definitions",
          "--compress=none", *words)
    return target


def entries(archive):
    """{name: (mode, content)} of a newc archive, in its order."""
    data, at, found = archive.read_bytes(), 0, {}
    while True:
        assert data[at:at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        mode, owner, group, mtime, size, name_size = fields[1], fields[2], fields[3], fields[5], fields[6], fields[11]
        name = data[at + 110:at + 110 + name_size - 1].decode()
        start = (at + 110 + name_size + 3) & ~3
        if name == "TRAILER!!!":
            return found
        assert (owner, group, mtime) == (0, 0, 0), name
        assert name not in found
        found[name] = (mode, data[start:start + size])
        at = (start + size + 3) & ~3


def needed(path):
    said = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=False).stdout
    assert "RUNPATH" not in said and "RPATH" not in said
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", said))


def test_same_input_same_bytes(tmp_path):
    one, two = whole(tmp_path / "one"), whole(tmp_path / "two")
    assert one.read_bytes() == two.read_bytes()


def test_holds_what_it_needs_and_no_more(tmp_path):
    found = entries(whole(tmp_path / "initrd"))
    names = list(found)
    assert names == sorted(names)
    libraries = {n.rsplit("/", 1)[1] for n in names if n.startswith("usr/lib/") and n.endswith(tuple(".so.0123456789"))
                 and ".so" in n}
    wanted = set()
    for name, (mode, content) in found.items():
        if mode & 0o170000 == 0o100000 and content[:4] == b"\x7fELF":
            file = tmp_path / "elf"
            file.write_bytes(content)
            wanted |= needed(file)
    wanted = {w for w in wanted if not w.startswith("ld-linux")}
    assert libraries == wanted
    # a build under sanitizers carries their libraries and has no budget
    if not any("san.so" in name for name in libraries):
        assert sum(len(content) for _, content in found.values()) <= 16 * MIB
    assert found["init"][0] == 0o100755
    assert "usr/sbin/mke2fs" in names and "etc/pawl/disk.d/50-state.conf" in names
    assert "usr/share/pawl/policies/signed-os.json" in names
    assert not any(n.endswith(("/sh", "/bash", "/busybox", "/dash")) for n in names)


def test_parents_stand_before_their_files(tmp_path):
    seen = set()
    for name in entries(whole(tmp_path / "initrd")):
        parent = name.rpartition("/")[0]
        assert not parent or parent in seen, name
        seen.add(name)


def test_extra_files_and_compression(tmp_path):
    (tmp_path / "motd").write_text("hello\n")
    found = entries(whole(tmp_path / "initrd", f"--file={tmp_path}/motd:/etc/motd", "--file=/bin/true:/bin/true"))
    assert found["etc/motd"] == (0o100644, b"hello\n")
    assert found["usr/bin/true"][0] == 0o100755
    build(tmp_path / "packed", "--init=/bin/true", "--policies=", "--compress=zstd")
    assert (tmp_path / "packed").read_bytes()[:4] == b"\x28\xb5\x2f\xfd"


@pytest.mark.parametrize("words, status, said", [
    (["--init=/nowhere"], 2, "/nowhere"),
    (["--init=/bin/true", "--definitions=/nowhere"], 2, "/nowhere"),
    (["--init=/bin/true", "--modules-dir=/nowhere"], 2, "/nowhere"),
    (["--init=/bin/true", "--policies=", "--file=/bin/true"], 64, "SOURCE:PLACE"),
    (["--init=/bin/true", "--policies=", "--file=/bin/true:/a/../b"], 2, "plain path"),
    (["--init=/bin/true", "--policies=", "--file=/bin/false:/init"], 2, "two different files"),
    (["--compress=lz4"], 64, "option"),
    (["word"], 64, "word"),
])
def test_refusals_name_the_object_and_write_nothing(tmp_path, words, status, said):
    assert said in build(tmp_path / "initrd", *words, status=status)
    assert not (tmp_path / "initrd").exists()


def test_truncated_program_is_refused(tmp_path):
    broken = tmp_path / "broken"
    broken.write_bytes(pathlib.Path("/bin/true").read_bytes()[:5000])
    assert "broken" in build(tmp_path / "initrd", f"--init={broken}", "--policies=", status=2)
    assert not (tmp_path / "initrd").exists()


@pytest.fixture
def indexed():
    """Modules of a real kernel with what depmod makes of them."""
    real = next(pathlib.Path(os.environ.get("PAWL_CACHE", TOP / ".cache")).glob("kernel-*/lib/modules/*"), None)
    if not real:
        pytest.skip("no kernel in the cache: run ./check qemu once")
    return real


def test_modules_stand_behind_what_they_need(tmp_path, indexed):
    found = entries(whole(tmp_path / "initrd", f"--modules-dir={indexed}", "--module=uhid"))
    listed = found["etc/pawl/modules"][1].decode().split()
    assert set(listed) == {"/" + n for n in found if n.endswith(".ko")}
    place = {pathlib.Path(p).name: n for n, p in enumerate(listed)}
    assert place["virtio.ko"] < place["virtio_blk.ko"] and place["dm-mod.ko"] < place["dm-verity.ko"]
    assert place["jbd2.ko"] < place["ext4.ko"] and place["crc32c_generic.ko"] < place["ext4.ko"]
    assert "uhid.ko" in place
    dep = {line.split(":")[0]: line.split(":")[1].split() for line in (indexed / "modules.dep").read_text().splitlines()}
    prefix = f"/usr/lib/modules/{indexed.name}/"
    for path in listed:
        for other in dep[path.removeprefix(prefix)]:
            assert listed.index(prefix + other) < listed.index(path)


def test_unknown_module_is_an_error(tmp_path, indexed):
    said = build(tmp_path / "initrd", f"--init={INIT}", "--policies=", f"--modules-dir={indexed}", "--module=nope", status=2)
    assert "nope" in said
