# SPDX-License-Identifier: BSD-2-Clause
"""A page as a tree, read strictly: every element is ended in its turn. And logs to make pages of."""
import hashlib
import json
import struct
from html.parser import HTMLParser
from pathlib import Path

EV_IPL, EV_ACTION = 13, 0x80000007
VOID = {'meta'}


class Node:
    def __init__(self, tag, attrs=(), parent=None):
        self.tag, self.attrs, self.parent, self.inside = tag, dict(attrs), parent, []

    def text(self):
        return ''.join(x if isinstance(x, str) else x.text() for x in self.inside)

    def all(self, tag=None, **attrs):
        wanted = {k.rstrip('_'): v for k, v in attrs.items()}
        for x in self.inside:
            if isinstance(x, Node):
                if tag in (None, x.tag) and all(v in (x.attrs.get(k) or '').split() for k, v in wanted.items()):
                    yield x
                yield from x.all(tag, **attrs)

    def one(self, tag=None, **attrs):
        found = list(self.all(tag, **attrs))
        assert len(found) == 1, (tag, attrs, len(found))
        return found[0]


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node('')
        self.source, self.declarations = text, []
        self.feed(text)
        self.close()
        assert self.here is self.root, f'{self.here.tag} is not ended'

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        node = Node(tag, attrs, self.here)
        self.here.inside.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag, attrs):
        raise AssertionError(f'<{tag}/>')

    def handle_endtag(self, tag):
        assert self.here.tag == tag, f'</{tag}> ends <{self.here.tag}>'
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.inside.append(data)

    def handle_decl(self, decl):
        self.declarations.append(decl)

    def handle_comment(self, data):
        raise AssertionError('a comment')

    def handle_pi(self, data):
        raise AssertionError('an instruction')

    def __getattr__(self, name):
        return getattr(self.root, name)


def read(path):
    return Page(Path(path).read_text(encoding='utf-8'))


# --- logs without a machine behind them: the format of TPM 1.2, which has SHA-1 alone ---

def record(pcr, kind, data, measured=None):
    """TCG_PCClientPCREvent."""
    return struct.pack('<II20sI', pcr, kind, hashlib.sha1(data if measured is None else measured).digest(), len(data)) + data


def user_record(pcr, word, kind='phase', measured=None):
    measured = word.encode() if measured is None else measured
    return b'\x1e' + json.dumps({
        'pcr': pcr, 'digests': [{'hashAlg': 'sha1', 'digest': hashlib.sha1(measured).hexdigest()}],
        'content_type': 'systemd', 'content': {'string': word, 'eventType': kind}}).encode() + b'\n'


def values(*events, banks=('sha1',)):
    """What the PCRs 0 to 15 hold after (pcr, measured bytes), as a file of them."""
    found = {b: {str(i): bytes(hashlib.new(b).digest_size) for i in range(16)} for b in banks}
    for pcr, measured in events:
        for b, pcrs in found.items():
            pcrs[str(pcr)] = hashlib.new(b, pcrs[str(pcr)] + hashlib.new(b, measured).digest()).digest()
    return json.dumps({b: {i: v.hex() for i, v in pcrs.items()} for b, pcrs in found.items()})
