# SPDX-License-Identifier: BSD-2-Clause
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / 'tpm'), str(TESTS / 'luks')]

from service import ServiceMachine  # noqa: E402  (needs the path above)


@pytest.fixture
def boot(tmp_path):
    """Starts machines whose state volume is open and whose initrd was left, with a store that is empty."""
    started = []

    def start(**how):
        folder = tmp_path / f'machine{len(started)}'
        folder.mkdir()
        started.append(ServiceMachine(folder, **how))
        return started[-1]
    yield start
    for m in started:
        m.close()
