# SPDX-License-Identifier: BSD-2-Clause
"""Credentials that systemd 262 sealed, opened as they are on a copy of its TPM."""
import json

import pytest

from machine import TOP, run
from service import PAWL
from test_interop_disk import INTEROP, Enrolled, needs_interop

CREDS = INTEROP / 'cred'
KINDS = ['null', 'host', 'tpm2', 'tpm2-literal', 'tpm2-signed', 'host-tpm2', 'host-tpm2-signed']


@pytest.fixture
def opener(tmp_path):
    started = []

    def unseal(verb, *args, phases=('enter-initrd', 'leave-initrd')):
        e = Enrolled(tmp_path, *phases)
        started.append(e)
        r = run(PAWL, 'cred', verb, f'--tpm={e.tpm.spec}', f'--tpm2-signature={INTEROP}/uki/pcrsig.json',
                f'--host-key={CREDS}/credential.secret', *args,
                env={'PAWL_TPM_LOCK': str(tmp_path / 'lock'), 'PAWL_EFIVARS': str(tmp_path), 'PAWL_STATE': str(tmp_path)})
        assert e.tpm.left_behind() == []
        return r
    yield unseal
    for e in started:
        e.tpm.close()


@needs_interop
@pytest.mark.parametrize('kind', KINDS)
def test_opens(opener, kind):
    r = opener('unseal', '--name=db-password', CREDS / f'{kind}.cred', '-')
    assert (r.returncode, r.stdout) == (0, (CREDS / 'secret').read_text()), r.stderr
    report = json.loads(opener('inspect', '--json', CREDS / f'{kind}.cred').stdout)
    assert report['opens'] is True and report['name'] == 'db-password'


@needs_interop
def test_expired(opener):
    r = opener('unseal', '--name=db-password', CREDS / 'expired.cred', '-')
    assert (r.returncode, r.stdout) == (1, '') and '"db-password" is expired' in r.stderr


@needs_interop
@pytest.mark.parametrize('kind', ['tpm2-signed', 'host-tpm2-signed'])
def test_unsigned_phase(opener, kind):
    r = opener('unseal', '--name=db-password', CREDS / f'{kind}.cred', '-', phases=('enter-initrd', 'what nobody signed'))
    assert (r.returncode, r.stdout) == (1, '') and 'PCR 11' in r.stderr


@needs_interop
def test_all_at_once(opener, tmp_path):
    folder = tmp_path / 'store'
    folder.mkdir()
    for kind in KINDS:
        (folder / kind).write_bytes((CREDS / f'{kind}.cred').read_bytes())
    out = tmp_path / 'opened'
    r = opener('unseal', '--all', f'--output-dir={out}', folder)
    assert r.returncode == 1 and r.stderr.count('sealed under the name "db-password"') == len(KINDS)
    assert list(out.iterdir()) == []
    for kind in KINDS:
        (folder / kind).unlink()
    for kind in KINDS:
        (folder / 'db-password').write_bytes((CREDS / f'{kind}.cred').read_bytes())
        r = opener('unseal', '--all', f'--output-dir={out}', folder)
        assert r.returncode == 0, r.stderr
        assert (out / 'db-password').read_text() == (CREDS / 'secret').read_text()
        assert (out / 'db-password').stat().st_mode & 0o777 == 0o400


def test_files_are_beside_the_tree():
    """So that a skip above is seen where the files are expected."""
    assert INTEROP.exists() or not (TOP.parent / 'shared').exists()
