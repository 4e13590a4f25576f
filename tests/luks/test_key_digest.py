# SPDX-License-Identifier: BSD-2-Clause
"""What ties an image to the one volume that it opens by itself; and that nothing weaker can be asked for beside it."""
import hashlib
import hmac

from machine import PAWL, run


def digest(image, name):
    return run(PAWL, 'disk', 'key-digest', f'--unlock-key-file={image.parent / "key"}', image, name)


def test_is_the_hmac_that_pcr_15_gets(image, tmp_path):
    dumped = tmp_path / 'volume-key'
    r = run('cryptsetup', 'luksDump', '-q', '--dump-volume-key', '--volume-key-file', dumped, '--key-file', tmp_path / 'key', image)
    assert r.returncode == 0, r.stderr
    uuid = run('cryptsetup', 'luksUUID', image).stdout.strip()
    for name, text in (('root', 'root'), ('a:b', r'a\x3ab')):
        r = digest(image, name)
        expected = hmac.new(dumped.read_bytes(), f'cryptsetup:{text}:{uuid}'.encode(), hashlib.sha256).hexdigest()
        assert (r.returncode, r.stdout) == (0, f'{name} {uuid} {expected}\n'), r.stderr


def test_a_wrong_key_prints_nothing(image, tmp_path):
    (tmp_path / 'key').write_text('wrong')
    r = digest(image, 'root')
    assert r.returncode == 1 or r.returncode == 2
    assert r.stdout == '' and 'opens no keyslot' in r.stderr


def test_demand_stands_alone(image, tmp_path):
    for more, reason in ([[], '--volume-key-digest'], [['--volume-key-digest=xyz'], '--volume-key-digest'],
                         [['--volume-key-digest=' + 64 * '0', '--unlock-tpm2'], 'only'],
                         [['--volume-key-digest=' + 64 * '0', '--unlock-fido2-device=auto'], 'only'],
                         [['--volume-key-digest=' + 64 * '0', f'--unlock-key-file={tmp_path / "key"}'], 'only']):
        r = run(PAWL, 'disk', 'open', '--demand=signed-os', *more, image, 'root')
        assert r.returncode == 64 and reason in r.stderr, (more, r)
    r = run(PAWL, 'disk', 'open', '--volume-key-digest=' + 64 * '0', image, 'root')
    assert r.returncode == 64
