# SPDX-License-Identifier: BSD-2-Clause
"""`pawl cred run`: a service sees its secrets and nobody else does. In a mount namespace of the test's own, as root."""
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from machine import run
from service import NAME, PAWL, SECRET

IN_NAMESPACE = ('unshare', '--mount', '--propagation', 'private')
CAN_MOUNT = os.geteuid() == 0 and run(*IN_NAMESPACE, 'mount', '-t', 'ramfs', 'ramfs', '/mnt').returncode == 0
pytestmark = pytest.mark.skipif(not CAN_MOUNT, reason='needs root and mounts')
STATE = '/proc/self/mountinfo'


def command(m, *args):
    """In a namespace whose /run is empty, so that nothing of this machine is touched."""
    words = ' '.join(f"'{a}'" for a in (PAWL, 'cred', *args))
    return (*IN_NAMESPACE, 'sh', '-c', f'mount -t tmpfs none /run; exec {words}')


def environment(m):
    return {**os.environ, 'PAWL_TPM_LOCK': str(m.folder / 'lock'), 'PAWL_EFIVARS': str(m.folder / 'efivars'),
            'PAWL_STATE': str(m.folder / 'state'), **m.environment}


def cred_run(m, *args):
    return run(*command(m, 'run', f'--tpm2-signature={m.signature}', *args), env=environment(m))


def test_gets_it(boot):
    m = boot()
    m.seal('store')
    m.seal('host', name='second', secret='another\n')
    r = cred_run(m, f'--store={m.store}', f'--cred={NAME}', '--cred=second', '--', 'sh', '-c',
                 'cd "$CREDENTIALS_DIRECTORY" && cat db-password second && stat -c "%a %u %n" * . && ls -A; touch x 2>&1 | grep -o "Read-only file system"; cat /proc/self/mountinfo')
    assert r.returncode == 0, r.stderr
    assert r.stdout.startswith(SECRET + 'another\n' + f'400 0 {NAME}\n400 0 second\n500 0 .\n{NAME}\nsecond\nRead-only file system\n'), r.stdout
    assert never_swapped(r.stdout, '/run/pawl/service')


def never_swapped(mountinfo, path):
    line = next(line for line in mountinfo.splitlines() if f' {path} ' in line)
    assert all(option in line for option in ('nosuid', 'nodev', 'noexec'))
    return ' - ramfs ' in line or (' - tmpfs ' in line and ',noswap' in line)


def test_file_and_name(boot):
    m = boot()
    path = m.seal('host', out=m.folder / 'anything.cred', name='x')
    r = cred_run(m, f'--cred=mine={path}', '--', 'true')
    assert r.returncode == 1 and 'under the name "anything.cred", not "mine"' in r.stderr
    path = m.seal('host', '--name=mine', out=m.folder / 'anything.cred')
    r = cred_run(m, f'--cred=mine={path}', '--', 'sh', '-c', 'cat $CREDENTIALS_DIRECTORY/mine')
    assert (r.returncode, r.stdout) == (0, SECRET), r.stderr


def test_other_user(boot):
    m = boot()
    m.seal('host')
    r = cred_run(m, f'--store={m.store}', f'--cred={NAME}', '--user=daemon', '--', 'sh', '-c',
                 'id -un; id -Gn; stat -c "%a %U" $CREDENTIALS_DIRECTORY $CREDENTIALS_DIRECTORY/*; cat $CREDENTIALS_DIRECTORY/*; '
                 'touch $CREDENTIALS_DIRECTORY/x 2>/dev/null || echo read-only')
    assert r.stdout == f'daemon\ndaemon\n500 daemon\n400 daemon\n{SECRET}read-only\n', r.stderr


def test_no_wrapper_and_its_status(boot):
    """The command has the process of the one that was started: signals and status are its own."""
    m = boot()
    m.seal('host')
    assert cred_run(m, f'--store={m.store}', f'--cred={NAME}', '--', 'sh', '-c', 'exit 42').returncode == 42
    p = subprocess.Popen(command(m, 'run', f'--store={m.store}', f'--cred={NAME}', '--', 'sleep', '60'), env=environment(m))
    wait_for(lambda: Path(f'/proc/{p.pid}/comm').read_text() == 'sleep\n')
    assert Path(f'/proc/{p.pid}/environ').read_bytes().count(b'CREDENTIALS_DIRECTORY=') == 1
    p.send_signal(signal.SIGKILL)
    assert p.wait() == -9


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def mounts(pid):
    return [line.split()[4] for line in Path(f'/proc/{pid}/mountinfo').read_text().splitlines() if '/run/pawl/service' in line]


def folder_of(pid):
    """The service's folder as that process sees it."""
    return Path('/proc') / str(pid) / 'root' / 'run' / 'pawl' / 'service'


