#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adds up what test runners reported: meson's testlog.json files and pytest's JUnit files.

Usage: results.py STEP-FAILURES FILE…; prints each failed and skipped test, then "N passed, N failed[, N skipped]".
STEP-FAILURES counts steps (a build, say) that failed outside a test runner. Exits 1 if anything failed or nothing ran."""
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def from_meson(path):
    suite = Path(path).parent.parent.name
    for line in Path(path).read_text().splitlines():
        row = json.loads(line)
        result = {'OK': 'passed', 'EXPECTEDFAIL': 'passed', 'SKIP': 'skipped'}.get(row['result'], 'failed')
        reason = row['result'].lower()
        if result == 'skipped':
            reason = (row.get('stdout') or '').strip().splitlines()[-1:] or ['no reason given']
            reason = reason[0]
        yield f"{suite}: {row['name']}", result, reason


def from_junit(path):
    for case in ET.parse(path).getroot().iter('testcase'):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find('skipped') is not None:
            yield name, 'skipped', case.find('skipped').get('message') or 'no reason given'
        elif case.find('failure') is not None or case.find('error') is not None:
            node = case.find('failure') if case.find('failure') is not None else case.find('error')
            yield name, 'failed', (node.get('message') or '').splitlines()[0][:200] if node.get('message') else ''
        else:
            yield name, 'passed', ''


def main():
    counts = {'passed': 0, 'failed': int(sys.argv[1]), 'skipped': 0}
    for path in sys.argv[2:]:
        for name, result, reason in (from_junit if path.endswith('.xml') else from_meson)(path):
            counts[result] += 1
            if result != 'passed':
                print(f'{result}: {name}: {reason}')
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    print(line + (f", {counts['skipped']} skipped" if counts['skipped'] else ''))
    return 0 if counts['failed'] == 0 and counts['passed'] > 0 else 1


if __name__ == '__main__':
    sys.exit(main())
