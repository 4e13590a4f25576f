# SPDX-License-Identifier: BSD-2-Clause
"""TPM2 tokens with a PIN: what they cost, what a wrong one costs, and what locks."""
import json
import re

import pytest

from machine import run

ARGON = ('--tpm2-argon2id-memory=64M', '--tpm2-argon2id-iterations=3')  # the floor: tests need not wait longer
PIN = {'NEWPIN': 'a PIN'}


def secured(boot, **how):
    """A machine whose TPM has a lockout authorisation."""
    m = boot(**how)
    m.tpm.tool('tpm2_changeauth', '-c', 'lockout', 'secret of the owner')
    return m


def tokens(image):
    return json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)['tokens']


@pytest.mark.parametrize('how', ['yes', 'direct'])
def test_pin_opens(boot, image, how):
    m = secured(boot)
    r = m.enroll(image, f'--tpm2-with-pin={how}', *(ARGON if how == 'yes' else ()), env=PIN)
    assert r.returncode == 0, r.stderr
    assert ('Argon2id' if how == 'yes' else 'direct') in r.stdout and 'not tried' not in r.stderr
    token = tokens(image)['0']
    assert token['tpm2-pin'] is True and len(token['tpm2_salt']) == 44
    assert token.get('tpm2_argon2id_memcost') == (64 << 20 if how == 'yes' else None)
    assert m.test(image, env={'PIN': 'a PIN'}).returncode == 0
    r = m.test(image, env={'PIN': 'another'})
    assert r.returncode == 1 and 'PIN is wrong' in r.stdout and re.search('[0-9]+ of [0-9]+ tries are left', r.stdout)
    r = m.test(image)
    assert r.returncode == 2 and 'PIN' in r.stdout, 'nobody can be asked'


def test_profile_with_pin(boot, image):
    m = secured(boot)
    r = m.enroll(image, '--profile=signed-os+pin', *ARGON, env=PIN)
    assert r.returncode == 0, r.stderr
    assert tokens(image)['0']['tpm2_argon2id_iterations'] == 3
    r = m.enroll(image, '--profile=signed-os+pin', '--tpm2-with-pin=no', env=PIN)
    assert r.returncode == 64 and 'wants a PIN' in r.stderr


def test_cost_is_measured(boot, image):
    """Without a wish it costs about two seconds in at most half of the memory, and never less than the floor."""
    m = secured(boot)
    assert m.enroll(image, '--tpm2-with-pin=yes', env=PIN).returncode == 0
    token = tokens(image)['0']
    assert token['tpm2_argon2id_memcost'] >= 64 << 20
    assert token['tpm2_argon2id_memcost'] * token['tpm2_argon2id_iterations'] >= 192 << 20
    assert m.test(image, env={'PIN': 'a PIN'}).returncode == 0


def test_refused_without_lockout_authorisation(boot, image):
    m = boot()
    before = image.read_bytes()
    r = m.enroll(image, '--tpm2-with-pin=yes', *ARGON, env=PIN)
    assert r.returncode == 2 and 'lockout authorisation' in r.stderr and 'tpm2_changeauth' in r.stderr
    assert image.read_bytes() == before


@pytest.mark.parametrize('args, reason', [
    (('--tpm2-argon2id-memory=32M', '--tpm2-argon2id-iterations=9'), 'at least 64 MiB'),
    (('--tpm2-argon2id-memory=64M', '--tpm2-argon2id-iterations=2'), '192 MiB'),
    (('--tpm2-argon2id-memory=64X',), 'not a number'),
    (('--tpm2-argon2id-memory=64M', '--tpm2-argon2id-iterations=0x3'), 'not a number'),
])
def test_floor_for_new_ones(boot, image, args, reason):
    m = secured(boot)
    r = m.enroll(image, '--tpm2-with-pin=yes', *args, env=PIN)
    assert r.returncode in (2, 64) and reason in r.stderr, r.stderr


@pytest.mark.parametrize('field, value', [('tpm2_argon2id_memcost', 8 << 20), ('tpm2_argon2id_iterations', 1)])
def test_floor_for_the_reader(boot, image, tmp_path, field, value):
    """A header that makes a guess cheap is refused, and no try of the TPM is spent on it."""
    m = secured(boot)
    assert m.enroll(image, '--tpm2-with-pin=yes', *ARGON, env=PIN).returncode == 0
    token = {**tokens(image)['0'], field: value}
    (tmp_path / 'token').write_text(json.dumps(token))
    assert run('cryptsetup', 'token', 'import', '--token-id=0', '--token-replace', '--json-file', tmp_path / 'token',
               image).returncode == 0
    r = m.test(image, env={'PIN': 'a PIN'})
    assert r.returncode == 2 and 'outside of what is accepted' in r.stdout
    assert 'TPM2_PT_LOCKOUT_COUNTER: 0x0' in m.tpm.tool('tpm2_getcap', 'properties-variable')


