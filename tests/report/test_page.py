# SPDX-License-Identifier: BSD-2-Clause
"""`pawl log report` on files: what the page has and has not, whoever wrote the log."""
import os
import re
import stat
from pathlib import Path

import pytest

import hostile
from machine import TOP, run
from page import EV_IPL, read, record, user_record, values

PAWL = os.environ['PAWL_TPM_DRIVER']
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
LOGS = Path(TOP).parent / 'shared/eventlogs'
# What a page is made of. Nothing in it loads, sends or runs anything.
TAGS = {'html', 'head', 'meta', 'title', 'style', 'body', 'main', 'header', 'nav', 'section', 'article', 'footer', 'figure', 'details', 'summary',
        'div', 'span', 'p', 'a', 'h1', 'h2', 'h3', 'h4', 'ul', 'ol', 'li', 'dl', 'dt', 'dd', 'code', 'svg', 'desc', 'path', 'rect', 'text', 'g'}
ATTRS = {'lang', 'charset', 'http-equiv', 'content', 'name', 'id', 'class', 'href', 'role', 'aria-label', 'aria-labelledby', 'aria-hidden', 'viewbox',
         'd', 'x', 'y', 'rx', 'width', 'height', 'transform'}


def pawl(*words):
    return run(PAWL, 'log', 'report', *words)


@pytest.fixture
def files(tmp_path):
    """A small boot: a firmware log, a user log, and the values they lead to."""
    events = [(0, b'firmware'), (4, b'loader'), (7, b'keys'), (11, b'.linux\0'), (11, b'.linux\0'), (12, b'quiet')]
    (tmp_path / 'log').write_bytes(b''.join(record(pcr, EV_IPL, data) for pcr, data in events))
    (tmp_path / 'user').write_bytes(user_record(11, 'enter-initrd') + user_record(15, 'cryptsetup:root', 'volume-key', b'a key')
                                    + user_record(11, 'leave-initrd') + user_record(11, 'ready'))
    extended = events + [(11, b'enter-initrd'), (15, b'a key'), (11, b'leave-initrd'), (11, b'ready')]
    (tmp_path / 'pcrs').write_text(values(*extended))
    return tmp_path


def write(folder, *words, name='page.html'):
    r = pawl(f'--html={folder / name}', f'--firmware-log={folder}/log', f'--user-log={folder}/user', f'--pcrs={folder}/pcrs', *words)
    return r, folder / name


def check(page):
    """What every page keeps to."""
    assert page.declarations == ['DOCTYPE html'] and page.one('html').attrs == {'lang': 'en'}
    meta = {m.attrs.get('http-equiv') or m.attrs.get('name'): m.attrs.get('content') for m in page.all('meta')}
    assert meta['Content-Security-Policy'] == POLICY and meta['viewport'] == 'width=device-width, initial-scale=1'
    ids = [n.attrs['id'] for n in page.all() if 'id' in n.attrs]
    assert len(ids) == len(set(ids)), 'an id stands twice'
    for n in page.all():
        assert n.tag in TAGS and set(n.attrs) <= ATTRS, (n.tag, n.attrs)
        if 'href' in n.attrs:
            assert n.tag == 'a' and n.attrs['href'][0] == '#' and n.attrs['href'][1:] in ids, n.attrs
        for label in (n.attrs.get('aria-labelledby') or '').split():
            assert label in ids
        assert n.tag != 'svg' or n.attrs.get('aria-hidden') == 'true' or n.attrs['role'] == 'img' and (
            n.attrs.get('aria-label') or n.attrs.get('aria-labelledby')), 'a picture without a text'
    assert len(list(page.all('title'))) == 2 and page.one('head').one('title').text() == 'Measured boot report'
    style = page.one('style').text()
    assert not re.search(r'url\(|@import|@font-face|expression|</', style), 'the style sheet loads something'
    levels = [int(n.tag[1]) for n in page.all() if re.fullmatch('h[1-6]', n.tag)]
    assert levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])), levels
    assert not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]', page.source), 'a control character'
    return page


def proofs(page):
    """{PCR: (number of events, word)}"""
    found = {}
    for d in page.all('details'):
        if 'id' in d.attrs:
            summary = d.one('summary')
            found[int(d.attrs['id'][4:])] = (int(summary.one('span', class_='count').text().split()[0]),
                                             summary.one('span', class_='badge').text())
    return found


