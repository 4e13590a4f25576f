# SPDX-License-Identifier: BSD-2-Clause
"""The whole product as one disk: Pawl's loader, a UKI made by `pawl uki build` with an initrd made by `pawl initrd build`, and
the OS root behind dm-verity. What the demo and most boots stand on."""
import dataclasses
import os
import pathlib
import subprocess

from . import image, keys, os_root, paths
from .run import output, run

DEFINITIONS = paths.TOP / "qemu-tests/definitions"
HOME = """[Partition]
Type=home
Label=people
SizeMinBytes=64M
SizeMaxBytes=64M
Format=ext4
Encrypt=tpm2
"""
# `quiet`: the console belongs to pawl-init and its prompt
CMDLINE = "console=ttyS0 quiet loglevel=3"


@dataclasses.dataclass
class Product:
    """What one release consists of. `uki` is signed; `root` is shared by all releases of a test run."""
    folder: pathlib.Path
    root: image.Root
    initrd: pathlib.Path
    cmdline: str
    uki: pathlib.Path
    boot: pathlib.Path
    pcr_key: pathlib.Path
    pcr_pub: pathlib.Path


class Factory:
    """Builds releases below `folder`; the OS root, the keys and the signed loader are made once."""

    def __init__(self, folder, kernel):
        self.folder, self.kernel = pathlib.Path(folder), kernel
        self.folder.mkdir(parents=True, exist_ok=True)
        self.sb_key, self.sb_cert = keys.snakeoil_key(self.folder), paths.SNAKEOIL_CERT
        self.pcr_key, self.pcr_pub = keys.rsa_pair(self.folder, "pcr")
        self.root = self._root()
        self.boot = keys.sign_efi(paths.PAWL_BOOT, self.folder / "boot.efi", self.folder)

    def _root(self):
        installed = self.folder / "installed"
        run("meson", "install", "-C", paths.BUILD, "--no-rebuild", "--quiet", "--destdir", installed)
        return image.build_root(os_root.tree(self.folder / "tree", overlays=[installed]), self.folder)

    def initrd(self, name, files=None, definitions=DEFINITIONS, init=paths.PAWL_INIT, modules=()):
        """An initrd; `files` {path in it: source path} and `modules` are added."""
        target = self.folder / f"{name}.initrd"
        words = [f"--file={source}:{path}" for path, source in (files or {}).items()]
        words += [f"--module={name}" for name in modules]
        run(paths.PAWL, "initrd", "build", f"--init={init}", f"--modules-dir={self.kernel.modules}",
            f"--definitions={definitions}", f"--policies={paths.TOP / 'pcr-policies'}", *words, f"--output={target}")
        return target

    def release(self, name, *, version="1", initrd_files=None, cmdline="", sign_pcrs=True, definitions=DEFINITIONS,
                pcr_key=None, more=(), initrd=None, linux=None):
        """A signed UKI, with the given initrd or one of its own. `sign_pcrs` False: it carries the public key but no PCR signature."""
        initrd = initrd or self.initrd(name, initrd_files, definitions)
        line = f"roothash={self.root.root_hash} {CMDLINE} {cmdline}".strip()
        osrel = f'ID=pawl-demo\nNAME="Pawl demo"\nPRETTY_NAME="Pawl demo {version}"\nVERSION_ID={version}\n'
        target = self.folder / f"{name}.efi"
        words = ["--linux", linux or self.kernel.linux, "--initrd", initrd, "--cmdline", line, "--os-release", osrel,
                 "--uname", self.kernel.release, "--stub", paths.PAWL_STUB, "--output", target,
                 "--secureboot-private-key", self.sb_key, "--secureboot-certificate", self.sb_cert]
        if sign_pcrs:
            words += ["--pcr-private-key", pcr_key or self.pcr_key]
        else:
            words += ["--pcrpkey", self.pcr_pub]
        run(paths.PAWL, "uki", "build", *words, *more)
        return Product(self.folder, self.root, initrd, line, target, self.boot, self.pcr_key, self.pcr_pub)

    def disk(self, product, target, *, loader_conf=b"timeout 0\n", free=512 * image.MIB, name="demo_1"):
        """A disk with `product` as its only release, and room for what the first boot makes."""
        image.build_disk(target, root=self.root, free=free, esp_files={
            "EFI/BOOT/BOOTX64.EFI": self.boot, f"EFI/Linux/{name}.efi": product.uki, "loader/loader.conf": loader_conf})
        return target


def two_volumes(folder):
    """Definitions of two encrypted volumes, in `folder`: /var on `state`, /home on `people`."""
    definitions = folder / "disk.d"
    definitions.mkdir()
    (definitions / "50-state.conf").write_text((DEFINITIONS / "50-state.conf").read_text())
    (definitions / "60-home.conf").write_text(HOME)
    return definitions


def measure(uki, phases="enter-initrd"):
    """{bank: hex} of PCR 11 after `phases`, as `pawl uki measure` predicts it."""
    import json
    said = json.loads(output(paths.PAWL, "uki", "measure", "--json", uki))
    return next(row["digests"] for row in said["phases"] if row["phase"] == phases)


def pawl(*words, check=True, data=None, env=None):
    """Runs the host's `pawl`; returns the CompletedProcess (text)."""
    done = subprocess.run([str(w) for w in (paths.PAWL, *words)], input=data, capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, check=False)
    assert not check or done.returncode == 0, f"pawl {words}: status {done.returncode}: {done.stderr}"
    return done
