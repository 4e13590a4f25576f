# SPDX-License-Identifier: BSD-2-Clause
"""Enrolling an image file with a real TPM behind it: what opens when, and what is refused."""
import json
import re

import pytest

from machine import run


def test_signed_os_opens_in_the_initrd_only(boot, image):
    m = boot()
    r = m.enroll(image)
    assert r.returncode == 0, r.stderr
    assert 'PCR 7, 12, 15 as enrolled; PCR 11 signed by key' in r.stdout and 'in the initrd only' in r.stdout
    assert r.stderr == '', 'a token of the default profile is not weak, and it was tried'
    r = m.test(image)
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-tpm2): opens\n'), r.stderr
    m.next_phase('leave-initrd')
    r = m.test(image)
    assert r.returncode == 1 and 'PCR 11' in r.stdout and 'phase' in r.stdout


def test_exact_boot(boot, image):
    m = boot(secure_boot=False, cmdline='quiet')
    r = m.enroll(image, '--profile=exact-boot')
    assert r.returncode == 0, r.stderr
    assert 'PCR 4, 7, 11, 12, 15 as enrolled' in r.stdout
    assert m.test(image).returncode == 0
    m.next_phase('leave-initrd')
    assert m.test(image).returncode == 1


def test_enrolling_after_the_boot_means_the_moment_of_opening(boot, image):
    """From the running OS, PCR 11 and 15 are past it: the token opens in the next initrd."""
    m = boot()
    for word in ('leave-initrd', 'sysinit', 'ready'):
        m.next_phase(word)
    m.tpm.extend(15, b'a volume key')
    r = m.enroll(image)
    assert r.returncode == 0, r.stderr
    assert 'not tried' in r.stderr
    assert m.test(image).returncode == 1
    m.tpm.reboot()
    for pcr, data in m.log.events:
        m.tpm.extend(pcr, data)
    assert m.test(image).returncode == 1
    m.next_phase('enter-initrd')
    assert m.test(image).returncode == 0
    m.tpm.extend(15, b'a foreign volume')
    assert m.test(image).returncode == 1


@pytest.mark.parametrize('how, reason', [
    ({'secure_boot': False}, 'Secure Boot is off'),
    ({'setup_mode': True}, 'setup mode'),
    ({'authorities': (b'our certificate', b'the authority of an option ROM')}, '--accept-foreign-authority'),
    ({'authorities': ()}, 'who vouched'),
    ({'lie_in': 7}, 'PCR 7'),
    ({'lie_in': 12, 'cmdline': 'init=/bin/sh'}, 'PCR 12'),
    ({'fill': False}, 'is empty'),
    ({'reference': 'other'}, 'none of the image'),
    ({'phase': 'elsewhere'}, None),
])
def test_refused(boot, image, how, reason):
    m = boot(**how)
    before = image.read_bytes()
    r = m.enroll(image)
    if reason is None:  # another phase: the opening state is still the signed one
        assert r.returncode == 0 and 'not tried' in r.stderr
        return
    assert r.returncode == 2 and reason in r.stderr, r.stderr
    assert len(r.stderr.splitlines()) == 1
    assert image.read_bytes() == before


def test_foreign_authority_accepted(boot, image):
    m = boot(authorities=(b'our certificate', b'another'))
    assert m.enroll(image, '--accept-foreign-authority').returncode == 0
    assert m.test(image).returncode == 0


