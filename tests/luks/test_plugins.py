# SPDX-License-Identifier: BSD-2-Clause
"""Plain cryptsetup with our plugins: volumes of systemd 262 and our own, on swtpm and SoftHSM2."""
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from machine import PAWL, TOP, run
from test_hostile import edit
from test_interop_disk import INTEROP, Enrolled, needs_interop

sys.path[:0] = [str(TOP / 'tests' / d) for d in ('pkcs11', 'fido2')]
import hsm as hsm_module  # noqa: E402  (needs the path above)
import test_fido2 as fido2_module  # noqa: E402

PLUGINS = Path(os.environ['PAWL_PLUGINS'])
PRELOAD = [os.environ['PAWL_PLUGIN_PATH']]
if 'address' in os.environ['PAWL_SANITIZE']:
    PRELOAD.insert(0, subprocess.run(['gcc', '-print-file-name=libasan.so'], capture_output=True, text=True,
                                     check=True).stdout.strip())
TPM2, PKCS11, FIDO2 = 'systemd-tpm2', 'systemd-pkcs11', 'systemd-fido2'
needs_hsm = pytest.mark.skipif(not hsm_module.MODULE or not (PLUGINS / f'libcryptsetup-token-{PKCS11}.so').exists(),
                               reason='no SoftHSM2, or built without p11-kit')


def cryptsetup(*args, env=None, stdin=None):
    # cryptsetup itself leaks at its end
    return run('cryptsetup', *args, stdin=stdin or '', env={
        'PLUGINS': str(PLUGINS), 'LD_PRELOAD': ' '.join(PRELOAD), 'ASAN_OPTIONS': 'detect_leaks=0', **(env or {})})


def opens(image, *args, **more):
    return cryptsetup('open', '--test-passphrase', '--token-only', *args, image, **more)


