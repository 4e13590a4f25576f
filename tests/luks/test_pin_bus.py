# SPDX-License-Identifier: BSD-2-Clause
"""A listener on the bus hears nothing of a PIN, neither when it is enrolled nor when it opens."""
import base64
import ctypes
import hashlib
import hmac
import json
import secrets

import pytest

from machine import run
from test_bus import heard
from tpmtest import Proxy

MEMORY, ITERATIONS = 64 << 10, 3  # KiB; the floor


def argon2id(pin, salt):
    out = ctypes.create_string_buffer(64)
    size = ctypes.c_size_t
    rc = ctypes.CDLL('libargon2.so.1').argon2id_hash_raw(ITERATIONS, MEMORY, 1, pin, size(len(pin)), salt, size(len(salt)), out, size(64))
    assert rc == 0
    return out.raw


def hkdf(key, salt, info):
    return hmac.digest(hmac.digest(salt, key, 'sha256'), info + b'\x01', 'sha256')


def unseal(tpm, token, auth):
    """What is in the token's object, by tpm2-tools (and not through the proxy)."""
    blob = base64.b64decode(token['tpm2-blob'])
    end = 2 + int.from_bytes(blob[:2], 'big')
    (tpm.folder / 'private').write_bytes(blob[:end])
    (tpm.folder / 'public').write_bytes(blob[end:])
    for words in (('tpm2_load', '-Q', '-C', '0x81000001', '-u', 'public', '-r', 'private', '-c', 'object'), ('tpm2_flushcontext', '-t'),
                  ('tpm2_startauthsession', '--policy-session', '-S', 'session'), ('tpm2_policypcr', '-Q', '-S', 'session', '-l', 'sha256:7'),
                  ('tpm2_policyauthvalue', '-Q', '-S', 'session'),
                  ('tpm2_unseal', '-c', 'object', '-p', 'session:session+hex:' + auth.hex(), '-o', 'out'),
                  ('tpm2_flushcontext', 'session')):
        tpm.tool(*words)
    return (tpm.folder / 'out').read_bytes()


@pytest.mark.parametrize('how', ['direct', 'yes'])
def test_nothing_of_it_is_heard(boot, image, how):
    m = boot()
    m.tpm.tool('tpm2_changeauth', '-Q', '-c', 'lockout', 'secret of the owner')
    proxy, pin = Proxy(m.tpm), secrets.token_hex(12)
    cost = '--tpm2-argon2id-memory=64M', f'--tpm2-argon2id-iterations={ITERATIONS}'
    env = {'PAWL_TPM': proxy.spec, 'NEWPIN': pin, 'PIN': pin}
    r = m.pawl('disk', 'enroll', '--tpm2', '--tpm2-pcrs=7', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}',
               f'--unlock-key-file={m.folder}/key', f'--tpm2-with-pin={how}',
               *(cost if how == 'yes' else ()), image, env=env)
    assert r.returncode == 0, r.stderr
    assert m.pawl('disk', 'test', '--type=tpm2', image, env=env).returncode == 0
    token = json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)['tokens']['0']
    salt = base64.b64decode(token['tpm2_salt'])
    if how == 'direct':
        stretched = hashlib.pbkdf2_hmac('sha256', pin.encode(), salt, 10000, 32)
        halves = []
    else:
        lock, stretched = (a := argon2id(pin.encode(), salt))[:32], a[32:]
        halves = [lock, base64.b64encode(lock)]
    auth = hashlib.sha256(base64.b64encode(stretched)).digest().rstrip(b'\0')
    secret = unseal(m.tpm, token, auth)
    opening = secret if how == 'direct' else hkdf(lock, secret, b'systemd-tpm2-argon2id-lock')
    passphrase = base64.b64encode(opening)
    # the control: these are the secrets
    (m.folder / 'passphrase').write_bytes(passphrase)
    assert run('cryptsetup', 'open', '--test-passphrase', '--key-slot=1', f'--key-file={m.folder}/passphrase', image).returncode == 0
    for what in (pin.encode(), stretched, base64.b64encode(stretched), auth, secret, opening, passphrase, *halves):
        assert heard(bytes(proxy.traffic), what) == []
    assert base64.b64decode(token['tpm2-blob'])[10:60] in proxy.traffic and proxy.commands.count(0x15e) >= 2, 'it was recorded'
