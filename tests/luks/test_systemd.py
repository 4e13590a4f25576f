# SPDX-License-Identifier: BSD-2-Clause
"""Volumes handed over between Pawl and Debian's systemd (252): each opens, lists and wipes what the other enrolled. Nothing
of systemd runs as a service; the TPM is a swtpm that both talk to in turn."""
import json
import os
import re
import shutil

import pytest

from machine import run

KINDS = {'password': 'password', 'TPM2': 'tpm2', 'recovery key': 'recovery'}  # our word: systemd-cryptenroll's
PLUGIN = os.environ['PLUGIN252']
WAYS = {'PASSWORD': 'correct horse', 'NEWPIN': 'a PIN', 'PIN': 'a PIN'}
VERSION = re.match(r'systemd (\d+)', run('systemd-cryptenroll', '--version').stdout)[1] if shutil.which('systemd-cryptenroll') else None

pytestmark = pytest.mark.skipif(not VERSION, reason='no systemd-cryptenroll (package systemd)')
needs_252 = pytest.mark.skipif(VERSION != '252', reason=f'only the plugin of systemd 252 can be shown a swtpm, here is {VERSION}')
SIGNED = ('--tpm2-public-key={m.public_key}', '--tpm2-public-key-pcrs=11', '--tpm2-signature={m.signature}')
POLICIES = {'none': ('--tpm2-pcrs=',), 'literal': ('--tpm2-pcrs=7+11',), 'signed': ('--tpm2-pcrs=', *SIGNED),
            'signed and literal': ('--tpm2-pcrs=7', *SIGNED)}


class Systemd:
    """Its programs. They leave sessions in the TPM, which a kernel's resource manager would take away."""

    def __init__(self, machine):
        self.m = machine

    def tidy(self):
        self.m.tpm.tool('tpm2_flushcontext', '--loaded-session')
        self.m.tpm.tool('tpm2_flushcontext', '--transient-object')

    def cryptenroll(self, image, *args, env=None):
        r = run('systemd-cryptenroll', *args, image, env={**WAYS, **(env or {})})
        self.tidy()
        assert r.returncode == 0, r.stderr
        return r.stdout

    def enroll(self, image, policy, *more):
        args = [a.format(m=self.m) for a in POLICIES[policy]]
        return self.cryptenroll(image, f'--tpm2-device={self.m.tpm.spec}', *args, *more)

    def hands_over(self, image, policy, *more):
        """Pawl enrols the same for systemd 252."""
        args = [a.format(m=self.m) for a in POLICIES[policy]]
        logs = f'--firmware-log={self.m.folder}/firmware.log', f'--user-log={self.m.user_log}'
        r = self.m.pawl('disk', 'enroll', '--tpm2', '--for=systemd-252', *logs, f'--unlock-key-file={self.m.folder}/key', *args, *more,
                        image, env=WAYS)
        assert r.returncode == 0, r.stderr

    def listed(self, image):
        return [line.split() for line in self.cryptenroll(image).splitlines()[1:]]

    def opens(self, image, pin='a PIN'):
        """By its plugin, inside the cryptsetup that people run. A wrong PIN is no error of the call."""
        r = run('cryptsetup', 'open', '--test-passphrase', '--token-only', '--token-type=systemd-tpm2', image, stdin=pin + '\n',
                env={'LD_PRELOAD': PLUGIN, 'PAWL_PLUGIN_TPM': self.m.tpm.spec, 'PAWL_PLUGIN_SIGNATURE': str(self.m.signature)})
        self.tidy()
        assert r.returncode in (0, 1, 2), r
        return r.returncode == 0


@pytest.fixture
def pair(boot):
    m = boot(reference='')
    m.tpm.tool('tpm2_changeauth', '-c', 'lockout', 'secret of the owner')
    return m, Systemd(m)


def ways(m, image):
    r = m.pawl('disk', 'list', '--json', image)
    assert r.returncode == 0, r.stderr
    return [KINDS[w['kind']] for w in json.loads(r.stdout)['ways']]


