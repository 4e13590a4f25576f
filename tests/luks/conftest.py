# SPDX-License-Identifier: BSD-2-Clause
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'tpm'))

import machine as machine_module  # noqa: E402  (needs the path above)

PASSPHRASE = 'correct horse'


@pytest.fixture(scope='session')
def blank(tmp_path_factory):
    """A small LUKS2 image with one passphrase, as cryptsetup makes it."""
    folder = tmp_path_factory.mktemp('blank')
    (folder / 'key').write_text(PASSPHRASE)
    image = folder / 'disk'
    with image.open('wb') as f:
        f.truncate(4 << 20)
    r = machine_module.run('cryptsetup', 'luksFormat', '-q', '--type', 'luks2', '--pbkdf', 'pbkdf2',
                           '--pbkdf-force-iterations', '1000', '--luks2-keyslots-size', '2m', '--key-file', folder / 'key',
                           image)
    assert r.returncode == 0, r.stderr
    return image


@pytest.fixture
def image(blank, tmp_path):
    """A copy of it, and the passphrase beside in `key`."""
    shutil.copy(blank, tmp_path / 'disk')
    (tmp_path / 'key').write_text(PASSPHRASE)
    return tmp_path / 'disk'


@pytest.fixture
def boot(tmp_path):
    """Starts machines that were booted in some way."""
    started = []

    def start(**how):
        folder = tmp_path / f'machine{len(started)}'
        folder.mkdir()
        (folder / 'key').write_text(PASSPHRASE)
        started.append(machine_module.Machine(folder, **how))
        return started[-1]
    yield start
    for m in started:
        m.close()
