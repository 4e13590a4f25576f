#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `pawl log show` makes of each kind of event, and of events that are not what their type says."""
import importlib.util
import json
import struct
import sys
import tempfile
from pathlib import Path
from uuid import UUID

HERE = Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location('verbs', HERE / 'test-verbs.py')
verbs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verbs)
pawl, record = verbs.pawl, verbs.record

GLOBAL = UUID('8be4df61-93ca-11d2-aa0d-00e098032b8c')
IMAGE_SECURITY = UUID('d719b2cb-3d3a-4596-a3bc-dad00e67656f')
SHIM = UUID('605dab50-e046-4300-abb6-3dd810dd8b23')
ESP, ROOT = UUID('c12a7328-f81f-11d2-ba4b-00a0c93ec93b'), UUID('4f68bce3-e8cd-4db1-96e7-fbcaf984b709')
DISK, PART = UUID('11111111-2222-3333-4444-555555555555'), UUID('7ad31128-a1b0-4fbf-b2f5-c3a5d8f1e001')

END = bytes.fromhex('7fff0400')
PCI = bytes.fromhex('02010c00d041030a00000000010106000101')


def utf16(text):
    return text.encode('utf-16-le')


def file_node(name):
    return bytes([4, 4]) + struct.pack('<H', 6 + 2 * len(name)) + utf16(name) + bytes(2)


def disk_node():
    return bytes([4, 1]) + struct.pack('<HIQQ', 42, 1, 0x800, 0x100000) + PART.bytes_le + bytes([2, 2])


BOOT_PATH = PCI + disk_node() + file_node('\\EFI\\a.efi') + END
BOOT_TEXT = f'PciRoot(0x0)/Pci(0x1,0x1)/HD(1,GPT,{PART},0x800,0x100000)/\\EFI\\a.efi'


def image(path, size=4096):
    return struct.pack('<QQQQ', 0x1000, size, 0, len(path)) + path


def option(description, path, data=b'', attributes=1):
    return struct.pack('<IH', attributes, len(path)) + utf16(description) + bytes(2) + path + data


def variable(vendor, name, data):
    return vendor.bytes_le + struct.pack('<QQ', len(name), len(data)) + utf16(name) + data


def partition(kind, name, first, last, unique=PART):
    return kind.bytes_le + unique.bytes_le + struct.pack('<QQQ', first, last, 0) + utf16(name).ljust(72, b'\0')


def table(*partitions, first=2048):
    return (b'EFI PART' + struct.pack('<IIIIQQQQ', 0x10000, 92, 0, 0, 1, 99999, first, 99966) + DISK.bytes_le +
            struct.pack('<QIIIQ', 2, 128, 128, 0, len(partitions)) + b''.join(partitions))


def described(folder, kind, data, pcr=1, measured=None):
    """The description of one event."""
    log = folder / 'log'
    log.write_bytes(record(pcr, kind, data if measured is None else measured, data))
    status, out, err = pawl('show', '--json', f'--firmware-log={log}')
    assert status == 0, err
    return json.loads(out)['events'][0]['description']


def check(folder, rows):
    for kind, data, want, *more in rows:
        got = described(folder, kind, data, *more)
        assert got == want, f'{kind:#x}: {got!r} is not {want!r}'


def test_images(folder):
    app, driver, runtime = 0x80000003, 0x80000004, 0x80000005
    check(folder, [
        (app, image(BOOT_PATH), f'image of 4096 bytes, {BOOT_TEXT}'),
        (driver, image(PCI + END), 'image of 4096 bytes, PciRoot(0x0)/Pci(0x1,0x1)'),
        (runtime, image(b'', 0), 'image, without a path'),
        (app, image(PCI), 'image of 4096 bytes, PciRoot(0x0)/Pci(0x1,0x1) (damaged)'),
        (app, image(file_node('a\x1b[31m\n%') + END), 'image of 4096 bytes, a%1b[31m%0a%25'),
        (app, image(END)[:-5], '31 bytes: 00100000000000000010000000000000...'),
        (app, image(file_node('x' * 4000) + END), f'image of 4096 bytes, {"x" * 2047}...')])


