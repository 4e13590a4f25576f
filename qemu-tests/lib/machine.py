# SPDX-License-Identifier: BSD-2-Clause
"""One virtual machine: q35, OVMF, a TPM, virtio disks, a serial console. One start of QEMU is one boot."""
import base64
import contextlib
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from . import paths, power, slots
from .console import Console, STRETCH
from .qmp import Qmp

started = []  # every Machine of this process, in order; conftest.py prints the consoles of a failed test


class Machine:
    """with Machine(folder, disks=[...], tpm=swtpm) as m: m.expect("login:") ...

    folder       keeps the firmware's variables (`variables.fd`), which outlive the boot, and the console logs
    disks        paths of raw images, in order vda, vdb ...; written to unless `snapshot`
    tpm          an Swtpm or Interposer (started and ended here), or None for no TPM
    secure_boot  firmware with SMM, keys of the snakeoil pair enrolled; False: firmware without Secure Boot
    setup_mode   with secure_boot: no keys are enrolled yet
    lossy        cut_power() also loses writes that the guest had not flushed (disks are copied at the start)
    icount       one instruction is one tick of the guest's TSC: benchmarks
    restarts     a restart of the guest is one; otherwise it ends QEMU
    smbios       OEM strings (type 11); fw_cfg {name: bytes}; extra more words for QEMU
    """

    def __init__(self, folder, *, disks=(), tpm=None, secure_boot=True, setup_mode=False, snapshot=False, lossy=False,
                 memory=1024, icount=False, smbios=(), fw_cfg=None, extra=(), name="boot", network=False,
                 interactive=False, restarts=False):
        self.folder = pathlib.Path(folder).absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.disks, self.tpm, self.snapshot = [pathlib.Path(d).absolute() for d in disks], tpm, snapshot
        self.secure_boot, self.setup_mode = secure_boot, setup_mode
        self._lossy = {d: power.LossyDisk(d) for d in self.disks} if lossy else {}
        self.memory, self.icount, self.network = memory, icount, network
        self.interactive, self.restarts = interactive, restarts
        self.smbios, self.fw_cfg, self.extra = smbios, fw_cfg or {}, list(extra)
        number = 1 + len(list(self.folder.glob("*.console")))
        self.log_path = self.folder / f"{number:02}-{name}.console"
        self.console = self.qmp = self._process = None
        self._closing = contextlib.ExitStack()

    # --- life -----------------------------------------------------------------------------------------------------

    def __enter__(self):
        started.append(self)
        with contextlib.ExitStack() as stack:
            stack.enter_context(slots.slot())
            self._sockets = pathlib.Path(tempfile.mkdtemp(prefix="qemu-"))
            stack.callback(shutil.rmtree, self._sockets, ignore_errors=True)
            for one in self._lossy.values():
                stack.callback(one.close)
            words = self._words()
            if self.tpm:
                words += self._tpm_words(self.tpm.start_for_qemu())
                stack.callback(self.tpm.stop)
            self.started_at = time.monotonic()
            self._process = self._popen(words)
            stack.callback(self._end)
            if not self.interactive:
                self.console = Console(self._process.stdout, self._process.stdin, self.log_path)
            self.qmp = Qmp(self._sockets / "qmp")
            self._closing = stack.pop_all()
        return self

    def _popen(self, words):
        if self.interactive:
            return subprocess.Popen(words)
        with open(self.log_path.with_suffix(".qemu"), "wb") as errors:
            return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, stderr=errors)

    def __exit__(self, *unused):
        self._closing.close()

    def _end(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(30)
        if self.qmp:
            self.qmp.close()
        if self.console:
            self.console.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    # --- talking --------------------------------------------------------------------------------------------------

    def expect(self, *patterns, **kwargs):
        return self.console.expect(*patterns, **kwargs)

    def send(self, text):
        self.console.send(text)

    def send_line(self, text=""):
        self.console.send_line(text)

    def seconds(self):
        """Wall-clock seconds since QEMU was started."""
        return time.monotonic() - self.started_at

    def login(self, user="root", password="pawl", timeout=240, never=()):
        """Waits for the login prompt of the test OS and logs in; run() works from then on."""
        self.expect(r"login: *$", timeout=timeout, never=never)
        self.login_here(user, password)

    def login_here(self, user="root", password="pawl"):
        """As login(), where the prompt was seen already."""
        self.send_line(user)
        self.expect("Password: *$", timeout=60)
        self.send_line(password)
        self.expect(r"# $", timeout=60, never=("Login incorrect",))
        self.send_line("export PS1='@''@ ' TERM=dumb; stty -echo; dmesg -n 1")
        self.expect(r"^@@ $", timeout=30)

    def run(self, command, timeout=60, check=True):
        """Runs a command line in the shell that login() opened: (status, what it printed). Fails when `check` and the
        status is not 0."""
        self.send_line(f"{command}; echo \"@=$?\"")
        match = self.expect(r"@=(\d+)\n@@ $", timeout=timeout)
        status, said = int(match.group(1)), self._before(match)
        assert not check or status == 0, f"{command}: status {status}\n{said}"
        return status, said

    def read_file(self, path, timeout=120):
        """The bytes of a file in the guest."""
        return base64.b64decode(self.run(f"base64 {path}", timeout=timeout)[1])

    def _before(self, match):
        start = match.string.rfind("@@ ", 0, match.start())
        return match.string[start + 3:match.start()] if start >= 0 else ""

    # --- endings --------------------------------------------------------------------------------------------------

    def wait_off(self, timeout=120):
        """Waits until the guest powered itself off (or restarted, without `restarts`)."""
        try:
            self._process.wait(timeout * STRETCH)
        except subprocess.TimeoutExpired:
            self.console.expect("(?!)", timeout=0)  # fails with the console's last words

    def is_running(self):
        return self._process.poll() is None

    def cut_power(self, seed=0):
        """SIGKILL for QEMU and the TPM at once. On `lossy` disks each write since the last flush is lost or kept as
        `seed` falls; returns [(writes flushed, writes lost)]."""
        self._process.send_signal(signal.SIGKILL)
        if self.tpm:
            self.tpm.kill()
        self._process.wait(30)
        rng = power.generator(seed)
        return [one.lose_unflushed(rng) for one in self._lossy.values()]

    def press_power_button(self):
        self.qmp.execute("system_powerdown")

    def send_key(self, key):
        """A key on the virtual keyboard, in QEMU's names (`f12`, `ret`)."""
        self.qmp.human(f"sendkey {key}")

    # --- QEMU's words ---------------------------------------------------------------------------------------------

    def _words(self):
        words = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", *([] if self.restarts else ["-no-reboot"]),
                 "-machine", f"q35,accel=tcg,smm={'on' if self.secure_boot else 'off'}", "-cpu", "max",
                 "-m", str(self.memory), "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
                 "-qmp", f"unix:{self._sockets}/qmp,server=on,wait=off",
                 "-device", "virtio-rng-pci", *self._firmware_words()]
        words += ["-icount", "shift=0,sleep=off", "-smp", "1"] if self.icount else ["-smp", "1"]
        for n, disk in enumerate(self.disks):
            words += self._disk_words(disk, f"d{n}")
            words += ["-device", f"virtio-blk-pci,drive=d{n},serial=disk{n},bootindex={n}"]
        for text in self.smbios:
            words += ["-smbios", f"type=11,value={text.replace(',', ',,')}"]
        for n, (name, content) in enumerate(self.fw_cfg.items()):
            file = self._sockets / f"fw_cfg{n}"
            file.write_bytes(content)
            words += ["-fw_cfg", f"name={name},file={file}"]
        words += ["-nic", "user,model=virtio-net-pci" if self.network else "none"]
        return words + self.extra

    def _disk_words(self, disk, node):
        if disk in self._lossy:
            return self._lossy[disk].words(node)
        return ["-drive", f"if=none,id={node},format=raw,discard=unmap,file={disk}"
                          f"{',snapshot=on' if self.snapshot else ''}"]

    def _firmware_words(self):
        if self.secure_boot:
            code = paths.FIRMWARE_SECURE
            template = paths.VARIABLES_SETUP if self.setup_mode else paths.VARIABLES_SECURE
            words = ["-global", "driver=cfi.pflash01,property=secure,value=on",
                     "-global", "ICH9-LPC.disable_s3=1"]
        else:
            code, template, words = paths.FIRMWARE_PLAIN, paths.VARIABLES_SETUP, []
        # One store for each kind of firmware, so that the same folder can boot with Secure Boot on and off.
        store = self.folder / ("variables.fd" if self.secure_boot else "variables-plain.fd")
        if not store.exists():
            shutil.copyfile(template, store)
        return words + ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}",
                        "-drive", f"if=pflash,unit=1,format=raw,file={store}"]

    @staticmethod
    def _tpm_words(control):
        return ["-chardev", f"socket,id=tpm,path={control}", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
                "-device", "tpm-crb,tpmdev=tpm0"]
