#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The scripts for initramfs-tools, mkinitfs and dracut: whatever goes wrong in one, leave-initrd is measured at its end. They run in
a folder of their own, their absolute paths moved there, in dash and in busybox, with recorders for the programs that they call."""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2] / 'initramfs'
SHELLS = (['dash'], ['busybox', 'sh'])
UUID, DIGEST = '01234567-89ab-cdef-0123-456789abcdef', 'ab' * 32
LINE = f'root {UUID} {DIGEST} signed-os\n'
OPENED = f'disk open --demand=signed-os --volume-key-digest={DIGEST} '
PATHS = re.compile(r'(?<![\w.$}"/-])/(lib/pawl|run/pawl|etc/pawl|\.extra|dev/tpm0|dev/disk|dev/vda2|proc/cmdline|scripts/functions|sys)')
LOCAL_TOP, OPEN = 'initramfs-tools/scripts/local-top/pawl', 'mkinitfs/pawl-open'


class Root:
    """An initrd, as far as a script sees it."""

    def __init__(self, volumes=LINE, is_measured=True, cmdline='root=/dev/mapper/root quiet', status=0):
        self.top = Path(tempfile.mkdtemp())
        for name in ('lib/pawl', 'run/pawl', 'etc/pawl', '.extra', 'dev/disk/by-uuid', 'proc', 'scripts', 'bin', 'sys/firmware'):
            (self.top / name).mkdir(parents=True)
        self.put('lib/pawl/functions', self.moved(TOP / 'initramfs-tools/functions'))
        self.put('dev/tpm0', '')
        self.put(f'dev/disk/by-uuid/{UUID}', '')
        self.put('proc/cmdline', cmdline + '\n')
        self.put('scripts/functions', 'wait_for_udev() { return 1; }\n')
        if volumes is not None:
            self.put('etc/pawl/initramfs-volumes', volumes)
        if is_measured:
            self.put('.extra/tpm2-pcr-public-key.pem', 'a key')
        for name, says in (('pawl', f'exit {status}'), ('findfs', 'echo /dev/vda2'), ('mount', 'exit 1'), ('modprobe', 'exit 1'), ('sleep', '')):
            record = f'echo "$*" >>{self.top}/calls\n' if name == 'pawl' else ''
            self.put(f'bin/{name}', f'#!/bin/sh\n{record}{says}\n').chmod(0o755)

    def put(self, name, text):
        (self.top / name).write_text(text)
        return self.top / name

    def moved(self, path):
        return PATHS.sub(lambda m: f'{self.top}/{m.group(1)}', path.read_text().replace('"/dev/disk', f'"{self.top}/dev/disk'))

    def run(self, script, shell):
        self.put('script', self.moved(TOP / script))
        env = {'PATH': f'{self.top}/bin:/usr/bin:/bin', 'ROOT': '/dev/mapper/root'}
        r = subprocess.run([*shell, self.top / 'script'], env=env, capture_output=True, text=True, timeout=60, check=False)
        calls = self.top / 'calls'
        made = calls.read_text().splitlines() if calls.exists() else []
        return r, made

    def close(self):
        shutil.rmtree(self.top)


class Scripts(unittest.TestCase):
    def each(self, entered=True, **how):
        """Both scripts that open, in both shells: (script, what it called, what it said)."""
        for script in (LOCAL_TOP, OPEN):
            for shell in SHELLS:
                root = Root(**how)
                if script == LOCAL_TOP and entered:
                    root.put('run/pawl/entered', '')
                with self.subTest(script=script, shell=shell):
                    r, calls = root.run(script, shell)
                    yield script, calls, r.stderr
                root.close()

    def opens(self, calls):
        return [c for c in calls if c.startswith('disk open')]

    def test_opens_then_leaves(self):
        for script, calls, said in self.each():
            self.assertEqual(len(self.opens(calls)), 1, said)
            self.assertTrue(self.opens(calls)[0].startswith(OPENED), calls)
            self.assertEqual(calls[-1], 'phase --force leave-initrd')
            self.assertEqual(calls.count('phase --force leave-initrd'), 1)

    def test_comments_and_a_missing_end_of_line(self):
        for volumes in (f'# what opens\n\n{LINE}', LINE.rstrip('\n'), f'root {UUID} {DIGEST}\n'):
            for script, calls, said in self.each(volumes=volumes):
                self.assertEqual(len(self.opens(calls)), 1, said)
                self.assertEqual(calls[-1], 'phase --force leave-initrd')

    def test_a_bad_file_opens_nothing_and_leaves(self):
        for volumes in (None, '', '# only words\n', '--help x y z\n', f'-r {UUID} {DIGEST}\n', f'root {UUID} {DIGEST} -x\n', f'root {UUID}\n',
                        f'root {UUID} {DIGEST[:-1]}g\n', f'root {UUID[:-1]} {DIGEST}\n', f'ro/ot {UUID} {DIGEST}\n', f'root {UUID} {DIGEST} a b\n'):
            for script, calls, said in self.each(volumes=volumes):
                self.assertEqual(self.opens(calls), [], volumes)
                self.assertEqual(calls[-1:], ['phase --force leave-initrd'], (volumes, said))

    def test_another_root_is_not_opened(self):
        root = Root(cmdline='root=UUID=1234')
        for shell in SHELLS:
            with self.subTest(shell=shell):
                r, calls = root.run(OPEN, shell)
                self.assertEqual(self.opens(calls), [])
                self.assertIn('the TPM is not asked', r.stderr)
                (root.top / 'run/pawl/left').unlink()
        root.close()

    def test_not_entered_or_not_measured(self):
        for script, calls, said in self.each(entered=False, is_measured=False):
            self.assertEqual(calls, ['phase --force leave-initrd'])

    def test_called_again_nothing_is_entered_again(self):
        """dracut runs its hooks until the devices have settled."""
        for shell in SHELLS:
            root = Root()
            root.run(OPEN, shell)
            _, calls = root.run(OPEN, shell)
            self.assertEqual(calls.count('phase --force enter-initrd'), 1)
            self.assertEqual(calls.count('phase --force leave-initrd'), 1)
            root.close()

    def test_a_missing_library_of_functions(self):
        """What the initrd's own functions do wrong ends the script, not the fuse."""
        for shell in SHELLS:
            for text in ('false\n', 'wait_for_udev() { echo "$undefined"; }\n', 'exit 1\n'):
                root = Root()
                root.put('scripts/functions', text)
                root.put('run/pawl/entered', '')
                _, calls = root.run(LOCAL_TOP, shell)
                with self.subTest(shell=shell, text=text):
                    self.assertEqual(calls[-1:], ['phase --force leave-initrd'])
                root.close()


if __name__ == '__main__':
    for words in SHELLS:
        if not shutil.which(words[0]):
            sys.exit(f'{words[0]} is missing')
    unittest.main()
