# SPDX-License-Identifier: BSD-2-Clause
"""The machine's key pair: sealed to at any time, opened once a boot with this machine's volumes, rotated all or nothing."""
import json

import pytest

from machine import TOP, run
from service import NAME, PAWL, SECRET, SERVICES, decoded, encoded

DEADLY = 400  # calls at most


def reboot(m, volume=b'the key of the state volume', *phases):
    """The same machine once more, up to after the initrd."""
    m.tpm.reboot()
    m.user_log.unlink()
    for pcr, data in m.log.events:
        m.tpm.extend(pcr, data)
    m.next_phase('enter-initrd')
    if volume:
        m.measure_volume(volume)
    for phase in ('leave-initrd', *phases):
        m.next_phase(phase)


def test_next_boot(boot):
    m = boot()
    m.next_phase('sysinit')
    m.next_phase('ready')
    r = m.cred('seal', '--with-key=store', *m.logs(), m.plain, m.store / NAME)
    assert r.returncode == 0 and 'a new key pair' in r.stderr, 'sealing works when all is up'
    r = m.unseal(m.store / NAME)
    assert (r.returncode, r.stdout) == (1, '') and 'PCR 11' in r.stderr, 'opening does not'
    r = m.cred('seal', '--with-key=store', *m.logs(), m.plain, m.store / 'second')
    assert r.returncode == 0 and 'key pair' not in r.stderr, 'made once'
    for phases in ((), ('sysinit',)):
        reboot(m, b'the key of the state volume', *phases)
        assert m.unseal_all().returncode == 0
        assert m.opened() == {NAME: SECRET, 'second': SECRET}


def test_no_tpm_for_sealing(boot):
    m = boot()
    m.seal('store', name='makes-the-pair')
    m.seal('store', env={'PAWL_TPM': '/no/such/device'})
    assert m.unseal(m.store / NAME).stdout == SECRET


def test_on_another_host(boot):
    m, builder = boot(), boot()
    m.seal('store', name='makes-the-pair')
    current = m.folder / 'state' / 'store' / 'current'
    path = builder.seal('store', f'--store-key={current}', env={'PAWL_TPM': '/no/such/device'})
    assert m.unseal(path).stdout == SECRET
    r = builder.unseal(path)
    assert r.returncode == 2 and 'of another machine' in r.stderr
    assert not (builder.folder / 'state' / 'store').exists()


@pytest.mark.parametrize('volume', [b"the key of the attacker's volume", None])
def test_swapped_volume(boot, volume):
    """The files on another state volume that was opened with a passphrase, under the genuine OS."""
    m = boot()
    path = m.seal('store')
    reboot(m, volume)
    r = m.unseal(path)
    assert (r.returncode, r.stdout) == (1, '') and 'PCR 15' in r.stderr


@pytest.mark.parametrize('phases, pcr', [(('ready',), 'PCR 11'), (('sysinit', 'ready'), 'PCR 11')])
def test_after_ready(boot, phases, pcr):
    m = boot()
    path = m.seal('store')
    assert m.unseal(path).stdout == SECRET
    for phase in phases:
        m.next_phase(phase)
    r = m.unseal(path)
    assert r.returncode == 1 and pcr in r.stderr


def test_in_the_initrd(boot):
    m = boot()
    path = m.seal('store')
    m.tpm.reboot()
    for pcr, data in m.log.events:
        m.tpm.extend(pcr, data)
    m.tpm.extend(11, b'enter-initrd')
    assert m.unseal(path).returncode == 1


def test_no_volume_no_pair(boot):
    m = boot(volume=None)
    r = m.cred('seal', '--with-key=store', *m.logs(), m.plain, m.store / NAME)
    assert r.returncode == 2 and 'no encrypted volume was opened' in r.stderr
    assert not (m.store / NAME).exists() and not (m.folder / 'state' / 'store' / 'current').exists()


@pytest.mark.parametrize('how, why', [
    ({'secure_boot': False}, 'Secure Boot is off'),
    ({'leave': False}, 'no leave-initrd'),
    ({'signed': ()}, 'none of the image'),
    ({'lie_in': 12, 'cmdline': 'something'}, 'PCR 12'),
])
def test_refused_pairs(boot, how, why):
    m = boot(**how)
    r = m.cred('seal', '--with-key=store', *m.logs(), m.plain, m.store / NAME)
    assert r.returncode == 2 and why in r.stderr, r.stderr
    assert not (m.store / NAME).exists()


