# SPDX-License-Identifier: BSD-2-Clause
"""Sealing from the public part of a storage root key alone: TPM 2.0 Library Part 1, 22 to 24 and B.10.3, C.6.3; no TPM takes part."""
import hashlib
import hmac
import os
import subprocess


def two(data):
    return len(data).to_bytes(2, 'big') + data


def openssl(*args, stdin=None):
    return subprocess.run(['openssl', *map(str, args)], input=stdin, capture_output=True, check=True).stdout


def kdfa(key, label, context, bits):
    return hmac.digest(key, (1).to_bytes(4, 'big') + label + b'\0' + context + bits.to_bytes(4, 'big'), 'sha256')[:bits // 8]


def point(pem, *how):
    """x and y of a P-256 key: the end of its DER form."""
    return [openssl('pkey', *how, '-in', pem, '-pubout', '-outform', 'DER')[-64:][i:i + 32] for i in (0, 32)]


def ecc_seed(srk_pem, folder):
    """The seed, and what the TPM gets it back from."""
    ephemeral = folder / 'ephemeral.pem'
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', ephemeral)
    z = openssl('pkeyutl', '-derive', '-inkey', ephemeral, '-peerkey', srk_pem)
    x, y = point(ephemeral)
    seed = hashlib.sha256((1).to_bytes(4, 'big') + z + b'DUPLICATE\0' + x + point(srk_pem, '-pubin')[0]).digest()
    return seed, two(two(x) + two(y))


def rsa_seed(srk_pem):
    seed = os.urandom(32)
    return seed, two(openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', srk_pem, '-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt',
                             'rsa_oaep_md:sha256', '-pkeyopt', 'rsa_oaep_label:' + b'DUPLICATE\0'.hex(), stdin=seed))


def seal(srk_pem, is_rsa, policy, auth, secret, folder):
    obfuscation = os.urandom(32)
    sensitive = b'\0\x08' + two(auth or b'') + two(obfuscation) + two(secret)
    attributes = 0 if auth is not None else 0x400  # noDA
    public = bytes.fromhex('0008000b') + attributes.to_bytes(4, 'big') + two(policy) + b'\0\x10' \
        + two(hashlib.sha256(obfuscation + secret).digest())
    name = b'\0\x0b' + hashlib.sha256(public).digest()
    seed, encrypted_seed = rsa_seed(srk_pem) if is_rsa else ecc_seed(srk_pem, folder)
    encrypted = openssl('enc', '-aes-128-cfb', '-K', kdfa(seed, b'STORAGE', name, 128).hex(), '-iv', '00' * 16, stdin=two(sensitive))
    outer = hmac.digest(kdfa(seed, b'INTEGRITY', b'', 256), encrypted + name, 'sha256')
    return two(two(outer) + encrypted) + two(public) + encrypted_seed
