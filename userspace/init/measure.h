/* SPDX-License-Identifier: BSD-2-Clause */
/* Measurements of the initrd: extended, confirmed, and written to the user log. A log that cannot
 * be written is told and does not make a confirmed measurement fail. */
#ifndef PAWL_INIT_MEASURE_H
#define PAWL_INIT_MEASURE_H

#include "core/phase.h"
#include "userspace/init/boot.h"

/* For one measurement, where the time that a person took at the prompt must not count. */
#define PAWL_MEASURE_MS 7000

/* The word of a phase, to PCR 11. */
PAWL_MUST_CHECK pawl_err pawl_boot_measure_phase(pawl_boot *b, pawl_phase phase, pawl_diag *d);
/* The key of an unlocked volume, to PCR 15. */
PAWL_MUST_CHECK pawl_err pawl_boot_measure_volume_key(
        pawl_boot *b, const pawl_boot_volume *v, pawl_diag *d);

#endif
