# SPDX-License-Identifier: BSD-2-Clause
"""Sealing and unsealing: what each costs, and every way to fail told apart."""
import hashlib
import json

import pytest

from policies import Signer, pcr_after, signatures
from tpmtest import drive, good

SECRET = bytes(range(100, 132)).hex()
IMAGE, ENTER, LEAVE = b'the image', b'enter-initrd', b'leave-initrd'
ZERO = bytes(32)


@pytest.fixture(scope='module')
def signer():
    return Signer()


@pytest.fixture
def booted(tpm):
    """A TPM as it is when pawl-init opens the disk: PCR 7 measured, PCR 11 after enter-initrd."""
    tpm.extend(7, b'secure boot')
    tpm.extend(11, IMAGE)
    tpm.extend(11, ENTER)
    good(drive(tpm.spec, {'op': 'srk-setup'}))
    return tpm


def rows(signer, ref='initrd', bank='sha256'):
    """What pawl uki sign makes: the disk's path under `ref`, later ones under another."""
    path = [IMAGE, ENTER]
    return [signer.row(bank, pcr_after(bank, *path), ref),
            signer.row(bank, pcr_after(bank, *path, LEAVE), 'pawl-services'),
            signer.row(bank, pcr_after(bank, *path, LEAVE, b'sysinit'), 'pawl-services')]


LITERAL = {7: pcr_after('sha256', b'secure boot'), 12: ZERO, 15: ZERO}


def signed_os(signer):
    return signer.policy('initrd', literal=LITERAL)


def literal_policy(values=None, **more):
    return {'bank': 'sha256', 'literal': {str(n): v.hex() for n, v in (values or LITERAL).items()}, **more}


def seal(tpm, policy, auth=''):
    answer = good(drive(tpm.spec, {'op': 'srk-find'}, {'op': 'seal', 'policy': policy, 'secret': SECRET, 'auth': auth}))[1]
    assert answer['commands'] <= 4
    return answer['blob']


def unseal(tpm, policy, blob, sigs='', auth='', **more):
    answer = drive(tpm.spec, {'op': 'srk-find'},
                   {'op': 'unseal', 'policy': policy, 'blob': blob, 'signatures': sigs, 'auth': auth, **more})[1]
    assert tpm.left_behind() == []
    return answer


def test_signed_os(booted, signer):
    policy = signed_os(signer)
    answer = unseal(booted, policy, seal(booted, policy), signatures(sha256=rows(signer)))
    assert (answer['err'], answer.get('secret'), answer['commands']) == ('OK', SECRET, 10), answer


@pytest.mark.parametrize('what,commands', [('signed', 9), ('literal', 5), ('nothing', 4), ('pin', 6)])
def test_costs(booted, signer, what, commands):
    policy = {'signed': signer.policy('initrd'), 'literal': literal_policy(), 'nothing': {'bank': 'sha256'},
              'pin': literal_policy(pin=True)}[what]
    auth = 'a1' * 32 if what == 'pin' else ''
    blob = seal(booted, policy, auth)
    if what == 'pin':  # the first use of a PIN after start-up: the TPM notes it in its storage and asks to be asked again
        assert unseal(booted, policy, blob, auth=auth)['commands'] in (6, 7)
    answer = unseal(booted, policy, blob, signatures(sha256=rows(signer)), auth)
    assert (answer['err'], answer.get('secret'), answer['commands']) == ('OK', SECRET, commands), answer


@pytest.mark.parametrize('kind,each', [('both', 6), ('signed', 5), ('literal', 4)])
def test_several_in_one_conversation(booted, signer, kind, each):
    policy = {'both': signed_os(signer), 'signed': signer.policy('initrd'), 'literal': literal_policy()}[kind]
    blob, sigs = seal(booted, policy), signatures(sha256=rows(signer))
    q = {'op': 'unseal', 'policy': policy, 'blob': blob, 'signatures': sigs, 'more': True}
    answers = good(drive(booted.spec, {'op': 'srk-find'}, q, q, {**q, 'last': True}))[1:]
    assert [a['secret'] for a in answers] == [SECRET] * 3
    assert [a['commands'] for a in answers[1:]] == [each, each]
    assert booted.left_behind() == []
    good(drive(booted.spec, {'op': 'srk-find'}, q, q))  # without "last" the session is flushed at the end
    assert booted.left_behind() == []


