# SPDX-License-Identifier: BSD-2-Clause
"""Ways in by FIDO2 tokens, on image files, with tokens that are preloaded: CTAP2 down to the reports, without hardware."""
import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / d) for d in ('luks', 'tpm')]

import machine as machine_module  # noqa: E402  (needs the path above)
from machine import PAWL, run  # noqa: E402

TOKEN = os.environ['PAWL_VIRTUAL_FIDO2']
PASSPHRASE = 'correct horse'


class Token:
    """The folder of one token. It is plugged in and touched unless a test says otherwise."""

    def __init__(self, folder, pin='1234'):
        self.folder = folder
        folder.mkdir()
        if pin:
            (folder / 'pin').write_text(pin)
        self.set(plugged=True, touch=True)

    def set(self, **files):
        for name, there in files.items():
            (self.folder / name).touch() if there else (self.folder / name).unlink(missing_ok=True)

    def retries(self):
        path = self.folder / 'retries'
        return int(path.read_text()) if path.exists() else 8


class Bench:
    def __init__(self, folder, image):
        self.folder, self.image, self.tokens = folder, image, []

    def token(self, **how):
        self.tokens.append(Token(self.folder / f'token{len(self.tokens)}', **how))
        return self.tokens[-1]

    def pawl(self, *args, pin='1234', env=None, timeout=120):
        preload = ':'.join(p for p in (os.environ.get('LD_PRELOAD'), TOKEN) if p)
        env = {'LD_PRELOAD': preload, 'PAWL_TEST_FIDO2': ':'.join(str(t.folder) for t in self.tokens),
               'ASAN_OPTIONS': 'verify_asan_link_order=0:detect_leaks=0', **(env or {})}
        if pin is not None:
            env['PIN'] = pin
        return run(PAWL, *args, env=env, timeout=timeout)

    def enroll(self, *args, **more):
        return self.pawl('disk', 'enroll', '--fido2=auto', f'--unlock-key-file={self.folder}/key', *args, self.image, **more)

    def test(self, *args, **more):
        return self.pawl('disk', 'test', '--type=fido2', *args, self.image, **more)

    def header(self):
        return json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', self.image).stdout)


@pytest.fixture(scope='session')
def blank(tmp_path_factory):
    folder = tmp_path_factory.mktemp('blank')
    (folder / 'key').write_text(PASSPHRASE)
    with (folder / 'disk').open('wb') as f:
        f.truncate(4 << 20)
    r = machine_module.run('cryptsetup', 'luksFormat', '-q', '--type', 'luks2', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations',
                           '1000', '--luks2-keyslots-size', '2m', '--key-file', folder / 'key', folder / 'disk')
    assert r.returncode == 0, r.stderr
    return folder / 'disk'


@pytest.fixture
def bench(blank, tmp_path):
    shutil.copy(blank, tmp_path / 'disk')
    (tmp_path / 'key').write_text(PASSPHRASE)
    return Bench(tmp_path, tmp_path / 'disk')


def test_opens(bench):
    bench.token()
    r = bench.enroll()
    assert r.returncode == 0, r.stderr
    assert r.stdout == 'token 0, keyslot 1: the FIDO2 token that was enrolled, its PIN, a touch\n'
    assert r.stderr.count('touch the FIDO2 token') == 4, 'made once, used twice, and once without PIN'
    assert 'without its PIN' not in r.stderr
    token = bench.header()['tokens']['0']
    assert (token['type'], token['keyslots'], token['fido2-rp']) == ('systemd-fido2', ['1'], 'io.systemd.cryptsetup')
    assert (token['fido2-clientPin-required'], token['fido2-up-required'], token['fido2-uv-required']) == (True, True, False)
    kdf = bench.header()['keyslots']['1']['kdf']
    assert (kdf['type'], kdf['hash'], kdf['iterations']) == ('pbkdf2', 'sha512', 1000)
    r = bench.test()
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-fido2): opens\n'), r.stderr


@pytest.mark.parametrize('pin', [True, False])
@pytest.mark.parametrize('touch', [True, False])
def test_needs_what_was_said(bench, pin, touch):
    bench.token()
    r = bench.enroll(f'--fido2-with-client-pin={"yes" if pin else "no"}', f'--fido2-with-user-presence={"yes" if touch else "no"}')
    assert r.returncode == 0, r.stderr
    r = bench.test()
    assert r.returncode == 0 and ('touch' in r.stderr) == touch, r.stdout + r.stderr
    r = bench.test(pin=None)
    assert r.returncode == (2 if pin else 0), 'nobody can be asked for the PIN'


