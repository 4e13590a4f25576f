# SPDX-License-Identifier: BSD-2-Clause
"""TPM2 tokens of each kind that systemd has written since 248, made without Pawl's code, open; and when one does not, the
reason is the right one."""
import pytest

from builder import LEGACY, SRK, Builder, Signer
from machine import PAWL, run
from tpmtest import Tpm

SALT = bytes(range(100, 132))
PARENTS = {'srk': (SRK, 0x81000001), 'srk elsewhere': (SRK, 0x81000123), 'before 254': (LEGACY, None), 'srk not named': (SRK, None)}
POLICIES = {'none': {}, 'literal': {'literal': (7, 12)}, 'signed': {'signed': ''}, 'reference': {'signed': 'initrd'},
            'signed and literal': {'signed': '', 'literal': (7,)}}
PINS = {'no PIN': {}, 'PIN': {'pin': b'1234', 'salt': SALT}, 'PIN of 252': {'pin': b'1234'}}


@pytest.fixture(scope='module')
def signer():
    return Signer()


@pytest.fixture
def tpm():
    t = Tpm()
    for pcr in (7, 11, 12):
        t.extend(pcr, b'an event')
    yield t
    t.close()


class Volume:
    def __init__(self, tpm, image, folder, signer, **how):
        signed = how.pop('signed', None)
        self.tpm, self.image, self.folder = tpm, image, folder
        b = Builder(tpm, folder)
        b.add(image, folder / 'key', signer=signer if signed is not None else None, ref=signed or '', **how)
        self.signature = b.signature(signer, how.get('bank', 'sha256'), signed or '')

    def test(self, pin='1234', tpm=None):
        return run(PAWL, 'disk', 'test', '--type=tpm2', f'--tpm={(tpm or self.tpm).spec}', f'--tpm2-signature={self.signature}',
                   self.image, env={'PAWL_TPM_LOCK': str(self.folder / 'lock'), 'PIN': pin})


@pytest.fixture
def volume(tpm, image, tmp_path, signer):
    return lambda **how: Volume(tpm, image, tmp_path, signer, **how)


@pytest.mark.parametrize('bank', ['sha1', 'sha256', 'sha384'])
@pytest.mark.parametrize('policy', POLICIES)
@pytest.mark.parametrize('parent', PARENTS)
def test_opens(volume, bank, policy, parent):
    attributes, handle = PARENTS[parent]
    r = volume(bank=bank, attributes=attributes, handle=handle, **POLICIES[policy]).test()
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-tpm2): opens\n'), r.stdout


@pytest.mark.parametrize('pin', PINS)
@pytest.mark.parametrize('policy', ['none', 'literal', 'signed and literal'])
@pytest.mark.parametrize('parent', PARENTS)
def test_opens_with_pin(volume, pin, policy, parent):
    attributes, handle = PARENTS[parent]
    v = volume(attributes=attributes, handle=handle, **POLICIES[policy], **PINS[pin])
    assert v.test().returncode == 0, v.test().stdout
    if pin != 'no PIN':
        r = v.test(pin='4321')
        assert r.returncode == 1 and 'PIN is wrong' in r.stdout


@pytest.mark.parametrize('parent', ['srk', 'before 254', 'srk not named'])
def test_rsa_primary(volume, parent):
    attributes, handle = PARENTS[parent]
    r = volume(primary='rsa2048', attributes=attributes, handle=handle, literal=(7,)).test()
    assert r.returncode == 0, r.stdout


@pytest.mark.parametrize('primary', ['ecc256', 'rsa2048'])
@pytest.mark.parametrize('pin', ['no PIN', 'PIN'])
@pytest.mark.parametrize('policy', ['none', 'literal', 'signed and literal'])
def test_sealed_without_the_tpm(volume, primary, pin, policy):
    """As systemd does with --tpm2-device-key=."""
    v = volume(primary=primary, elsewhere=True, **POLICIES[policy], **PINS[pin])
    assert v.test().returncode == 0, v.test().stdout
    if pin != 'no PIN':
        r = v.test(pin='4321')
        assert r.returncode == 1 and 'PIN is wrong' in r.stdout
    other = Tpm()
    other.tool('tpm2_createprimary', '-Q', '-C', 'o', '-G', f'{primary}:aes128cfb', '-a', SRK, '-c', 'p')
    other.tool('tpm2_flushcontext', '-t')
    other.tool('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'p', '0x81000001')
    r = v.test(tpm=other)
    other.close()
    assert r.returncode == 1 and 'another TPM' in r.stdout, r.stdout
    v.tpm.tool('tpm2_clear')
    r = v.test()
    assert r.returncode == 1 and 'cleared' in r.stdout, r.stdout


@pytest.mark.parametrize('parent', PARENTS)
def test_each_reason_is_told(volume, parent):
    attributes, handle = PARENTS[parent]
    v = volume(attributes=attributes, handle=handle, literal=(7, 12))
    other = Tpm()
    for pcr in (7, 11, 12):
        other.extend(pcr, b'an event')
    told = {'other TPM': v.test(tpm=other)}
    other.close()
    v.tpm.extend(12, b'a command line')
    told['PCR'] = v.test()
    v.tpm.tool('tpm2_clear')
    told['cleared'] = v.test()
    assert all(r.returncode == 1 for r in told.values()), [r.stdout for r in told.values()]
    assert 'PCR' in told['PCR'].stdout and 'another TPM' not in told['PCR'].stdout
    assert 'cleared' in told['cleared'].stdout
    assert 'TPM' in told['other TPM'].stdout and 'PCR' not in told['other TPM'].stdout
