/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/measure.h"

#include "userspace/log/user-log.h"

static pawl_err extend_and_append(const pawl_measurer *m, pawl_user_log_writer *log, unsigned pcr,
        const pawl_digest *digests, size_t n_digests, const char *type, const char *text,
        bool *ret_is_measured, pawl_diag *d)
{
        PAWL_TRY(pawl_tpm_pcr_extend_confirmed(m->tpm, m->srk, pcr, digests, n_digests, d));
        *ret_is_measured = true;
        return pawl_user_log_append(log, pcr, digests, n_digests, type, text, d);
}

pawl_err pawl_measure(const pawl_measurer *m, unsigned pcr, const pawl_digest *digests,
        size_t n_digests, const char *type, const char *text, bool *ret_is_measured, pawl_diag *d)
{
        pawl_autouserlogwriter pawl_user_log_writer log = PAWL_USER_LOG_WRITER_NULL;
        pawl_err err, open_err;
        pawl_diag open_diag = { 0 };

        *ret_is_measured = false;
        open_err = pawl_user_log_open(m->log_path, m->lock_ms, &log, &open_diag);
        if (open_err == PAWL_OK)
                return extend_and_append(
                        m, &log, pcr, digests, n_digests, type, text, ret_is_measured, d);
        err = pawl_tpm_pcr_extend_confirmed(m->tpm, m->srk, pcr, digests, n_digests, d);
        if (err != PAWL_OK)
                return err;
        *ret_is_measured = true;
        return pawl_fail(d, open_err, "measured, but not logged: %s", pawl_diag_text(&open_diag));
}

/* A log that is not there has nothing in it; one that is damaged cannot say what it has. */
static pawl_err check_not_logged(const char *path, const char *word, pawl_diag *d)
{
        pawl_autouserlog pawl_user_log log = { 0 };
        pawl_err err = pawl_user_log_read(path, &log, d);

        if (err == PAWL_ERR_NOT_FOUND)
                return PAWL_OK;
        PAWL_TRY(err);
        if (!pawl_user_log_has(&log, PAWL_USER_EVENT_PHASE, word))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "phase %s: measured already in this boot; a second time would spoil PCR 11 for all "
                "that is sealed to it (--again does it all the same)",
                word);
}

pawl_err pawl_measure_phase(
        const pawl_measurer *m, pawl_phase phase, bool again, bool *ret_is_measured, pawl_diag *d)
{
        const char *word = pawl_phase_word(phase);
        pawl_digest digests[PAWL_ALG_MAX_];
        size_t n;

        *ret_is_measured = false;
        if (!again)
                PAWL_TRY(check_not_logged(m->log_path ? m->log_path : PAWL_USER_LOG_PATH, word, d));
        PAWL_TRY(pawl_tpm_hash_for_banks(m->tpm, pawl_span_str(word), digests, &n, d));
        return pawl_measure(
                m, PAWL_PCR_PHASES, digests, n, PAWL_USER_EVENT_PHASE, word, ret_is_measured, d);
}
