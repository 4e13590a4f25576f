# SPDX-License-Identifier: BSD-2-Clause
"""Whether a volume will open at the next boot: told before it, then booted and compared."""
import json
import os
import re
import shutil
import struct
import sys
import uuid
from pathlib import Path

import pytest

from machine import DATABASE, EV_IPL, GLOBAL, PAWL, TOP, forgeries, run, variable

os.environ.setdefault('PAWL', PAWL)
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'uki'))

import common  # noqa: E402  (needs the two lines above)

SHA256 = uuid.UUID('c1c41626-504c-4092-aca9-41f936934328')
OWNER = uuid.UUID('77fa9abd-0359-4d32-bd60-28f4e78f784b')
OFF, ON = variable('SecureBoot', b'\0'), variable('SecureBoot', b'\1')


def siglist(*hashes):
    body = b''.join(OWNER.bytes_le + h for h in hashes)
    return SHA256.bytes_le + struct.pack('<III', 28 + len(body), 0, 48) + body


OLD, NEW = siglist(b'1' * 32, b'2' * 32), siglist(b'3' * 32)
LISTS = {variable('dbx', b'a list', DATABASE): variable('dbx', OLD, DATABASE)}
X509 = uuid.UUID('a5c059a1-94e4-4aa7-87b5-ab155c2bf072')


def certificate_list(*certificates):
    return b''.join(X509.bytes_le + struct.pack('<III', 28 + 16 + len(c), 0, 16 + len(c)) + OWNER.bytes_le + c for c in certificates)


def signed_update(content):
    """EFI_VARIABLE_AUTHENTICATION_2 and the list behind it, as updates are shipped."""
    return bytes(16) + struct.pack('<IHH', 24 + 100, 0x0200, 0x0ef1) + bytes(16) + bytes(100) + content


def write_variables(m, **content):
    for name, data in content.items():
        guid = DATABASE if name in ('db', 'dbx') else GLOBAL
        (m.folder / 'efivars' / f'{name}-{guid}').write_bytes(struct.pack('<I', 0x27) + data)


def machine(boot, image, pcrs=None):
    """A machine with real lists, an enrolled volume, and variables that are as they were measured."""
    m = boot()
    m.boot_again(replaced=LISTS)
    write_variables(m, PK=b'a key', KEK=b'a key', db=b'a list', dbx=OLD)
    if pcrs is None:
        r = m.enroll(image)
    else:
        r = m.pawl('disk', 'enroll', '--tpm2', f'--tpm2-pcrs={pcrs}', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}',
                   f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0, r.stderr
    return m


def forecast(m, image, *args):
    r = m.pawl('forecast', '--json', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}', f'--tpm2-signature={m.signature}',
               *args, image)
    rows = json.loads(r.stdout) if r.stdout else [{'forecast': '', 'reason': r.stderr}]
    words = {0: 'will open', 1: 'will NOT open', 2: 'cannot tell'}
    fits = [row for row in rows if row['forecast'] in ('', words[r.returncode])]
    assert fits, (r.returncode, r.stdout, r.stderr)
    return r.returncode, fits[0]['reason']


def truth(m, image):
    return m.test(image, '--type=tpm2').returncode


def test_nothing_changes(boot, image):
    m = machine(boot, image)
    assert forecast(m, image) == (0, 'by itself, when volumes are opened')
    for word in ('leave-initrd', 'ready'):
        m.next_phase(word)
    m.measure_volume()
    assert forecast(m, image)[0] == 0, 'told from the running system'
    m.boot_again(replaced=LISTS)
    assert truth(m, image) == 0


@pytest.mark.parametrize('pcrs, expected', [(None, 1), ('4+12', 0), ('7+12', 1)])
def test_secure_boot_off(boot, image, pcrs, expected):
    m = machine(boot, image, pcrs)
    status, reason = forecast(m, image, '--without-secure-boot')
    assert status == expected and (status == 0 or 'Secure Boot was turned off' in reason)
    m.boot_again(replaced={**LISTS, ON: OFF}, secure_boot=False)
    assert truth(m, image) == expected


@pytest.mark.parametrize('content', [NEW, signed_update(NEW)])
@pytest.mark.parametrize('pcrs, expected', [(None, 1), ('4+12', 0)])
def test_dbx_update(boot, image, tmp_path, content, pcrs, expected):
    m = machine(boot, image, pcrs)
    (tmp_path / 'dbx').write_bytes(content)
    status, reason = forecast(m, image, f'--with-dbx={tmp_path}/dbx')
    assert status == expected and (status == 0 or 'dbx' in reason), reason
    m.boot_again(replaced={**LISTS, variable('dbx', b'a list', DATABASE): variable('dbx', OLD + NEW, DATABASE)})
    assert truth(m, image) == expected


