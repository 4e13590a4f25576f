#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The story of a machine, told by booting it: what ./demo runs.

Each step says what must happen; the program ends with status 0 only if every step did. Console logs stay beside the images."""
import argparse
import contextlib
import json
import pathlib
import re
import shutil
import sys
import tempfile
import time

from lib import assets, attack, bootoption, image, paths, product, uki
from lib.installation import LOGIN, PROMPT, Installation

UKI_NAME = "EFI/Linux/demo_1.efi"
GREETS = r"greeting service: it has its secret, [^\n]*"
started = time.monotonic()
failed = []


@contextlib.contextmanager
def step(title):
    """One line when it begins, one when it ended; what went wrong is told and counted, and the story goes on."""
    begin = time.monotonic()
    print(f"[{begin - started:5.0f} s] {title} ...", flush=True)
    try:
        yield
    except Exception as error:  # a step may fail in any way; the others are still worth telling
        failed.append(title)
        print(f"          FAILED after {time.monotonic() - begin:.0f} s: {error}", flush=True)
    else:
        print(f"          as it must be ({time.monotonic() - begin:.0f} s)", flush=True)


def show(text, indent="          | "):
    for line in text.strip().splitlines():
        print(indent + line)


def power_off(m):
    m.send_line("poweroff")
    m.wait_off()


def state_device(m):
    return m.run("cryptsetup status $(findmnt -no SOURCE /var) | awk '$1 == \"device:\" {print $2}'")[1].strip()


def first_boot(one):
    one.first_boot()
    show("recovery key: " + one.recovery_key)


def second_boot(one):
    with one.boot("second") as m:
        m.login(never=(PROMPT,))
        show(m.run("pawl tpm status")[1])
        show(m.run("pawl log show | grep -E 'enter-initrd|leave-initrd|sysinit|ready|volume' || true")[1])
        status, said = m.run(f"pawl disk test {state_device(m)} --type=tpm2", check=False)
        show(said)
        assert status == 1, f"the volume's key can still be unsealed (status {status})"
        m.run("echo 'a secret of the first owner' > /var/secret && sync")
        store = "/var/lib/pawl/credstore"
        m.run(f"mkdir -p {store} && echo 'secret of a service' | pawl cred seal --with-key=store - {store}/greeting")
        show(m.run("pawl cred list")[1])
        power_off(m)


def prompts(one, name, type_key=None, **how):
    """The boot ends at the prompt for a person, never at a login; with `type_key` that key is typed and must open."""
    with one.boot(name, **how) as m:
        m.expect(PROMPT, timeout=240, never=(LOGIN,))
        show("\n".join(line for line in m.console.text.splitlines() if line.startswith("pawl-init:"))[-1500:])
        if type_key:
            m.send_line(type_key)
            m.expect("0 of 1 credentials opened", timeout=240, never=(GREETS,))
            m.login(never=(GREETS,))
            show(m.run("cat /var/secret; pawl cred run --cred=greeting -- true || true")[1])
            power_off(m)


def other_command_line(one):
    """Secure Boot off, and the editor of the menu, on the serial line."""
    image.esp_put(one.disk, b"timeout 10\n", "loader/loader.conf")
    with one.boot("edited", secure_boot=False) as m:
        m.expect("Pawl demo", timeout=120)
        m.send("e")
        m.expect("> .*loglevel=3", timeout=30)
        m.send(" init=/bin/sh\r")
        m.expect(PROMPT, timeout=240, never=(LOGIN, r"^# $"))


def other_image(one, factory):
    other = factory.release("other", sign_pcrs=False, initrd_files={"/etc/other": paths.TOP / "LICENSE"})
    image.esp_put(one.disk, other.uki, UKI_NAME)
    prompts(one, "other-image", type_key=one.recovery_key)


def flipped_byte(one, release):
    efi = bytearray(image.esp_get(one.disk, UKI_NAME))
    efi[uki.sections_of(release.uki)[".initrd"][3] + 5000] ^= 1
    image.esp_put(one.disk, bytes(efi), UKI_NAME)
    with one.boot("flipped") as m:
        m.expect("(?i)access denied|security violation|not signed|signature", timeout=120, never=(LOGIN, PROMPT))
        show(m.console.text.strip().splitlines()[-1])


def swapped_volume(one, other):
    fake = image.read_part(other.disk, "state", one.folder / "fake.luks")
    image.replace_part(one.disk, "state", fake)
    prompts(one, "swapped")


def ignored_command_line(one):
    """The firmware starts the image itself, with a command line in the boot option: the line in the image counts."""
    with one.boot("set-option") as m:
        m.login(never=(PROMPT,))
        bootoption.set_next(m, one.disk, UKI_NAME, "console=ttyS0 init=/bin/sh")
        power_off(m)
    with one.boot("ignored-line") as m:
        m.expect("starting Boot00AA", timeout=120)
        m.login(never=(PROMPT,))
        line = m.run("cat /proc/cmdline")[1]
        assert "init=" not in line, line
        power_off(m)


def update(one, factory):
    two = factory.release("two", version="2", initrd_files={"/etc/two": paths.TOP / "LICENSE"})
    image.esp_put(one.disk, two.uki, "EFI/Linux/demo_2.efi")
    with one.boot("updated") as m:
        m.expect("1 of 1 credentials opened", timeout=240, never=(PROMPT,))
        show(m.expect(GREETS, timeout=120).group(0))
        m.login()
        show(m.run("cat /var/secret; ls /run/pawl")[1])
        power_off(m)


def factory_reset(one, old_key, folder):
    """The machine is handed on: what the first owner copied before opens nothing of it."""
    with one.boot("ask-reset") as m:
        m.login(never=(PROMPT,))
        show(m.run("pawl reset status", check=False)[1])
        m.send_line("pawl reset request --yes")
        m.wait_off()
    old = image.read_part(one.disk, "state", folder / "old-state.luks")
    with one.boot("reset") as m:
        m.expect("reset: the machine is as it came", timeout=300, never=(PROMPT, LOGIN))
        m.wait_off()
        show("\n".join(line for line in m.console.text.splitlines() if "reset: " in line))
    with one.boot("new-owner") as m:
        m.login(never=(PROMPT,))
        assert m.run("ls /var/secret", check=False)[0] != 0
        assert json.loads(m.read_file("/var/lib/pawl/reset-report.json"))["TPM"] == "cleared"
        power_off(m)
    new = image.read_part(one.disk, "state", folder / "new-state.luks")
    assert attack.opens(old, old_key.encode()) and not attack.opens(new, old_key.encode()), "the old recovery key still opens it"


def tell(folder):
    with step("kernel and a Debian userland without systemd (cached after the first time)"):
        kernel = assets.kernel()
    with step("the OS image: loader, signed UKI, read-only root behind dm-verity"):
        factory = product.Factory(folder / "build", kernel)
        release = factory.release("one")
        one = Installation(folder / "machine", factory.disk(release, folder / "disk.img"))
    if failed:
        return None
    with step("first boot: makes and encrypts the state partition, enrols the TPM, shows a recovery key"):
        first_boot(one)
    if failed:
        return one
    with step("second boot: opens by itself; afterwards nobody can unseal the key; a secret for a service is sealed"):
        second_boot(one)

    @contextlib.contextmanager
    def fork(name):
        copy = one.fork(folder / name)
        yield copy
        copy.close()

    with step("attack: Secure Boot off and another command line; must ask"), fork("edited") as copy:
        other_command_line(copy)
    with step("attack: another image, same Secure Boot key, no PCR signature; must ask, and no service gets its secret"), \
            fork("other") as copy:
        other_image(copy, factory)
    with step("attack: one byte of the image flipped; the firmware must refuse"), fork("flipped") as copy:
        flipped_byte(copy, release)
    with step("attack: the state volume swapped for one of another machine; must ask"), fork("swapped") as copy:
        other = Installation(folder / "other-machine", factory.disk(release, folder / "other-machine.img"))
        other.first_boot()
        swapped_volume(copy, other)
        other.close()
    with step("a command line from the loader under Secure Boot: ignored, and the disk opens"), fork("ignored") as copy:
        ignored_command_line(copy)
    with step("OS update: a new image signed by the same policy key; opens by itself, and a service has its secret"):
        update(one, factory)
    with step("factory reset: a copy goes to a new owner; the old secret, recovery key and TPM seal are gone"), fork("reset") as copy:
        factory_reset(copy, one.recovery_key, folder)
    return one


def interactive(one):
    print("log in as root with password pawl; poweroff ends the machine", flush=True)
    with one.boot("interactive", interactive=True) as m:
        m.wait_off(timeout=86400)


def main():
    parser = argparse.ArgumentParser(prog="demo", description="Builds an OS image and tells the story of a machine in QEMU.")
    parser.add_argument("--interactive", action="store_true", help="end at a login on the console")
    parser.add_argument("--keep", metavar="DIR", type=pathlib.Path, help="leave images and console logs in DIR")
    args = parser.parse_args()
    folder = args.keep.absolute() if args.keep else pathlib.Path(tempfile.mkdtemp(prefix="pawl-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    one = None
    try:
        one = tell(folder)
        if one and args.interactive and not failed:
            interactive(one)
    finally:
        if one:
            one.tpm.close()
        if not args.keep and not failed:
            shutil.rmtree(folder, ignore_errors=True)
    if failed:
        print(f"{len(failed)} steps FAILED: {'; '.join(failed)}\nimages and console logs: {folder}")
        return 1
    print(f"every step did what it must ({time.monotonic() - started:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
