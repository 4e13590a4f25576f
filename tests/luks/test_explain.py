# SPDX-License-Identifier: BSD-2-Clause
"""Why a volume did not open: the event that differs from the enrolment is named, from a log that the TPM proves and no other."""
import json

import pytest

from machine import DATABASE, EV_IPL, forgeries, run, variable

OFF, ON = variable('SecureBoot', b'\0'), variable('SecureBoot', b'\1')
DBX = variable('dbx', b'a list', DATABASE)


def answers(r):
    return {a['token']: a for a in json.loads(r.stdout)}


def changes(m, image, *args):
    """(answer, [(PCR, what, suspicious, meaning and event)])"""
    r = m.explain(image, '--json', *args)
    a = answers(r)[0]
    assert (r.returncode == 0) == (a['answer'] == 'opens'), r.stdout
    return a['answer'], [(c['pcr'], c['change'], c['suspicious'], c['meaning'] + ' ' + c.get('event', '')) for c in a['changes']]


def tokens(image):
    return json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)['tokens']


def literal(m, image, pcrs):
    """PCR values and no signature."""
    return m.pawl('disk', 'enroll', '--tpm2', f'--tpm2-pcrs={pcrs}', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}',
                  f'--unlock-key-file={m.folder}/key', image)


def test_opens(boot, image):
    m = boot()
    assert m.enroll(image).returncode == 0
    r = m.explain(image)
    assert (r.returncode, r.stdout, r.stderr) == (0, 'token 0: opens: by itself, when volumes are opened\n', '')
    m.boot_again()
    assert m.explain(image).returncode == 0 and m.test(image).returncode == 0


def test_the_evidence_is_small_and_beside_what_others_read(boot, image):
    m = boot()
    assert literal(m, image, '0+1+2+3+4+5+6+7+12+15').returncode == 0
    token = tokens(image)['0']
    assert len(json.dumps(token['pawl'])) <= 2048 and token['type'] == 'systemd-tpm2' and token['tpm2-pcrs'] == [0, 1, 2, 3, 4, 5, 6, 7, 12, 15]


def test_a_large_log_leaves_the_values(boot, image):
    """There is no room for every event: then the PCR that differs is still known."""
    m = boot()
    noise = [(2, EV_IPL, f'option {n}'.encode(), None) for n in range(400)]
    m.boot_again(more=noise)
    assert literal(m, image, '2+7').returncode == 0
    assert len(json.dumps(tokens(image)['0']['pawl'])) <= 2048
    m.boot_again(more=noise[:-1])
    answer, found = changes(m, image)
    assert answer == 'PCRs changed' and [c[:2] for c in found] == [(2, 'differs')]
    m.boot_again(more=noise, replaced={DBX: variable('dbx', b'a longer list', DATABASE)})
    answer, found = changes(m, image)
    assert [c[:2] for c in found] == [(7, 'changed')] and 'dbx' in found[0][3]


@pytest.mark.parametrize('how, expected', [
    ({'replaced': {ON: OFF}}, [(7, 'changed', True, 'Secure Boot was turned off')]),
    ({'replaced': {DBX: variable('dbx', b'another', DATABASE)}}, [(7, 'changed', False, 'revoked images (dbx)')]),
    ({'replaced': {variable('db', b'a list', DATABASE): variable('db', b'more', DATABASE)}}, [(7, 'changed', True, 'trusted signers (db)')]),
    ({'authorities': (b'somebody else',)}, [(7, 'changed', True, 'another certificate vouched')]),
    ({'authorities': (b'our certificate', b'a shim')}, [(7, 'new', True, 'another certificate vouched')]),
    ({'cmdline': 'init=/bin/sh'}, [(12, 'new', False, 'another command line')]),
])
def test_signed_os(boot, image, how, expected):
    m = boot()
    assert m.enroll(image).returncode == 0
    m.boot_again(**how)
    assert m.test(image).returncode == 1
    answer, found = changes(m, image)
    assert answer == 'PCRs changed'
    assert [c[:3] for c in found] == [c[:3] for c in expected] and all(e[3] in c[3] for c, e in zip(found, expected)), found
    text = m.explain(image)
    assert text.returncode == 1 and 'next: ' in text.stdout and ('SUSPICIOUS' in text.stdout) == expected[0][2]


@pytest.mark.parametrize('replaced, pcr, says', [
    ({b'loader': b'new loader'}, 4, None), ({b'firmware\0': b'new firmware\0'}, 0, 'firmware was updated'),
])
def test_exact_boot(boot, image, replaced, pcr, says):
    m = boot()
    assert literal(m, image, '0+4+7').returncode == 0
    m.boot_again(replaced=replaced)
    if says:
        answer, found = changes(m, image)
        assert answer == 'PCRs changed' and [c[:3] for c in found] == [(pcr, 'changed', True)] and says in found[0][3], found
    else:  # only what an image says of itself is another: its digest, which is what counts, is the same
        assert changes(m, image) == ('opens', [])


