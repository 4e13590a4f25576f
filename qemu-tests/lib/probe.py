# SPDX-License-Identifier: BSD-2-Clause
"""A tiny initrd that reports what a boot left behind, then powers off: it stands in for an OS where only the chain in
front of it matters. Its source is ../probe/init.c."""
import dataclasses
import re

from . import cpio, paths
from .run import output, run

SOURCE = paths.TOP / "qemu-tests/probe/init.c"


def build(folder, kernel, extra=None, more_modules=()):
    """The initrd's bytes; `extra` {path: bytes} is added (padding for benchmarks). Modules are named as for modprobe."""
    init = folder / "probe-init"
    run("gcc", "-static", "-Os", "-Wall", "-Wextra", "-Werror", "-o", init, SOURCE)
    entries = {"dev": None, "proc": None, "sys": None, "modules": None, "init": init.read_bytes(), **(extra or {})}
    for n, module in enumerate(modules(kernel, "efivarfs", *more_modules)):
        entries[f"modules/{n:02}.ko"] = module.read_bytes()
    return cpio.archive(entries)


def modules(kernel, *names):
    """Paths of the modules named and of what they need, in the order in which they can be loaded."""
    found = []
    for name in names:
        said = output("modprobe", "-d", kernel.modules.parents[2], "-S", kernel.release, "--show-depends", name)
        found += [line.split()[1] for line in said.splitlines() if line.startswith("insmod ")]
    return [kernel.modules.joinpath(path) for path in dict.fromkeys(found)]


@dataclasses.dataclass
class Report:
    tsc: int            # guest TSC at the first instruction of main(); with icount: instructions since reset
    files: dict         # {path: bytes} of /proc/cmdline, /.extra/*, the firmware's event log
    pcrs: dict          # {"sha256": {11: hex}}
    variables: dict     # {"LoaderInfo-GUID": bytes without the attribute word}

    @property
    def cmdline(self):
        return self.files["/proc/cmdline"].decode().rstrip("\n")

    @property
    def event_log(self):
        return self.files["/sys/kernel/security/tpm0/binary_bios_measurements"]

    def variable(self, name):
        """A variable of the boot loader interface as text (UTF-16 without the NUL), or None."""
        raw = self.variables.get(f"{name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f")
        return None if raw is None else raw.decode("utf-16-le").removesuffix("\0")


def wait_report(machine, timeout=240):
    """Waits for the probe in a running machine, then for the power off, and returns what it said."""
    machine.expect(r"^PROBE end$", timeout=timeout, never=("Kernel panic", "Access Denied", "Security Violation"))
    machine.wait_off()
    return parse(machine.console.text)


def parse(text):
    report = Report(0, {}, {}, {})
    for words in (line.split() for line in re.findall(r"^PROBE (.*)$", text, re.MULTILINE)):
        if words[0] == "tsc":
            report.tsc = int(words[1])
        elif words[0] == "file":
            report.files[words[1]] = bytes.fromhex(words[2] if len(words) > 2 else "")
        elif words[0] == "pcr":
            report.pcrs.setdefault(words[1], {})[int(words[2])] = words[3].lower()
        elif words[0] == "var":
            report.variables[words[1]] = bytes.fromhex(words[2])[4:]
    return report
