# SPDX-License-Identifier: BSD-2-Clause
"""Setting up a TPM so that a signed factory reset, and nobody else without the authorisation, can clear it."""
import json
import os
import subprocess

import pytest

DRIVER = os.environ.get('PAWL_CLEAR_DRIVER', '')


def clear_by_policy(m, signature=None):
    request = {'op': 'clear', 'pem': m.public_key.read_text(), 'signatures': (signature or m.signature).read_text()}
    p = subprocess.run([DRIVER, m.tpm.spec, '10000'], input=json.dumps([request]), capture_output=True, text=True, check=True,
                       env={**os.environ, 'PAWL_TPM_LOCK': str(m.folder / 'lock')})
    return json.loads(p.stdout)[0]


def set_up(m):
    r = m.pawl('tpm', 'setup', *m.logs())
    assert r.returncode == 0, r.stderr


def has_srk(m):
    return '0x81000001' in m.tpm.tool('tpm2_getcap', 'handles-persistent').lower()


def status(m):
    return json.loads(m.pawl('tpm', 'status', '--json').stdout)


def reset_boot(m, *phases):
    m.tpm.reboot()
    for pcr, data in m.log.events:
        m.tpm.extend(pcr, data)
    for phase in phases:
        m.tpm.extend(11, phase.encode())


def test_set_up(boot):
    m = boot()
    set_up(m)
    lockout = status(m)['lockout']
    assert lockout['authorisation_set'] and lockout['tries'] == 32 and lockout['interval_s'] == 600
    kept = m.folder / 'state' / 'lockout-auth'
    assert kept.stat().st_size == 32 and kept.stat().st_mode & 0o777 == 0o600
    before = kept.read_bytes()
    set_up(m)
    assert kept.read_bytes() == before, 'what is set stays'
    assert m.tpm.left_behind() == []


def test_cleared_by_the_reset_phase_only(boot):
    m = boot()
    set_up(m)
    assert clear_by_policy(m)['err'] == 'TPM_POLICY', 'not in the running system'
    reset_boot(m, 'enter-initrd')
    assert clear_by_policy(m)['err'] == 'TPM_POLICY' and has_srk(m)
    reset_boot(m, 'enter-initrd', 'factory-reset')
    a = clear_by_policy(m)
    assert a['err'] == 'OK', a
    assert not has_srk(m) and not status(m)['lockout']['authorisation_set']
    assert m.tpm.left_behind() == []


def test_not_under_other_secure_boot_keys(boot):
    m = boot()
    set_up(m)
    reset_boot(m, 'enter-initrd', 'factory-reset')
    m.tpm.extend(7, b'another certificate')
    assert clear_by_policy(m)['err'] == 'TPM_POLICY' and has_srk(m)


def test_not_by_another_image(boot):
    m, other = boot(), boot()
    set_up(m)
    reset_boot(m, 'enter-initrd', 'factory-reset')
    m.public_key, m.signature = other.public_key, other.signature
    assert clear_by_policy(m)['err'] == 'TPM_POLICY' and has_srk(m)


@pytest.mark.parametrize('how, why', [({'secure_boot': False}, 'Secure Boot is off'), ({'signed': ()}, 'none of the image')])
def test_refused_set_up(boot, how, why):
    m = boot(**how)
    r = m.pawl('tpm', 'setup', *m.logs())
    assert r.returncode == 2 and why in r.stderr, r.stderr
    assert not status(m)['lockout']['authorisation_set'], 'a policy that nobody satisfies would shut the owner out'


def test_clear(boot):
    m = boot()
    set_up(m)
    r = m.pawl('tpm', 'clear', '--yes')
    assert r.returncode == 0 and 'cleared' in r.stdout, r.stderr
    assert not has_srk(m) and not (m.folder / 'state' / 'lockout-auth').exists()
    assert m.pawl('tpm', 'clear', '--yes').returncode == 0, 'with no authorisation none is needed'


def test_clear_never_guesses(boot):
    """A wrong authorisation would lock the right one out for a thousand seconds."""
    m = boot()
    m.tpm.tool('tpm2_changeauth', '-Q', '-c', 'lockout', "the owner's own")
    r = m.pawl('tpm', 'clear', '--yes')
    assert r.returncode == 2 and 'not kept here' in r.stderr
    (m.folder / 'auth').write_text("the owner's own")
    r = m.pawl('tpm', 'clear', '--yes', f'--lockout-auth-file={m.folder}/auth')
    assert r.returncode == 0, r.stderr


def test_clear_disabled(boot):
    m = boot()
    m.tpm.tool('tpm2_clearcontrol', '-Q', '-C', 'l', 's')
    r = m.pawl('tpm', 'clear', '--yes')
    assert r.returncode == 2 and 'disabled' in r.stderr


def test_clear_asks(boot):
    m = boot()
    set_up(m)
    subprocess.run(['setsid', '-w', 'true'], check=True)
    r = m.pawl('tpm', 'clear')
    assert r.returncode == 2 and '--yes' in r.stderr and has_srk(m)
