/* SPDX-License-Identifier: BSD-2-Clause */
/* Volumes are enrolled for the coming boot beside this one, so that a change that is known before
 * the reboot asks for nobody after it. What they are sealed to comes from a profile and the running
 * image's key, never from a token: who can write a header must not choose what protects the key. */
#ifndef PAWL_PAWL_ANNOUNCE_H
#define PAWL_PAWL_ANNOUNCE_H

#include "userspace/pawl/disk.h"
#include "userspace/pawl/next-boot.h"

typedef struct pawl_announce_args {
        const char *profile;             /* NULL: signed-os */
        const char *public_key;          /* file; NULL: the running image's */
        const pawl_next_boot_args *boot; /* that the coming boot was read by */
        bool accept_foreign_authority;
        /* What lies on the boot partition now is what somebody meant to be there. */
        bool accept_boot_partition;
        pawl_disk_unlock unlock;
} pawl_announce_args;

#define PAWL_ANNOUNCE_MAX 32 /* volumes */

/* One sealed object for all of `devices`, as the volumes of a boot are one set: nothing is written
 * where all of them will open anyway, and what was written is taken back where one fails. Tokens of
 * earlier announcements that open neither now nor then are removed. What it does is said on stderr.
 * Where a bound PCR changes by what lies on the boot
 * partition, which anybody could have put there, and no signature covers that, a person is asked
 * (CANCELLED; REFUSED where nobody is there). REFUSED where no token could help (Secure Boot off,
 * an image without fitting signature), UNSUPPORTED where a bound PCR cannot be told. */
PAWL_MUST_CHECK pawl_err pawl_announce(const pawl_announce_args *a, pawl_next_boot *b,
        const char *const *devices, size_t n, pawl_diag *d);

#endif
