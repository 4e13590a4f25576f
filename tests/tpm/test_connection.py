# SPDX-License-Identifier: BSD-2-Clause
"""Connecting, PCRs, the storage root key; what an interposer or a hanging TPM can do."""
import hashlib
import os
import time

import pytest

from tpmtest import CC_PCR_EXTEND, Device, Proxy, drive, good

# TPM_ST_SESSIONS, success, no parameters, an empty session answer; and TPM_ST_NO_SESSIONS, success
FORGED = [bytes.fromhex('80020000001300000000000000000000010000'), bytes.fromhex('80010000000a00000000')]


def test_absent():
    assert drive('/nowhere/tpm0', {'op': 'info'})[0]['err'] == 'TPM_ABSENT'
    assert drive('swtpm:path=/nowhere/socket', {'op': 'info'})[0]['err'] == 'TPM_ABSENT'


def test_info_and_srk(tpm):
    found, info, setup, again, imported = drive(
        tpm.spec, {'op': 'srk-find'}, {'op': 'info'}, {'op': 'srk-setup'}, {'op': 'srk-setup'}, {'op': 'info'})
    assert found['err'] == 'NOT_FOUND' and 'cleared' in found['text']
    assert info['err'] == 'OK' and info['manufacturer'] == 'IBM' and info['banks'] == 0xf and not info['has_srk']
    assert setup['is_new'] and not again['is_new'] and setup['srk'] == again['srk']
    assert imported['has_srk']
    assert bytes.fromhex(setup['srk'])[:4] == bytes.fromhex('81000001')
    name = tpm.tool('tpm2_readpublic', '-c', '0x81000001').split('name: ')[1].split()[0]
    assert setup['name'] == name
    assert tpm.left_behind() == []


def test_srk_import_refuses_damage(tpm):
    srk = bytes.fromhex(good(drive(tpm.spec, {'op': 'srk-setup'}))[0]['srk'])
    # the handle (a transient one), a byte of the name, of the public area, and a byte too few or too many
    bad = [b'\x80' + srk[1:], srk[:10] + bytes([srk[10] ^ 1]) + srk[11:], srk[:-1] + bytes([srk[-1] ^ 1]), srk[:-1], srk + b'\0', b'']
    answers = drive(tpm.spec, *({'op': 'srk-import', 'srk': b.hex()} for b in [srk, *bad]))
    assert [a['err'] for a in answers] == ['OK'] + ['FORMAT'] * len(bad)
    assert all(a['commands'] == 0 for a in answers)


