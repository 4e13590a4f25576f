# SPDX-License-Identifier: BSD-2-Clause
"""A TPM that lies, refuses or falls silent costs the automatic opening, never the boot, and never opens anything. Once it
has answered, no OS runs unless it confirmed that `leave-initrd` was measured."""
import pytest

from lib.console import STRETCH
from lib.installation import LOGIN, PROMPT
from lib.interposer import Interposer, first_handle

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


def closes(m):
    """Says why there will be no OS."""
    m.expect(UNCONFIRMED, timeout=240, never=(LOGIN,))
    m.expect("powers off in", timeout=60, never=(LOGIN,))


def powers_off(m, timeout=120):
    closes(m)
    m.send_line()
    m.wait_off(timeout)
    assert "login:" not in m.console.text


def met(bus):
    return [e for e in bus.exchanges if e.note]


@pytest.mark.parametrize("rule", [
    pytest.param("drop PCR_Extend", id="all-swallowed", marks=pytest.mark.long),
    pytest.param("drop PCR_Extend pcr=11", id="pcr11-swallowed"),
    pytest.param("error=0x101 PCR_Extend pcr=11", id="pcr11-refused", marks=pytest.mark.long),
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
    pytest.param("error=0x101 PCR_Extend pcr=11 times=1", id="first-section-refused", marks=pytest.mark.long),
    pytest.param(f"drop PCR_Extend pcr=11 times=1 {ENTER}", id="enter-initrd-swallowed"),
    pytest.param(f"error=0x101 PCR_Extend pcr=11 times=1 {ENTER}", id="enter-initrd-refused", marks=pytest.mark.long),
    pytest.param("error=0x101 Unseal", id="unseal-refused"),
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
    pytest.param(f"hang PCR_Extend pcr=11 {ENTER}", id="at-enter-initrd", marks=pytest.mark.long),
    pytest.param("hang Load", id="while-opening"),
    pytest.param("hang Unseal", id="at-unsealing"),
    pytest.param("error=0x922 Load", id="retry-for-ever", marks=pytest.mark.long),  # the driver goes on asking by itself: silence, too
    pytest.param(f"delay=1 any {ENTER}", id="slow"),  # each command is in time, all together are not
    pytest.param(f"delay=3 any {ENTER}", id="slower-than-the-driver", marks=pytest.mark.long),
])
def test_prompt_within_the_deadline(troubled, machine_at_home, rule):
    """A TPM that was silent once is not used again, so leaving cannot be confirmed either."""
    bus, machine = troubled(rule)
    with machine as m:
        prompt = asks_a_person(m, machine_at_home)
        closes(m)
        waited = m.console.time_of(prompt) - entered_at(bus)
    assert met(bus), "the rule met no command"
    assert waited < DEADLINE * STRETCH, f"the prompt came {waited:.1f} s after enter-initrd"


def entered_at(bus):
    """When `enter-initrd` was sent to the TPM, or when it fell silent if that was before."""
    names = bus.names()
    first = names.index("StartAuthSession")
    return next(e.at for e in bus.exchanges[first:]
                if (e.name == "PCR_Extend" and first_handle(e.command) == 11) or e.note == "hang")


def test_a_tpm_that_never_answers_is_no_tpm(troubled, machine_at_home):
    """Silent from pawl-init's first command on (IMA's first extend is the kernel's last word before it): nothing can have
    been unsealed, so the recovery key boots, with a warning."""
    bus, machine = troubled("hang GetCapability after=PCR_Extend/10")
    with machine as m:
        asks_a_person(m, machine_at_home)
        m.expect("warning: no TPM answered", timeout=240, never=(LOGIN,))
        m.login()
    assert met(bus) and "StartAuthSession" not in bus.names()


@pytest.mark.parametrize("action", [
    "drop", "error=0x101",
    pytest.param("hang", marks=pytest.mark.long),  # the driver waits two minutes for its last command
])
def test_power_off_when_the_fuse_is_not_confirmed(troubled, action):
    """Something was unsealed and `leave-initrd` is swallowed: an OS that could unseal again must not run."""
    bus, machine = troubled(f"{action} PCR_Extend pcr=11 after=Unseal")
    with machine as m:
        powers_off(m, timeout=300)
        assert "recovery key or passphrase" not in m.console.text
    assert met(bus)
