# SPDX-License-Identifier: BSD-2-Clause
"""A secret sealed to the machine's store: a service gets it on this machine, and nothing gets it once the state volume is
another one or the boot is over."""
import base64
import json
import shlex

import pytest

from lib import attack, image, uki
from lib.installation import LOGIN, PROMPT, Installation
from lib.interposer import Interposer
from lib.run import output, run

SECRET = "the secret of the greeting"
STORE, KEYS = "/var/lib/pawl/credstore", "/var/lib/pawl/store"
GREETS = rf"greeting service: it has its secret, {len(SECRET)} bytes, as user daemon"


def read_all(m, *folders):
    """{path: bytes} of the files in folders of the guest."""
    names = m.run(f"find {' '.join(folders)} -type f")[1].split()
    return {name: m.read_file(name) for name in names}


@pytest.fixture(scope="module")
def with_secret(installed, tmp_path_factory):
    """(machine, its sealed files): sealed by the running system, after `ready`."""
    one = installed.fork(tmp_path_factory.mktemp("sealed") / "fork")
    with one.boot("seal") as m:
        m.login()
        m.run(f"mkdir -p {STORE} && printf '%s' {shlex.quote(SECRET)} | pawl cred seal --with-key=store - {STORE}/greeting")
        status, said = m.run(f"pawl cred unseal {STORE}/greeting -", check=False)
        assert status == 1 and "PCR 11" in said and SECRET not in said, said
        files = read_all(m, STORE, KEYS)
        m.send_line("poweroff")
        m.wait_off()
    assert sorted(name.split("/")[-1].split(".")[-1] for name in files) == ["current", "greeting", "key"]
    yield one, files
    one.close()


def test_a_service_gets_it_and_nobody_after_ready(with_secret, release, tmp_path):
    one = with_secret[0].fork(tmp_path / "fork")
    pair = json.loads(next(v for k, v in with_secret[1].items() if k.endswith(".key")))
    token = attack.Token({"tpm2-blob": pair["blob"], "tpm2-pcr-bank": pair["bank"], "tpm2-pcrs": pair["literal"],
                          "tpm2_pubkey_pcrs": pair["signed"], "tpm2_pubkey": pair["publicKey"], "keyslots": ["0"]})
    bus = Interposer(one.tpm)
    with one.boot(tpm=bus) as m:
        m.expect("1 of 1 credentials opened, with 10 TPM commands", timeout=240, never=(PROMPT,))
        m.expect(GREETS, timeout=240)
        m.login()
        assert SECRET == m.run("pawl cred run --cred=greeting -- sh -c 'cat $CREDENTIALS_DIRECTORY/greeting'")[1].strip()
        assert m.run(f"pawl cred unseal {STORE}/greeting -", check=False)[0] == 1
        # the supervisor's child is the service itself, whose folder nobody else sees
        pid = m.run("cat /run/service/greeting/supervise/pid")[1].strip()
        assert "/run/pawl/service" in m.run(f"cat /proc/{pid}/mountinfo")[1]
        assert "/run/pawl/service" not in m.run("cat /proc/self/mountinfo")[1]
        assert SECRET not in m.run(f"tr '\\0' '\\n' </proc/{pid}/environ; tr '\\0' ' ' </proc/{pid}/cmdline")[1]
        signed = uki.section_bytes(release.uki, ".pcrsig").rstrip(b"\0")
        opened, refused = attack.Attacker(bus.open_for_host(), tmp_path / "attack").try_all(token, signed)
        assert opened == [] and len(refused) == len(attack.signatures(signed, token.bank)) > 0
    assert not bus.carried(SECRET.encode())
    bus.close()
    one.close()


@pytest.mark.long
def test_swapped_state_volume_gets_nothing(with_secret, factory, release, tmp_path):
    """The attacker's volume has the UUID of the real one, a key that he knows and the sealed files; typed at the prompt it opens,
    and the genuine OS tries to open the store before it is ready."""
    one = with_secret[0].fork(tmp_path / "fork")
    his = Installation(tmp_path / "his", factory.disk(release, tmp_path / "his.img")).first_boot()
    with his.boot("copy") as m:
        m.login()
        for name, data in with_secret[1].items():
            m.run(f"mkdir -p $(dirname {name}) && printf %s {base64.b64encode(data).decode()} | base64 -d >{name}")
        m.send_line("poweroff")
        m.wait_off()
    real = image.read_part(one.disk, "state", tmp_path / "real.luks")
    fake = image.read_part(his.disk, "state", tmp_path / "fake.luks")
    run("cryptsetup", "luksUUID", "--batch-mode", "--uuid", output("cryptsetup", "luksUUID", real).strip(), fake)
    image.replace_part(one.disk, "state", fake)
    with one.boot() as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
        m.send_line(his.recovery_key)
        m.expect("greeting: TPM policy: [^\n]*PCR 15 differs", timeout=240, never=(GREETS,))
        m.expect("0 of 1 credentials opened", timeout=60, never=(GREETS,))
        m.login(never=(GREETS,))
        assert m.run("ls -A /run/pawl/credentials")[1].strip() == ""
        status, said = m.run("pawl cred run --cred=greeting -- echo it was started", check=False)
        assert status == 1 and "it was started" not in said, said
    his.close()
    one.close()
