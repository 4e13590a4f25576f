# SPDX-License-Identifier: BSD-2-Clause
"""Texts that somebody would write into a log to get a browser, or a reader, to do something."""
import struct

from page import EV_ACTION, EV_IPL, record, user_record

SCRIPT = '<script>document.title="owned"</script>'
EVIL = [
    SCRIPT, '</style></title>' + SCRIPT, '"><img src="http://evil.example/x" onerror="document.title=1">',
    "' onmouseover='document.title=1", '<!-- <svg onload=alert(1)>', '--><iframe src=//evil.example></iframe>', '&lt;b&gt; &#60;b&#62;',
    '<a href="javascript:alert(1)">PCR 7 proven</a>', '<base href="//evil.example/">', '<meta http-equiv=refresh content=0;url=//evil.example>',
    'red \x1b[31m\x9b1m \r\n\x07 text', 'turned \u202egnp.exe\u2066 \u200b round', 'W' * 3000, '\ufdfd' * 400, '%s%n%1000000d',
]


def utf16(text):
    return text.encode('utf-16-le') + b'\0\0'


def variable(name, data=b'\1'):
    name = name.encode('utf-16-le')
    return bytes(16) + struct.pack('<QQ', len(name) // 2, len(data)) + name + data


def firmware_log():
    """The log's bytes, and what its PCRs were extended with."""
    log, extended = b'', []
    for text in EVIL:
        raw = text.encode('utf-8', 'replace')
        for pcr, kind, data in ((8, EV_IPL, raw), (12, EV_IPL, utf16(text)), (11, EV_IPL, utf16('.' + text)), (5, EV_ACTION, raw),
                                (7, 0x80000001, variable(text)), (7, 0x800000e0, variable(text, raw)),
                                (5, 6, struct.pack('<II', 0xf5bc582a, len(utf16(text))) + utf16(text)),
                                (0, 0x8000000a, bytes([len(raw[:255])]) + raw[:255] + bytes(16)), (3, 0x12345678, raw)):
            log += record(pcr, kind, data)
            extended.append((pcr, data))
    return log, extended


def user_log():
    log, extended = b'', []
    for text in EVIL:
        for pcr, kind in ((11, text), (15, 'volume-key')):
            log += user_record(pcr, text, kind)
            extended.append((pcr, text.encode()))
    return log, extended