def links(page):
    return {li.one('h3').text(): (li.one('span', class_='badge').text(), re.findall(r'PCR (\d+)', li.text()))
            for li in page.one('ol', class_='links').inside if not isinstance(li, str)}


def test_everything_is_proven(files):
    r, path = write(files)
    assert (r.returncode, r.stdout, r.stderr) == (0, '', '')
    page = check(read(path))
    found = proofs(page)
    assert set(found) == set(range(16))
    assert {i: n for i, (n, _) in found.items() if n} == {0: 1, 4: 1, 7: 1, 11: 5, 12: 1, 15: 1}
    assert {w for i, (_, w) in found.items() if i != 10} == {'proven'} and found[10] == (0, 'unknown'), 'PCR 10 is the kernel\'s'
    assert [v.attrs['class'] for v in page.all('div', class_='verdict')] == ['verdict yes']
    assert links(page) == {
        'Firmware': ('proven', ['0', '4', '7']), 'Boot loader': ('measured nothing', []), 'Stub (UKI)': ('proven', ['11', '12']),
        'Kernel': ('measured nothing', []), 'Initrd': ('proven', ['11']), 'Volumes': ('proven', ['15']), 'System': ('proven', ['11'])}
    said = [p.text() for p in page.one('details', id='pcr-11').all('p', class_='said')]
    assert said[2:] == ['enter-initrd', 'leave-initrd', 'ready']
    fine = [p.text() for p in page.one('details', id='pcr-15').all('p', class_='fine')]
    assert len(fine) == 1 and 'volume-key · label only' in fine[0], 'a key\'s description is not what was measured'
    assert 'EV_IPL · content measured' in page.one('details', id='pcr-12').text()
    names = [[li.text() for li in link.all('li', class_='said')] for link in page.one('ol', class_='links').inside if not isinstance(link, str)]
    assert len(names[2]) == 2 and names[2][1] == 'quiet' and names[4:] == [['enter-initrd', 'leave-initrd'], ['cryptsetup:root'], ['ready']], names
    # the drawing: a line from each link to each of its PCRs
    svg = page.one('figure').one('svg')
    assert len(list(svg.all('path', class_='line'))) == sum(len(pcrs) for _, pcrs in links(page).values())
    assert [t.text() for t in svg.all('text')] == [*links(page), 'PCR 0', 'PCR 4', 'PCR 7', 'PCR 11', 'PCR 12', 'PCR 15']


@pytest.mark.parametrize('pcr, broken', [(7, {'Firmware'}), (11, {'Stub (UKI)', 'Initrd', 'System'}), (15, {'Volumes'}), (3, set())])
def test_one_pcr_differs(files, pcr, broken):
    """Also one that the log does not speak of: something was measured that stands nowhere."""
    text = (files / 'pcrs').read_text()
    at = text.index('"', text.index(f'"{pcr}": "') + len(f'"{pcr}": "')) - 1
    (files / 'pcrs').write_text(text[:at] + format(int(text[at], 16) ^ 1, 'x') + text[at + 1:])
    r, path = write(files)
    assert r.returncode == 1 and r.stderr == ''
    page = check(read(path))
    assert {i for i, (_, w) in proofs(page).items() if w == 'not proven'} == {pcr}
    assert {name for name, (word, _) in links(page).items() if word == 'not proven'} == broken
    assert 'class="verdict no"' in page.source and f'In PCR {pcr} something else was measured' in page.one('div', class_='verdict').text()
    values_of = page.one('details', id=f'pcr-{pcr}').one('dl').text()
    assert 'log leads to, sha1' in values_of and 'PCR has, sha1' in values_of


