# SPDX-License-Identifier: BSD-2-Clause
"""Disk images, built without root, mounts or loop devices: GPT, an ESP, a read-only root with dm-verity."""
import json
import uuid

from .run import output, run

MIB = 1 << 20
SECTOR = 512
# The Discoverable Partitions Specification (UAPI.2), x86-64.
TYPE_ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
TYPE_ROOT = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
TYPE_ROOT_VERITY = "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"
TYPE_VAR = "4d21b016-b534-45c2-a9fb-5c16e091fd2d"

ESP_START = MIB  # every image of ours has its ESP first


def write_esp(disk, start, size, files):
    """Makes a FAT32 file system in `disk` (bytes `start` to `start + size`) and fills it with {path: source path}."""
    # mkfs.vfat counts sectors for --offset and KiB for the size. Small clusters keep the number of clusters clearly in
    # the range of FAT32; left alone it is chosen by the size of the whole file and can miss it.
    run("mkfs.vfat", "-F", "32", "-s", "2", "-n", "ESP", "-i", "50415731", "--offset", start // 512, disk, size // 1024)
    for target, source in files.items():
        esp_put(disk, source, target, start=start)


def esp_put(disk, source, target, start=ESP_START):
    """Copies a file (or bytes) onto the ESP of a disk image, over what is there. Folders are made."""
    at = f"{disk}@@{start}"
    folder = ""
    for part in target.strip("/").split("/")[:-1]:
        folder += "/" + part
        run("mmd", "-D", "s", "-i", at, "::" + folder, check=False)
    if isinstance(source, bytes):
        run("mcopy", "-o", "-i", at, "-", "::/" + target.strip("/"), data=source)
    else:
        run("mcopy", "-o", "-i", at, source, "::/" + target.strip("/"))


def esp_get(disk, path, start=ESP_START):
    """Content of a file on the ESP."""
    return run("mtype", "-i", f"{disk}@@{start}", "::/" + path.strip("/")).stdout


def esp_delete(disk, path, start=ESP_START):
    run("mdel", "-i", f"{disk}@@{start}", "::/" + path.strip("/"))


def esp_list(disk, folder="/", start=ESP_START):
    """Paths of all files below a folder of the ESP."""
    said = output("mdir", "-b", "-/", "-i", f"{disk}@@{start}", "::/" + folder.strip("/"))
    return sorted(line[2:] for line in said.splitlines() if line and not line.endswith("/"))


class Root:
    """A read-only root: the erofs image, its hash tree, and the root hash that the command line carries."""

    def __init__(self, data, tree, root_hash):
        self.data, self.tree, self.root_hash = data, tree, root_hash
        # UAPI.2: the partitions of a verity pair are named by the root hash itself.
        self.data_uuid = uuid.UUID(root_hash[:32])
        self.tree_uuid = uuid.UUID(root_hash[-32:])


def build_root(tree_folder, folder):
    """Packs a folder into an erofs image with a dm-verity tree beside it. The same input gives the same bytes."""
    data, tree = folder / "root.erofs", folder / "root.verity"
    for old in (data, tree):
        old.unlink(missing_ok=True)
    run("mkfs.erofs", "-T0", "--all-root", "-U", "70617770-0000-4000-8000-000000000001", data, tree_folder)
    said = output("veritysetup", "format", data, tree, "--salt", "00" * 32,
                  "--uuid", "70617770-0000-4000-8000-000000000002")
    root_hash = next(line.split()[-1] for line in said.splitlines() if line.startswith("Root hash"))
    return Root(data, tree, root_hash)


def build_disk(disk, *, esp_files, root=None, esp_size=256 * MIB, free=512 * MIB):
    """Writes a GPT disk image (sparse) with an ESP holding {path: source path or bytes}, the verity pair of `root` if
    given, and `free` bytes at the end for what the first boot makes. Returns {label: (start, size)} in bytes."""
    parts = [("ESP", TYPE_ESP, None, esp_size)]
    if root:
        parts += [("root", TYPE_ROOT, root.data_uuid, _round(root.data.stat().st_size)),
                  ("root-verity", TYPE_ROOT_VERITY, root.tree_uuid, _round(root.tree.stat().st_size))]
    places, at = {}, ESP_START
    script = ["label: gpt"]
    for label, kind, identity, size in parts:
        script.append(f"start={at // 512}, size={size // 512}, type={kind}, name={label}"
                      + (f", uuid={identity}" if identity else ""))
        places[label] = (at, size)
        at += size
    disk.unlink(missing_ok=True)
    with open(disk, "wb") as f:
        f.truncate(at + free + MIB)
    run("sfdisk", "--quiet", disk, data="\n".join(script).encode())
    write_esp(disk, *places["ESP"], esp_files)
    if root:
        write_part(disk, places["root"][0], root.data)
        write_part(disk, places["root-verity"][0], root.tree)
    return places


def write_part(disk, start, source):
    """Copies a file into a disk image at a byte offset; blocks of zeros stay holes."""
    run("dd", f"if={source}", f"of={disk}", "bs=1M", f"seek={start // MIB}", "conv=notrunc,sparse")


def _part(disk, label):
    part = next((p for p in partitions(disk) if p.get("name") == label), None)
    if part is None:
        raise KeyError(f"{disk} has no partition {label}")
    return part["start"] * SECTOR, part["size"] * SECTOR


def read_part(disk, label, target):
    """Copies the partition of that GPT name into a file: a LUKS header for `cryptsetup` and `pawl disk` on the host."""
    start, size = _part(disk, label)
    target.unlink(missing_ok=True)
    run("dd", f"if={disk}", f"of={target}", "bs=1M", f"skip={start}", f"count={size}",
        "iflag=skip_bytes,count_bytes", "conv=sparse")
    return target


def replace_part(disk, label, source):
    """Puts a file in place of a partition's content, byte by byte."""
    start, size = _part(disk, label)
    if source.stat().st_size > size:
        raise ValueError(f"{source} is larger than partition {label}")
    run("dd", f"if={source}", f"of={disk}", "bs=1M", f"seek={start}", "oflag=seek_bytes", "conv=notrunc")


def partitions(disk):
    """[{node, start, size, type, uuid, name}] as sfdisk sees them; start and size in sectors of 512 bytes."""
    return json.loads(output("sfdisk", "--json", disk))["partitiontable"].get("partitions", [])


def copy(source, target):
    """A sparse copy of an image, for a test that writes to it."""
    run("cp", "--sparse=always", "--reflink=auto", source, target)
    return target


def _round(size):
    return (size + MIB - 1) // MIB * MIB
