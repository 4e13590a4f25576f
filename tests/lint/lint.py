#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rules of the house that a script can hold: one check a function, named on the command line.

Each prints what breaks the rule as FILE:LINE: REASON and exits 1 if there is anything."""
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CODE_ENDINGS = {'.c', '.h', '.py', '.sh', '.build', '.options'}
# Which layer may include which. A room not listed here may not exist.
LAYERS = {
    'core': {'core'},
    'efi-common': {'efi-common', 'core'},
    'efi-stub': {'efi-stub', 'efi-common', 'core'},
    'boot-loader': {'boot-loader', 'efi-common', 'core'},
    'userspace/host': {'userspace/host', 'core'},
    'userspace/tpm': {'userspace/tpm', 'userspace/host', 'core'},
    'userspace/log': {'userspace/log', 'userspace/host', 'core'},
    'userspace/seal': {'userspace/seal', 'userspace/tpm', 'userspace/log', 'userspace/host', 'core'},
    'userspace/token': {'userspace/token', 'userspace/host', 'core'},
    'userspace/luks': {'userspace/luks', 'userspace/seal', 'userspace/tpm', 'userspace/token', 'userspace/log',
                       'userspace/host', 'core'},
    'userspace/report': {'userspace/report', 'userspace/luks', 'userspace/log', 'userspace/host', 'core'},
    'userspace/cryptsetup-plugins': {'userspace/cryptsetup-plugins', 'userspace/luks', 'userspace/seal', 'userspace/tpm',
                                     'userspace/token', 'userspace/host', 'core'},
    'userspace/cred': {'userspace/cred', 'userspace/seal', 'userspace/tpm', 'userspace/log', 'userspace/host',
                       'core'},
    'userspace/uki': {'userspace/uki', 'userspace/host', 'core'},
    'userspace/boot': {'userspace/boot', 'userspace/uki', 'userspace/host', 'core'},
    'userspace/initrd': {'userspace/initrd', 'userspace/host', 'core'},
    'userspace/disk': {'userspace/disk', 'userspace/luks', 'userspace/host', 'core'},
    'userspace/reset': {'userspace/reset', 'userspace/host', 'core'},
    'userspace/init': {'*'},
    'userspace/pawl': {'*'},
    'tests': {'*'},
    'qemu-tests': {'*'},
}
FOREIGN_HEADERS = ('/usr/include/efi', '/usr/include/efi/x86_64', '/usr/include/p11-kit-1')
CORE_SYSTEM_HEADERS = {'stddef.h', 'stdint.h', 'stdbool.h', 'limits.h', 'stdalign.h'}
BANNED = re.compile(r'(?<![\w.>])(memcpy|memmove|memset|memcmp|strcpy|strncpy|strcat|strncat|sprintf|vsprintf|strtol|strtoul|'
                    r'strtoll|strtoull|atoi|atol|alloca|system|popen|gets|goto)\b(?=\s*[(\w])')
# Where a banned word has its one home.
BANNED_HOMES = {'core/span.c', 'efi-common/memory.c'}
OUR_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
SYSTEM_INCLUDE = re.compile(r'^\s*#\s*include\s+<([^>]+)>')


def tracked():
    out = subprocess.run(['git', '-C', TOP, 'ls-files', '-z'], capture_output=True, check=True).stdout
    return [Path(p.decode()) for p in out.split(b'\0') if p and (TOP / p.decode()).exists()]


def code_files(*endings):
    return [p for p in tracked() if p.suffix in endings]


def layer_of(path):
    parts = path.parts
    return '/'.join(parts[:2]) if parts[0] == 'userspace' and len(parts) > 2 else parts[0]


def strip_comments(text):
    """Comments and strings become blanks; line numbers stay."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text)


def check_spdx():
    for p in tracked():
        if p.suffix not in CODE_ENDINGS and p.name not in ('check', 'demo', 'run'):
            continue
        head = (TOP / p).read_text(errors='replace').split('\n')[:2]
        if not any('SPDX-License-Identifier: BSD-2-Clause' in line for line in head):
            yield f'{p}:1: no SPDX line'