def test_boot_variables(folder):
    boot = 0x80000002

    def of(name, data):
        return variable(GLOBAL, name, data)
    check(folder, [
        (boot, of('BootOrder', struct.pack('<HHH', 3, 0, 0xAB)), 'variable BootOrder: Boot0003, Boot0000, Boot00AB'),
        (boot, of('BootOrder', b''), 'variable BootOrder: empty'),
        (boot, of('BootOrder', b'\3\0\1'), 'variable BootOrder: Boot0003, damaged'),
        (boot, of('Boot0003', option('os', BOOT_PATH)), f"variable Boot0003: 'os', {BOOT_TEXT}"),
        (boot, of('Boot0003', option('os', END, b'four', 0)), "variable Boot0003: 'os', no path, 4 bytes for it, switched off"),
        (boot, of('Boot0003', option('os', END, attributes=0x109)), "variable Boot0003: 'os', no path, a tool, hidden"),
        (boot, of('Boot0003', option('os', PCI)), "variable Boot0003: 'os', PciRoot(0x0)/Pci(0x1,0x1) (damaged)"),
        (boot, of('Boot0003', b'\1\0\0\0\0\0o'), 'variable Boot0003: damaged'),
        (boot, of('Boot3', b'abc'), 'variable Boot3, 3 bytes'),
        (boot, variable(SHIM, 'BootOrder', b''), f'variable BootOrder ({SHIM}): empty')])


def test_partition_tables(folder):
    esp = partition(ESP, 'boot', 2048, 1050623)
    root = partition(ROOT, 'system', 1050624, 1050624 + 40 * 2048 * 1024 - 1)
    head = f'partition table of the disk {DISK}, sectors 2048 to 99966'
    four_k = f'partition table of the disk {DISK}, sectors 256 to 99966'
    for kind in (0x80000006, 0x8000000d):
        check(folder, [
            (kind, table(esp, root), f"{head}: 1 'boot' (ESP, 512 MiB); 2 'system' (Linux root, x86-64, 40 GiB)"),
            (kind, table(), f'{head}, no partitions'),
            (kind, table(partition(DISK, '', 8, 8)), f'{head}: 1 (type {DISK}, 0 KiB)'),
            (kind, table(partition(ESP, 'a\x1b', 9, 8)), f"{head}: 1 'a?' (ESP, of an impossible size)"),
            (kind, table(partition(ESP, '', 0, 2**64 - 1)), f'{head}: 1 (ESP, of an impossible size)'),
            (kind, table(partition(ESP, '', 256, 511), first=256), f'{four_k}: 1 (ESP, 1024 KiB)'),
            (kind, table(esp)[:-1], '227 bytes: 4546492050415254000001005c000000...')])


def test_firmware(folder):
    blob = struct.pack('<QQ', 0xff000000, 0x100000)
    tables = struct.pack('<Q', 2) + UUID('8868e871-e4f1-11d3-bc22-0080c73c8881').bytes_le + bytes(8) + DISK.bytes_le + bytes(8)
    check(folder, [
        (1, blob, 'firmware, 1048576 bytes at 0xff000000'), (1, b'ACPI DATA\0', 'ACPI DATA'),
        (1, b'SIXTEEN LETTERS.', 'SIXTEEN LETTERS.'), (0x13, b'\x04main' + blob, 'firmware, 1048576 bytes at 0xff000000, main'),
        (7, b'Boot Guard\0', 'Boot Guard'), (7, b'\x04main' + blob, 'firmware, 1048576 bytes at 0xff000000, main'),
        (8, utf16('1.2.3\0'), 'firmware version 1.2.3'), (8, bytes(2), 'firmware version not named'),
        (8, DISK.bytes_le, f'firmware version {DISK}'), (9, b'microcode 1\0', 'microcode 1'),
        (0xb, b'a list\0\0\0', 'a list'), (0x80000007, b'Calling EFI Application', 'Calling EFI Application'),
        (0x80000008, blob, 'firmware, 1048576 bytes at 0xff000000'), (0x80000008, blob + b'\xff', f'17 bytes: {blob.hex()}...'),
        (0x8000000a, b'\x04main' + blob, 'firmware, 1048576 bytes at 0xff000000, main'),
        (0x80000009, tables, f'tables of the firmware: ACPI 2.0, {DISK}'),
        (0x8000000b, b'\x02hi' + tables, f'tables of the firmware: ACPI 2.0, {DISK} (hi)'),
        (0x80000009, struct.pack('<Q', 2**63), '8 bytes: 0000000000000080'),
        (4, bytes(4), 'separator'), (4, b'\xff' * 4, 'separator'), (4, b'WBCL', 'separator: WBCL'),
        (4, b'no disk', 'separator that reports an error: no disk', 1, b'\1\0\0\0'),
        (4, b'\1\0\0\0', 'separator that reports an error: 4 bytes: 01000000')])


