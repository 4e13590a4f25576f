# SPDX-License-Identifier: BSD-2-Clause
"""Pages in Chromium, on a phone and on a desk, in both colour schemes: nothing overflows or is cut off, everything can be read,
nothing is fetched and nothing runs. PAWL_PICTURES names a folder that gets pictures of them."""
import os
from pathlib import Path

import pytest

import browser
import hostile
from machine import DATABASE, run, variable
from page import EV_IPL, record, values

SIZES = {'phone': (360, 740), 'desk': (1280, 800)}
pytestmark = pytest.mark.skipif(not browser.PROGRAM, reason='chromium is not installed')

# What is wider than its window, or shows less than it holds: elements as text.
OVERFLOW = '''[...document.body.querySelectorAll('*')].filter(e => {
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    if (!r.width || e.closest('svg') && e.tagName != 'svg') return false;
    return r.left < -0.5 || r.right > innerWidth + 0.5 || s.overflowX != 'visible' && e.scrollWidth > e.clientWidth + 1 && s.display != 'inline';
}).map(e => e.tagName + '.' + e.getAttribute('class') + ': ' + e.textContent.slice(0, 60))'''
# Words of the drawing that stick out of their box, which is the last one before them.
DRAWING = '''[...document.querySelectorAll('figure text')].filter(t => {
    let box = t; while (box && box.tagName != 'rect') box = box.previousElementSibling;
    const a = t.getBoundingClientRect(), b = box.getBoundingClientRect();
    return a.left < b.left || a.right > b.right || a.top < b.top || a.bottom > b.bottom;
}).map(t => t.textContent)'''
# Links of the page and what opens lists: at least 24 CSS pixels high (WCAG 2.2, 2.5.8).
SMALL = '''[...document.querySelectorAll('a, summary')].filter(e => e.getBoundingClientRect().height < 24).map(e => e.textContent)'''
# Texts and their contrast with the background, where it is less than 4.5 (WCAG 2.2, 1.4.3).
CONTRAST = '''(() => {
    const parse = c => c.match(/[\\d.]+/g).map(Number);
    const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                         return .2126 * r + .7152 * g + .0722 * b };
    const found = {};
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let t; t = walk.nextNode();) {
        const e = t.parentElement;
        if (!t.data.trim() || e.closest('title, desc')) continue;
        let back = e.closest('svg') ? [...e.closest('svg').querySelectorAll('rect')].filter(r => {
            const a = r.getBoundingClientRect(), b = e.getBoundingClientRect(); return a.left <= b.left && a.right >= b.left && a.top <= b.top && a.bottom >= b.top
        }).map(r => parse(getComputedStyle(r).fill))[0] : null;
        for (let up = e; !back && up; up = up.parentElement) {
            const c = parse(getComputedStyle(up).backgroundColor);
            if (c.length < 4 || c[3] > 0) back = c;
        }
        const front = parse(e.closest('svg') ? getComputedStyle(e).fill : getComputedStyle(e).color);
        const [a, b] = [light(front.slice(0, 3)), light(back.slice(0, 3))].sort((x, y) => y - x);
        found[(a + .05) / (b + .05)] = e.className + ': ' + t.data.slice(0, 40);
    }
    return found;
})()'''


@pytest.fixture(scope='module')
def chromium(tmp_path_factory):
    b = browser.Browser(tmp_path_factory.mktemp('chromium'))
    yield b
    b.close()


