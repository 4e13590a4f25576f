# SPDX-License-Identifier: BSD-2-Clause
"""`pawl disk enroll` killed at each of its writes: every way in that there was still opens, and enrolling again works."""
import json
import shutil

import pytest

from machine import PAWL, run

MAX_WRITES = 400


def strace_works(tmp_path):
    return run('strace', '-f', '-o', tmp_path / 'strace', 'true').returncode == 0


def killed_at(n, call, command, env):
    """Runs with a SIGKILL at the n-th call. False if there were fewer."""
    r = run('strace', '-qq', '-f', '-o', '/dev/null', '-e', f'trace={call}', '-e', f'inject={call}:signal=SIGKILL:when={n}',
            *command, env=env)
    return r.returncode in (-9, 137)


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
        if not killed_at(n, call, command, env):
            break
        for key in (f'{m.folder}/key', other):
            r = m.test(disk, f'--key-file={key}')
            assert r.returncode == 0, f'{call} {n}: {r.stdout} {r.stderr}'
        assert run('cryptsetup', 'luksDump', disk).returncode == 0
    assert n > 1, 'it was killed at least once'
    ways = json.loads(m.pawl('disk', 'list', '--json', disk).stdout)['ways']
    assert [w['kind'] for w in ways] == ['password', 'recovery key', 'TPM2' if kind == 'tpm2' else 'recovery key']
    print(f'{kind}: killed at {n - 1} calls of {call}')
