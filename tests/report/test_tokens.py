# SPDX-License-Identifier: BSD-2-Clause
"""What a page says of the volumes: the answers of `pawl disk explain`, and what changed since the enrolment."""
import json
import re
import shutil

from machine import run, variable
from page import read

OFF, ON = variable('SecureBoot', b'\0'), variable('SecureBoot', b'\1')


def cards(page):
    """{device: [(heading, badge or None, {PCR: what its mark says}, text)]}"""
    found = {}
    for card in page.one('section', id='secrets').all('article'):
        rows = found[card.one('h3').one('span', class_='said').text() if len(list(card.one('h3').all('span'))) == 1
                     else next(card.one('h3').all('span')).text()] = []
        for token in card.all('div', class_='token'):
            badge = [b.text() for b in token.all('span', class_='badge')]
            marks = {a.text(): next(a.all('svg')).attrs['aria-label'] for a in token.all('a', class_='chip')}
            rows.append((token.one('h4').text(), badge[0] if badge else None, marks, token.text()))
    return found


def verdicts(page):
    return [v.attrs['class'].split()[1] for v in page.all('div', class_='verdict')]


def changes(page):
    return [re.sub(r'\s+', ' ', li.text()) for li in page.one('section', id='changes').all('li')]


def test_opens(boot, image, report, tmp_path):
    m = boot()
    assert m.enroll(image).returncode == 0
    r = report(m, tmp_path / 'page.html', image)
    assert (r.returncode, r.stderr) == (0, '')
    page = read(tmp_path / 'page.html')
    assert verdicts(page) == ['yes', 'yes'] and 'Secure Boot' in page.one('main').text()
    [(title, badge, marks, text)] = cards(page)[str(image)]
    assert (title, badge) == ('Token 0: TPM2', 'opens') and 'By itself' in text.replace('by itself', 'By itself')
    assert marks == {'PCR 7': 'as enrolled', 'PCR 12': 'as enrolled', 'PCR 15': 'as enrolled', 'PCR 11': 'as signed'}
    assert 'initrd' in text and 'sha256' in text and '1 more keyslot without a token' in page.one('section', id='secrets').text()
    assert 'Nothing changed in PCR 7, 12, 15.' in page.one('section', id='changes').text()
    m.next_phase('leave-initrd')
    m.measure_volume()
    assert report(m, tmp_path / 'page.html', image).returncode == 0
    page = read(tmp_path / 'page.html')
    assert verdicts(page) == ['yes', 'yes'] and 'The initrd has been left' in page.one('main').text()


def test_what_changed(boot, image, report, tmp_path):
    """Two volumes of one boot, enrolled together: told of each, and what changed once."""
    m = boot()
    assert m.enroll(image).returncode == 0
    other = tmp_path / 'other'
    shutil.copy(image, other)
    m.boot_again(replaced={ON: OFF}, cmdline='init=/bin/sh')
    r = report(m, tmp_path / 'page.html', image, other)
    assert r.returncode == 0, 'the log is true: only what it says has changed'
    page = read(tmp_path / 'page.html')
    assert verdicts(page) == ['yes', 'no'] and '0 of 2 volumes' in page.text()
    for device in (image, other):
        [(_, badge, marks, text)] = cards(page)[str(device)]
        assert badge == 'PCRs changed' and 'find out who did' in text
        assert marks == {'PCR 7': 'not as enrolled', 'PCR 12': 'not as enrolled', 'PCR 15': 'as enrolled', 'PCR 11': 'not known'}
    found = changes(page)
    assert len(found) == 2 and found[0].startswith('PCR 7 changed suspicious') and 'Secure Boot was turned off' in found[0]
    assert found[1].startswith('PCR 12 new') and 'init=/bin/sh' in found[1]
    heads = [h.text() for h in page.one('section', id='changes').all('h3')]
    assert len(heads) == 1 and str(image) in heads[0] and str(other) in heads[0]


def test_changed_though_another_answer_comes_first(boot, image, report, tmp_path):
    """The signature is missing, and the command line is another one: `pawl disk explain` tells the first only."""
    m = boot()
    assert m.enroll(image).returncode == 0
    m.tpm.tool('tpm2_clear', '-Q')
    m.boot_again(cmdline='quiet')
    assert report(m, tmp_path / 'page.html', image).returncode == 0
    page = read(tmp_path / 'page.html')
    [(_, badge, marks, _)] = cards(page)[str(image)]
    assert badge == 'different TPM' and set(marks.values()) == {'not known'}
    assert [c[:10] for c in changes(page)] == ['PCR 12 new']


