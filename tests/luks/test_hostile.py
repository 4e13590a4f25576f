# SPDX-License-Identifier: BSD-2-Clause
"""Headers that somebody else wrote: refused with the reason and status 2, never opened."""
import hashlib
import json

import pytest

from machine import PAWL, run

JSON_OFFSET, UUID, CHECKSUM = 0x1000, slice(168, 208), slice(448, 512)

GOOD = {'type': 'systemd-tpm2', 'keyslots': ['0'], 'tpm2-blob': 'AAAA', 'tpm2-pcrs': [7], 'tpm2-pcr-bank': 'sha256',
        'tpm2-primary-alg': 'ecc', 'tpm2-policy-hash': '00' * 32}


def edit_headers(image, change):
    """Lets `change` work on both copies of the header, and makes a checksum that is right."""
    data = bytearray(image.read_bytes())
    size = int.from_bytes(data[8:16], 'big')
    for start in (0, size):
        header = data[start:start + size]
        change(header)
        header[CHECKSUM] = bytes(64)
        header[CHECKSUM] = hashlib.sha256(header).digest().ljust(64, b'\0')
        data[start:start + size] = header
    image.write_bytes(data)


def edit(image, old, new):
    def replace(header):
        text = bytes(header[JSON_OFFSET:]).rstrip(b'\0')
        assert old in text
        header[JSON_OFFSET:] = text.replace(old, new).ljust(len(header) - JSON_OFFSET, b'\0')
    edit_headers(image, replace)


def put(image, folder, token):
    """Under a type without a plugin in cryptsetup, which would check the fields; then under its own."""
    path = folder / 'token.json'
    path.write_text(json.dumps({**token, 'type': 'systemd-tpm0'}))
    r = run('cryptsetup', 'token', 'import', '--json-file', path, image)
    assert r.returncode == 0, r.stderr
    edit(image, b'systemd-tpm0', b'systemd-tpm2')


@pytest.mark.parametrize('change, word', [
    ({'tpm2-blob': 7}, 'tpm2-blob'),
    ({'tpm2-blob': '%%%'}, 'tpm2-blob'),
    ({'tpm2-blob': ['AAAA', 'AAAA']}, 'two shards'),
    ({'tpm2-pcrs': [99]}, 'tpm2-pcrs'),
    ({'tpm2-pcrs': '7'}, 'tpm2-pcrs'),
    ({'tpm2-pcr-bank': 'md5'}, 'tpm2-pcr-bank'),
    ({'tpm2-policy-hash': 'zz'}, 'tpm2-policy-hash'),
    ({'tpm2-pin': 'yes'}, 'tpm2-pin'),
    ({'tpm2_pubkey_pcrs': [11]}, 'tpm2_pubkey'),
    ({'tpm2_srk': 'AAAA'}, ''),
    ({}, ''),
])
def test_bad_fields(boot, image, tmp_path, change, word):
    m = boot()
    put(image, tmp_path, {**GOOD, **change})
    r = m.test(image)
    assert r.returncode == 2 and word in r.stdout, (r.stdout, r.stderr)
    assert m.pawl('disk', 'list', image).returncode == 0
    assert m.test(image, f'--key-file={m.folder}/key').returncode == 0, 'the passphrase still opens it'


def test_huge_token(boot, tmp_path):
    m = boot()
    image = tmp_path / 'large'
    image.touch()
    image.open('wb').truncate(24 << 20)
    assert run('cryptsetup', 'luksFormat', '-q', '--type', 'luks2', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000',
               '--luks2-metadata-size', '4m', '--key-file', m.folder / 'key', image).returncode == 0
    put(image, tmp_path, {**GOOD, 'tpm2-blob': 'A' * (1 << 20)})
    r = m.test(image)
    assert r.returncode == 2 and 'limit' in r.stdout, r.stdout


