# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures for all QEMU tests, and the consoles of a failed test in its report."""
import pytest

from lib import assets, chain, keys, machine, paths, probe, swtpm, uki


@pytest.fixture(scope="session")
def kernel():
    return assets.kernel()


@pytest.fixture(scope="session")
def probe_initrd(kernel, tmp_path_factory):
    """Bytes of the initrd that reports PCRs, event log and variables."""
    return probe.build(tmp_path_factory.mktemp("probe"), kernel)


@pytest.fixture(scope="session")
def signing(tmp_path_factory):
    """sign(source, target): signs a PE file with the key that the firmware with Secure Boot trusts."""
    folder = tmp_path_factory.mktemp("keys")
    return lambda source, target: keys.sign_efi(source, target, folder)


@pytest.fixture(scope="session")
def debian_disk(kernel, probe_initrd, signing, tmp_path_factory):
    """A disk with Debian's loader and a UKI of Debian's stub and kernel that reports and powers off."""
    folder = tmp_path_factory.mktemp("debian")
    plain = uki.build(folder / "plain.efi", folder, linux=kernel.linux, initrd=probe_initrd, cmdline=chain.CMDLINE)
    return chain.disk(folder, signing, boot=paths.DEBIAN_BOOT, image_file=plain)


@pytest.fixture
def tpm(tmp_path):
    """make(banks) -> Swtpm with fresh state, closed at the end of the test."""
    made = []

    def make(banks="sha256"):
        made.append(swtpm.Swtpm(tmp_path / f"tpm{len(made)}", banks))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    if call.when == "setup":
        machine.started.clear()
    report = (yield).get_result()
    if report.failed:
        for m in machine.started:
            if m.console:
                report.sections.append((f"console {m.log_path}", m.console.text))
