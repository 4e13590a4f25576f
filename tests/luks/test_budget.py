# SPDX-License-Identifier: BSD-2-Clause
"""What the verbs send to a TPM, counted on the bus: all commands, those that flush objects too."""
import pytest

from tpmtest import Proxy

CREATE_PRIMARY = 0x131
ECC, RSA = b'\x00\x23\x00\x0b', b'\x00\x01\x00\x0b'  # TPMT_PUBLIC: type, nameAlg sha256
PIN = {'NEWPIN': 'a PIN', 'PIN': 'a PIN'}
ARGON = ('--tpm2-with-pin=yes', '--tpm2-argon2id-memory=64M', '--tpm2-argon2id-iterations=3')  # the floor


class Bus:
    def __init__(self, m):
        self.m, self.primaries = m, []
        self.proxy = Proxy(m.tpm, self._look)

    def _look(self, command):
        if int.from_bytes(command[6:10], 'big') == CREATE_PRIMARY:
            self.primaries.append(bytes(command))

    def count(self, *args, env=None):
        self.proxy.commands.clear()
        r = self.m.pawl('disk', *args, env={'PAWL_TPM': self.proxy.spec, **(env or {})})
        assert r.returncode == 0, r.stdout + r.stderr
        return len(self.proxy.commands)

    def enroll(self, image, *args, is_signed=True, **more):
        m = self.m
        signed = [f'--tpm2-public-key={m.public_key}', f'--tpm2-signature={m.signature}'] if is_signed else []
        return self.count('enroll', '--tpm2', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}', *signed,
                          f'--unlock-key-file={m.folder}/key', *args, image, **more)

    def test(self, image, **more):
        return self.count('test', '--type=tpm2', f'--tpm2-signature={self.m.signature}', image, **more)


@pytest.fixture
def bus(boot):
    return lambda **how: Bus(boot(**how))


@pytest.mark.parametrize('phases, most', [((), 20), (('leave-initrd',), 12)])
def test_fresh_tpm(bus, image, phases, most):
    """With the proof where the machine is in the state in which it opens, else without. One primary, an ECC one."""
    b = bus()
    for phase in phases:
        b.m.next_phase(phase)
    n = b.enroll(image)
    assert n <= most, b.proxy.commands
    assert len(b.primaries) == 1 and ECC in b.primaries[0] and RSA not in b.primaries[0]
    again = b.enroll(image)
    assert again < n and len(b.primaries) == 1, 'the key that was made is found again'
    assert b.m.tpm.left_behind() == []


@pytest.mark.parametrize('pin', [('--tpm2-with-pin=direct',), ARGON])
def test_enrolling_a_pin(bus, image, pin):
    """The storage key is there; the lockout authorisation is asked for, and the proof needs the PIN."""
    b = bus()
    b.m.tpm.tool('tpm2_changeauth', '-c', 'lockout', 'secret of the owner')
    b.enroll(image)
    assert b.enroll(image) <= 16
    assert b.enroll(image, *pin, env=PIN) <= 20


@pytest.mark.parametrize('args, is_signed, most', [
    ((), True, 10), (('--tpm2-pcrs=7+12',), False, 5), (('--tpm2-with-pin=direct',), True, 11),
    (('--tpm2-pcrs=7', '--tpm2-with-pin=direct'), False, 6),
])
def test_opening(bus, image, args, is_signed, most):
    b = bus()
    b.m.tpm.tool('tpm2_changeauth', '-c', 'lockout', 'secret of the owner')
    b.enroll(image, *args, is_signed=is_signed, env=PIN)
    first = b.test(image, env=PIN)
    # the first PIN of a boot: the TPM writes that its counter is in use, and says RETRY once
    assert first - most in ((0, 1) if args and 'pin' in args[-1] else (0,)), b.proxy.commands
    assert b.test(image, env=PIN) == most, b.proxy.commands
