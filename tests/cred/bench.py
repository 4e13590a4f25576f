#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What opening credentials costs, against a loop of systemd-creds on the same TPM: bench.py PAWL. Exits 1 over budget."""
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

os.environ['PAWL_TPM_DRIVER'] = sys.argv[1]
sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / 'tpm'), str(TESTS / 'luks')]

from service import SECRET, ServiceMachine  # noqa: E402  (needs the path above)
from tpmtest import Proxy  # noqa: E402

DELAY = 0.05  # seconds for each command, as slow chips have it
BOTH = (('enter-initrd:leave-initrd', ''), ('enter-initrd:leave-initrd', 'pawl-services'))
STORE_BUDGET, LITERAL_BUDGET, SIGNED_BUDGET = 10, 4, 6  # commands; the last two for each further credential
over = []


def fill(m, kind, n, args):
    """n credentials of one kind; those of TPM kinds are copies of 24, since each is an object of its own to the TPM anyway."""
    shutil.rmtree(m.store)
    m.store.mkdir()
    for i in range(min(n, 24)):
        m.seal(kind, '--name=', *args, name=f'secret{i}')
    for i in range(24, n):
        shutil.copy(m.store / f'secret{i % 24}', m.store / f'secret{i}')


def measure(proxy, work):
    proxy.commands.clear()
    begin = time.monotonic()
    work()
    return len(proxy.commands), time.monotonic() - begin


def opens_all(m, n):
    shutil.rmtree(m.folder / 'opened', ignore_errors=True)
    r = m.unseal_all()
    assert r.returncode == 0 and len(m.opened()) == n, r.stderr


def systemd_loop(m, n):
    for i in range(n):
        r = m.systemd('decrypt', f'--tpm2-device={m.tpm_spec}', '--name=', f'--tpm2-signature={m.signature}', m.store / f'secret{i}', '-')
        assert r.stdout == SECRET, r.stderr


def row(kind, n, delay, ours, theirs=None):
    commands, seconds = ours
    text = f'{kind:<28} {n:>5} {"50 ms" if delay else "-":>6} {commands:>9,} {seconds:>9.2f} s'
    if theirs:
        text += f' {theirs[0]:>11,} {theirs[1]:>9.2f} s {commands / theirs[0]:>7.3f}'
    print(text, flush=True)


def judge(is_within, what):
    if not is_within:
        over.append(what)


def main():
    folder = Path(tempfile.mkdtemp(prefix='pawl-bench-'))
    m = ServiceMachine(folder, signed=BOTH)
    slow = {'delay': 0}
    proxy = Proxy(m.tpm, lambda command: time.sleep(slow['delay']))
    m.seal('tpm2', name='makes-the-key')
    m.tpm_spec = proxy.spec
    print('(d) opening credentials: one call of pawl, and a loop of systemd-creds 252')
    print(f'{"kind":<28} {"n":>5} {"delay":>6} {"commands":>9} {"time":>11} {"systemd":>11} {"time":>11} {"ratio":>7}')
    kinds = [('store', (), 0, STORE_BUDGET), ('tpm2', ('--tpm2-pcrs=7', '--for=systemd-252'), LITERAL_BUDGET, 3),
             ('tpm2', ('--tpm2-pcrs=7',), LITERAL_BUDGET, 1),
             ('tpm2-with-public-key', (f'--tpm2-public-key={m.public_key}', '--tpm2-pcrs=7'), SIGNED_BUDGET, 4)]
    for delay, counts in ((0, (1, 24, 1000)), (DELAY, (1, 24))):
        for kind, args, each, once in kinds:
            for n in counts:
                m.tpm_spec = m.tpm.spec
                fill(m, kind, n, args)
                m.tpm_spec, slow['delay'] = proxy.spec, delay
                ours = measure(proxy, lambda: opens_all(m, n))
                theirs = measure(proxy, lambda: systemd_loop(m, n)) if '--for=systemd-252' in args else None
                slow['delay'] = 0
                row(kind + (' (format of 252)' if theirs else ''), n, delay, ours, theirs)
                judge(ours[0] <= each * n + once, f'{n} of {kind}')
    proxy.close()
    m.close()
    shutil.rmtree(folder)
    for what in over:
        print(f'over budget: TPM commands for {what}')
    return 1 if over else 0


if __name__ == '__main__':
    sys.exit(main())
