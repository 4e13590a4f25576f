/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/log/log.h"

#include <string.h>

#include "core/pcr.h"
#include "core/phase.h"
#include "core/plan.h"
#include "userspace/host/file.h"
#include "userspace/host/hash.h"

void pawl_logs_done(pawl_logs *l)
{
        pawl_buffer_done(&l->bytes);
        pawl_user_log_done(&l->user);
        *l = (pawl_logs){ 0 };
}

static pawl_err fail_at(pawl_diag *d, pawl_err err, const char *path, const pawl_log_diag *where)
{
        return pawl_fail(d, err, "%s: byte %zu: %s", path, where->off, where->what);
}

static pawl_err read_to_end(const pawl_eventlog *log, pawl_log_diag *where)
{
        pawl_log_cursor c = pawl_eventlog_start(log);
        pawl_event ev;
        pawl_err err;

        do {
                err = pawl_eventlog_next(log, &c, &ev, where);
        } while (err == PAWL_OK);
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

static pawl_err load_firmware(const char *path, pawl_logs *l, pawl_diag *d)
{
        pawl_log_diag where = { 0, "" };
        pawl_err err;

        PAWL_TRY(pawl_file_read(path, PAWL_LOG_SIZE_MAX, &l->bytes, d));
        err = pawl_eventlog_open(pawl_buffer_span(&l->bytes), &l->firmware, &where);
        if (err == PAWL_OK)
                err = read_to_end(&l->firmware, &where);
        if (err != PAWL_OK)
                return fail_at(d, err, path, &where);
        l->has_firmware = true;
        return PAWL_OK;
}

static pawl_err load_live(pawl_logs *l, pawl_diag *d)
{
        pawl_err err = load_firmware(PAWL_FIRMWARE_LOG_PATH, l, d);

        if (err == PAWL_ERR_NOT_FOUND)
                return pawl_fail(d, err,
                        PAWL_FIRMWARE_LOG_PATH
                        ": not there; mount securityfs on /sys/kernel/security, or the firmware or "
                        "the kernel knows no TPM");
        PAWL_TRY(err);
        err = pawl_user_log_read(PAWL_USER_LOG_PATH, &l->user, d);
        return err == PAWL_ERR_NOT_FOUND ? PAWL_OK : err;
}

pawl_err pawl_logs_load(
        const char *firmware_path, const char *user_path, pawl_logs *ret, pawl_diag *d)
{
        pawl_autologs pawl_logs l = { 0 };

        if (!firmware_path && !user_path)
                PAWL_TRY(load_live(&l, d));
        if (firmware_path)
                PAWL_TRY(load_firmware(firmware_path, &l, d));
        if (user_path)
                PAWL_TRY(pawl_user_log_read(user_path, &l.user, d));
        *ret = l;
        l = (pawl_logs){ 0 };
        return PAWL_OK;
}

uint32_t pawl_logs_banks(const pawl_logs *l)
{
        uint32_t banks = (1u << PAWL_ALG_MAX_) - 1;

        if (l->has_firmware)
                return l->firmware.banks;
        for (size_t i = 0; i < l->user.n_events; i++)
                if (!l->user.events[i].is_nv)
                        banks &= l->user.events[i].banks;
        return l->user.n_events > 0 ? banks : 0;
}

static pawl_err replay_user_event(pawl_replay *r, const pawl_user_event *ev, pawl_diag *d)
{
        if (ev->is_nv)
                return PAWL_OK;
        if ((ev->banks >> r->bank & 1) == 0)
                return pawl_fail(d, PAWL_ERR_MISSING, "user log: byte %zu: no %s digest", ev->off,
                        pawl_alg_info_of(r->bank)->name);
        PAWL_TRY(pawl_pcr_extend(&pawl_openssl_hasher, &r->pcrs[ev->pcr], &ev->digests[r->bank]));
        r->touched |= 1u << ev->pcr;
        return PAWL_OK;
}

static pawl_err replay_firmware(
        const pawl_eventlog *log, pawl_alg bank, pawl_replay *ret, pawl_diag *d)
{
        pawl_log_diag where = { 0, "the log has no digests of this bank" };
        pawl_err err = pawl_eventlog_replay(&pawl_openssl_hasher, log, bank, ret, &where);

        return err == PAWL_OK ? PAWL_OK
                              : pawl_fail(d, err, "firmware log, bank %s: byte %zu: %s",
                                        pawl_alg_info_of(bank)->name, where.off, where.what);
}

pawl_err pawl_logs_replay(const pawl_logs *l, pawl_alg bank, pawl_replay *ret, pawl_diag *d)
{
        pawl_replay r;

        if ((pawl_logs_banks(l) >> bank & 1) == 0)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED, "the log has no digests of bank %s",
                        pawl_alg_info_of(bank)->name);
        pawl_replay_init(bank, &r);
        if (l->has_firmware)
                PAWL_TRY(replay_firmware(&l->firmware, bank, &r, d));
        for (size_t i = 0; i < l->user.n_events; i++)
                PAWL_TRY(replay_user_event(&r, &l->user.events[i], d));
        *ret = r;
        return PAWL_OK;
}

/* The lowest PCR of a mask. */
static unsigned first_pcr(uint32_t mask)
{
        unsigned i = 0;

        while (i < PAWL_PCR_COUNT && (mask >> i & 1) == 0)
                i++;
        return i;
}

static pawl_err fail_mismatch(pawl_diag *d, uint32_t mask, pawl_alg bank)
{
        return pawl_fail(d, PAWL_ERR_MISMATCH,
                "PCR %u (%s): event log and TPM disagree, so the log proves nothing about this "
                "boot; see 'pawl log verify'",
                first_pcr(mask), pawl_alg_info_of(bank)->name);
}

