# SPDX-License-Identifier: BSD-2-Clause
"""A Debian system with a stock initrd (initramfs-tools, cryptsetup-initramfs) on a LUKS2 root: what test_initramfs_tools.py boots.
Made without root, loop devices or the device mapper: the file system is made from a folder, and encrypted here."""
import ctypes
import os
import pathlib
import secrets
import shutil
import subprocess

from . import assets, image, keys, os_root, paths, product
from .run import run

PACKAGES = os_root.PACKAGES + ["linux-image-amd64", "initramfs-tools", "cryptsetup-initramfs", "busybox", "e2fsprogs", "udev",
                               "zstd"]
PASSPHRASE = "person 1"
CMDLINE = "root=/dev/mapper/root ro console=ttyS0 loglevel=3"
# MODULES=list keeps the initrd small: each byte of it is hashed three times by an emulated machine.
MODULES = ["virtio_pci", "virtio_blk", "virtio_rng", "ext4", "dm_mod", "dm_crypt", "xts", "ecb", "aes_generic", "aesni_intel", "efivarfs"]
DATA_OFFSET, SECTOR = 16 * image.MIB, 4096


def base():
    """A tar file of the packages, unchanged but for documentation."""
    recipe = {"version": 1, "suite": os_root.SUITE, "packages": PACKAGES}
    return assets.cached("debian-root", recipe, _make) / "root.tar"


