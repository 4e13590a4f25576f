# SPDX-License-Identifier: BSD-2-Clause
"""A machine as the host can play it: swtpm with the PCRs of a boot, the firmware's log of it, EFI variables, an image's
signatures, and `pawl` as a command."""
import base64
import hashlib
import json
import os
import struct
import subprocess
import uuid
from pathlib import Path

from tpmtest import Tpm

PAWL = os.environ.get('PAWL_TPM_DRIVER', '')
TOP = Path(__file__).resolve().parents[2]
ALGS = {'sha1': (0x0004, 20), 'sha256': (0x000b, 32), 'sha384': (0x000c, 48), 'sha512': (0x000d, 64)}
GLOBAL = uuid.UUID('8be4df61-93ca-11d2-aa0d-00e098032b8c')
DATABASE = uuid.UUID('d719b2cb-3d3a-4596-a3bc-dad00e67656f')
EV_NO_ACTION, EV_SEPARATOR, EV_IPL = 3, 4, 13
EV_VARIABLE, EV_BOOT_APPLICATION, EV_AUTHORITY = 0x80000001, 0x80000003, 0x800000e0


def run(*command, env=None, stdin=None, timeout=120):
    return subprocess.run([str(c) for c in command], input=stdin, capture_output=True, text=True, timeout=timeout, check=False,
                          env={**os.environ, 'TSS2_LOG': 'all+none', 'LC_ALL': 'C', **(env or {})})


def le(n, size):
    return n.to_bytes(size, 'little')


def variable(name, data, guid=GLOBAL):
    """UEFI_VARIABLE_DATA"""
    return guid.bytes_le + le(len(name), 8) + le(len(data), 8) + name.encode('utf-16-le') + data


class Log:
    """A crypto-agile firmware log, PFP 1.05 section 10.4.5, and what a TPM is extended with by it."""

    def __init__(self):
        spec = b'Spec ID Event03\0' + le(0, 4) + bytes([0, 2, 0, 2]) + le(len(ALGS), 4)
        spec += b''.join(le(i, 2) + le(size, 2) for i, size in ALGS.values()) + b'\0'
        self.bytes = le(0, 4) + le(EV_NO_ACTION, 4) + bytes(20) + le(len(spec), 4) + spec
        self.events = []
        self.replaced = {}

    def add(self, pcr, kind, data, measured=None):
        data = self.replaced.get(data, data)
        if data is None:
            return
        measured = data if measured is None else measured
        self.bytes += le(pcr, 4) + le(kind, 4) + le(len(ALGS), 4)
        for name, (number, _) in ALGS.items():
            self.bytes += le(number, 2) + hashlib.new(name, measured).digest()
        self.bytes += le(len(data), 4) + data
        self.events.append((pcr, measured))


def replay(events, pcr, start=bytes(32)):
    for _, data in (e for e in events if e[0] == pcr):
        start = hashlib.sha256(start + hashlib.sha256(data).digest()).digest()
    return start


