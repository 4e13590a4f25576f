# SPDX-License-Identifier: BSD-2-Clause
"""Credentials handed over between Pawl and Debian's systemd-creds (252), both ways, with one host key and one TPM."""
import re
import shutil
from pathlib import Path

import pytest

from machine import run
from service import NAME, SECRET

VERSION = re.match(r'systemd (\d+)', run('systemd-creds', '--version').stdout)[1] if shutil.which('systemd-creds') else None
pytestmark = [
    pytest.mark.skipif(not VERSION, reason='no systemd-creds (package systemd)'),
    pytest.mark.skipif(not Path('/etc/machine-id').exists() or not Path('/etc/machine-id').read_text().strip(),
                       reason='systemd-creds wants a machine id (/etc/machine-id)'),
]
KINDS = ['host', 'tpm2', 'host+tpm2', 'tpm2-with-public-key', 'host+tpm2-with-public-key']
BOUND = {'tpm2': ('--tpm2-pcrs=7',), 'host+tpm2': ('--tpm2-pcrs=7+12',)}


@pytest.fixture
def machine(boot):
    """Its image signs without reference too, as systemd's do."""
    return boot(signed=(('enter-initrd:leave-initrd', ''),))


def arguments(m, kind):
    signed = (f'--tpm2-public-key={m.public_key}',) if 'public-key' in kind else ()
    return (*BOUND.get(kind, ('--tpm2-pcrs=',) if 'tpm2' in kind else ()), *signed)


@pytest.mark.parametrize('kind', KINDS)
def test_ours_to_theirs(machine, kind):
    m = machine
    path = m.seal(kind, '--for=systemd-252', *arguments(m, kind))
    r = m.systemd('decrypt', f'--tpm2-device={m.tpm.spec}', f'--tpm2-signature={m.signature}', path, '-')
    assert (r.returncode, r.stdout) == (0, SECRET), r.stderr
    wrong = m.systemd('decrypt', f'--tpm2-device={m.tpm.spec}', f'--tpm2-signature={m.signature}', '--name=other', path, '-')
    assert wrong.returncode != 0, 'it is bound to its name for them too'


@pytest.mark.parametrize('kind', KINDS)
def test_theirs_to_ours(machine, kind):
    m = machine
    path = m.store / NAME
    if 'host' in kind:
        m.seal('host', name='makes-the-key')
    r = m.systemd('encrypt', f'--with-key={kind}', f'--tpm2-device={m.tpm.spec}', *arguments(m, kind), m.plain, path)
    assert r.returncode == 0, r.stderr
    r = m.unseal(path)
    assert (r.returncode, r.stdout) == (0, SECRET), r.stderr
    assert m.tpm.left_behind() == []
    assert m.cred('list', m.store).returncode == 0


def test_their_host_key(machine):
    """Who makes the key does not matter."""
    m = machine
    assert m.systemd('setup').returncode == 0
    r = m.systemd('decrypt', m.seal('host'), '-')
    assert (r.returncode, r.stdout) == (0, SECRET), r.stderr


def test_their_times(machine):
    m = machine
    path = m.seal('host', '--not-after=@4000000000', '--timestamp=@1000000000')
    assert m.systemd('decrypt', path, '-').stdout == SECRET
    old = m.seal('host', '--not-after=@1000000001', '--timestamp=@1000000000', name='old')
    r = m.systemd('decrypt', old, '-')
    assert r.returncode != 0 and 'time passed' in r.stderr, r.stderr
