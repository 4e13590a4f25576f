# SPDX-License-Identifier: BSD-2-Clause
"""A machine that has left its initrd and starts services: host key, stores, key pairs, all in a folder."""
import base64
import os

from machine import Machine, run

PAWL = os.environ.get('PAWL_TPM_DRIVER', '')
SERVICES = (('enter-initrd:leave-initrd', 'pawl-services'), ('enter-initrd:leave-initrd:sysinit', 'pawl-services'))
NAME, SECRET = 'db-password', 'correct horse battery staple\n'


class ServiceMachine(Machine):
    """`volume`: what the key of the state volume is, None for a boot without one."""

    def __init__(self, folder, volume=b'the key of the state volume', leave=True, signed=SERVICES, **how):
        super().__init__(folder, signed=signed, **how)
        if volume:
            self.measure_volume(volume)
        if leave:
            self.next_phase('leave-initrd')
        self.host_key = self.folder / 'credential.secret'
        self.store = self.folder / 'credstore'
        self.store.mkdir()
        self.plain = self.folder / 'plain'
        self.plain.write_text(SECRET)
        self.tpm_spec = self.tpm.spec

    @property
    def environment(self):
        return {'SYSTEMD_CREDENTIAL_SECRET': str(self.host_key), 'PAWL_TPM': self.tpm_spec, 'TZ': 'UTC'}

    def cred(self, verb, *args, env=None, stdin=None):
        return self.pawl('cred', verb, *args, stdin=stdin, env={**self.environment, **(env or {})})

    def logs(self):
        return (f'--firmware-log={self.folder}/firmware.log', f'--user-log={self.user_log}',
                f'--tpm2-public-key={self.public_key}', f'--tpm2-signature={self.signature}')

    def seal(self, key, *args, name=NAME, secret=None, out=None, **more):
        """The path of a new credential; of `secret`, else of SECRET."""
        out = out or self.store / name
        if secret is not None:
            self.plain.write_text(secret)
        if key == 'store':
            args = (*self.logs(), *args)
        r = self.cred('seal', f'--with-key={key}', *args, self.plain, out, **more)
        assert r.returncode == 0, r.stderr
        return out

    def unseal(self, path, *args, **more):
        return self.cred('unseal', *self.logs(), *args, path, '-', **more)

    def unseal_all(self, *args, folder=None, **more):
        output = self.folder / 'opened'
        return self.cred('unseal', '--all', f'--output-dir={output}', *self.logs(), *args, folder or self.store, **more)

    def opened(self):
        output = self.folder / 'opened'
        return {p.name: p.read_text() for p in output.iterdir() if p.name[0] != '.'} if output.exists() else {}

    def systemd(self, *args):
        """Its program; it leaves sessions in the TPM, which a kernel's resource manager would take away."""
        r = run('systemd-creds', *args, env=self.environment)
        self.tpm.tool('tpm2_flushcontext', '--loaded-session')
        self.tpm.tool('tpm2_flushcontext', '--transient-object')
        return r


def decoded(path):
    return base64.b64decode(path.read_text())


def encoded(data):
    return base64.b64encode(data).decode() + '\n'
