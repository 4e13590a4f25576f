# SPDX-License-Identifier: BSD-2-Clause
"""SoftHSM2 as somebody's token: folders of tokens, keys made by openssl and put on them."""
import os
import shutil
import subprocess
from pathlib import Path

MODULE = next((p for p in ('/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so')
               if os.path.exists(p)), None)
PIN, SO_PIN = '1234', '87654321'


def run(*command, env=None, stdin=None):
    return subprocess.run([str(c) for c in command], input=stdin, capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, 'LC_ALL': 'C', **(env or {})})


def must(*command, env=None):
    r = run(*command, env=env)
    assert r.returncode == 0, f'{command}: {r.stdout}{r.stderr}'
    return r.stdout


class Hsm:
    """`tokens`: a folder to copy; without it there is none yet."""

    def __init__(self, folder, tokens=None):
        self.folder = Path(folder)
        self.dir = self.folder / 'tokens'
        if tokens:
            shutil.copytree(tokens, self.dir)
        else:
            self.dir.mkdir()
        conf = self.folder / 'softhsm2.conf'
        conf.write_text(f'directories.tokendir = {self.dir}\nobjectstore.backend = file\nlog.level = ERROR\n')
        self.env = {'SOFTHSM2_CONF': str(conf), 'PAWL_PKCS11_MODULE': MODULE}

    def add_token(self, label):
        out = must('softhsm2-util', '--init-token', '--free', '--label', label, '--pin', PIN, '--so-pin', SO_PIN, env=self.env)
        return out.strip().split()[-1]

    def key(self, *options):
        """A private key in a file: ('RSA', 2048) or ('EC', 'P-256')."""
        kind, size = options
        path = self.folder / f'{kind}-{size}-{len(list(self.folder.iterdir()))}.pem'
        option = f'rsa_keygen_bits:{size}' if kind == 'RSA' else f'ec_paramgen_curve:{size}'
        must('openssl', 'genpkey', '-algorithm', kind, '-pkeyopt', option, '-out', path)
        return path

    def put(self, slot, key, number, label='key', public=True):
        """Both halves of a key, fit for what its kind can."""
        usage = '--usage-decrypt' if 'rsa' in key.name.lower() else '--usage-derive'
        halves = {'privkey': key, 'pubkey': self.folder / (key.stem + '.pub')}
        must('openssl', 'pkey', '-in', key, '-pubout', '-out', halves['pubkey'])
        for kind in ('privkey', 'pubkey') if public else ('privkey',):
            self.tool(slot, '--write-object', halves[kind], '--type', kind, '--id', f'{number:02x}', '--label', label, usage)

    def allow_derive(self, slot, key, number):
        """SoftHSM2's own import lets an EC key sign only, and an attribute cannot be changed: the same key again."""
        for kind in 'privkey', 'pubkey':
            self.tool(slot, '--delete-object', '--type', kind, '--id', f'{number:02x}')
        self.put(slot, key, number)

    def slots(self):
        """The tokens' slot numbers, by serial."""
        found, slot = {}, None
        for line in must('softhsm2-util', '--show-slots', env=self.env).splitlines():
            if line.startswith('Slot '):
                slot = line.split()[1]
            if 'Serial number' in line and line.split()[-1] != 'number:':
                found[line.split()[-1]] = slot
        return found

    def tool(self, slot, *args):
        return must('pkcs11-tool', '--module', MODULE, '--slot', slot, '--login', '--pin', PIN, *args, env=self.env)
