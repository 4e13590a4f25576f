# SPDX-License-Identifier: BSD-2-Clause
"""A recovery key is a way in once a person has shown that they hold it: exactly the new one."""
import fcntl
import json
import os
import pty
import subprocess
import termios

import pytest

from machine import PAWL, run


def slots(image):
    r = run('cryptsetup', 'luksDump', '--dump-json-metadata', image)
    meta = json.loads(r.stdout)
    return sorted(int(n) for n in meta['keyslots']), len(meta['tokens'])


def typed_back(m, image, answer, *more):
    """Enrols with a terminal where the key is asked for again; `answer` makes what is typed out of what was printed."""
    ours, theirs = pty.openpty()
    words = [PAWL, 'disk', 'enroll', '--recovery-key', f'--unlock-key-file={m.folder}/key', *more, image]
    env = {**os.environ, 'PAWL_STATE': str(m.folder / 'state')}
    p = subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, env=env,
                         start_new_session=True, preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0))
    os.close(theirs)
    key = p.stdout.readline().strip()
    said = b''
    while b'Type the recovery key' not in said:
        said += os.read(ours, 4096)
    os.write(ours, answer(key).encode() + b'\n')
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:
        pass
    os.close(ours)
    return p.wait(30), key, said.decode()


@pytest.mark.parametrize('spelling', [str, str.upper, lambda s: s.replace('-', ''), lambda s: f' {s} '])
def test_typed_back(boot, image, spelling):
    m = boot()
    status, key, said = typed_back(m, image, spelling)
    assert status == 0 and 'not proven' not in said, said
    (m.folder / 'typed').write_text(key)
    assert m.test(image, '--type=recovery', f'--key-file={m.folder}/typed').returncode == 0
    assert list((m.folder / 'state').glob('recovery-proven-*'))


@pytest.mark.parametrize('answer', ['', 'correct horse', 'older', 'shape'])
def test_another_one_proves_nothing(boot, image, answer):
    """Neither the passphrase nor an older recovery key of the same volume is the new one."""
    m = boot()
    older = m.pawl('disk', 'enroll', '--recovery-key', '--no-verify', f'--unlock-key-file={m.folder}/key', image).stdout.strip()
    text = {'older': older, 'shape': '-'.join(['cbdefghi'] * 8)}.get(answer, answer)
    status, _, said = typed_back(m, image, lambda key: text, '--wipe-slot=recovery')
    assert status == 1 and 'not proven' in said and 'nothing was removed' in said, said
    assert slots(image) == ([0, 1, 2], 2), 'the older one is not removed for a new one that nobody holds'
    assert list((m.folder / 'state').glob('recovery-proven-*')) == []


def test_proven_then_wiped(boot, image):
    m = boot()
    assert m.pawl('disk', 'enroll', '--recovery-key', '--no-verify', f'--unlock-key-file={m.folder}/key', image).returncode == 0
    status, _, said = typed_back(m, image, str, '--wipe-slot=recovery')
    assert status == 0, said
    assert slots(image) == ([0, 2], 1)


def test_nobody_to_ask(boot, image):
    m = boot()
    before = image.read_bytes()
    words = ('disk', 'enroll', '--recovery-key', '--wipe-slot=password', f'--unlock-key-file={m.folder}/key', image)
    r = m.pawl(*words)
    assert r.returncode == 2 and '--no-verify' in r.stderr and image.read_bytes() == before, r.stderr
    assert m.pawl(*words[:3], '--no-verify', *words[3:]).returncode == 0
    assert slots(image) == ([1], 1)


def test_a_key_that_could_not_be_shown_is_taken_back(boot, image):
    m = boot()
    with open('/dev/full', 'w') as full:
        r = subprocess.run([PAWL, 'disk', 'enroll', '--recovery-key', '--no-verify', f'--unlock-key-file={m.folder}/key', image],
                           stdout=full, stderr=subprocess.PIPE, text=True)
    assert r.returncode == 2 and 'could not be printed' in r.stderr and 'nothing was enrolled' in r.stderr, r.stderr
    assert slots(image) == ([0], 0)