def test_a_dbx_update_that_brings_nothing(boot, image, tmp_path):
    m = machine(boot, image)
    (tmp_path / 'dbx').write_bytes(signed_update(siglist(b'2' * 32)))
    assert forecast(m, image, f'--with-dbx={tmp_path}/dbx')[0] == 0


def test_an_update_that_is_none(boot, image, tmp_path):
    m = machine(boot, image)
    for content in (b'x' * 100, OLD[:-5], b''):
        (tmp_path / 'dbx').write_bytes(content)
        status, reason = forecast(m, image, f'--with-dbx={tmp_path}/dbx')
        assert status == (2 if content else 0), reason


def test_variables_that_were_changed_already(boot, image):
    """fwupd was here since the boot: the next one measures what is there now."""
    m = machine(boot, image)
    write_variables(m, dbx=OLD + NEW)
    status, reason = forecast(m, image)
    assert status == 1 and 'dbx' in reason
    m.boot_again(replaced={variable('dbx', b'a list', DATABASE): variable('dbx', OLD + NEW, DATABASE)})
    assert truth(m, image) == 1
    assert forecast(m, image)[0] == 1, 'and it stays so'
    assert m.enroll(image).returncode == 0 and forecast(m, image)[0] == 0, 'until it is enrolled anew'


def test_enrolled_under_another_state_and_going_back(boot, image):
    """What does not open now opens once dbx is what it was: told as such, since the variable says so."""
    m = machine(boot, image)
    m.boot_again(replaced={variable('dbx', b'a list', DATABASE): variable('dbx', OLD + NEW, DATABASE)})
    assert truth(m, image) == 1
    write_variables(m, dbx=OLD)
    assert forecast(m, image)[0] == 0
    m.boot_again(replaced=LISTS)
    assert truth(m, image) == 0


def test_a_certificate_that_is_gone_from_db(boot, image):
    m = machine(boot, image, '7')
    write_variables(m, db=b'nothing')
    status, reason = forecast(m, image)
    assert status == 1, reason  # db itself is measured to PCR 7


def test_another_tpm(boot, image):
    m, other = machine(boot, image), boot()
    assert other.explain(image).returncode == 1
    r = other.pawl('forecast', f'--firmware-log={other.folder}/firmware.log', f'--user-log={other.user_log}', image)
    assert r.returncode == 1 and 'different TPM' in r.stdout


def test_a_log_that_is_not_true(boot, image):
    m = machine(boot, image)
    path = m.folder / 'firmware.log'
    path.write_bytes(path.read_bytes()[:-200])
    status, reason = forecast(m, image)
    assert status == 2, reason


def test_a_forged_log_is_never_used(boot, image):
    """Every event of the firmware's log in turn: another digest, dropped, twice, in the place of the next one of its PCR."""
    m = machine(boot, image)
    path = m.folder / 'firmware.log'
    assert forecast(m, image)[0] == 0
    for what, forged in forgeries(path.read_bytes()):
        path.write_bytes(forged)
        status, reason = forecast(m, image)
        assert status == 2, (what, reason)


# --- another image ---

@pytest.fixture(scope='module')
def signers(tmp_path_factory):
    """{name: (private key, certificate as PEM, certificate as DER)}"""
    folder, made = tmp_path_factory.mktemp('signers'), {}
    for name in ('ours', 'theirs'):
        key, pem, der = (folder / f'{name}.{end}' for end in ('key', 'pem', 'der'))
        run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', pem, '-subj', f'/CN={name}', '-days', '9')
        run('openssl', 'x509', '-in', pem, '-outform', 'DER', '-out', der)
        made[name] = key, pem, der.read_bytes()
    return made


def build(m, signer, initrd, pcr_key=None):
    """A signed image of the tool's, on a stub that does nothing; (path, [event of PCR 11])."""
    folder = m.folder / f'image-{initrd}'
    folder.mkdir()
    (folder / 'initrd').write_text(initrd)
    stub = TOP / 'tests/corpus/pe/one-section'
    r = m.pawl('uki', 'build', f'--stub={stub}', f'--linux={stub}', f'--initrd={folder}/initrd', '--cmdline=quiet', '--os-release=ID=test\n',
               f'--pcr-private-key={pcr_key or m._key}', f'--secureboot-private-key={signer[0]}', f'--secureboot-certificate={signer[1]}',
               f'--output={folder}/image.efi')
    assert r.returncode == 0, r.stderr
    parts = dict(common.sections(folder / 'image.efi'))
    events = []
    for name in common.ORDER:
        if name in parts:
            label = name.encode('utf-16-le') + b'\0\0'
            events += [(11, EV_IPL, label, name.encode() + b'\0'), (11, EV_IPL, label, parts[name])]
    signature = folder / 'signature.json'
    signature.write_bytes(parts['.pcrsig'].rstrip(b'\0'))
    return folder / 'image.efi', events, signature