def _make(folder):
    run("mmdebstrap", "--quiet", "--variant=minbase", "--include=" + ",".join(PACKAGES),
        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/man/*", os_root.SUITE, folder / "root.tar", os_root.mirror(), timeout=1800)


def as_root(script, *words, timeout=600):
    """Runs a shell script as root, of a user namespace if need be, with mounts of its own."""
    ns = ["--mount", "--pid", "--fork"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    return run("unshare", *ns, "sh", "-euc", script, "sh", *words, timeout=timeout)


UNPACK = """
tar -C "$1" -x -f "$2" --exclude='./dev/*' --no-same-owner
shift 2; target=$1; shift
for tree; do tar -C "$tree" --owner=0 --group=0 -c . | tar -C "$target" -x --keep-directory-symlink --no-same-owner; done
"""
INITRD = """
for node in null zero full random urandom; do : >"$1/dev/$node"; mount --bind "/dev/$node" "$1/dev/$node"; done
mount -t proc proc "$1/proc"
chroot "$1" env PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/tmp update-initramfs -c -k "$2"
"""
PACK = """
rm -rf "$1"/dev/* "$1"/boot/* "$1"/var/lib/apt "$1"/var/cache/*
find "$1/usr/lib/modules" -name '*.ko' ! -name 'efivarfs.ko' ! -name 'vfat.ko' ! -name 'fat.ko' -delete
mke2fs -q -t ext4 -U 70617770-0000-4000-8000-000000000003 -O ^has_journal -d "$1" "$2" "$3"
"""


class Xts:
    """aes-xts-plain64 with sectors of 4096 bytes as dm-crypt does it, by OpenSSL's library."""

    def __init__(self, key):
        self.key, self.c = key, ctypes.CDLL("libcrypto.so.3")
        for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_xts"):
            getattr(self.c, name).restype = ctypes.c_void_p
        self.ctx = ctypes.c_void_p(self.c.EVP_CIPHER_CTX_new())
        self.cipher, self.out, self.n = ctypes.c_void_p(self.c.EVP_aes_256_xts()), ctypes.create_string_buffer(SECTOR), ctypes.c_int()

    def encrypt(self, number, data):
        iv = (number * (SECTOR // 512)).to_bytes(16, "little")
        assert self.c.EVP_EncryptInit_ex(self.ctx, self.cipher, None, self.key, iv) == 1
        assert self.c.EVP_EncryptUpdate(self.ctx, self.out, ctypes.byref(self.n), data, len(data)) == 1
        return self.out.raw[:self.n.value]


def luks(target, size, passphrase, key):
    """An empty LUKS2 volume of that key. The key derivation is cheap: nobody guesses here."""
    with open(target, "wb") as f:
        f.truncate(DATA_OFFSET + size)
    file = target.with_suffix(".key")
    file.write_bytes(key)
    run("cryptsetup", "luksFormat", "-q", "--type", "luks2", "--cipher", "aes-xts-plain64", "--key-size", "512", "--sector-size", SECTOR,
        "--volume-key-file", file, "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--offset", DATA_OFFSET // 512,
        "--key-file", "-", target, data=passphrase.encode())
    file.unlink()


def fill(volume, filesystem, key):
    cipher = Xts(key)
    with open(volume, "r+b") as out, open(filesystem, "rb") as f:
        out.seek(DATA_OFFSET)
        for number in range(filesystem.stat().st_size // SECTOR):
            out.write(cipher.encrypt(number, f.read(SECTOR)))


class System:
    """Everything that an installation consists of, and the means to build variants."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.tree, self.kernel = self.folder / "tree", assets.kernel()
        self.sb_key, self.sb_cert = keys.snakeoil_key(self.folder), paths.SNAKEOIL_CERT
        self.pcr_key, self.pcr_pub = keys.rsa_pair(self.folder, "pcr")
        self._unpack()
        self.volume, key = self.folder / "root.luks", secrets.token_bytes(64)
        luks(self.volume, 640 * image.MIB, PASSPHRASE, key)
        self.initrd = self._initrd()
        self.filesystem = self.folder / "root.ext4"
        as_root(PACK, self.tree, self.filesystem, "640M")
        fill(self.volume, self.filesystem, key)

    def _unpack(self):
        installed = self.folder / "installed"
        run("meson", "install", "-C", paths.BUILD, "--no-rebuild", "--quiet", "--destdir", installed)
        self.tree.mkdir()
        as_root(UNPACK, self.tree, base(), self.tree, os_root.OVERLAY, installed)
        self.post_update = installed / "etc/initramfs/post-update.d/pawl-uki"
        (self.tree / "etc/hostname").write_text("pawl\n")
        os_root.set_password(self.tree)

    def _initrd(self):
        line = product.pawl("disk", "key-digest", "--unlock-key-file=-", self.volume, "root", data=PASSPHRASE).stdout
        self.uuid = line.split()[1]
        etc = self.tree / "etc"
        (etc / "pawl").mkdir()
        (etc / "pawl/initramfs-volumes").write_text(line)
        (etc / "crypttab").write_text(f"root UUID={self.uuid} none luks,initramfs\n")
        (etc / "fstab").write_text("/dev/mapper/root / ext4 ro 0 0\n")
        (etc / "initramfs-tools/conf.d/test").write_text("MODULES=list\nRESUME=none\nBUSYBOX=y\n")
        (etc / "initramfs-tools/modules").write_text("\n".join(MODULES) + "\n")
        self.version = next((self.tree / "usr/lib/modules").iterdir()).name
        (self.tree / f"boot/initrd.img-{self.version}").unlink(missing_ok=True)
        self.said = as_root(INITRD, self.tree, self.version).stdout.decode()
        shutil.copy(self.tree / f"boot/vmlinuz-{self.version}", self.folder / "vmlinuz")
        return pathlib.Path(shutil.copy(self.tree / f"boot/initrd.img-{self.version}", self.folder / "initrd"))

    def uki(self, name, cmdline=CMDLINE, initrd=None):
        """By the script that initramfs-tools runs after each update, from a configuration file."""
        conf, line, target = (self.folder / f"{name}{end}" for end in (".conf", ".cmdline", "-%v.efi"))
        line.write_text(cmdline)
        conf.write_text(f"output={target}\ncmdline={line}\npcr_key={self.pcr_key}\nsb_key={self.sb_key}\nsb_cert={self.sb_cert}\n"
                        f"linux={self.folder}/vmlinuz\nos_release={self.tree}/etc/os-release\nstub={paths.PAWL_STUB}\n")
        env = {**os.environ, "PATH": f"{paths.PAWL.parent}:{os.environ['PATH']}", "PAWL_UKI_CONF": str(conf)}
        subprocess.run(["sh", self.post_update, self.version, initrd or self.initrd], env=env, check=True)
        return self.folder / target.name.replace("%v", self.version)

    def uki_without_key(self):
        target = self.folder / "no-key.efi"
        run(paths.PAWL, "uki", "build", "--linux", self.folder / "vmlinuz", "--initrd", self.initrd, "--cmdline", CMDLINE, "--stub",
            paths.PAWL_STUB, "--secureboot-private-key", self.sb_key, "--secureboot-certificate", self.sb_cert, "--output", target)
        return target

    def disk(self, target, uki):
        """ESP with `uki` alone, and the volume as the second partition."""
        size = self.volume.stat().st_size
        image.build_disk(target, esp_size=160 * image.MIB, free=size, esp_files={"EFI/BOOT/BOOTX64.EFI": uki})
        run("sfdisk", "--quiet", "--append", target, data=f"size={size // 512}, name=root".encode())
        image.replace_part(target, "root", self.volume)
        return target
