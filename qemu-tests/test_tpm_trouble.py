# SPDX-License-Identifier: BSD-2-Clause
"""A TPM that lies, refuses or falls silent costs the automatic opening, never the boot, and never opens anything. Once it
has answered, no OS runs unless it confirmed that `leave-initrd` was measured."""
import pytest

from lib.console import STRETCH
from lib.installation import LOGIN, PROMPT
from lib.interposer import Interposer

DEADLINE = 10  # seconds from `enter-initrd` to the prompt
UNCONFIRMED = "leaving the initrd is not confirmed by the TPM"
# The first session in a boot is pawl-init's, and measures `enter-initrd`: the firmware and the stub use none.
ENTER = "after=StartAuthSession"


@pytest.fixture
def troubled(machine_at_home):
    """boot(rule) -> (interposer, Machine not yet started) of a fork of the installed machine."""
    made = []

    def boot(*rules):
        made.append(Interposer(machine_at_home.tpm, rules))
        return made[-1], machine_at_home.boot(tpm=made[-1])

    yield boot
    for bus in made:
        bus.close()


def asks_a_person(m, one):
    prompt = m.expect(PROMPT, timeout=300, never=(LOGIN,))
    m.send_line(one.recovery_key)
    return prompt


def powers_off(m):
    """Says why, and no OS ran."""
    m.expect(UNCONFIRMED, timeout=240, never=(LOGIN,))
    m.send_line()
    m.wait_off()
    assert "login:" not in m.console.text


def met(bus):
    return [e for e in bus.exchanges if e.note]


@pytest.mark.parametrize("rule", [
    pytest.param("drop PCR_Extend", id="all-swallowed"),
    pytest.param("drop PCR_Extend pcr=11", id="pcr11-swallowed"),
    pytest.param("error=0x101 PCR_Extend pcr=11", id="pcr11-refused"),
    pytest.param(f"drop PCR_Extend pcr=11 {ENTER}", id="phases-swallowed"),
    pytest.param(f"error=0x101 PCR_Extend pcr=11 {ENTER}", id="phases-refused"),
])
def test_no_system_where_no_phase_is_measured(troubled, machine_at_home, rule):
    """The prompt; and whoever opens the disk there still gets no system in which `leave-initrd` is missing."""
    bus, machine = troubled(rule)
    with machine as m:
        asks_a_person(m, machine_at_home)
        powers_off(m)
    assert "Unseal" not in bus.names(), "something was unsealed in a boot whose phase is not confirmed"
    assert met(bus)


@pytest.mark.parametrize("rule", [
    pytest.param("drop PCR_Extend pcr=11 times=1", id="first-section-swallowed"),
    pytest.param("error=0x101 PCR_Extend pcr=11 times=1", id="first-section-refused"),
    pytest.param(f"drop PCR_Extend pcr=11 times=1 {ENTER}", id="enter-initrd-swallowed"),
    pytest.param(f"error=0x101 PCR_Extend pcr=11 times=1 {ENTER}", id="enter-initrd-refused"),
    pytest.param("error=0x101 Unseal", id="unseal-refused"),
    pytest.param("error=0x922 Load", id="load-retried-for-ever"),
])
def test_the_recovery_key_boots_where_leaving_is_confirmed(troubled, machine_at_home, rule):
    """The trouble is over before `leave-initrd`: the system runs, behind the blown fuse."""
    bus, machine = troubled(rule)
    with machine as m:
        asks_a_person(m, machine_at_home)
        m.login()
        assert m.run("findmnt -no FSTYPE /var")[1].strip() == "ext4"
    assert met(bus), "the rule met no command"


@pytest.mark.parametrize("rule", [
    pytest.param("hang StartAuthSession", id="before-enter-initrd"),
    pytest.param(f"hang PCR_Extend pcr=11 {ENTER}", id="at-enter-initrd"),
    pytest.param("hang Load", id="while-opening"),
    pytest.param("hang Unseal", id="at-unsealing"),
    pytest.param(f"delay=3 any {ENTER}", id="slow"),
])
def test_prompt_within_the_deadline(troubled, machine_at_home, rule):
    bus, machine = troubled(rule)
    with machine as m:
        prompt = asks_a_person(m, machine_at_home)
        waited = m.console.time_of(prompt) - entered_at(bus)
        powers_off(m)
    assert met(bus), "the rule met no command"
    assert waited < DEADLINE * STRETCH, f"the prompt came {waited:.1f} s after enter-initrd"


def entered_at(bus):
    """When `enter-initrd` was sent to the TPM, or when it fell silent if that was before."""
    names = bus.names()
    first = names.index("StartAuthSession")
    return next(e.at for e in bus.exchanges[first:] if e.name == "PCR_Extend" or e.note == "hang")


@pytest.mark.parametrize("action", ["drop", "error=0x101", "hang"])
def test_power_off_when_the_fuse_is_not_confirmed(troubled, action):
    """Something was unsealed and `leave-initrd` is swallowed: an OS that could unseal again must not run."""
    bus, machine = troubled(f"{action} PCR_Extend pcr=11 after=Unseal")
    with machine as m:
        m.expect(UNCONFIRMED, timeout=240, never=(LOGIN, PROMPT))
        m.send_line()
        m.wait_off(300)
        assert "login:" not in m.console.text
    assert met(bus)