def test_a_pin_that_protects_nothing_is_told(bench):
    """The token wants no PIN for the secret that it gives with one."""
    bench.token().set(**{'one-secret': True})
    r = bench.enroll()
    assert r.returncode == 0 and 'the same secret without its PIN' in r.stderr, r.stderr
    r = bench.enroll('--fido2-with-client-pin=no')
    assert r.returncode == 0 and 'without its PIN' not in r.stderr, 'nobody wished for one'


def test_wrong_pin_and_the_right_one(bench):
    token = bench.token()
    assert bench.enroll().returncode == 0
    r = bench.test(pin='4321')
    assert r.returncode == 2 and 'the PIN is wrong' in r.stderr and 'nobody can be asked' in r.stdout, r.stdout + r.stderr
    assert token.retries() == 7, 'the same PIN is not tried again'
    assert bench.test().returncode == 0 and token.retries() == 8


def test_the_last_try_is_not_taken(bench):
    token = bench.token()
    assert bench.enroll().returncode == 0
    (token.folder / 'retries').write_text('1')
    r = bench.test(pin='4321')
    assert r.returncode == 2 and 'only 1 of its PIN' in r.stdout and token.retries() == 1


def test_not_touched(bench):
    """After the token's own time it is given up, and the passphrase still opens."""
    token = bench.token()
    assert bench.enroll().returncode == 0
    token.set(touch=False)
    began = time.monotonic()
    r = bench.test()
    assert r.returncode == 2 and 'not touched' in r.stdout, r.stdout
    assert time.monotonic() - began < 60
    assert bench.pawl('disk', 'test', '--type=password', f'--key-file={bench.folder}/key', bench.image).returncode == 0


def test_touched_late(bench):
    token = bench.token()
    assert bench.enroll().returncode == 0
    token.set(touch=False)
    later = threading.Timer(3, lambda: token.set(touch=True))
    later.start()
    r = bench.test()
    later.join()
    assert r.returncode == 0, r.stdout


def test_not_plugged_in(bench):
    token = bench.token()
    assert bench.enroll().returncode == 0
    token.set(plugged=False)
    r = bench.test()
    assert r.returncode == 1 and 'no FIDO2 token is plugged in' in r.stdout


def test_the_right_one_of_two(bench):
    """Without a touch on the wrong one: it is asked first whether it has the credential."""
    mine = bench.token()
    assert bench.enroll().returncode == 0
    other = bench.token()
    other.set(touch=False)
    bench.tokens.reverse()
    r = bench.test()
    assert r.returncode == 0 and str(other.folder) not in r.stderr, r.stdout + r.stderr
    mine.set(plugged=False)
    r = bench.test()
    assert r.returncode == 1 and 'not the FIDO2 token that was enrolled' in r.stdout
    mine.set(plugged=True)
    r = bench.enroll()
    assert r.returncode == 2 and '2 FIDO2 tokens are plugged in' in r.stderr
    r = bench.pawl('disk', 'enroll', f'--fido2={mine.folder}', f'--unlock-key-file={bench.folder}/key', bench.image)
    assert r.returncode == 0, r.stderr


def test_two_tokens_are_two_ways_in(bench):
    one = bench.token()
    assert bench.enroll().returncode == 0
    one.set(plugged=False)
    two = bench.token(pin='9999')
    assert bench.enroll(pin='9999').returncode == 0
    assert bench.test('--token-id=1', pin='9999').returncode == 0
    r = bench.test(pin='9999')
    assert r.returncode == 0 and 'token 0 (systemd-fido2): does not open' in r.stdout, 'each is tried and told'
    two.set(plugged=False)
    one.set(plugged=True)
    assert bench.test('--token-id=0').returncode == 0


def test_unlocks_for_enrolment(bench):
    bench.token()
    assert bench.enroll().returncode == 0
    r = bench.pawl('disk', 'enroll', '--password', '--unlock-fido2-device=auto', bench.image, env={'NEWPASSWORD': 'another'})
    assert r.returncode == 0, r.stderr
    r = bench.pawl('disk', 'wipe', '--yes', bench.image, 'fido2')
    assert r.returncode == 0 and bench.header()['tokens'] == {}


