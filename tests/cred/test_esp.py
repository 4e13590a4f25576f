# SPDX-License-Identifier: BSD-2-Clause
"""Sealing to a file beside the image: what the next boot measures is foretold before it is written, and volumes are enrolled
for that boot beside this one."""
import hashlib
import json
import re
import sys

import pytest

from machine import TOP, run
from service import PAWL, SECRET

sys.path.insert(0, str(TOP / 'qemu-tests' / 'lib'))
import sidecars  # noqa: E402  (needs the path above)

PASSPHRASE = 'correct horse'
FOLDERS = {'loader/credentials': 'global_credentials', 'EFI/Linux/os.efi.extra.d': 'credentials'}


@pytest.fixture
def machine(boot, tmp_path):
    m = boot()
    (m.folder / 'key').write_text(PASSPHRASE)
    m.image = tmp_path / 'disk'
    with m.image.open('wb') as f:
        f.truncate(4 << 20)
    r = run('cryptsetup', 'luksFormat', '-q', '--type', 'luks2', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000',
            '--luks2-keyslots-size', '2m', '--key-file', m.folder / 'key', m.image)
    assert r.returncode == 0, r.stderr
    r = m.enroll(m.image)
    assert r.returncode == 0, r.stderr
    return m


def image_key(m):
    """The running image's key, as a file."""
    return [f'--tpm2-public-key={m.public_key}']


def esp(m, folder):
    path = m.folder / 'esp' / folder
    path.mkdir(parents=True, exist_ok=True)
    return path


def seal(m, out, *args):
    return m.cred('seal', '--with-key=host', '--allow-null', *m.logs()[:2], *args, m.plain, out)


def next_boot(m, *archives):
    """Up to the moment at which pawl-init opens volumes, with these archives beside the image."""
    m.tpm.reboot()
    for pcr, data in m.log.events:
        m.tpm.extend(pcr, data)
    for archive in archives:
        m.tpm.extend(12, archive)
    m.tpm.extend(11, b'enter-initrd')


def opens(m, token):
    return m.test(m.image, '--type=tpm2', f'--token-id={token}').returncode == 0


def boots_as_foretold(m, r, folder, name):
    archive = sidecars.archive(FOLDERS[folder], {name: (esp(m, folder) / name).read_bytes()})
    foretold = re.search(r'sha256 ([0-9a-f]{64})', r.stderr)[1]
    assert foretold == hashlib.sha256(bytes(32) + hashlib.sha256(archive).digest()).hexdigest()
    next_boot(m, archive)


@pytest.mark.parametrize('folder', FOLDERS)
def test_said_and_refused(machine, folder):
    """Nobody is there to ask."""
    m = machine
    out = esp(m, folder) / 'x.cred'
    r = run('setsid', '-w', *command(m, out), env=environment(m))
    assert r.returncode == 2 and 'PCR 12 will be another one' in r.stderr and 'say --yes' in r.stderr, r.stderr
    assert not out.exists()
    assert seal(m, m.folder / 'x.cred').stderr == '', 'elsewhere nothing is said'


def command(m, out, *args):
    return (PAWL, 'cred', 'seal', '--with-key=host', *m.logs()[:2], *args, m.plain, out)


def environment(m):
    return {'PAWL_TPM_LOCK': str(m.folder / 'lock'), 'PAWL_EFIVARS': str(m.folder / 'efivars'),
            'PAWL_STATE': str(m.folder / 'state'), **m.environment}


@pytest.mark.parametrize('folder', FOLDERS)
def test_without_enrolling(machine, folder):
    m = machine
    r = seal(m, esp(m, folder) / 'x.cred', '--yes')
    assert r.returncode == 0, r.stderr
    boots_as_foretold(m, r, folder, 'x.cred')
    assert not opens(m, 0), 'it says so rightly'
    next_boot(m)
    assert opens(m, 0)


