# SPDX-License-Identifier: BSD-2-Clause
"""`pawl disk` with PKCS#11 tokens: volumes that systemd 262 enrolled, our own, and ours opened by systemd's plugin."""
import base64
import json
import os
import shutil
from pathlib import Path

import pytest

from hsm import MODULE, PIN, Hsm, must, run

pytestmark = pytest.mark.skipif(not MODULE, reason='no SoftHSM2')
PAWL = os.environ['PAWL']
INTEROP = Path(__file__).resolve().parents[3] / 'shared' / 'interop' / 'luks'
PLUGIN = '/lib/x86_64-linux-gnu/cryptsetup/libcryptsetup-token-systemd-pkcs11.so'
PASSPHRASE = 'correct horse'
URI = 'pkcs11:token=one;id=%01'


@pytest.fixture
def image(tmp_path):
    path = tmp_path / 'disk'
    (tmp_path / 'key').write_text(PASSPHRASE)
    with path.open('wb') as f:
        f.truncate(4 << 20)
    must('cryptsetup', 'luksFormat', '-q', '--type', 'luks2', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000',
         '--luks2-keyslots-size', '2m', '--key-file', tmp_path / 'key', path)
    return path


@pytest.fixture
def hsm(tmp_path):
    (tmp_path / 'hsm').mkdir()
    hsm = Hsm(tmp_path / 'hsm')
    slot = hsm.add_token('one')
    hsm.put(slot, hsm.key('RSA', 2048), 1)
    hsm.put(slot, hsm.key('EC', 'P-256'), 2)
    return hsm


def pawl(hsm, *args, pin=PIN, stdin=None):
    # without a terminal: nobody can be asked
    return run('setsid', '-w', PAWL, 'disk', *args, env={**hsm.env, **({'PIN': pin} if pin else {})}, stdin=stdin)


def enroll(hsm, image, *args, **more):
    return pawl(hsm, 'enroll', f'--unlock-key-file={image.parent}/key', *args, image, **more)


def header(image):
    return json.loads(must('cryptsetup', 'luksDump', '--dump-json-metadata', image))


@pytest.fixture
def interop(tmp_path):
    if not INTEROP.exists():
        pytest.skip('no interop files beside the tree (../shared/interop)')
    (tmp_path / 'interop').mkdir()
    must('unzstd', '-q', INTEROP / 'pkcs11.img.zst', '-o', tmp_path / 'interop.img')
    hsm = Hsm(tmp_path / 'interop', INTEROP / 'softhsm')
    hsm.allow_derive(*hsm.slots().values(), INTEROP / 'p11-ec.pem', 2)
    return hsm, tmp_path / 'interop.img'


def test_opens_what_systemd_enrolled(interop, tmp_path):
    hsm, image = interop
    untouched = tmp_path / 'untouched'
    untouched.mkdir()
    raw = Hsm(untouched, INTEROP / 'softhsm')
    assert pawl(raw, 'test', '--token-id=0', image).returncode == 0
    r = pawl(raw, 'test', '--token-id=1', image)
    assert r.returncode == 1 and 'no private key of that URI that may decrypt or derive' in r.stdout
    for token in 0, 1:
        r = pawl(hsm, 'test', '--type=pkcs11', f'--token-id={token}', image)
        assert (r.returncode, r.stdout) == (0, f'token {token} (systemd-pkcs11): opens\n'), r.stderr
    r = pawl(hsm, 'test', '--type=pkcs11', image)
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-pkcs11): opens\ntoken 1 (systemd-pkcs11): opens\n')
    (image.parent / 'pin').write_text(PIN)
    assert pawl(hsm, 'test', f'--pin-file={image.parent}/pin', image, pin=None).stdout == r.stdout
    r = pawl(hsm, 'list', image)
    assert 'pkcs11:token=pawl;id=%01 and its PIN, RSA with oaep-sha1' in r.stdout and 'id=%02 and its PIN, ECDH' in r.stdout


