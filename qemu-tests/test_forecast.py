# SPDX-License-Identifier: BSD-2-Clause
"""What `pawl forecast` says before a boot, against that boot: one running machine foretells every case on its own boot
partition, and each case is then booted from a copy of it."""
import dataclasses
import json
import shutil
import struct

import pytest

from lib import bootoption, image, keys, paths
from lib.installation import LOGIN, PROMPT, Installation
from lib.run import run

# Tokens of a volume in a file, each for some PCRs as they are: what the forecast says of single PCRs.
SETS = ("0+2", "1", "4", "5", "7", "9", "12", "4+7+12")
VOLUME = "/var/lib/tokens.img"
KEY = "/var/lib/tokens.key"
ONE, TWO = "EFI/Linux/demo_1.efi", "EFI/Linux/demo_2.efi"
LOADER, CONF = "EFI/BOOT/BOOTX64.EFI", "loader/loader.conf"


@dataclasses.dataclass
class Case:
    """`put` {path on the ESP: name of a staged file}; `drop`: paths that go away. `expected`: the answer for the state
    volume; `because`: words of the reason. `never_starts`: the firmware refuses it, so that there is no boot to compare."""
    expected: str
    because: str = ""
    put: dict = dataclasses.field(default_factory=dict)
    drop: tuple = ()
    args: str = ""
    boot: dict = dataclasses.field(default_factory=dict)
    unsure: tuple = ()  # sets of PCRs of which "cannot tell" is the answer
    never_starts: bool = False
    leave_out: tuple = ()  # sets that the harness cannot compare


OWNER = "11111111-2222-3333-4444-555555555555"
DBX = paths.TOP.parent / "shared/eventlogs/dbx/dbxupdate_x64-2021-04-29.bin"
DATABASE = "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
LOADER_GUID = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
KERNEL_READS = ("9",)  # the kernel measures what it is given: not foretold
CASES = {
    "nothing": Case("will open"),
    "a new version": Case("will open", put={TWO: "two"}, unsure=KERNEL_READS),
    "a new initrd in the same file": Case("will open", put={ONE: "two"}, unsure=KERNEL_READS),
    "another kernel": Case("will open", put={TWO: "kernel"}, unsure=KERNEL_READS),
    "another command line": Case("will open", put={TWO: "cmdline"}, unsure=KERNEL_READS),
    "a counted version": Case("will open", put={"EFI/Linux/demo_2+3.efi": "two"}, unsure=KERNEL_READS),
    "a version that was given up": Case("will open", put={"EFI/Linux/demo_2+0-3.efi": "otherkey"}),
    "an older version": Case("will open", put={"EFI/Linux/demo_0.efi": "zero"}),
    "loader.conf prefers the older version": Case("will open", put={"EFI/Linux/demo_0.efi": "zero", CONF: "conf-zero"}, unsure=KERNEL_READS),
    "signatures of another key": Case("will NOT open", "no signature by the enrolled key", put={TWO: "otherkey"}, unsure=KERNEL_READS),
    "no signatures": Case("will NOT open", "signature", put={TWO: "nosignature"}, unsure=KERNEL_READS),
    "a counted version of another key": Case("will NOT open", "no signature by the enrolled key", put={"EFI/Linux/demo_2+2-1.efi": "otherkey"},
                                             unsure=KERNEL_READS),
    "an image that nobody signed": Case("will NOT open", "not signed by any certificate in db", put={TWO: "unsigned"}, never_starts=True),
    "a new loader": Case("will open", put={LOADER: "loader"}),
    "somebody else's loader": Case("cannot tell", "not Pawl's", put={LOADER: "sd-boot"}, unsure=("5", "9", "12")),
    "a loader that nobody signed": Case("will NOT open", "not signed by any certificate in db", put={LOADER: "unsigned-loader"}, never_starts=True),
    "loader.conf changed": Case("will open", put={CONF: "conf"}),
    "loader.conf removed": Case("will open", drop=(CONF,)),
    "loader.conf with nonsense": Case("will open", put={CONF: "nonsense"}),
    "a credential for all images": Case("will NOT open", "PCR 12", put={"loader/credentials/a.cred": "credential"}, unsure=KERNEL_READS),
    "a credential of the image": Case("will NOT open", "PCR 12", put={ONE + ".extra.d/a.cred": "credential"}, unsure=KERNEL_READS),
    "a credential of another image": Case("will open", put={TWO + ".extra.d/a.cred": "credential"}),
    "a file that is no credential": Case("will open", put={ONE + ".extra.d/a.txt": "credential"}),
    "Secure Boot off": Case("will NOT open", "Secure Boot was turned off", args="--without-secure-boot", boot={"secure_boot": False},
                            leave_out=("0+2", "1")),  # another firmware file, since this one cannot do without
    "another disk": Case("will open", boot={"more_disks": True}, leave_out=("1",)),  # nobody can know of it before
}


