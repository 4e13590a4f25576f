/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/verbs.h"

#include <stddef.h>

/* One declaration and one row a verb. */
extern const pawl_verb pawl_verb_log_show;
extern const pawl_verb pawl_verb_log_verify;
extern const pawl_verb pawl_verb_phase;
extern const pawl_verb pawl_verb_tpm_status;
extern const pawl_verb pawl_verb_uki_build;
extern const pawl_verb pawl_verb_uki_inspect;
extern const pawl_verb pawl_verb_uki_measure;
extern const pawl_verb pawl_verb_uki_sign;
extern const pawl_verb pawl_verb_uki_verify;

const pawl_verb *const pawl_verbs[] = {
        &pawl_verb_disk_enroll,
        &pawl_verb_disk_list,
        &pawl_verb_disk_wipe,
        &pawl_verb_disk_test,
        &pawl_verb_disk_recovery_check,
        &pawl_verb_disk_open,
        &pawl_verb_disk_close,
        &pawl_verb_disk_explain,
        &pawl_verb_disk_key_digest,
        &pawl_verb_cred_seal,
        &pawl_verb_cred_unseal,
        &pawl_verb_cred_list,
        &pawl_verb_cred_inspect,
        &pawl_verb_cred_run,
        &pawl_verb_cred_rotate,
        &pawl_verb_boot_announce,
        &pawl_verb_forecast,
        &pawl_verb_initrd_build,
        &pawl_verb_uki_build,
        &pawl_verb_uki_inspect,
        &pawl_verb_uki_measure,
        &pawl_verb_uki_sign,
        &pawl_verb_uki_verify,
        &pawl_verb_log_show,
        &pawl_verb_log_verify,
        &pawl_verb_log_explain,
        &pawl_verb_log_diff,
        &pawl_verb_log_explain,
        &pawl_verb_log_report,
        &pawl_verb_phase,
        &pawl_verb_reset_request,
        &pawl_verb_reset_cancel,
        &pawl_verb_reset_status,
        &pawl_verb_tpm_status,
        &pawl_verb_tpm_setup,
        &pawl_verb_tpm_clear,
        NULL,
};
