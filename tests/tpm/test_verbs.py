# SPDX-License-Identifier: BSD-2-Clause
"""pawl tpm status and pawl phase, as people run them."""
import hashlib
import json
import os
import subprocess

import pytest

from policies import pcr_after
from tpmtest import BANKS, CC_PCR_EXTEND, Proxy, drive, good

PAWL = os.environ.get('PAWL', '')
LOADER_GUID = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'
GLOBAL_GUID = '8be4df61-93ca-11d2-aa0d-00e098032b8c'


@pytest.fixture
def machine(tpm, tmp_path):
    """Runs pawl on a machine whose stub measured the boot."""
    efivars = tmp_path / 'efivars'
    efivars.mkdir()
    (efivars / f'StubPcrKernelImage-{LOADER_GUID}').write_bytes(b'\6\0\0\0' + '11'.encode('utf-16-le'))
    (efivars / f'SecureBoot-{GLOBAL_GUID}').write_bytes(b'\6\0\0\0\1')

    def pawl(*args, spec=None):
        env = {**os.environ, 'PAWL_TPM': spec or tpm.spec, 'PAWL_EFIVARS': str(efivars), 'PAWL_TPM_LOCK': str(tmp_path / 'lock')}
        return subprocess.run([PAWL, *args], env=env, capture_output=True, text=True, timeout=60, check=False)
    pawl.log, pawl.efivars, pawl.tpm = tmp_path / 'log' / 'measure.log', efivars, tpm
    pawl.phase = lambda *args, **more: pawl('phase', f'--user-log={pawl.log}', *args, **more)
    return pawl


def pcr11(machine):
    return [a['11'] for a in good(drive(machine.tpm.spec, *({'op': 'read', 'bank': b, 'mask': 1 << 11} for b in BANKS)))]


def test_status(machine):
    r = machine('tpm', 'status')
    assert r.returncode == 0 and r.stderr == ''
    for text in ('IBM', 'sha256, sha384, sha512, sha1', 'none: nothing is sealed', 'not locked, 0 of 3 tries used, one given back every 1000 s',
                 'not set: whoever', 'Secure Boot', ' on'):
        assert text in r.stdout, r.stdout
    for variable in machine.efivars.iterdir():
        variable.unlink()
    status = json.loads(machine('tpm', 'status', '--json').stdout)
    assert status['srk'] is None and status['secure_boot'] is None
    good(drive(machine.tpm.spec, {'op': 'srk-setup'}))
    machine.tpm.tool('tpm2_dictionarylockout', '-s', '-n', '32', '-t', '600', '-l', '86400')
    machine.tpm.tool('tpm2_changeauth', '-c', 'l', 'secret')
    status = json.loads(machine('tpm', 'status', '--json').stdout)
    assert status['lockout'] == {'locked': False, 'tries_used': 0, 'tries': 32, 'interval_s': 600, 'recovery_s': 86400,
                                 'authorisation_set': True, 'words': 'not locked, 0 of 32 tries used, one given back every 10 min'}
    assert status['srk'].startswith('000b') and 'sha256' in status['banks']


def test_status_without_tpm(machine):
    r = machine('tpm', 'status', '--tpm=/nowhere/tpm')
    assert r.returncode == 1 and r.stdout == '' and 'there is no TPM' in r.stderr
    assert machine('tpm', 'status', 'x').returncode == 64


def test_phases(machine):
    good(drive(machine.tpm.spec, {'op': 'srk-setup'}))
    for word in ('enter-initrd', 'leave-initrd'):
        r = machine.phase(word)
        assert (r.returncode, r.stdout, r.stderr) == (0, '', '')
    expected = [pcr_after(b, b'enter-initrd', b'leave-initrd').hex() for b in BANKS]
    assert pcr11(machine) == expected
    records = [json.loads(r) for r in machine.log.read_text().split('\x1e') if r]
    assert [r['content']['string'] for r in records] == ['enter-initrd', 'leave-initrd']
    assert {d['hashAlg']: d['digest'] for d in records[1]['digests']} == {
        b: hashlib.new(b, b'leave-initrd').hexdigest() for b in BANKS}
    # twice is refused, with nothing measured, unless it is wanted
    r = machine.phase('leave-initrd')
    assert r.returncode == 1 and 'already' in r.stderr and pcr11(machine) == expected
    assert machine.phase('--again', 'leave-initrd').returncode == 0 and pcr11(machine) != expected
    assert machine.tpm.left_behind() == []


def test_phase_without_srk_says_so(machine):
    r = machine.phase('enter-initrd')
    assert r.returncode == 0 and 'could forge' in r.stderr
    assert pcr11(machine) == [pcr_after(b, b'enter-initrd').hex() for b in BANKS]


def test_phase_refusals(machine):
    before = pcr11(machine)
    assert machine.phase('enter-initr').returncode == 64
    assert machine.phase().returncode == 64
    machine.log.parent.mkdir()
    machine.log.write_text('\x1e{"pcr": 11\n')
    r = machine.phase('enter-initrd')
    assert r.returncode == 2 and str(machine.log) in r.stderr
    machine.log.unlink()
    for variable in machine.efivars.glob('Stub*'):
        variable.unlink()
    r = machine.phase('enter-initrd')
    assert r.returncode == 1 and 'no stub measured' in r.stderr
    assert pcr11(machine) == before
    assert machine.phase('--force', 'enter-initrd').returncode == 0 and pcr11(machine) != before


def test_phase_measures_without_a_log(machine):
    """A log that cannot be written does not keep the fuse whole."""
    machine.log.mkdir(parents=True)
    r = machine.phase('--again', 'leave-initrd')
    assert r.returncode == 2 and 'measured, but not logged' in r.stderr
    assert pcr11(machine) == [pcr_after(b, b'leave-initrd').hex() for b in BANKS]


def test_phase_that_is_swallowed(machine):
    good(drive(machine.tpm.spec, {'op': 'srk-setup'}))
    proxy = Proxy(machine.tpm, lambda c: bytes.fromhex('80020000001300000000000000000000010000')
                  if int.from_bytes(c[6:10], 'big') == CC_PCR_EXTEND else None)
    r = machine.phase('leave-initrd', spec=proxy.spec)
    proxy.close()
    assert r.returncode == 2 and "not the TPM's" in r.stderr
    assert not machine.log.exists() or machine.log.read_text() == ''


def test_many_at_once(machine, tmp_path):
    """Forty conversations start together on a TPM that has room for three sessions."""
    good(drive(machine.tpm.spec, {'op': 'srk-setup'}))
    env = {**os.environ, 'PAWL_TPM': machine.tpm.spec, 'PAWL_EFIVARS': str(machine.efivars), 'PAWL_TPM_LOCK': str(tmp_path / 'lock')}
    all_of_them = [subprocess.Popen([PAWL, 'phase', '--again', f'--user-log={machine.log}', 'ready'], env=env) for _ in range(40)]
    assert [p.wait(60) for p in all_of_them] == [0] * 40
    assert machine.log.read_text().count('\x1e') == 40
    assert pcr11(machine)[1] == pcr_after('sha256', *[b'ready'] * 40).hex()
