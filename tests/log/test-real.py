#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`pawl log` on event logs of real machines, held against tpm2_eventlog where that reads them. The logs stand beside
the clone; without them this test is skipped."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import UUID

LOGS = Path(__file__).resolve().parents[3] / 'shared/eventlogs'
# A fragment whose event is shorter than the vendor data it announces; tpm2_eventlog reads on behind the event.
BROKEN = {'tpm2-tools-specid-vendordata.bin': 'byte 69'}
# What tpm2_eventlog 5.4 cannot read: it crashes, or takes the record for something else.
UNREAD_BY_OTHERS = {'go-attestation-option_rom.bin', 'go-attestation-short_no_action.bin'}


def pawl(*words):
    return subprocess.run([os.environ['PAWL'], 'log', *map(str, words)], capture_output=True, text=True, timeout=60)


def replay_of_others(path):
    r = subprocess.run(['tpm2_eventlog', path], capture_output=True, text=True, timeout=60)
    assert r.returncode == 0, (path, r.stderr)
    found, bank = {}, None
    for line in r.stdout.rpartition('\npcrs:\n')[2].splitlines():
        if value := re.fullmatch(r'\s+(\d+)\s*: 0x([0-9a-f]+)', line):
            found[bank][value[1]] = value[2]
        elif heading := re.fullmatch(r'\s+(sha\d+):', line):
            bank = heading[1]
            found[bank] = {}
    return {bank: pcrs for bank, pcrs in found.items() if pcrs}


def path_by_hand(path):
    """The parts of a device path that a second reader of few lines understands: partitions and files."""
    found = []
    while path[:1] and path[0] != 0x7f:
        kind, subtype, size = path[0], path[1], int.from_bytes(path[2:4], 'little')
        if (kind, subtype) == (4, 1) and path[41] == 2:
            found.append(f'HD({int.from_bytes(path[4:8], "little")},GPT,{UUID(bytes_le=path[24:40])},')
        elif (kind, subtype) == (4, 4):
            found.append(path[4:size].decode('utf-16-le').split('\0')[0])
        path = path[size:]
    return found


def check_words(path, events):
    """Our words hold what tpm2_eventlog's bytes do: for each boot order, boot entry and device path."""
    said = subprocess.run(['tpm2_eventlog', path], capture_output=True, text=True, timeout=60).stdout
    texts = [e['description'] for e in events]
    n = 0
    for m in re.finditer(r'UnicodeName: (Boot\w+)\n\s+VariableData: "([0-9a-f]*)"', said):
        data = bytes.fromhex(m[2])
        if m[1] == 'BootOrder':
            want = [', '.join(f'Boot{int.from_bytes(data[i:i + 2], "little"):04X}' for i in range(0, len(data), 2))]
        else:
            end = next(i for i in range(6, len(data), 2) if data[i:i + 2] == b'\0\0')
            want = [f"'{data[6:end].decode('utf-16-le')}'", *path_by_hand(data[end + 2:end + 2 + data[4] + 256 * data[5]])]
        assert any(t.startswith(f'variable {m[1]}: ') and all(w in t for w in want) for t in texts), (path.name, m[1], want)
        n += 1
    for m in re.finditer(r"ImageLengthInMemory: (\d+)\n.*\n.*\n\s+DevicePath: '([0-9a-f]*)'", said):
        want = [f'image of {m[1]} bytes'] if m[1] != '0' else ['image']
        want += path_by_hand(bytes.fromhex(m[2]))
        assert any(all(w in t for w in want) for t in texts), (path.name, want)
        n += 1
    assert not any('damaged' in t for t in texts), path.name
    return n


def check_good(path, folder):
    shown = pawl('show', '--json', f'--firmware-log={path}')
    assert shown.returncode == 0, (path.name, shown.stderr)
    said = json.loads(shown.stdout)
    assert said['events'] and all(e['description'] is not None and e['type'] for e in said['events'])
    offsets = [e['offset'] for e in said['events']]
    assert offsets == sorted(set(offsets))
    if path.name not in UNREAD_BY_OTHERS:
        assert {b: p for b, p in said['replay'].items() if p} == replay_of_others(path), path.name
    n = check_words(path, said['events'])
    if not any(said['replay'].values()):
        return n
    pcrs = folder / 'pcrs'
    pcrs.write_text(json.dumps(said['replay']))
    assert pawl('verify', f'--firmware-log={path}', f'--pcrs={pcrs}').returncode == 0, path.name
    bank, values = next((b, p) for b, p in said['replay'].items() if p)
    pcr = next(iter(values))
    said['replay'][bank][pcr] = '00' * (len(values[pcr]) // 2 - 1) + '01'
    pcrs.write_text(json.dumps(said['replay']))
    differs = pawl('verify', '--json', f'--firmware-log={path}', f'--pcrs={pcrs}')
    assert differs.returncode == 1, path.name
    assert [(p['bank'], str(p['pcr'])) for p in json.loads(differs.stdout)['pcrs'] if not p['agrees']] == [(bank, pcr)]
    return n


def main():
    if not LOGS.is_dir():
        print('skipped: ../shared/eventlogs is missing')
        return 77
    found = sorted(LOGS.glob('*.bin'))
    assert found
    n = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in found:
            if path.name in BROKEN:
                r = pawl('show', f'--firmware-log={path}')
                assert r.returncode == 2 and str(path) in r.stderr and BROKEN[path.name] in r.stderr, r.stderr
            else:
                n += check_good(path, Path(folder))
    assert n > 50
    print(f'{len(found)} logs, {n} boot entries and images as tpm2_eventlog has them')
    return 0


if __name__ == '__main__':
    sys.exit(main())
