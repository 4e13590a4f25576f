# SPDX-License-Identifier: BSD-2-Clause
"""One machine that outlives its boots: a disk, a TPM, and the firmware's variables. Attacks are tried on forks, so that
the first boot, which is the slow one, happens once."""
import pathlib
import re
import shutil

from . import image
from .machine import Machine
from .swtpm import Swtpm

# 64 modhex letters in groups of eight, as systemd-cryptenroll(1) shows recovery keys.
RECOVERY_KEY = r"\b(?:[cbdefghijklnrtuv]{8}-){7}[cbdefghijklnrtuv]{8}\b"
# What pawl-init asks when nothing opened the volume by itself. It says why before.
PROMPT = r"^pawl-init: (?:PIN \(\d tries in this boot\), )?recovery key or passphrase for [^\n]*: *$"
LOGIN = r"login: *$"


class Installation:
    def __init__(self, folder, disk, banks="sha256"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.disk, self.banks = disk, banks
        self.tpm = Swtpm(self.folder / "tpm", banks)
        self.recovery_key = None

    def boot(self, name="boot", tpm=None, **kwargs):
        """A Machine on this disk and TPM; `tpm` may be an Interposer around `self.tpm`, or False for none."""
        chosen = None if tpm is False else tpm or self.tpm
        return Machine(self.folder, disks=[self.disk], tpm=chosen, name=name, **kwargs)

    def first_boot(self, timeout=300, **kwargs):
        """Boots to the login, keeps the recovery key that was shown, powers off."""
        with self.boot("first", **kwargs) as m:
            m.login(timeout=timeout)
            shown = re.search(RECOVERY_KEY, m.console.text)
            assert shown, "the first boot showed no recovery key"
            self.recovery_key = shown.group(0)
            m.send_line("poweroff")
            m.wait_off()
        return self

    def opens_by_itself(self, timeout=240, **kwargs):
        """Boots and powers off in order: did the system come up without a person? (answer, console text)"""
        with self.boot(**kwargs) as m:
            opened = m.expect(LOGIN, PROMPT, timeout=timeout).re.pattern == LOGIN
            return opened, m.console.text

    def fork(self, folder):
        """A copy of disk, TPM and firmware variables, as somebody who imaged the machine while it was off has it."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        shutil.copytree(self.tpm.state, folder / "tpm" / "state")
        for store in self.folder.glob("variables*.fd"):
            shutil.copy(store, folder)
        copy = Installation(folder, image.copy(self.disk, folder / "disk.img"), self.banks)
        copy.recovery_key = self.recovery_key
        return copy

    def close(self):
        self.tpm.close()
        self.disk.unlink(missing_ok=True)
