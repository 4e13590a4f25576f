# SPDX-License-Identifier: BSD-2-Clause
"""Between the machine and its TPM, where an attacker with a soldering iron sits: records every command and answer, and
swallows, refuses or never answers what a rule names.

A rule is one line: ACTION COMMAND [pcr=N] [from=N] [times=N] [after=COMMAND]
  ACTION   drop (answer success, do nothing) | error=CODE (answer that response code) | hang (never answer again) |
           delay=SECONDS (the TPM answers, late)
  COMMAND  a name as in tpm_codes.py, a number, or any
  pcr      only commands whose first handle is that PCR;  from: from the N-th such command on (1);  times: so often;
           after: sleeps until that command was seen; COMMAND/N: with that PCR as its first handle
Rules are given at the start, or at any time later by rule(), or as lines to the control socket `control_socket`."""
import array
import dataclasses
import pathlib
import shutil
import socket
import struct
import tempfile
import threading
import time

from .tpm_codes import NAMES, code_of

TAG_SESSIONS = 0x8002  # TPM_ST_SESSIONS, Part 2, 6.9


@dataclasses.dataclass
class Rule:
    action: str
    value: int = 0
    code: int | None = None
    pcr: int | None = None
    first: int = 1
    times: int | None = None
    after: tuple | None = None
    seen: int = 0

    @classmethod
    def parse(cls, line):
        action, command, *rest = line.split()
        action, _, value = action.partition("=")
        if action not in ("drop", "error", "hang", "delay") or (action in ("error", "delay")) != bool(value):
            raise ValueError(f"interposer rule {line!r}: the action is drop, error=CODE, hang or delay=SECONDS")
        rule = cls(action, int(value or "0", 0), None if command == "any" else code_of(command))
        for word in rest:
            key, _, value = word.partition("=")
            if key not in ("pcr", "from", "times", "after"):
                raise ValueError(f"interposer rule {line!r}: {key} is not known; it knows pcr, from, times, after")
            setattr(rule, "first" if key == "from" else key, _event(value) if key == "after" else int(value, 0))
        return rule

    def applies(self, command):
        """Counts a matching command, and says whether this one is meant."""
        if self.after is not None:
            wanted, handle = self.after
            if wanted == code(command) and handle in (None, first_handle(command)):
                self.after = None
            return False
        if self.code is not None and self.code != code(command):
            return False
        if self.pcr is not None and first_handle(command) != self.pcr:
            return False
        self.seen += 1
        return self.seen >= self.first and (self.times is None or self.seen < self.first + self.times)


@dataclasses.dataclass
class Exchange:
    command: bytes
    response: bytes | None  # None: never answered
    note: str               # what the interposer did, "" for nothing
    at: float               # time.monotonic() when the command came

    @property
    def name(self):
        return NAMES.get(code(self.command), hex(code(self.command)))


def code(command):
    return int.from_bytes(command[6:10], "big")


def first_handle(command):
    return int.from_bytes(command[10:14], "big")


def _event(text):
    """COMMAND[/PCR] as (code, PCR or None)."""
    name, _, pcr = text.partition("/")
    return code_of(name), int(pcr, 0) if pcr else None


