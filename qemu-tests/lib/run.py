# SPDX-License-Identifier: BSD-2-Clause
"""Running helper programs: one place that quotes, checks and reports."""
import shlex
import subprocess


class CommandFailed(RuntimeError):
    """A program ended with another status than 0. The text holds the command and what it said."""


def run(*args, data=None, env=None, cwd=None, check=True, timeout=600):
    """Runs a program and returns its CompletedProcess (bytes). Raises CommandFailed when it fails."""
    words = [str(a) for a in args]
    done = subprocess.run(words, input=data, env=env, cwd=cwd, timeout=timeout, check=False,
                          stdin=subprocess.DEVNULL if data is None else None,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and done.returncode != 0:
        said = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise CommandFailed(f"{shlex.join(words)}: status {done.returncode}: {said[-2000:]}")
    return done


def output(*args, **kwargs):
    """Like run(), and returns stdout as text."""
    return run(*args, **kwargs).stdout.decode()
