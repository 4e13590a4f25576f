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


def check_good(path, folder):
    shown = pawl('show', '--json', f'--firmware-log={path}')
    assert shown.returncode == 0, (path.name, shown.stderr)
    said = json.loads(shown.stdout)
    assert said['events'] and all(e['description'] is not None and e['type'] for e in said['events'])
    offsets = [e['offset'] for e in said['events']]
    assert offsets == sorted(set(offsets))
    if path.name not in UNREAD_BY_OTHERS:
        assert {b: p for b, p in said['replay'].items() if p} == replay_of_others(path), path.name
    if not any(said['replay'].values()):
        return
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


def main():
    if not LOGS.is_dir():
        print('skipped: ../shared/eventlogs is missing')
        return 77
    found = sorted(LOGS.glob('*.bin'))
    assert found
    with tempfile.TemporaryDirectory() as folder:
        for path in found:
            if path.name in BROKEN:
                r = pawl('show', f'--firmware-log={path}')
                assert r.returncode == 2 and str(path) in r.stderr and BROKEN[path.name] in r.stderr, r.stderr
            else:
                check_good(path, Path(folder))
    print(f'{len(found)} logs')
    return 0


if __name__ == '__main__':
    sys.exit(main())
