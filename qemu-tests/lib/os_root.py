# SPDX-License-Identifier: BSD-2-Clause
"""The OS of the test image: a real Debian userland with sysvinit, made once by mmdebstrap and kept in the cache. It needs
no root: what belongs to whom is decided when the image is packed (all to root), not by the files in the cache."""
import glob
import os
import pathlib
import shutil

from . import assets, paths
from .run import output, run

SUITE = "bookworm"
PASSWORD = "pawl"  # of root, in images for development only
# Libraries that `pawl` is linked with, and the independent tools that tests ask for a second opinion.
PACKAGES = ["sysvinit-core", "libtss2-esys-3.0.2-0", "libtss2-mu0", "libtss2-rc0", "libtss2-tctildr0",
            "libtss2-tcti-device0", "libcryptsetup12", "libjson-c5", "libfdisk1", "libblkid1", "libkmod2",
            "libsmartcols1", "libqrencode4", "libp11-kit0", "libfido2-1", "libargon2-1", "libelf1", "libssl3", "tpm2-tools", "cryptsetup-bin",
            "runit"]
# What only costs space: a root that is read block by block through dm-verity should be small.
DROPPED = ["usr/share/doc/*", "usr/share/man/*", "usr/share/info/*", "usr/share/locale/*", "usr/share/lintian",
           "usr/share/bash-completion", "usr/share/zoneinfo/*", "usr/lib/udev/hwdb*", "usr/lib/udev/rules.d/*",
           "var/*", "dev/*", "run/*", "tmp/*", "boot/*", "etc/resolv.conf", "etc/rc?.d", "etc/machine-id"]
FOLDERS = ["efi", "var", "run", "dev", "proc", "sys", "tmp"]
OVERLAY = paths.TOP / "qemu-tests/os"  # inittab and the scripts it runs


def mirror():
    """The package mirror that this machine uses itself."""
    for line in _source_lines():
        words = [w for w in line.split() if not w.startswith(("[", "signed-by", "arch"))]
        if words[:1] == ["URIs:"] and "debian" in words[1] and "security" not in words[1]:
            return words[1]
        if words[:1] == ["deb"] and words[2:3] == [SUITE] and "main" in words[3:]:
            return words[1]
    raise RuntimeError(f"no mirror for {SUITE} in /etc/apt/sources.list or sources.list.d: add one")


def _source_lines():
    for name in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if os.path.isfile(name):
            yield from pathlib.Path(name).read_text().splitlines()


def base():
    """Folder with the userland as mmdebstrap made it, without what DROPPED names."""
    recipe = {"version": 2, "suite": SUITE, "packages": PACKAGES, "dropped": DROPPED,
              "folders": FOLDERS, "password": PASSWORD}
    return assets.cached("os-root", recipe, _make) / "root"


def _make(folder):
    root, packed = folder / "root", folder / "root.tar"
    # As an ordinary user in a user namespace, or under fakechroot: mmdebstrap finds out what works.
    run("mmdebstrap", "--quiet", "--variant=minbase", "--include=" + ",".join(PACKAGES), SUITE, packed, mirror(),
        timeout=1800)
    root.mkdir()
    run("tar", "-C", root, "-x", "-f", packed, "--no-same-owner", "--exclude=./dev/*")
    packed.unlink()
    for pattern in DROPPED:
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for name in FOLDERS:
        (root / name).mkdir(exist_ok=True)
    (root / "etc/hostname").write_text("pawl\n")
    mtab = root / "etc/mtab"
    mtab.unlink(missing_ok=True)
    mtab.symlink_to("/proc/self/mounts")
    set_password(root)


def set_password(root):
    hashed = output("openssl", "passwd", "-6", "-salt", "pawl", PASSWORD).strip()
    shadow = root / "etc/shadow"
    lines = [f"root:{hashed}:19000:0:99999:7:::" if line.startswith("root:") else line
             for line in shadow.read_text().splitlines()]
    shadow.write_text("\n".join(lines) + "\n")


def tree(target, overlays=(), files=None):
    """Makes the folder that becomes the root image: the base, the scripts of OVERLAY, then each folder of `overlays`
    (such as the result of `DESTDIR=... meson install`), then `files` {path in the image: source}."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _pour(base(), target)
    for source in (OVERLAY, *overlays):
        _pour(source, target, "--owner=0", "--group=0")
    for path, source in (files or {}).items():
        place = target / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, place)
    return target


def _pour(source, target, *how):
    """Copies a tree over another one; links to folders in the target (/bin, /lib) stay links."""
    packed = run("tar", "-C", source, "--numeric-owner", *how, "-c", ".").stdout
    run("tar", "-C", target, "--numeric-owner", "--keep-directory-symlink", "-x", data=packed)