def test_wrong_pin_is_spent_once(interop):
    """Two tokens of the header may be one device: a wrong PIN does not go there twice."""
    hsm, image = interop
    r = pawl(hsm, 'test', '--type=pkcs11', image, pin='9999')
    assert 'token 0 (systemd-pkcs11): does not open' in r.stdout and 'the PIN is wrong' in r.stdout
    assert 'token 1 (systemd-pkcs11): could not be tested' in r.stdout and r.returncode == 2
    assert pawl(hsm, 'test', '--token-id=0', image, pin='9999').returncode == 1
    assert '9999' not in r.stdout + r.stderr


def test_token_not_there(interop, tmp_path):
    (tmp_path / 'other').mkdir()
    r = pawl(Hsm(tmp_path / 'other'), 'test', '--type=pkcs11', '--json', interop[1])
    assert r.returncode == 1
    answers = json.loads(r.stdout)['results']
    assert [a['opens'] for a in answers] == [False, False] and 'plug it in' in answers[0]['why']


@pytest.mark.parametrize('number, padding', [(1, None), (1, 'oaep-sha1'), (1, 'pkcs1'), (2, None)])
def test_enrolled_and_opened(hsm, image, number, padding):
    r = enroll(hsm, image, f'--pkcs11=pkcs11:token=one;id=%0{number}', *([f'--pkcs11-padding={padding}'] if padding else []))
    assert r.returncode == 0 and 'token 0, keyslot 1: the PKCS#11 token' in r.stdout, r.stderr
    token = header(image)['tokens']['0']
    assert token['type'] == 'systemd-pkcs11' and token['keyslots'] == ['1']
    assert token['pkcs11-uri'] == f'pkcs11:token=one;id=%0{number};type=private'
    assert token.get('pkcs11-padding') == (None if number == 2 else padding or 'oaep-sha1')
    assert header(image)['keyslots']['1']['kdf'] == {**header(image)['keyslots']['1']['kdf'], 'type': 'pbkdf2', 'hash': 'sha512',
                                                     'iterations': 1000}
    assert pawl(hsm, 'test', '--type=pkcs11', image).returncode == 0
    assert pawl(hsm, 'test', f'--key-file={image.parent}/key', image).returncode == 0


def test_auto_and_unlock_by_token(hsm, image):
    r = enroll(hsm, image, '--pkcs11=auto')
    assert r.returncode == 2 and 'name one with id=' in r.stderr, 'two keys fit'
    assert enroll(hsm, image, f'--pkcs11-token-uri={URI}').returncode == 0
    r = pawl(hsm, 'enroll', '--recovery-key', '--no-verify', '--unlock-pkcs11', image)
    assert len(r.stdout.strip()) == 71, r.stderr
    assert len(header(image)['keyslots']) == 3
    r = pawl(hsm, 'enroll', '--recovery-key', '--no-verify', '--unlock-pkcs11', image, pin='9999')
    assert r.returncode == 2 and 'the PIN is wrong' in r.stderr and len(header(image)['keyslots']) == 3


@pytest.mark.parametrize('args, pin, says', [
    (['--pkcs11=pkcs11:token=other;id=%01'], PIN, 'plug it in'),
    (['--pkcs11=pkcs11:token=one;id=%09'], PIN, 'no private key'),
    ([f'--pkcs11={URI}'], '9999', 'the PIN is wrong'),
    ([f'--pkcs11={URI}', '--pkcs11-padding=oaep-sha256'], PIN, 'cannot decrypt with the padding'),
    ([f'--pkcs11={URI}?pin-value=1234'], PIN, 'for everybody to read'),
])
def test_refused_before_writing(hsm, image, args, pin, says):
    before = image.read_bytes()
    r = enroll(hsm, image, *args, pin=pin)
    assert r.returncode == 2 and says in r.stderr and image.read_bytes() == before, r.stderr


def test_wrong_words(hsm, image):
    assert enroll(hsm, image, f'--pkcs11={URI}', '--pkcs11-padding=none').returncode == 64
    assert enroll(hsm, image, f'--pkcs11={URI}', '--password').returncode == 64
    assert enroll(hsm, image, f'--pkcs11={URI}', '--unlock-pkcs11').returncode == 64


