/* SPDX-License-Identifier: BSD-2-Clause */
/* What the next boot will start, as far as the boot partition and the loader's variables tell it
 * now: the loader, its configuration, the image that it will choose, and what lies beside that. */
#ifndef PAWL_BOOT_NEXT_START_H
#define PAWL_BOOT_NEXT_START_H

#include "core/sidecar.h"
#include "userspace/boot/esp.h"
#include "userspace/host/buffer.h"
#include "userspace/uki/image.h"

/* Each may be NULL: as it is. */
typedef struct pawl_next_start_args {
        const char *esp;    /* where the boot partition is mounted */
        const char *uki;    /* will be started instead of what the loader would choose */
        const char *loader; /* will be there in the place of the loader, and work as it does */
} pawl_next_start_args;

typedef struct pawl_next_start {
        /* false: `why` says what is not known; of the fields below those that are set still hold */
        bool is_known;
        char why[512];

        char loader_was[PATH_MAX]; /* that started this boot; "": the firmware started the image */
        char image_was[PATH_MAX];  /* the image of this boot */

        pawl_image loader; /* `loader.path` NULL: there is none */
        char loader_path[PATH_MAX];
        pawl_image image; /* `image.path` NULL: not known */
        char image_path[PATH_MAX];
        unsigned profile;
        bool is_ours;  /* the loader: it measures loader.conf, and hands nothing over but `profile`
                        */
        bool has_conf; /* there is a loader.conf */
        pawl_buffer conf;
        pawl_buffer sidecars[PAWL_SIDECAR_MAX_]; /* the archives */
        bool waits; /* the menu waits for a person, who may choose something else */
} pawl_next_start;
void pawl_next_start_done(pawl_next_start *n);
#define pawl_autonextstart pawl_cleanup(pawl_next_start_done)

/* NOT_FOUND where the firmware's variables do not say what was started: no EFI, or another stub.
 * `ret` is large, and must stay where it is. */
PAWL_MUST_CHECK pawl_err pawl_next_start_read(
        const pawl_next_start_args *a, pawl_next_start *ret, pawl_diag *d);

#endif