def recovery_key(m, image):
    r = m.pawl('disk', 'enroll', '--recovery-key', '--no-verify', f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0, r.stderr
    path = m.folder / 'recovery'
    path.write_text(r.stdout.strip())
    return path


# --- made by systemd ---

@pytest.mark.parametrize('policy', POLICIES)
def test_ours_opens(pair, image, policy):
    m, systemd = pair
    systemd.enroll(image, policy)
    r = m.test(image)
    assert (r.returncode, r.stdout) == (0, 'token 0 (systemd-tpm2): opens\n'), r.stdout + r.stderr
    if policy != 'none':
        m.next_phase('ready')
        assert m.test(image).returncode == 1, 'PCR 11 is another one'


@pytest.mark.parametrize('policy', ['none', 'literal', 'signed and literal'])
def test_ours_opens_with_pin(pair, image, policy):
    m, systemd = pair
    systemd.enroll(image, policy, '--tpm2-with-pin=yes')
    assert m.test(image, env={'PIN': 'a PIN'}).returncode == 0
    r = m.test(image, env={'PIN': 'another'})
    assert r.returncode == 1 and 'PIN is wrong' in r.stdout


def test_ours_opens_recovery(pair, image, tmp_path):
    m, systemd = pair
    (tmp_path / 'recovery').write_text(systemd.cryptenroll(image, '--recovery-key').strip())
    assert m.test(image, '--type=recovery', f'--key-file={tmp_path}/recovery').returncode == 0
    assert m.pawl('disk', 'recovery-check', f'--key-file={tmp_path}/recovery', image).returncode == 0
    assert ways(m, image) == ['password', 'recovery']


def test_ours_wipes(pair, image, tmp_path):
    m, systemd = pair
    systemd.enroll(image, 'literal')
    (tmp_path / 'recovery').write_text(systemd.cryptenroll(image, '--recovery-key').strip())
    assert m.pawl('disk', 'wipe', '--yes', image, 'tpm2').returncode == 0
    assert systemd.listed(image) == [['0', 'password'], ['2', 'recovery']]
    assert m.pawl('disk', 'wipe', '--yes', image, 'password').returncode == 0
    assert systemd.listed(image) == [['2', 'recovery']]
    assert run('cryptsetup', 'open', '--test-passphrase', f'--key-file={tmp_path}/recovery', image).returncode == 0


# --- made by us ---

def test_listed(pair, image):
    m, systemd = pair
    assert m.enroll(image, '--tpm2-pcrs=7').returncode == 0
    recovery_key(m, image)
    assert systemd.listed(image) == [['0', 'password'], ['1', 'tpm2'], ['2', 'recovery']]
    assert ways(m, image) == ['password', 'tpm2', 'recovery']


@pytest.mark.parametrize('kind, left', [('tpm2', ['password', 'recovery']), ('recovery', ['password', 'tpm2']),
                                        ('password', ['tpm2', 'recovery']), ('1', ['password', 'recovery'])])
def test_wiped(pair, image, kind, left):
    m, systemd = pair
    assert m.enroll(image, '--tpm2-pcrs=7').returncode == 0
    key = recovery_key(m, image)
    systemd.cryptenroll(image, f'--wipe-slot={kind}')
    assert [k for _, k in systemd.listed(image)] == left
    assert ways(m, image) == left, 'keyslot and token are both gone'
    for way, path in (('password', m.folder / 'key'), ('recovery', key)):
        assert m.test(image, f'--type={way}', f'--key-file={path}').returncode == (0 if way in left else 1)
    assert m.test(image, '--type=tpm2').returncode == (0 if 'tpm2' in left else 1)


def test_recovery_key_is_a_passphrase(pair, image):
    m, _ = pair
    assert run('cryptsetup', 'open', '--test-passphrase', f'--key-file={recovery_key(m, image)}', image).returncode == 0


# --- the plugin itself: that what it says of ours counts, what it says of its own must be right ---

@needs_252
@pytest.mark.parametrize('policy', POLICIES)
def test_plugin_opens_its_own(pair, image, policy):
    m, systemd = pair
    systemd.enroll(image, policy)
    assert systemd.opens(image)
    if policy != 'none':
        m.next_phase('ready')
        assert not systemd.opens(image)


@needs_252
@pytest.mark.parametrize('policy', POLICIES)
def test_plugin_opens_ours(pair, image, policy):
    m, systemd = pair
    systemd.hands_over(image, policy)
    assert systemd.opens(image)
    assert m.test(image).returncode == 0
    if policy != 'none':
        m.next_phase('ready')
        assert not systemd.opens(image)


@needs_252
@pytest.mark.parametrize('policy', ['none', 'literal', 'signed and literal'])
def test_plugin_opens_ours_with_pin(pair, image, policy):
    m, systemd = pair
    systemd.hands_over(image, policy, '--tpm2-with-pin=direct')
    assert not systemd.opens(image, pin='another')
    assert systemd.opens(image)
    assert m.test(image, env={'PIN': 'a PIN'}).returncode == 0


@needs_252
def test_plugin_opens_exact_boot(pair, image):
    m, systemd = pair
    assert m.enroll(image, '--for=systemd-252', '--profile=exact-boot').returncode == 0
    assert systemd.opens(image)


@needs_252
def test_plugin_needs_for_252(pair, image):
    """What makes the option worth having: 252 looks under another parent than all later releases."""
    m, systemd = pair
    assert m.enroll(image, '--tpm2-pcrs=7').returncode == 0
    assert not systemd.opens(image)


@pytest.mark.parametrize('args, reason', [
    ((), 'no policy references'),
    (('--tpm2-pcrs=7', '--tpm2-with-pin=yes'), 'no Argon2id'),
    (('--for=systemd-253',), 'not pawl, systemd or systemd-252'),
])
def test_for_252_refuses(boot, image, args, reason):
    m = boot()
    m.tpm.tool('tpm2_changeauth', '-c', 'lockout', 'secret of the owner')
    before = image.read_bytes()
    r = m.enroll(image, '--for=systemd-252', *args, env=WAYS)
    assert r.returncode == 64 and reason in r.stderr, r.stderr
    assert image.read_bytes() == before


@pytest.mark.parametrize('args', [(), ('--profile=exact-boot',)])
def test_for_an_initrd_with_separator(boot, image, args):
    """systemd 261 and later measure one before they open volumes."""
    m = boot()
    assert m.enroll(image, '--for=systemd', *args).returncode == 0
    assert m.test(image).returncode == 1
    for pcr in (0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14):
        m.tpm.extend(pcr, b'os-separator')
    assert m.test(image).returncode == 0