def test_authenticated(boot):
    m = boot()
    plain, authentic = m.seal('store'), m.seal('store', '--authenticate', name='authentic')
    assert m.unseal(plain).stdout == SECRET and m.unseal(authentic).stdout == SECRET
    r = m.unseal(plain, '--authenticate')
    assert r.returncode == 1 and 'could have sealed it' in r.stderr
    assert m.unseal(authentic, '--authenticate').stdout == SECRET
    m.host_key.unlink()
    m.seal('host', name='new-key')
    assert m.unseal(authentic).returncode == 1


# --- rotation ---

def pairs(m):
    return sorted(p.name for p in (m.folder / 'state' / 'store').glob('*.key'))


def fill(m, n=3):
    for i in range(n):
        m.seal('store', *(['--authenticate'] if i % 2 else []), name=f'secret{i}', secret=f'secret {i}')
    m.seal('host', name='other', secret='not of the store')
    return {**{f'secret{i}': f'secret {i}' for i in range(n)}, 'other': 'not of the store'}


def test_rotate(boot):
    m = boot()
    secrets = fill(m)
    m.seal('store', '--timestamp=@1', '--not-after=@2', name='expired')
    before, old = {p.name: p.read_text() for p in m.store.iterdir()}, pairs(m)
    m.next_phase('ready')
    r = m.cred('rotate')
    assert r.returncode == 0 and pairs(m) == old, 'only asked for'
    assert m.unseal_all().returncode == 2 and pairs(m) == old, 'not in this boot any more'
    reboot(m)
    r = m.unseal_all()
    assert r.returncode == 1 and '4 credentials sealed to it' in r.stderr and '"expired" is expired' in r.stderr, r.stderr
    assert m.opened() == secrets
    assert len(pairs(m)) == 1 and pairs(m) != old
    after = {p.name: p.read_text() for p in m.store.iterdir()}
    assert {n for n in after if after[n] != before[n]} == {'secret0', 'secret1', 'secret2', 'expired'}
    assert not (m.folder / 'state' / 'store' / 'rotate').exists()
    m.seal('store', name='later', secret='later')
    assert m.unseal_all().returncode == 1 and m.opened() == {**secrets, 'later': 'later'}
    assert m.unseal(m.store / 'secret1', '--authenticate').stdout == 'secret 1', 'it stays what it was'
    assert '"expired" is expired' in m.unseal(m.store / 'expired').stderr


def test_rotate_all_or_nothing(boot):
    m = boot()
    secrets = fill(m)
    broken = bytearray(decoded(m.store / 'secret1'))
    broken[-1] ^= 1
    (m.store / 'secret1').write_text(encoded(bytes(broken)))
    before, old = {p.name: p.read_text() for p in m.store.iterdir()}, pairs(m)
    assert m.cred('rotate').returncode == 0
    r = m.unseal_all()
    assert r.returncode == 2 and 'not rotated, and nothing was changed' in r.stderr and 'secret1' in r.stderr
    assert {p.name: p.read_text() for p in m.store.iterdir()} == before and pairs(m) == old
    del secrets['secret1']
    assert m.opened() == secrets
    assert m.cred('rotate', '--cancel').returncode == 0
    assert 'rotated' not in m.unseal_all().stderr


def test_rotate_elsewhere(boot):
    """What lies in another folder goes along where that is named, and is not opened for anybody."""
    m = boot()
    elsewhere = m.folder / 'elsewhere'
    elsewhere.mkdir()
    m.seal('store')
    m.seal('store', out=elsewhere / 'far')
    assert m.cred('rotate', elsewhere).returncode == 0
    r = m.unseal_all()
    assert r.returncode == 0 and '2 credentials sealed to it' in r.stderr, r.stderr
    assert set(m.opened()) == {NAME}
    assert m.unseal(elsewhere / 'far').stdout == SECRET


