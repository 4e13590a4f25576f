#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# dracut without systemd in the initrd: /usr/lib/dracut/modules.d/91pawl/module-setup.sh. NOT TESTED BY BOOTING: check it on a
# machine that you can lose. Beside it go initramfs-tools/functions (as functions), mkinitfs/pawl-open (as pawl-open; it does the
# same here), open.sh and fuse.sh. Set omit_dracutmodules+=" systemd dracut-systemd ", hostonly as you like, and `rd.shell=0
# rd.emergency=poweroff` on the command line of the image: dracut's shells (rd.break, emergency) run no hook of ours first.

check() {
        [ -r /etc/pawl/initramfs-volumes ] || return 255
        require_binaries pawl findfs
}

depends() {
        echo dm crypt
}

installkernel() {
        instmods tpm_crb tpm_tis dm_crypt
}

install() {
        # shellcheck disable=SC2154
        inst_simple "$moddir/functions" /lib/pawl/functions
        inst_multiple pawl findfs /usr/share/pawl/policies/*.json /etc/pawl/initramfs-volumes
        inst_libdir_file 'libtss2-tcti-device.so*'
        # After the devices are there and before crypt asks; and again before the root is entered.
        inst_script "$moddir/pawl-open" /lib/pawl/pawl-open
        inst_hook initqueue/settled 01 "$moddir/open.sh"
        inst_hook pre-pivot 01 "$moddir/fuse.sh"
}