def check_arrows():
    for p in code_files('.c', '.h'):
        layer = layer_of(p)
        allowed = LAYERS.get(layer)
        if allowed is None:
            yield f'{p}:1: the room {layer} is not in the table of layers'
            continue
        for n, line in enumerate((TOP / p).read_text().split('\n'), 1):
            m = OUR_INCLUDE.match(line)
            if m and '*' not in allowed:
                target = layer_of(Path(m.group(1)))
                if target not in allowed:
                    yield f'{p}:{n}: {layer} may not include {target}'
            m = SYSTEM_INCLUDE.match(line)
            if m and layer == 'core' and m.group(1) not in CORE_SYSTEM_HEADERS:
                yield f'{p}:{n}: core may not include <{m.group(1)}>'
            if m and m.group(1).startswith('tss2') and layer not in ('userspace/tpm', 'userspace/seal', 'tests'):
                yield f'{p}:{n}: tss2 headers belong to userspace/tpm'


def check_banned():
    for p in code_files('.c', '.h'):
        if str(p) in BANNED_HOMES or p.parts[0] == 'tests':
            continue
        for n, line in enumerate(strip_comments((TOP / p).read_text()).split('\n'), 1):
            m = BANNED.search(line)
            if m:
                yield f'{p}:{n}: {m.group(1)} is banned'


def check_keys():
    for p in tracked():
        data = (TOP / p).read_bytes()
        if re.search(rb'-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]', data):
            yield f'{p}:1: a private key in the tree'


def check_words():
    """Marks of unfinished work, and paths of the machine it was written on."""
    marks = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')
    paths = re.compile(r'(?<![\w.])/(work|root|home)/\w')
    for p in tracked():
        if p.parts[:2] == ('tests', 'corpus') or str(p) == 'tests/lint/lint.py':
            continue
        try:
            text = (TOP / p).read_text()
        except UnicodeDecodeError:
            continue
        for n, line in enumerate(text.split('\n'), 1):
            if marks.search(line):
                yield f'{p}:{n}: a mark of unfinished work'
            if paths.search(line):
                yield f'{p}:{n}: a path of one machine'


def check_format():
    files = [str(p) for p in code_files('.c', '.h')]
    r = subprocess.run(['clang-format', '--dry-run', '-Werror', *files], cwd=TOP, capture_output=True, text=True)
    for line in r.stderr.split('\n'):
        if 'error:' in line:
            yield line.replace(' [-Wclang-format-violations]', '')


def check_shell():
    """The scripts of other people's initrds, which run in POSIX shells of all kinds."""
    files = [str(p) for p in tracked() if p.parts[0] == 'initramfs' and p.suffix not in {'.build', '.md'}]
    r = subprocess.run(['shellcheck', '--format=gcc', *files], cwd=TOP, capture_output=True, text=True)
    yield from (r.stdout + r.stderr).splitlines()
    if not files:
        yield 'initramfs: no script was found'
    for p in files:
        if not any('SPDX-License-Identifier: BSD-2-Clause' in line for line in (TOP / p).read_text().split('\n')[:3]):
            yield f'{p}:1: no SPDX line'


def check_headers():
    """Every header compiles alone."""
    for p in code_files('.h'):
        std = 'c17' if p.parts[0] == 'core' else 'gnu17'
        r = subprocess.run(['gcc', f'-std={std}', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', f'-I{TOP}',
                            *(x for folder in FOREIGN_HEADERS for x in ('-isystem', folder)), '-x', 'c', '-'],
                           input=f'#include "{p}"\n', cwd=TOP, capture_output=True, text=True)
        if r.returncode != 0:
            yield f'{p}:1: does not compile alone: {r.stderr.strip().splitlines()[0]}'


def check_measured():
    """A measurement's result is never thrown away."""
    pattern = re.compile(r'\(void\)\s*[\w>.-]*(measure|extend)\w*\s*\(')
    for p in code_files('.c', '.h'):
        if p.parts[0] == 'tests':
            continue
        for n, line in enumerate(strip_comments((TOP / p).read_text()).split('\n'), 1):
            if pattern.search(line):
                yield f'{p}:{n}: the result of a measurement is thrown away'


def check_core_symbols(archive):
    """The freestanding archive needs nothing but itself and what compilers emit."""
    out = subprocess.run(['nm', '-A', '-u', archive], capture_output=True, text=True, check=True).stdout
    allowed = re.compile(r'mem(cpy|move|set|cmp)|pawl_\w+|__stack_chk_fail|__asan_\w+|__ubsan_\w+|_GLOBAL_OFFSET_TABLE_')
    for line in sorted({line.split()[-1] for line in out.splitlines() if line.strip()}):
        if not allowed.fullmatch(line):
            yield f'core: depends on {line}'


def main():
    name, args = sys.argv[1], sys.argv[2:]
    found = list(globals()['check_' + name.replace('-', '_')](*args))
    print('\n'.join(found) if found else f'{name}: nothing found')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
