# SPDX-License-Identifier: BSD-2-Clause
"""Things that are made once and kept in the cache, keyed by a hash of their recipe: Debian's signed kernel."""
import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
import shutil

from . import paths
from .run import output, run


@contextlib.contextmanager
def _locked(name):
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    with open(paths.CACHE / f".{name}.lock", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def cached(name, recipe, make):
    """The folder `name`-HASH of the cache, where HASH stands for `recipe` (anything JSON can hold). If it is missing,
    make(folder) fills it; it appears under its name only when complete. Older ones of that name are dropped."""
    key = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]
    folder = paths.CACHE / f"{name}-{key}"
    with _locked(name):
        if not folder.exists():
            new = paths.CACHE / f".new-{name}"
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            make(new)
            for old in paths.CACHE.glob(f"{name}-*"):
                shutil.rmtree(old)
            os.rename(new, folder)
    return folder


@dataclasses.dataclass
class Kernel:
    """Debian's kernel as its package has it: signed by Debian, with its modules."""
    linux: pathlib.Path
    release: str
    modules: pathlib.Path  # .../lib/modules/RELEASE with modules.dep; what `pawl initrd build --modules-dir=` takes


def kernel():
    """Fetches the kernel that linux-image-amd64 stands for (the first time), and unpacks it."""
    folder = cached("kernel", {"version": 1, "package": "linux-image-amd64"}, _fetch_kernel)
    linux = next(folder.glob("boot/vmlinuz-*"))
    release = linux.name.removeprefix("vmlinuz-")
    return Kernel(linux, release, folder / "lib/modules" / release)


def _fetch_kernel(folder):
    package = next(line.split()[1] for line in output("apt-cache", "depends", "linux-image-amd64").splitlines()
                   if line.split()[:1] == ["Depends:"])
    # -o: the sandbox user cannot write into a folder of ours.
    run("apt-get", "-o", "APT::Sandbox::User=root", "download", package, cwd=folder)
    deb = next(folder.glob("*.deb"))
    run("dpkg-deb", "-x", deb, folder)
    deb.unlink()
    release = next(folder.glob("boot/vmlinuz-*")).name.removeprefix("vmlinuz-")
    run("depmod", "-b", folder, release)
