# SPDX-License-Identifier: BSD-2-Clause
"""What is refused, and what is said: changed bytes, names, times, users, null keys, weak policies, other machines."""
import json
import pwd
import shutil
from pathlib import Path

import pytest

from machine import GLOBAL, le
from service import NAME, SECRET, decoded, encoded

HAS_MACHINE_ID = Path('/etc/machine-id').exists() and Path('/etc/machine-id').read_text().strip()
needs_machine_id = pytest.mark.skipif(not HAS_MACHINE_ID, reason='no machine id (/etc/machine-id)')
EVERY = ('null', 'host', 'tpm2', 'host+tpm2', 'tpm2-with-public-key', 'host+tpm2-with-public-key', 'store')


def arguments(m, kind):
    return (f'--tpm2-public-key={m.public_key}',) if 'public-key' in kind else ('--tpm2-pcrs=7',) if 'tpm2' in kind else ()


@pytest.mark.parametrize('kind', EVERY)
def test_round_trip(boot, kind):
    m = boot(signed=(('enter-initrd:leave-initrd', ''), ('enter-initrd:leave-initrd', 'pawl-services')))
    path = m.seal(kind, *arguments(m, kind))
    r = m.unseal(path, '--allow-null')
    assert (r.returncode, r.stdout) == (0, SECRET), r.stderr
    assert m.tpm.left_behind() == []
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('kind', ['host', 'store', 'null'])
@pytest.mark.parametrize('size', [0, 1, 7, 8, 4095, 1 << 20])
def test_sizes(boot, kind, size):
    m = boot()
    secret = 'x' * size
    assert m.unseal(m.seal(kind, secret=secret), '--allow-null').stdout == secret


def test_too_large(boot):
    m = boot()
    m.plain.write_text('x' * ((1 << 20) + 1))
    r = m.cred('seal', '--with-key=host', m.plain, m.store / NAME)
    assert r.returncode == 2 and '1048576' in r.stderr and not (m.store / NAME).exists()


