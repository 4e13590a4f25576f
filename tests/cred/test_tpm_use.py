# SPDX-License-Identifier: BSD-2-Clause
"""What the verbs send to a TPM: how many commands, and nothing that a listener could use. And two hundred at once."""
import base64
import fcntl
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from service import NAME, SECRET, SERVICES, decoded
from test_bus import heard
from tpmtest import Proxy

BOTH = (('enter-initrd:leave-initrd', ''), *SERVICES)
CREATE_PRIMARY, UNSEAL = 0x131, 0x15e


@pytest.fixture
def bus(boot):
    proxies = []

    def start():
        m = boot(signed=BOTH)
        m.cred('seal', '--with-key=tpm2', m.plain, m.folder / 'makes-the-storage-root-key')
        proxies.append(Proxy(m.tpm))
        m.tpm_spec = proxies[-1].spec
        return m, proxies[-1]
    yield start
    for p in proxies:
        p.close()


def arguments(m, kind, is_literal):
    signed = (f'--tpm2-public-key={m.public_key}',) if 'public-key' in kind else ()
    return (*signed, '--tpm2-pcrs=7+12' if is_literal else '--tpm2-pcrs=') if 'tpm2' in kind else ()


KINDS = [('tpm2', True, 5, 4), ('tpm2', False, 4, 3), ('host+tpm2', True, 5, 4), ('tpm2-with-public-key', False, 9, 5),
         ('tpm2-with-public-key', True, 10, 6), ('host+tpm2-with-public-key', True, 10, 6)]


@pytest.mark.parametrize('kind, is_literal, first, further', KINDS)
def test_commands(bus, kind, is_literal, first, further):
    """One credential costs `first`, each further one of the same call `further`, flushing included."""
    m, proxy = bus()
    for i in range(24):
        m.seal(kind, *arguments(m, kind, is_literal), name=f'secret{i}')
    assert m.unseal(m.store / 'secret0').returncode == 0
    proxy.commands.clear()
    assert m.unseal(m.store / 'secret0').stdout == SECRET
    assert len(proxy.commands) <= first, proxy.commands
    proxy.commands.clear()
    assert m.unseal_all().returncode == 0 and len(m.opened()) == 24
    assert len(proxy.commands) <= first + 23 * further, len(proxy.commands)
    assert len(proxy.commands) / 24 <= (4 if not 'public' in kind else 6) + 0.25
    assert CREATE_PRIMARY not in proxy.commands
    assert m.tpm.left_behind() == []


@pytest.mark.parametrize('n, phase', [(1, None), (1, 'sysinit'), (24, 'sysinit'), (300, None)])
def test_store_commands(bus, n, phase):
    """Also where the image has several signatures that might fit."""
    m, proxy = bus()
    m.seal('store', name='secret0')
    text = (m.store / 'secret0').read_text()
    for i in range(1, n):
        if i < 24:
            m.seal('store', name=f'secret{i}')
        else:
            m.seal('store', '--name=', name=f'secret{i}') if i == 24 else \
                (m.store / f'secret{i}').write_text((m.store / 'secret24').read_text())
    assert text == (m.store / 'secret0').read_text()
    if phase:
        m.next_phase(phase)
    proxy.commands.clear()
    assert m.unseal_all().returncode == 0 and len(m.opened()) == n
    assert len(proxy.commands) <= 10, proxy.commands
    assert m.tpm.left_behind() == []


def test_sealing_commands(bus):
    m, proxy = bus()
    proxy.commands.clear()
    m.seal('store')
    first = len(proxy.commands)
    proxy.commands.clear()
    m.seal('store', name='second')
    assert proxy.commands == [] and first <= 12
    m.seal('host+tpm2', '--tpm2-pcrs=7', name='third')
    assert len(proxy.commands) <= 8, proxy.commands


