# SPDX-License-Identifier: BSD-2-Clause
"""A FIDO2 token at the prompt of the initrd: a token of our own behind the kernel's HID driver, plugged in and touched from
the host. It was enrolled on the host with the same code, preloaded."""
import contextlib
import os
import socket
import subprocess
import time

import pytest

from lib import image, paths
from lib.installation import LOGIN, PROMPT

MODULES = ("hid", "hid_generic", "uhid", "virtio_console")
PIN = "1234"


class Port:
    """The host's end of the port that the token obeys."""

    def __init__(self, folder):
        self.path = str(folder / "port")
        self.words = ["-device", "virtio-serial-pci", "-chardev", f"socket,id=fido,path={self.path},server=on,wait=off",
                      "-device", "virtserialport,chardev=fido,name=fido"]
        self._socket = None

    def say(self, word):
        if not self._socket:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(self.path)
        self._socket.sendall(word.encode() + b"\n")

    def close(self):
        if self._socket:
            self._socket.close()
            self._socket = None


@pytest.fixture
def with_token(machine_at_home, factory, tmp_path):
    """The machine with a FIDO2 token enrolled, and an image whose initrd has that token behind /dev/uhid."""
    if not paths.FIDO2_GUEST.exists():
        pytest.skip("built without libfido2")
    token = tmp_path / "token"
    token.mkdir()
    for name, text in (("pin", PIN), ("plugged", ""), ("touch", "")):
        (token / name).write_text(text)
    volume = image.read_part(machine_at_home.disk, "state", tmp_path / "state.luks")
    subprocess.run([paths.PAWL, "disk", "enroll", "--fido2=auto", "--unlock-key-file=-", volume], check=True, text=True,
                   input=machine_at_home.recovery_key, env={**os.environ, "LD_PRELOAD": str(paths.FIDO2_PRELOAD),
                                                            "PAWL_TEST_FIDO2": str(token), "PIN": PIN})
    image.replace_part(machine_at_home.disk, "state", volume)
    (token / "touch").unlink()
    files = {f"/fido/{p.name}": p for p in token.iterdir()}
    initrd = factory.initrd("token", {**files, "/pawl-init": paths.PAWL_INIT}, init=paths.FIDO2_GUEST, modules=MODULES)
    image.esp_put(machine_at_home.disk, factory.release("token", version="2", initrd=initrd).uki, "EFI/Linux/demo_1.efi")
    return machine_at_home


@contextlib.contextmanager
def boot(one, tmp_path):
    """At the prompt, as there is no TPM."""
    port = Port(tmp_path)
    with one.boot(tpm=False, extra=port.words) as m:
        m.expect("a FIDO2 token opens it too: plug it in", timeout=240, never=(LOGIN,))
        m.expect(PROMPT, timeout=30, never=(LOGIN,))
        yield m, port
    port.close()


def test_plugged_in_and_touched(with_token, tmp_path):
    """Nothing happens before it is there; three wrong PINs make it want to be unplugged; then the right one and a touch."""
    with boot(with_token, tmp_path) as (m, port):
        time.sleep(5)
        assert "PIN of" not in m.console.text
        port.say("plug")
        for left in (8, 7, 6):
            m.expect(rf"type the PIN of the FIDO2 token at /dev/hidraw\d+ \({left} tries left\)", timeout=60, never=(LOGIN,))
            m.send_line(f"000{left}")
        m.expect("three wrong PINs in a row: unplug it", timeout=60, never=(LOGIN,))
        port.say("unplug")
        time.sleep(3)
        port.say("plug")
        m.expect(r"type the PIN of the FIDO2 token at /dev/hidraw\d+ \(5 tries left\)", timeout=60, never=(LOGIN,))
        m.send_line(PIN)
        m.expect("touch the FIDO2 token", timeout=60, never=(LOGIN,))
        time.sleep(3)
        port.say("touch")
        m.expect(LOGIN, timeout=240)


@pytest.mark.long
def test_not_touched(with_token, tmp_path):
    """It is given up with a message, and what is typed still opens."""
    with boot(with_token, tmp_path) as (m, port):
        port.say("plug")
        m.expect("type the PIN of", timeout=60, never=(LOGIN,))
        m.send_line(PIN)
        m.expect("touch the FIDO2 token", timeout=60, never=(LOGIN,))
        m.expect("was not touched in time", timeout=90, never=(LOGIN,))
        m.send_line(with_token.recovery_key)
        m.expect(LOGIN, timeout=240)
