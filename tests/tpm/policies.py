# SPDX-License-Identifier: BSD-2-Clause
"""Signed PCR policies made here with OpenSSL and hashlib, so that nothing under test checks itself."""
import base64
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

ALG_IDS = {'sha1': 0x0004, 'sha256': 0x000b, 'sha384': 0x000c, 'sha512': 0x000d}


def pcr_after(bank, *texts):
    value = bytes(hashlib.new(bank).digest_size)
    for text in texts:
        value = hashlib.new(bank, value + hashlib.new(bank, text).digest()).digest()
    return value


def policy_pcr(bank, values):
    """TPM2_PolicyPCR over {pcr: value}, from an empty policy."""
    mask = sum(1 << n for n in values)
    selection = (1).to_bytes(4, 'big') + ALG_IDS[bank].to_bytes(2, 'big') + b'\x03' + mask.to_bytes(3, 'little')
    digest = hashlib.sha256(b''.join(values[n] for n in sorted(values))).digest()
    return hashlib.sha256(bytes(32) + bytes.fromhex('0000017f') + selection + digest).digest()


class Signer:
    def __init__(self, bits=2048):
        self.folder = tempfile.TemporaryDirectory(prefix='pawl-key-')
        self.private = Path(self.folder.name) / 'key'
        self._openssl('genpkey', '-quiet', '-algorithm', 'RSA', '-pkeyopt', f'rsa_keygen_bits:{bits}', '-out', str(self.private))
        self.pem = self._openssl('pkey', '-in', str(self.private), '-pubout').decode()
        self.fingerprint = hashlib.sha256(
            self._openssl('rsa', '-in', str(self.private), '-RSAPublicKey_out', '-outform', 'DER')).hexdigest()

    @staticmethod
    def _openssl(*args, data=None):
        return subprocess.run(['openssl', *args], input=data, capture_output=True, check=True).stdout

    def row(self, bank, value, ref='', pcr=11):
        pol = policy_pcr(bank, {pcr: value})
        tbs = pol + (hashlib.sha256(ref.encode()).digest() if ref else b'')
        sig = self._openssl('dgst', '-sha256', '-sign', str(self.private), data=tbs)
        return {'pcrs': [pcr], 'pkfp': self.fingerprint, **({'ref': ref} if ref else {}), 'pol': pol.hex(),
                'sig': base64.b64encode(sig).decode()}

    def policy(self, ref='', bank='sha256', literal=None, pin=False):
        return {'pem': self.pem, 'signed': 1 << 11, 'ref': ref, 'bank': bank, 'pin': pin,
                'literal': {str(n): v.hex() for n, v in (literal or {}).items()}}


def signatures(**banks):
    return json.dumps(banks)