def test_broken_request(boot):
    m = boot()
    m.seal('store')
    (m.folder / 'state' / 'store' / 'rotate').write_text('{')
    r = m.unseal_all()
    assert m.opened() == {NAME: SECRET} and 'not rotated' in r.stderr


def killed_at(n, call, command, env):
    r = run('strace', '-qq', '-f', '-o', '/dev/null', '-e', f'trace={call}', '-e', f'inject={call}:signal=SIGKILL:when={n}',
            *command, env=env)
    return r.returncode in (-9, 137)


def strace_works():
    return run('strace', '-f', '-o', '/dev/null', 'true').returncode == 0


def environment(m):
    return {'PAWL_TPM_LOCK': str(m.folder / 'lock'), 'PAWL_EFIVARS': str(m.folder / 'efivars'),
            'PAWL_POLICIES': str(TOP / 'pcr-policies'), 'PAWL_STATE': str(m.folder / 'state'), **m.environment}


@pytest.mark.parametrize('call', ['write', 'fsync', 'renameat2', 'unlink'])
def test_rotation_killed_at_every(boot, call):
    """Each credential opens afterwards, with the old pair or the new one, and the rotation ends by itself."""
    if not strace_works():
        pytest.skip('strace cannot trace here')
    m = boot()
    secrets = fill(m, 2)
    n = 0
    while True:
        n += 1
        assert n < DEADLY
        assert m.cred('rotate').returncode == 0
        command = [PAWL, 'cred', 'unseal', '--all', f'--output-dir={m.folder}/opened', *m.logs(), m.store]
        was_killed = killed_at(n, call, command, environment(m))
        reboot(m)
        for name, secret in secrets.items():
            assert m.unseal(m.store / name).stdout == secret, f'{call} {n}: {name}'
        r = m.unseal_all()
        assert r.returncode == 0 and m.opened() == secrets, r.stderr
        assert len(pairs(m)) == 1 and not (m.folder / 'state' / 'store' / 'rotate').exists()
        if not was_killed:
            break
    assert n > 1
    print(f'killed at {n - 1} calls of {call}')


@pytest.mark.parametrize('kind', ['host', 'host+tpm2', 'store'])
def test_sealing_killed_at_every_write(boot, kind):
    """Old or new, never neither."""
    if not strace_works():
        pytest.skip('strace cannot trace here')
    m = boot(signed=SERVICES)
    args = m.logs() if kind == 'store' else ()
    path = m.seal(kind, secret='old')
    m.plain.write_text('new')
    n = 0
    while True:
        n += 1
        assert n < DEADLY
        command = [PAWL, 'cred', 'seal', f'--with-key={kind}', *args, m.plain, path]
        was_killed = any(killed_at(n, call, command, environment(m)) for call in ('write', 'fsync', 'renameat2'))
        reboot(m)
        secret = m.unseal(path).stdout
        assert secret in ('old', 'new')
        if not was_killed:
            break
        m.seal(kind, secret='old')
        m.plain.write_text('new')
    assert n > 1 and secret == 'new'


def test_first_pair_made_by_many(boot):
    """Sealers that start together on a machine without a pair make one, and all that they seal opens."""
    from concurrent.futures import ThreadPoolExecutor
    m = boot()
    names = [f'secret{i}' for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: m.cred('seal', '--with-key=store', *m.logs(), m.plain, m.store / n), names))
    assert [r.returncode for r in results] == [0] * 8, [r.stderr for r in results]
    assert len(pairs(m)) == 1
    assert m.unseal_all().returncode == 0 and set(m.opened()) == set(names)


def test_inspect(boot):
    m = boot()
    path = m.seal('store')
    report = json.loads(m.cred('inspect', '--json', f'--tpm2-signature={m.signature}', path).stdout)
    assert report['kind'] == 'store' and report['opens'] and report['name'] == NAME
    assert 'PCR 7, 12, 15 as at sealing' in report['needs'] and 'reference pawl-services' in report['needs']
    m.next_phase('ready')
    r = m.cred('inspect', '--json', f'--tpm2-signature={m.signature}', path)
    report = json.loads(r.stdout)
    assert r.returncode == 1 and report['opens'] is False and 'PCR 11' in report['why'] and 'name' not in report
    assert SECRET not in r.stdout
