/* SPDX-License-Identifier: BSD-2-Clause */
/* PCR 12 of a coming boot that differs from this one in the credentials beside the image alone: for
 * whoever is about to write such a file, and whose volumes are bound to PCR 12. */
#ifndef PAWL_LOG_CONFIG_FORECAST_H
#define PAWL_LOG_CONFIG_FORECAST_H

#include "core/eventlog.h"
#include "core/plan.h"
#include "userspace/host/diag.h"

/* Goes through this boot's events of PCR 12 and puts the archives of the coming boot in the place
 * of this boot's. `sidecars[kind]`: NULL, that archive stays as it is; an empty span, there will be
 * none; else the new one (userspace/host/sidecars.h makes it of a folder and a change). An archive
 * that this boot had none of comes behind all but those that the stub measures after it. `log` must
 * prove PCR 12 (MISMATCH): its digests are then what was extended, and a label alone can at most
 * make the forecast wrong, never lower what a policy demands. The bank is that of `log`. */
PAWL_MUST_CHECK pawl_err pawl_log_config_forecast(const pawl_verified_log *log,
        const pawl_span *const sidecars[static PAWL_SIDECAR_MAX_], pawl_digest *ret, pawl_diag *d);

/* Whether an event is that of an archive of credentials: by its label, and its data is not what was
 * measured (as it is of a command line of that text). */
PAWL_MUST_CHECK pawl_err pawl_event_sidecar(
        const pawl_event *ev, pawl_alg bank, bool *ret_is, pawl_sidecar *ret);

#endif