def test_an_empty_pin_is_refused(boot, image):
    m = secured(boot)
    r = m.enroll(image, '--tpm2-with-pin=direct', env={'NEWPIN': ''})
    assert r.returncode == 2 and 'empty PIN' in r.stderr


def test_forty_wrong_pins_lock_the_pin_and_nothing_else(boot, image):
    m = secured(boot)
    assert m.enroll(image, '--tpm2-with-pin=direct', env=PIN).returncode == 0
    assert m.enroll(image).returncode == 0
    r = m.pawl('disk', 'enroll', '--recovery-key', '--no-verify', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0
    (m.folder / 'recovery').write_text(r.stdout.strip())
    for _ in range(40):
        r = m.test(image, '--token-id=0', env={'PIN': 'wrong'})
        assert r.returncode == 1, r.stdout
    assert re.search(r'locked, (\d+) of \1 tries, free again in \d+ s', r.stdout), r.stdout
    r = m.test(image, '--token-id=0', env={'PIN': 'a PIN'})
    assert r.returncode == 1 and 'locked' in r.stdout, 'the right one has to wait too'
    assert m.test(image, '--token-id=1').returncode == 0, 'the token without PIN does not'
    assert m.test(image, '--type=recovery', f'--key-file={m.folder}/recovery').returncode == 0
    m.tpm.tool('tpm2_dictionarylockout', '-c', '-p', 'secret of the owner')
    assert m.test(image, '--token-id=0', env={'PIN': 'a PIN'}).returncode == 0


@pytest.mark.parametrize('args, env, says', [
    (('--new-pin-file=/dev/null',), {}, 'a PIN (or its cost) is given'),
    (('--tpm2-argon2id-memory=64M',), {}, 'a PIN (or its cost) is given'),
    (('--tpm2-with-pin=direct', '--tpm2-argon2id-iterations=4'), PIN, 'without Argon2id'),
])
def test_a_pin_is_never_dropped_in_silence(boot, image, args, env, says):
    m = boot()
    before = image.read_bytes()
    r = m.enroll(image, *args, env=env)
    assert r.returncode == 64 and says in r.stderr, r.stderr
    assert image.read_bytes() == before


@pytest.mark.parametrize('kind, option', [
    ('--password', '--tpm2-with-pin=yes'), ('--password', '--no-verify'), ('--recovery-key', '--tpm2-pcrs=7'), ('--recovery-key', '--new-password-file=x'),
    ('--tpm2', '--fido2-with-client-pin=no'), ('--tpm2', '--pin-file=x'), ('--password', '--pkcs11-padding=pkcs1'),
])
def test_an_option_of_another_kind(boot, image, kind, option):
    m = boot()
    r = m.pawl('disk', 'enroll', kind, option, f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 64 and option.split('=')[0].removesuffix('with-client-pin').rstrip('-') in r.stderr, r.stderr


def test_an_unused_pin_is_told(boot, image):
    r = boot().enroll(image, env=PIN)
    assert r.returncode == 0 and 'NEWPIN is not used' in r.stderr, r.stderr


def test_a_direct_pin_wants_consent(boot, image):
    """Whoever wrote the header may have put the token there to see the PIN pass by."""
    m = boot()
    m.tpm.tool('tpm2_changeauth', '-c', 'lockout', 'secret of the owner')
    assert m.enroll(image, '--tpm2-with-pin=direct', env=PIN).returncode == 0
    words = ('disk', 'enroll', '--recovery-key', '--no-verify', '--unlock-tpm2', f'--tpm2-signature={m.signature}')
    r = m.pawl(*words, image)
    assert r.returncode == 2 and '--accept-direct-pin' in r.stderr and 'no Argon2id' in r.stderr, r.stderr
    r = m.pawl(*words, image, env={'PIN': 'a PIN'})
    assert r.returncode == 0 and 'no Argon2id' in r.stderr, 'who gives it beforehand means it'
    header = json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)['tokens']['0']
    del header['tpm2_salt']
    (m.folder / 'token').write_text(json.dumps(header))
    assert run('cryptsetup', 'token', 'import', '--token-id=0', '--token-replace', '--json-file', m.folder / 'token', image).returncode == 0
    r = m.pawl(*words, image, env={'PIN': 'a PIN'})
    assert r.returncode == 2 and '--accept-direct-pin' in r.stderr, 'unsalted, its hash alone would pass by'
    r = m.pawl(*words, '--accept-direct-pin', image, env={'PIN': 'a PIN'})
    assert r.returncode == 2 and 'PIN is wrong' in r.stderr, r.stderr
