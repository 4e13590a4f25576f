# SPDX-License-Identifier: BSD-2-Clause
"""What opens the volumes of a boot beside the one token of the first boot: a PIN, a second token, one that is weaker than
the image demands; and what a wrong one costs."""
import json

import pytest

from lib import image
from lib.installation import LOGIN, PROMPT
from lib.interposer import Interposer
from lib.product import DEFINITIONS
from lib.run import run

ARGON = "--tpm2-argon2id-memory=64M --tpm2-argon2id-iterations=3"


@pytest.fixture(scope="session")
def pin_release(factory, tmp_path_factory):
    """An image that demands a PIN."""
    folder = tmp_path_factory.mktemp("pin") / "disk.d"
    folder.mkdir()
    text = (DEFINITIONS / "50-state.conf").read_text().replace("Policy=signed-os", "Policy=signed-os+pin")
    (folder / "50-state.conf").write_text(text)
    return factory.release("pin", version="2", definitions=folder)


def node(disk):
    return next(f"/dev/vda{i}" for i, p in enumerate(image.partitions(disk), 1) if p.get("name") == "state")


def enroll(m, one, *words, env=""):
    m.run(f"PASSWORD={one.recovery_key} {env} pawl disk enroll {' '.join(words)} {node(one.disk)}", timeout=120)


def demand_pin(one, release):
    image.esp_put(one.disk, release.uki, "EFI/Linux/demo_1.efi")


def power_off(m):
    m.send_line("poweroff")
    m.wait_off()


def unseals(bus):
    return bus.names().count("Unseal")


@pytest.fixture
def with_pin(machine_at_home, pin_release):
    """The machine enrolled with a PIN, under an image that demands one."""
    with machine_at_home.boot("enrol") as m:
        m.login()
        m.run("tpm2_changeauth -c lockout geheim")
        m.run("tpm2_dictionarylockout -s -n 32 -t 600 -l 600 -p geheim")
        enroll(m, machine_at_home, "--tpm2", "--profile=signed-os+pin", ARGON, env="NEWPIN=2468")
        power_off(m)
    demand_pin(machine_at_home, pin_release)
    return machine_at_home


def test_pin_at_the_prompt(with_pin):
    """The other token, without PIN, is not enough for this image. A wrong PIN is told with the tries that are left."""
    bus = Interposer(with_pin.tpm)
    with with_pin.boot(tpm=bus) as m:
        m.expect(r"the policy signed-os\+pin wants a PIN", timeout=240, never=(LOGIN,))
        m.expect(r"PIN \(3 tries in this boot\)", timeout=30)
        m.send_line("1357")
        m.expect(r"PIN is wrong; 31 of 32 tries are left", timeout=60, never=(LOGIN,))
        m.expect(r"PIN \(2 tries in this boot\)", timeout=60)
        m.send_line("2468")
        m.login()
        assert "warning" not in m.console.text.lower()
        assert m.run("pawl log verify")[0] == 0
        power_off(m)
    with with_pin.boot(tpm=bus) as m:
        for left in (3, 2, 1):
            m.expect(rf"PIN \({left} tries in this boot\)", timeout=240, never=(LOGIN,))
            m.send_line(f"wrong {left}")
        m.expect(r"^pawl-init: recovery key or passphrase", timeout=60)
        sent = unseals(bus)
        m.send_line("2468")
        m.expect("opens no keyslot", timeout=60, never=(LOGIN,))
        m.expect(PROMPT, timeout=60)
        m.send_line(with_pin.recovery_key[:-1] + ("c" if with_pin.recovery_key[-1] != "c" else "b"))
        m.expect(PROMPT, timeout=60)
        assert unseals(bus) == sent > 0, "the fourth text is not sent to the TPM, nor is a recovery key with an error"
        m.send_line(with_pin.recovery_key)
        m.expect(LOGIN, timeout=240)
    bus.close()


@pytest.mark.long
def test_a_weaker_token_wants_a_yes(machine_at_home, pin_release):
    with machine_at_home.boot("enrol") as m:
        m.login()
        enroll(m, machine_at_home, "--tpm2", "--tpm2-pcrs=7")
        power_off(m)
    demand_pin(machine_at_home, pin_release)
    with machine_at_home.boot() as m:
        m.expect("demands less than this image does", timeout=240, never=(LOGIN,))
        m.expect("PCR 12 is not bound", timeout=30, never=(LOGIN,))
        m.expect("type 'yes'", timeout=30, never=(LOGIN,))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))
        m.send_line("yes please")
        m.expect(PROMPT, timeout=60, never=(LOGIN,))
        m.send_line("yes")
        m.login()
        assert m.run(f"pawl disk test --type=tpm2 --token-id=2 {node(machine_at_home.disk)}", check=False)[0] == 0, \
            "that is what weak means: it opens in the running system too"


@pytest.mark.long
def test_a_pin_that_the_tpm_alone_guards_wants_a_yes(machine_at_home, pin_release):
    """It has the policy that the image demands, as the stretching of a PIN does not stand in a policy."""
    with machine_at_home.boot("enrol") as m:
        m.login()
        m.run("tpm2_changeauth -c lockout geheim")
        m.run("tpm2_dictionarylockout -s -n 32 -t 600 -l 600 -p geheim")
        enroll(m, machine_at_home, "--tpm2", "--profile=signed-os", "--tpm2-with-pin=direct", env="NEWPIN=2468")
        power_off(m)
    demand_pin(machine_at_home, pin_release)
    bus = Interposer(machine_at_home.tpm)
    with machine_at_home.boot(tpm=bus) as m:
        m.expect("demands less than this image does", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))
        m.send_line("2468")
        m.expect("does not hold for this boot", timeout=60, never=(LOGIN,))
        m.expect(PROMPT, timeout=60, never=(LOGIN,))
        assert unseals(bus) == 0, "the PIN went to the TPM without a yes"
        m.send_line("yes")
        m.expect(r"PIN of token \d", timeout=60, never=(LOGIN,))
        m.send_line("2468")
        m.expect(LOGIN, timeout=240)
    bus.close()


def broken(token):
    """The same, as if another TPM had sealed it: the parent does not take it."""
    import base64
    blob = bytearray(base64.b64decode(token["tpm2-blob"]))
    blob[10] ^= 1
    return {**token, "tpm2-blob": base64.b64encode(blob).decode()}


def import_token(volume, folder, number, token):
    path = folder / "token.json"
    path.write_text(json.dumps(token))
    run("cryptsetup", "token", "import", "--disable-external-tokens", "--token-replace", "--token-id", str(number),
        "--json-file", path, volume)


@pytest.mark.long
def test_every_token_is_tried(machine_at_home, tmp_path):
    volume = image.read_part(machine_at_home.disk, "state", tmp_path / "state.luks")
    tokens = json.loads(run("cryptsetup", "luksDump", "--dump-json-metadata", volume).stdout)["tokens"]
    number, genuine = next((n, t) for n, t in tokens.items() if t["type"] == "systemd-tpm2")
    import_token(volume, tmp_path, number, broken(genuine))
    image.replace_part(machine_at_home.disk, "state", volume)
    with machine_at_home.boot("another-tpm") as m:
        m.expect("not opened by itself.*sealed by another TPM", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))
    import_token(volume, tmp_path, int(number) + 1, genuine)
    image.replace_part(machine_at_home.disk, "state", volume)
    opened, said = machine_at_home.opens_by_itself()
    assert opened, said[-2000:]
