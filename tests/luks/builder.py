# SPDX-License-Identifier: BSD-2-Clause
"""LUKS2 tokens as systemd's releases write them, put together with tpm2-tools, OpenSSL and hashlib: none of Pawl's code."""
import base64
import hashlib
import json
import subprocess

import elsewhere as without_tpm
from machine import run
from policies import Signer, policy_pcr

SRK = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt'
LEGACY = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|decrypt'  # before systemd 254
SECRET = bytes(range(32))


def h(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


def key_name(signer):
    """TPM name of an RSA key loaded as systemd does: sign|decrypt|userWithAuth, no scheme, exponent written out."""
    text = subprocess.run(['openssl', 'rsa', '-in', signer.private, '-noout', '-modulus'], capture_output=True, text=True,
                          check=True).stdout
    modulus = bytes.fromhex(text.split('=')[1].strip())
    area = bytes.fromhex('0001' '000b' '00060040' '0000' '0010' '0010') + (len(modulus) * 8).to_bytes(2, 'big')
    return b'\0\x0b' + h(area + (65537).to_bytes(4, 'big') + len(modulus).to_bytes(2, 'big') + modulus)


class Builder:
    def __init__(self, tpm, folder):
        self.tpm, self.folder = tpm, folder

    def values(self, bank, pcrs):
        if not pcrs:
            return {}
        size = hashlib.new(bank).digest_size
        self.tpm.tool('tpm2_pcrread', f'{bank}:{",".join(map(str, pcrs))}', '-o', 'pcrs')
        data = (self.tpm.folder / 'pcrs').read_bytes()
        return {n: data[i * size:(i + 1) * size] for i, n in enumerate(sorted(pcrs))}

    def policy(self, bank, literal, signer, ref, pin):
        digest = bytes(32)
        if signer:
            digest = h(h(bytes(32), bytes.fromhex('0000016a'), key_name(signer)), h(ref.encode()) if ref else b'')
        if literal:
            values = self.values(bank, literal)
            # PolicyPCR extends what is there; policy_pcr starts from nothing, so its input is rebuilt here
            selection = bytes.fromhex('00000001') + {'sha1': b'\0\x04', 'sha256': b'\0\x0b', 'sha384': b'\0\x0c'}[bank]
            selection += b'\x03' + sum(1 << n for n in literal).to_bytes(3, 'little')
            digest = h(digest, bytes.fromhex('0000017f'), selection, h(*(values[n] for n in sorted(values))))
            assert signer or digest == policy_pcr(bank, values)
        return h(digest, bytes.fromhex('0000016b')) if pin is not None else digest

    def parent(self, algorithm, attributes, handle):
        """A primary; with `handle` made persistent. Returns its `tpm2_srk` or None."""
        self.tpm.tool('tpm2_createprimary', '-Q', '-C', 'o', '-g', 'sha256', '-G', f'{algorithm}:aes128cfb', '-a', attributes, '-c',
                      'primary.ctx')
        if not handle:
            return None
        self.tpm.tool('tpm2_flushcontext', '-t')  # a context file loads another copy
        self.tpm.tool('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'primary.ctx', hex(handle))
        self.tpm.tool('tpm2_readpublic', '-Q', '-c', hex(handle), '-f', 'tss', '-o', 'srk.pub', '-n', 'srk.name')
        name, public = ((self.tpm.folder / n).read_bytes() for n in ('srk.name', 'srk.pub'))
        return handle.to_bytes(4, 'big') + len(name).to_bytes(2, 'big') + name + (1).to_bytes(4, 'big') + public

    def seal(self, policy, auth):
        (self.tpm.folder / 'policy').write_bytes(policy)
        (self.tpm.folder / 'secret').write_bytes(SECRET)
        words = ['-p', 'hex:' + auth.hex()] if auth is not None else []
        self.tpm.tool('tpm2_flushcontext', '-t')
        attributes = 'fixedtpm|fixedparent' + ('' if auth is not None else '|noda')
        self.tpm.tool('tpm2_create', '-Q', '-C', 'primary.ctx', '-i', 'secret', '-L', 'policy', '-a', attributes, '-u', 'pub', '-r',
                      'priv', *words)
        self.tpm.tool('tpm2_flushcontext', '-t')
        return (self.tpm.folder / 'priv').read_bytes() + (self.tpm.folder / 'pub').read_bytes()

    def seal_elsewhere(self, primary, handle, policy, auth):
        self.tpm.tool('tpm2_readpublic', '-Q', '-c', hex(handle), '-f', 'pem', '-o', 'srk.pem')
        return without_tpm.seal(self.tpm.folder / 'srk.pem', primary.startswith('rsa'), policy, auth, SECRET, self.folder)

    def add(self, image, key, *, bank='sha256', literal=(), signer=None, ref='', pin=None, salt=None, primary='ecc256',
            attributes=SRK, handle=0x81000001, elsewhere=False):
        """Enrols: keyslot and token. `pin`: the text; `salt` None: as systemd 251 and 252."""
        salted = base64.b64encode(hashlib.pbkdf2_hmac('sha256', pin, salt, 10000, 32)) if salt else pin
        auth = None if pin is None else h(salted)
        srk = self.parent(primary, attributes, handle)
        policy = self.policy(bank, literal, signer, ref, pin)
        blob = self.seal_elsewhere(primary, handle, policy, auth) if elsewhere else self.seal(policy, auth)
        (self.folder / 'new').write_bytes(base64.b64encode(SECRET))
        r = run('cryptsetup', 'luksAddKey', '-q', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', '--key-file', key, image,
                self.folder / 'new')
        assert r.returncode == 0, r.stderr
        token = {'type': 'systemd-tpm2', 'keyslots': ['1'], 'tpm2-blob': base64.b64encode(blob).decode(), 'tpm2-pcrs': sorted(literal),
                 'tpm2-primary-alg': primary[:3], 'tpm2-policy-hash': policy.hex()}
        if literal or signer:
            token['tpm2-pcr-bank'] = bank
        if pin is not None:
            token['tpm2-pin'] = True
            if salt is not None:
                token['tpm2_salt'] = base64.b64encode(salt).decode()
        if signer:
            token.update(tpm2_pubkey_pcrs=[11], tpm2_pubkey=base64.b64encode(signer.pem.encode()).decode(),
                         **({'tpm2_pubkey_ref': ref} if ref else {}))
        if srk:
            token['tpm2_srk'] = base64.b64encode(srk).decode()
        (self.folder / 'token').write_text(json.dumps(token))
        r = run('cryptsetup', 'token', 'import', '--json-file', self.folder / 'token', image)
        assert r.returncode == 0, r.stderr

    def signature(self, signer, bank, ref=''):
        value = self.values(bank, [11])[11]
        path = self.folder / 'signature.json'
        path.write_text(json.dumps({bank: [signer.row(bank, value, ref)]}))
        return path


__all__ = ['Builder', 'LEGACY', 'SRK', 'Signer']
