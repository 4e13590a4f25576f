#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dracut, pre-pivot: the last chance before another system runs. See module-setup.sh.
# shellcheck source=initramfs/initramfs-tools/functions
. /lib/pawl/functions
pawl_fuse
