/* SPDX-License-Identifier: BSD-2-Clause */
/* A PE file opened for reading: mapped, its headers read and checked. */
#ifndef PAWL_UKI_IMAGE_H
#define PAWL_UKI_IMAGE_H

#include "core/pe.h"
#include "core/uki.h"
#include "userspace/host/file.h"

#define PAWL_IMAGE_SIZE_MAX (2u << 30) /* bytes of a PE file that is read: 2 GiB */

typedef struct pawl_image {
        const char *path; /* borrowed */
        pawl_map map;
        pawl_pe pe;
} pawl_image;

/* Fails with a message that names the file and what is wrong with it. */
PAWL_MUST_CHECK pawl_err pawl_image_open(const char *path, pawl_image *ret, pawl_diag *d);
void pawl_image_done(pawl_image *i);
#define pawl_autoimage pawl_cleanup(pawl_image_done)

/* pawl_uki_read with a message. */
PAWL_MUST_CHECK pawl_err pawl_image_read_uki(
        const pawl_image *i, unsigned profile, pawl_uki *ret, pawl_diag *d);

#endif