def test_kept_ticket(booted, signer):
    """The ticket of an earlier boot saves three commands, and is never needed: damaged or void ones are ignored."""
    policy = signed_os(signer)
    q = {'op': 'unseal', 'policy': policy, 'blob': seal(booted, policy), 'signatures': signatures(sha256=rows(signer)),
         'more': True, 'last': True}
    first = good(drive(booted.spec, {'op': 'srk-find'}, q))[1]
    assert first['commands'] == 10
    booted.reboot()
    for pcr, text in (7, b'secure boot'), (11, IMAGE), (11, ENTER):
        booted.extend(pcr, text)
    again = good(drive(booted.spec, {'op': 'srk-find'}, {**q, 'ticket': first['ticket']}))[1]
    assert (again['secret'], again['commands']) == (SECRET, 7)
    ticket = bytes.fromhex(first['ticket'])
    for i in [*range(0, 73, 9), *range(73, 83), len(ticket) - 1]:
        bad = ticket[:i] + bytes([ticket[i] ^ 0x41]) + ticket[i + 1:]
        answer = good(drive(booted.spec, {'op': 'srk-find'}, {**q, 'ticket': bad.hex()}))[1]
        assert answer['secret'] == SECRET and answer['commands'] in (10, 11), (i, answer)
    for bad in (b'', ticket[:-1], ticket + b'\0', bytes(200)):
        assert good(drive(booted.spec, {'op': 'srk-find'}, {**q, 'ticket': bad.hex()}))[1]['commands'] == 10
    # a ticket does not stand in for a state
    booted.extend(11, LEAVE)
    assert drive(booted.spec, {'op': 'srk-find'}, {**q, 'ticket': first['ticket']})[1]['err'] == 'TPM_POLICY'
    assert booted.left_behind() == []


@pytest.mark.parametrize('bank', ['sha1', 'sha384', 'sha512'])
def test_banks(booted, signer, bank):
    size = hashlib.new(bank).digest_size
    literal = {7: pcr_after(bank, b'secure boot'), 12: bytes(size), 15: bytes(size)}
    policy = signer.policy('initrd', bank=bank, literal=literal)
    answer = unseal(booted, policy, seal(booted, policy), signatures(**{bank: rows(signer, bank=bank)}))
    assert (answer['err'], answer.get('secret')) == ('OK', SECRET), answer


@pytest.mark.parametrize('bits', [3072, 4096])
def test_longer_keys(booted, bits):
    signer = Signer(bits)
    policy = signed_os(signer)
    answer = unseal(booted, policy, seal(booted, policy), signatures(sha256=rows(signer)))
    if bits == 4096 and answer['err'] == 'TPM_FAILED':
        pytest.skip('this TPM has no RSA-4096')
    assert answer['err'] == 'OK', answer


def test_other_row_fits(booted, signer):
    """Without reference every phase is accepted; the row for the present one is found by one read."""
    policy = signer.policy('')
    sigs = signatures(sha256=[{**r} for r in (signer.row('sha256', pcr_after('sha256', IMAGE, *p)) for p in (
        [ENTER], [ENTER, LEAVE], [ENTER, LEAVE, b'sysinit']))])
    blob = seal(booted, policy)
    assert unseal(booted, policy, blob, sigs)['commands'] == 9
    booted.extend(11, LEAVE)
    answer = unseal(booted, policy, blob, sigs)
    assert answer['err'] == 'OK' and answer['commands'] == 14


def test_wrong_pcr_is_named(booted, signer):
    policy = signed_os(signer)
    blob = seal(booted, policy)
    booted.extend(12, b'another command line')
    answer = unseal(booted, policy, blob, signatures(sha256=rows(signer)))
    assert answer['err'] == 'TPM_POLICY' and 'PCR 12 differs' in answer['text'], answer
    assert 'PCR 7' not in answer['text'] and 'PCR 11' not in answer['text'] and 'PCR 15' not in answer['text']
    booted.extend(7, b'secure boot off')
    answer = unseal(booted, policy, blob, signatures(sha256=rows(signer)))
    assert 'PCR 7 differs' in answer['text'] and 'PCR 12 differs' in answer['text'], answer


def test_foreign_token_with_unknown_values(booted):
    policy, unknown = literal_policy(), literal_policy({7: ZERO, 12: ZERO, 15: ZERO}, unknown=True)
    blob = seal(booted, policy)
    answer = unseal(booted, unknown, blob)
    assert (answer['err'], answer['commands']) == ('OK', 5), answer
    booted.extend(7, b'changed')
    answer = unseal(booted, unknown, blob)
    assert answer['err'] == 'TPM_POLICY' and 'PCRs 7 12 15' in answer['text'], answer
    refused = drive(booted.spec, {'op': 'srk-find'}, {'op': 'seal', 'policy': unknown, 'secret': SECRET})[1]
    assert refused['err'] == 'FORMAT' and refused['commands'] == 0


