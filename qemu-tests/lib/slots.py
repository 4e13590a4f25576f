# SPDX-License-Identifier: BSD-2-Clause
"""At most PAWL_QEMU_SLOTS (2) machines of this user run at once, whoever starts them."""
import contextlib
import fcntl
import os
import pathlib
import tempfile
import time

COUNT = int(os.environ.get("PAWL_QEMU_SLOTS", "2"))


@contextlib.contextmanager
def slot():
    """Waits for a free slot and holds it. The kernel frees it when the process dies."""
    folder = pathlib.Path(tempfile.gettempdir()) / f"pawl-slots-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [open(folder / str(n), "w") for n in range(COUNT)]
    try:
        while not any(map(_try_lock, files)):
            time.sleep(0.2)
        yield
    finally:
        for f in files:
            f.close()


def _try_lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
