#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`pawl uki` against images, values and signatures made by systemd 262; skipped without ../shared/interop/uki."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

from common import TOP, pawl, pcr11, sections

UKI = TOP.parent / 'shared/interop/uki'


class Interop(unittest.TestCase):
    def test_measure(self):
        for name, phases in json.loads((UKI / 'expected-pcr11.json').read_text()).items():
            said = json.loads(pawl('measure', '--json', UKI / f'{name}.efi'))
            got = {p['phase'] or '(before the initrd)': p['digests'] for p in said['phases']}
            self.assertEqual(got, phases)

    def test_inspect(self):
        for name in ('full', 'minimal', 'profiles'):
            said = json.loads(pawl('inspect', '--json', UKI / f'{name}.efi'))
            self.assertEqual(said, json.loads((UKI / f'{name}.inspect.json').read_text()))

    def test_profiles(self):
        found = sections(UKI / 'profiles.efi')
        starts = [i for i, (name, _) in enumerate(found) if name == '.profile'] + [len(found)]
        for n in range(3):
            parts = {**dict(found[:starts[0]]), **dict(found[starts[n]:starts[n + 1]])}
            said = json.loads(pawl('measure', '--json', '--phase=:', f'--profile={n}', UKI / 'profiles.efi'))
            self.assertEqual(said['phases'][0]['digests']['sha384'], pcr11(parts, 'sha384').hex())

    def test_signatures_bit_for_bit(self):
        with tempfile.TemporaryDirectory() as d:
            out, json_out = Path(d) / 'out.efi', Path(d) / 'sig.json'
            pawl('sign', f'--pcr-private-key={UKI / "pcr.key"}', f'--pcr-public-key={UKI / "pcr.pub"}', '--systemd-phases',
                 '--phases=enter-initrd', '--policyref=initrd', f'--output={out}', UKI / 'full.efi')
            pawl('inspect', f'--section=.pcrsig@{json_out}', out)
            self.assertEqual(json_out.read_bytes(), (UKI / 'pcrsig.json').read_bytes())

    def test_verify(self):
        self.assertIn('20 right', pawl('verify', f'--pcr-public-key={UKI / "pcr.pub"}', UKI / 'full.efi'))
        pawl('verify', UKI / 'profiles.efi')


if __name__ == '__main__':
    if not (UKI / 'expected-pcr11.json').exists():
        print('skipped: ../shared/interop/uki is not there')
        sys.exit(77)
    unittest.main()
