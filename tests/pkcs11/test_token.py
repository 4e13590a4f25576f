# SPDX-License-Identifier: BSD-2-Clause
"""Secrets out of tokens: all kinds of keys and paddings, and all that can be wrong."""
import hashlib
import os

import pytest

from hsm import MODULE, PIN, Hsm, must, run

pytestmark = pytest.mark.skipif(not MODULE, reason='no SoftHSM2')
DRIVER = os.environ['PKCS11_DRIVER']
KINDS = [('RSA', 2048), ('RSA', 4096), ('EC', 'P-256'), ('EC', 'P-384'), ('EC', 'P-521')]
URI = 'pkcs11:token=one;id=%01'


@pytest.fixture
def hsm(tmp_path):
    return Hsm(tmp_path)


def driver(hsm, *args, pins=PIN):
    return run(DRIVER, *args, env={**hsm.env, 'PINS': pins})


def make(hsm, uri, padding='-', pins=PIN):
    r = driver(hsm, 'make', uri, padding, pins=pins)
    assert r.returncode == 0, r.stderr
    return r.stdout.split()


def one_token(hsm, *kind):
    key = hsm.key(*(kind or ('EC', 'P-256')))
    hsm.put(hsm.add_token('one'), key, 1)
    return key


def put_certificate(hsm, slot, key):
    certificate = hsm.folder / 'cert.pem'
    must('openssl', 'req', '-x509', '-new', '-key', key, '-subj', '/CN=me', '-out', certificate)
    hsm.tool(slot, '--write-object', certificate, '--type', 'cert', '--label', 'mine', '--id', '01')


@pytest.mark.parametrize('kind', KINDS)
def test_made_and_opened(hsm, kind):
    one_token(hsm, *kind)
    uri, padding, key, secret = make(hsm, URI)
    assert uri == 'pkcs11:token=one;id=%01;type=private'
    # SoftHSM2 knows no OAEP with SHA-256: the next best is taken
    assert padding == ('oaep-sha1' if kind[0] == 'RSA' else '-')
    assert len(secret) // 2 == {2048: 128, 4096: 256, 'P-256': 32, 'P-384': 48, 'P-521': 66}[kind[1]]
    r = driver(hsm, 'secret', uri, padding, key)
    assert (r.returncode, r.stdout.strip()) == (0, secret), r.stderr