pawl_err pawl_logs_verify(const pawl_logs *l, const pawl_pcr_set *pcrs, uint32_t need_mask,
        pawl_verified_log *ret, pawl_diag *d)
{
        pawl_replay r;
        uint32_t differs = 0;
        pawl_err err;

        if (!l->has_firmware)
                return pawl_fail(d, PAWL_ERR_MISSING, "there is no firmware event log");
        PAWL_TRY(pawl_logs_replay(l, pcrs->bank, &r, d));
        err = pawl_replay_verify(&r, &l->firmware, pcrs, need_mask, ret, &differs);
        if (err == PAWL_ERR_MISMATCH)
                return fail_mismatch(d, differs & need_mask, pcrs->bank);
        if (err == PAWL_ERR_MISSING)
                return pawl_fail(d, err, "PCR %u (%s): its value was not read",
                        first_pcr(need_mask & ~pcrs->mask), pawl_alg_info_of(pcrs->bank)->name);
        return err;
}

static pawl_err check_opening(
        const pawl_verified_log *log, const pawl_replay *r, uint32_t mask, pawl_diag *d)
{
        const uint32_t identity = 1u << PAWL_PCR_SYSTEM_IDENTITY;
        const uint32_t unproven = mask & ~log->mask & ~identity;

        if (unproven != 0)
                return fail_mismatch(d, unproven, log->bank);
        if ((mask & r->touched & identity) != 0)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "PCR %d (%s): extended before the initrd started, where it must be zero",
                        PAWL_PCR_SYSTEM_IDENTITY, pawl_alg_info_of(log->bank)->name);
        return PAWL_OK;
}

pawl_err pawl_log_opening_pcrs(
        const pawl_verified_log *log, uint32_t mask, pawl_pcr_set *ret, pawl_diag *d)
{
        pawl_pcr_set out = { .bank = log->bank, .mask = mask };
        pawl_replay r;

        if (log->verdict != PAWL_VERDICT_ACCEPT)
                return pawl_fail(d, PAWL_ERR_REFUSED, "the event log was not verified");
        PAWL_TRY(replay_firmware(log->log, log->bank, &r, d));
        PAWL_TRY(check_opening(log, &r, mask, d));
        PAWL_TRY(pawl_pcr_extend_bytes(&pawl_openssl_hasher, &r.pcrs[PAWL_PCR_KERNEL_BOOT],
                pawl_span_str(pawl_phase_word(PAWL_PHASE_ENTER_INITRD))));
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((mask >> i & 1) != 0)
                        out.values[i] = r.pcrs[i];
        *ret = out;
        return PAWL_OK;
}

static bool is_event(const pawl_user_event *ev, unsigned pcr, const char *type)
{
        return !ev->is_nv && ev->pcr == pcr && strcmp(ev->type, type) == 0;
}

/* A text counts only where it is what was measured. */
static pawl_err is_leaving(const pawl_user_event *ev, pawl_alg bank, bool *ret)
{
        const char *word = pawl_phase_word(PAWL_PHASE_LEAVE_INITRD);
        pawl_digest h;

        PAWL_TRY(pawl_hash(bank, pawl_span_str(word), &h));
        *ret = is_event(ev, PAWL_PCR_KERNEL_BOOT, PAWL_USER_EVENT_PHASE) &&
               (ev->banks >> bank & 1) != 0 &&
               pawl_span_equal(pawl_digest_span(&h), pawl_digest_span(&ev->digests[bank]));
        return PAWL_OK;
}

/* What userspace extended up to leave-initrd. */
static pawl_err replay_initrd(
        const pawl_user_log *log, pawl_replay *r, bool *ret_has_volume, pawl_diag *d)
{
        bool is_end = false;

        *ret_has_volume = false;
        for (size_t i = 0; i < log->n_events; i++) {
                PAWL_TRY(replay_user_event(r, &log->events[i], d));
                *ret_has_volume |= is_event(
                        &log->events[i], PAWL_PCR_SYSTEM_IDENTITY, PAWL_USER_EVENT_VOLUME_KEY);
                PAWL_TRY(is_leaving(&log->events[i], r->bank, &is_end));
                if (is_end)
                        return PAWL_OK;
        }
        return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                "the user log has no leave-initrd: this system was not started by an initrd that "
                "blows the fuse");
}

pawl_err pawl_log_services_pcrs(const pawl_logs *l, const pawl_verified_log *log, uint32_t mask,
        pawl_pcr_set *ret, pawl_diag *d)
{
        pawl_pcr_set out = { .bank = log->bank, .mask = mask };
        bool has_volume = false;
        pawl_replay r;

        if (log->verdict != PAWL_VERDICT_ACCEPT)
                return pawl_fail(d, PAWL_ERR_REFUSED, "the event log was not verified");
        if ((mask & ~log->mask) != 0)
                return fail_mismatch(d, mask & ~log->mask, log->bank);
        PAWL_TRY(replay_firmware(log->log, log->bank, &r, d));
        PAWL_TRY(replay_initrd(&l->user, &r, &has_volume, d));
        if ((mask >> PAWL_PCR_SYSTEM_IDENTITY & 1) != 0 && !has_volume)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "PCR %d: no encrypted volume was opened in this boot, so that any disk put "
                        "into the machine would be as good",
                        PAWL_PCR_SYSTEM_IDENTITY);
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((mask >> i & 1) != 0)
                        out.values[i] = r.pcrs[i];
        *ret = out;
        return PAWL_OK;
}
