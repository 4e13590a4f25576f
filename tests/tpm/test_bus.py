# SPDX-License-Identifier: BSD-2-Clause
"""What somebody hears who listens on the bus."""
import base64
import hashlib
import os
import secrets
import subprocess

from policies import Signer, pcr_after, signatures
from tpmtest import drive, good

IMAGE = b'the image'


def forms(secret):
    """A secret as it could be written; base64 at each of three alignments, without the ends that depend on neighbours."""
    yield 'raw', secret
    yield 'raw, reversed', secret[::-1]
    yield 'hex', secret.hex().encode()
    yield 'HEX', secret.hex().upper().encode()
    for shift in range(3):
        yield f'base64+{shift}', base64.b64encode(bytes(shift) + secret)[4:-4]


def heard(traffic, secret):
    return [name for name, text in forms(secret) if text in traffic]


def test_secrets_do_not_cross_in_clear(tpm, proxy):
    signer, secret, pin = Signer(), secrets.token_bytes(32), secrets.token_bytes(31) + b'\x7f'
    for text in IMAGE, b'enter-initrd':
        tpm.extend(11, text)
    value = pcr_after('sha256', IMAGE, b'enter-initrd')
    policy = signer.policy('initrd', literal={7: bytes(32), 15: bytes(32)}, pin=True)
    sealed = good(drive(proxy.spec, {'op': 'srk-setup'},
                        {'op': 'seal', 'policy': policy, 'secret': secret.hex(), 'auth': pin.hex()}))[1]
    opened = good(drive(
        proxy.spec, {'op': 'srk-find'}, {'op': 'unseal', 'policy': policy, 'blob': sealed['blob'], 'auth': pin.hex(),
                                         'signatures': signatures(sha256=[signer.row('sha256', value, 'initrd')])},
        {'op': 'extend', 'pcr': 15, 'text': 'volume'}, {'op': 'extend', 'pcr': 11, 'text': 'leave-initrd'}))[1]
    assert opened['secret'] == secret.hex()
    for what in secret, base64.b64encode(secret), pin, hashlib.sha256(secret).digest():
        assert heard(bytes(proxy.traffic), what) == []
    # the recording is one: what may be heard is there
    assert hashlib.sha256(b'leave-initrd').digest() in proxy.traffic and bytes.fromhex(sealed['blob'])[10:60] in proxy.traffic
    assert 0x15e in proxy.commands and 0x153 in proxy.commands


def test_the_search_finds_a_secret(tpm, proxy):
    """The control: another program that seals and unseals without a salted session is heard."""
    secret = secrets.token_hex(16).encode()
    (tpm.folder / 'secret').write_bytes(secret)
    good(drive(tpm.spec, {'op': 'srk-setup'}))
    tpm.tool('tpm2_create', '-Q', '-C', '0x81000001', '-i', 'secret', '-u', 'u', '-r', 'r')
    tpm.tool('tpm2_load', '-Q', '-C', '0x81000001', '-u', 'u', '-r', 'r', '-c', 'c.ctx')
    tpm.tool('tpm2_flushcontext', '-t')
    out = subprocess.run(['tpm2_unseal', '-c', 'c.ctx'], cwd=tpm.folder, check=True, capture_output=True,
                         env={**os.environ, 'TPM2TOOLS_TCTI': proxy.spec}).stdout
    assert out == secret
    assert heard(bytes(proxy.traffic), secret) == ['raw']
