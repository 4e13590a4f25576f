# SPDX-License-Identifier: BSD-2-Clause
"""Credentials from outside: pawl-init gathers them for the OS, each kind in a folder that says how far it can be trusted, and
those of the boot partition are bound with PCR 12."""
import base64
import json

import pytest

from lib import image, product, sidecars
from lib.installation import LOGIN, PROMPT, Installation

OWN = {"a.cred": b"sealed one", "b.cred": bytes(range(256))}
LARGE = {f"z{n}.cred": bytes(1 << 20) for n in range(3)}  # more than fits
SHARED = {"b.cred": b"not this: the image's own comes first", "c.cred": b"shared", "d.CRED": b"measured, but of no use", **LARGE}
SMBIOS = ["io.systemd.credential:more=hello=world", "io.systemd.credential:text=no", "io.systemd.credential.binary:bytes=AAEC/w==",
          "io.systemd.credential:../escape=no", "io.systemd.credential.binary:broken=***", "something else"]
FW_CFG = {"opt/io.systemd.credentials/queue": b"from fw_cfg", "opt/io.systemd.credentials/text": b"the first one counts"}
CMDLINE = "systemd.set_credential=line:measured"

GATHERED = {
    "@encrypted": {"a": b"sealed one", "b": bytes(range(256)), "c": b"shared"},
    "@system": {"line": b"measured"},
    "@unmeasured": {"text": b"the first one counts", "more": b"hello=world", "bytes": b"\0\1\2\xff", "queue": b"from fw_cfg"},
}


def put(disk, own=None, shared=None):
    for name, content in (own or {}).items():
        image.esp_put(disk, content, f"{sidecars.beside('EFI/Linux/demo_1.efi')}/{name}")
    for name, content in (shared or {}).items():
        image.esp_put(disk, content, f"{sidecars.GLOBAL}/{name}")


def machine(factory, tmp_path, cmdline):
    release = factory.release(f"credentials{len(cmdline)}", cmdline=cmdline)
    return Installation(tmp_path / "machine", factory.disk(release, tmp_path / "disk.img")), release


def folders(m):
    said = m.run("cd /run/credentials && for f in @*/*; do echo $f $(base64 -w0 $f); done")[1]
    found = {}
    for line in said.split("\n"):
        if line.startswith("@"):
            path, _, content = line.partition(" ")
            folder, _, name = path.partition("/")
            found.setdefault(folder, {})[name] = base64.b64decode(content)
    return found


def predicted(release, tmp_path):
    """PCR 12, with the files in folders of the host."""
    words = []
    for option, name, files in (("--credentials", "own", OWN), ("--global-credentials", "shared", SHARED)):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_bytes(content)
        words.append(f"{option}={tmp_path / name}")
    said = product.pawl("uki", "measure", "--json", "--bank=sha256", *words, release.uki).stdout
    return json.loads(said)["config"]["digests"]["sha256"]


def test_gathered_and_bound(factory, tmp_path):
    one, release = machine(factory, tmp_path, CMDLINE)
    put(one.disk, OWN, SHARED)
    with one.boot("first", smbios=SMBIOS, fw_cfg=FW_CFG) as m:
        m.login(timeout=300)
        assert folders(m) == GATHERED
        assert m.run("stat -c %a /run/credentials/@*")[1].split() == ["500"] * 3
        assert set(m.run("stat -c '%a%u' /run/credentials/@*/*")[1].split()) == {"4000"}
        kinds = m.run("grep ' /run/credentials/' /proc/mounts")[1].strip().split("\n")
        assert len(kinds) == 3
        for line in kinds:
            words = line.split()
            assert words[2] == "ramfs" or words[2] == "tmpfs" and "noswap" in words[3], line
            assert {"ro", "nosuid", "nodev", "noexec"} <= set(words[3].split(",")), line
        environment = m.run("tr '\\0' '\\n' </proc/1/environ")[1]
        assert "ENCRYPTED_CREDENTIALS_DIRECTORY=/run/credentials/@encrypted" in environment
        assert "\nCREDENTIALS_DIRECTORY=/run/credentials/@system" in environment
        report = json.loads(m.read_file("/run/pawl/boot.json"))
        assert report["credentials"] == {f"/run/credentials/{folder}": len(files) for folder, files in GATHERED.items()}
        for words in ("d.CRED: not taken", "'b': given twice", "'text': given twice", "'broken': not base64",
                      "'z0': over the limit", "@encrypted: 3 credentials are left out by the limit",
                      "SMBIOS: a credential that is not of the form NAME=VALUE"):
            assert words in m.console.text, words
        assert "'z1'" not in m.console.text
        pcr12 = m.run("cat /sys/class/tpm/tpm0/pcr-sha256/12")[1].strip().lower()
        assert pcr12 == predicted(release, tmp_path)
        m.run("pawl log verify")
        m.send_line("poweroff")
        m.wait_off()
    # bound: the same files open, one byte more does not
    opened, said = one.opens_by_itself()
    assert opened, said[-2000:]
    put(one.disk, {"a.cred": b"sealed one."})
    with one.boot("changed") as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
    one.close()


@pytest.mark.long
def test_switched_off(factory, tmp_path):
    one, _ = machine(factory, tmp_path, "systemd.import_credentials=no")
    put(one.disk, OWN)
    with one.boot(smbios=SMBIOS, fw_cfg=FW_CFG) as m:
        m.login(timeout=300)
        assert "yes" in m.run("test -e /run/credentials || echo yes")[1]
        assert "CREDENTIALS_DIRECTORY" not in m.run("tr '\\0' '\\n' </proc/1/environ")[1]
    one.close()
