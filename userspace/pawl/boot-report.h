/* SPDX-License-Identifier: BSD-2-Clause */
/* What pawl-init said of this boot: /run/pawl/boot.json (PAWL_BOOT_REPORT names another file). */
#ifndef PAWL_PAWL_BOOT_REPORT_H
#define PAWL_PAWL_BOOT_REPORT_H

#include <stdbool.h>

#include "userspace/host/diag.h"

#define PAWL_REPORT_VOLUMES_MAX 32

typedef struct pawl_report_volume {
        char *device, *label;  /* label: "" if it has none */
        bool is_factory_reset; /* a reset erases it */
} pawl_report_volume;

typedef struct pawl_boot_report {
        pawl_report_volume volumes[PAWL_REPORT_VOLUMES_MAX];
        unsigned n;
} pawl_boot_report;
void pawl_boot_report_done(pawl_boot_report *r);
#define pawl_autobootreport pawl_cleanup(pawl_boot_report_done)

/* NOT_FOUND where pawl-init did not start this system. */
PAWL_MUST_CHECK pawl_err pawl_boot_report_read(pawl_boot_report *ret, pawl_diag *d);

/* The same for a verb that wants volumes and was given none: USAGE instead of NOT_FOUND. */
PAWL_MUST_CHECK pawl_err pawl_boot_report_volumes(pawl_boot_report *ret, pawl_diag *d);

#endif
