# SPDX-License-Identifier: BSD-2-Clause
"""A factory reset from the request to the new system, and what is left of the old one."""
import json
import re

import pytest

from lib import image
from lib.installation import LOGIN, PROMPT, RECOVERY_KEY
from lib.run import run

MARKER = b"a secret of the first owner, 4 KiB of which stand in a file "
SECRET = (MARKER * 80)[:4096]
REPORT = "/var/lib/pawl/reset-report.json"


def ask(one, *args, before=""):
    """In the running system; then it restarts by itself, which ends QEMU."""
    with one.boot("ask") as m:
        m.login()
        m.run(f"for i in $(seq 80); do printf '%s' '{MARKER.decode()}'; done | head -c 4096 >/var/secret && sync")
        if before:
            m.run(before)
        m.send_line(f"pawl reset request --yes {' '.join(args)}")
        m.wait_off()


def reset_boot(one, *expected, never=()):
    """The boot that does it: (console text). It restarts, which ends QEMU."""
    with one.boot("reset") as m:
        for text in expected:
            m.expect(text, timeout=240, never=(PROMPT, LOGIN, *never))
        m.expect("reset: the machine is as it came, and restarts", timeout=240, never=(PROMPT, LOGIN))
        m.wait_off()
        return m.console.text


def new_key(text):
    return re.search(RECOVERY_KEY, text).group(0)


def opens(volume, key, folder):
    path = folder / "typed.key"
    path.write_text(key)
    r = run("cryptsetup", "open", "--test-passphrase", "--disable-external-tokens", "--key-file", path, volume, check=False)
    return r.returncode == 0


@pytest.fixture(scope="module")
def set_back(installed, tmp_path_factory):
    """(machine after a whole reset, its old state volume, the report of the new system)"""
    folder = tmp_path_factory.mktemp("reset")
    one = installed.fork(folder / "fork")
    ask(one, before="pawl tpm setup && pawl reset status; test $? -le 1")
    old = image.read_part(one.disk, "state", folder / "old.luks")
    text = reset_boot(one, "reset: step 1 of 6", "keys: .*proven gone", "TPM: cleared", "step 6 of 6")
    with one.boot("new") as m:
        m.login(never=(PROMPT,))
        assert m.run("pawl reset status", check=False)[1].strip() == "off"
        assert m.run("ls /var/secret", check=False)[0] != 0
        report = json.loads(m.read_file(REPORT))
        variables = m.run("ls /sys/firmware/efi/efivars")[1]
        m.send_line("poweroff")
        m.wait_off()
    assert "PawlResetState" not in variables and "FactoryResetRequest" not in variables
    yield one, old, report, new_key(text)
    one.close()


def test_old_and_new_do_not_open_each_other(set_back, installed, tmp_path):
    one, old, report, key = set_back
    new = image.read_part(one.disk, "state", tmp_path / "new.luks")
    assert opens(old, installed.recovery_key, tmp_path) and opens(new, key, tmp_path), "the controls"
    assert not opens(new, installed.recovery_key, tmp_path) and not opens(old, key, tmp_path)
    assert report["TPM"] == "cleared" and any("proven gone" in text for text in report.values())
    # the old header under the TPM as it is now, and the new one under the TPM of before
    mixed = one.fork(tmp_path / "mixed")
    image.replace_part(mixed.disk, "state", old)
    assert not mixed.opens_by_itself()[0]
    mixed.close()


def test_nothing_of_before_is_on_the_disk(set_back, tmp_path):
    one, old, _, _ = set_back
    before = old.read_bytes()
    size = 16 << 20
    blocks = {before[i:i + 4096] for i in range(0, size, 4096)} - {bytes(4096)}
    after = one.disk.read_bytes()
    assert len(blocks) > 10
    found = [at for at in range(0, len(after), 4096) if after[at:at + 4096] in blocks]
    assert found == []
    assert MARKER not in after