def test_secure_boot(folder):
    config, authority = 0x80000001, 0x800000e0
    check(folder, [
        (config, variable(GLOBAL, 'SecureBoot', b'\1'), 'variable SecureBoot = 1'),
        (config, variable(SHIM, 'SecureBoot', b'\1'), f'variable SecureBoot ({SHIM}) = 1'),
        (config, variable(GLOBAL, 'db', b''), f'variable db ({GLOBAL}): empty'),
        (config, variable(IMAGE_SECURITY, 'db', b''), 'variable db: empty'),
        (authority, variable(SHIM, 'SbatLevel', b'sbat,1,2024\nshim,2\n'), 'variable SbatLevel: sbat,1,2024 shim,2'),
        (authority, variable(SHIM, 'MokListTrusted', b'\1'), 'variable MokListTrusted = 1'),
        (authority, variable(IMAGE_SECURITY, 'db', bytes(48)), 'variable db: an entry of 48 bytes')])


def test_loaders(folder):
    ipl = 13
    line = utf16('quiet splash\0')
    check(folder, [
        (ipl, b'grub_cmd: menu x {\n\tset y\n}\0', 'GRUB command: menu x {  set y }', 8),
        (ipl, b'kernel_cmdline: /vmlinuz ro\0', 'kernel command line: /vmlinuz ro', 8),
        (ipl, b'(hd0,gpt1)/grub.cfg\0', 'file (hd0,gpt1)/grub.cfg', 9),
        (ipl, line, 'command line: quiet splash', 12), (ipl, line, 'quiet splash', 12, b'another'),
        (ipl, utf16('.osrel\0'), 'name of section .osrel', 11, b'.osrel\0'),
        (ipl, utf16('.osrel\0'), 'content of section .osrel', 11, b'ID=x'),
        (ipl, b'MokListTrusted\0', 'MokListTrusted = 1', 14, b'\1'), (ipl, b'MokListTrusted\0', 'MokListTrusted = 0', 14, b'\0'),
        (ipl, b'MokList\0', "MokList, the shim's list", 14, b'lists')])


def test_every_byte_changed(folder):
    """Whatever stands in an event, all events of the log are shown."""
    whole = [(0x80000003, image(BOOT_PATH)), (0x80000002, variable(GLOBAL, 'Boot0003', option('os', BOOT_PATH))),
             (0x80000006, table(partition(ESP, 'boot', 2048, 1050623))), (0x80000009, struct.pack('<Q', 1) + bytes(24))]
    for kind, data in whole:
        events = []
        for i in range(len(data)):
            events += [record(1, kind, data, data[:i] + bytes([data[i] ^ 0xff]) + data[i + 1:]), record(1, kind, data, data[:i])]
        (folder / 'log').write_bytes(b''.join(events))
        status, out, err = pawl('show', '--json', f'--firmware-log={folder}/log')
        assert status == 0 and len(json.loads(out)['events']) == len(events), err


if __name__ == '__main__':
    for name, test in [(n, t) for n, t in list(globals().items()) if n.startswith('test_')]:
        with tempfile.TemporaryDirectory() as where:
            test(Path(where))
        print('ok', name)
    sys.exit(0)
