# SPDX-License-Identifier: BSD-2-Clause
"""A boot option of the firmware that starts a file of the ESP directly, with load options: how somebody gives a command line
to an image without any loader. UEFI Specification 2.10: 3.1.3 Load Options, 10.3 Device Path Nodes."""
import struct
import uuid

from . import image

NUMBER = 0x00AA
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
LASTING = struct.pack("<I", 7)  # non-volatile, boot service and runtime access


def _utf16(text):
    return text.encode("utf-16-le") + b"\0\0"


def load_option(disk, path, options):
    """EFI_LOAD_OPTION for `path` on the first partition of `disk`."""
    esp = image.partitions(disk)[0]
    drive = struct.pack("<BBHIQQ16sBB", 4, 1, 42, 1, esp["start"], esp["size"], uuid.UUID(esp["uuid"]).bytes_le, 2, 2)
    name = _utf16("\\" + path.replace("/", "\\"))
    place = drive + struct.pack("<BBH", 4, 4, 4 + len(name)) + name + struct.pack("<BBH", 0x7F, 0xFF, 4)
    return struct.pack("<IH", 1, len(place)) + _utf16("with options") + place + _utf16(options)


def set_next(machine, disk, path, options):
    """From the running OS: the next boot starts `path` with `options`."""
    write(machine, f"Boot{NUMBER:04X}", load_option(disk, path, options))
    write(machine, "BootNext", struct.pack("<H", NUMBER))


def write(machine, name, value):
    """Sets a global variable, from the running OS."""
    # A variable is written by one write(2), and a line of the console is short: collect in a file first.
    data = LASTING + value
    machine.run("rm -f /run/variable")
    for at in range(0, len(data), 40):
        piece = "".join(f"\\{byte:03o}" for byte in data[at:at + 40])
        machine.run(f"printf '{piece}' >>/run/variable")
    machine.run(f"cat /run/variable >/sys/firmware/efi/efivars/{name}-{GLOBAL}")