class Interposer:
    """Wraps an Swtpm; usable wherever one is: Machine(tpm=Interposer(swtpm, rules=["drop PCR_Extend"])).

    Everything that crossed the bus is in `exchanges` and, record by record, in the file `log`: '>' command, '<' answer,
    '!' command that the TPM never saw; four bytes of length, then the bytes."""

    def __init__(self, tpm, rules=()):
        self.tpm = tpm
        self.log = tpm.folder / "bus.bin"
        self.exchanges = []
        self._rules = [Rule.parse(r) for r in rules]
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # one command at a time, whoever sends it
        self._live = None              # the TPM's side of the machine's command channel
        self._release = threading.Event()
        self._open = []
        self._sockets = pathlib.Path(tempfile.mkdtemp(prefix="bus-"))
        self.control_socket = self._sockets / "rules"
        self.control, self.data = self._sockets / "ctrl", self._sockets / "tpm"
        self._listen(self.control_socket, self._serve_rules)

    # --- as an Swtpm ----------------------------------------------------------------------------------------------

    @property
    def folder(self):
        return self.tpm.folder

    @property
    def tcti(self):
        return f"swtpm:path={self.data}"

    def start_for_qemu(self):
        self._begin()
        back = self.tpm.start_for_qemu()
        self._listen(self.control, lambda front: self._serve_control(front, back))
        return self.control

    def start_for_host(self):
        self._begin()
        self.tpm.start_for_host()
        beside = pathlib.Path(f"{self.data}.ctrl")
        beside.unlink(missing_ok=True)
        beside.symlink_to(f"{self.tpm.data}.ctrl")
        self._listen(self.data, lambda front: self._pump(front, _connect(self.tpm.data)))
        return self.tcti

    def stop(self):
        self._release.set()
        self.tpm.stop()
        for one in self._open:
            one.close()
        self._open.clear()

    def kill(self):
        self.tpm.kill()

    def freeze(self):
        self.rule("hang any")

    def close(self):
        self.stop()
        self.tpm.close()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def open_for_host(self):
        """While a machine runs: a TCTI string by which programs on the host talk to the same TPM between the machine's own
        commands, as an attacker on the bus does. No rule applies to them, and they are not recorded."""
        if self._live is None:
            raise RuntimeError("the machine has not opened its TPM yet")
        self._listen(self.data, self._serve_attacker)
        self._listen(pathlib.Path(f"{self.data}.ctrl"), _serve_yes)
        return self.tcti

    # --- for tests ------------------------------------------------------------------------------------------------

    def rule(self, line):
        """From now on, also this rule."""
        with self._lock:
            self._rules.append(Rule.parse(line))

    def clear_rules(self):
        with self._lock:
            self._rules.clear()

    def names(self):
        """Names of the commands that were sent, in order."""
        return [e.name for e in self.exchanges]

    def forget(self):
        """Drops what was recorded in memory, so that the next step is seen alone."""
        self.exchanges.clear()

    def carried(self, secret):
        """The exchanges in which the bytes `secret` crossed the bus, either way."""
        return [e for e in self.exchanges if secret in e.command or secret in (e.response or b"")]

    # --- how it works ---------------------------------------------------------------------------------------------

    def _begin(self):
        self.stop()
        self._release.clear()

    def _listen(self, path, serve):
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(4)
        if path != self.control_socket:
            self._open.append(listener)

        def accept():
            while True:
                try:
                    front, _ = listener.accept()
                except OSError:
                    return
                _thread(serve, front)
        _thread(accept)

    def _serve_rules(self, front):
        with front, front.makefile("rw") as lines:
            for line in lines:
                try:
                    self.rule(line.strip())
                    answer = "ok"
                except (ValueError, KeyError) as trouble:
                    answer = f"error {trouble}"
                lines.write(answer + "\n")
                lines.flush()

    def _serve_control(self, front, back_path):
        """QEMU's control channel. It hands a file descriptor for TPM commands to swtpm: keep it, hand over our own."""
        back = _connect(back_path)
        _thread(_copy, back, front)
        size = socket.CMSG_SPACE(4)
        while True:
            try:
                message, ancillary, _, _ = front.recvmsg(4096, size)
            except OSError:
                message = b""
            if not message:
                back.close()
                return
            passed = array.array("i")
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    passed.frombytes(content[:4])
            if not passed:
                back.sendall(message)
                continue
            ours, theirs = socket.socketpair()
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
            back.sendmsg([message], rights)
            theirs.close()
            self._live = ours
            _thread(self._pump, socket.socket(fileno=passed[0]), ours)

    def _pump(self, front, back):
        """One command, one answer, until either side is gone."""
        with front, back:
            try:
                while command := _read_message(front):
                    response = self._answer(command, back)
                    if response is None:
                        return
                    front.sendall(response)
            except OSError:
                return

    def _answer(self, command, back):
        with self._lock:
            rule = next((r for r in self._rules if r.applies(command)), None)
        at = time.monotonic()
        if rule is None:
            return self._keep(command, self._ask(back, command), "", at)
        if rule.action == "hang":
            self._keep(command, None, "hang", at)
            self._release.wait()
            return None
        if rule.action == "delay":
            self._release.wait(rule.value)
            return self._keep(command, self._ask(back, command), "delay", at)
        response = _success(command) if rule.action == "drop" else struct.pack(">HII", 0x8001, 10, rule.value)
        return self._keep(command, response, rule.action, at)

    def _ask(self, back, command):
        with self._turn:
            back.sendall(command)
            return _read_message(back)

    def _serve_attacker(self, front):
        with front:
            try:
                while command := _read_message(front):
                    front.sendall(self._ask(self._live, command))
            except OSError:
                return

    def _keep(self, command, response, note, at):
        with self._lock, open(self.log, "ab") as f:
            self.exchanges.append(Exchange(command, response, note, at))
            for kind, content in ((b"!" if note not in ("", "delay") else b">", command), (b"<", response)):
                if content is not None:
                    f.write(kind + struct.pack(">I", len(content)) + content)
        return response


def _success(command):
    """Success as somebody without the session's key can forge it: no parameters, for each session an empty HMAC."""
    if int.from_bytes(command[:2], "big") != TAG_SESSIONS:
        return struct.pack(">HII", 0x8001, 10, 0)
    areas = b"\0\0\x01\0\0"
    return struct.pack(">HIII", TAG_SESSIONS, 14 + len(areas), 0, 0) + areas


def _read_message(source):
    """A command or answer: the header says how long it is. None when the other side closed."""
    data = b""
    while len(data) < 6 or len(data) < int.from_bytes(data[2:6], "big"):
        more = source.recv(8192)
        if not more:
            return None
        data += more
    return data


def _connect(path):
    one = socket.socket(socket.AF_UNIX)
    one.connect(str(path))
    return one


def _copy(source, target):
    try:
        while data := source.recv(4096):
            target.sendall(data)
    except OSError:
        pass
    finally:
        target.close()


def _serve_yes(front):
    """A control channel on which every request (locality, cancel) succeeds."""
    with front:
        try:
            while front.recv(4096):
                front.sendall(bytes(4))
        except OSError:
            return


def _thread(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()