@pytest.mark.parametrize('folder', FOLDERS)
def test_with_enrolling(machine, folder):
    """Both the boot as it is now and the next one open the volume."""
    m = machine
    out = esp(m, folder) / 'x.cred'
    r = seal(m, out, *image_key(m), f'--re-enroll={m.image}', f'--unlock-key-file={m.folder}/key')
    assert r.returncode == 0 and 'is bound to PCR 12' in r.stderr, r.stderr
    boots_as_foretold(m, r, folder, 'x.cred')
    assert opens(m, 1) and not opens(m, 0)
    next_boot(m)
    assert opens(m, 0) and not opens(m, 1)
    assert m.unseal(out, '--name=').stdout == SECRET


def test_a_header_does_not_choose_the_policy(boot, tmp_path):
    """The token that is bound to PCR 12 was put there by somebody else: what is enrolled is the image's policy all the same."""
    m = boot()
    (m.folder / 'key').write_text(PASSPHRASE)
    m.image = tmp_path / 'disk'
    with m.image.open('wb') as f:
        f.truncate(4 << 20)
    assert run('cryptsetup', 'luksFormat', '-q', '--type', 'luks2', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000',
               '--luks2-keyslots-size', '2m', '--key-file', m.folder / 'key', m.image).returncode == 0
    r = m.pawl('disk', 'enroll', '--tpm2', '--tpm2-pcrs=12', *m.logs()[:2], f'--unlock-key-file={m.folder}/key', m.image)
    assert r.returncode == 0, r.stderr
    r = seal(m, esp(m, 'loader/credentials') / 'x.cred', *image_key(m), f'--re-enroll={m.image}', f'--unlock-key-file={m.folder}/key')
    assert r.returncode == 0, r.stderr
    token = json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', m.image).stdout)['tokens']['1']
    assert token['tpm2-pcrs'] == [7, 12, 15] and token['tpm2_pubkey_pcrs'] == [11]


def test_not_enrolled_not_written(machine):
    m = machine
    (m.folder / 'wrong').write_text('wrong')
    out = esp(m, 'loader/credentials') / 'x.cred'
    r = seal(m, out, f'--re-enroll={m.image}', f'--unlock-key-file={m.folder}/wrong')
    assert r.returncode == 2 and 'the credential is not written' in r.stderr
    assert not out.exists()


def test_second_of_two(machine):
    """What is there already stays part of the archive."""
    m = machine
    folder = esp(m, 'loader/credentials')
    assert seal(m, folder / 'a.cred', '--yes').returncode == 0
    r = seal(m, folder / 'b.cred', '--yes')
    files = {p.name: p.read_bytes() for p in folder.iterdir()}
    archive = sidecars.archive('global_credentials', files)
    assert re.search(r'sha256 ([0-9a-f]{64})', r.stderr)[1] == \
        hashlib.sha256(bytes(32) + hashlib.sha256(archive).digest()).hexdigest()


def test_names_that_the_stub_does_not_take(machine):
    m = machine
    out = esp(m, 'loader/credentials') / 'x.txt'
    r = seal(m, out, '--yes')
    assert r.returncode == 64 and 'ends in .cred' in r.stderr and not out.exists()


def test_full_folder(machine):
    m = machine
    folder = esp(m, 'loader/credentials')
    for i in range(64):
        (folder / f'{i}.cred').write_text('x')
    r = seal(m, folder / 'x.cred', '--yes')
    assert r.returncode == 2 and '64' in r.stderr and not (folder / 'x.cred').exists()


def test_log_that_is_not_true(boot):
    """PCR 12 cannot be foretold from a log that the TPM contradicts: nothing is written."""
    m = boot(lie_in=12, cmdline='something')
    out = esp(m, 'loader/credentials') / 'x.cred'
    r = seal(m, out, '--yes')
    assert r.returncode == 2 and 'cannot be told' in r.stderr and not out.exists()


def test_machine_with_a_command_line(boot):
    """The archive comes behind what the stub measures before it."""
    m = boot(cmdline='something')
    out = esp(m, 'loader/credentials') / 'x.cred'
    r = seal(m, out, '--yes')
    assert r.returncode == 0, r.stderr
    measured = [data for pcr, data in m.log.events if pcr == 12]
    value = bytes(32)
    for data in (*measured, sidecars.archive('global_credentials', {'x.cred': out.read_bytes()})):
        value = hashlib.sha256(value + hashlib.sha256(data).digest()).digest()
    assert re.search(r'sha256 ([0-9a-f]{64})', r.stderr)[1] == value.hex()
