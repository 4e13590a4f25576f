/* SPDX-License-Identifier: BSD-2-Clause */
/* `pawl log verify --uki`: the log against an image, and against the credentials beside it. */
#ifndef PAWL_VERB_LOG_UKI_H
#define PAWL_VERB_LOG_UKI_H

#include "userspace/host/json.h"
#include "userspace/log/log.h"
#include "userspace/log/match.h"
#include "userspace/pawl/sidecar-options.h"

/* MISSING without a firmware log. */
PAWL_MUST_CHECK pawl_err pawl_log_uki_compare(const pawl_logs *l, const char *path,
        pawl_sidecar_options *sidecars, pawl_uki_match *ret, pawl_diag *d);
void pawl_log_uki_say(const pawl_uki_match *m, const char *path);
/* As "uki" of `json`. */
PAWL_MUST_CHECK pawl_err pawl_log_uki_json(const pawl_uki_match *m, json_object *json);

#endif