def boot_image(m, signers, image, by='ours', db=('ours',), more=()):
    _, events, m.signature = image
    lists = {**LISTS, variable('db', b'a list', DATABASE): variable('db', database(signers, db), DATABASE)}
    old = {name.encode('utf-16-le') + b'\0\0': None for name in ('.linux', '.osrel', '.cmdline', '.initrd')}
    m.boot_again(replaced={**lists, **old}, authorities=(OWNER.bytes_le + signers[by][2],), more=[*events, *more])


def authenticode(path):
    """SHA-256, by somebody else's program."""
    said = run('osslsigncode', 'verify', '-in', path).stdout
    return bytes.fromhex(re.search(r'Calculated message digest\s*:\s*([0-9A-F]+)', said).group(1))


def database(signers, names):
    return certificate_list(*(signers[name][2] for name in names))


@pytest.fixture
def running(boot, image, signers):
    """A machine that runs an image of ours, with an enrolled volume."""
    def start(*pcrs, db=('ours',)):
        m = boot()
        m.first = first = build(m, signers['ours'], 'first')
        # 'replaced' is asked for by what an event holds: take the fake image's events out, put ours in
        boot_image(m, signers, first, db=db)
        write_variables(m, PK=b'a key', KEK=b'a key', db=database(signers, db), dbx=OLD)
        if pcrs:
            r = m.pawl('disk', 'enroll', '--tpm2', f'--tpm2-pcrs={pcrs[0]}', f'--firmware-log={m.folder}/firmware.log',
                       f'--user-log={m.user_log}', f'--unlock-key-file={m.folder}/key', image)
        else:
            r = m.enroll(image)
        assert r.returncode == 0, r.stderr
        return m
    return start


def test_another_image_of_ours(running, signers, image):
    m = running()
    new = build(m, signers['ours'], 'second')
    assert forecast(m, image, f'--with-uki={new[0]}') == (0, 'by itself, when volumes are opened')
    boot_image(m, signers, new)
    assert truth(m, image) == 0


def test_an_image_with_signatures_of_another_key(running, signers, image, tmp_path):
    m = running()
    run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', tmp_path / 'other.key')
    new = build(m, signers['ours'], 'second', pcr_key=tmp_path / 'other.key')
    status, reason = forecast(m, image, f'--with-uki={new[0]}')
    assert status == 1 and 'no signature by the enrolled key' in reason
    boot_image(m, signers, new)
    assert truth(m, image) == 1


def test_an_image_that_nobody_trusts(running, signers, image):
    """The firmware will not start it: whatever comes instead, it is not what is foretold as opening."""
    m = running()
    new = build(m, signers['theirs'], 'second')
    status, reason = forecast(m, image, f'--with-uki={new[0]}')
    assert status == 1 and 'not signed by any certificate in db' in reason


def test_an_image_signed_by_somebody_else(running, signers, image):
    m = running(db=('ours', 'theirs'))
    new = build(m, signers['theirs'], 'second')
    status, reason = forecast(m, image, f'--with-uki={new[0]}')
    assert status == 1 and 'PCR 7: another certificate of db will vouch' in reason, reason
    boot_image(m, signers, new, by='theirs', db=('ours', 'theirs'))
    assert truth(m, image) == 1


def test_a_db_that_cannot_be_read(running, signers, image):
    m = running()
    (m.folder / 'efivars' / f'db-{DATABASE}').write_bytes(struct.pack('<I', 0x27) + b'no list at all, but longer than a header of one')
    assert forecast(m, image)[0] == 1, 'db is measured'


def test_an_image_whose_hash_is_revoked(running, signers, image, tmp_path):
    m = running()
    new = build(m, signers['ours'], 'second')
    (tmp_path / 'dbx').write_bytes(signed_update(siglist(authenticode(new[0]))))
    status, reason = forecast(m, image, f'--with-uki={new[0]}', f'--with-dbx={tmp_path}/dbx')
    assert status == 1 and 'dbx forbids the image' in reason, reason


