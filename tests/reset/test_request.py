# SPDX-License-Identifier: BSD-2-Clause
"""Asking for a factory reset: a variable in systemd's format, which does nothing in this boot."""
import json

REQUEST, JOURNAL = 'FactoryResetRequest-8cf2644b-4b0b-428f-9387-6d876050dc67', 'PawlResetState-'


def ask(m, *args):
    r = m.reset('request', '--no-reboot', '--yes', *args)
    assert r.returncode == 0, r.stderr


def status(m):
    r = m.reset('status')
    return r.stdout.strip(), r.returncode


def next_boot(m):
    m.boot_id.write_text('fedcba98-7654-3210-fedc-ba9876543210\n')


def test_life_of_a_request(boot):
    m = boot()
    assert status(m) == ('off', 1)
    ask(m)
    value, = m.variables(REQUEST)
    assert value[:4] == (7).to_bytes(4, 'little'), 'kept, in boot and at run time'
    text = value[4:].decode('utf-16-le')
    assert text.endswith('\0') and json.loads(text.rstrip('\0')) == {
        'osReleaseId': 'debian', 'osReleaseVersionId': '12', 'bootId': '0123456789abcdef0123456789abcdef'}
    assert status(m) == ('pending', 0)
    next_boot(m)
    assert status(m) == ('on', 0)


def test_cancel_leaves_no_trace(boot):
    m = boot()
    before = {p.name: p.read_bytes() for p in (m.folder / 'efivars').iterdir()}
    ask(m, '--keep-tpm')
    assert m.variables(JOURNAL)
    pcr = m.tpm.tool('tpm2_pcrread', 'sha256:11')
    assert m.reset('cancel').returncode == 0
    assert {p.name: p.read_bytes() for p in (m.folder / 'efivars').iterdir()} == before
    assert m.tpm.tool('tpm2_pcrread', 'sha256:11') == pcr and status(m) == ('off', 1)
    assert m.reset('cancel').returncode == 0, 'nothing to take back is no error'


def test_systemds_request(boot):
    """As its tool writes it, without NUL at the end and without versions."""
    m = boot()
    text = '{"osReleaseId":"debian","bootId":"ffffffffffffffffffffffffffffffff"}'
    path = m.folder / 'efivars' / REQUEST
    path.write_bytes((7).to_bytes(4, 'little') + text.encode('utf-16-le'))
    assert status(m) == ('on', 0)
    path.write_bytes((7).to_bytes(4, 'little') + text.replace('debian', 'fedora').encode('utf-16-le') + b'\0\0')
    assert status(m) == ('other', 1)
    r = m.reset('cancel')
    assert r.returncode == 2 and 'another OS' in r.stderr and path.exists()
    path.write_bytes((7).to_bytes(4, 'little') + b'garbage!')
    r = m.reset('status')
    assert r.returncode == 2 and 'FactoryResetRequest' in r.stderr


def test_nobody_there_to_ask(boot):
    m = boot()
    r = m.reset('request', '--no-reboot')
    if r.returncode == 0:
        return  # somebody runs this at a terminal and typed yes
    assert 'say --yes' in r.stderr and not m.variables(REQUEST)


def test_an_os_without_id(boot):
    m = boot()
    m.os_release.write_text('NAME=x\n')
    r = m.reset('request', '--no-reboot', '--yes')
    assert r.returncode == 2 and 'no ID=' in r.stderr and not m.variables(REQUEST)


def test_json(boot):
    m = boot()
    ask(m, '--keep-tpm')
    assert json.loads(m.reset('status', '--json').stdout) == {'status': 'pending', 'keepsTpm': True, 'wouldErase': []}
    disk = m.folder / 'disk'
    disk.write_bytes(bytes(3 << 20))
    volumes = [{'device': str(disk), 'label': 'state', 'factoryReset': True}, {'device': '/dev/x', 'factoryReset': False}]
    report = m.folder / 'boot.json'
    report.write_text(json.dumps({'volumes': volumes}))
    said = json.loads(m.reset('status', '--json', PAWL_BOOT_REPORT=str(report)).stdout)
    assert said['wouldErase'] == [{'device': str(disk), 'label': 'state', 'size': 3 << 20}]
    text = m.reset('status', PAWL_BOOT_REPORT=str(report)).stdout
    assert text == f"pending\nwould erase {disk} 'state', 3 MiB\n"