def test_a_log_that_is_not_true(boot, image, report, tmp_path):
    m = boot()
    assert m.enroll(image).returncode == 0
    m.tpm.extend(7, b'something else')
    r = report(m, tmp_path / 'page.html', image)
    assert r.returncode == 1
    page = read(tmp_path / 'page.html')
    assert verdicts(page) == ['no', 'unknown'] and 'In PCR 7 something else was measured' in page.text()
    [(_, badge, marks, text)] = cards(page)[str(image)]
    assert badge == 'cannot tell' and set(marks.values()) == {'not known'} and 'the event log cannot be used' in text
    section = page.one('section', id='changes').text()
    assert 'PCR 7 cannot be compared' in section and 'Nothing changed in PCR 12, 15.' in section
    assert 'unknown: PCR 7 does not prove it' in page.one('main').text()


def test_a_pin_and_other_ways_in(boot, image, report, tmp_path):
    m = boot()
    m.tpm.tool('tpm2_changeauth', '-Q', '-c', 'lockout', 'owner')
    assert m.enroll(image, '--tpm2-with-pin=direct', env={'NEWPIN': 'right'}).returncode == 0
    assert m.pawl('disk', 'enroll', '--recovery-key', f'--unlock-key-file={m.folder}/key', image).returncode == 0
    assert report(m, tmp_path / 'page.html', image).returncode == 0
    (_, badge, _, text), (other, none, _, words) = cards(read(tmp_path / 'page.html'))[str(image)]
    assert badge == 'opens' and 'with its PIN' in text and "guarded by the TPM's lock-out alone" in text and 'Who else can open it' in text
    assert other == 'Token 1: recovery key' and none is None and 'typed' in words


def test_without_the_tpm(boot, image, report, tmp_path):
    """Values from a file: what a token hangs on is told, and whether it opens is not."""
    m = boot()
    assert m.enroll(image).returncode == 0
    (tmp_path / 'pcrs').write_text(m.tpm.tool('tpm2_pcrread'))
    m.close()
    r = report(m, tmp_path / 'page.html', f'--pcrs={tmp_path}/pcrs', image)
    assert r.returncode == 0, r.stderr
    page = read(tmp_path / 'page.html')
    [(_, badge, marks, text)] = cards(page)[str(image)]
    assert badge == 'cannot tell' and 'the TPM was not asked' in text and list(marks) == ['PCR 7', 'PCR 12', 'PCR 15', 'PCR 11']
    assert verdicts(page) == ['yes', 'unknown'] and 'Nothing changed in PCR 7, 12, 15.' in page.text()


def test_the_volumes_of_this_boot(boot, image, report, tmp_path):
    """As pawl-init lists them; one of them has gone since."""
    m = boot()
    assert m.enroll(image).returncode == 0
    (tmp_path / 'boot.json').write_text(json.dumps({'volumes': [{'device': str(image)}, {'device': '/dev/gone', 'label': '<state>'}]}))
    env = {'PAWL_BOOT_REPORT': str(tmp_path / 'boot.json')}
    assert report(m, tmp_path / 'page.html', env=env).returncode == 0
    page = read(tmp_path / 'page.html')
    assert list(cards(page)) == [str(image), '/dev/gone']
    assert '<state>' in page.text() and 'It could not be read' in page.text() and verdicts(page) == ['yes', 'yes']
    (tmp_path / 'pcrs').write_text(m.tpm.tool('tpm2_pcrread'))
    assert report(m, tmp_path / 'page.html', f'--pcrs={tmp_path}/pcrs', env=env).returncode == 0
    assert cards(read(tmp_path / 'page.html')) == {}, 'the values may be those of another machine'
    assert report(m, tmp_path / 'page.html', env={'PAWL_BOOT_REPORT': '/none'}).returncode == 0
    assert 'No volume was named' in read(tmp_path / 'page.html').text()


def test_a_token_of_somebody_else(boot, image, report, tmp_path):
    """Evidence, reference and blob that anybody may have written: text, and no crash."""
    m = boot()
    assert m.enroll(image).returncode == 0
    tokens = json.loads(run('cryptsetup', 'luksDump', '--dump-json-metadata', image).stdout)['tokens']
    evil = '<script>alert(1)</script>"\''
    for change in ({'pawl': {'evidence': 'AQsABwAA'}}, {'tpm2_pubkey_policy_ref': evil}, {'tpm2-pcrs': list(range(24))}, {'tpm2-blob': 'AAAA'},
                   {'pawl': {'evidence': '<b>'}}, {'pawl': {'evidence': 'AQsA'}}, {'tpm2-pcr-bank': 'sha1'}):
        (tmp_path / 'token').write_text(json.dumps({**tokens['0'], **change}))
        assert run('cryptsetup', 'token', 'import', '--disable-external-tokens', '--token-id=0', '--token-replace', '--json-file',
                   tmp_path / 'token', image).returncode == 0
        r = report(m, tmp_path / 'page.html', image)
        assert r.returncode == 0, (change, r.stderr)
        page = read(tmp_path / 'page.html')
        assert len(cards(page)[str(image)]) == 1 and '<script' not in page.source, change
        heads = list(page.one('section', id='changes').all('h3'))
        assert len(heads) == (0 if 'pawl' in change else 1), 'no PCR, or none that can be read, is nothing to compare'
