# SPDX-License-Identifier: BSD-2-Clause
"""Whoever listens on the TPM's bus during enrolment and opening learns nothing that opens the volume."""
import base64
import subprocess

from lib import attack, eventlog, image, uki
from lib.installation import Installation
from lib.interposer import Interposer

LOG = "/sys/kernel/security/tpm0/binary_bios_measurements"


def test_no_key_crosses_the_bus_in_clear(factory, release, tmp_path):
    one = Installation(tmp_path, factory.disk(release, tmp_path / "disk.img"))
    bus = Interposer(one.tpm)
    one.first_boot(tpm=bus)
    assert "Create" in bus.names(), "the enrolment was not seen"
    with one.boot(tpm=bus) as m:
        m.login()
        events = eventlog.read(m.read_file(LOG))
        m.send_line("poweroff")
        m.wait_off()
    assert "Unseal" in bus.names(), "the opening was not seen"
    recorded = list(bus.exchanges)

    volume = image.read_part(one.disk, "state", tmp_path / "state.luks")
    sealed, passphrase = unseal_like_the_initrd(bus, volume, release, events, tmp_path)
    assert bus.carried(sealed), "the control: without an encrypted session the search must find it"
    bus.exchanges[:] = recorded
    secrets = {"unsealed bytes": sealed, "passphrase": passphrase, "recovery key": one.recovery_key.encode(),
               "recovery key without dashes": one.recovery_key.replace("-", "").encode(),
               "volume key": volume_key(volume, one.recovery_key, tmp_path)}
    for what, secret in secrets.items():
        for form in (secret, base64.b64encode(secret), secret.hex().encode()):
            assert not bus.carried(form), f"{what} crossed the bus"
    bus.close()
    one.close()


def unseal_like_the_initrd(bus, volume, release, events, folder):
    """What the token's object holds, and the passphrase that it stands for: on the host, with a TPM started anew and
    brought to the moment after `enter-initrd`."""
    attacker = attack.Attacker(bus.start_for_host(), folder / "attack")
    attacker.replay(events, ["enter-initrd"])
    token, = attack.tokens(volume)
    opened, refused = attacker.try_all(token, uki.section_bytes(release.uki, ".pcrsig").rstrip(b"\0"))
    bus.stop()
    assert len(opened) == 1, refused
    for passphrase in (base64.b64encode(opened[0]), opened[0]):
        if attack.opens(volume, passphrase):
            return opened[0], passphrase
    raise AssertionError("what was unsealed opens no keyslot")


def volume_key(volume, recovery_key, folder):
    key = folder / "volume.key"
    subprocess.run(["cryptsetup", "luksDump", "--batch-mode", "--dump-volume-key", "--volume-key-file", key, "--key-file",
                    "-", volume], input=recovery_key.encode(), check=True, capture_output=True)
    return key.read_bytes()