class Machine:
    """`secure_boot`, `authorities`, … say how it was booted; the initrd has measured its phase."""

    def __init__(self, folder, secure_boot=True, setup_mode=False, authorities=(b'our certificate',), phase='enter-initrd',
                 reference='initrd', cmdline=None, fill=True, lie_in=None, signed=()):
        self.folder = Path(folder)
        self.tpm = Tpm()
        self.log = Log()
        if fill:
            self._boot(secure_boot, authorities, cmdline)
        self._signatures((('enter-initrd', reference), *signed))
        for pcr, data in self.log.events:
            if pcr != lie_in:
                self.tpm.extend(pcr, data)
        self._phase(phase)
        (self.folder / 'firmware.log').write_bytes(self.log.bytes)
        efi = self.folder / 'efivars'
        efi.mkdir()
        (efi / f'SecureBoot-{GLOBAL}').write_bytes(le(6, 4) + bytes([secure_boot]))
        (efi / f'SetupMode-{GLOBAL}').write_bytes(le(6, 4) + bytes([setup_mode]))

    def _boot(self, secure_boot, authorities, cmdline):
        log = self.log
        log.add(0, 8, b'firmware\0')
        log.add(7, EV_VARIABLE, variable('SecureBoot', bytes([secure_boot])))
        for name in ('PK', 'KEK'):
            log.add(7, EV_VARIABLE, variable(name, b'a key'))
        for name in ('db', 'dbx'):
            log.add(7, EV_VARIABLE, variable(name, b'a list', DATABASE))
        for pcr in range(8):
            log.add(pcr, EV_SEPARATOR, bytes(4))
        for a in authorities if secure_boot else ():
            log.add(7, EV_AUTHORITY, variable('db', a, DATABASE))
        log.add(4, EV_BOOT_APPLICATION, b'loader', b'authenticode of the loader')
        log.add(4, EV_BOOT_APPLICATION, b'uki', b'authenticode of the image')
        for name in ('.linux', '.osrel', '.cmdline', '.initrd'):
            log.add(11, EV_IPL, name.encode('utf-16-le') + b'\0\0', name.encode() + b'\0')
            log.add(11, EV_IPL, name.encode('utf-16-le') + b'\0\0', b'content of ' + name.encode())
        if cmdline:
            log.add(12, EV_IPL, cmdline.encode('utf-16-le'))

    def _signatures(self, paths):
        """What the image carries: its key, and PCR 11 after each path of phases, signed under a reference."""
        self._key = self.folder / 'key.pem'
        run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', self._key)
        self.public_key = self.folder / 'tpm2-pcr-public-key.pem'
        run('openssl', 'pkey', '-in', self._key, '-pubout', '-out', self.public_key)
        pkcs1 = subprocess.run(['openssl', 'rsa', '-in', self._key, '-RSAPublicKey_out', '-outform', 'DER'], capture_output=True,
                               check=True).stdout
        rows = [self._sign(path, reference, hashlib.sha256(pkcs1).hexdigest()) for path, reference in paths]
        self.signature = self.folder / 'tpm2-pcr-signature.json'
        self.signature.write_text(json.dumps({'sha256': rows}))

    def _sign(self, path, reference, fingerprint):
        value = replay([(11, word.encode()) for word in path.split(':')], 11, replay(self.log.events, 11))
        selection = bytes.fromhex('00000001' '000b' '03' '000800')
        pol = hashlib.sha256(bytes(32) + bytes.fromhex('0000017f') + selection + hashlib.sha256(value).digest()).digest()
        nonce = hashlib.sha256(reference.encode()).digest() if reference else b''
        sig = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', self._key], input=pol + nonce, capture_output=True,
                             check=True).stdout
        row = {'pcrs': [11], 'pkfp': fingerprint, 'pol': pol.hex(), 'sig': base64.b64encode(sig).decode()}
        return {**row, 'ref': reference} if reference else row

    def _phase(self, *words):
        """Extends PCR 11 and writes the user log, as pawl-init does."""
        self.user_log = self.folder / 'user.log'
        for word in words:
            self._record(11, 'phase', word, word.encode())

    def _record(self, pcr, kind, text, measured):
        self.tpm.extend(pcr, measured)
        digests = [{'hashAlg': a, 'digest': hashlib.new(a, measured).hexdigest()} for a in ALGS]
        with self.user_log.open('a') as f:
            f.write('\x1e' + json.dumps({'pcr': pcr, 'digests': digests, 'content_type': 'systemd',
                                         'content': {'string': text, 'bootId': '0' * 32, 'timestamp': 1,
                                                     'eventType': kind}}) + '\n')

    def measure_volume(self, key=b'the key of the state volume'):
        self._record(15, 'volume-key', 'cryptsetup:state', key)

    def boot_again(self, replaced=None, more=(), secure_boot=True, authorities=(b'our certificate',), cmdline=None,
                   phase='enter-initrd'):
        """The same TPM, another boot. `replaced`: event data to other data, or to None for an event that is gone; `more`: (pcr,
        type, data, measured) after all others. The image and its signatures are the same."""
        self.tpm.reboot()
        self.log = Log()
        self.log.replaced = replaced or {}
        self._boot(secure_boot, authorities, cmdline)
        self.log.replaced = {}
        for event in more:
            self.log.add(*event)
        for pcr, data in self.log.events:
            self.tpm.extend(pcr, data)
        self.user_log.unlink(missing_ok=True)
        self._phase(phase)
        (self.folder / 'firmware.log').write_bytes(self.log.bytes)

    def explain(self, image, *args, **more):
        return self.pawl('disk', 'explain', f'--firmware-log={self.folder}/firmware.log', f'--user-log={self.user_log}',
                         f'--tpm2-signature={self.signature}', *args, image, **more)

    def next_phase(self, word):
        self._phase(word)

    def pawl(self, *args, stdin=None, env=None):
        return run(PAWL, *args, stdin=stdin, env={
            'PAWL_TPM': self.tpm.spec, 'PAWL_TPM_LOCK': str(self.folder / 'lock'), 'PAWL_EFIVARS': str(self.folder / 'efivars'),
            'PAWL_POLICIES': str(TOP / 'pcr-policies'), 'PAWL_STATE': str(self.folder / 'state'), **(env or {})})

    def enroll(self, image, *args, **more):
        return self.pawl('disk', 'enroll', '--tpm2', f'--firmware-log={self.folder}/firmware.log', f'--user-log={self.user_log}',
                         f'--tpm2-public-key={self.public_key}', f'--tpm2-signature={self.signature}',
                         f'--unlock-key-file={self.folder}/key', *args, image, **more)

    def test(self, image, *args, **more):
        return self.pawl('disk', 'test', f'--tpm2-signature={self.signature}', *args, image, **more)

    def close(self):
        self.tpm.close()


def records(log):
    """The records of a crypto-agile log, with the header event as the first."""
    at = 32 + struct.unpack_from('<I', log, 28)[0]
    found = [log[:at]]
    while at < len(log):
        start, n = at, struct.unpack_from('<I', log, at + 8)[0]
        at += 12
        for _ in range(n):
            at += 2 + {4: 20, 11: 32, 12: 48, 13: 64}[struct.unpack_from('<H', log, at)[0]]
        at += 4 + struct.unpack_from('<I', log, at)[0]
        found.append(log[start:at])
    return found


def with_other_digest(record):
    out = bytearray(record)
    for at in range(14, 14 + 20):
        out[at] ^= 1
    for at in range(14 + 20 + 2, 14 + 20 + 2 + 32):
        out[at] ^= 1
    return bytes(out)


def forgeries(log):
    """(what, log) for every event of a firmware log in turn: another digest, dropped, twice, in the place of the next of its PCR."""
    good = records(log)
    assert len(good) > 20
    for i in range(1, len(good)):
        forged = {'edited': good[:i] + [with_other_digest(good[i])] + good[i + 1:], 'dropped': good[:i] + good[i + 1:],
                  'twice': good[:i + 1] + good[i:]}
        k = next((k for k in range(i + 1, len(good)) if good[k][:4] == good[i][:4] and good[k] != good[i]), None)
        if k:
            forged['in another order'] = good[:i] + [good[k]] + good[i + 1:k] + [good[i]] + good[k + 1:]
        for how, parts in forged.items():
            yield (i, how), b''.join(parts)