@pytest.fixture(scope="module")
def staged(factory, tmp_path_factory):
    """{name: path} of the files that the cases put on the boot partition; and the release that is installed."""
    folder = tmp_path_factory.mktemp("staged")
    modules = ("vfat", "nls_cp437", "nls_ascii")
    initrd, other = factory.initrd("forecast", modules=modules), factory.initrd("forecast-other", {"/etc/other": paths.TOP / "LICENSE"}, modules=modules)
    other_key, _ = keys.rsa_pair(folder, "other")
    kernel = _without_signature(factory.kernel.linux, folder / "linux")
    one = factory.release("forecast-1", initrd=initrd)
    files = {
        "two": factory.release("forecast-2", version="2", initrd=other).uki,
        "zero": factory.release("forecast-0", version="0", initrd=other).uki,
        "cmdline": factory.release("forecast-c", version="2", initrd=initrd, cmdline="another.word").uki,
        "otherkey": factory.release("forecast-k", version="2", initrd=other, pcr_key=other_key).uki,
        "nosignature": factory.release("forecast-n", version="2", initrd=other, sign_pcrs=False).uki,
        "kernel": factory.release("forecast-l", version="2", initrd=initrd, linux=kernel).uki,
        "loader": keys.sign_efi(_with_another_byte(paths.PAWL_BOOT, folder / "boot-2"), folder / "loader", folder),
        "sd-boot": keys.sign_efi(paths.DEBIAN_BOOT, folder / "sd-boot", folder),
        "unsigned-loader": paths.PAWL_BOOT,
    }
    files["unsigned"] = _without_signature(files["two"], folder / "unsigned")
    for name, content in {"conf": b"timeout 0\n# another\n", "conf-zero": b"timeout 0\ndefault demo_0*\n", "nonsense": b"timeout x\n\xff\n",
                          "credential": b"a secret",
                          "conf-one": b"timeout 0\ndefault demo_1*\n", **_updates(folder)}.items():
        files[name] = folder / name
        files[name].write_bytes(content)
    return one, files


def _updates(folder):
    """Variables as an owner of the KEK writes them, with the attributes in front: the hashes of a real update of dbx, and one more
    certificate for db."""
    key = keys.snakeoil_key(folder)
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "new.key", "-out", folder / "new.pem", "-subj", "/CN=new",
        "-days", "9")
    run("sbsiglist", "--owner", OWNER, "--type", "x509", "--output", folder / "db.list", _der(folder / "new.pem"))
    lists, made = ["db"], {}
    if DBX.exists():
        update = DBX.read_bytes()
        (folder / "dbx.list").write_bytes(update[16 + struct.unpack_from("<I", update, 16)[0]:])
        lists.append("dbx")
    for name in lists:
        run("sbvarsign", "--attr", "NON_VOLATILE,BOOTSERVICE_ACCESS,RUNTIME_ACCESS,TIME_BASED_AUTHENTICATED_WRITE_ACCESS,APPEND_WRITE",
            "--key", key, "--cert", paths.SNAKEOIL_CERT, "--include-attrs", "--output", folder / f"{name}.signed", name, folder / f"{name}.list")
        made[f"{name}.signed"] = (folder / f"{name}.signed").read_bytes()
    return made


def _der(pem):
    der = pem.with_suffix(".der")
    run("openssl", "x509", "-in", pem, "-outform", "DER", "-out", der)
    return der


def _without_signature(source, target):
    shutil.copy(source, target)
    run("sbattach", "--remove", target)
    return target


def _with_another_byte(source, target):
    """Another program, which does the same: a byte of the DOS header that nobody reads."""
    content = bytearray(source.read_bytes())
    content[0x1c] ^= 1
    target.write_bytes(content)
    return target


