#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`pawl uki` on images made here: what it writes, what it refuses, and what it says. PAWL is the program."""
import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from common import BANKS, ORDER, TOP, extended, make_keys, pawl, pcr11, policy, record, rsa_verifies, sections, sidecars

STUB = TOP / 'tests/corpus/pe/one-section'


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = Path(tempfile.mkdtemp(prefix='pawl-uki-'))
        make_keys(cls.dir)
        (cls.dir / 'i1').write_bytes(b'first')
        (cls.dir / 'i2').write_bytes(b'second!!')

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.dir)

    def path(self, name):
        return self.dir / name

    def build(self, name, *words, status=0):
        said = pawl('build', f'--stub={STUB}', f'--linux={STUB}', '--os-release=ID=test\n', f'--output={self.path(name)}',
                    *words, status=status)
        return said if status else self.path(name)

    def pcr_key(self):
        return f'--pcr-private-key={self.path("pcr.key")}'

    def sb_keys(self, name='db'):
        return f'--secureboot-private-key={self.path(name + ".key")}', f'--secureboot-certificate={self.path(name + ".crt")}'

    def check_measure(self, image, parts, *words):
        said = json.loads(pawl('measure', '--json', *words, image))
        self.assertEqual(said['pcr'], 11)
        self.assertEqual([p['phase'] for p in said['phases']], [
            '', 'enter-initrd', 'enter-initrd:leave-initrd', 'enter-initrd:leave-initrd:sysinit',
            'enter-initrd:leave-initrd:sysinit:ready'])
        for p in said['phases']:
            words = [w for w in p['phase'].split(':') if w]
            self.assertEqual(p['digests'], {b: pcr11(parts, b, words).hex() for b in BANKS})

    def test_build_and_measure(self):
        image = self.build('a.efi', f'--initrd={self.path("i1")}', f'--initrd={self.path("i2")}', '--cmdline=  a \t b ',
                           '--uname=6.1', f'--microcode={self.path("i1")}', '--section=.mine:x', '--sbat=sbat,1,x\nmine,1,y\n')
        found = sections(image)
        self.assertEqual([n for n, _ in found], ['.text', '.sbat', '.osrel', '.cmdline', '.uname', '.linux', '.initrd', '.ucode', '.mine'])
        parts = dict(found)
        self.assertEqual(parts['.cmdline'], b'a b')
        self.assertEqual(parts['.initrd'], b'first\0\0\0second!!')
        self.assertEqual(parts['.linux'], STUB.read_bytes())
        self.assertTrue(parts['.sbat'].startswith(b'sbat,1,SBAT Version'))
        self.assertTrue(parts['.sbat'].endswith(b'\nmine,1,y\n'))
        self.check_measure(image, parts)
        again = self.build('a2.efi', f'--initrd={self.path("i1")}', f'--initrd={self.path("i2")}', '--cmdline=a b',
                           '--uname=6.1', f'--microcode={self.path("i1")}', '--section=.mine:x', '--sbat=sbat,1,x\nmine,1,y\n')
        self.assertEqual(image.read_bytes(), again.read_bytes())

    def test_measure_sections(self):
        self.path('empty').write_bytes(b'')
        said = json.loads(pawl('measure', '--json', '--bank=sha256', '--phase=:', f'--linux={self.path("i1")}', f'--hwids={self.path("i2")}',
                               f'--dtb={self.path("empty")}'))
        want = pcr11({'.linux': b'first', '.hwids': b'second!!'}, 'sha256').hex()
        self.assertEqual(said['phases'], [{'phase': '', 'digests': {'sha256': want}}])

    def credentials(self, name, files):
        folder = self.path(name)
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        return folder

    def test_credentials_beside(self):
        """PCR 12 as predicted, and a log of such a boot as it is judged."""
        image = self.build('c.efi', '--cmdline=quiet')
        own, shared = {'b.cred': b'two', 'a.cred': b'one\n', 'x.txt': b'no'}, {'net.cred': bytes(1000)}
        taken = {k: v for k, v in own.items() if k.endswith('.cred')}
        archives = [sidecars.archive('credentials', taken), sidecars.archive('global_credentials', shared)]
        options = [f'--credentials={self.credentials("own", own)}', f'--global-credentials={self.credentials("shared", shared)}']
        for n in (1, 2):
            said = json.loads(pawl('measure', '--json', *options[:n], image))
            self.assertEqual(said['config'], {'pcr': 12, 'digests': {b: extended(archives[:n], b).hex() for b in BANKS}})
            self.assertIn(f'12:sha256={extended(archives[:n], "sha256").hex()}\n', pawl('measure', *options[:n], image))
        self.assertNotIn('config', json.loads(pawl('measure', '--json', image)))
        self.assertIn('none: no such folder', pawl('measure', f'--credentials={self.path("none")}', image, status=2))

        labels = ('Credentials initrd', 'Global credentials initrd')
        events = [(11, name, piece) for name, content in sorted(sections(image), key=lambda s: ORDER.index(s[0]) if s[0] in ORDER else 99)
                  if name in ORDER for piece in (name.encode() + b'\0', content)]
        events += [(12, label, archive) for label, archive in zip(labels, archives)]
        log, pcrs = self.path('log'), self.path('pcrs')
        log.write_bytes(b''.join(record(*e) for e in events))
        pcrs.write_text(json.dumps({'sha1': {str(p): extended([e[2] for e in events if e[0] == p], 'sha1').hex() for p in (11, 12)}}))
        verify = ['verify', '--json', f'--firmware-log={log}', f'--pcrs={pcrs}', f'--uki={image}']
        said = json.loads(pawl(*verify, noun='log'))
        self.assertEqual((said['uki']['matches'], said['uki']['others'], said['uki']['credential_archives_not_compared']), (True, 2, 2))
        said = json.loads(pawl(*verify, *options, noun='log'))
        self.assertEqual((said['uki']['matches'], said['uki']['others'], said['uki']['credential_archives_not_compared']), (True, 0, 0))
        pawl('verify', options[0], f'--firmware-log={log}', f'--pcrs={pcrs}', noun='log', status=64)
        shown = json.loads(pawl('show', '--json', f'--firmware-log={log}', noun='log'))['events']
        self.assertEqual(shown[-2]['description'], 'credential files beside the image, Credentials initrd')
        # one of the two only; another content; a file more
        def judged(*words):
            r = subprocess.run([os.environ['PAWL'], 'log', *verify, *words], capture_output=True, text=True)
            self.assertEqual(r.returncode, 1, r.stderr)
            return json.loads(r.stdout)['uki']
        self.assertIn('that the given folders do not have', judged(options[0])['reason'])
        (self.path('own') / 'b.cred').write_bytes(b'TWO')
        self.assertIn('Credentials initrd: not in the log', judged(*options)['reason'])
        (self.path('own') / 'b.cred').write_bytes(b'two')
        (self.path('own') / 'c.cred').write_bytes(b'')
        self.assertFalse(judged(*options)['matches'])

    def test_inspect(self):
        image = self.build('i.efi', '--cmdline=quiet')
        said = json.loads(pawl('inspect', '--json', image))
        self.assertEqual(said['.cmdline'], {'size': 5, 'sha256': hashlib.sha256(b'quiet').hexdigest(), 'text': 'quiet'})
        self.assertNotIn('text', said['.linux'])
        self.assertNotIn('.text', said)
        self.assertIn('.text', json.loads(pawl('inspect', '--json', '--all', image)))
        pawl('inspect', f'--section=.linux:binary@{self.path("kernel")}', image)
        self.assertEqual(self.path('kernel').read_bytes(), STUB.read_bytes())
        self.assertIn('no section of that name', pawl('inspect', '--section=.none', image, status=2))

    def entries(self, image, profile=None):
        said = json.loads(pawl('inspect', '--json', image))
        return json.loads((said if profile is None else said['_profiles'][profile])['.pcrsig']['text'])

    def check_signature(self, entry, bank, parts, path, ref):
        pol = policy(pcr11(parts, bank, path.split(':')), bank)
        tbs = pol + (hashlib.sha256(ref.encode()).digest() if ref else b'')
        self.assertEqual(entry['pcrs'], [11])
        self.assertEqual(entry['pol'], pol.hex())
        self.assertEqual(entry.get('ref'), ref)
        self.assertTrue(rsa_verifies(self.path('pcr.pub'), base64.b64decode(entry['sig']), tbs, self.dir))

    def test_default_references(self):
        image = self.build('d.efi', self.pcr_key())
        parts, found = dict(sections(image)), self.entries(image)
        self.assertEqual(parts['.pcrpkey'], self.path('pcr.pub').read_bytes())
        self.assertEqual(list(found), list(BANKS))
        for bank, entries in found.items():
            want = [('enter-initrd', 'initrd'), ('enter-initrd:leave-initrd', 'pawl-services'),
                    ('enter-initrd:leave-initrd:sysinit', 'pawl-services'), ('enter-initrd:factory-reset', 'factory-reset')]
            self.assertEqual(len(entries), len(want))
            for entry, (path, ref) in zip(entries, want):
                self.check_signature(entry, bank, parts, path, ref)
        self.assertIn('16 right', pawl('verify', f'--pcr-public-key={self.path("pcr.pub")}', image))

    def test_chosen_paths(self):
        image = self.build('c.efi', self.pcr_key(), '--pcr-banks=sha256', '--phases=enter-initrd a:b', '--policyref=R', '--systemd-phases')
        parts, found = dict(sections(image)), self.entries(image)
        self.assertEqual(list(found), ['sha256'])
        want = [('enter-initrd', None), ('enter-initrd:leave-initrd', None), ('enter-initrd:leave-initrd:sysinit', None),
                ('enter-initrd:leave-initrd:sysinit:ready', None), ('enter-initrd', 'R'), ('a:b', 'R')]
        self.assertEqual(len(found['sha256']), len(want))
        for entry, (path, ref) in zip(found['sha256'], want):
            self.check_signature(entry, 'sha256', parts, path, ref)
        pawl('verify', image, status=1)  # a:b is no path that exists
        pawl('verify', '--phase=a:b', image)

    def test_secure_boot_signature(self):
        image = self.build('s.efi', *self.sb_keys())
        sbverify = ['sbverify', '--cert', self.path('db.crt'), image]
        self.assertEqual(subprocess.run(sbverify, capture_output=True).returncode, 0)
        pawl('verify', f'--secureboot-certificate={self.path("db.crt")}', image)
        pawl('verify', f'--secureboot-certificate={self.path("other.crt")}', image, status=1)
        whole = image.read_bytes()
        for at in random.Random(1).sample(range(0x200, len(whole) - 1600), 20):
            bad = bytearray(whole)
            bad[at] ^= 1
            self.path('flip.efi').write_bytes(bad)
            r = subprocess.run([os.environ['PAWL'], 'uki', 'verify', f'--secureboot-certificate={self.path("db.crt")}',
                                self.path('flip.efi')], capture_output=True)
            self.assertIn(r.returncode, (1, 2), at)
        # the other key's signature takes the place of the first
        pawl('sign', *self.sb_keys('other'), image)
        pawl('verify', f'--secureboot-certificate={self.path("other.crt")}', image)
        pawl('verify', f'--secureboot-certificate={self.path("db.crt")}', image, status=1)

    def test_signs_what_sbsign_signed(self):
        plain = self.build('p.efi', '--cmdline=x')
        subprocess.run(['sbsign', '--key', self.path('other.key'), '--cert', self.path('other.crt'), '--output', self.path('sbs.efi'), plain],
                       check=True, capture_output=True)
        pawl('verify', f'--secureboot-certificate={self.path("other.crt")}', self.path('sbs.efi'))
        pawl('sign', *self.sb_keys(), self.path('sbs.efi'), env={'SOURCE_DATE_EPOCH': '1000000000'})
        first = self.path('sbs.efi').read_bytes()
        pawl('sign', *self.sb_keys(), self.path('sbs.efi'), env={'SOURCE_DATE_EPOCH': '1000000000'})
        self.assertEqual(first, self.path('sbs.efi').read_bytes())

    def test_resigning_replaces(self):
        image = self.build('r.efi', '--cmdline=x')
        pawl('sign', self.pcr_key(), *self.sb_keys(), image)
        names = [n for n, _ in sections(image)]
        self.assertEqual(names.count('.pcrsig'), 1)
        pawl('sign', self.pcr_key(), '--pcr-banks=sha256', *self.sb_keys(), image)
        self.assertEqual([n for n, _ in sections(image)], names)
        self.assertEqual(list(self.entries(image)), ['sha256'])
        pawl('verify', f'--secureboot-certificate={self.path("db.crt")}', f'--pcr-public-key={self.path("pcr.pub")}', image)
        before = image.read_bytes()
        said = pawl('sign', f'--pcr-private-key={self.path("db.key")}', image, status=2)
        self.assertIn('.pcrpkey', said)
        self.assertEqual(image.read_bytes(), before)

    def test_kernel_signed_by_the_certificate(self):
        kernel = self.path('kernel.signed')
        subprocess.run(['sbsign', '--key', self.path('db.key'), '--cert', self.path('db.crt'), '--output', kernel, STUB],
                       check=True, capture_output=True)
        out = self.path('never.efi')
        said = pawl('build', f'--stub={STUB}', f'--linux={kernel}', f'--output={out}', *self.sb_keys(), status=2)
        self.assertIn('kernel.signed', said)
        self.assertFalse(out.exists())
        # unsigned, or signed by somebody else, it is an image like others, until it meets that certificate
        pawl('build', f'--stub={STUB}', f'--linux={kernel}', f'--output={out}', *self.sb_keys('other'))
        pawl('verify', f'--secureboot-certificate={self.path("other.crt")}', out)
        before = out.read_bytes()
        self.assertIn('.linux', pawl('sign', *self.sb_keys(), out, status=2))
        self.assertEqual(out.read_bytes(), before)
        self.assertIn('signed by the Secure Boot certificate', subprocess.run(
            [os.environ['PAWL'], 'uki', 'verify', f'--secureboot-certificate={self.path("db.crt")}', out], capture_output=True, text=True).stdout)

    def test_kernel_of_a_profile_signed_by_the_certificate(self):
        kernel, profile = self.path('profile-kernel.signed'), self.path('kernel.profile')
        subprocess.run(['sbsign', '--key', self.path('db.key'), '--cert', self.path('db.crt'), '--output', kernel, STUB],
                       check=True, capture_output=True)
        pawl('build', '--profile=ID=other', f'--microcode={kernel}', f'--output={profile}')
        image = self.build('two-kernels.efi', f'--join-profile={profile}')
        image.write_bytes(image.read_bytes().replace(b'.ucode\0\0', b'.linux\0\0'))
        said = subprocess.run([os.environ['PAWL'], 'uki', 'verify', f'--secureboot-certificate={self.path("db.crt")}', image],
                              capture_output=True, text=True).stdout
        self.assertIn('signed by the Secure Boot certificate', said)

    def test_profiles(self):
        reset = self.path('reset.profile')
        pawl('build', '--profile=ID=reset', '--cmdline=reset', f'--output={reset}')
        self.assertEqual([n for n, _ in sections(reset)], ['.profile', '.cmdline'])
        image = self.build('prof.efi', '--cmdline=base', self.pcr_key(), f'--join-profile={reset}')
        self.assertEqual([n for n, _ in sections(image)], ['.text', '.sbat', '.osrel', '.cmdline', '.pcrpkey', '.linux', '.profile', '.pcrsig',
                                                           '.profile', '.cmdline', '.pcrsig'])
        found = sections(image)
        base, second = dict(found[:7]), {**dict(found[:7]), **dict(found[8:])}
        self.check_measure(image, base)
        self.check_measure(image, second, '--profile=1')
        for profile, parts in ((0, base), (1, second)):
            self.check_signature(self.entries(image, profile)['sha256'][0], 'sha256', parts, 'enter-initrd', 'initrd')
        self.assertIn('no profile 2', pawl('measure', '--profile=2', image, status=2))
        pawl('verify', image)
        pawl('sign', self.pcr_key(), '--systemd-phases', image)
        self.assertEqual([n for n, _ in sections(image)].count('.pcrsig'), 2)
        self.check_measure(image, second, '--profile=1')

    def test_verify_says_no(self):
        image = self.build('v.efi', self.pcr_key(), '--cmdline=AAAA')
        changed = image.read_bytes().replace(b'AAAA', b'BBBB')
        image.write_bytes(changed)
        r = subprocess.run([os.environ['PAWL'], 'uki', 'verify', '--json', image], capture_output=True, text=True)
        self.assertEqual(r.returncode, 1)
        self.assertFalse(json.loads(r.stdout)['verified'])
        twice = self.build('t.efi', '--cmdline=x')
        twice.write_bytes(twice.read_bytes().replace(b'.osrel\0\0', b'.cmdline'))
        pawl('verify', twice, status=1)
        wx = self.build('wx.efi')
        wx.write_bytes(wx.read_bytes().replace((0x60000020).to_bytes(4, 'little'), (0xe0000020).to_bytes(4, 'little'), 1))
        pawl('verify', wx, status=1)
        none = self.build('n.efi')
        pawl('verify', none)
        pawl('verify', f'--pcr-public-key={self.path("pcr.pub")}', none, status=1)

    def test_wrong_pcr_signature(self):
        image = self.build('w.efi', self.pcr_key(), '--pcr-banks=sha256')
        whole, entries = image.read_bytes(), self.entries(image)['sha256']
        # the key's own signature, for another phase path; an unsigned section, so PCR 11 stays as it is
        image.write_bytes(whole.replace(entries[0]['sig'].encode(), entries[1]['sig'].encode()))
        pawl('verify', image, status=1)
        # right, but under another reference
        image.write_bytes(whole.replace(b'"ref": "initrd"', b'"ref": "inItrd"'))
        pawl('verify', image, status=1)
        image.write_bytes(whole.replace(b'"pcrs": [11]', b'"pcrs": [12]'))
        pawl('verify', image, status=1)
        image.write_bytes(whole.replace(b'"sha256": [', b'"sha512": ['))
        pawl('verify', image, status=1)
        image.write_bytes(whole)
        pawl('verify', image)

    def test_bad_images(self):
        good = self.build('g.efi', self.pcr_key(), *self.sb_keys()).read_bytes()
        rnd = random.Random(2)
        bad = [b'', b'MZ', rnd.randbytes(5000), b'MZ' + rnd.randbytes(5000)]
        bad += [good[:n] for n in range(1, len(good), 997)]
        for i, data in enumerate(bad):
            path = self.path(f'bad-{i}.efi')
            path.write_bytes(data)
            for words in (['inspect'], ['measure', '--json'], ['verify'], ['sign', self.pcr_key()],
                          ['build', f'--stub={path}', f'--linux={STUB}', f'--output={self.path("none.efi")}'],
                          ['build', f'--stub={STUB}', f'--linux={path}', f'--output={self.path("none.efi")}']):
                last = [] if words[0] == 'build' else [path]
                self.assertIn(path.name, pawl(*words, *last, status=2), words)
            self.assertEqual(path.read_bytes(), data)
            self.assertFalse(self.path('none.efi').exists())
        self.assertFalse([f for f in os.listdir(self.dir) if f.startswith('none.efi')])

    def test_missing_files(self):
        for option in ('initrd', 'splash', 'microcode', 'pcrpkey'):
            said = self.build('m.efi', f'--{option}=/does/not/exist', status=2)
            self.assertIn('/does/not/exist', said)
        self.assertIn('/does/not/exist', self.build('m.efi', '--cmdline=@/does/not/exist', status=2))
        self.assertIn('i1', self.build('m.efi', f'--pcr-private-key={self.path("i1")}', status=2))
        self.assertFalse(self.path('m.efi').exists())

    def test_usage(self):
        for words in (['build'], ['build', '--linux=x', 'y'], ['measure'], ['measure', 'a', 'b'], ['measure', f'--linux={STUB}', 'b'],
                      ['measure', '--bank=md5', 'a'], ['sign', 'a'], ['verify'], ['inspect', '--section=toolongname', 'a'],
                      ['build', f'--linux={STUB}', '--sign-kernel'], ['build', f'--linux={STUB}', '--policyref=x'],
                      ['build', f'--linux={STUB}', f'--secureboot-private-key={self.path("db.key")}'], ['measure', '--nonsense']):
            pawl(*words, status=64)


if __name__ == '__main__':
    unittest.main()
