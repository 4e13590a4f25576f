# SPDX-License-Identifier: BSD-2-Clause
"""`pawl boot announce`: a change that is told of before the reboot asks for nobody after it."""
import json
import shutil
import sys

import pytest

from machine import DATABASE, EV_IPL, TOP, run, variable
from test_forecast import LISTS, boot_partition, NEW, OLD, boot_image, build, forecast, machine, running, signed_update, signers, truth, write_variables  # noqa: F401

sys.path.insert(0, str(TOP / 'qemu-tests' / 'lib'))
import sidecars  # noqa: E402  (needs the path above)

ANNOUNCED = {variable('dbx', b'a list', DATABASE): variable('dbx', OLD + NEW, DATABASE)}


def announce(m, *images, args=(), key=None):
    return m.pawl('boot', 'announce', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}', f'--tpm2-signature={m.signature}',
                  f'--tpm2-public-key={m.public_key}', f'--unlock-key-file={key or m.folder / "key"}', *args, *images)


def tokens(image):
    r = run('cryptsetup', 'luksDump', '--dump-json-metadata', image)
    return json.loads(r.stdout)['tokens']


def test_a_dbx_that_was_written(boot, image):
    m = machine(boot, image)
    write_variables(m, dbx=OLD + NEW)
    assert forecast(m, image)[0] == 1
    r = announce(m, image)
    assert r.returncode == 0 and 'token 1 was added' in r.stderr, r.stderr
    assert forecast(m, image)[0] == 0
    assert truth(m, image) == 0, 'it opens in this boot as before'
    m.boot_again(replaced=ANNOUNCED)
    assert truth(m, image) == 0, 'and in the next one'
    assert m.explain(image).returncode == 0
    # only one of the two is of this state
    assert [m.test(image, '--token-id=0').returncode, m.test(image, '--token-id=1').returncode] == [1, 0]


def test_nothing_to_do(boot, image):
    m = machine(boot, image)
    before = image.read_bytes()
    r = announce(m, image)
    assert r.returncode == 0 and 'will open' in r.stderr and image.read_bytes() == before
    write_variables(m, dbx=OLD + NEW)
    assert announce(m, image).returncode == 0
    before = image.read_bytes()
    assert announce(m, image).returncode == 0 and image.read_bytes() == before, 'told twice'


@pytest.mark.parametrize('content', [NEW, signed_update(NEW)])
def test_a_dbx_that_will_be_written(boot, image, tmp_path, content):
    """As most firmware merges it: old entries first, then what is new."""
    m = machine(boot, image)
    (tmp_path / 'dbx').write_bytes(content)
    r = announce(m, image, args=[f'--with-dbx={tmp_path}/dbx'])
    assert r.returncode == 0 and 'as most firmware does it' in r.stderr, r.stderr
    m.boot_again(replaced=ANNOUNCED)
    assert truth(m, image) == 0


def test_the_volumes_of_a_boot_are_one_set(boot, image, tmp_path):
    m = machine(boot, image)
    second = tmp_path / 'second'
    shutil.copy(image, second)
    write_variables(m, dbx=OLD + NEW)
    assert announce(m, image, second).returncode == 0
    assert tokens(image)['1']['tpm2-blob'] == tokens(second)['1']['tpm2-blob']
    m.boot_again(replaced=ANNOUNCED)
    assert truth(m, image) == 0 and truth(m, second) == 0


def test_what_fails_is_taken_back(boot, image, tmp_path):
    """The second volume has no room for another token."""
    m = machine(boot, image)
    second = tmp_path / 'second'
    shutil.copy(image, second)
    for n in range(31):
        token = json.dumps({'type': 'filler', 'keyslots': []})
        assert run('cryptsetup', 'token', 'import', second, stdin=token).returncode == 0
    write_variables(m, dbx=OLD + NEW)
    r = announce(m, image, second)
    assert r.returncode == 2 and str(second) in r.stderr, r.stderr
    assert list(tokens(image)) == ['0'] and truth(m, image) == 0


