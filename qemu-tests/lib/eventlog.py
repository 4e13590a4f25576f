# SPDX-License-Identifier: BSD-2-Clause
"""A firmware event log, read and replayed without Pawl's code (TCG PC Client Platform Firmware Profile 1.05, part 10):
the second opinion beside `pawl log`."""
import collections
import hashlib
import struct

EV_NO_ACTION = 3
ALGORITHMS = {0x0004: "sha1", 0x000B: "sha256", 0x000C: "sha384", 0x000D: "sha512"}

IMA_PCR = 10  # the kernel's own, with a log of its own

Event = collections.namedtuple("Event", "pcr type digests data")


def read(raw):
    """The events after the header. ValueError if bytes are left over or missing."""
    _, _, _, size = struct.unpack_from("<II20sI", raw)
    sizes = _algorithm_sizes(raw[32:32 + size])
    at, events = 32 + size, []
    while at < len(raw):
        pcr, kind, count = struct.unpack_from("<III", raw, at)
        at += 12
        digests = {}
        for _ in range(count):
            algorithm, = struct.unpack_from("<H", raw, at)
            length = sizes[algorithm]
            digests[ALGORITHMS.get(algorithm, hex(algorithm))] = raw[at + 2:at + 2 + length]
            at += 2 + length
        length, = struct.unpack_from("<I", raw, at)
        data = raw[at + 4:at + 4 + length]
        if len(data) != length:
            raise ValueError(f"event log: event {len(events)} is cut off")
        at += 4 + length
        events.append(Event(pcr, kind, digests, data))
    return events


def _algorithm_sizes(header):
    """Digest sizes from the TCG_EfiSpecIDEvent."""
    if header[:15] != b"Spec ID Event03":
        raise ValueError("event log: not in the crypto-agile format")
    count, = struct.unpack_from("<I", header, 24)
    return dict(struct.unpack_from("<HH", header, 28 + 4 * n) for n in range(count))


def replay(events, algorithm):
    """{pcr: hex} of the PCRs that some event extended."""
    values = {}
    for event in events:
        if event.type != EV_NO_ACTION:
            zeros = bytes(hashlib.new(algorithm).digest_size)
            values[event.pcr] = hashlib.new(algorithm, values.get(event.pcr, zeros) + event.digests[algorithm]).digest()
    return {pcr: value.hex() for pcr, value in values.items()}


def check(report):
    """Asserts that the log of a probe's report explains every PCR of every active bank, but IMA's; returns the events."""
    events = read(report.event_log)
    for bank, values in report.pcrs.items():
        replayed = replay(events, bank)
        for pcr in set(range(16)) - {IMA_PCR}:
            expected = replayed.get(pcr, "00" * hashlib.new(bank).digest_size)
            assert values[pcr] == expected, f"PCR {pcr} of {bank}: TPM {values[pcr]}, log {expected}"
    return events