def test_foreign_key_at_the_handle(tpm):
    tpm.tool('tpm2_createprimary', '-Q', '-C', 'o', '-g', 'sha256', '-G', 'ecc', '-c', 'c.ctx',
             '-a', 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign')
    tpm.tool('tpm2_evictcontrol', '-Q', '-C', 'o', '-c', 'c.ctx', '0x81000001')
    tpm.tool('tpm2_flushcontext', '-t')
    assert [a['err'] for a in drive(tpm.spec, {'op': 'srk-find'}, {'op': 'srk-setup'})] == ['UNSUPPORTED'] * 2


def test_owner_password(tpm):
    tpm.tool('tpm2_changeauth', '-c', 'o', 'secret')
    answer, = drive(tpm.spec, {'op': 'srk-setup'})
    assert answer['err'] == 'DENIED' and 'password' in answer['text']
    assert tpm.left_behind() == []


def test_extend(tpm):
    """Confirmed and plain extends reach every bank; one confirmed extend is: session, 4 reads, extend, 4 reads, flush."""
    extended, plain, *reads = good(drive(
        tpm.spec, {'op': 'srk-setup'}, {'op': 'extend', 'pcr': 11, 'text': 'enter-initrd'},
        {'op': 'extend', 'pcr': 11, 'text': 'leave-initrd', 'plain': True},
        *({'op': 'read', 'bank': b, 'mask': 1 << 11} for b in ('sha1', 'sha256', 'sha384', 'sha512'))))[1:]
    for bank, read in zip(('sha1', 'sha256', 'sha384', 'sha512'), reads):
        h = lambda b: hashlib.new(bank, b).digest()
        zero = bytes(hashlib.new(bank).digest_size)
        assert read['11'] == h(h(zero + h(b'enter-initrd')) + h(b'leave-initrd')).hex()
    assert extended['commands'] - 1 == 11  # and one question for the banks
    assert plain['commands'] == 9
    assert tpm.left_behind() == []


def test_read_all(tpm):
    answer, = good(drive(tpm.spec, {'op': 'read', 'bank': 'sha256', 'mask': 0xffffff}))
    assert {int(k) for k in answer if k.isdigit()} == set(range(24))
    assert answer['17'] == 'ff' * 32


@pytest.mark.parametrize('forged', FORGED)
@pytest.mark.parametrize('plain', [False, True])
def test_dropped_extend_is_noticed(tpm, proxy, forged, plain):
    good(drive(tpm.spec, {'op': 'srk-setup'}))
    proxy.change = lambda c: forged if int.from_bytes(c[6:10], 'big') == CC_PCR_EXTEND else None
    answer = drive(proxy.spec, {'op': 'srk-find'}, {'op': 'extend', 'pcr': 11, 'text': 'leave-initrd', 'plain': plain})[1]
    assert answer['err'] == 'TPM_UNTRUSTED', answer
    assert tpm.left_behind() == []


def test_forged_reads_are_noticed(tpm, proxy):
    """The extend is dropped, and what is read back is forged too: only the session's HMAC can tell."""
    good(drive(tpm.spec, {'op': 'srk-setup'}))
    zero = bytes(32)
    after = hashlib.sha256(zero + hashlib.sha256(b'leave-initrd').digest()).digest()

    def change(c):
        if int.from_bytes(c[6:10], 'big') == CC_PCR_EXTEND:
            return FORGED[0]
        if int.from_bytes(c[6:10], 'big') == 0x17e and CC_PCR_EXTEND in proxy.commands:
            proxy.tpm_answer = None
            # PCR_Read without sessions: counter, selection, one value
            body = bytes.fromhex('00000001' '00000001' '000b03000800' '00000001' '0020') + after
            return bytes.fromhex('8001') + (10 + len(body)).to_bytes(4, 'big') + bytes(4) + body
        return None
    tpm.tool('tpm2_pcrallocate', 'sha1:none+sha256:all+sha384:none+sha512:none')
    tpm.reboot()
    proxy.change = change
    forged = drive(proxy.spec, {'op': 'srk-find'}, {'op': 'extend', 'pcr': 11, 'text': 'leave-initrd'})[1]
    assert forged['err'] == 'TPM_UNTRUSTED', forged
    # the control: without the session the same forgery is believed
    proxy.commands.clear()
    believed = drive(proxy.spec, {'op': 'srk-find'}, {'op': 'extend', 'pcr': 11, 'text': 'leave-initrd', 'plain': True})[1]
    assert believed['err'] == 'OK', believed


def test_hanging_tpm(tpm, proxy):
    good(drive(tpm.spec, {'op': 'srk-setup'}))
    proxy.change = lambda c: Proxy.HANG if int.from_bytes(c[6:10], 'big') == CC_PCR_EXTEND else None
    started = time.monotonic()
    answers = drive(proxy.spec, {'op': 'srk-find'}, {'op': 'extend', 'pcr': 11, 'text': 'x'}, {'op': 'info'}, {'op': 'srk-find'},
                    deadline_ms=1000)
    assert [a['err'] for a in answers] == ['OK', 'TIMEOUT', 'TIMEOUT', 'TIMEOUT']
    assert time.monotonic() - started < 8
    assert answers[2]['commands'] == 0


def test_slow_tpm_and_the_whole_budget(tpm, proxy):
    """Every command in time, but too late all together."""
    def change(c):
        time.sleep(0.3)
    proxy.change = change
    started = time.monotonic()
    answers = drive(proxy.spec, {'op': 'limit', 'ms': 1000}, *({'op': 'read', 'bank': 'sha256', 'mask': 1} for _ in range(6)),
                    deadline_ms=5000)
    assert [a['err'] for a in answers[:3]] == ['OK'] * 3 and answers[-1]['err'] == 'TIMEOUT'
    assert time.monotonic() - started < 8


def test_half_an_answer(tpm, proxy):
    proxy.change = lambda c: bytes.fromhex('80010000')
    started = time.monotonic()
    answer, = drive(proxy.spec, {'op': 'read', 'bank': 'sha256', 'mask': 1}, deadline_ms=1000)
    assert answer['err'] in ('TIMEOUT', 'IO')
    assert time.monotonic() - started < 8


@pytest.mark.parametrize('answer', ['', '00', '8001000000ff00000000', 'ff' * 64, '80010000000a00000921'])
def test_garbage(tpm, proxy, answer):
    proxy.change = lambda c: bytes.fromhex(answer) or b'\0'
    got, = drive(proxy.spec, {'op': 'read', 'bank': 'sha256', 'mask': 1}, deadline_ms=500)
    assert got['err'] in ('TIMEOUT', 'IO', 'TPM_UNTRUSTED', 'TPM_LOCKOUT'), got


@pytest.mark.parametrize('code', ['00000922', '00000908', '0000090a', '00000903', '00000902'])
def test_busy_is_tried_again_with_a_limit(tpm, proxy, code):
    """RETRY, YIELDED, TESTING, SESSION_MEMORY, OBJECT_MEMORY: three times, then for ever."""
    good(drive(tpm.spec, {'op': 'srk-setup'}))
    left = [3]

    def change(c):
        if int.from_bytes(c[6:10], 'big') == 0x176 and left[0] > 0:
            left[0] -= 1
            return bytes.fromhex('80010000000a') + bytes.fromhex(code)
        return None
    proxy.change = change
    requests = {'op': 'srk-find'}, {'op': 'extend', 'pcr': 11, 'text': 'x'}
    good(drive(proxy.spec, *requests))
    left[0] = 1 << 30
    assert drive(proxy.spec, *requests)[1]['err'] == 'BUSY'
    assert (1 << 30) - left[0] < 100
    assert tpm.left_behind() == []


def children(name='pawl-tpm'):
    """Processes of that name, of whatever parent."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/comm') as f:
                if f.read().strip() == name:
                    found.append(int(pid))
        except OSError:
            pass
    return found


def holders(path):
    """Which of these processes have the file open."""
    found = []
    for pid in children():
        try:
            if path in [os.readlink(f'/proc/{pid}/fd/{fd}') for fd in os.listdir(f'/proc/{pid}/fd')]:
                found.append(pid)
        except OSError:
            pass
    return found


def test_device(tpm):
    device = Device(tpm)
    answers = good(drive(device.path, {'op': 'srk-setup'}, {'op': 'extend', 'pcr': 11, 'text': 'x'}, {'op': 'info'}))
    assert sum(a['commands'] for a in answers) == len(device.commands)
    assert holders(device.path) == []
    device.close()


def test_hanging_device(tpm, tmp_path):
    """Whoever waits for the device, it is not the one who asked: it ends in time and leaves no lock behind."""
    device = Device(tpm)
    device.answering = False
    started = time.monotonic()
    for _ in range(2):
        answers = drive(device.path, {'op': 'info'}, {'op': 'info'}, deadline_ms=700, folder=tmp_path)
        assert [a['err'] for a in answers] == ['TIMEOUT', 'TIMEOUT']
    assert time.monotonic() - started < 8
    waiting = holders(device.path)
    assert len(waiting) == 2
    for pid in waiting:
        kept = {os.readlink(f'/proc/{pid}/fd/{fd}').split(':')[0] for fd in os.listdir(f'/proc/{pid}/fd')}
        assert kept == {device.path, 'socket'}
        os.kill(pid, 9)
    device.close()


def test_device_that_goes_away(tmp_path):
    """What answers nothing at all: end of file."""
    answer, = drive('/dev/null', {'op': 'info'}, deadline_ms=2000)
    assert answer['err'] == 'IO', answer