def test_own_policies(boot, image):
    m = boot()
    r = m.pawl('disk', 'enroll', '--tpm2', '--tpm2-pcrs=', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0 and 'no PCR is bound' in r.stderr, r.stderr
    r = m.pawl('disk', 'enroll', '--tpm2', f'--tpm2-pcrs=23:sha256={"0" * 64}', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0 and 'PCR 23 as enrolled' in r.stdout, r.stderr
    m.tpm.extend(23, b'x')
    assert m.test(image, '--token-id=0').returncode == 0
    assert m.test(image, '--token-id=1').returncode == 1
    for wrong in ('24', 'x', '7+7', '7:md5', '7:sha256=00'):
        r = m.pawl('disk', 'enroll', '--tpm2', f'--tpm2-pcrs={wrong}', image)
        assert r.returncode == 64 and '--tpm2-pcrs=' in r.stderr


def test_other_tpm_and_cleared_tpm(boot, image):
    m, other = boot(), boot()
    assert m.enroll(image).returncode == 0
    r = other.test(image)
    assert r.returncode == 1 and 'TPM' in r.stdout
    m.tpm.tool('tpm2_clear')
    r = m.test(image)
    assert r.returncode == 1 and 'cleared' in r.stdout


def test_list(boot, image):
    m = boot()
    assert m.enroll(image).returncode == 0
    r = m.pawl('disk', 'enroll', '--recovery-key', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0
    ways = json.loads(m.pawl('disk', 'list', '--json', image).stdout)['ways']
    assert [w['kind'] for w in ways] == ['password', 'TPM2', 'recovery key']
    assert [w['slots'] for w in ways] == [[0], [1], [2]]
    tpm2 = ways[1]
    assert (tpm2['pcrs'], tpm2['signedPcrs'], tpm2['reference'], tpm2['weak']) == ([7, 12, 15], [11], 'initrd', [])
    name = re.search('name: *([0-9a-f]+)', m.tpm.tool('tpm2_readpublic', '-c', '0x81000001'))
    assert tpm2['srk'] == name.group(1)
    text = m.pawl('disk', 'list', image).stdout
    assert 'in the initrd only' in text and tpm2['srk'][:16] in text


def test_recovery_key(boot, image):
    m = boot()
    r = m.pawl('disk', 'enroll', '--recovery-key', '--no-verify', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0, r.stderr
    key = r.stdout.strip()
    assert re.fullmatch('([cbdefghijklnrtuv]{8}-){7}[cbdefghijklnrtuv]{8}', key)
    assert 'not proven' in r.stderr
    keyfile = m.folder / 'recovery'
    keyfile.write_text(key)
    assert run('cryptsetup', 'open', '--test-passphrase', '--key-slot', '1', '--key-file', keyfile, image).returncode == 0
    assert 'systemd-recovery' in run('cryptsetup', 'luksDump', image).stdout
    slot = json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)['keyslots']['1']
    assert (slot['kdf']['type'], slot['kdf']['hash'], slot['kdf']['iterations']) == ('pbkdf2', 'sha512', 1000)
    assert (slot['area']['encryption'], slot['key_size'], slot['af']['stripes']) == ('aes-xts-plain64', 64, 4000)
    for typed in (key, key.upper(), key.replace('-', ' '), key.replace('-', '') + '\n'):
        r = m.pawl('disk', 'recovery-check', '--key-file=-', image, stdin=typed)
        assert (r.returncode, r.stdout) == (0, 'yes\n'), r.stderr
    assert len(list((m.folder / 'state').glob('recovery-proven-*'))) == 1
    wrong = key[:-1] + ('c' if key[-1] != 'c' else 'b')
    r = m.pawl('disk', 'recovery-check', '--key-file=-', image, stdin=wrong)
    assert (r.returncode, r.stdout) == (1, 'no\n')
    r = m.pawl('disk', 'recovery-check', f'--key-file={m.folder}/key', image)
    assert r.returncode == 1, 'the passphrase is not the recovery key'
    assert m.test(image, '--type=recovery', f'--key-file={keyfile}').returncode == 0


def test_wrong_passphrase_changes_nothing(boot, image):
    m = boot()
    (m.folder / 'key').write_text('wrong')
    before = image.read_bytes()
    r = m.enroll(image)
    assert r.returncode == 2 and 'opens no keyslot' in r.stderr
    assert image.read_bytes() == before


def test_full_header_takes_nothing_in(boot, image, tmp_path):
    """A keyslot still fits and its token does not: the keyslot is taken back."""
    m = boot()
    token = tmp_path / 'token'
    free = lambda: 12288 - len(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout.replace(' ', '').replace('\n', ''))
    token.write_text(json.dumps({'type': 'filler', 'keyslots': [], 'x': 'x' * (free() - 1500)}))
    assert run('cryptsetup', 'token', 'import', '--json-file', token, image).returncode == 0
    r = m.enroll(image)
    assert r.returncode == 2 and 'token cannot be written' in r.stderr, r.stderr
    meta = json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)
    assert list(meta['keyslots']) == ['0'] and list(meta['tokens']) == ['0']
    assert m.test(image, '--type=password', f'--key-file={m.folder}/key').returncode == 0


def test_unlock_by_tpm2(boot, image):
    m = boot()
    assert m.enroll(image).returncode == 0
    r = m.pawl('disk', 'enroll', '--recovery-key', '--no-verify', '--unlock-tpm2', f'--tpm2-signature={m.signature}', image)
    assert r.returncode == 0, r.stderr


def test_password_comes_from_the_environment(boot, image):
    m = boot()
    assert m.test(image, '--type=password', env={'PASSWORD': 'correct horse'}).returncode == 0
    assert m.test(image, '--type=password', env={'PASSWORD': 'correct'}).returncode == 1


def device_key(m):
    """Gives its TPM a storage root key, and writes down the public part."""
    for words in (('tpm2_createprimary', '-Q', '-C', 'o', '-G', 'ecc256:aes128cfb', '-c', 'primary', '-a',
                   'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt'), ('tpm2_flushcontext', '-t'),
                  ('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'primary', '0x81000001'),
                  ('tpm2_readpublic', '-Q', '-c', '0x81000001', '-f', 'tss', '-o', m.folder / 'srk.pub')):
        m.tpm.tool(*words)
    return f'--tpm2-device-key={m.folder}/srk.pub'


def for_another(m, image, *args):
    """As on a machine without TPM."""
    return m.pawl('disk', 'enroll', device_key(m), f'--unlock-key-file={m.folder}/key', *args, image,
                  env={'PAWL_TPM': f'swtpm:path={m.folder}/nowhere'})


@pytest.mark.parametrize('policy', ['literal', 'signed', 'signed and literal'])
def test_for_another_machine(boot, image, policy):
    m = boot(reference='')
    value = m.tpm.tool('tpm2_pcrread', 'sha256:7').split('0x')[1].strip()
    literal = f'--tpm2-pcrs=7:sha256={value}' if 'literal' in policy else '--tpm2-pcrs='
    r = for_another(m, image, literal, *([f'--tpm2-public-key={m.public_key}'] if 'signed' in policy else []))
    assert r.returncode == 0 and 'not tried' in r.stderr, r.stderr
    for _ in range(2):
        assert m.test(image).returncode == 0, m.test(image).stdout
    other = boot(reference='')
    device_key(other)
    r = m.test(image, f'--tpm={other.tpm.spec}')
    assert r.returncode == 1 and 'another TPM' in r.stdout
    m.tpm.extend(7 if 'literal' in policy else 11, b'more')
    r = m.test(image)
    assert r.returncode == 1 and 'PCR' in r.stdout


@pytest.mark.parametrize('args, reason', [
    ((), 'say what that machine has to be like'),
    (('--profile=exact-boot',), 'say what that machine has to be like'),
    (('--tpm2-pcrs=7',), 'needs its value'),
    (('--tpm2-pcrs=', '--tpm2-with-pin=direct'), 'guards a PIN'),
    (('--tpm2-pcrs=', '--for=systemd'), '--for='),
])
def test_for_another_machine_refuses(boot, image, args, reason):
    m = boot()
    r = for_another(m, image, *args)
    assert r.returncode == 64 and reason in r.stderr, r.stderr


def test_bad_device_keys(boot, image, tmp_path):
    """Every shorter file, one byte more, a flipped attribute, and a point that is not on the curve."""
    m = boot()
    device_key(m)
    good, before = (m.folder / 'srk.pub').read_bytes(), image.read_bytes()
    bad = [good[:n] for n in range(len(good))] + [good + b'\0', good[:6] + bytes([good[6] ^ 1]) + good[7:],
                                                  good[:-1] + bytes([good[-1] ^ 1])]
    for content in bad:
        (tmp_path / 'bad').write_bytes(content)
        r = m.pawl('disk', 'enroll', f'--tpm2-device-key={tmp_path}/bad', '--tpm2-pcrs=', f'--unlock-key-file={m.folder}/key', image)
        assert r.returncode == 2 and f'{tmp_path}/bad' in r.stderr, r.stderr
    assert image.read_bytes() == before
