# SPDX-License-Identifier: BSD-2-Clause
"""Where things are: the project's top, the cache, the build folder, and the firmware of Debian's packages."""
import os
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("PAWL_CACHE", TOP / ".cache")).absolute()
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", TOP / "build")).absolute()

# Debian: ovmf
FIRMWARE_SECURE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
FIRMWARE_PLAIN = "/usr/share/OVMF/OVMF_CODE_4M.fd"
VARIABLES_SECURE = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"  # enrolled with the key pair below
VARIABLES_SETUP = "/usr/share/OVMF/OVMF_VARS_4M.fd"            # setup mode: no keys
SNAKEOIL_CERT = pathlib.Path("/usr/share/ovmf/PkKek-1-snakeoil.pem")
SNAKEOIL_KEY = pathlib.Path("/usr/share/ovmf/PkKek-1-snakeoil.key")  # encrypted, see keys.py
SNAKEOIL_PASSPHRASE = "snakeoil"

# Debian: systemd-boot-efi
DEBIAN_STUB = pathlib.Path("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
DEBIAN_BOOT = pathlib.Path("/usr/lib/systemd/boot/efi/systemd-bootx64.efi")

# Pawl's own, as meson names them in the build folder
PAWL = BUILD / "userspace" / "pawl" / "pawl"
FIDO2_GUEST = BUILD / "tests/fido2/fido2-guest"
FIDO2_PRELOAD = BUILD / "tests/fido2/libvirtual-fido2.so"
PAWL_INIT = BUILD / "userspace" / "init" / "pawl-init"
PAWL_STUB = BUILD / "efi-stub" / "pawlx64.efi.stub"
PAWL_BOOT = BUILD / "boot-loader" / "pawl-bootx64.efi"