def flip(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def opens_any(m, folder):
    r = m.cred('unseal', '--all', '--allow-null', f'--output-dir={m.folder}/opened', f'--tpm2-signature={m.signature}', folder)
    return r, m.opened()


@pytest.mark.parametrize('kind', ['null', 'host', 'store'])
def test_every_bit(boot, kind):
    """Of the decoded envelope. All variants are opened in one go."""
    m = boot()
    data = decoded(m.seal(kind, '--name=', secret='s'))
    folder = m.folder / 'flipped'
    folder.mkdir()
    for bit in range(len(data) * 8):
        (folder / f'{bit:05}').write_text(encoded(flip(data, bit)))
    r, opened = opens_any(m, folder)
    assert (r.returncode, opened) == (2, {}), opened.keys()
    assert r.stderr.count('\n') == len(data) * 8 + 1, 'each is told'
    (folder / 'unchanged').write_text(encoded(data))
    assert opens_any(m, folder)[1] == {'unchanged': 's'}


@pytest.mark.parametrize('kind', ['tpm2', 'host+tpm2-with-public-key'])
def test_bits_of_tpm_kinds(boot, kind):
    """Every bit of the header but those of the sealed object, of which some; a TPM is asked for most of them."""
    m = boot(signed=(('enter-initrd:leave-initrd', ''),))
    data = decoded(m.seal(kind, '--name=', *arguments(m, kind), secret='s'))
    folder = m.folder / 'flipped'
    folder.mkdir()
    step = {True: 1, False: 37}
    bit = 0
    while bit < len(data) * 8:
        (folder / f'{bit:05}').write_text(encoded(flip(data, bit)))
        bit += step[bit < 76 * 8 or bit > (len(data) - 40) * 8]
    r, opened = opens_any(m, folder)
    assert (r.returncode, opened) == (2, {}), opened.keys()
    assert m.tpm.left_behind() == []


def test_every_bit_of_the_text(boot):
    """Refused, or it decodes to the same bytes and opens."""
    m = boot()
    path = m.seal('host', '--name=', secret='s')
    text = path.read_bytes()
    folder = m.folder / 'flipped'
    folder.mkdir()
    for bit in range(len(text) * 8):
        (folder / f'{bit:05}').write_bytes(flip(text, bit))
    r, opened = opens_any(m, folder)
    assert r.returncode == 2 and set(opened.values()) <= {'s'}
    assert len(opened) < 10, 'only white space may differ'


def test_truncated(boot):
    m = boot()
    data = decoded(m.seal('host', secret='s'))
    folder = m.folder / 'cut'
    folder.mkdir()
    for n in range(len(data)):
        (folder / f'{n:05}').write_text(encoded(data[:n]))
    (folder / '99998').write_text('')
    (folder / '99999').write_text('no base64!')
    r, opened = opens_any(m, folder)
    assert (r.returncode, opened) == (2, {})
    assert 'it is not base64' in r.stderr and 'it is empty' in r.stderr and 'it ends too early' in r.stderr


def test_names(boot):
    m = boot()
    path = m.seal('host')
    other = m.store / 'other'
    shutil.copy(path, other)
    r = m.unseal(other)
    assert (r.returncode, r.stdout) == (1, '') and f'under the name "{NAME}", not "other"' in r.stderr
    assert m.unseal(other, f'--name={NAME}').stdout == SECRET
    assert m.unseal(other, '--name=').stdout == SECRET
    assert m.unseal(path, '--name=other').returncode == 1
    shutil.copy(path, m.store / f'{NAME}.cred')
    assert m.unseal(m.store / f'{NAME}.cred').stdout == SECRET, 'the name without its ending'
    assert m.unseal('-', f'--name={NAME}', stdin=path.read_text()).stdout == SECRET
    assert m.unseal(m.seal('host', '--name=', name='any')).stdout == SECRET
    for bad in ('a/b', 'a:b', '.', '..', 'x' * 256, 'a\nb', 'ä'):
        r = m.cred('seal', '--with-key=host', f'--name={bad}', m.plain, m.store / 'bad')
        assert r.returncode == 64 and 'cannot be the name' in r.stderr, bad
    assert m.cred('seal', '--with-key=host', m.plain, '-').returncode == 64, 'a name is wanted'
    assert not (m.store / 'bad').exists()


def test_times(boot):
    m = boot()
    assert m.unseal(m.seal('host', '--not-after=+1h')).stdout == SECRET
    assert m.unseal(m.seal('host', '--not-after=infinity')).stdout == SECRET
    assert m.unseal(m.seal('host', '--not-after=2999-01-01')).stdout == SECRET
    r = m.unseal(m.seal('host', '--timestamp=@1', '--not-after=2001-09-09 01:46:40 UTC'))
    assert r.returncode == 1 and f'"{NAME}" is expired' in r.stderr and '2001-09-09 01:46:40 UTC' in r.stderr
    for bad in ('tomorrow-ish', '+3x', '@', '2027-13-01', '', '+', '@-5', '+99999999999y'):
        r = m.cred('seal', '--with-key=host', f'--not-after={bad}', m.plain, m.store / 'bad')
        assert r.returncode == 64 and 'not a moment' in r.stderr, bad
    r = m.cred('seal', '--with-key=host', '--not-after=@5', m.plain, m.store / 'bad')
    assert r.returncode == 64 and 'before it begins' in r.stderr


@needs_machine_id
@pytest.mark.parametrize('kind', ['host', 'host+tpm2', 'host+tpm2-with-public-key'])
def test_users(boot, kind):
    m = boot(signed=(('enter-initrd:leave-initrd', ''),))
    me = pwd.getpwuid(0).pw_name
    path = m.seal(kind, f'--uid={me}', *arguments(m, kind))
    assert m.unseal(path, '--uid=0').stdout == SECRET
    r = m.unseal(path)
    assert r.returncode == 1 and '--uid=' in r.stderr
    r = m.unseal(path, '--uid=daemon')
    assert r.returncode == 1 and 'does not open' in r.stderr
    r = m.unseal(m.seal(kind, *arguments(m, kind), name='systems'), '--uid=0')
    assert r.returncode == 1 and "the system's" in r.stderr
    r = m.cred('seal', '--with-key=tpm2', '--uid=0', m.plain, m.store / 'x')
    assert r.returncode == 64 and 'cannot be for one user' in r.stderr
    r = m.cred('seal', '--with-key=host', '--uid=no-such-user', m.plain, m.store / 'x')
    assert r.returncode == 2 and 'there is no user no-such-user' in r.stderr


def test_null(boot):
    """With a TPM and Secure Boot it proves nothing; without either of them there is nothing better."""
    m = boot()
    path = m.seal('null')
    r = m.unseal(path)
    assert (r.returncode, r.stdout) == (1, '') and 'everybody knows' in r.stderr and '--allow-null' in r.stderr
    assert m.unseal(path, '--allow-null').stdout == SECRET
    assert m.unseal(path, env={'PAWL_TPM': str(m.folder / 'no-such-device')}).stdout == SECRET
    (m.folder / 'efivars' / f'SecureBoot-{GLOBAL}').write_bytes(le(6, 4) + b'\0')
    assert m.unseal(path).stdout == SECRET


def test_host_key_file(boot):
    m = boot()
    path = m.seal('host')
    assert m.host_key.stat().st_size == 4112 and m.host_key.stat().st_mode & 0o777 == 0o400
    key = m.host_key.read_bytes()
    m.seal('host', name='second')
    assert m.host_key.read_bytes() == key, 'made once'
    m.host_key.chmod(0o440)
    r = m.unseal(path)
    assert r.returncode == 1 and 'mode 0400' in r.stderr
    assert m.unseal(path, f'--host-key={m.host_key}').stdout == SECRET, 'a file that is given is the caller\'s affair'
    m.host_key.chmod(0o600)
    m.host_key.write_bytes(key[:-1])
    m.host_key.chmod(0o400)
    r = m.unseal(path)
    assert r.returncode == 2 and '4112 bytes' in r.stderr
    m.host_key.unlink()
    r = m.unseal(path)
    assert r.returncode == 2 and 'no key of this machine' in r.stderr
    m.seal('host', name='third')
    assert m.unseal(path).returncode == 1, 'a new key opens nothing old'


def test_another_tpm(boot):
    m, other = boot(), boot()
    for kind in ('tpm2', 'store'):
        path = m.seal(kind, *arguments(m, kind))
        other.cred('seal', '--with-key=tpm2', other.plain, other.store / 'makes-the-key')
        r = m.unseal(path, env={'PAWL_TPM': other.tpm.spec})
        assert r.returncode == 1 and 'another TPM' in r.stderr, r.stderr


def test_changed_pcr_is_named(boot):
    m = boot()
    literal, store = m.seal('tpm2', '--tpm2-pcrs=7'), m.seal('store', name='of-store')
    m.tpm.extend(7, b'another db')
    for path in literal, store:
        r = m.unseal(path)
        assert (r.returncode, r.stdout) == (1, '') and 'PCR 7' in r.stderr, r.stderr


def test_weak_is_said(boot):
    m = boot()
    r = m.cred('seal', '--with-key=tpm2', m.plain, m.store / NAME)
    assert r.returncode == 0 and 'weak: no PCR is bound' in r.stderr
    r = m.cred('seal', '--with-key=tpm2', '--tpm2-pcrs=7', m.plain, m.store / NAME)
    assert r.returncode == 0 and 'weak' not in r.stderr
    rows = json.loads(m.cred('list', '--json', m.store).stdout)
    assert [row['kind'] for row in rows] == ['tpm2'] and 'PCR 7' in rows[0]['needs'] and 'weak' not in rows[0]


def test_auto(boot):
    """The best that the machine has and that would open."""
    def kind(m, **env):
        m.seal('auto', '--tpm2-pcrs=7' if not env else '--name=x', env=env)
        return json.loads(m.cred('list', '--json', m.store).stdout)[0]['kind']
    assert kind(boot()) == 'host+tpm2', 'signatures with a reference open nothing in this format'
    assert kind(boot(), PAWL_TPM='/no/such/device') == 'host'


def test_device_key(boot):
    """Sealed on a build host without a TPM, for a machine whose storage root key's public part it has."""
    m, builder = boot(signed=(('enter-initrd:leave-initrd', ''),)), boot()
    m.cred('seal', '--with-key=tpm2', m.plain, m.store / 'makes-the-key')
    m.tpm.tool('tpm2_readpublic', '-c', '0x81000001', '-f', 'tss', '-o', str(m.folder / 'srk.pub'))
    nowhere = {'PAWL_TPM': '/no/such/device'}
    for kind, args in (('tpm2', ()), ('tpm2-with-public-key', (f'--tpm2-public-key={m.public_key}',)),
                       ('tpm2', (f'--tpm2-pcrs=23:sha256={"0" * 64}',))):
        path = builder.seal(kind, f'--tpm2-device-key={m.folder}/srk.pub', *args, env=nowhere)
        r = m.unseal(path)
        assert (r.returncode, r.stdout) == (0, SECRET), r.stderr
        assert builder.unseal(path).returncode in (1, 2)
    r = builder.cred('seal', '--with-key=tpm2', f'--tpm2-device-key={m.folder}/srk.pub', '--tpm2-pcrs=7', builder.plain, '-',
                     '--name=x', env=nowhere)
    assert r.returncode == 64 and 'every PCR needs its value' in r.stderr
    r = builder.cred('seal', '--with-key=host+tpm2', f'--tpm2-device-key={m.folder}/srk.pub', builder.plain, '-', '--name=x')
    assert r.returncode == 64 and 'key file' in r.stderr


@pytest.mark.parametrize('args, why', [
    (('--with-key=tpm',), 'not one of'),
    (('--with-key=host', '--tpm2-pcrs=7'), 'want one that uses the TPM'),
    (('--with-key=tpm2', '--tpm2-pcrs=99'), 'PCR'),
    (('--with-key=tpm2', '--profile=signed-os'), 'policy reference "initrd"'),
    (('--with-key=tpm2', '--profile=exact-boot', '--tpm2-pcrs=7'), 'exclude each other'),
    (('--with-key=tpm2', '--authenticate'), '--authenticate wants'),
    (('--with-key=host', '--profile=exact-boot'), 'wants one that uses the TPM'),
    (('--with-key=store', '--tpm2-pcrs=7'), 'want one that uses the TPM'),
    (('--with-key=tpm2', '--for=grub'), '--for='),
])
def test_wrong_usage(boot, args, why):
    m = boot()
    r = m.cred('seal', *args, m.plain, m.store / NAME)
    assert r.returncode == 64 and why in r.stderr, r.stderr
    assert not (m.store / NAME).exists()


def test_profile(boot):
    m = boot()
    assert m.unseal(m.seal('tpm2', '--profile=exact-boot')).stdout == SECRET
    row = json.loads(m.cred('list', '--json', m.store).stdout)[0]
    assert 'PCR 4, 7, 11, 12, 15' in row['needs']
