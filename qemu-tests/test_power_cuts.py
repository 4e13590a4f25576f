# SPDX-License-Identifier: BSD-2-Clause
"""The power fails at ten points of the first boot, with everything unflushed lost: the next boot ends in a working system
that opens by itself from then on, and the TPM is not locked out."""
import os
import re
import subprocess
import time
import zlib

import pytest

from lib import attack, image
from lib.installation import LOGIN, PROMPT, RECOVERY_KEY, Installation

LOADER = "BdsDxe: starting"
FINISHED = r"pawl-init: \d+\.\d+ s:"  # its last words: the OS is next


def point(name, words, seconds, *marks):
    """The moment so many seconds after those words on the console."""
    return pytest.param(words, seconds, id=name, marks=marks)


POINTS = [
    point("loader", LOADER, 1, pytest.mark.long),
    point("kernel", LOADER, 6, pytest.mark.long),
    point("partition-table", "making the partition", 0, pytest.mark.long),
    point("before-the-header", "encrypting", 0, pytest.mark.long),
    point("while-keyslots-are-made", "encrypting", 0.2, pytest.mark.long),
    point("key-shown", "Write it down", 0),
    point("tpm-enrolled", "the TPM is enrolled", 0, pytest.mark.long),
    point("file-system-begun", "making an ext4", 0, pytest.mark.long),
    point("file-system-half-done", "making an ext4", 0.3, pytest.mark.long),
    point("finished", FINISHED, 0, pytest.mark.long),
]


def lockout(tpm):
    """The TPM's own words on its dictionary attack counter, read from the host."""
    tcti = tpm.start_for_host()
    said = subprocess.run(["tpm2_getcap", "properties-variable"], env={**os.environ, "TPM2TOOLS_TCTI": tcti}, check=True,
                          capture_output=True, text=True).stdout
    tpm.stop()
    wanted = ("inLockout", "TPM2_PT_LOCKOUT_COUNTER")
    return {line.split(":")[0].strip(): int(line.split(":")[1], 0) for line in said.splitlines()
            if line.strip().startswith(wanted)}


@pytest.mark.parametrize("words, seconds", POINTS)
def test_first_boot_survives_a_cut(factory, release, tmp_path, words, seconds, request):
    one = Installation(tmp_path, factory.disk(release, tmp_path / "disk.img"))
    with one.boot("cut", lossy=True) as m:
        m.expect(words, timeout=240, never=(LOGIN,))
        # The point of a cut is a moment, so here waiting for time to pass is the test itself.
        time.sleep(seconds)
        m.cut_power(seed=zlib.crc32(request.node.callspec.id.encode()))
        shown = re.findall(RECOVERY_KEY, m.console.text)
    with one.boot("after") as m:
        m.login(timeout=300, never=(PROMPT,))
        assert m.run("findmnt -no FSTYPE /var")[1].strip() == "ext4"
        shown += re.findall(RECOVERY_KEY, m.console.text)
        m.send_line("poweroff")
        m.wait_off()
    volume = image.read_part(one.disk, "state", tmp_path / "state.luks")
    assert attack.opens(volume, shown[-1].encode()), "the recovery key that was shown last does not open the volume"
    opened, said = one.opens_by_itself(name="third")
    assert opened, said[-2000:]
    assert lockout(one.tpm)["inLockout"] == 0
    one.close()


@pytest.mark.long
def test_twenty_cuts_do_not_lock_the_tpm(machine_at_home):
    """Cut in the middle of the unlock, twenty times: an object without dictionary attack protection costs no tries."""
    one = machine_at_home
    with one.boot() as m:
        begin = m.console.time_of(m.expect(LOADER, timeout=120))
        # The console is silent until the end of pawl-init; its time line is the end of the unlock.
        whole = m.console.time_of(m.expect(FINISHED, timeout=240, never=(PROMPT,))) - begin
    for n in range(20):
        with one.boot("cut", lossy=True) as m:
            m.expect(LOADER, timeout=120)
            time.sleep(whole * (0.7 + n / 50))
            m.cut_power(seed=n)
    found = lockout(one.tpm)
    assert found["inLockout"] == 0 and "TPM2_PT_LOCKOUT_COUNTER" in found, found
    opened, said = one.opens_by_itself()
    assert opened, said[-2000:]