def test_fuse_blown(booted, signer):
    policy, sigs = signed_os(signer), signatures(sha256=rows(signer))
    blob = seal(booted, policy)
    booted.extend(11, LEAVE)
    answer = unseal(booted, policy, blob, sigs)
    assert answer['err'] == 'TPM_POLICY' and 'fuse is blown' in answer['text'] and 'pawl-services' in answer['text'], answer
    booted.extend(11, b'sysinit')
    booted.extend(11, b'ready')
    answer = unseal(booted, policy, blob, sigs)
    assert answer['err'] == 'TPM_POLICY' and 'no signature for this value' in answer['text'], answer


def test_missing_signature(booted, signer):
    policy = signed_os(signer)
    blob, all_rows = seal(booted, policy), rows(signer)
    for sigs in ('', signatures(sha1=all_rows), signatures(sha256=rows(Signer()))):
        answer = unseal(booted, policy, blob, sigs)
        assert answer['err'] == 'TPM_POLICY' and 'carries no signature by the enrolled key' in answer['text'], answer
    answer = unseal(booted, policy, blob, signatures(sha256=all_rows[1:]))
    assert answer['err'] == 'TPM_POLICY' and 'carries no signature under reference "initrd"' in answer['text'], answer


def test_nothing_measured(booted, signer):
    policy = signed_os(signer)
    blob = seal(booted, policy)
    booted.reboot()
    answer = unseal(booted, policy, blob, signatures(sha256=rows(signer)))
    assert answer['err'] == 'TPM_POLICY' and 'nothing was measured' in answer['text'], answer


def test_forged_signature(booted, signer):
    """A row for the present value under our reference, signed under another one or by another key."""
    policy = signed_os(signer)
    blob, value = seal(booted, policy), pcr_after('sha256', IMAGE, ENTER)
    for sig in (signer.row('sha256', value, 'pawl-services')['sig'], Signer().row('sha256', value, 'initrd')['sig']):
        answer = unseal(booted, policy, blob, signatures(sha256=[{**signer.row('sha256', value, 'initrd'), 'sig': sig}]))
        assert answer['err'] == 'CRYPTO' and 'signature' in answer['text'], answer


@pytest.mark.parametrize('sigs,text', [
    ('{', 'JSON'), ('[]', 'object'), ('{"sha256": {}}', 'sha256'), ('{"sha256": [1]}', 'sha256[0]'),
    ('{"sha256": [{"pcrs": "x"}]}', 'pcrs'), ('{"sha256": [{"pcrs": [11], "pkfp": "xx"}]}', 'pkfp'),
    ('{"sha256": []} x', 'JSON'), ('[' * 100, 'JSON')])
def test_damaged_signatures(booted, signer, sigs, text):
    policy = signed_os(signer)
    answer = unseal(booted, policy, seal(booted, policy), sigs)
    assert answer['err'] in ('FORMAT', 'TRUNCATED', 'TRAILING', 'MISSING') and text in answer['text'], answer
    assert answer['commands'] == 0


def test_other_tpm_and_cleared_tpm(booted, other_tpm):
    policy = literal_policy()
    blob = seal(booted, policy)
    srk = good(drive(booted.spec, {'op': 'srk-find'}))[0]['srk']
    request = {'op': 'srk-import', 'srk': srk}, {'op': 'unseal', 'policy': policy, 'blob': blob}
    answer = drive(other_tpm.spec, *request)[1]
    assert answer['err'] == 'NOT_FOUND' and 'cleared' in answer['text'], answer
    good(drive(other_tpm.spec, {'op': 'srk-setup'}))
    answer = drive(other_tpm.spec, *request)[1]
    assert answer['err'] == 'TPM_OTHER' and 'another TPM' in answer['text'], answer
    booted.tool('tpm2_clear', '-Q')
    answer = drive(booted.spec, *request)[1]
    assert answer['err'] == 'NOT_FOUND', answer
    good(drive(booted.spec, {'op': 'srk-setup'}))
    assert drive(booted.spec, *request)[1]['err'] == 'TPM_OTHER'
    assert booted.left_behind() == [] and other_tpm.left_behind() == []


def test_session_for_another_srk(booted, other_tpm, signer):
    """A header whose SRK is another TPM's: the salt cannot be decrypted, whatever object it names."""
    policy = literal_policy()
    blob = seal(booted, policy)
    good(drive(other_tpm.spec, {'op': 'srk-setup'}))
    srk = good(drive(other_tpm.spec, {'op': 'srk-find'}))[0]['srk']
    answer = drive(booted.spec, {'op': 'srk-import', 'srk': srk}, {'op': 'unseal', 'policy': policy, 'blob': blob})[1]
    assert answer['err'] != 'OK', answer
    assert booted.left_behind() == []


