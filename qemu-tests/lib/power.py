# SPDX-License-Identifier: BSD-2-Clause
"""What a power cut does to a disk: writes that were not followed by a flush may be lost, each for itself. Killing QEMU
alone keeps them all, since they are in the host's memory already.

QEMU's `blklogwrites` keeps a log of all writes in the format of the kernel's dm-log-writes; after the cut the disk is made
anew from a copy taken at the start and that log."""
import pathlib
import random
import struct

from .run import run

MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4
SECTOR = 512


class LossyDisk:
    """Watches one raw image for the length of one machine's run."""

    def __init__(self, disk):
        self.disk = pathlib.Path(disk)
        self._before, self._log = self.disk.with_suffix(".before"), self.disk.with_suffix(".writes")
        run("cp", "--sparse=always", "--reflink=auto", self.disk, self._before)
        self._log.unlink(missing_ok=True)
        self._log.touch()

    def words(self, node):
        """QEMU's words for a block node of that name."""
        return ["-blockdev", f"driver=blklogwrites,node-name={node},file.driver=file,file.filename={self.disk},"
                             f"log.driver=file,log.filename={self._log},log-sector-size={SECTOR}"]

    def lose_unflushed(self, rng):
        """Puts into the image what a cut may have left. Returns (writes that are safe, writes lost)."""
        writes = list(self._writes())
        safe = 1 + max((n for n, w in enumerate(writes) if w[2] & FLUSH), default=-1)
        lost = 0
        with open(self._before, "r+b") as f:
            for n, (sector, count, flags, data) in enumerate(writes):
                if n >= safe and not flags & FUA and rng.random() < 0.5:
                    lost += 1
                    continue
                f.seek(sector * SECTOR)
                f.write(bytes(count * SECTOR) if flags & DISCARD else data)
        self._before.replace(self.disk)
        return safe, lost

    def _writes(self):
        """(sector, count, flags, data) of each log entry that is complete; the last may be cut off."""
        with open(self._log, "rb") as f:
            head = f.read(SECTOR)
            if len(head) < 28:
                return
            magic, _, _, sector_size = struct.unpack_from("<QQQI", head)
            if magic != MAGIC or sector_size != SECTOR:
                raise ValueError(f"{self._log}: not a log of writes")
            while len(head := f.read(SECTOR)) == SECTOR:
                sector, count, flags, _ = struct.unpack_from("<QQQQ", head)
                if (sector, count, flags) == (0, 0, 0):
                    return
                data = b"" if flags & DISCARD else f.read(count * SECTOR)
                if not flags & DISCARD and len(data) < count * SECTOR:
                    return
                yield sector, count, flags, data

    def close(self):
        self._before.unlink(missing_ok=True)
        self._log.unlink(missing_ok=True)


def generator(seed):
    """The same seed loses the same writes."""
    return random.Random(seed)