def test_earlier_announcements_go(boot, image):
    m = machine(boot, image)
    for n in range(3):
        write_variables(m, dbx=OLD + NEW * (n + 2))
        assert announce(m, image).returncode == 0
    assert len(tokens(image)) == 2, 'the one of this boot, and the last announced'
    assert truth(m, image) == 0


def test_a_wrong_key_writes_nothing(boot, image, tmp_path):
    m = machine(boot, image)
    write_variables(m, dbx=OLD + NEW)
    (tmp_path / 'wrong').write_text('wrong')
    before = image.read_bytes()
    assert announce(m, image, key=tmp_path / 'wrong').returncode == 2
    assert image.read_bytes() == before


def test_a_header_does_not_choose_the_policy(boot, image):
    """Somebody wrote a weak token into the header: what is announced is sealed to the profile all the same."""
    m = boot()
    m.boot_again(replaced=LISTS)
    write_variables(m, PK=b'a key', KEK=b'a key', db=b'a list', dbx=OLD)
    r = m.pawl('disk', 'enroll', '--tpm2', '--tpm2-pcrs=7', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}',
               f'--unlock-key-file={m.folder}/key', image)
    assert r.returncode == 0, r.stderr
    write_variables(m, dbx=OLD + NEW)
    assert announce(m, image).returncode == 0
    new = tokens(image)['1']
    assert new['tpm2-pcrs'] == [7, 12, 15] and new['tpm2_pubkey_pcrs'] == [11]


def test_an_image_of_another_key(running, signers, image, tmp_path):
    m = running()
    run('openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', tmp_path / 'other.key')
    new = build(m, signers['ours'], 'second', pcr_key=tmp_path / 'other.key')
    before = image.read_bytes()
    r = announce(m, image, args=[f'--with-uki={new[0]}'])
    assert r.returncode == 2 and 'no PCR signature of this image' in r.stderr and image.read_bytes() == before, r.stderr


def test_a_log_that_is_broken(boot, image):
    m = machine(boot, image)
    write_variables(m, dbx=OLD + NEW)
    log = m.folder / 'firmware.log'
    log.write_bytes(log.read_bytes()[:-200])
    r = announce(m, image)
    assert r.returncode == 2 and 'the log ends inside' in r.stderr, r.stderr


def test_usage(boot, image):
    m = machine(boot, image)
    assert m.pawl('boot', 'announce', '--nonsense').returncode == 64
    r = m.pawl('boot', 'announce', f'--firmware-log={m.folder}/firmware.log', env={'PAWL_BOOT_REPORT': '/nowhere'})
    assert r.returncode == 64 and 'name the volumes' in r.stderr
    assert announce(m, image, args=['--profile=signed-os+pin']).returncode == 0, 'nothing to do'
    write_variables(m, dbx=OLD + NEW)
    r = announce(m, image, args=['--profile=signed-os+pin'])
    assert r.returncode == 2 and 'wants a PIN' in r.stderr


def test_what_lies_on_the_boot_partition(running, signers, image):
    """Credentials that anybody could have put there change PCR 12: nobody seals to them unasked."""
    m, folder = boot_partition(running, signers, image)
    assert forecast(m, image, f'--esp={folder}') == (0, 'by itself, when volumes are opened')
    (folder / 'loader/credentials').mkdir(parents=True)
    (folder / 'loader/credentials/a.cred').write_text('a secret')
    status, reason = forecast(m, image, f'--esp={folder}')
    assert status == 1 and 'PCR 12' in reason, reason
    before = image.read_bytes()
    r = announce(m, image, args=[f'--esp={folder}'])
    assert r.returncode == 2 and 'say --accept-boot-partition' in r.stderr and image.read_bytes() == before, r.stderr
    r = announce(m, image, args=[f'--esp={folder}', '--accept-boot-partition'])
    assert r.returncode == 0, r.stderr
    assert forecast(m, image, f'--esp={folder}')[0] == 0
    archive = sidecars.archive('global_credentials', {'a.cred': b'a secret'})
    m.again(more=[(12, EV_IPL, 'Global credentials initrd'.encode('utf-16-le') + b'\0\0', archive)])
    assert truth(m, image) == 0
