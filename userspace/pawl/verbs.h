/* SPDX-License-Identifier: BSD-2-Clause */
/* All verbs, in the order of the help. */
#ifndef PAWL_PAWL_VERBS_H
#define PAWL_PAWL_VERBS_H

#include "userspace/pawl/verb.h"

extern const pawl_verb pawl_verb_cred_inspect;
extern const pawl_verb pawl_verb_cred_list;
extern const pawl_verb pawl_verb_cred_rotate;
extern const pawl_verb pawl_verb_cred_run;
extern const pawl_verb pawl_verb_cred_seal;
extern const pawl_verb pawl_verb_cred_unseal;
extern const pawl_verb pawl_verb_disk_close;
extern const pawl_verb pawl_verb_disk_enroll;
extern const pawl_verb pawl_verb_disk_explain;
extern const pawl_verb pawl_verb_disk_key_digest;
extern const pawl_verb pawl_verb_disk_list;
extern const pawl_verb pawl_verb_disk_open;
extern const pawl_verb pawl_verb_disk_recovery_check;
extern const pawl_verb pawl_verb_disk_test;
extern const pawl_verb pawl_verb_disk_wipe;
extern const pawl_verb pawl_verb_forecast;
extern const pawl_verb pawl_verb_initrd_build;
extern const pawl_verb pawl_verb_log_diff;
extern const pawl_verb pawl_verb_log_explain;
extern const pawl_verb pawl_verb_reset_cancel;
extern const pawl_verb pawl_verb_reset_request;
extern const pawl_verb pawl_verb_reset_status;
extern const pawl_verb pawl_verb_tpm_clear;
extern const pawl_verb pawl_verb_tpm_setup;

extern const pawl_verb *const pawl_verbs[]; /* ends with NULL */

#endif