def test_nobody_else_sees_it(boot):
    """Not in the namespace that it was started from, not in environment or arguments, not in swap, not after kill -9."""
    m = boot()
    secret = 'no one may know this 5f1c'
    m.seal('host', secret=secret)
    p = subprocess.Popen([*IN_NAMESPACE, 'sh', '-c', 'mount -t tmpfs none /run; "$@" & echo $!; wait', 'sh', PAWL, 'cred', 'run',
                          f'--store={m.store}', f'--cred={NAME}', '--', 'sleep', '60'], env=environment(m), stdout=subprocess.PIPE,
                         text=True)
    child = int(p.stdout.readline())
    wait_for(lambda: Path(f'/proc/{child}/comm').read_text() == 'sleep\n')
    assert mounts(child) == ['/run/pawl/service'] and mounts(p.pid) == [] and mounts('self') == []
    inside = folder_of(child)
    assert (inside / NAME).read_text() == secret, 'root can look into it, as into any process'
    assert list(folder_of(p.pid).iterdir()) == []
    for what in ('environ', 'cmdline'):
        assert secret.encode() not in Path(f'/proc/{child}/{what}').read_bytes()
    assert secret.encode() not in memory_of(child), 'the copies of the program that gave it are gone'
    os.kill(child, signal.SIGKILL)
    p.wait()
    assert not Path(f'/proc/{child}').exists()


def memory_of(pid):
    found = b''
    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as f:
        for line in Path(f'/proc/{pid}/maps').read_text().splitlines():
            span, access = line.split()[:2]
            start, end = (int(x, 16) for x in span.split('-'))
            if 'w' in access and '[v' not in line:
                f.seek(start)
                found += f.read(end - start)
    return found


@pytest.mark.parametrize('what', ['missing', 'wrong', 'expired', 'one of two'])
def test_not_started(boot, what):
    m = boot()
    marker = m.folder / 'started'
    creds = [f'--cred={NAME}']
    status = 1
    if what == 'wrong':
        path = m.seal('host')
        path.write_text(path.read_text().replace('A', 'B', 1) if 'A' in path.read_text()[60:] else 'x')
        text = bytearray(path.read_bytes())
        path.write_bytes(bytes(text))
        status = None
    elif what == 'expired':
        m.seal('host', '--timestamp=@1', '--not-after=@2')
    elif what == 'one of two':
        m.seal('host')
        creds.append('--cred=not-there')
        status = 2
    else:
        status = 2
    r = cred_run(m, f'--store={m.store}', *creds, '--', 'touch', marker)
    assert not marker.exists()
    assert r.returncode == status if status else r.returncode in (1, 2)
    assert r.stderr.startswith('pawl: ') and len(r.stderr.splitlines()) == 1


def test_command_that_is_not_there(boot):
    m = boot()
    m.seal('host')
    r = cred_run(m, f'--store={m.store}', f'--cred={NAME}', '--', '/no/such/command')
    assert r.returncode == 2 and '/no/such/command: cannot be started' in r.stderr


def test_from_what_was_opened_at_boot(boot):
    """After ready nothing opens any more, and no TPM is asked: what was opened serves."""
    m = boot()
    m.seal('store')
    script = f'''mount -t tmpfs none /run
    "$PAWL" cred unseal --all {' '.join(m.logs())} {m.store} || exit 7
    cat /proc/self/mountinfo; echo ---; stat -c %a /run/pawl/credentials /run/pawl/credentials/*
    export PAWL_TPM=/no/such/device
    "$PAWL" cred run --cred={NAME} -- sh -c 'cat $CREDENTIALS_DIRECTORY/*'
    setpriv --reuid=daemon --regid=daemon --clear-groups ls /run/pawl/credentials 2>/dev/null || echo nobody else'''
    r = run(*IN_NAMESPACE, 'sh', '-c', script, env={**environment(m), 'PAWL': PAWL,
                                                     'PAWL_POLICIES': str(Path(__file__).resolve().parents[2] / 'pcr-policies')})
    assert r.stdout.endswith(f'---\n700\n400\n{SECRET}nobody else\n'), r.stdout + r.stderr
    assert never_swapped(r.stdout, '/run/pawl/credentials')


def test_what_lay_on_the_boot_partition(boot):
    """Anybody can have put it there, and sealed it to the TPM: only what this machine sealed is opened, and the store comes first."""
    m = boot()
    for kind, name in (('host', 'ours'), ('tpm2', 'anybodys'), ('null', 'nobodys')):
        m.seal(kind, f'--name={name}', out=m.folder / f'{name}.cred', secret=name)
    m.seal('host', name='twice', secret='from the store')
    m.seal('host', '--name=twice', out=m.folder / 'twice.cred', secret='from the boot partition')
    script = f'''mount -t tmpfs none /run; mkdir -p /run/credentials/@encrypted /run/credstore.encrypted
    cp {m.folder}/*.cred /run/credentials/@encrypted; cp {m.store}/twice /run/credstore.encrypted
    "$PAWL" cred unseal --all --allow-null; echo $?; cd /run/pawl/credentials && grep -r . .'''
    r = run(*IN_NAMESPACE, 'sh', '-c', script, env={**environment(m), 'PAWL': PAWL})
    assert sorted(r.stdout.splitlines()) == ['./ours:ours', './twice:from the store', '1'], r.stdout + r.stderr
    assert r.stderr.count('whoever can write the file could have sealed it') == 2


def test_not_root(boot):
    m = boot()
    m.seal('host')
    r = run('setpriv', '--reuid=daemon', '--regid=daemon', '--clear-groups', PAWL, 'cred', 'run', f'--cred={NAME}', '--', 'true')
    assert r.returncode == 2 and r.stdout == ''


@pytest.mark.parametrize('args', [(), ('--cred=x',), ('--', 'true'), ('--cred=a/b', '--', 'true'),
                                  ('--cred=x', '--cred=x', '--', 'true')])
def test_usage(boot, args):
    m = boot()
    assert m.cred('run', *args).returncode in (2, 64)
