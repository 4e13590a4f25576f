#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `pawl log` says and how it exits: hostile text, damaged and missing files, wrong usage, both logs together."""
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

EV_IPL = 13


def pawl(*words):
    r = subprocess.run([os.environ['PAWL'], 'log', *map(str, words)], capture_output=True, timeout=60)
    return r.returncode, r.stdout, r.stderr.decode()


def record(pcr, kind, measured, data):
    """TCG_PCClientPCREvent."""
    return struct.pack('<II20sI', pcr, kind, hashlib.sha1(measured).digest(), len(data)) + data


def user_record(pcr, word):
    return b'\x1e' + json.dumps({
        'pcr': pcr, 'digests': [{'hashAlg': 'sha1', 'digest': hashlib.sha1(word.encode()).hexdigest()}],
        'content_type': 'systemd', 'content': {'string': word, 'eventType': 'phase'}}).encode() + b'\n'


def extended(*measured):
    value = bytes(20)
    for m in measured:
        value = hashlib.sha1(value + hashlib.sha1(m).digest()).digest()
    return value.hex()


def test_no_escape_reaches_the_terminal(folder):
    evil = '\x1b]0;title\x07\x1b[31m\x9b1m red\r\n'
    log, user = folder / 'log', folder / 'user'
    log.write_bytes(b''.join([
        record(8, EV_IPL, b'x', evil.encode('utf-16-le')), record(8, EV_IPL, b'x', evil.encode('latin-1')),
        record(5, 6, b'x', struct.pack('<II', 0xf5bc582a, 2 * len(evil)) + evil.encode('utf-16-le')),
        record(7, 0x80000001, b'x', bytes(16) + struct.pack('<QQ', len(evil), 0) + evil.encode('utf-16-le')),
        record(0, 0x8000000a, b'x', bytes([len(evil)]) + evil.encode('latin-1') + bytes(16))]))
    user.write_bytes(user_record(11, evil))
    for options in ([], ['--json']):
        status, out, err = pawl('show', f'--firmware-log={log}', f'--user-log={user}', *options)
        assert status == 0, err
        text = out.decode()
        assert not any(ord(c) < 32 and c != '\n' or 0x7f <= ord(c) < 0xa0 for c in text), repr(text)


def test_both_logs(folder):
    log, user, pcrs = folder / 'log', folder / 'user', folder / 'pcrs'
    log.write_bytes(record(11, EV_IPL, b'.linux\0', '.linux\0'.encode('utf-16-le')))
    user.write_bytes(user_record(11, 'enter-initrd') + b'\x1e{"pcr":11')
    status, out, err = pawl('show', '--json', f'--firmware-log={log}', f'--user-log={user}')
    said = json.loads(out)
    assert status == 0 and 'without an end' in err
    assert said['replay'] == {'sha1': {'11': extended(b'.linux\0', b'enter-initrd')}}
    assert [e['description'] for e in said['events']] == ['name of section .linux', 'enter-initrd']
    for value, want in ((extended(b'.linux\0', b'enter-initrd'), 0), (extended(b'.linux\0'), 1)):
        for text in (json.dumps({'sha1': {'11': value}}), f'  sha1:\n    11: 0x{value.upper()}\n'):
            pcrs.write_text(text)
            assert pawl('verify', f'--firmware-log={log}', f'--user-log={user}', f'--pcrs={pcrs}')[0] == want
    assert pawl('verify', f'--firmware-log={log}', f'--pcrs={pcrs}')[0] == 0
    pcrs.write_text(json.dumps({'sha256': {'11': '00' * 32}}))
    assert pawl('verify', f'--firmware-log={log}', f'--pcrs={pcrs}')[0] == 2


def test_bad_files(folder):
    log, pcrs = folder / 'log', folder / 'pcrs'
    whole = record(4, EV_IPL, b'a', b'text') + record(4, EV_IPL, b'b', b'text')
    pcrs.write_text(json.dumps({'sha1': {'4': extended(b'a', b'b')}}))
    log.write_bytes(whole)
    assert pawl('verify', f'--firmware-log={log}', f'--pcrs={pcrs}')[0] == 0
    for damaged, where in ((whole[:-1], 'byte 36'), (whole + b'x', 'byte 72'), (b'', 'byte 0'), (b'\x07' * 99, 'byte 0')):
        log.write_bytes(damaged)
        for verb in (['show'], ['verify', f'--pcrs={pcrs}']):
            status, out, err = pawl(*verb, f'--firmware-log={log}')
            assert (status, out) == (2, b'') and str(log) in err and where in err, (status, out, err)
    log.write_bytes(whole)
    for text in ('', 'garbage', '{"sha1": 1}', 'sha1:\n  4 : 0x00\n'):
        pcrs.write_text(text)
        status, out, err = pawl('verify', f'--firmware-log={log}', f'--pcrs={pcrs}')
        assert (status, out) == (2, b'') and str(pcrs) in err, (text, err)
    pcrs.write_text(json.dumps({'sha1': {'4': extended(b'a', b'b')}}))
    (folder / 'uki').write_bytes(b'MZ not a PE file')
    status, _, err = pawl('verify', f'--firmware-log={log}', f'--pcrs={pcrs}', f'--uki={folder / "uki"}')
    assert status == 2 and str(folder / 'uki') in err, err
    status, _, err = pawl('show', f'--firmware-log={folder / "none"}')
    assert status == 2 and 'none' in err, err
    with open(log, 'wb') as f:
        f.truncate((16 << 20) + 1)
    assert pawl('show', f'--firmware-log={log}')[0] == 2


def test_usage(folder):
    assert pawl('show', 'word')[0] == 64
    assert pawl('verify', '--no-such-option')[0] == 64


if __name__ == '__main__':
    for name, test in list(globals().items()):
        if name.startswith('test_'):
            with tempfile.TemporaryDirectory() as scratch:
                test(Path(scratch))
            print('ok', name)
    sys.exit(0)