@pytest.fixture(scope="module")
def station(factory, staged, tmp_path_factory):
    """An installed machine with a second volume, and what it foretold of each case: (installation, {case: {token: row}})."""
    folder = tmp_path_factory.mktemp("station")
    one, files = staged
    disk = folder / "disk.img"
    image.build_disk(disk, root=factory.root, free=512 * image.MIB, esp_size=1024 * image.MIB, esp_files={
        LOADER: one.boot, ONE: one.uki, CONF: b"timeout 0\n", **{f"cases/{name}": path for name, path in files.items()}})
    station = Installation(folder, disk)
    station.first_boot()
    with station.boot("station") as m:
        m.login(never=(PROMPT,))
        m.run("mount -t vfat /dev/vda1 /efi")
        state = m.run("cryptsetup status $(findmnt -no SOURCE /var) | awk '$1 == \"device:\" {print $2}'")[1].strip()
        _make_tokens(m)
        foretold = {name: _foretell(m, case, state) for name, case in CASES.items()}
        m.run("umount /efi; sync")
        m.send_line("poweroff")
        m.wait_off()
    yield station, state, foretold
    station.close()


def _make_tokens(m):
    m.run(f"printf something >{KEY}; truncate -s 32M {VOLUME}")
    m.run(f"cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file {KEY} {VOLUME}")
    for pcrs in SETS:
        m.run(f"pawl disk enroll --tpm2 --tpm2-pcrs={pcrs} --unlock-key-file={KEY} {VOLUME}", timeout=120)


def _ask(m, *words):
    """The rows of a forecast that the running machine makes."""
    said = m.run(f"pawl forecast --json {' '.join(words)} 2>/run/said; cat /run/said >&2", timeout=120)[1]
    return json.loads(said[said.index("["):said.rindex("]") + 1])


def _foretell(m, case, state):
    """Makes the change on the running machine's boot partition, asks, and undoes it."""
    m.run("rm -rf /efi/kept; mkdir -p /efi/kept")
    touched = [*case.put, *case.drop]
    for n, path in enumerate(touched):
        m.run(f"if [ -e '/efi/{path}' ]; then mv '/efi/{path}' /efi/kept/{n}; fi")
    for path, name in case.put.items():
        m.run(f"mkdir -p \"$(dirname '/efi/{path}')\" && mv /efi/cases/{name} '/efi/{path}'")
    rows = _ask(m, case.args, state, VOLUME)
    for path, name in case.put.items():
        m.run(f"mv '/efi/{path}' /efi/cases/{name}")
        if path.endswith((".cred", ".txt")):
            m.run(f"rmdir \"$(dirname '/efi/{path}')\"")
    for n, path in enumerate(touched):
        m.run(f"if [ -e /efi/kept/{n} ]; then mv /efi/kept/{n} '/efi/{path}'; fi")
    assert {r["device"] for r in rows} == {state, VOLUME}, rows
    return {"state" if r["device"] == state else SETS[r["token"]]: r for r in rows}


LONG = {name for name in CASES if name not in ("nothing", "a new version", "signatures of another key", "a credential of the image")}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.long) if n in LONG else n for n in CASES])
def test_forecast_comes_true(station, staged, tmp_path, name):
    installed, state, foretold = station
    case, rows = CASES[name], foretold[name]
    assert rows["state"]["forecast"] == case.expected and case.because in rows["state"]["reason"], rows["state"]
    for pcrs in SETS:
        assert (rows[pcrs]["forecast"] == "cannot tell") == (pcrs in case.unsure), (pcrs, rows[pcrs])
    one = installed.fork(tmp_path / "fork")
    for path in case.drop:
        image.esp_delete(one.disk, path)
    for path, source in case.put.items():
        image.esp_put(one.disk, staged[1][source], path)
    try:
        _compare(one, case, rows, state, tmp_path)
    finally:
        one.close()


def _compare(one, case, rows, state, tmp_path):
    kwargs = dict(case.boot)
    if kwargs.pop("more_disks", False):
        more = tmp_path / "more.img"
        more.write_bytes(bytes(64 * image.MIB))
        kwargs["extra"] = ["-drive", f"if=none,id=more,format=raw,file={more}", "-device", "virtio-blk-pci,drive=more"]
    with one.boot(**kwargs) as m:
        if case.never_starts:
            m.expect("(?i)access denied|security violation|not started|failed to start", timeout=120, never=(LOGIN, PROMPT))
            return
        opened = m.expect(LOGIN, PROMPT, timeout=300).re.pattern == LOGIN
        assert case.expected == "cannot tell" or opened == (case.expected == "will open"), rows["state"]
        if not opened:
            m.send_line(one.recovery_key)
            m.expect(LOGIN, timeout=240)
        m.login_here()
        wrong = {}
        for n, pcrs in enumerate(SETS):
            status, said = m.run(f"pawl disk test --token-id={n} {VOLUME}", check=False)
            assert status in (0, 1), said
            if pcrs not in case.leave_out and rows[pcrs]["forecast"] != "cannot tell" and (status == 0) != (rows[pcrs]["forecast"] == "will open"):
                wrong[pcrs] = (status, rows[pcrs])
        assert not wrong, wrong
        if case.expected == "will NOT open":
            status, said = m.run(f"pawl disk explain {state}", check=False)
            assert status == 1, said
            # the boot tells the same event as the forecast
            assert any(word in said for word in (case.because, "signature")), said