def test_tokens_by_systemd_248(bench, tmp_path):
    """They do not say what they need: the token does."""
    bench.token()
    assert bench.enroll('--fido2-with-client-pin=no').returncode == 0
    token = {k: v for k, v in bench.header()['tokens']['0'].items() if not k.endswith('-required')}
    (tmp_path / 'token').write_text(json.dumps(token))
    r = run('cryptsetup', 'token', 'import', '--disable-external-tokens', '--token-id=0', '--token-replace', '--json-file',
            tmp_path / 'token', bench.image)
    assert r.returncode == 0, r.stderr
    assert bench.test().returncode == 0


@pytest.mark.parametrize('args, reason, pin', [
    (('--fido2-with-client-pin=yes',), 'it has no PIN', None),
    (('--fido2-with-user-verification=yes', '--fido2-with-client-pin=no'), 'no finger print', None),
    (('--fido2-credential-algorithm=eddsa', '--fido2-with-client-pin=no'), 'does not know the algorithm', None),
    (('--fido2-credential-algorithm=rsa',), 'not es256, rs256 or eddsa', None),
    (('--fido2-with-client-pin=perhaps',), 'not yes or no', None),
])
def test_refused(bench, args, reason, pin):
    bench.token(pin=None)
    before = bench.image.read_bytes()
    r = bench.enroll(*args, pin=pin)
    assert r.returncode in (2, 64) and reason in r.stderr, r.stderr
    assert bench.image.read_bytes() == before


def test_a_foreign_salt_opens_nothing(bench, tmp_path):
    bench.token()
    assert bench.enroll().returncode == 0
    token = {**bench.header()['tokens']['0'], 'fido2-salt': 'A' * 43 + '='}
    (tmp_path / 'token').write_text(json.dumps(token))
    assert run('cryptsetup', 'token', 'import', '--disable-external-tokens', '--token-id=0', '--token-replace', '--json-file',
               tmp_path / 'token', bench.image).returncode == 0
    assert bench.test().returncode == 1


def systemd(bench, *command, stdin='1234\n'):
    """Debian's 252, with the same tokens. (A sanitizer in the token would want to be in systemd too.)"""
    if not shutil.which('systemd-cryptenroll') or 'systemd 252' not in run('systemd-cryptenroll', '--version').stdout:
        pytest.skip('no systemd 252')
    if run('sh', '-c', f'ldd {TOKEN} | grep -q asan').returncode == 0:
        pytest.skip('the virtual token is built with a sanitizer, systemd is not')
    return run(*command, bench.image, stdin=stdin, env={
        'LD_PRELOAD': f'{os.environ["PAWL_FIDO2_SYSTEMD252"]}:{TOKEN}', 'PASSWORD': PASSPHRASE,
        'PAWL_TEST_FIDO2': ':'.join(str(t.folder) for t in bench.tokens)})


@pytest.mark.parametrize('args', [(), ('--fido2-with-client-pin=no',),
                                  ('--fido2-with-client-pin=no', '--fido2-with-user-presence=no')])
def test_systemd_opens_ours(bench, args):
    bench.token()
    assert bench.enroll(*args).returncode == 0
    opens = ('cryptsetup', 'open', '--test-passphrase', '--token-only', '--token-type=systemd-fido2')
    r = systemd(bench, *opens)
    assert r.returncode == 0, r.stderr
    if not args:
        assert systemd(bench, *opens, stdin='4321\n').returncode != 0
    assert systemd(bench, 'systemd-cryptenroll').stdout.split()[2:] == ['0', 'password', '1', 'fido2']
    assert systemd(bench, 'systemd-cryptenroll', '--wipe-slot=fido2').returncode == 0
    assert bench.header()['tokens'] == {} and list(bench.header()['keyslots']) == ['0']


@pytest.mark.parametrize('touch', ['yes', 'no'])
def test_opens_what_systemd_enrolls(bench, touch):
    """Without PIN: 252 asks for it only at a terminal."""
    token = bench.token(pin=None)
    r = systemd(bench, 'systemd-cryptenroll', f'--fido2-device={token.folder}', '--fido2-with-client-pin=no',
                f'--fido2-with-user-presence={touch}')
    assert r.returncode == 0, r.stderr
    r = bench.test()
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-fido2): opens\n'), r.stderr
