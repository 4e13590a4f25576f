# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of `pawl uki` share: running it, and a second computation of what it says."""
import hashlib
import importlib.util
import os
import subprocess
import struct
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAWL = os.environ['PAWL']
BANKS = ('sha1', 'sha256', 'sha384', 'sha512')
BANK_ID = {'sha1': 4, 'sha256': 0xb, 'sha384': 0xc, 'sha512': 0xd}
ORDER = '.linux .osrel .cmdline .initrd .ucode .splash .dtb .uname .sbat .pcrpkey .profile .dtbauto .hwids .efifw'.split()


def load_sidecars():
    """qemu-tests/lib/sidecars.py, whose archives a boot of systemd's stub has been compared with."""
    spec = importlib.util.spec_from_file_location('sidecars', TOP / 'qemu-tests/lib/sidecars.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sidecars = load_sidecars()


def pawl(*words, noun='uki', status=0, cwd=None, env=None):
    """stdout of `pawl uki WORDS`; fails unless the exit status is the one expected."""
    r = subprocess.run([PAWL, noun, *map(str, words)], capture_output=True, text=True, cwd=cwd,
                       env={**os.environ, **(env or {})}, timeout=120)
    assert r.returncode == status, f'status {r.returncode}, not {status}: {r.stdout}{r.stderr}'
    return r.stderr if status else r.stdout


def sections(path):
    """[(name, content with zeros up to VirtualSize)] of a PE file, read without our reader."""
    data = Path(path).read_bytes()
    pe = struct.unpack_from('<I', data, 0x3c)[0]
    n, opt = struct.unpack_from('<H', data, pe + 6)[0], struct.unpack_from('<H', data, pe + 20)[0]
    found = []
    for i in range(n):
        at = pe + 24 + opt + 40 * i
        vsize, _, rsize, roff = struct.unpack_from('<IIII', data, at + 8)
        content = data[roff:roff + min(vsize, rsize)]
        found.append((data[at:at + 8].rstrip(b'\0').decode(), content + bytes(vsize - len(content))))
    return found


def extended(pieces, bank):
    """A PCR after these bytes were measured."""
    value = bytes(hashlib.new(bank).digest_size)
    for piece in pieces:
        value = hashlib.new(bank, value + hashlib.new(bank, piece).digest()).digest()
    return value


def record(pcr, label, measured):
    """An EV_IPL event of a log in the SHA-1 format (TCG_PCClientPCREvent)."""
    data = (label + '\0').encode('utf-16-le')
    return struct.pack('<II20sI', pcr, 13, hashlib.sha1(measured).digest(), len(data)) + data


def pcr11(parts, bank, words=()):
    """PCR 11 after these sections {name: content} and phase words."""
    value = bytes(hashlib.new(bank).digest_size)
    def extend(event):
        return hashlib.new(bank, value + hashlib.new(bank, event).digest()).digest()
    for name in ORDER:
        if name in parts:
            value = extend(name.encode() + b'\0')
            value = extend(parts[name])
    for word in words:
        value = extend(word.encode())
    return value


def policy(value, bank):
    """The PolicyPCR digest for this value of PCR 11."""
    selection = struct.pack('>IHB3B', 1, BANK_ID[bank], 3, 0, 8, 0)
    return hashlib.sha256(bytes(32) + struct.pack('>I', 0x17f) + selection + hashlib.sha256(value).digest()).digest()


def make_keys(folder):
    """A Secure Boot key with certificate, another one, and a PCR key."""
    for name in ('db', 'other'):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3', '-subj', f'/CN=test {name}',
                        '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.crt'], check=True, capture_output=True)
    subprocess.run(['openssl', 'genrsa', '-out', folder / 'pcr.key', '2048'], check=True, capture_output=True)
    subprocess.run(['openssl', 'rsa', '-in', folder / 'pcr.key', '-pubout', '-out', folder / 'pcr.pub'], check=True, capture_output=True)


def rsa_verifies(pub, sig, tbs, folder):
    (folder / 'sig').write_bytes(sig)
    (folder / 'tbs').write_bytes(tbs)
    return subprocess.run(['openssl', 'dgst', '-sha256', '-verify', pub, '-signature', folder / 'sig', folder / 'tbs'],
                          capture_output=True).returncode == 0
