# SPDX-License-Identifier: BSD-2-Clause
"""`pawl log verify` against the PCRs of a TPM."""
import hashlib
import json
import os
import struct
import subprocess

EV_IPL = 13
BANKS = {'sha1': 0x0004, 'sha256': 0x000b, 'sha384': 0x000c, 'sha512': 0x000d}


def head():
    """The Spec ID event for all banks."""
    sizes = b''.join(struct.pack('<HH', i, hashlib.new(b).digest_size) for b, i in BANKS.items())
    data = b'Spec ID Event03\0' + bytes(4) + b'\0\2\0\2' + struct.pack('<I', len(BANKS)) + sizes + b'\0'
    return struct.pack('<II20sI', 0, 3, bytes(20), len(data)) + data


def event(pcr, text):
    digests = b''.join(struct.pack('<H', i) + hashlib.new(b, text).digest() for b, i in BANKS.items())
    return struct.pack('<III', pcr, EV_IPL, len(BANKS)) + digests + struct.pack('<I', len(text)) + text


def verify(tpm):
    log, user = tpm.folder / 'firmware.log', tpm.folder / 'user.log'
    r = subprocess.run([os.environ['PAWL'], 'log', 'verify', '--json', f'--tpm={tpm.spec}', f'--firmware-log={log}',
                        f'--user-log={user}'], capture_output=True, text=True, timeout=60,
                       env={**os.environ, 'PAWL_TPM_LOCK': str(tpm.folder / 'lock')})
    return r.returncode, json.loads(r.stdout)


def test_every_bank_of_the_tpm(tpm):
    (tpm.folder / 'firmware.log').write_bytes(head() + event(7, b'a') + event(11, b'b') + event(7, b'c'))
    user = tpm.folder / 'user.log'
    user.write_text('')
    for pcr, text in ((7, b'a'), (11, b'b'), (7, b'c')):
        tpm.extend(pcr, text)
    status, said = verify(tpm)
    assert (status, said['result']) == (0, 'agree')
    assert {p['bank'] for p in said['pcrs']} == set(BANKS)
    # userspace extends, and only its log explains it
    tpm.extend(11, b'enter-initrd')
    status, said = verify(tpm)
    assert status == 1 and {p['pcr'] for p in said['pcrs'] if not p['agrees']} == {11}
    digests = [{'hashAlg': b, 'digest': hashlib.new(b, b'enter-initrd').hexdigest()} for b in BANKS]
    user.write_text('\x1e' + json.dumps({'pcr': 11, 'digests': digests, 'content': {'string': 'enter-initrd'}}) + '\n')
    assert verify(tpm)[0] == 0
    # what somebody extended without writing it down
    tpm.extend(7, b'x')
    status, said = verify(tpm)
    assert status == 1 and {p['pcr'] for p in said['pcrs'] if not p['agrees']} == {7}