# --- changes that the running system makes: one boot to make them, one to see ---

def _write_variable(name, source):
    """A line for the guest's shell: one write, as the firmware wants it."""
    path = f"/sys/firmware/efi/efivars/{name}"
    return f"{{ [ ! -e {path} ] || chattr -i {path}; }} && dd if={source} of={path} bs=1M 2>/dev/null"


def _text_variable(name, text):
    octal = "".join(f"\\{b:03o}" for b in struct.pack("<I", 7) + text.encode("utf-16-le") + b"\0\0")
    return f"printf '{octal}' >/run/v && " + _write_variable(f"{name}-{LOADER_GUID}", "/run/v")


DBX_WRITTEN = _write_variable(f"dbx-{DATABASE}", "/efi/cases/dbx.signed")


def _reverse_boot_order(m):
    name = "BootOrder"
    now = m.read_file(f"/sys/firmware/efi/efivars/{name}-{bootoption.GLOBAL}")[4:]
    m.run(f"chattr -i /sys/firmware/efi/efivars/{name}-{bootoption.GLOBAL}")
    bootoption.write(m, name, b"".join(now[i:i + 2] for i in range(len(now) - 2, -1, -2)))


# name: (what the guest's shell does, the answer, words of the reason, whether `pawl boot announce` follows)
CHANGES = {
    "dbx written and announced": (DBX_WRITTEN, "will NOT open", "dbx", True),
    "dbx written": (DBX_WRITTEN, "will NOT open", "dbx", False),
    "a certificate added to db": (_write_variable(f"db-{DATABASE}", "/efi/cases/db.signed"), "will NOT open", "db", False),
    "a certificate added to db and announced": (_write_variable(f"db-{DATABASE}", "/efi/cases/db.signed"), "will NOT open", "db", True),
    "another image once": (f"mv /efi/cases/otherkey /efi/{TWO} && mv /efi/cases/conf-one /efi/{CONF} && " + _text_variable("LoaderEntryOneShot", "demo_2.efi"),
                           "will NOT open", "no signature by the enrolled key", False),
    "the loader's default": (f"mv /efi/cases/otherkey /efi/{TWO} && " + _text_variable("LoaderEntryDefault", "demo_1*"), "will open", "", False),
    "boot order": (_reverse_boot_order, None, "", False),
    "every phase blown": ("pawl phase shutdown && pawl phase final", "will open", "", False),
}


@pytest.mark.parametrize("name", [n if n == "dbx written and announced" else pytest.param(n, marks=pytest.mark.long) for n in CHANGES])
def test_a_running_system_changes(station, tmp_path, name):
    installed, state, _ = station
    change, expected, because, is_announced = CHANGES[name]
    if "dbx.signed" in str(change) and not DBX.exists():
        pytest.skip(f"{DBX.name} is not beside the checkout")
    one = installed.fork(tmp_path / "fork")
    try:
        with one.boot("change") as m:
            m.login(never=(PROMPT,))
            m.run("mount -t vfat /dev/vda1 /efi")
            change(m) if callable(change) else m.run(change)
            row = _state_row(m, state)
            assert expected is None or (row["forecast"] == expected and because in row["reason"]), row
            if is_announced:
                m.run(f"printf %s {one.recovery_key} >/run/key; pawl boot announce --unlock-key-file=/run/key {state}", timeout=120)
                row = _state_row(m, state)
                assert row["forecast"] == "will open", row
            m.run("umount /efi; sync")
            m.send_line("poweroff")
            m.wait_off()
        with one.boot("after") as m:
            opened = m.expect(LOGIN, PROMPT, timeout=300).re.pattern == LOGIN
            assert row["forecast"] == "cannot tell" or opened == (row["forecast"] == "will open"), row
            if expected and expected != "will open" and not is_announced:
                assert because in m.console.text[:m.console.text.rindex("recovery key or passphrase")], "the prompt does not say why"
    finally:
        one.close()


def _state_row(m, state):
    """The token that opens is enough for a yes; else the first one's row."""
    rows = _ask(m, state)
    return next((r for r in rows if r["forecast"] == "will open"), rows[0])
