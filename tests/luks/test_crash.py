# SPDX-License-Identifier: BSD-2-Clause
"""`pawl disk enroll` and `wipe` killed at each of their writes: what opened before still does, or all of the new set: never
less. And doing it again works."""
import json
import shutil

import pytest

from machine import PAWL, run

MAX_WRITES = 400


def strace_works(tmp_path):
    return run('strace', '-f', '-o', tmp_path / 'strace', 'true').returncode == 0


def killed_at(n, call, command, env):
    """Runs with a SIGKILL at the n-th call: (whether there were so many, what it said until then)."""
    r = run('strace', '-qq', '-f', '-o', '/dev/null', '-e', f'trace={call}', '-e', f'inject={call}:signal=SIGKILL:when={n}',
            *command, env=env)
    return r.returncode in (-9, 137), r.stdout


@pytest.mark.parametrize('kind', ['recovery-key', 'tpm2'])
@pytest.mark.parametrize('call', ['write', 'fsync'])
def test_killed_at_every_write(boot, image, tmp_path, kind, call):
    if not strace_works(tmp_path):
        pytest.skip('strace cannot trace here')
    m = boot()
    other = tmp_path / 'recovery'
    r = m.pawl('disk', 'enroll', '--recovery-key', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0
    other.write_text(r.stdout.strip())
    disk = tmp_path / 'copy'
    command = [PAWL, 'disk', 'enroll', f'--unlock-key-file={m.folder}/key']
    command += ['--recovery-key', disk] if kind == 'recovery-key' else ['--tpm2', f'--tpm2-pcrs=23:sha256={"0" * 64}', disk]
    env = {'PAWL_TPM': m.tpm.spec, 'PAWL_TPM_LOCK': str(m.folder / 'lock')}
    n = 0
    while True:
        n += 1
        assert n < MAX_WRITES
        shutil.copy(image, disk)
        m.tpm.reboot()  # as after a power cut; what the killed process had loaded is gone
        if not killed_at(n, call, command, env)[0]:
            break
        for key in (f'{m.folder}/key', other):
            r = m.test(disk, f'--key-file={key}')
            assert r.returncode == 0, f'{call} {n}: {r.stdout} {r.stderr}'
        assert run('cryptsetup', 'luksDump', disk).returncode == 0
    assert n > 1, 'it was killed at least once'
    ways = json.loads(m.pawl('disk', 'list', '--json', disk).stdout)['ways']
    assert [w['kind'] for w in ways] == ['password', 'recovery key', 'TPM2' if kind == 'tpm2' else 'recovery key']
    print(f'{kind}: killed at {n - 1} calls of {call}')


def opens(m, disk, way, secret):
    return m.test(disk, f'--type={way}', env={'PASSWORD': secret} if way != 'tpm2' else {}).returncode == 0


@pytest.fixture
def full(boot, image, tmp_path):
    """Keyslot 0 a passphrase, 1 a TPM's, 2 a recovery key's, 3 another passphrase. (machine, way in by name)"""
    m = boot()
    zero = f'--tpm2-pcrs=23:sha256={"0" * 64}'
    assert m.pawl('disk', 'enroll', '--tpm2', zero, f'--unlock-key-file={m.folder}/key', image).returncode == 0
    r = m.pawl('disk', 'enroll', '--recovery-key', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0
    key = r.stdout.strip()
    (tmp_path / 'second').write_text('second')
    r = run('cryptsetup', 'luksAddKey', '-q', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file',
            m.folder / 'key', image, tmp_path / 'second')  # Argon2id would take most of the test's time
    assert r.returncode == 0
    return m, {'first': ('password', 'correct horse'), 'tpm2': ('tpm2', None), 'recovery': ('recovery', key),
               'second': ('password', 'second')}


CASES = {
    'wipe a slot': (['wipe', '--yes', 'DISK', '3'], {'first', 'tpm2', 'recovery'}),
    'wipe a kind': (['wipe', '--yes', 'DISK', 'tpm2'], {'first', 'recovery', 'second'}),
    'wipe several': (['wipe', '--yes', 'DISK', 'tpm2', 'recovery', '3'], {'first'}),
    'enroll a passphrase': (['enroll', '--password', 'DISK'], {'first', 'tpm2', 'recovery', 'second', 'new'}),
    # with a key that needs no stretching, which would take most of the test's time
    'replace a kind': (['enroll', '--recovery-key', '--no-verify', '--wipe-slot=recovery,tpm2', 'DISK'], {'first', 'second', 'new'}),
}


@pytest.mark.parametrize('call, case', [*(('write', c) for c in CASES), *(('fsync', c) for c in CASES if c.startswith('wipe'))])
def test_wipe_killed_at_every_write(full, image, tmp_path, case, call):
    if not strace_works(tmp_path):
        pytest.skip('strace cannot trace here')
    m, ways = full
    words, after = CASES[case]
    disk = tmp_path / 'copy'
    command = [PAWL, 'disk', *(str(disk) if w == 'DISK' else w for w in words)]
    if words[0] == 'enroll':
        command.insert(3, f'--unlock-key-file={m.folder}/key')
    env = {'PAWL_TPM': m.tpm.spec, 'PAWL_TPM_LOCK': str(m.folder / 'lock'), 'NEWPASSWORD': 'new'}
    n = 0
    while True:
        n += 1
        assert n < MAX_WRITES
        shutil.copy(image, disk)
        was_killed, said = killed_at(n, call, command, env)
        new = ('recovery', said.strip() or 'nothing yet') if '--recovery-key' in words else ('password', 'new')
        if not was_killed:
            break
        assert run('cryptsetup', 'luksDump', disk).returncode == 0
        now = {name for name, way in [*ways.items(), ('new', new)] if opens(m, disk, *way)}
        assert now >= set(ways) or now >= after, f'{call} {n}: only {now} are left'
    assert n > 1, 'it was killed at least once'
    assert {name for name, way in [*ways.items(), ('new', new)] if opens(m, disk, *way)} == after
    print(f'{case}: killed at {n - 1} calls of {call}')
