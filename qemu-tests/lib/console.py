# SPDX-License-Identifier: BSD-2-Clause
"""A serial console: everything it ever said is kept, and tests wait for patterns in what was not yet matched."""
import os
import re
import threading
import time

# Escape sequences that firmware and login programs write; they would split the words that tests look for.
_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>78cDEHMNOZ])|\r|\x00")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[()])?$")

# A slow or busy machine: PAWL_QEMU_SLOW=3 stretches every deadline threefold.
STRETCH = float(os.environ.get("PAWL_QEMU_SLOW", "1"))


class ConsoleError(AssertionError):
    """The console did not say what was expected. The text ends with what it said last."""


class Console:
    """Reads `source` in a thread into a log file; `sink` takes what is typed. Both are binary, unbuffered streams."""

    def __init__(self, source, sink, log_path):
        self._source, self._sink = source, sink
        self.log_path = log_path
        self._text = ""
        self._cursor = 0
        self._pending = b""
        self._arrivals = []  # (length of the text before a piece, when it came)
        self._is_closed = False
        self._changed = threading.Condition()
        self._log = open(log_path, "ab", buffering=0)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while chunk := os.read(self._source.fileno(), 65536):
            self._log.write(chunk)
            raw = self._pending + chunk
            tail = _UNFINISHED.search(raw)
            cut = tail.start() if tail else len(raw)
            self._pending = raw[cut:]
            clean = _ESCAPE.sub(b"", raw[:cut]).decode("utf-8", errors="replace")
            with self._changed:
                self._arrivals.append((len(self._text), time.monotonic()))
                self._text += clean
                self._changed.notify_all()
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def text(self):
        """All that was said so far, without escape sequences."""
        with self._changed:
            return self._text

    def expect(self, *patterns, timeout=120, never=()):
        """Waits for the first of `patterns` (regular expressions) after the last match and returns the match object;
        `match.re.pattern` tells which it was. Fails after `timeout` seconds, when the console ends, or when one of
        `never` comes first."""
        wanted = [re.compile(p, re.MULTILINE) for p in (*patterns, *never)]
        end = time.monotonic() + timeout * STRETCH
        with self._changed:
            while True:
                hits = [m for m in (w.search(self._text, self._cursor) for w in wanted) if m]
                if hits:
                    return self._accept(min(hits, key=lambda m: m.start()), never)
                left = end - time.monotonic()
                if self._is_closed or left <= 0:
                    why = "the console ended" if self._is_closed else f"nothing within {timeout * STRETCH:.0f} s"
                    raise ConsoleError(f"{why}; expected {' or '.join(map(repr, patterns))}\n{self._tail()}")
                self._changed.wait(left)

    def _accept(self, match, never):
        if match.re.pattern in never:
            raise ConsoleError(f"the console said {match.group(0)!r}, which must not be\n{self._tail()}")
        self._cursor = match.end()
        return match

    def time_of(self, match):
        """When (time.monotonic) the first character of an expect()'s match arrived."""
        with self._changed:
            return [at for length, at in self._arrivals if length <= match.start()][-1]

    def _tail(self):
        return f"--- end of {self.log_path} ---\n{self._text[-3000:]}"

    def send(self, text):
        """Types `text` as it is. Echo and answers are for expect()."""
        self._sink.write(text.encode() if isinstance(text, str) else text)
        self._sink.flush()

    def send_line(self, text=""):
        self.send(text + "\r")

    def close(self):
        self._reader.join(10)
        self._log.close()
