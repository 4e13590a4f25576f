/* SPDX-License-Identifier: BSD-2-Clause */
/* A credential that is to lie beside an image on the boot partition: the stub measures it to PCR
 * 12, and what is bound to PCR 12 as it is now does not open at the next boot. */
#ifndef PAWL_PAWL_CRED_ESP_H
#define PAWL_PAWL_CRED_ESP_H

#include "core/sidecar.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

typedef struct pawl_cred_esp_args {
        const char *tpm, *firmware_log, *user_log;
        const char *public_key;      /* PEM file; NULL: the running image's */
        const char *re_enroll;       /* "auto": the volumes of this boot, or a device; NULL: ask */
        const char *unlock_key_file; /* for that */
        bool is_yes;                 /* nobody is asked */
} pawl_cred_esp_args;

/* Whether a file of that path would be one: in `loader/credentials`, or in `IMAGE.efi.extra.d`. */
bool pawl_cred_esp_is(const char *path, pawl_sidecar *ret);

/* To be called before `content` is written to `path`. Says what the next boot will make of it,
 * asks, and has the volumes enrolled for that boot beside this one. USAGE for a name that the stub
 * does not take, LIMIT where the stub would leave the folder out, CANCELLED if the person says no,
 * REFUSED if there is nobody to ask. */
PAWL_MUST_CHECK pawl_err pawl_cred_esp_prepare(
        const pawl_cred_esp_args *a, const char *path, pawl_span content, pawl_diag *d);

#endif
