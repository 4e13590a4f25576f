/* SPDX-License-Identifier: BSD-2-Clause */
/* The archive that the stub will make of a folder of credential files (core/sidecar.h), computed
 * where that folder is mounted or being filled: to predict PCR 12, also before a file is written
 * there. */
#ifndef PAWL_HOST_SIDECARS_H
#define PAWL_HOST_SIDECARS_H

#include "core/sidecar.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

/* One file of the folder as it is going to be. */
typedef struct pawl_sidecar_change {
        const char *name;  /* "NAME.cred" */
        bool is_removed;   /* it will not be there any more */
        pawl_span content; /* unless it is removed: what it will hold, whether it is there or not */
} pawl_sidecar_change;

/* Packs the folder `path` as the stub does, with `change` made (NULL: as it is). A folder that is
 * not there, or without a file that counts, gives an empty buffer: there is no archive, and no
 * measurement. LIMIT where the stub would leave the folder out: more than 64 files, or one over
 * 1 MiB. FORMAT if the stub would not take the change's name. */
PAWL_MUST_CHECK pawl_err pawl_sidecars_pack(pawl_sidecar kind, const char *path,
        const pawl_sidecar_change *change, pawl_buffer *ret, pawl_diag *d);

#endif
