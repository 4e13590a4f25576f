# SPDX-License-Identifier: BSD-2-Clause
"""Two volumes of one machine, one of them replaced by an attacker's: the other never opens without a person. He has the
whole disk, the machine's TPM to seal with, and so an object of exactly the genuine policy; what he cannot have is the
secret that the genuine one holds."""
import base64
import hashlib
import json
import os

import pytest

from lib import attack, image, product
from lib.installation import LOGIN, PROMPT, Installation
from lib.run import run

HIS = b"his passphrase"
SECRET = bytes(range(32))
AES = ("--cipher", "aes-xts-plain64", "--key-size", "512")


@pytest.fixture(scope="module")
def two_volumes(factory, tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    release = factory.release("swapped", definitions=product.two_volumes(folder))
    one = Installation(folder, factory.disk(release, folder / "disk.img")).first_boot()
    yield one
    one.close()


@pytest.fixture
def one(two_volumes, tmp_path):
    copy = two_volumes.fork(tmp_path / "fork")
    yield copy
    copy.close()


class Fake:
    """A volume of the attacker, in the place of the genuine one named `label`."""

    def __init__(self, one, label, folder):
        self.one, self.label, self.folder = one, label, folder
        self.genuine = image.read_part(one.disk, label, folder / "genuine.luks")
        self.volume, self.key = folder / "fake.luks", folder / "his.key"
        self.key.write_bytes(HIS)
        with self.volume.open("wb") as f:
            f.truncate(self.genuine.stat().st_size)
        run("cryptsetup", "luksFormat", "-q", "--type", "luks2", *AES, "--label", label, "--pbkdf", "pbkdf2",
            "--pbkdf-force-iterations", "1000", "--key-file", self.key, self.volume)

    def add_token(self, token, secret=None):
        """A token on the slot of his passphrase, or on a new one that `secret` opens."""
        slot = "0"
        if secret:
            new = self.folder / "secret.key"
            new.write_bytes(base64.b64encode(secret))
            run("cryptsetup", "luksAddKey", "-q", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-slot", "1",
                "--key-file", self.key, self.volume, new)
            slot = "1"
        path = self.folder / "token.json"
        path.write_text(json.dumps({**token, "keyslots": [slot]}))
        run("cryptsetup", "token", "import", "--disable-external-tokens", "--json-file", path, self.volume)

    def seal(self, token):
        """An object of his own under the policy of the genuine one, as the TPM makes it for anybody."""
        policy = token.public[14:46]  # size, type, nameAlg, attributes, size: then authPolicy
        for name, content in (("policy", policy), ("secret", SECRET)):
            (self.folder / name).write_bytes(content)
        env = {**os.environ, "TPM2TOOLS_TCTI": self.one.tpm.start_for_host()}
        run("tpm2_create", "-Q", "-C", "0x81000001", "-i", self.folder / "secret", "-L", self.folder / "policy", "-a",
            "fixedtpm|fixedparent|noda", "-u", self.folder / "pub", "-r", self.folder / "priv", env=env)
        self.one.tpm.stop()
        return (self.folder / "priv").read_bytes() + (self.folder / "pub").read_bytes()

    def without_cipher(self):
        """Both copies of the header name the null cipher for the data, with checksums that fit (LUKS2, 2.1)."""
        data = bytearray(self.volume.read_bytes())
        size = int.from_bytes(data[8:16], "big")
        for start in (0, size):
            header = data[start:start + size]
            assert header.count(b'"encryption":"aes-xts-plain64","sector') == 1
            header = header.replace(b'"encryption":"aes-xts-plain64","sector', b'"encryption":"cipher_null-ecb","sector')
            header[448:512] = bytes(64)
            header[448:480] = hashlib.sha256(header).digest()
            data[start:start + size] = header
        self.volume.write_bytes(data)

    def put(self):
        image.replace_part(self.one.disk, self.label, self.volume)


def asks(one, said):
    with one.boot() as m:
        m.expect(f"not opened by itself: .*{said}", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))


@pytest.mark.long
def test_his_passphrase_opens_his_volume_only(one, tmp_path):
    Fake(one, "state", tmp_path).put()
    with one.boot() as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
        m.send_line(HIS.decode())
        m.expect(r"passphrase for /dev/vda\d+ 'people'", timeout=60, never=(LOGIN,))
        m.send_line(HIS.decode())
        m.expect("opens no keyslot", timeout=60, never=(LOGIN,))


@pytest.mark.parametrize("label", ["state", pytest.param("people", marks=pytest.mark.long)])
def test_his_object_of_equal_policy(one, tmp_path, label):
    """Beside a copy of the genuine token, so that nothing in the header tells his volume from a genuine one."""
    fake = Fake(one, label, tmp_path)
    genuine, = attack.tokens(fake.genuine)
    his = {**genuine.json, "tpm2-blob": base64.b64encode(fake.seal(genuine)).decode()}
    fake.add_token(his, SECRET)
    fake.add_token(genuine.json)
    fake.put()
    asks(one, "")


def test_null_cipher(one, tmp_path):
    """It would take any secret for its key."""
    fake = Fake(one, "people", tmp_path)
    genuine, = attack.tokens(fake.genuine)
    fake.add_token(genuine.json)
    fake.without_cipher()
    fake.put()
    asks(one, "cipher_null")
