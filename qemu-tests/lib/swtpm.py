# SPDX-License-Identifier: BSD-2-Clause
"""A software TPM with its state in a folder: for QEMU, or for programs on the host through a socket."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from .run import run

DEADLINE = 20  # seconds for swtpm to open its sockets


class Swtpm:
    """One TPM. `folder` keeps its state and outlives start and stop; `banks` are the active PCR banks ("sha1,sha256").

    start_for_qemu() serves one QEMU run, start_for_host() serves programs of the host at `tcti`. Only one at a time."""

    def __init__(self, folder, banks="sha256"):
        self.folder = pathlib.Path(folder).absolute()
        self.banks = banks.split(",")
        self.state = self.folder / "state"
        # Unix socket paths end at 107 bytes; pytest's folders are long.
        self._sockets = pathlib.Path(tempfile.mkdtemp(prefix="swtpm-"))
        self.control = self._sockets / "ctrl"
        self.data = self._sockets / "tpm"
        self.log = self.folder / "swtpm.log"
        self._process = None
        if not self.state.exists():
            self._make()

    def _make(self):
        self.state.mkdir(parents=True)
        run("swtpm_setup", "--tpm2", "--tpmstate", self.state, "--pcr-banks", ",".join(self.banks), "--overwrite")

    @property
    def tcti(self):
        """What PAWL_TPM and tpm2-tools' TPM2TOOLS_TCTI take while start_for_host() runs."""
        return f"swtpm:path={self.data}"

    def start_for_qemu(self):
        """Starts swtpm with its control socket at `control`; it ends by itself when QEMU goes away."""
        self._start(self.control, "--terminate")
        return self.control

    def start_for_host(self):
        """Starts and powers on swtpm for host programs; `tcti` names it."""
        control = pathlib.Path(f"{self.data}.ctrl")
        self._start(control, "--server", f"type=unixio,path={self.data}", "--flags", "not-need-init,startup-clear")
        return self.tcti

    def _start(self, control, *more):
        self.stop()
        for stale in (control, self.data):
            stale.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}", "--ctrl", f"type=unixio,path={control}",
             "--log", f"file={self.log},level=1", *more], stdin=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE
        while not control.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"swtpm did not start: {self.log.read_text(errors='replace')[-500:]}")
            time.sleep(0.02)

    def stop(self):
        """Ends swtpm in order (it stores its state at each change, so nothing is lost)."""
        self._end(signal.SIGTERM)

    def kill(self):
        """A power cut: SIGKILL."""
        self._end(signal.SIGKILL)

    def freeze(self):
        """The TPM stops answering, from now on."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def _end(self, how):
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            os.kill(self._process.pid, signal.SIGCONT)
        self._process.wait(DEADLINE)
        self._process = None

    def snapshot(self, name):
        """Keeps a copy of the state under `name`. The TPM must be stopped."""
        shutil.copytree(self.state, self._saved(name))

    def restore(self, name):
        """Puts back what snapshot() kept. The TPM must be stopped."""
        shutil.rmtree(self.state)
        shutil.copytree(self._saved(name), self.state)

    def _saved(self, name):
        if self._process is not None:
            raise RuntimeError("stop the TPM before its state is copied")
        return self.folder / f"state-{name}"

    def close(self):
        self.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