def test_another_image(boot, image):
    """Signed by nobody, or by another key."""
    m = boot()
    assert m.enroll(image).returncode == 0
    m.boot_again(replaced={b'.linux\0': b'.linux\0'}, more=[(11, EV_IPL, b'more', b'another section')])
    answer, found = changes(m, image)
    assert (answer, found) == ('signature missing for this image', [])
    assert 'fits what this boot measured' in m.explain(image).stdout
    m.signature.write_text(json.dumps({'sha256': []}))
    assert 'no signature by the enrolled key' in m.explain(image).stdout


def test_another_tpm(boot, image):
    m, other = boot(), boot()
    assert m.enroll(image).returncode == 0
    r = other.explain(image, '--json')
    assert r.returncode == 1 and answers(r)[0]['answer'] == 'different TPM'
    m.tpm.tool('tpm2_clear', '-Q')
    assert answers(m.explain(image, '--json'))[0]['answer'] == 'different TPM'


def test_the_fuse(boot, image):
    """In the running system it is said how it was when volumes were opened, and that it is over."""
    m = boot()
    assert m.enroll(image).returncode == 0
    for word in ('leave-initrd', 'ready'):
        m.next_phase(word)
    r = m.explain(image)
    assert r.returncode == 0 and 'token 0: opens' in r.stdout and 'the fuse is blown' in r.stderr


def test_locked_out(boot, image):
    m = boot()
    m.tpm.tool('tpm2_changeauth', '-Q', '-c', 'lockout', 'owner')
    assert m.enroll(image, '--tpm2-with-pin=direct', env={'NEWPIN': 'right'}).returncode == 0
    assert 'with its PIN' in m.explain(image).stdout
    m.tpm.tool('tpm2_dictionarylockout', '-Q', '-s', '-n', '1', '-t', '1000', '-l', '1000', '-p', 'owner')
    m.test(image, env={'PIN': 'wrong'})
    r = m.explain(image, '--json')
    assert r.returncode == 1 and answers(r)[0]['answer'] == 'locked out', r.stdout


def test_a_token_without_evidence(boot, image, tmp_path):
    """By other software: which PCR it is cannot be told, and that is said."""
    m = boot()
    assert m.enroll(image).returncode == 0
    token = {k: v for k, v in tokens(image)['0'].items() if k != 'pawl'}
    (tmp_path / 'token').write_text(json.dumps(token))
    assert run('cryptsetup', 'token', 'import', '--token-id=0', '--token-replace', '--json-file', tmp_path / 'token', image).returncode == 0
    assert m.explain(image).returncode == 0
    m.boot_again(cmdline='quiet')
    r = m.explain(image)
    assert r.returncode == 1 and 'one of the PCRs 7, 12, 15' in r.stdout


@pytest.mark.parametrize('evidence', ['', 'AA==', 'AQsA', 'AgsA', 'AQsABwAA', 'x', 5, 'A' * 4000, {'a': 1}])
def test_evidence_of_somebody_else(boot, image, tmp_path, evidence):
    """It stands in the header, where anybody writes: it is never believed, and never stops the answer."""
    m = boot()
    assert m.enroll(image).returncode == 0
    (tmp_path / 'token').write_text(json.dumps({**tokens(image)['0'], 'pawl': {'evidence': evidence}}))
    assert run('cryptsetup', 'token', 'import', '--token-id=0', '--token-replace', '--json-file', tmp_path / 'token', image).returncode == 0
    assert m.explain(image).returncode == 0 and m.test(image).returncode == 0
    m.boot_again(cmdline='quiet')
    assert m.explain(image).returncode == 1


# --- logs that are not true ---

def test_a_forged_log_is_never_used(boot, image):
    """Every event that the policy stands on, in turn: another digest, dropped, twice, with its neighbour's place."""
    m = boot()
    assert literal(m, image, '0+1+2+3+4+5+6+7+11+12').returncode == 0
    m.boot_again(cmdline='quiet')
    path = m.folder / 'firmware.log'
    assert m.explain(image).returncode == 1
    for what, forged in forgeries(path.read_bytes()):
        path.write_bytes(forged)
        r = m.explain(image)
        assert r.returncode == 2 and ('cannot be used' in r.stdout or r.stderr), (what, r.stdout, r.stderr)


def test_data_that_was_not_measured(boot, image):
    """Digests are as they were, and an event says of itself what it was not: that is told, and not repeated."""
    m = boot()
    assert m.enroll(image).returncode == 0
    m.boot_again(replaced={DBX: variable('dbx', b'an evil list', DATABASE)})
    path = m.folder / 'firmware.log'
    lie = variable('dbx', b'a good list.', DATABASE)
    real = variable('dbx', b'an evil list', DATABASE)
    assert len(lie) == len(real) and path.read_bytes().count(real) == 1
    path.write_bytes(path.read_bytes().replace(real, lie))
    answer, found = changes(m, image)
    assert answer == 'PCRs changed' and found[0][:3] == (7, 'changed', True) and 'is not what was measured' in found[0][3], found


@pytest.mark.parametrize('args, status, says', [
    (('--token-id=9',), 2, 'no TPM2 token'), (('--token-id=x',), 64, 'not a token'), (('--nonsense',), 64, ''), (('--firmware-log=/dev/null',), 2, ''),
])
def test_refused(boot, image, args, status, says):
    m = boot()
    assert m.enroll(image).returncode == 0
    r = m.explain(image, *args)
    assert r.returncode == status and says in r.stderr, (r.stdout, r.stderr)
