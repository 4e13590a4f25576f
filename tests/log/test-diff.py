#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`pawl log diff`, and the lists of keys and hashes in words: built by hand, and of real machines."""
import hashlib
import importlib.util
import json
import struct
import sys
import tempfile
from pathlib import Path
from uuid import UUID

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location('verbs', HERE / 'test-verbs.py')
verbs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verbs)
pawl, record = verbs.pawl, verbs.record

SHARED = HERE.parents[2] / 'shared' / 'eventlogs'
SHA256 = UUID('c1c41626-504c-4092-aca9-41f936934328')
IMAGE_SECURITY = UUID('d719b2cb-3d3a-4596-a3bc-dad00e67656f')
EV_VARIABLE, EV_IPL, EV_SEPARATOR = 0x80000001, 13, 4


def hashes(n, start=0):
    """An EFI_SIGNATURE_LIST of n SHA-256 hashes."""
    entries = b''.join(bytes(16) + hashlib.sha256(bytes([(start + i) % 256, (start + i) // 256])).digest() for i in range(n))
    return SHA256.bytes_le + struct.pack('<III', 28 + len(entries), 0, 48) + entries


def variable(name, data):
    return IMAGE_SECURITY.bytes_le + struct.pack('<QQ', len(name), len(data)) + name.encode('utf-16-le') + data


def measured(pcr, kind, data):
    return record(pcr, kind, data, data)


def diff(folder, before, after, *options):
    (folder / 'a').write_bytes(b''.join(before))
    (folder / 'b').write_bytes(b''.join(after))
    status, out, err = pawl('diff', '--json', *options, folder / 'a', folder / 'b')
    return status, json.loads(out) if out else None, err


BASE = [measured(7, EV_VARIABLE, variable('db', hashes(2))), measured(7, EV_VARIABLE, variable('dbx', hashes(267))),
        measured(7, EV_SEPARATOR, bytes(4)), measured(12, EV_IPL, b'one'), measured(4, EV_IPL, b'loader')]


def test_nothing_differs(folder):
    assert diff(folder, BASE, BASE) == (0, [], '')


def test_dbx_grew(folder):
    after = [*BASE]
    after[1] = measured(7, EV_VARIABLE, variable('dbx', hashes(371)))
    status, rows, _ = diff(folder, BASE, after)
    assert status == 1 and len(rows) == 1 and rows[0]['pcr'] == 7 and rows[0]['change'] == 'changed'
    assert '267 hashes' in rows[0]['before'] and '371 hashes' in rows[0]['after'] and 'variable dbx' in rows[0]['after']
    assert diff(folder, BASE, after, '--pcrs=12')[:2] == (0, [])


def test_new_gone_and_moved(folder):
    new = measured(12, EV_IPL, b'two')
    assert diff(folder, BASE, [*BASE, new])[1] == [{'pcr': 12, 'change': 'new', 'type': 'EV_IPL', 'after': 'two'}]
    assert diff(folder, [*BASE, new], BASE)[1] == [{'pcr': 12, 'change': 'gone', 'type': 'EV_IPL', 'before': 'two'}]
    # one in front of others that stay: these are no changes
    many = [measured(8, EV_IPL, str(i).encode()) for i in range(50)]
    rows = diff(folder, many, [*many[:20], new.replace(b'\x0c', b'\x08', 1), *many[20:]])[1]
    assert [r['change'] for r in rows] == ['new']
    # another order in one PCR is seen
    assert len(diff(folder, many, [many[1], many[0], *many[2:]])[1]) == 2
    # between PCRs there is no order
    assert diff(folder, BASE, BASE[::-1], '--pcrs=4+12')[0] == 0


def test_every_event_is_missed(folder):
    for i in range(len(BASE)):
        status, rows, _ = diff(folder, BASE, BASE[:i] + BASE[i + 1:])
        assert status == 1 and [r['change'] for r in rows] == ['gone']


def test_damaged_lists_are_said(folder):
    whole = hashes(3)
    for data, said in ((whole[:-1], 'damaged'), (whole[:20], 'damaged'), (b'', 'empty'), (whole + whole, '6 hashes'),
                       (SHA256.bytes_le + struct.pack('<III', 0, 0, 48), 'damaged'),
                       (SHA256.bytes_le + struct.pack('<III', 28, 0, 0), 'damaged'),
                       (SHA256.bytes_le + struct.pack('<III', 0xffffffff, 0xffffffff, 48), 'damaged'),
                       (bytes(16) + whole[16:], '3 entries of other kinds')):
        (folder / 'a').write_bytes(measured(7, EV_VARIABLE, variable('dbx', data)))
        status, out, err = pawl('show', f'--firmware-log={folder}/a')
        assert status == 0 and said in out.decode(), (said, out)


def test_what_cannot_be_compared(folder):
    (folder / 'a').write_bytes(b'garbage')
    (folder / 'b').write_bytes(BASE[0])
    for words in ((folder / 'a', folder / 'b'), (folder / 'b', folder / 'missing')):
        status, out, err = pawl('diff', *words)
        assert status == 2 and out == b'' and err.startswith('pawl: '), err
    assert pawl('diff')[0] == 64 and pawl('diff', '--pcrs=99', folder / 'b', folder / 'b')[0] == 64


def test_many_events(folder):
    """Ten thousand in one PCR that have nothing in common: told, in time."""
    before = [measured(8, EV_IPL, f'a{i}'.encode()) for i in range(10000)]
    after = [measured(8, EV_IPL, f'b{i}'.encode()) for i in range(10000)]
    status, rows, _ = diff(folder, before, after)
    assert status == 1 and len(rows) == 10000


def test_real_logs(folder):
    """Each equals itself; the certificates of a real machine are named."""
    if not SHARED.exists():
        return 'no event logs beside the tree (../shared/eventlogs)'
    texts = b''
    for log in sorted(SHARED.glob('*.bin')):
        status, out, err = pawl('diff', log, log)
        assert (status, out) == (0, b'') or (status == 2 and 'byte ' in err), log
        texts += pawl('show', f'--firmware-log={log}')[1]
    assert b'Microsoft Windows Production PCA 2011' in texts or b'Microsoft Corporation UEFI CA 2011' in texts
    assert b"BootOrder" in texts and b' hashes' in texts
    return None


if __name__ == '__main__':
    for name, test in [(n, t) for n, t in list(globals().items()) if n.startswith('test_')]:
        with tempfile.TemporaryDirectory() as where:
            reason = test(Path(where))
        print('ok' if not reason else f'skipped, {reason}', name)
    sys.exit(0)
