#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every verb has a help that fits a screen, and a man page that names it and each of its options: man.py PAWL-PROGRAM."""
import re
import subprocess
import sys
from pathlib import Path

MAN = Path(__file__).resolve().parents[2] / 'docs/man'
SCREEN = 40  # lines


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def verbs(pawl):
    for line in run(pawl, '--help').splitlines():
        m = re.match(r'  ([a-z]+) +([a-z-]*) +\S', line)
        if m:
            yield m.group(1), m.group(2)


def problems(pawl):
    found = list(verbs(pawl))
    if not found:
        yield 'pawl --help lists no verbs'
    for noun, verb in found:
        page = MAN / f'pawl-{noun}.1.scd'
        text = page.read_text().replace('\\', '') if page.exists() else ''
        said = run(pawl, *([noun, verb] if verb else [noun]), '--help')
        if len(said.splitlines()) > SCREEN:
            yield f'pawl {noun} {verb}: --help is longer than {SCREEN} lines'
        if 'Example' not in said and 'example' not in said:
            yield f'pawl {noun} {verb}: --help has no example'
        if not text:
            yield f'docs/man/{page.name}: missing'
        elif verb and not re.search(rf'\b{verb}\b', text):
            yield f'docs/man/{page.name}: does not name the verb {verb}'
        for option in sorted(set(re.findall(r'--[a-z0-9-]+', said)) - {'--help'}):
            if text and option not in text:
                yield f'docs/man/{page.name}: does not name {option} of {verb or noun}'
    for page in MAN.glob('*.scd'):
        r = subprocess.run(['scdoc'], stdin=open(page), capture_output=True, text=True)
        if r.returncode != 0:
            yield f'docs/man/{page.name}: {r.stderr.strip()}'


if __name__ == '__main__':
    rows = list(problems(sys.argv[1]))
    print('\n'.join(rows) if rows else 'man: nothing found')
    sys.exit(1 if rows else 0)
