# SPDX-License-Identifier: BSD-2-Clause
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / 'tpm'), str(TESTS / 'luks')]

from machine import Machine  # noqa: E402  (needs the path above)

SIGNED = (('enter-initrd:factory-reset', 'factory-reset'), ('enter-initrd:leave-initrd', 'pawl-services'))


class ResetMachine(Machine):
    """A running system: what it asks of the firmware is in `efivars`, its boot has an id."""

    def __init__(self, folder, signed=SIGNED, **how):
        super().__init__(folder, signed=signed, **how)
        self.next_phase('leave-initrd')
        self.boot_id = self.folder / 'boot_id'
        self.boot_id.write_text('01234567-89ab-cdef-0123-456789abcdef\n')
        self.os_release = self.folder / 'os-release'
        self.os_release.write_text('NAME="Some OS"\nID=debian\nVERSION_ID="12"\n')

    def reset(self, verb, *args, **more):
        return self.pawl('reset', verb, f'--os-release={self.os_release}', *args,
                         env={'PAWL_BOOT_ID': str(self.boot_id), **more})

    def variables(self, name):
        return [p.read_bytes() for p in (self.folder / 'efivars').iterdir() if p.name.startswith(name)]

    def logs(self):
        return (f'--firmware-log={self.folder}/firmware.log', f'--user-log={self.user_log}',
                f'--tpm2-public-key={self.public_key}', f'--tpm2-signature={self.signature}')


@pytest.fixture
def boot(tmp_path):
    started = []

    def start(**how):
        folder = tmp_path / f'machine{len(started)}'
        folder.mkdir()
        started.append(ResetMachine(folder, **how))
        return started[-1]
    yield start
    for m in started:
        m.close()
