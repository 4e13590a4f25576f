# SPDX-License-Identifier: BSD-2-Clause
"""NSS as a second kind of token: it knows OAEP with SHA-256, which SoftHSM2 does not."""
import os
import shutil
from pathlib import Path

import pytest

from hsm import must, run

DRIVER = os.environ['PKCS11_DRIVER']
NSS = next((p for p in Path('/usr/lib').glob('*-linux-gnu/**/libsoftokn3.so')), None)
PIN = '12345678'
TOKEN = 'pkcs11:token=NSS%20Certificate%20DB'
pytestmark = pytest.mark.skipif(not NSS or not shutil.which('pk12util'), reason='no NSS with its tools')


class Nss:
    """p11-kit gives NSS its folder from a person's own configuration, which it does not read as root."""

    def __init__(self, folder, *key_options):
        self.folder = folder
        db = folder / 'db'
        modules = folder / '.config' / 'pkcs11' / 'modules'
        db.mkdir()
        modules.mkdir(parents=True)
        (modules / 'nss.module').write_text(
            f"module: {NSS}\nx-init-reserved: configdir='sql:{db}' certPrefix='' keyPrefix='' secmod='secmod.db'\n")
        (folder / 'pin').write_text(PIN + '\n')
        must('openssl', 'req', '-x509', '-nodes', *key_options, '-keyout', folder / 'key.pem', '-out', folder / 'cert.pem', '-subj',
             '/CN=me')
        must('openssl', 'pkcs12', '-export', '-inkey', folder / 'key.pem', '-in', folder / 'cert.pem', '-name', 'mine', '-out',
             folder / 'key.p12', '-passout', 'pass:x')
        must('certutil', '-N', '-d', f'sql:{db}', '-f', folder / 'pin')
        must('pk12util', '-i', folder / 'key.p12', '-d', f'sql:{db}', '-k', folder / 'pin', '-W', 'x')

    def driver(self, *args, pins=PIN):
        who = []
        driver = shutil.copy(DRIVER, self.folder)  # the build folder may be for its owner only
        if os.geteuid() == 0:
            for path in [self.folder, *self.folder.rglob('*')]:
                os.chown(path, 65534, 65534)
            for path in list(self.folder.parents)[:-2]:  # pytest's own folders are for their owner only
                path.chmod(path.stat().st_mode | 0o011)
            who = ['setpriv', '--reuid=65534', '--clear-groups']
        # NSS itself leaks when it is unloaded; the tests with SoftHSM2 look for leaks of ours
        return run(*who, driver, *args, env={'HOME': str(self.folder), 'PINS': pins, 'ASAN_OPTIONS': 'detect_leaks=0'})


def decrypt(folder, cipher, *options):
    (folder / 'cipher').write_bytes(bytes.fromhex(cipher))
    must('openssl', 'pkeyutl', '-decrypt', '-inkey', folder / 'key.pem', '-in', folder / 'cipher', '-out', folder / 'plain',
         *(x for o in options for x in ('-pkeyopt', o)))
    return (folder / 'plain').read_bytes().hex()


@pytest.mark.parametrize('bits', [2048, 4096])
def test_rsa(tmp_path, bits):
    nss = Nss(tmp_path, '-newkey', f'rsa:{bits}')
    r = nss.driver('make', TOKEN, '-')
    assert r.returncode == 0, r.stderr
    uri, padding, key, secret = r.stdout.split()
    assert padding == 'oaep-sha256', 'the best that it can'
    assert decrypt(tmp_path, key, 'rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256') == secret
    r = nss.driver('secret', uri, padding, key)
    assert r.stdout.strip() == secret, r.stderr
    for wrong in 'oaep-sha1', 'pkcs1':
        assert nss.driver('secret', uri, wrong, key).stdout.strip() != secret
    for wanted in 'oaep-sha1', 'pkcs1':
        _, padding, key, secret = nss.driver('make', uri, wanted).stdout.split()
        assert padding == wanted and nss.driver('secret', uri, padding, key).stdout.strip() == secret


@pytest.mark.parametrize('curve', ['P-256', 'P-384'])
def test_ec(tmp_path, curve):
    nss = Nss(tmp_path, '-newkey', 'ec', '-pkeyopt', f'ec_paramgen_curve:{curve}')
    r = nss.driver('make', TOKEN, '-')
    assert r.returncode == 0, r.stderr
    uri, padding, key, secret = r.stdout.split()
    assert padding == '-' and nss.driver('secret', uri, padding, key).stdout.strip() == secret


def test_wrong_pin(tmp_path):
    nss = Nss(tmp_path, '-newkey', 'rsa:2048')
    r = nss.driver('make', TOKEN, '-', pins='wrong')
    assert r.returncode == 1 and r.stderr.splitlines()[-1].startswith('KEY: ') and 'wrong' in r.stderr
