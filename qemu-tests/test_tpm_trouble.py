# SPDX-License-Identifier: BSD-2-Clause
"""A TPM that lies, refuses or falls silent costs the automatic opening, never the boot, and never opens anything."""
import pytest

from lib.installation import LOGIN, PROMPT
from lib.interposer import Interposer

DEADLINE = 10  # seconds from the first word of pawl-init to its prompt, on a machine that is not slowed down


@pytest.mark.parametrize("rule", [
    "drop PCR_Extend pcr=11",           # swallowed: PCR 11 stays behind
    "drop PCR_Extend",
    "error=0x101 PCR_Extend pcr=11",    # TPM_RC_FAILURE
    "error=0x101 Unseal",
    "error=0x922 Load",                 # TPM_RC_RETRY for ever
])
def test_prompt_when_the_tpm_lies_or_refuses(machine_at_home, rule):
    bus = Interposer(machine_at_home.tpm, [rule])
    with machine_at_home.boot(tpm=bus) as m:
        m.expect(PROMPT, timeout=300, never=(LOGIN,))
        m.send_line(machine_at_home.recovery_key)
        # Whoever knows the recovery key gets in, unless something was unsealed and the fuse did not blow: then it is off.
        m.expect(LOGIN, r"(?i)power(ing)? ?(off|down)", timeout=240)
    assert any(e.note for e in bus.exchanges), "the rule met no command"
    bus.close()


def test_prompt_within_the_deadline_when_the_tpm_falls_silent(machine_at_home):
    """Silent from the measurement of `enter-initrd` on: the first extend in a session comes from pawl-init."""
    bus = Interposer(machine_at_home.tpm, ["hang StartAuthSession"])
    with machine_at_home.boot(tpm=bus) as m:
        prompt = m.expect(PROMPT, timeout=300, never=(LOGIN,))
        begin = m.console.text.find("pawl-init")
        assert begin >= 0
        waited = m.console.time_of(prompt) - m.console.time_of(_At(begin))
    assert waited < DEADLINE + 5
    bus.close()


def test_power_off_when_the_fuse_is_not_confirmed(machine_at_home):
    """Something was unsealed and `leave-initrd` is swallowed: an OS that could unseal again must not run."""
    bus = Interposer(machine_at_home.tpm, ["drop PCR_Extend pcr=11 after=Unseal"])
    with machine_at_home.boot(tpm=bus) as m:
        m.expect(r"(?i)power(ing)? ?(off|down)", timeout=240, never=(LOGIN,))
        m.wait_off()
    bus.close()


class _At:
    """A place in the console's text, as time_of() takes it."""

    def __init__(self, start):
        self._start = start

    def start(self):
        return self._start
