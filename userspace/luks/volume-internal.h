/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this room share: the handle, and libcryptsetup's errors in our words. */
#ifndef PAWL_LUKS_VOLUME_INTERNAL_H
#define PAWL_LUKS_VOLUME_INTERNAL_H

#include <libcryptsetup.h>

#include "userspace/luks/volume.h"

#define PAWL_VOLUME_KEY_SIZE   64 /* bytes: aes-xts with 512 bits */
#define PAWL_VOLUME_CIPHER     "aes"
#define PAWL_VOLUME_MODE       "xts-plain64"
#define PAWL_VOLUME_PBKDF2_MIN 1000 /* iterations; libcryptsetup allows no fewer */

struct pawl_volume {
        struct crypt_device *cd;
        char *device;
        pawl_secret key; /* the volume key; len 0 while locked */
        char log[256];   /* the last error that libcryptsetup told */
};

/* "DEVICE: WHAT: (libcryptsetup's words, or the errno's)"; `r` is a negative errno. */
PAWL_MUST_CHECK pawl_err pawl_volume_fail(pawl_volume *v, int r, const char *what, pawl_diag *d);

#endif