def test_pin(booted):
    policy, pin, wrong = literal_policy(pin=True), 'a1' * 31, 'b2' * 32
    blob = seal(booted, policy, pin)
    assert unseal(booted, policy, blob, auth=pin)['secret'] == SECRET
    answer = unseal(booted, policy, blob, auth=wrong)
    assert answer['err'] == 'KEY' and 'tries are left' in answer['text'], answer
    for _ in range(5):
        answer = unseal(booted, policy, blob, auth=wrong)
    assert answer['err'] == 'TPM_LOCKOUT' and 'recovery key' in answer['text'], answer
    assert unseal(booted, policy, blob, auth=pin)['err'] == 'TPM_LOCKOUT'
    plain = literal_policy()  # what has no PIN opens all the same
    assert unseal(booted, plain, seal(booted, plain))['err'] == 'OK'


def test_object_of_another_policy(booted, signer):
    blob = seal(booted, literal_policy({7: LITERAL[7]}))
    answer = unseal(booted, signed_os(signer), blob, signatures(sha256=rows(signer)))
    assert answer['err'] == 'MISMATCH' and answer['commands'] == 0, answer


def test_damaged_object(booted):
    policy = literal_policy()
    blob = bytes.fromhex(seal(booted, policy))
    for bad in (b'', blob[:-1], blob + b'\0', bytes(5000), b'\xff' * 100):
        answer = unseal(booted, policy, bad.hex())
        assert answer['err'] == 'FORMAT' and answer['commands'] == 0, answer
    damaged = bytearray(blob)
    damaged[20] ^= 1
    assert unseal(booted, policy, damaged.hex())['err'] == 'TPM_OTHER'


def test_pcr_changes_meanwhile(booted, signer, proxy):
    """Somebody extends PCR 16 between the policy and the unseal: a second attempt opens; for ever: BUSY."""
    policy, times = signed_os(signer), [1]
    blob, sigs = seal(booted, policy), signatures(sha256=rows(signer))

    def change(c):
        if int.from_bytes(c[6:10], 'big') == 0x15e and times[0] > 0:
            times[0] -= 1
            return bytes.fromhex('80010000000a00000128')
        return None
    proxy.change = change
    request = {'op': 'srk-find'}, {'op': 'unseal', 'policy': policy, 'blob': blob, 'signatures': sigs}
    assert good(drive(proxy.spec, *request))[1]['secret'] == SECRET
    times[0] = 1 << 30
    answer = drive(proxy.spec, *request)[1]
    assert answer['err'] == 'BUSY' and (1 << 30) - times[0] < 20, answer
    assert booted.left_behind() == []


def test_policy_digest_as_the_tpm_computes_it(booted, signer):
    """Against tpm2-tools' trial session."""
    (booted.folder / 'key.pem').write_text(signer.pem)
    (booted.folder / 'ref').write_bytes(hashlib.sha256(b'initrd').digest())
    (booted.folder / 'values').write_bytes(b''.join(LITERAL[n] for n in sorted(LITERAL)))
    for command in ('tpm2_loadexternal -Q -C o -G rsa -u key.pem -c key.ctx -n key.name', 'tpm2_flushcontext -t',
                    'tpm2_startauthsession -Q -S session', 'tpm2_policypcr -Q -S session -l sha256:11 -L approved',
                    'tpm2_policyauthorize -Q -S session -i approved -n key.name -q ref',
                    'tpm2_policypcr -Q -S session -l sha256:7,12,15 -f values', 'tpm2_policyauthvalue -Q -S session -L digest',
                    'tpm2_flushcontext session'):
        booted.tool(*command.split())
    policy = {**signed_os(signer), 'pin': True}
    answer, = good(drive(booted.spec, {'op': 'digest', 'policy': policy}))
    assert answer['policy'] == (booted.folder / 'digest').read_bytes().hex()


def test_power_cuts_do_not_lock_out(booted, signer):
    policy = signed_os(signer)
    blob, sigs = seal(booted, policy), signatures(sha256=rows(signer))
    for _ in range(40):
        answer = drive(booted.spec, {'op': 'srk-find'}, {'op': 'unseal', 'policy': policy, 'blob': blob, 'signatures': sigs})[1]
        assert answer['err'] == 'OK', answer
        booted.reboot()
        for pcr, text in (7, b'secure boot'), (11, IMAGE), (11, ENTER):
            booted.extend(pcr, text)
    info, = good(drive(booted.spec, {'op': 'info'}))
    assert info['lockout_counter'] == 0 and not info['in_lockout']
