# SPDX-License-Identifier: BSD-2-Clause
"""Opening without a person: only by a token whose policy is exactly what the measured image demands."""
import os

import pytest

from machine import TOP, Log, run, variable

OPENER = os.environ.get('PAWL_OPENER', '')


def unattended(m, image, profile='signed-os', log=None):
    """What each token says, in their order."""
    r = run(OPENER, image, log or m.folder / 'firmware.log', m.public_key, m.signature, profile, env={
        'PAWL_TPM': m.tpm.spec, 'PAWL_TPM_LOCK': str(m.folder / 'lock'),
        'PAWL_POLICIES': str(TOP / 'pcr-policies')})
    assert r.returncode == 0, r.stderr
    return [line.split()[1] for line in r.stdout.splitlines()]


@pytest.mark.parametrize('profile', ['signed-os', 'exact-boot'])
def test_the_profile_opens(boot, image, profile):
    m = boot()
    assert m.enroll(image, f'--profile={profile}').returncode == 0
    assert unattended(m, image, profile) == ['OK']
    other = 'exact-boot' if profile == 'signed-os' else 'signed-os'
    assert unattended(m, image, other) == ['REFUSED']


def test_weaker_tokens_are_refused(boot, image):
    """Each opens when a person asks, none by itself: no PCR, fewer PCRs, no reference, another reference."""
    m = boot(reference='')
    key = f'--unlock-key-file={m.folder}/key'
    logs = (f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}')
    for args in ((), ('--tpm2-pcrs=7',), ('--tpm2-pcrs=7+12',), ('--tpm2-pcrs=7+12+15', f'--tpm2-public-key={m.public_key}'),
                 ('--tpm2-pcrs=', f'--tpm2-public-key={m.public_key}')):
        r = m.pawl('disk', 'enroll', '--tpm2', *(args or ('--tpm2-pcrs=',)), *(logs if '7' in str(args[:1]) else ()), key, image)
        assert r.returncode == 0, r.stderr
    for token in range(5):
        assert m.test(image, f'--token-id={token}').returncode == 0
    assert unattended(m, image) == ['REFUSED'] * 5


def test_after_the_initrd(boot, image):
    m = boot()
    assert m.enroll(image).returncode == 0
    m.next_phase('leave-initrd')
    assert unattended(m, image) == ['TPM_POLICY']


def test_a_forged_log_opens_nothing(boot, image):
    """The log is the attacker's: without Secure Boot, showing the log of the good boot does not help, nor does the true one."""
    good = boot()
    assert good.enroll(image).returncode == 0
    good.tpm.reboot()
    forged = Log()
    forged.add(7, 0x80000001, variable('SecureBoot', b'\0'))
    for pcr, data in [e for e in good.log.events if e[0] != 7] + forged.events:
        good.tpm.extend(pcr, data)
    good.next_phase('enter-initrd')
    (good.folder / 'true.log').write_bytes(forged.bytes)
    assert unattended(good, image) == ['TPM_POLICY']
    assert unattended(good, image, log=good.folder / 'true.log') == ['REFUSED']
