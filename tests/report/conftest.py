# SPDX-License-Identifier: BSD-2-Clause
"""The machines and volumes of tests/luks, and pages."""
import importlib.util
import sys
from pathlib import Path

import pytest

LUKS = Path(__file__).resolve().parents[1] / 'luks'
sys.path.insert(0, str(LUKS))
spec = importlib.util.spec_from_file_location('luks_conftest', LUKS / 'conftest.py')
luks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(luks)
blank, image, boot = luks.blank, luks.image, luks.boot


def report_of(m, path, *words, **more):
    """`pawl log report` of a machine; the page as a file, and what the command said."""
    return m.pawl('log', 'report', f'--html={path}', f'--firmware-log={m.folder}/firmware.log', f'--user-log={m.user_log}',
                  f'--tpm2-signature={m.signature}', *words, **more)


@pytest.fixture
def report():
    return report_of
