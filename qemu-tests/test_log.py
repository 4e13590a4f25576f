# SPDX-License-Identifier: BSD-2-Clause
"""`pawl log verify` on the logs and PCRs of real boots: it agrees where the boot was the image's, and says so where not."""
import json
import subprocess

import pytest

from lib import chain, paths, probe, uki
from lib.machine import Machine


def verify(folder, report, image, pcrs=None):
    """(status, what --json said) about a boot."""
    log, values = folder / "firmware.log", folder / "pcrs.json"
    log.write_bytes(report.event_log)
    values.write_text(json.dumps(pcrs or report.pcrs))
    done = subprocess.run([paths.PAWL, "log", "verify", "--json", f"--firmware-log={log}", f"--pcrs={values}",
                           f"--uki={image}"], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


def check_all(folder, report, image, other, load_options=False):
    status, said = verify(folder, report, image)
    assert (status, said["result"]) == (0, "agree")
    assert said["uki"]["matches"] and said["uki"]["matched"] == said["uki"]["measurements"] > 0
    assert said["uki"]["uses_load_options"] == load_options
    assert {p["bank"] for p in said["pcrs"]} == set(report.pcrs)
    assert {p["pcr"] for p in said["pcrs"]} >= {0, 4, 7, 11, 12, 15}
    status, said = verify(folder, report, other)
    assert status == 1 and not said["uki"]["matches"] and said["uki"]["reason"]
    # userspace extended PCR 11 and there is no user log that says so
    bank, values = next(iter(report.pcrs.items()))
    status, said = verify(folder, report, image, {bank: {**values, 11: "00" * (len(values[11]) // 2)}})
    assert status == 1 and [p["pcr"] for p in said["pcrs"] if not p["agrees"]] == [11]


@pytest.fixture(scope="module")
def images(kernel, probe_initrd, tmp_path_factory):
    """Two UKIs of Pawl's stub that differ in the command line."""
    folder = tmp_path_factory.mktemp("images")
    made = []
    for n, extra in enumerate((b"", b" other")):
        (folder / str(n)).mkdir()
        made.append(uki.build(folder / f"{n}.efi", folder / str(n), stub=paths.PAWL_STUB, linux=kernel.linux,
                              initrd=probe_initrd, cmdline=chain.CMDLINE + extra))
    return made


@pytest.mark.parametrize("secure_boot, banks", [
    (True, "sha1,sha256"), pytest.param(False, "sha256,sha384", marks=pytest.mark.long)])
def test_explains_pawls_stub(images, signing, tpm, tmp_path, secure_boot, banks):
    disk = chain.disk(tmp_path, signing, boot=None, image_file=images[0])
    with Machine(tmp_path, disks=[disk.disk], tpm=tpm(banks), secure_boot=secure_boot) as m:
        report = probe.wait_report(m)
    check_all(tmp_path, report, *images)


def test_explains_debians_stub(debian_disk, images, tpm, tmp_path):
    with Machine(tmp_path, disks=[debian_disk.disk], snapshot=True, tpm=tpm(), secure_boot=True) as m:
        report = probe.wait_report(m)
    check_all(tmp_path, report, debian_disk.uki, images[1])  # of systemd 252, which does not know .sbat
