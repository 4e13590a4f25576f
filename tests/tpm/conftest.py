# SPDX-License-Identifier: BSD-2-Clause
import pytest

from tpmtest import Proxy, Tpm


@pytest.fixture
def tpm():
    t = Tpm()
    yield t
    t.close()


@pytest.fixture
def other_tpm():
    t = Tpm()
    yield t
    t.close()


@pytest.fixture
def proxy(tpm):
    p = Proxy(tpm)
    yield p
    p.close()
