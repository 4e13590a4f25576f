# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's machine protocol: one connection, one command at a time; events are skipped."""
import json
import socket
import time


class Qmp:
    def __init__(self, path, timeout=30):
        end = time.monotonic() + timeout
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        while True:
            try:
                self._socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
        self._lines = self._socket.makefile("r")
        self._lines.readline()  # greeting
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        """Sends a command and returns its answer. RuntimeError with QEMU's words when it refuses."""
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        for line in self._lines:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise RuntimeError(f"{command}: QEMU closed its monitor")

    def human(self, line):
        """A command of the human monitor (`sendkey f12`, `info status`), and what it printed."""
        return self.execute("human-monitor-command", **{"command-line": line})

    def close(self):
        self._lines.close()
        self._socket.close()
