# SPDX-License-Identifier: BSD-2-Clause
"""The power fails at ten points of the first boot, with everything unflushed lost: the next boot ends in a working
system, and the TPM is not locked out."""
import os
import subprocess
import time

import pytest

from lib.installation import LOGIN, PROMPT, Installation

POINTS = 10


@pytest.fixture(scope="module")
def duration(factory, release, tmp_path_factory):
    """Seconds from the first word of the loader to the login in a first boot that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    one = Installation(folder, factory.disk(release, folder / "disk.img"))
    with one.boot() as m:
        begin = m.console.time_of(m.expect("BdsDxe: starting", timeout=120))
        end = m.console.time_of(m.expect(LOGIN, timeout=300))
    one.close()
    return end - begin


def lockout(tpm):
    """The TPM's own words on its dictionary attack counter, read from the host."""
    tcti = tpm.start_for_host()
    said = subprocess.run(["tpm2_getcap", "properties-variable"], env={**os.environ, "TPM2TOOLS_TCTI": tcti}, check=True,
                          capture_output=True, text=True).stdout
    tpm.stop()
    wanted = ("inLockout", "TPM2_PT_LOCKOUT_COUNTER")
    return {line.split(":")[0].strip(): int(line.split(":")[1], 0) for line in said.splitlines()
            if line.strip().startswith(wanted)}


@pytest.mark.parametrize("point", range(POINTS))
def test_first_boot_survives_a_cut(factory, release, duration, tmp_path, point):
    one = Installation(tmp_path, factory.disk(release, tmp_path / "disk.img"))
    with one.boot("cut", lossy=True) as m:
        m.expect("BdsDxe: starting", timeout=120)
        # The point of a cut is a moment, so here waiting for time to pass is the test itself.
        time.sleep(duration * (point + 0.5) / POINTS)
        m.cut_power(seed=point)
    with one.boot("after") as m:
        hit = m.expect(LOGIN, PROMPT, timeout=300)
        assert hit.re.pattern == LOGIN, "the boot after the cut asks for a key"
        m.send_line("")
        m.login()
        assert m.run("findmnt -no FSTYPE /var")[1].strip() == "ext4"
        m.send_line("poweroff")
        m.wait_off()
    opened, said = one.opens_by_itself(name="third")
    assert opened, said[-2000:]
    one.close()


def test_twenty_cuts_do_not_lock_the_tpm(machine_at_home):
    """Cut in the middle of the unlock, twenty times: an object without dictionary attack protection costs no tries."""
    one = machine_at_home
    with one.boot() as m:
        begin = m.console.time_of(m.expect("BdsDxe: starting", timeout=120))
        whole = m.console.time_of(m.expect(LOGIN, timeout=240)) - begin
    for n in range(20):
        with one.boot("cut", lossy=True) as m:
            m.expect("BdsDxe: starting", timeout=120)
            time.sleep(whole * (0.5 + n / 50))
            m.cut_power(seed=n)
    found = lockout(one.tpm)
    assert found["inLockout"] == 0, found
    opened, said = one.opens_by_itself()
    assert opened, said[-2000:]