def test_something_is_unknown(files):
    """Values of some PCRs only, of another bank, and no TPM at all: a page, and no claim."""
    short = re.sub(r'"11": "[0-9a-f]+", ', '', (files / 'pcrs').read_text())
    for text, unknown in ((short, 11), (values(banks=('sha256',)), 0)):
        (files / 'pcrs').write_text(text)
        r, path = write(files)
        page = check(read(path))
        assert r.returncode == 2 and 'not all of it is proven' in r.stderr and proofs(page)[unknown][1] == 'unknown'
        assert 'class="verdict unknown"' in page.source and 'class="verdict yes"' not in page.source
    assert 'no digests of it' in page.text(), 'a bank that was left out of the log is told'
    r = pawl(f'--html={files}/none.html', f'--firmware-log={files}/log', '--tpm=/dev/none')
    page = check(read(files / 'none.html'))
    assert r.returncode == 2 and '/dev/none' in r.stderr and 'no TPM' in page.text()
    assert {w for _, w in proofs(page).values()} == {'unknown'}


def test_hostile_texts(tmp_path):
    """They are shown as they are, and nothing of them is anything but text."""
    folder = tmp_path / '<b>"&\''
    folder.mkdir()
    log, extended = hostile.firmware_log()
    user, more = hostile.user_log()
    (folder / 'log').write_bytes(log)
    (folder / 'user').write_bytes(user)
    (folder / 'pcrs').write_text(values(*extended, *more))
    (folder / 'old').write_bytes(record(7, EV_IPL, b'<i>'))
    r, path = write(folder, f'--compare={folder}/old')
    assert r.returncode == 0, r.stderr
    page = check(read(path))
    text = page.one('main').text()
    for evil in hostile.EVIL[:10]:
        assert text.count(evil) >= 9, evil
    assert page.source.count('<script') == 0 and page.source.count('&lt;script&gt;') > 9
    assert f'{folder}/pcrs' in text and f'{folder}/old' in text and f'{folder}/log' in text


def test_a_hostile_volume(files, blank):
    """Its label, its tokens' types and fields: written by whoever had the disk."""
    (files / 'disk').write_bytes(blank.read_bytes())
    evil = '<script>alert(1)</script>"\''
    assert run('cryptsetup', 'config', '--label', evil, files / 'disk').returncode == 0
    for i, token in enumerate(('{"type": "<img src=x>", "keyslots": []}', '{"type": "systemd-tpm2", "keyslots": ["0"], "tpm2-pcrs": "<u>"}')):
        (files / 'token').write_text(token)
        assert run('cryptsetup', 'token', 'import', '--disable-external-tokens', f'--token-id={i}', '--json-file', files / 'token', files / 'disk').returncode == 0
    r, path = write(files, files / 'disk')
    assert r.returncode == 0, r.stderr
    page = check(read(path))
    card = page.one('section', id='secrets').one('article').text()
    assert evil in card and '<img src=x>' in card and 'Token 1' in card and str(files / 'disk') in card


def test_long_logs_are_cut(files):
    """A log of the allowed size is no page of a hundred times that."""
    many = b''.join(record(12, EV_IPL, b'"' * 2000 + str(i).encode()) for i in range(4000)) + record(13, EV_IPL, b'the last one')
    (files / 'log').write_bytes(many)
    r, path = write(files)
    assert r.returncode == 1 and path.stat().st_size < 2 << 20
    page = check(read(path))
    hidden = int(re.search(r'(\d+) more are not shown here', page.one('details', id='pcr-12').text())[1])
    shown = len(list(page.one('details', id='pcr-12').all('li')))
    assert shown + hidden == 4000 == proofs(page)[12][0] and shown > 10 and 'the last one' in page.text()


def test_against_another_log(files):
    (files / 'old').write_bytes(record(0, EV_IPL, b'firmware') + record(4, EV_IPL, b'older loader') + record(12, EV_IPL, b'quiet')
                                + record(7, EV_IPL, b'keys') + record(12, EV_IPL, b'gone with it'))
    r, path = write(files, f'--compare={files}/old')
    assert r.returncode == 0, r.stderr
    changes = [li.text() for li in check(read(path)).one('section', id='changes').all('li')]
    assert [re.match(r'PCR (\d+) (\w+)', c).groups() for c in changes] == [('4', 'changed'), ('11', 'new'), ('11', 'new'), ('12', 'gone')], changes
    assert 'before: older loader' in changes[0] and 'now: loader' in changes[0] and 'before: gone with it' in changes[3]
    r, path = write(files, f'--compare={files}/log')
    assert 'No difference.' in read(path).one('section', id='changes').text()
    (files / 'many').write_bytes(b''.join(record(12, EV_IPL, str(i).encode()) for i in range(2000)))
    r, path = write(files, f'--compare={files}/many')
    assert r.returncode == 0 and re.search(r'And \d+ more', check(read(path)).one('section', id='changes').text())