def typed(image, *lines, env):
    """cryptsetup on a terminal, where it asks again as long as a plugin says that a PIN is wanted."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe('cryptsetup', ['cryptsetup', 'open', '--test-passphrase', '--token-only', str(image)], {
            **os.environ, 'TSS2_LOG': 'all+none', 'LC_ALL': 'C', 'PLUGINS': str(PLUGINS), 'LD_PRELOAD': ' '.join(PRELOAD),
            'ASAN_OPTIONS': 'detect_leaks=0', **env})
    said, answered, end = '', 0, time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.02)[0]:
            try:
                said += os.read(fd, 4096).decode(errors='replace')
            except OSError:  # the other end is closed
                break
        # it throws away what was typed before it turned the echo off, after its question
        is_silent = not termios.tcgetattr(fd)[3] & termios.ECHO
        if is_silent and answered < min(said.count('PIN:'), len(lines)):
            os.write(fd, (lines[answered] + '\n').encode())
            answered += 1
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


@pytest.fixture
def enrolled(tmp_path):
    started = []

    def start(*phases):
        started.append(Enrolled(tmp_path, *phases))
        e = started[-1]
        e.env = {'PAWL_TPM': e.tpm.spec, 'PAWL_TPM_LOCK': str(tmp_path / 'lock'),
                 'PAWL_TPM2_SIGNATURE': str(INTEROP / 'uki' / 'pcrsig.json')}
        return e
    yield start
    for e in started:
        e.tpm.close()


@needs_interop
@pytest.mark.parametrize('name', ['literal', 'signed', 'signedref', 'signedlit'])
def test_tpm2(enrolled, name):
    e = enrolled('enter-initrd')
    r = opens(e.image(name), env=e.env)
    assert r.returncode == 0, r.stderr


@needs_interop
@pytest.mark.parametrize('name', ['pin-direct', 'pin-argon'])
def test_tpm2_pin(enrolled, name):
    e = enrolled('enter-initrd')
    image = e.image(name)
    r = opens(image, env=e.env)
    assert r.returncode != 0 and 'is wrong' not in r.stderr, 'no PIN: none is sent'
    r = opens(image, env=e.env, stdin='1234')
    assert r.returncode == 0, r.stderr
    status, said = typed(image, '4321', '1234', env=e.env)
    assert status == 0 and said.count('PIN is wrong') == 1, said
    assert '1234' not in said and '4321' not in said


@needs_interop
def test_other_state(enrolled):
    """Another PCR: the reason is said, and the passphrase still opens."""
    e = enrolled('enter-initrd')
    e.tpm.extend(7, b'another Secure Boot state')
    image = e.image('literal')
    r = opens(image, env=e.env)
    assert r.returncode != 0 and 'PCR 7 differs' in r.stderr, r.stderr
    assert cryptsetup('open', '--test-passphrase', f'--key-file={INTEROP}/luks/kf', image, env=e.env).returncode == 0


@needs_interop
def test_no_tpm(enrolled):
    e = enrolled('enter-initrd')
    r = opens(e.image('literal'), env={**e.env, 'PAWL_TPM': 'swtpm:path=/nonexistent/socket'})
    assert r.returncode != 0 and r.stderr.strip(), 'a reason is given'


@pytest.mark.parametrize('args', [[], ['--tpm2-pcrs=7']])
def test_own_tpm2(boot, image, args):
    m = boot()
    r = m.enroll(image) if not args else m.pawl(
        'disk', 'enroll', '--tpm2', *args, f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}',
        f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0, r.stderr
    env = {'PAWL_TPM': m.tpm.spec, 'PAWL_TPM_LOCK': str(m.folder / 'lock'), 'PAWL_TPM2_SIGNATURE': str(m.signature)}
    assert opens(image, env=env).returncode == 0
    r = cryptsetup('luksDump', image)
    assert 'systemd-tpm2' in r.stdout and '\tneeds:      PCR 7' in r.stdout
    m.next_phase('leave-initrd')
    if not args:
        assert opens(image, env=env).returncode != 0, 'the fuse is blown'


@needs_hsm
@pytest.mark.parametrize('number', [1, 2])
def test_own_pkcs11(image, tmp_path, number):
    """With a wrong PIN before, and beside a token of a kind that has no plugin."""
    (tmp_path / 'hsm').mkdir()
    hsm = hsm_module.Hsm(tmp_path / 'hsm')
    hsm.put(hsm.add_token('one'), hsm.key(*[('RSA', 2048), ('EC', 'P-256')][number - 1]), 1)
    unlock = f'--unlock-key-file={image.parent}/key'
    assert run(PAWL, 'disk', 'enroll', '--recovery-key', '--no-verify', unlock, image).returncode == 0
    r = run(PAWL, 'disk', 'enroll', '--pkcs11=pkcs11:token=one;id=%01', unlock, image, env={**hsm.env, 'PIN': '1234'})
    assert r.returncode == 0, r.stderr
    assert opens(image, env=hsm.env, stdin='1234').returncode == 0
    r = opens(image, '--tries=1', env=hsm.env, stdin='9999')
    assert r.returncode != 0 and 'the PIN is wrong' in r.stderr
    r = opens(image, env=hsm.env)
    assert r.returncode != 0 and 'is wrong' not in r.stderr
    status, said = typed(image, '9999', '1234', env=hsm.env)
    assert status == 0 and said.count('PIN is wrong') == 1, said
    r = cryptsetup('luksDump', image)
    assert '\tneeds:      the PKCS#11 token pkcs11:token=one;id=%01;type=private and its PIN' in r.stdout
    (tmp_path / 'other').mkdir()
    r = opens(image, env=hsm_module.Hsm(tmp_path / 'other').env, stdin='1234')
    assert r.returncode != 0 and 'plug it in' in r.stderr


@pytest.mark.skipif(not os.environ['PAWL_VIRTUAL_FIDO2'], reason='built without libfido2')
def test_own_fido2(image, tmp_path):
    bench = fido2_module.Bench(tmp_path, image)
    token = bench.token()
    r = bench.enroll()
    assert r.returncode == 0, r.stderr
    env = {'LD_PRELOAD': ' '.join([*PRELOAD, os.environ['PAWL_VIRTUAL_FIDO2']]), 'PAWL_TEST_FIDO2': str(token.folder)}
    r = opens(image, env=env, stdin='1234')
    assert r.returncode == 0 and 'touch the FIDO2 token' in r.stdout, r.stdout + r.stderr
    r = opens(image, env=env)
    assert r.returncode != 0 and 'is wrong' not in r.stderr and token.retries() == 8
    status, said = typed(image, '9999', '1234', env=env)
    assert status == 0 and said.count(': the PIN is wrong') == 1 and token.retries() == 8, said
    token.set(plugged=False)
    r = opens(image, env=env, stdin='1234')
    assert r.returncode != 0 and r.stderr.strip()
    assert '\tneeds:      the FIDO2 token' in cryptsetup('luksDump', image).stdout


@needs_interop
@needs_hsm
def test_systemd_pkcs11(tmp_path):
    hsm = hsm_module.Hsm(tmp_path, INTEROP / 'luks' / 'softhsm')
    hsm.allow_derive(*hsm.slots().values(), INTEROP / 'luks' / 'p11-ec.pem', 2)
    image = tmp_path / 'image'
    assert run('unzstd', '-q', INTEROP / 'luks' / 'pkcs11.img.zst', '-o', image).returncode == 0
    for token in '0', '1':
        r = opens(image, f'--token-id={token}', env=hsm.env, stdin='1234')
        assert r.returncode == 0, r.stderr


def put_token(image, token):
    (image.parent / 'token').write_text(json.dumps(token))
    return run('cryptsetup', 'token', 'import', '--disable-external-tokens', '--token-id=0', '--json-file',
               image.parent / 'token', image)


HOSTILE = {
    'no blob': {'type': TPM2, 'tpm2-pcrs': [], 'tpm2-policy-hash': '00' * 32},
    'wrong type': {'type': TPM2, 'tpm2-blob': 7, 'tpm2-pcrs': [], 'tpm2-policy-hash': '00' * 32},
    'PCR 99': {'type': TPM2, 'tpm2-blob': 'AAAA', 'tpm2-pcrs': [99], 'tpm2-policy-hash': '00' * 32},
    'no URI': {'type': PKCS11, 'pkcs11-key': 'AAAA'},
    'no pkcs11: URI': {'type': PKCS11, 'pkcs11-uri': '/lib/evil.so', 'pkcs11-key': 'AAAA'},
    'no credential': {'type': FIDO2, 'fido2-salt': 'A' * 44},
    'short salt': {'type': FIDO2, 'fido2-salt': 'AAAA', 'fido2-credential': 'AAAA'},
    'key too long': {'type': PKCS11, 'pkcs11-uri': 'pkcs11:token=one', 'pkcs11-key': 'A' * 4096},
    'unknown padding': {'type': PKCS11, 'pkcs11-uri': 'pkcs11:token=one', 'pkcs11-key': 'AAAA', 'pkcs11-padding': 'none'},
}


@pytest.mark.parametrize('name', HOSTILE)
def test_hostile_token(image, name):
    """Neither used, nor written through libcryptsetup; the reason is said."""
    token = {**HOSTILE[name], 'keyslots': ['0']}
    if not (PLUGINS / f'libcryptsetup-token-{token["type"]}.so').exists():
        pytest.skip('built without it')
    assert put_token(image, token).returncode == 0
    r = opens(image, env={'PAWL_TPM': 'swtpm:path=/nonexistent/socket'}, stdin='1234')
    assert r.returncode != 0 and 'refused: field "' in r.stderr, r.stderr
    before = image.read_bytes()
    r = cryptsetup('token', 'import', '--token-id=1', '--json-file', image.parent / 'token', image)
    assert r.returncode != 0 and 'refused: field "' in r.stderr and image.read_bytes() == before
    assert cryptsetup('luksDump', image).returncode == 0


@needs_hsm
def test_null_cipher(image, tmp_path):
    """A header that encrypts nothing costs no PIN."""
    (tmp_path / 'hsm').mkdir()
    hsm = hsm_module.Hsm(tmp_path / 'hsm')
    hsm.put(hsm.add_token('one'), hsm.key('EC', 'P-256'), 1)
    r = run(PAWL, 'disk', 'enroll', '--pkcs11=pkcs11:token=one;id=%01', f'--unlock-key-file={tmp_path}/key', image,
            env={**hsm.env, 'PIN': '1234'})
    assert r.returncode == 0, r.stderr
    assert opens(image, env=hsm.env, stdin='1234').returncode == 0
    edit(image, b'"encryption":"aes-xts-plain64","sector', b'"encryption":"cipher_null-ecb","sector')
    r = opens(image, env=hsm.env, stdin='9999')
    assert r.returncode != 0 and 'cipher_null' in r.stderr and 'PIN is wrong' not in r.stderr, r.stderr


def test_version():
    """What install-plugins looks for is in each of them."""
    found = list(PLUGINS.glob('libcryptsetup-token-systemd-*.so'))
    assert found and all(b'pawl-cryptsetup-plugin' in p.read_bytes() for p in found)


@pytest.mark.parametrize('is_ours', [True, False])
def test_install(tmp_path, is_ours):
    """Ours is replaced; systemd's never, and then nothing is installed."""
    script = TOP / 'userspace' / 'cryptsetup-plugins' / 'install-plugins'
    folder = tmp_path / 'usr' / 'lib' / 'cryptsetup'
    folder.mkdir(parents=True)
    plugins = [tmp_path / f'libcryptsetup-token-systemd-{k}.so' for k in ('fido2', 'tpm2')]
    for p in plugins:
        p.write_bytes(b'\x7fELF new pawl-cryptsetup-plugin')
    there = folder / plugins[1].name
    there.write_bytes(b'\x7fELF pawl-cryptsetup-plugin' if is_ours else b'\x7fELF systemd')
    r = run(script, '/usr/lib/cryptsetup', *plugins, env={'DESTDIR': str(tmp_path)})
    if is_ours:
        assert r.returncode == 0 and sorted(p.name for p in folder.iterdir()) == [p.name for p in plugins]
        assert there.read_bytes() == plugins[1].read_bytes() and there.stat().st_mode & 0o777 == 0o755
    else:
        assert r.returncode == 1 and str(there) in r.stderr and 'systemd' in r.stderr
        assert [p.name for p in folder.iterdir()] == [there.name] and there.read_bytes() == b'\x7fELF systemd'