def look(chromium, path):
    """Everything that holds for every page."""
    for name, (width, height) in SIZES.items():
        for dark in (False, True):
            where = f'{path.stem} {name} {"dark" if dark else "light"}'
            chromium.open(path, width, height, dark)
            chromium.measure("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert chromium.measure('innerWidth') == width, where
            assert chromium.measure('document.documentElement.scrollWidth') <= width, where
            assert chromium.measure(OVERFLOW) == [], where
            assert chromium.measure(DRAWING) == [], where
            assert chromium.measure(SMALL) == [], where
            contrast = {float(k): v for k, v in chromium.measure(CONTRAST).items()}
            assert len(contrast) > 3 and min(contrast) >= 4.5, (where, contrast[min(contrast)], min(contrast))
            back = chromium.measure('getComputedStyle(document.body).backgroundColor')
            assert (sum(int(v) for v in back[4:-1].split(',')) < 200) == dark, where
            assert [r['request']['url'] for r in chromium.said('Network.requestWillBeSent')] == [path.resolve().as_uri()], where
            for problem in ('Log.entryAdded', 'Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Page.javascriptDialogOpening',
                            'Audits.issueAdded', 'Page.frameAttached', 'Page.windowOpen'):
                assert chromium.said(problem) == [], where
            assert chromium.measure('[document.scripts.length, document.images.length, frames.length, document.title]') == [
                0, 0, 0, 'Measured boot report'], where
            if os.environ.get('PAWL_PICTURES'):
                chromium.measure("document.querySelectorAll('details').forEach(d => d.open = false)")
                chromium.picture(Path(os.environ['PAWL_PICTURES']) / (where.replace(' ', '-') + '.png'))


def names(chromium, role):
    """What a screen reader says of each thing of a kind."""
    nodes = chromium.ask('Accessibility.getFullAXTree')['nodes']
    return [n.get('name', {}).get('value', '') for n in nodes if n.get('role', {}).get('value') == role and not n['ignored']]


def test_states(boot, image, report, chromium, tmp_path):
    """All is well; something changed; the log is not true; nobody could be asked."""
    m = boot()
    assert m.enroll(image).returncode == 0
    old = tmp_path / 'old'
    old.write_bytes((m.folder / 'firmware.log').read_bytes())
    assert run('cryptsetup', 'config', '--label', 'root', image).returncode == 0
    assert report(m, tmp_path / 'good.html', image).returncode == 0
    look(chromium, tmp_path / 'good.html')
    assert names(chromium, 'heading')[0] == 'Measured boot report' and len(names(chromium, 'heading')) > 25
    pictures = names(chromium, 'image') + names(chromium, 'img')
    assert len(pictures) > 15 and '' not in pictures and any(p.startswith('Who measured into which PCR') for p in pictures), pictures

    m.boot_again(replaced={variable('SecureBoot', b'\1'): variable('SecureBoot', b'\0'),
                           variable('dbx', b'a list', DATABASE): variable('dbx', b'a longer list', DATABASE)}, cmdline='init=/bin/sh')
    for word in ('leave-initrd', 'ready'):
        m.next_phase(word)
    m.measure_volume()
    assert report(m, tmp_path / 'changed.html', f'--compare={old}', image).returncode == 0
    look(chromium, tmp_path / 'changed.html')
    m.tpm.extend(4, b'something else')
    assert report(m, tmp_path / 'untrue.html', f'--compare={old}', image).returncode == 1
    look(chromium, tmp_path / 'untrue.html')
    assert report(m, tmp_path / 'nobody.html', '--tpm=/dev/none', image).returncode == 2
    look(chromium, tmp_path / 'nobody.html')


def test_hostile_texts(chromium, tmp_path):
    """Nothing of them runs or is fetched, and words without end stay inside."""
    from test_page import pawl
    log, extended = hostile.firmware_log()
    user, more = hostile.user_log()
    (tmp_path / 'log').write_bytes(log)
    (tmp_path / 'user').write_bytes(user)
    (tmp_path / 'old').write_bytes(record(7, EV_IPL, b'x'))
    (tmp_path / 'pcrs').write_text(values(*extended, *more))
    r = pawl(f'--html={tmp_path}/hostile.html', f'--firmware-log={tmp_path}/log', f'--user-log={tmp_path}/user', f'--pcrs={tmp_path}/pcrs',
             f'--compare={tmp_path}/old')
    assert r.returncode == 0, r.stderr
    look(chromium, tmp_path / 'hostile.html')


def test_every_pcr(chromium, tmp_path):
    """The drawing with as many lines as there can be, and long names of files."""
    from test_page import pawl
    folder = tmp_path / ('n' * 200)
    folder.mkdir()
    (folder / 'log').write_bytes(b''.join(record(i, EV_IPL, b'x') for i in range(24)))
    r = pawl(f'--html={tmp_path}/every.html', f'--firmware-log={folder}/log', '--tpm=/dev/none')
    assert r.returncode == 2
    look(chromium, tmp_path / 'every.html')


def test_a_link_leads_to_its_list(chromium, tmp_path):
    from test_page import pawl
    (tmp_path / 'log').write_bytes(b''.join(record(i, EV_IPL, b'x') for i in range(16)))
    pawl(f'--html={tmp_path}/page.html', f'--firmware-log={tmp_path}/log', '--tpm=/dev/none')
    chromium.open(tmp_path / 'page.html', 360, 740)
    chromium.measure("document.querySelector('a[href=\"#pcr-7\"]').click()")
    top = chromium.measure("document.getElementById('pcr-7').getBoundingClientRect().top")
    assert 0 <= top < 740, top