def change_token(image, change):
    token = header(image)['tokens']['0']
    change(token)
    (image.parent / 'token').write_text(json.dumps(token))
    must('cryptsetup', 'token', 'import', '--disable-external-tokens', '--token-replace', '--token-id=0', '--json-file',
         image.parent / 'token', image)


def test_tampered_header(hsm, image):
    """A changed key is a clear no; another keyslot's number gets nobody in."""
    assert enroll(hsm, image, f'--pkcs11={URI}', '--pkcs11-padding=pkcs1').returncode == 0
    good = header(image)['tokens']['0']

    def flip(token):
        key = bytearray(base64.b64decode(token['pkcs11-key']))
        key[17] ^= 1
        token['pkcs11-key'] = base64.b64encode(key).decode()
    change_token(image, flip)
    r = pawl(hsm, 'test', '--type=pkcs11', image)
    assert r.returncode == 1 and 'does not open' in r.stdout
    change_token(image, lambda t: t.update({**good, 'keyslots': ['0']}))
    assert pawl(hsm, 'test', '--type=pkcs11', image).returncode == 1
    change_token(image, lambda t: t.update({**good, 'pkcs11-uri': 'pkcs11:token=one;id=%02'}))
    r = pawl(hsm, 'test', '--type=pkcs11', image)
    assert r.returncode == 1 and 'no point of the curve' in r.stdout
    change_token(image, lambda t: (t.update(good), t.pop('pkcs11-padding')))
    assert pawl(hsm, 'test', '--type=pkcs11', image).returncode == 0, 'as systemd before 261 writes it'


def test_systemd_opens_ours(hsm, image):
    """systemd 252 (Debian 12) knows RSA with PKCS#1 v1.5; it finds SoftHSM2 through p11-kit."""
    if not os.path.exists(PLUGIN):
        pytest.skip("no plugin of systemd's")
    assert enroll(hsm, image, f'--pkcs11={URI}', '--pkcs11-padding=pkcs1').returncode == 0
    command = ['cryptsetup', 'open', '--test-passphrase', '--token-only', '--token-type=systemd-pkcs11', image]
    r = run(*command, env=hsm.env, stdin=PIN)
    assert r.returncode == 0, r.stderr
    assert run(*command, env=hsm.env, stdin='9999').returncode != 0
    if shutil.which('systemd-cryptenroll'):
        r = run('systemd-cryptenroll', image)
        assert 'Failed to' in r.stderr or ['1', 'pkcs11'] in [line.split() for line in r.stdout.splitlines()]


@pytest.mark.skipif(not shutil.which('systemd-cryptenroll'), reason='no systemd-cryptenroll (package systemd)')
def test_cryptenroll(tmp_path, image):
    """Debian's systemd enrols by a certificate; we open that, and it removes ours."""
    (tmp_path / 'hsm').mkdir()
    hsm = Hsm(tmp_path / 'hsm')
    slot, key, certificate = hsm.add_token('one'), hsm.key('RSA', 2048), tmp_path / 'cert.pem'
    hsm.put(slot, key, 1)
    must('openssl', 'req', '-x509', '-new', '-key', key, '-subj', '/CN=me', '-out', certificate)
    hsm.tool(slot, '--write-object', certificate, '--type', 'cert', '--label', 'key', '--id', '01')
    env = {**hsm.env, 'PASSWORD': PASSPHRASE, 'PIN': PIN}
    must('systemd-cryptenroll', f'--pkcs11-token-uri={URI}', image, env=env)
    r = pawl(hsm, 'test', '--type=pkcs11', image)
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-pkcs11): opens\n'), r.stderr
    assert pawl(hsm, 'wipe', '--yes', image, 'pkcs11').returncode == 0
    assert enroll(hsm, image, f'--pkcs11={URI}').returncode == 0

    def listed():
        return [line.split()[1] for line in must('systemd-cryptenroll', image).splitlines()[1:]]
    assert listed() == ['password', 'pkcs11']
    must('systemd-cryptenroll', '--wipe-slot=pkcs11', image, env=env)
    assert listed() == ['password'] and header(image)['tokens'] == {}