@pytest.mark.parametrize('padding', ['oaep-sha1', 'pkcs1'])
@pytest.mark.parametrize('bits', [2048, 4096])
def test_paddings(hsm, padding, bits):
    """What others encrypt opens, and what we encrypt is what others understand."""
    pem = one_token(hsm, 'RSA', bits)
    _, said, key, secret = make(hsm, URI, padding)
    assert said == padding
    options = {'pkcs1': ['rsa_padding_mode:pkcs1'], 'oaep-sha1': ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha1', 'rsa_mgf1_md:sha1']}
    (hsm.folder / 'cipher').write_bytes(bytes.fromhex(key))
    must('openssl', 'pkeyutl', '-decrypt', '-inkey', pem, '-in', hsm.folder / 'cipher', '-out', hsm.folder / 'plain',
         *(x for o in options[padding] for x in ('-pkeyopt', o)))
    assert (hsm.folder / 'plain').read_bytes().hex() == secret
    if padding == 'pkcs1':  # tokens by systemd before 261 say nothing
        assert driver(hsm, 'secret', URI, '-', key).stdout.strip() == secret


def test_wanted_padding_is_not_weakened(hsm):
    one_token(hsm, 'RSA', 2048)
    r = driver(hsm, 'make', URI, 'oaep-sha256')
    assert r.returncode == 1 and r.stderr.splitlines()[-1].startswith('UNSUPPORTED: '), r.stderr


def test_short_rsa_key(hsm):
    one_token(hsm, 'RSA', 1024)
    r = driver(hsm, 'make', URI, '-')
    assert r.returncode == 1 and 'REFUSED' in r.stderr and '1024 bits' in r.stderr


def test_certificate_alone(hsm):
    """No public key object: the certificate says it, and may have a label of its own."""
    slot = hsm.add_token('one')
    key = hsm.key('RSA', 2048)
    hsm.put(slot, key, 1, public=False)
    put_certificate(hsm, slot, key)
    for uri in (URI, 'pkcs11:token=one;object=mine;type=cert', 'pkcs11:token=one;id=%01;type=cert', 'pkcs11:token=one'):
        used, padding, cipher, secret = make(hsm, uri)
        assert used == 'pkcs11:token=one;id=%01;type=private'
        assert driver(hsm, 'secret', used, padding, cipher).stdout.strip() == secret
    hsm.tool(slot, '--delete-object', '--type', 'cert', '--id', '01')
    r = driver(hsm, 'make', URI, '-')
    assert r.returncode == 1 and 'no RSA or EC public key or certificate' in r.stderr


def test_certificate_of_another_key(hsm):
    """The private key is used once before anything is written anywhere."""
    slot = hsm.add_token('one')
    hsm.put(slot, hsm.key('EC', 'P-256'), 1, public=False)
    put_certificate(hsm, slot, hsm.key('EC', 'P-256'))
    r = driver(hsm, 'make', URI, '-')
    assert r.returncode == 1 and 'MISMATCH' in r.stderr and 'does not belong' in r.stderr


def test_always_authenticate(hsm):
    slot = hsm.add_token('one')
    hsm.tool(slot, '--keypairgen', '--key-type', 'rsa:2048', '--usage-decrypt', '--always-auth', '--id', '01')
    assert 'always auth' in hsm.tool(slot, '--list-objects')
    uri, padding, key, secret = make(hsm, URI)
    assert driver(hsm, 'secret', uri, padding, key).stdout.strip() == secret


def test_auto(hsm):
    r = driver(hsm, 'make', 'auto', '-')
    assert r.returncode == 1 and 'NOT_FOUND' in r.stderr
    one_token(hsm)
    hsm.add_token('empty')
    uri, padding, key, secret = make(hsm, 'auto')
    assert 'token=one' in uri and 'serial=' in uri and uri.endswith('id=%01;type=private')
    assert driver(hsm, 'secret', uri, padding, key).stdout.strip() == secret
    hsm.put(hsm.add_token('two'), hsm.key('EC', 'P-256'), 1)
    r = driver(hsm, 'make', 'auto', '-')
    assert r.returncode == 1 and 'DUPLICATE' in r.stderr and 'serial' in r.stderr and 'asked' not in r.stderr
    assert driver(hsm, 'secret', uri, padding, key).stdout.strip() == secret


def test_two_keys(hsm):
    slot = hsm.add_token('one')
    hsm.put(slot, hsm.key('EC', 'P-256'), 1)
    hsm.put(slot, hsm.key('EC', 'P-256'), 2)
    r = driver(hsm, 'make', 'pkcs11:token=one', '-')
    assert r.returncode == 1 and 'DUPLICATE' in r.stderr and 'id=' in r.stderr


def test_twins(hsm):
    """Two tokens of one label: the one that shows the key is asked; if both do, none, and no try is lost."""
    one_token(hsm)
    uri, padding, key, secret = make(hsm, URI)
    other = hsm.add_token('one')
    assert driver(hsm, 'secret', uri, padding, key).stdout.strip() == secret
    hsm.put(other, hsm.key('EC', 'P-256'), 1)
    r = driver(hsm, 'secret', uri, padding, key)
    assert r.returncode == 1 and 'DUPLICATE' in r.stderr and 'unplug' in r.stderr and 'asked' not in r.stderr
    serials = list(hsm.slots())
    opened = [driver(hsm, 'secret', f'pkcs11:token=one;serial={s};id=%01', padding, key).stdout.strip() for s in serials]
    assert len(serials) == 2 and opened.count(secret) == 1


def test_pins(hsm):
    one_token(hsm)
    uri, padding, key, secret = make(hsm, URI)
    r = driver(hsm, 'secret', uri, padding, key, pins='1111')
    assert r.returncode == 1 and r.stderr.splitlines()[-1].startswith('KEY: ') and 'PIN is wrong' in r.stderr
    assert r.stderr.count('asked') == 2, 'asked again, and nobody answered'
    r = driver(hsm, 'secret', uri, padding, key, pins='1111,2222,1234')
    assert r.stdout.strip() == secret and r.stderr.count('asked') == 3
    assert 'wrong PIN before' in r.stderr
    r = driver(hsm, 'secret', uri, padding, key, pins='1111,2222,3333,1234')
    assert r.returncode == 1 and 'KEY' in r.stderr and r.stderr.count('asked') == 3
    r = driver(hsm, 'secret', uri, padding, key, pins='1111,1111,1234')
    assert r.returncode == 1 and 'KEY' in r.stderr and r.stderr.count('asked') == 2, 'the same wrong PIN is sent once'
    assert 'token one (serial ' in r.stderr and '1111' not in r.stderr


FINAL_TRY, LOCKED, KEYPAD = 0x20000, 0x40000, 0x100
PIN_LOCKED, DEVICE_REMOVED, CANCELLED = 0xa4, 0x32, 0x50


@pytest.mark.parametrize('flags, login, keypad, says', [
    (FINAL_TRY, 0, False, ['said: this is the last try', 'asked: PKCS#11 token one', ' 1\n']),
    (LOCKED, 0, False, ['DENIED: ', 'its PIN is locked after wrong tries', 'PUK']),
    (0, PIN_LOCKED, False, ['asked: ', 'DENIED: ', 'its PIN is locked now']),
    (0, DEVICE_REMOVED, False, ['asked: ', 'IO: ', 'login']),
    (KEYPAD, 0, True, ['said: enter the PIN of token one', 'login: 0 bytes']),
    (KEYPAD, CANCELLED, False, ['said: enter the PIN', 'CANCELLED: ']),
])
def test_moods(hsm, flags, login, keypad, says):
    """What SoftHSM2 does not do: lock its PIN, have a keypad, be pulled out."""
    one_token(hsm)
    uri, padding, key, secret = make(hsm, URI)
    r = run(DRIVER, 'secret', uri, padding, key, env={
        **hsm.env, 'PINS': '1234,1234', 'PAWL_PKCS11_MODULE': os.environ['MOODY'], 'MOODY_MODULE': MODULE, 'MOODY_FLAGS': f'{flags:x}',
        'MOODY_LOGIN': f'{login:x}', **({'MOODY_KEYPAD': '1'} if keypad else {})})
    is_open = not login and flags != LOCKED
    assert (r.returncode, r.stdout.strip()) == ((0, secret) if is_open else (1, '')), r.stderr
    for text in says:
        assert text in r.stderr
    assert r.stderr.count(' bytes\n') == (flags != LOCKED), 'one try and no more'
    assert ('asked' in r.stderr) == (flags not in (LOCKED, KEYPAD))


@pytest.mark.parametrize('lie, status, says', [('MOODY_OBJECTS', 1, 'more than was asked for'), ('MOODY_SLOTS', 1, 'is not there')])
def test_a_module_that_counts_wrong(hsm, lie, status, says):
    """More than there was room for: nothing behind the array is read."""
    one_token(hsm)
    uri, padding, key, _ = make(hsm, URI)
    for more in ('1', '1000', 'ffffffffffff'):
        r = run(DRIVER, 'secret', uri, padding, key, env={
            **hsm.env, 'PINS': '1234', 'PAWL_PKCS11_MODULE': os.environ['MOODY'], 'MOODY_MODULE': MODULE, lie: more})
        assert r.returncode == status and says in r.stderr, r.stderr


def test_not_there(hsm):
    one_token(hsm)
    for uri in ('pkcs11:token=other;id=%01', 'pkcs11:token=one;serial=0123;id=%01', 'pkcs11:manufacturer=nobody',
                'pkcs11:library-manufacturer=nobody', 'pkcs11:slot-id=77'):
        r = driver(hsm, 'secret', uri, '-', '00' * 65)
        assert r.returncode == 1 and 'NOT_FOUND' in r.stderr and uri in r.stderr and 'plug it in' in r.stderr
        assert 'asked' not in r.stderr
    for uri in ('pkcs11:token=one;id=%02', 'pkcs11:token=one;object=nothing'):
        r = driver(hsm, 'secret', uri, '-', '00' * 65)
        assert r.returncode == 1 and 'NOT_FOUND' in r.stderr and 'no private key' in r.stderr


@pytest.mark.parametrize('uri', ['', 'pkcs11', 'pkcs12:token=one', 'pkcs11:token', 'pkcs11:token=%zz', 'pkcs11:id=%0',
                                 'pkcs11:token=one;what=ever', 'pkcs11:token=' + 'o' * 1100, 'pkcs11:type=nothing'])
def test_no_uri(hsm, uri):
    one_token(hsm)
    r = driver(hsm, 'secret', uri, '-', '00' * 65)
    assert r.returncode == 1 and 'FORMAT' in r.stderr and 'asked' not in r.stderr, r.stderr


def test_uri_leads_nowhere(hsm, tmp_path):
    """A header cannot name a library, a file with a PIN, or a PIN."""
    one_token(hsm)
    (tmp_path / 'pin').write_text(PIN)
    _, padding, key, secret = make(hsm, URI)
    for query in (f'?module-path={tmp_path}/evil.so', '?module-name=evil', f'?pin-source=file:{tmp_path}/pin', f'?pin-value={PIN}'):
        traced = run('strace', '-f', '-e', 'trace=file', '-o', tmp_path / 'trace', DRIVER, 'secret', URI + query, padding, key,
                     env={**hsm.env, 'PINS': '9999', 'ASAN_OPTIONS': 'detect_leaks=0'})
        assert traced.returncode == 1 and 'PIN is wrong' in traced.stderr
        trace = (tmp_path / 'trace').read_text()
        assert 'libsofthsm2' in trace and 'evil' not in trace and f'{tmp_path}/pin"' not in trace
        assert driver(hsm, 'secret', URI + query, padding, key).stdout.strip() == secret
        r = driver(hsm, 'make', URI + query, '-')
        assert r.returncode == 1 and 'REFUSED' in r.stderr and PIN not in r.stderr


@pytest.mark.parametrize('kind', [('RSA', 2048), ('EC', 'P-256')])
def test_bit_flips(hsm, kind):
    """No flipped bit gives the secret; a point off the curve never reaches the token."""
    one_token(hsm, *kind)
    uri, padding, key, secret = make(hsm, URI)
    data = bytes.fromhex(key)
    for i in range(0, len(data) * 8, 61):
        flipped = bytearray(data)
        flipped[i // 8] ^= 1 << i % 8
        r = driver(hsm, 'secret', uri, padding, flipped.hex())
        assert r.returncode == 1 and r.stderr.splitlines()[-1].startswith('KEY: '), r.stderr
        assert kind[0] == 'RSA' or 'no point of the curve' in r.stderr


@pytest.mark.parametrize('kind', [('RSA', 2048), ('EC', 'P-256')])
def test_lengths(hsm, kind):
    one_token(hsm, *kind)
    uri, padding, key, _ = make(hsm, URI)
    for wrong in ('', key[2:], key + '00', '00' * 1025, '04', '00', '02' + key[2:66]):
        r = driver(hsm, 'secret', uri, padding, wrong)
        assert r.returncode == 1 and r.stderr.splitlines()[-1].split(':')[0] in ('KEY', 'LIMIT'), r.stderr
        if kind[0] == 'RSA' and wrong in (key[2:], key + '00'):
            assert f'holds {len(wrong) // 2} encrypted bytes, its key wants 256' in r.stderr


def test_other_curve(hsm):
    """A good point of another curve."""
    one_token(hsm, 'EC', 'P-256')
    hsm.put(hsm.add_token('two'), hsm.key('EC', 'P-384'), 1)
    key = make(hsm, 'pkcs11:token=two;id=%01')[2]
    r = driver(hsm, 'secret', URI, '-', key)
    assert r.returncode == 1 and 'no point of the curve' in r.stderr


def test_no_module(hsm, tmp_path):
    (tmp_path / 'evil.so').write_bytes(hashlib.sha256(b'x').digest())
    r = run(DRIVER, 'secret', URI, '-', '00' * 65, env={**hsm.env, 'PAWL_PKCS11_MODULE': str(tmp_path / 'evil.so')})
    assert r.returncode == 1 and 'not a PKCS#11 module' in r.stderr


def test_found_by_p11_kit(hsm):
    """Without PAWL_PKCS11_MODULE p11-kit's own configuration names SoftHSM2 (Debian's package installs it)."""
    one_token(hsm)
    env = {k: v for k, v in hsm.env.items() if k != 'PAWL_PKCS11_MODULE'}
    r = run(DRIVER, 'make', URI, '-', env={**env, 'PINS': PIN})
    assert r.returncode == 0, r.stderr
