# SPDX-License-Identifier: BSD-2-Clause
"""Volumes that systemd 262 enrolled, opened as they are by `pawl disk test` on a copy of its TPM; and ours seen by others."""
import hashlib

import pytest

from machine import PAWL, TOP, run
from tpmtest import Tpm

INTEROP = TOP.parent / 'shared' / 'interop'
needs_interop = pytest.mark.skipif(not INTEROP.exists(), reason='no interop files beside the tree (../shared/interop)')
SECTIONS = '.linux .osrel .cmdline .initrd .ucode .splash .dtb .uname .sbat .pcrpkey .profile .dtbauto .hwids .efifw'.split()
PIN = {'PIN': '1234'}


def sections(path):
    data = path.read_bytes()
    pe = int.from_bytes(data[0x3c:0x40], 'little')
    count, optional = int.from_bytes(data[pe + 6:pe + 8], 'little'), int.from_bytes(data[pe + 20:pe + 22], 'little')
    found = {}
    for i in range(count):
        row = data[pe + 24 + optional + 40 * i:][:40]
        size, raw_size, offset = (int.from_bytes(row[o:o + 4], 'little') for o in (8, 16, 20))
        content = data[offset:offset + min(size, raw_size)]
        found[row[:8].rstrip(b'\0').decode()] = content + bytes(size - len(content))
    return found


class Enrolled:
    """The TPM that systemd used, with the PCRs of the enrolment and full.efi booted up to a phase."""

    def __init__(self, folder, *phases):
        self.folder = folder
        self.tpm = Tpm(INTEROP / 'tpm')
        for pcr in (0, 4, 7):
            self.tpm.extend(pcr, f'interop event {pcr}'.encode())
        found = sections(INTEROP / 'uki' / 'full.efi')
        for name in SECTIONS:
            if name in found:
                self.tpm.extend(11, name.encode() + b'\0')
                self.tpm.extend(11, found[name])
        for phase in phases:
            self.tpm.extend(11, phase.encode())

    def image(self, name):
        image = self.folder / f'{name}.img'
        assert run('unzstd', '-q', INTEROP / 'luks' / f'{name}.img.zst', '-o', image).returncode == 0
        return image

    def test(self, name, *args, env=None, signature=INTEROP / 'uki' / 'pcrsig.json'):
        return run(PAWL, 'disk', 'test', f'--tpm={self.tpm.spec}', f'--tpm2-signature={signature}', *args,
                   self.image(name) if isinstance(name, str) else name,
                   env={'PAWL_TPM_LOCK': str(self.folder / 'lock'), **(env or {})})


@pytest.fixture
def enrolled(tmp_path):
    started = []

    def start(*phases):
        started.append(Enrolled(tmp_path, *phases))
        return started[-1]
    yield start
    for e in started:
        e.tpm.close()


@needs_interop
@pytest.mark.parametrize('name', ['literal', 'signed', 'signedref', 'signedlit', 'pin-direct', 'pin-argon'])
def test_opens(enrolled, name):
    r = enrolled('enter-initrd').test(name, env=PIN)
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-tpm2): opens\n'), r.stdout
    assert 'is not bound' in r.stderr or 'is bound' in r.stderr, 'each of them is weak, and that is said'


@needs_interop
@pytest.mark.parametrize('name, opens', [('literal', 0), ('signed', 0), ('signedref', 1), ('signedlit', 0)])
def test_after_boot(enrolled, name, opens):
    """Without a reference a volume opens in every signed phase; with `initrd` it does not."""
    r = enrolled('enter-initrd', 'leave-initrd', 'sysinit', 'ready').test(name)
    assert r.returncode == opens, r.stdout


@needs_interop
def test_wrong_pin(enrolled):
    r = enrolled('enter-initrd').test('pin-direct', env={'PIN': '4321'})
    assert r.returncode == 1 and 'PIN is wrong' in r.stdout and 'tries' in r.stdout


@needs_interop
def test_recovery_and_password(enrolled):
    e = enrolled()
    image = e.image('recovery')
    assert e.test(image, f'--key-file={INTEROP}/luks/recovery.txt').returncode == 0
    assert e.test(image, f'--key-file={INTEROP}/luks/kf').returncode == 0
    assert e.test(image, '--type=recovery', f'--key-file={INTEROP}/luks/kf').returncode == 1


@needs_interop
def test_testing_writes_nothing(enrolled):
    e = enrolled('enter-initrd')
    image = e.image('signedref')
    before = hashlib.sha256(image.read_bytes()).digest()
    assert e.test(image).returncode == 0
    assert hashlib.sha256(image.read_bytes()).digest() == before
