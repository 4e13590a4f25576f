# SPDX-License-Identifier: BSD-2-Clause
"""Chromium without a window, driven by its DevTools protocol over two pipes: what a page measures is asked from outside, so
that the page needs no script of its own. https://chromedevtools.github.io/devtools-protocol/"""
import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time

PROGRAM = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
TIMEOUT = 90  # seconds for one answer: the first one waits for a browser on a busy machine


class Browser:
    def __init__(self, folder):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def hand_over():  # it reads descriptor 3 and writes descriptor 4; first away from those numbers
            a, b = os.dup(theirs_in), os.dup(theirs_out)
            while min(a, b) < 5:
                a, b = os.dup(a), os.dup(b)
            os.dup2(a, 3)
            os.dup2(b, 4)
        self.process = subprocess.Popen(
            [PROGRAM, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
             '--disable-background-networking', '--hide-scrollbars', '--remote-debugging-pipe', f'--user-data-dir={folder}', 'about:blank'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=hand_over,
            env={**os.environ, 'HOME': str(folder)})
        os.close(theirs_in)
        os.close(theirs_out)
        self.source, self.sink = ours_in, ours_out
        self.numbers, self.rest, self.events = itertools.count(1), b'', []
        target = self.ask('Target.createTarget', session=None, url='about:blank')['targetId']
        self.session = self.ask('Target.attachToTarget', session=None, targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Network', 'Runtime', 'Log', 'Audits'):
            self.ask(domain + '.enable')

    def _message(self, end):
        while b'\0' not in self.rest:
            ready, _, _ = select.select([self.source], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError('the browser does not answer')
            data = os.read(self.source, 1 << 20)
            if not data:
                raise RuntimeError('the browser is gone')
            self.rest += data
        message, _, self.rest = self.rest.partition(b'\0')
        return json.loads(message)

    def ask(self, method, session='', **params):
        number, end = next(self.numbers), time.monotonic() + TIMEOUT
        request = {'id': number, 'method': method, 'params': params}
        if session is not None:
            request['sessionId'] = self.session
        data = json.dumps(request).encode() + b'\0'
        while data:
            data = data[os.write(self.sink, data):]
        while True:
            message = self._message(end)
            if message.get('id') == number:
                if 'error' in message:
                    raise RuntimeError(f'{method}: {message["error"]}')
                return message['result']
            if 'method' in message:
                self.events.append(message)

    def open(self, path, width, height, dark=False):
        """Shows a file as a phone (below 600) or a window does."""
        self.events = []
        self.ask('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=2 if width < 600 else 1,
                 mobile=width < 600)
        self.ask('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.ask('Page.navigate', url=path.resolve().as_uri())
        end = time.monotonic() + TIMEOUT
        while not any(e['method'] == 'Page.loadEventFired' for e in self.events):
            message = self._message(end)
            if 'method' in message:
                self.events.append(message)

    def said(self, method):
        return [e['params'] for e in self.events if e['method'] == method]

    def measure(self, expression):
        r = self.ask('Runtime.evaluate', expression=expression, returnByValue=True)
        if 'exceptionDetails' in r:
            raise RuntimeError(r['exceptionDetails'])
        return r['result'].get('value')

    def picture(self, path, whole=True):
        r = self.ask('Page.captureScreenshot', format='png', captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(r['data']))

    def close(self):
        os.close(self.sink)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.source)
