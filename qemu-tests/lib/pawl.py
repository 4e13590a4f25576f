# SPDX-License-Identifier: BSD-2-Clause
"""Pawl's tools as a test calls them on the host."""
import json

from . import paths
from .run import run


def need(path):
    """The path of a build product; an error that names it if the build has not made it."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built: ninja -C {paths.BUILD} (or set PAWL_BUILD)")
    return path


def call(*words, check=True, **kwargs):
    """`pawl WORDS...`: the CompletedProcess."""
    return run(need(paths.PAWL), *words, check=check, **kwargs)


def call_json(*words, **kwargs):
    return json.loads(call(*words, **kwargs).stdout)


def build_uki(target, *, linux, initrd, cmdline=None, osrel=None, stub=None, extra=()):
    """A UKI by `pawl uki build`, unsigned. `linux`, `initrd` are paths; `cmdline`, `osrel` text or paths."""
    words = [f"--linux={linux}", f"--initrd={initrd}", f"--stub={need(stub or paths.PAWL_STUB)}", f"--output={target}"]
    if cmdline is not None:
        words.append(f"--cmdline={cmdline}")
    if osrel is not None:
        words.append(f"--os-release={osrel}")
    call("uki", "build", *words, *extra)
    return target


def predict(efi, banks):
    """{bank: {phase path: PCR 11 in hex}} by `pawl uki measure`; the phase "" is the moment the stub is done."""
    said = call_json("uki", "measure", "--json", *[f"--bank={b}" for b in banks], efi)
    assert said["pcr"] == 11
    return {bank: {row["phase"]: row["digests"][bank] for row in said["phases"]} for bank in banks}
