# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures for all QEMU tests, and the consoles of a failed test in its report."""
import pytest

from lib import assets, chain, image, installation, keys, machine, os_root, paths, probe, product, swtpm, uki


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


@pytest.fixture(scope="session")
def os_disk(kernel, signing, tmp_path_factory):
    """(disk, root): the OS on a disk that a small initrd enters without verity or encryption."""
    folder = tmp_path_factory.mktemp("os")
    root = image.build_root(os_root.tree(folder / "tree"), folder)
    initrd = probe.build(folder, kernel, more_modules=("virtio_pci", "virtio_blk", "erofs"))
    plain = uki.build(folder / "plain.efi", folder, linux=kernel.linux, initrd=initrd,
                      cmdline=b"console=ttyS0 quiet probe.root=/dev/vda2")
    disk = folder / "disk.img"
    image.build_disk(disk, root=root, esp_files={"EFI/BOOT/BOOTX64.EFI": signing(plain, folder / "signed.efi")})
    return disk, root


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


@pytest.fixture(scope="session")
def factory(kernel, tmp_path_factory):
    """Builds releases of the whole product. Skipped where pawl-init is not built: nothing below it can run."""
    if not paths.PAWL_INIT.exists():
        pytest.skip(f"{paths.PAWL_INIT} is not built")
    return product.Factory(tmp_path_factory.mktemp("product"), kernel)


@pytest.fixture(scope="session")
def release(factory):
    return factory.release("one")


@pytest.fixture(scope="session")
def installed(factory, release, tmp_path_factory):
    """A machine after its first boot. Tests fork it, they never boot it."""
    folder = tmp_path_factory.mktemp("installed")
    one = installation.Installation(folder, factory.disk(release, folder / "disk.img"))
    yield one.first_boot()
    one.close()


@pytest.fixture
def machine_at_home(installed, tmp_path):
    """A fork of the installed machine for one test."""
    one = installed.fork(tmp_path / "fork")
    yield one
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


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes many boots; ./check long runs it")
