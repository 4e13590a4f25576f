# SPDX-License-Identifier: BSD-2-Clause
"""The interposer itself: what it claims to have dropped is really not in the TPM."""
import hashlib
import os
import socket
import subprocess

import pytest

from lib import eventlog, probe, uki
from lib.interposer import Interposer, Rule
from lib.machine import Machine

ZEROS = "00" * 32


def host(bus, *words, timeout=30):
    """Runs a program of tpm2-tools against the TPM behind the interposer."""
    return subprocess.run(words, env={**os.environ, "TPM2TOOLS_TCTI": bus.tcti}, timeout=timeout, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture
def bus(tpm):
    one = Interposer(tpm())
    yield one
    one.close()


def test_records_what_crosses_the_bus(bus):
    bus.start_for_host()
    assert host(bus, "tpm2_pcrextend", "23:sha256=" + "5a" * 32).returncode == 0
    assert "PCR_Extend" in bus.names()
    assert bus.carried(b"\x5a" * 32) and not bus.carried(b"\x5b" * 32)
    assert b"\x5a" * 32 in bus.log.read_bytes()


def test_drops_refuses_and_hangs(bus):
    bus.start_for_host()
    bus.rule("drop PCR_Extend pcr=23")
    assert host(bus, "tpm2_pcrextend", "23:sha256=" + "5a" * 32).returncode == 0
    assert ZEROS in host(bus, "tpm2_pcrread", "sha256:23").stdout.decode().lower()
    bus.clear_rules()
    bus.rule("error=0x101 PCR_Extend from=2")
    assert host(bus, "tpm2_pcrextend", "23:sha256=" + "5a" * 32).returncode == 0
    assert host(bus, "tpm2_pcrextend", "23:sha256=" + "5a" * 32).returncode != 0
    bus.clear_rules()
    bus.rule("drop PCR_Extend after=PCR_Read")
    for _ in range(3):
        host(bus, "tpm2_pcrextend", "16:sha256=" + "5a" * 32)
        host(bus, "tpm2_pcrread", "sha256:16")
    extends = [e.note for e in bus.exchanges if e.name == "PCR_Extend"]
    assert extends[-3:] == ["", "drop", "drop"]
    bus.clear_rules()
    bus.rule("delay=1 PCR_Read after=PCR_Extend/16")
    for pcr in (23, 16):
        host(bus, "tpm2_pcrextend", f"{pcr}:sha256=" + "5a" * 32)
        assert host(bus, "tpm2_pcrread", "sha256:16").returncode == 0
    assert [e.note for e in bus.exchanges if e.name == "PCR_Read"][-2:] == ["", "delay"]
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(bus.control_socket))
        s.sendall(b"hang any\n")
        assert s.recv(100) == b"ok\n"
    with pytest.raises(subprocess.TimeoutExpired):
        host(bus, "tpm2_pcrread", "sha256:23", timeout=3)


def test_a_wrong_rule_is_refused():
    for line in ("drop", "eat PCR_Extend", "error PCR_Extend", "drop PCR_Extend since=3", "drop Nonsense"):
        with pytest.raises((ValueError, KeyError)):
            Rule.parse(line)


def test_drops_the_stubs_extends_in_a_boot(debian_disk, bus, tmp_path):
    disk = debian_disk.disk
    bus.rule("drop PCR_Extend pcr=11 from=2")
    with Machine(tmp_path, disks=[disk], snapshot=True, tpm=bus, secure_boot=False) as m:
        report = probe.wait_report(m)
    first = uki.extend(bytes(32), hashlib.sha256(b".linux\0").digest(), "sha256").hex()
    assert report.pcrs["sha256"][11] == first


def test_an_attacker_on_the_bus_uses_the_tpm_of_a_running_machine(os_disk, bus, tmp_path):
    with Machine(tmp_path, disks=[os_disk[0]], snapshot=True, tpm=bus) as m:
        m.login()
        bus.open_for_host()
        assert host(bus, "tpm2_pcrextend", "16:sha256=" + "5a" * 32).returncode == 0
        log = m.read_file("/sys/kernel/security/tpm0/binary_bios_measurements")
        replayed = eventlog.replay(eventlog.read(log), "sha256")
        assert m.run("cat /sys/class/tpm/tpm0/pcr-sha256/7")[1].strip().lower() == replayed[7]
        expected = uki.extend(bytes(32), b"\x5a" * 32, "sha256").hex()
        assert m.run("cat /sys/class/tpm/tpm0/pcr-sha256/16")[1].strip().lower() == expected