@pytest.mark.parametrize('old, new, word', [
    (b'"encryption":"aes-xts-plain64","key_size":64}', b'"encryption":"cipher_null-ecb","key_size":64}', 'cipher_null'),
    (b'"encryption":"aes-xts-plain64","sector', b'"encryption":"cipher_null-ecb","sector', 'cipher_null'),
    (b'"stripes":4000,"hash":"sha256"', b'"stripes":4000,"hash":"sha1"', 'sha1'),
    (b'"iterations":1000,', b'"iterations":1,', 'iterations'),
    (b'"iv_tweak":"0"', b'"iv_tweak":"8"', 'iv_tweak'),
])
def test_weak_crypto(boot, image, old, new, word):
    m = boot()
    edit(image, old, new)
    before = image.read_bytes()
    r = m.test(image, f'--key-file={m.folder}/key')
    assert r.returncode == 2 and word in r.stdout + r.stderr, (r.stdout, r.stderr)
    r = m.pawl('disk', 'enroll', '--recovery-key', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 2 and word in r.stderr, r.stderr
    assert image.read_bytes() == before


def test_edited_header_is_still_good(boot, image):
    """The control of the tests around: the same edit without a change in meaning."""
    m = boot()
    edit(image, b'"iterations":1000,', b'"iterations" :1000,')
    assert m.test(image, f'--key-file={m.folder}/key').returncode == 0


def test_keyslots_that_do_not_exist(boot, image):
    m = boot()
    put(image, m.folder, GOOD)
    edit(image, b'"keyslots":["0"],"tpm2', b'"keyslots":["9"],"tpm2')
    r = m.test(image)
    assert r.returncode == 2 and 'LUKS2 header' in r.stderr, (r.stdout, r.stderr)


@pytest.mark.parametrize('content', [b'', b'x', b'LUKS\xba\xbe\x00\x02', b'LUKS\xba\xbe\x00\x02' + b'\xff' * 65536, bytes(1 << 20)],
                         ids=['empty', 'byte', 'magic', 'ones', 'zeros'])
def test_no_volume(boot, tmp_path, content):
    image = tmp_path / 'junk'
    image.write_bytes(content)
    m = boot()
    for verb in (['list'], ['test'], ['enroll', '--recovery-key'], ['recovery-check']):
        r = m.pawl('disk', *verb, image, env={'PASSWORD': 'x'})
        assert r.returncode == 2 and str(image) in r.stderr, (verb, r.stderr)
        assert len(r.stderr.splitlines()) == 1
    assert image.read_bytes() == content


def test_usage():
    for args in (['enroll', 'x'], ['enroll', '--tpm2', '--recovery-key', 'x'], ['list'], ['test', '--type=x', 'x'],
                 ['test', '--token-id=x', 'x'], ['open', 'x'], ['close'], ['list', '--nonsense', 'x']):
        assert run(PAWL, 'disk', *args).returncode == 64, args


@pytest.mark.parametrize('uuid', [b'/../../../../../etc/shadow', b'\xff\xfe', b''])
def test_uuid_is_no_text(boot, image, uuid):
    def replace(header):
        header[UUID] = uuid.ljust(40, b'\0')
    m = boot()
    edit_headers(image, replace)
    r = m.test(image, f'--key-file={m.folder}/key')
    assert r.returncode == 2 and 'UUID' in r.stderr, (r.stdout, r.stderr)


PKCS11 = {'type': 'systemd-pkcs11', 'keyslots': ['0'], 'pkcs11-uri': 'pkcs11:token=nobody;id=%01', 'pkcs11-key': 'AAAA'}
FIDO2 = {'type': 'systemd-fido2', 'keyslots': ['0'], 'fido2-credential': 'AAAA', 'fido2-salt': 'A' * 43 + '='}


def put_other(image, folder, token):
    (folder / 'token.json').write_text(json.dumps(token))
    r = run('cryptsetup', 'token', 'import', '--disable-external-tokens', '--json-file', folder / 'token.json', image)
    assert r.returncode == 0, r.stderr


@pytest.mark.parametrize('good, change, word', [
    (PKCS11, {'pkcs11-uri': 7}, 'pkcs11-uri'),
    (PKCS11, {'pkcs11-uri': 'file:/etc/passwd'}, 'pkcs11-uri'),
    (PKCS11, {'pkcs11-uri': 'pkcs11:' + 'x' * 1024}, 'pkcs11-uri'),
    (PKCS11, {'pkcs11-uri': 'pkcs11:id=%zz'}, 'pkcs11:id=%zz'),
    (PKCS11, {'pkcs11-key': '%%%'}, 'pkcs11-key'),
    (PKCS11, {'pkcs11-key': 'A' * 1400}, 'pkcs11-key'),
    (PKCS11, {'pkcs11-key': ''}, ''),
    (PKCS11, {'pkcs11-padding': 'none'}, 'pkcs11-padding'),
    (PKCS11, {'pkcs11-padding': True}, 'pkcs11-padding'),
    (FIDO2, {'fido2-credential': 7}, 'fido2-credential'),
    (FIDO2, {'fido2-credential': 'A' * 1400}, 'fido2-credential'),
    (FIDO2, {'fido2-salt': 'AAAA'}, 'fido2-salt'),
    (FIDO2, {'fido2-salt': 'A' * 88}, 'fido2-salt'),
    (FIDO2, {'fido2-rp': 'r' * 256}, 'fido2-rp'),
    (FIDO2, {'fido2-clientPin-required': 'yes'}, 'fido2-clientPin-required'),
])
def test_bad_fields_of_other_kinds(boot, image, tmp_path, good, change, word):
    """Refused before anything is asked of a token, and the passphrase still opens."""
    m = boot()
    put_other(image, tmp_path, {**good, **change})
    r = m.test(image, env={'PIN': '1234'})
    assert r.returncode in ((2,) if word else (1, 2)) and word in r.stdout, (r.stdout, r.stderr)
    assert m.pawl('disk', 'list', image).returncode == 0
    assert m.test(image, f'--key-file={m.folder}/key').returncode == 0


@pytest.mark.parametrize('good', [PKCS11, FIDO2])
def test_nothing_is_plugged_in(boot, image, tmp_path, good):
    """The control of the test above: a clear no, for want of the token."""
    m = boot()
    put_other(image, tmp_path, good)
    r = m.test(image)
    if 'was built without' in r.stdout:
        pytest.skip(r.stdout.strip().split(': ')[-1])
    assert r.returncode == 1 and 'does not open' in r.stdout, (r.stdout, r.stderr)