def test_an_image_and_exact_pcrs(running, signers, image):
    """PCR 4 of another image is the firmware's to measure; PCR 11 is told."""
    m = running('4+7')
    new = build(m, signers['ours'], 'second')
    status, reason = forecast(m, image, f'--with-uki={new[0]}')
    assert status == 2 and 'PCR 4' in reason


# --- what lies on the boot partition; the firmware starts the image itself ---

LOADER_GUID = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'


def boot_partition(running, signers, image):
    """(machine, folder): its image lies there, and the firmware's variables say so."""
    m = running()
    folder = m.folder / 'esp'
    (folder / 'EFI/Linux').mkdir(parents=True)
    shutil.copy(m.first[0], folder / 'EFI/Linux/os.efi')
    text = '\\EFI\\Linux\\os.efi'.encode('utf-16-le') + b'\0\0'
    (m.folder / 'efivars' / f'StubImageIdentifier-{LOADER_GUID}').write_bytes(struct.pack('<I', 6) + text)
    m.again = lambda more=(), first=m.first: boot_image(m, signers, first, more=more)
    return m, folder


def test_another_file_in_the_place_of_the_image(running, signers, image, tmp_path):
    m, folder = boot_partition(running, signers, image)
    new = build(m, signers['ours'], 'second')
    shutil.copy(new[0], folder / 'EFI/Linux/os.efi')
    assert forecast(m, image, f'--esp={folder}') == (0, 'by itself, when volumes are opened')
    m.again(first=new)
    assert truth(m, image) == 0
    run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', tmp_path / 'other.key')
    other = build(m, signers['ours'], 'third', pcr_key=tmp_path / 'other.key')
    shutil.copy(other[0], folder / 'EFI/Linux/os.efi')
    status, reason = forecast(m, image, f'--esp={folder}')
    assert status == 1 and 'no signature by the enrolled key' in reason


def test_credentials_of_the_image_and_of_none(running, signers, image):
    m, folder = boot_partition(running, signers, image)
    own = folder / 'EFI/Linux/os.efi.extra.d'
    own.mkdir()
    (own / 'a.txt').write_text('of no use')
    (folder / 'EFI/Linux/other.efi.extra.d').mkdir()
    (folder / 'EFI/Linux/other.efi.extra.d/a.cred').write_text('not ours')
    assert forecast(m, image, f'--esp={folder}')[0] == 0
    (own / 'a.cred').write_text('ours')
    status, reason = forecast(m, image, f'--esp={folder}')
    assert status == 1 and 'PCR 12' in reason


def test_a_boot_partition_that_is_not_there(running, signers, image):
    m, folder = boot_partition(running, signers, image)
    status, reason = forecast(m, image)
    assert status == 2 and 'name the place with --esp=' in reason
    status, reason = forecast(m, image, '--esp=/nowhere')
    assert status == 2 and 'no boot partition is mounted there' in reason
    (folder / 'EFI/Linux/os.efi').unlink()
    status, reason = forecast(m, image, f'--esp={folder}')
    assert status == 2 and 'not on the boot partition any more' in reason
    (folder / 'EFI/Linux/os.efi').write_bytes(b'MZ' + bytes(100))
    status, reason = forecast(m, image, f'--esp={folder}')
    assert status == 2 and 'os.efi' in reason


def test_another_boot_option(running, signers, image):
    m, folder = boot_partition(running, signers, image)
    for name, n in (('BootCurrent', 1), ('BootNext', 2)):
        (m.folder / 'efivars' / f'{name}-{GLOBAL}').write_bytes(struct.pack('<IH', 7, n))
    status, reason = forecast(m, image, f'--esp={folder}')
    assert status == 2 and 'Boot0002 once (BootNext)' in reason
    (m.folder / 'efivars' / f'BootNext-{GLOBAL}').write_bytes(struct.pack('<IH', 7, 1))
    assert forecast(m, image, f'--esp={folder}')[0] == 0


@pytest.mark.parametrize('args', [('--with-uki=/nowhere',), ('--with-uki=/dev/null',), ('--with-dbx=/nowhere',)])
def test_refused(boot, image, args):
    m = machine(boot, image)
    status, reason = forecast(m, image, *args)
    assert status == 2 and args[0].split('=')[1] in reason


def test_without_devices(boot, image):
    m = machine(boot, image)
    r = m.pawl('forecast', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}', env={'PAWL_BOOT_REPORT': '/nowhere'})
    assert r.returncode == 64 and 'name the volumes' in r.stderr


def test_a_volume_without_tpm(boot, image):
    m = boot()
    r = m.pawl('forecast', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}', image)
    assert r.returncode == 0 and 'a person opens it' in r.stderr
