/* SPDX-License-Identifier: BSD-2-Clause */
/* --credentials=DIR and --global-credentials=DIR: folders of credential files as they lie beside an
 * image, of which the stub makes archives (core/sidecar.h). */
#ifndef PAWL_VERB_SIDECAR_OPTIONS_H
#define PAWL_VERB_SIDECAR_OPTIONS_H

#include "userspace/host/sidecars.h"

typedef struct pawl_sidecar_options {
        const char *folders[PAWL_SIDECAR_MAX_]; /* as given; NULL: not */
        pawl_buffer archives[PAWL_SIDECAR_MAX_];
} pawl_sidecar_options;

void pawl_sidecar_options_done(pawl_sidecar_options *o);
#define pawl_autosidecars pawl_cleanup(pawl_sidecar_options_done)

bool pawl_sidecar_options_given(const pawl_sidecar_options *o);
/* Packs the folders. NOT_FOUND for one that is not there: it is not what somebody meant. `ret`
 * borrows from `o`; empty where no folder is given or nothing in it counts. */
PAWL_MUST_CHECK pawl_err pawl_sidecar_options_pack(
        pawl_sidecar_options *o, pawl_span ret[static PAWL_SIDECAR_MAX_], pawl_diag *d);

#endif
