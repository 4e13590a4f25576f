# SPDX-License-Identifier: BSD-2-Clause
"""A real swtpm on the host, a driver of our rooms that talks to it, and a proxy that sits between them."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import tty
from hashlib import new as new_hash
from pathlib import Path

DRIVER = os.environ.get('PAWL_TPM_DRIVER', '')
STARTUP = 20  # seconds for swtpm to open its sockets
CC_PCR_EXTEND, CC_UNSEAL = 0x182, 0x15e
BANKS = ('sha1', 'sha256', 'sha384', 'sha512')


class Tpm:
    """swtpm with its state in a folder of its own; a power cut is kill()."""

    def __init__(self, state=None):
        self.folder = Path(tempfile.mkdtemp(prefix='pawl-tpm-'))
        self.state = self.folder / 'state'
        shutil.copytree(state, self.state) if state else self.state.mkdir()
        self.socket = self.folder / 's'
        self.process = None
        self.start()

    @property
    def spec(self):
        return f'swtpm:path={self.socket}'

    def start(self):
        control = Path(f'{self.socket}.ctrl')
        for path in (self.socket, control):
            path.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ['swtpm', 'socket', '--tpm2', '--tpmstate', f'dir={self.state}', '--ctrl', f'type=unixio,path={control}',
             '--server', f'type=unixio,path={self.socket}', '--flags', 'not-need-init,startup-clear',
             '--log', f'file={self.folder}/log,level=1'], stdin=subprocess.DEVNULL)
        end = time.monotonic() + STARTUP
        while not (control.exists() and self.socket.exists()):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError('swtpm did not start: ' + (self.folder / 'log').read_text(errors='replace')[-500:])
            time.sleep(0.01)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def reboot(self):
        self.kill()
        self.start()

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tool(self, *command):
        """Runs a program of tpm2-tools."""
        env = {**os.environ, 'TPM2TOOLS_TCTI': self.spec, 'TSS2_LOG': 'all+none'}
        return subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, check=True, timeout=60).stdout

    def left_behind(self):
        """Handles of transient objects and of sessions that are in the TPM."""
        return [line for what in ('handles-transient', 'handles-loaded-session', 'handles-saved-session')
                for line in self.tool('tpm2_getcap', what).splitlines() if line.strip()]

    def extend(self, pcr, text):
        digests = ','.join(f'{b}={new_hash(b, text).hexdigest()}' for b in BANKS)
        self.tool('tpm2_pcrextend', f'{pcr}:{digests}')


def drive(spec, *requests, deadline_ms=10000, timeout=120, folder=None):
    """Runs the requests in one conversation and gives back their answers."""
    env = {**os.environ, 'PAWL_TPM_LOCK': f'{folder or tempfile.gettempdir()}/pawl-test-{os.getpid()}.lock'}
    p = subprocess.run([DRIVER, spec, str(deadline_ms)], input=json.dumps(requests), env=env, capture_output=True,
                       text=True, timeout=timeout, check=False)
    assert p.returncode == 0, p.stderr
    assert p.stderr == '', 'nothing but the answers is printed'
    return json.loads(p.stdout)


def good(answers):
    """All answers, none of which may be an error."""
    for a in answers:
        assert a['err'] == 'OK', a
    return answers


class Proxy:
    """Between driver and swtpm: records all bytes, and lets `change(command)` answer in the TPM's place (bytes), pass
    (None) or stay silent (HANG)."""

    HANG = object()

    def __init__(self, tpm, change=lambda command: None):
        self.tpm, self.change = tpm, change
        self.folder = Path(tempfile.mkdtemp(prefix='pawl-proxy-'))
        self.socket = self.folder / 's'
        self.traffic, self.commands = bytearray(), []
        self._listeners = []
        self._listen(self.socket, tpm.socket, self._pump_commands)
        self._listen(Path(f'{self.socket}.ctrl'), Path(f'{tpm.socket}.ctrl'), self._pump_raw)

    @property
    def spec(self):
        return f'swtpm:path={self.socket}'

    def _listen(self, front, back, pump):
        s = socket.socket(socket.AF_UNIX)
        s.bind(str(front))
        s.listen(4)
        self._listeners.append(s)

        def accept():
            while True:
                try:
                    a, _ = s.accept()
                except OSError:
                    return
                b = socket.socket(socket.AF_UNIX)
                b.connect(str(back))
                threading.Thread(target=pump, args=(a, b), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()

    @staticmethod
    def _pump_raw(a, b):
        def copy(x, y):
            while data := x.recv(4096):
                y.sendall(data)
            y.shutdown(socket.SHUT_WR)
        threading.Thread(target=copy, args=(b, a), daemon=True).start()
        copy(a, b)

    @staticmethod
    def _message(s):
        data = b''
        while len(data) < 10 or len(data) < int.from_bytes(data[2:6], 'big'):
            more = s.recv(8192)
            if not more:
                return None
            data += more
        return data

    def _pump_commands(self, a, b):
        try:
            while command := self._message(a):
                self.commands.append(int.from_bytes(command[6:10], 'big'))
                self.traffic += command
                answer = self.change(command)
                if answer is Proxy.HANG:
                    continue
                if answer is None:
                    b.sendall(command)
                    answer = self._message(b)
                self.traffic += answer or b''
                a.sendall(answer or b'')
        except OSError:
            pass  # the driver gave up first
        b.close()
        a.close()

    def close(self):
        for s in self._listeners:
            s.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Device:
    """swtpm behind a path that can be opened as a device: a terminal in raw mode. `answering` False: silence."""

    def __init__(self, tpm):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path, self.answering, self.commands = os.ttyname(self.slave), True, []
        self.back = socket.socket(socket.AF_UNIX)
        self.back.connect(str(tpm.socket))
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self):
        while True:
            command = b''
            while len(command) < 10 or len(command) < int.from_bytes(command[2:6], 'big'):
                command += os.read(self.master, 4096)
            self.commands.append(int.from_bytes(command[6:10], 'big'))
            if self.answering:
                self.back.sendall(command)
                os.write(self.master, Proxy._message(self.back))

    def close(self):
        self.back.close()  # the terminal stays open: a child may still hang on it
