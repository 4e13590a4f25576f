# SPDX-License-Identifier: BSD-2-Clause
"""The core's policy digests against those of a TPM's trial sessions."""
import os
import re
import subprocess

import pytest

CODE_CLEAR = 0x126


def ours(*words):
    return subprocess.run([os.environ['PAWL_POLICY_DIGEST'], *map(str, words)], capture_output=True, text=True,
                          check=True).stdout.strip()


@pytest.fixture
def trial(tpm):
    """apply(TOOL, WORD…) -> hex digest of the trial session after that command."""
    tpm.tool('tpm2_startauthsession', '-S', 'session')

    def apply(tool, *words):
        tpm.tool(tool, '-S', 'session', '-L', 'digest', *words)
        return (tpm.folder / 'digest').read_bytes().hex()

    return apply


def values(tpm, bank, pcrs):
    said = tpm.tool('tpm2_pcrread', f'{bank}:{",".join(map(str, pcrs))}')
    return ','.join(f'{n}={v.lower()}' for n, v in re.findall(r'(\d+)\s*: 0x([0-9A-F]+)', said))


@pytest.mark.parametrize('bank', ['sha1', 'sha256', 'sha384'])
@pytest.mark.parametrize('pcrs', [[11], [7, 12, 15], [0, 8, 16, 23], list(range(8))])
def test_pcr(tpm, trial, bank, pcrs):
    for n in (7, 11, 12):
        tpm.extend(n, b'something')
    assert trial('tpm2_policypcr', '-l', f'{bank}:{",".join(map(str, pcrs))}') == ours('pcr', bank, values(tpm, bank, pcrs))


@pytest.mark.parametrize('ref', ['', 'initrd'])
def test_authorize_then_pcr_then_auth_value(tpm, trial, ref):
    name = '000b' + '5a' * 32
    (tpm.folder / 'name').write_bytes(bytes.fromhex(name))
    (tpm.folder / 'approved').write_bytes(bytes(32))
    nonce = ['-q', subprocess.run(['sha256sum'], input=ref, capture_output=True, text=True, check=True).stdout[:64]] if ref else []
    words = ['authorize', name, ref]
    assert trial('tpm2_policyauthorize', '-i', 'approved', '-n', 'name', *nonce) == ours(*words)
    words += ['pcr', 'sha256', values(tpm, 'sha256', [7, 12, 15])]
    assert trial('tpm2_policypcr', '-l', 'sha256:7,12,15') == ours(*words)
    words += ['command-code', CODE_CLEAR]
    assert trial('tpm2_policycommandcode', 'TPM2_CC_Clear') == ours(*words)
    words += ['auth-value']
    assert trial('tpm2_policyauthvalue') == ours(*words)
