# SPDX-License-Identifier: BSD-2-Clause
"""Why the Secure Boot key must sign nothing but loaders and complete images: a kernel with its signature starts with
anybody's initrd under the same PCR 7, and all else can be extended to the genuine values. Shown with a kernel that is signed
on purpose; Pawl's tools and its stub refuse to have a part in it."""
from lib import attack, bootoption, cpio, eventlog, image, product, uki
from lib.installation import PROMPT
from lib.interposer import Interposer
from lib.run import run

KERNEL = "EFI/attack/linux.efi"
LOG = "/sys/kernel/security/tpm0/binary_bios_measurements"
# An init that holds still, so that the attack can be made from outside.
INIT = r"""
#include <fcntl.h>
#include <unistd.h>
int main(void)
{
        int fd = open("/dev/console", O_WRONLY);
        static const char text[] = "ATTACKER HERE\n";
        if (write(fd < 0 ? 1 : fd, text, sizeof(text) - 1) < 0)
                return 1;
        for (;;)
                pause();
}
"""


def initrd(folder):
    (folder / "init.c").write_text(INIT)
    run("gcc", "-static", "-Os", "-o", folder / "init", folder / "init.c")
    return cpio.archive({"dev": None, "init": (folder / "init").read_bytes()})


def test_a_signed_kernel_opens_everything(machine_at_home, release, kernel, signing, tmp_path):
    """The control: this must open. If it does not, the refusals elsewhere prove nothing."""
    one = machine_at_home
    volume = image.read_part(one.disk, "state", tmp_path / "state.luks")
    token, = attack.tokens(volume)
    image.esp_put(one.disk, signing(kernel.linux, tmp_path / "signed-linux"), KERNEL)
    image.esp_put(one.disk, initrd(tmp_path), "attack.cpio")
    with one.boot("genuine") as m:
        m.login(never=(PROMPT,))
        events = eventlog.read(m.read_file(LOG))
        bootoption.set_next(m, one.disk, KERNEL, r"initrd=\attack.cpio console=ttyS0 quiet")
        m.send_line("poweroff")
        m.wait_off()
    bus = Interposer(one.tpm)
    with one.boot("attack", tpm=bus) as m:
        m.expect("ATTACKER HERE", timeout=240)
        attacker = attack.Attacker(bus.open_for_host(), tmp_path / "attack")
        attacker.replay([e for e in events if e.pcr in (11, 12)], ["enter-initrd"])
        opened, refused = attacker.try_all(token, uki.section_bytes(release.uki, ".pcrsig").rstrip(b"\0"))
    assert len(opened) == 1, refused
    bus.close()


def test_no_image_is_built_with_such_a_kernel(factory, kernel, signing, tmp_path):
    signed = signing(kernel.linux, tmp_path / "signed-linux")
    target = tmp_path / "bad.efi"
    done = product.pawl("uki", "build", "--linux", signed, "--cmdline", "quiet", "--stub", product.paths.PAWL_STUB,
                        "--secureboot-private-key", factory.sb_key, "--secureboot-certificate", factory.sb_cert,
                        "--output", target, check=False)
    assert done.returncode == 2, done.stderr
    assert "linux" in done.stderr and not target.exists(), done.stderr
