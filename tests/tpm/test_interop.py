# SPDX-License-Identifier: BSD-2-Clause
"""Objects that systemd 262 sealed, opened by us on a copy of its TPM; the passphrases open its LUKS2 volumes."""
import base64
import ctypes
import hashlib
import hmac
import json
import subprocess
from pathlib import Path

import pytest

from tpmtest import Tpm, drive

INTEROP = Path(__file__).resolve().parents[3] / 'shared' / 'interop'
pytestmark = pytest.mark.skipif(not INTEROP.exists(), reason='no interop files beside the tree (../shared/interop)')
# systemd 262's order of measurement
SECTIONS = '.linux .osrel .cmdline .initrd .ucode .splash .dtb .uname .sbat .pcrpkey .profile .dtbauto .hwids .efifw'.split()


def sections(path):
    data = path.read_bytes()
    pe = int.from_bytes(data[0x3c:0x40], 'little')
    count, optional = int.from_bytes(data[pe + 6:pe + 8], 'little'), int.from_bytes(data[pe + 20:pe + 22], 'little')
    found = {}
    for i in range(count):
        row = data[pe + 24 + optional + 40 * i:][:40]
        size, raw_size, offset = (int.from_bytes(row[o:o + 4], 'little') for o in (8, 16, 20))
        content = data[offset:offset + min(size, raw_size)]
        found[row[:8].rstrip(b'\0').decode()] = content + bytes(size - len(content))
    return found


def token_of(name):
    return json.loads((INTEROP / 'luks' / f'{name}.json').read_text())['tokens']['0']


@pytest.fixture
def booted():
    """The TPM that systemd enrolled, booted through full.efi up to enter-initrd."""
    t = Tpm(INTEROP / 'tpm')
    for pcr, text in json.loads((INTEROP / 'params.json').read_text())['pcr_events'].items():
        t.extend(int(pcr), text.encode())
    content = sections(INTEROP / 'uki' / 'full.efi')
    for name in SECTIONS:
        if name in content:
            t.extend(11, name.encode() + b'\0')
            t.extend(11, content[name])
    t.extend(11, b'enter-initrd')
    yield t
    t.close()


def request(token, auth=b''):
    pem = base64.b64decode(token.get('tpm2_pubkey', '')).decode()
    policy = {'pem': pem, 'signed': sum(1 << n for n in token.get('tpm2_pubkey_pcrs', [])), 'ref': token.get('tpm2_pubkey_ref', ''),
              'bank': token['tpm2-pcr-bank'], 'pin': token.get('tpm2-pin', False), 'unknown': True,
              'literal': {str(n): bytes(32).hex() for n in token['tpm2-pcrs']}}
    return ({'op': 'srk-import', 'srk': base64.b64decode(token['tpm2_srk']).hex()},
            {'op': 'unseal', 'policy': policy, 'blob': base64.b64decode(token['tpm2-blob']).hex(), 'auth': auth.hex(),
             'signatures': (INTEROP / 'uki' / 'pcrsig.json').read_text()})


def argon2id(pin, token):
    out = ctypes.create_string_buffer(64)
    salt = base64.b64decode(token['tpm2_salt'])
    lib = ctypes.CDLL('libargon2.so.1')
    assert lib.argon2id_hash_raw(ctypes.c_uint32(token['tpm2_argon2id_iterations']), ctypes.c_uint32(token['tpm2_argon2id_memcost'] // 1024),
                                 ctypes.c_uint32(token['tpm2_argon2id_lanes']), pin, ctypes.c_size_t(len(pin)), salt,
                                 ctypes.c_size_t(len(salt)), out, ctypes.c_size_t(64)) == 0
    return out.raw


def hkdf_sha256(ikm, salt, info):
    prk = hmac.digest(salt, ikm, 'sha256')
    return hmac.digest(prk, info + b'\1', 'sha256')


def auth_of(key):
    return hashlib.sha256(base64.b64encode(key)).digest().rstrip(b'\0')


def opens(name, passphrase, tmp_path):
    image = tmp_path / 'volume'
    with image.open('wb') as f:
        subprocess.run(['zstd', '-dqc', str(INTEROP / 'luks' / f'{name}.img.zst')], stdout=f, check=True)
    return subprocess.run(['cryptsetup', 'open', '--test-passphrase', '--key-slot', '1', '--key-file', '-', str(image)],
                          input=passphrase, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize('name,commands', [('literal', 5), ('signed', 9), ('signedref', 9), ('signedlit', 10)])
def test_unseal(booted, tmp_path, name, commands):
    imported, answer = drive(booted.spec, *request(token_of(name)))
    assert imported['commands'] == 0
    assert (answer['err'], answer['commands']) == ('OK', commands), answer
    assert opens(name, base64.b64encode(bytes.fromhex(answer['secret'])), tmp_path)
    assert not opens(name, base64.b64encode(bytes(32)), tmp_path)
    assert booted.left_behind() == []


def test_pin_direct(booted, tmp_path):
    token = token_of('pin-direct')
    key = hashlib.pbkdf2_hmac('sha256', b'1234', base64.b64decode(token['tpm2_salt']), 10000, 32)
    answer = drive(booted.spec, *request(token, auth_of(key)))[1]
    assert answer['err'] == 'OK' and answer['commands'] in (6, 7), answer
    assert opens('pin-direct', base64.b64encode(bytes.fromhex(answer['secret'])), tmp_path)
    assert drive(booted.spec, *request(token, auth_of(bytes(32))))[1]['err'] == 'KEY'


def test_pin_argon2id(booted, tmp_path):
    token = token_of('pin-argon')
    a = argon2id(b'1234', token)
    answer = drive(booted.spec, *request(token, auth_of(a[32:])))[1]
    assert answer['err'] == 'OK', answer
    passphrase = hkdf_sha256(a[:32], bytes.fromhex(answer['secret']), b'systemd-tpm2-argon2id-lock')
    assert opens('pin-argon', base64.b64encode(passphrase), tmp_path)


def test_wrong_state(booted):
    booted.extend(7, b'other')
    answer = drive(booted.spec, *request(token_of('literal')))[1]
    assert answer['err'] == 'TPM_POLICY' and 'PCR 7' in answer['text'], answer
    booted.extend(11, b'leave-initrd')
    answer = drive(booted.spec, *request(token_of('signedref')))[1]
    assert answer['err'] == 'TPM_POLICY' and '"initrd"' in answer['text'], answer
    # without reference the key signs later phases too: the very reason for references
    assert drive(booted.spec, *request(token_of('signed')))[1]['err'] == 'OK'


def test_srk_is_the_same_key(booted):
    """What we would make on the same TPM is the key that systemd made."""
    found, = drive(booted.spec, {'op': 'srk-find'})
    booted.tool('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', '0x81000001')
    made, = drive(booted.spec, {'op': 'srk-setup'})
    assert made['is_new'] and made['name'] == found['name'] and made['srk'] == found['srk']
