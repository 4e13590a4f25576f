#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One file of these tests for meson: run.py DRIVER FILE. Exits 77 with the reason if every test was skipped."""
import os
import sys
from pathlib import Path

import pytest


class Outcome:
    def __init__(self):
        self.ran, self.skipped = 0, []

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped.append(report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr))
        elif report.when == 'call':
            self.ran += 1


def main():
    os.environ['PAWL_TPM_DRIVER'] = sys.argv[1]
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).parent))
    outcome = Outcome()
    status = pytest.main(['-q', '-p', 'no:cacheprovider', *sys.argv[2:]], plugins=[outcome])
    if status == 0 and outcome.ran == 0:
        print(outcome.skipped[-1] if outcome.skipped else 'nothing to run')
        return 77
    return int(status)


if __name__ == '__main__':
    sys.exit(main())
