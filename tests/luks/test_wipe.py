# SPDX-License-Identifier: BSD-2-Clause
"""Removing ways in: what is meant, what is refused, and what stays."""
import json

import pytest

from machine import run


def meta(image):
    return json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)


def slots(image):
    return sorted(int(n) for n in meta(image)['keyslots'])


def tokens(image):
    return {t['type'].removeprefix('systemd-'): [int(n) for n in t['keyslots']] for t in meta(image)['tokens'].values()}


@pytest.fixture
def full(boot, image):
    """Keyslot 0 a passphrase, 1 the TPM's, 2 a recovery key's."""
    m = boot()
    assert m.enroll(image).returncode == 0
    r = m.pawl('disk', 'enroll', '--recovery-key', '--no-verify', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0
    (m.folder / 'recovery').write_text(r.stdout.strip())
    m.wipe = lambda *words, **more: m.pawl('disk', 'wipe', *words, **more)
    return m


@pytest.mark.parametrize('what, left, kinds', [
    (['1'], [0, 2], {'recovery'}), (['tpm2'], [0, 2], {'recovery'}), (['0'], [1, 2], {'tpm2', 'recovery'}),
    (['password'], [1, 2], {'tpm2', 'recovery'}), (['recovery'], [0, 1], {'tpm2'}), (['1,2'], [0], set()),
    (['tpm2', 'recovery'], [0], set()),
])
def test_wipes_what_is_meant(full, image, what, left, kinds):
    r = full.wipe('--yes', image, *what)
    assert r.returncode == 0, r.stderr
    assert slots(image) == left and set(tokens(image)) == kinds
    assert full.test(image, '--type=password', f'--key-file={full.folder}/key').returncode == (0 if 0 in left else 1)
    assert full.test(image, '--type=recovery', f'--key-file={full.folder}/recovery').returncode == (0 if 2 in left else 1)
    assert full.test(image, '--type=tpm2').returncode == (0 if 1 in left else 1)


@pytest.mark.parametrize('what, reason', [
    (['all'], 'no way in would be left'), (['0,1,2'], 'no way in would be left'), (['0', '2'], '--i-have-another-way-in'),
    (['password,recovery'], '--i-have-another-way-in'), (['7'], 'keyslot 7 is not in use'), (['32'], 'not in use'),
    (['99999999999'], 'is no keyslot'), (['tpm'], "'tpm' is no keyslot and no kind"), ([''], 'no kind'), (['1,'], 'no kind'),
])
def test_refused(full, image, what, reason):
    before = image.read_bytes()
    r = full.wipe('--yes', image, *what)
    assert r.returncode in (2, 64) and reason in r.stderr, r.stderr
    assert image.read_bytes() == before


def test_the_last_free_way_goes_when_said_twice(full, image):
    assert full.wipe('--yes', '--i-have-another-way-in', image, '0', '2').returncode == 0
    assert slots(image) == [1]
    r = full.wipe('--yes', '--i-have-another-way-in', image, 'tpm2')
    assert r.returncode == 2 and 'no way in would be left' in r.stderr


def test_asks(full, image):
    before = image.read_bytes()
    r = full.wipe(image, '1', stdin='')
    assert r.returncode == 2 and 'keyslot 1, token 0: PCR 7' in r.stderr and '--yes' in r.stderr
    assert image.read_bytes() == before


def test_empty_passphrase(full, image, tmp_path):
    (tmp_path / 'empty').write_text('')
    assert full.wipe('--yes', image, 'empty').returncode == 0 and slots(image) == [0, 1, 2], 'there is none'
    r = run('cryptsetup', 'luksAddKey', '-q', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file', full.folder / 'key',
            image, tmp_path / 'empty')
    assert r.returncode == 0 and slots(image) == [0, 1, 2, 3], r.stderr
    assert full.wipe('--yes', image, 'empty').returncode == 0
    assert slots(image) == [0, 1, 2]


def test_a_token_without_keyslot_goes_with_its_kind(full, image):
    """As a power cut between keyslot and token leaves it."""
    assert run('cryptsetup', 'luksKillSlot', '-q', image, '1').returncode == 0
    assert tokens(image)['tpm2'] == []
    assert full.wipe('--yes', image, 'tpm2').returncode == 0
    assert set(tokens(image)) == {'recovery'} and slots(image) == [0, 2]


def test_unreadable_tokens_hold_their_keyslots(full, image, tmp_path):
    """A keyslot of a token that we cannot read is no passphrase: `password` spares it, and it counts as no free way in."""
    (tmp_path / 'token').write_text(json.dumps({'type': 'systemd-tpm2', 'keyslots': ['0'], 'tpm2-blob': ['x', 'y']}))
    assert run('cryptsetup', 'token', 'import', '--disable-external-tokens', '--json-file', tmp_path / 'token', image).returncode == 0
    r = full.wipe('--yes', image, 'password')
    assert r.returncode == 0 and 'no such way in' in r.stderr and slots(image) == [0, 1, 2]
    r = full.wipe('--yes', image, 'recovery')
    assert r.returncode == 2 and '--i-have-another-way-in' in r.stderr


def test_a_token_with_two_keyslots_stays_with_one(full, image, tmp_path):
    (tmp_path / 'token').write_text(json.dumps({'type': 'systemd-recovery', 'keyslots': ['0', '2']}))
    assert run('cryptsetup', 'token', 'import', '--token-id=1', '--token-replace', '--json-file', tmp_path / 'token', image).returncode == 0
    assert full.wipe('--yes', image, '0').returncode == 0
    assert slots(image) == [1, 2] and tokens(image)['recovery'] == [2]


@pytest.mark.parametrize('wiped, left', [('tpm2', [0, 2, 3]), ('recovery', [0, 1, 3]), ('all', [3]), ('password', [1, 2, 3]), ('0,1', [2, 3])])
def test_wipe_slot_after_enrolling_a_password(full, image, wiped, left):
    r = full.pawl('disk', 'enroll', '--password', f'--wipe-slot={wiped}', f'--unlock-key-file={full.folder}/key', image,
                  env={'NEWPASSWORD': 'new horse'})
    assert r.returncode == 0, r.stderr
    assert slots(image) == left
    assert full.test(image, '--type=password', env={'PASSWORD': 'new horse'}).returncode == 0


def test_wipe_slot_replaces_a_tpm2_token(full, image):
    r = full.enroll(image, '--wipe-slot=tpm2')
    assert r.returncode == 0, r.stderr
    assert slots(image) == [0, 2, 3] and tokens(image)['tpm2'] == [3]
    assert full.test(image, '--type=tpm2').returncode == 0


def test_wipe_slot_keeps_a_way_without_tpm(full, image):
    r = full.enroll(image, '--wipe-slot=all')
    assert r.returncode == 2 and 'nothing was removed' in r.stderr
    assert slots(image) == [0, 1, 2, 3]
    before = image.read_bytes()
    r = full.enroll(image, '--wipe-slot=nonsense')
    assert r.returncode == 64 and 'no kind' in r.stderr and image.read_bytes() == before


def test_password(full, image):
    r = full.pawl('disk', 'enroll', '--password', f'--unlock-key-file={full.folder}/key', image, env={'NEWPASSWORD': 'new horse'})
    assert (r.returncode, r.stdout) == (0, 'keyslot 3: a passphrase, typed\n')
    kdf = meta(image)['keyslots']['3']['kdf']
    assert kdf['type'] == 'argon2id'
    assert run('cryptsetup', 'open', '--test-passphrase', '--key-file', '-', image, stdin='new horse').returncode == 0
    r = full.pawl('disk', 'enroll', '--password', f'--unlock-key-file={full.folder}/key', image, env={'NEWPASSWORD': ''})
    assert r.returncode == 2 and 'empty' in r.stderr


# --- what an interrupted enrolment leaves ---

def leave_over(full, image, tmp_path):
    """A keyslot of a random secret without its token, as a power cut between the two leaves it. Keyslot 3."""
    (tmp_path / 'random').write_text('bm9ib2R5IGtub3dzIGl0')
    r = run('cryptsetup', 'luksAddKey', '-q', '--hash', 'sha512', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file',
            full.folder / 'key', image, tmp_path / 'random')
    assert r.returncode == 0 and slots(image) == [0, 1, 2, 3], r.stderr


def test_a_leftover_is_no_way_in(full, image, tmp_path):
    """It looks like a passphrase, and nobody knows it."""
    leave_over(full, image, tmp_path)
    r = full.pawl('disk', 'list', image)
    assert 'leftover' in r.stdout and 'interrupted' in r.stdout
    r = full.wipe('--yes', image, '0', 'recovery')
    assert r.returncode == 2 and '--i-have-another-way-in' in r.stderr, r.stderr
    r = full.wipe('--yes', image, '0,1,2')
    assert r.returncode == 2 and 'interrupted enrolment' in r.stderr, r.stderr
    assert slots(image) == [0, 1, 2, 3]
    assert full.wipe('--yes', image, '3').returncode == 0
    assert slots(image) == [0, 1, 2]


def test_an_enrolment_does_not_count_on_a_leftover(full, image, tmp_path):
    leave_over(full, image, tmp_path)
    r = full.enroll(image, '--wipe-slot=0,2')
    assert r.returncode == 2 and 'nothing was removed' in r.stderr, r.stderr
    assert {0, 2} <= set(slots(image))


def test_an_unbound_keyslot_is_no_way_in(full, image, tmp_path):
    """It holds some key, and opens nothing."""
    (tmp_path / 'other').write_text('other')
    r = run('cryptsetup', 'luksAddKey', '-q', '--unbound', '--key-size', '512', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1001',
            '--key-file', full.folder / 'key', image, tmp_path / 'other')
    assert r.returncode == 0, r.stderr
    r = full.wipe('--yes', image, '0', '2')
    assert r.returncode == 2 and '--i-have-another-way-in' in r.stderr, r.stderr
    assert 'passphrase' not in [line for line in full.pawl('disk', 'list', image).stdout.splitlines() if line.startswith('3')]