def test_the_file(files):
    """Whole or not at all, and for its owner's eyes."""
    os.umask(0)
    r, path = write(files)
    first = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (files / 'log').write_bytes((files / 'log').read_bytes() + b'x')
    r, path = write(files)
    assert r.returncode == 2 and 'byte' in r.stderr and path.read_text() == first
    assert sorted(p.name for p in files.iterdir()) == ['log', 'page.html', 'pcrs', 'user']
    (files / 'log').write_bytes((files / 'log').read_bytes()[:-1])
    r, _ = write(files, name='no/such/folder')
    assert r.returncode == 2 and 'no/such' in r.stderr
    r = pawl('--html=-', f'--firmware-log={files}/log', f'--user-log={files}/user', f'--pcrs={files}/pcrs')
    assert r.returncode == 0 and r.stdout.startswith('<!DOCTYPE html>') and r.stdout.rstrip().endswith('</html>')


@pytest.mark.parametrize('words, status, says', [
    ((), 64, '--html=FILE'), (('--html=x', '--nonsense'), 64, ''), (('--html={}/x', '--firmware-log={}/none'), 2, 'none'),
    (('--html={}/x', '--firmware-log={}/log', '--pcrs={}/log'), 2, 'log'), (('--html={}/x', '--firmware-log={}/log', '--pcrs={}/pcrs', '/none'), 2, '/none'),
    (('--html={}/x', '--firmware-log={}/log', '--pcrs={}/pcrs', '--compare={}/pcrs'), 2, 'pcrs'),
    (('--html={}/x', '--user-log={}/user', '--pcrs={}/pcrs', '--compare={}/log'), 2, '--compare='),
])
def test_refused(files, words, status, says):
    r = pawl(*(w.format(files) for w in words))
    assert r.returncode == status and says in r.stderr and not (files / 'x').exists(), (r.returncode, r.stderr)


def test_corpus(tmp_path):
    """Each log that another test keeps: a page, or a refusal with the offset."""
    written = 0
    corpus = sorted((TOP / 'tests/corpus/eventlog').iterdir()) + (sorted(LOGS.glob('*.bin')) if LOGS.is_dir() else [])
    for log in corpus:
        path = tmp_path / (log.name + '.html')
        r = pawl(f'--html={path}', f'--firmware-log={log}', '--tpm=/dev/none')
        assert r.returncode == 2 and path.exists() == ('written' in r.stderr), (log, r.stderr)
        if path.exists():
            check(read(path))
            written += 1
        else:
            assert 'byte' in r.stderr, (log, r.stderr)
    assert written >= 3


def test_pcrs_behind_the_boot(files):
    """16 to 23 are reset at run time: nobody has to know them."""
    events = [(pcr, bytes([pcr])) for pcr in range(24)]
    (files / 'log').write_bytes(b''.join(record(pcr, EV_IPL, data) for pcr, data in events))
    (files / 'pcrs').write_text(values(*events[:16]))
    r = pawl(f'--html={files}/page.html', f'--firmware-log={files}/log', f'--pcrs={files}/pcrs')
    found = proofs(check(read(files / 'page.html')))
    assert r.returncode == 0 and set(found) == set(range(24)) and [i for i, (_, w) in found.items() if w == 'unknown'] == list(range(16, 24))


def test_records_that_extend_no_pcr(files):
    """Among them a PCR that no TPM has."""
    (files / 'log').write_bytes(record(0, 3, b'a remark') + (files / 'log').read_bytes())
    (files / 'user').write_bytes((files / 'user').read_bytes() + user_record(11, 'an index').replace(b'"pcr": 11', b'"nv_index": 25165824'))
    r, path = write(files)
    page = check(read(path))
    others = [d for d in page.all('details') if 'id' not in d.attrs]
    assert r.returncode == 0 and len(others) == 1 and 'EV_NO_ACTION' in others[0].text(), r.stderr
    assert 'content measured' not in others[0].text()
