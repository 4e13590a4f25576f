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

spec = importlib.util.spec_from_file_location('described', HERE / 'test-describe.py')
described = importlib.util.module_from_spec(spec)
spec.loader.exec_module(described)

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
    assert rows[0]['what'] == 'dbx grew from 267 to 371 hashes: 104 new, 0 gone'
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


def test_lists_say_what_changed_in_them(folder):
    def what(kind, before, after, pcr=5):
        rows = diff(folder, [measured(pcr, kind, before)], [measured(pcr, kind, after)])[1]
        assert len(rows) == 1 and rows[0]['change'] == 'changed', rows
        return rows[0].get('what')

    def order(*numbers):
        return described.variable(described.GLOBAL, 'BootOrder', struct.pack(f'<{len(numbers)}H', *numbers))

    def part(name, n=1, kind=described.ROOT, first=2048, last=4095):
        return described.partition(kind, name, first, last, UUID(int=n))
    gpt, boot, table = 0x80000006, 0x80000002, described.table
    a, b, c = part('a'), part('b', 2), part('data', 3)
    for kind in (gpt, 0x8000000d):
        assert what(kind, table(a, b), table(a, b, c)) == "partition 3 'data' (Linux root, x86-64, 1024 KiB) is new"
    assert what(gpt, table(a, b), table(b)) == "partition 1 'a' (Linux root, x86-64, 1024 KiB) is gone"
    assert what(gpt, table(a), table(part('a', last=6143))) == "partition 1 'a' (Linux root, x86-64, 2048 KiB) grew from 1024 KiB"
    assert what(gpt, table(a), table(part('z'))) == "partition 1 'z' (Linux root, x86-64, 1024 KiB) was named 'a'"
    assert what(gpt, table(a), table(part('a', kind=described.ESP))) == "partition 1 'a' (ESP, 1024 KiB) had another type"
    assert what(gpt, table(a), table(part('a', first=4096, last=6143))).endswith(' begins elsewhere')
    assert what(gpt, table(a, b), table(b, a)) == 'the same partitions, in another order or place of the table'
    other = table(a).replace(described.DISK.bytes_le, bytes(16))
    assert what(gpt, table(a), other) == f'another disk, {UUID(int=0)}'
    assert what(gpt, table(a), table(a)[:-1]) is None
    assert what(boot, order(1, 2, 3), order(3, 1, 2)) == 'Boot0003 now before Boot0001'
    assert what(boot, order(1, 2), order(5, 1, 2)) == 'Boot0005 is new (first)'
    assert what(boot, order(1, 2), order(1, 2, 5)) == 'Boot0005 is new'
    assert what(boot, order(1, 2, 3), order(2)) == 'Boot0001 is gone (first), Boot0003 is gone'
    assert what(boot, order(1, 2, 3), order(0xA, 3, 2)) == 'Boot0001 is gone (first), Boot000A is new (first), Boot0003 now before Boot0002'
    assert what(boot, order(1), order(1) + b'x') is None
    for before, after, want in ((hashes(9), hashes(4), 'db shrank from 9 to 4 hashes: 0 new, 5 gone'),
                                (hashes(1), hashes(1, 5), 'db: 1 new, 1 gone'), (b'', hashes(1), 'db grew from 0 to 1 hash: 1 new, 0 gone'),
                                (hashes(1) + hashes(1, 2), hashes(1, 2) + hashes(1), 'db: the same entries, in another order or of other owners'),
                                (b'', bytes(16) + hashes(2)[16:], 'db; of other kinds: 2 new, 0 gone'), (b'', hashes(1)[:-1], None)):
        assert what(EV_VARIABLE, variable('db', before), variable('db', after), 7) == want, want


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
    out = pawl('diff', '--pcrs=7', '--json', SHARED / 'go-attestation-crypto_agile.bin', SHARED / 'tpm2-tools-event-arch-linux.bin')[1]
    what = [r.get('what', '') for r in json.loads(out)]
    assert any("certificate 'CISD FW Update - Certificate' is gone; certificate 'Joe Richey (DB)' is new" in t for t in what), what
    return None


if __name__ == '__main__':
    for name, test in [(n, t) for n, t in list(globals().items()) if n.startswith('test_')]:
        with tempfile.TemporaryDirectory() as where:
            reason = test(Path(where))
        print('ok' if not reason else f'skipped, {reason}', name)
    sys.exit(0)