def in_clear(m, blob, literal, ref=None):
    """What is in a sealed object, by tpm2-tools and not through the proxy: literal PCRs, or PCR 11 signed under `ref` too."""
    end = 2 + int.from_bytes(blob[:2], 'big')
    (m.tpm.folder / 'private').write_bytes(blob[:end])
    (m.tpm.folder / 'public').write_bytes(blob[end:])
    tools = [['tpm2_load', '-Q', '-C', '0x81000001', '-u', 'public', '-r', 'private', '-c', 'object'], ['tpm2_flushcontext', '-t']]
    tools += [['tpm2_startauthsession', '--policy-session', '-S', 'session']]
    if ref:
        row = next(r for r in json.loads(m.signature.read_text())['sha256'] if r.get('ref') == ref)
        (m.tpm.folder / 'pol').write_bytes(bytes.fromhex(row['pol']))
        (m.tpm.folder / 'nonce').write_bytes(hashlib.sha256(ref.encode()).digest())
        (m.tpm.folder / 'signed').write_bytes(bytes.fromhex(row['pol']) + hashlib.sha256(ref.encode()).digest())
        (m.tpm.folder / 'sig').write_bytes(base64.b64decode(row['sig']))
        tools += [['tpm2_policypcr', '-Q', '-S', 'session', '-l', 'sha256:11'],
                  ['tpm2_loadexternal', '-Q', '-G', 'rsa', '-C', 'o', '-u', str(m.public_key), '-c', 'key', '-n', 'key.name'],
                  ['tpm2_verifysignature', '-Q', '-c', 'key', '-g', 'sha256', '-m', 'signed', '-s', 'sig', '-t', 'ticket', '-f', 'rsassa'],
                  ['tpm2_policyauthorize', '-Q', '-S', 'session', '-i', 'pol', '-q', 'nonce', '-n', 'key.name', '-t', 'ticket']]
    tools += [['tpm2_policypcr', '-Q', '-S', 'session', '-l', f'sha256:{literal}'],
              ['tpm2_unseal', '-Q', '-c', 'object', '-p', 'session:session', '-o', 'out'],
              ['tpm2_flushcontext', 'session'], ['tpm2_flushcontext', '-t']]
    for words in tools:
        m.tpm.tool(*words)
    return (m.tpm.folder / 'out').read_bytes()


@pytest.mark.parametrize('kind', ['tpm2', 'store'])
def test_nothing_is_heard(bus, kind):
    """Neither the secret, nor what the TPM gives for it: the sealed key, or the private half of the store's pair."""
    m, proxy = bus()
    path = m.seal(kind, *arguments(m, kind, True))
    assert m.unseal(path).stdout == SECRET
    assert m.unseal_all().returncode == 0
    if kind == 'store':
        pair = json.loads(next((m.folder / 'state' / 'store').glob('*.key')).read_text())
        key = in_clear(m, base64.b64decode(pair['blob']), '7,12,15', 'pawl-services')
    else:
        data = decoded(path)
        size = int.from_bytes(data[60:64], 'little')
        key = in_clear(m, data[68:68 + size], '7,12')
    traffic = bytes(proxy.traffic)
    assert len(key) == 32 and proxy.commands.count(UNSEAL) == 2
    for what in key, hashlib.sha256(key).digest(), SECRET.strip().encode():
        assert heard(traffic, what) == []
        assert heard(traffic + what, what) == ['raw'], 'the ear works'


@pytest.mark.parametrize('kind', ['tpm2', 'store'])
def test_two_hundred(boot, kind):
    """All succeed, each gets its own, and the TPM is left empty."""
    m = boot(signed=BOTH)
    n = 200
    for i in range(n):
        if i < 20 or kind == 'store':
            m.seal(kind, *arguments(m, kind, True), name=f'secret{i}', secret=f'the secret number {i}')
    count = n if kind == 'store' else 20
    with ThreadPoolExecutor(n) as pool:
        results = list(pool.map(lambda i: m.unseal(m.store / f'secret{i % count}'), range(n)))
    assert [(r.returncode, r.stdout) for r in results] == [(0, f'the secret number {i % count}') for i in range(n)], \
        [r.stderr for r in results if r.returncode][:3]
    assert m.tpm.left_behind() == []


def test_waiting_is_said(boot):
    """Somebody else has the TPM for a while: a line says so, and it works afterwards."""
    m = boot(signed=BOTH)
    path = m.seal('tpm2', '--tpm2-pcrs=7')
    with (m.folder / 'lock').open('w') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        timer = threading.Timer(2.5, lambda: fcntl.flock(f, fcntl.LOCK_UN))
        timer.start()
        r = m.unseal(path)
        timer.join()
    assert r.stdout == SECRET and r.stderr.count('waiting for other programs') == 1, r.stderr


def test_silent_tpm(boot):
    """One that stops answering fails them all after one deadline, and what needs no TPM still opens."""
    m = boot(signed=BOTH)
    for i in range(3):
        m.seal('tpm2', '--tpm2-pcrs=7', name=f'secret{i}')
    m.seal('host', name=NAME)
    proxy = Proxy(m.tpm, lambda command: Proxy.HANG)
    m.tpm_spec = proxy.spec
    r = m.unseal_all()
    proxy.close()
    assert r.returncode == 2 and m.opened() == {NAME: SECRET}, r.stderr
    assert len(proxy.commands) == 1
