# SPDX-License-Identifier: BSD-2-Clause
"""After `leave-initrd` nobody unseals the volume's key any more, whatever he holds: every signature of the image is tried
in turn, on the bus of the running machine, with tpm2-tools."""
import pytest

from lib import attack, image, uki
from lib.installation import LOGIN, PROMPT, Installation
from lib.interposer import Interposer
from lib.run import output, run


def signatures(release):
    return uki.section_bytes(release.uki, ".pcrsig").rstrip(b"\0")


def test_no_signature_unseals_in_the_running_system(machine_at_home, release, tmp_path):
    volume = image.read_part(machine_at_home.disk, "state", tmp_path / "state.luks")
    token, = attack.tokens(volume)
    bus = Interposer(machine_at_home.tpm)
    with machine_at_home.boot(tpm=bus) as m:
        m.login()
        opened, refused = attack.Attacker(bus.open_for_host(), tmp_path / "attack").try_all(token, signatures(release))
    assert opened == []
    assert len(refused) == len(attack.signatures(signatures(release), token.bank)) > 0
    bus.close()


@pytest.mark.long
def test_a_swapped_volume_gives_a_system_that_cannot_unseal_the_real_one(machine_at_home, factory, release, tmp_path):
    """The attacker's volume has the UUID of the real one and a key that he knows (it is the state of a machine of his
    own). Typed at the prompt it opens; the genuine OS then runs with his files, and root tries the real header."""
    real = image.read_part(machine_at_home.disk, "state", tmp_path / "real.luks")
    token, = attack.tokens(real)
    his = Installation(tmp_path / "his", factory.disk(release, tmp_path / "his.img"))
    his.first_boot()
    fake = image.read_part(his.disk, "state", tmp_path / "fake.luks")
    run("cryptsetup", "luksUUID", "--batch-mode", "--uuid", output("cryptsetup", "luksUUID", real).strip(), fake)
    image.replace_part(machine_at_home.disk, "state", fake)

    bus = Interposer(machine_at_home.tpm)
    with machine_at_home.boot(tpm=bus) as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
        m.send_line(his.recovery_key)
        m.login()
        opened, refused = attack.Attacker(bus.open_for_host(), tmp_path / "attack").try_all(token, signatures(release))
    assert opened == [] and refused
    bus.close()
    his.close()
