/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine measured: the firmware's event log and the user log, together. Loaded from the
 * live system or from files, replayed, and held against PCR values. Both are the attacker's input
 * until pawl_logs_verify has said otherwise. */
#ifndef PAWL_LOG_LOG_H
#define PAWL_LOG_LOG_H

#include "core/eventlog.h"
#include "userspace/host/buffer.h"
#include "userspace/log/user-log.h"

#define PAWL_FIRMWARE_LOG_PATH "/sys/kernel/security/tpm0/binary_bios_measurements"

typedef struct pawl_logs {
        bool has_firmware;
        pawl_buffer bytes;      /* behind `firmware` */
        pawl_eventlog firmware; /* borrows from `bytes`, so a copy of the struct stays valid */
        pawl_user_log user;     /* empty if there is none */
} pawl_logs;

/* Both paths NULL: the live logs (securityfs must be mounted); a user log that is not there is
 * empty. Else only the files given: a user log of this machine says nothing about a firmware log of
 * another one. The firmware log is read to its end, so that a damaged one is refused here, with the
 * offset in `d`. */
PAWL_MUST_CHECK pawl_err pawl_logs_load(
        const char *firmware_path, const char *user_path, pawl_logs *ret, pawl_diag *d);
void pawl_logs_done(pawl_logs *l);
#define pawl_autologs __attribute__((cleanup(pawl_logs_done)))

/* Bit `pawl_alg`: banks that the logs can be replayed for: those of the firmware log, without one
 * those that every event of the user log has. */
uint32_t pawl_logs_banks(const pawl_logs *l);

/* The PCRs that firmware log and then user log lead to. UNSUPPORTED for a bank that is not in
 * pawl_logs_banks; MISSING if an event has no digest of the bank. */
PAWL_MUST_CHECK pawl_err pawl_logs_replay(
        const pawl_logs *l, pawl_alg bank, pawl_replay *ret, pawl_diag *d);

/* The firmware log, proven by both logs together: the replay of the bank of `pcrs` equals `pcrs`
 * (values read from the TPM) in each PCR of `need_mask`. MISMATCH names the PCR in `d`. PCRs that
 * userspace does not extend (0 to 9 without 8, 12 to 14) can be proven at any time after the boot.
 * `ret` borrows `l`. */
PAWL_MUST_CHECK pawl_err pawl_logs_verify(const pawl_logs *l, const pawl_pcr_set *pcrs,
        uint32_t need_mask, pawl_verified_log *ret, pawl_diag *d);

/* PCR values at the moment when pawl-init opens volumes, for literal binding: PCR 15 is zero; PCR
 * 11 is the firmware's value and the phase enter-initrd; all others are as firmware, loader and
 * stub left them. Every PCR of `mask` but 15 must be proven by `log`, else MISMATCH; 15 must not
 * have been extended by firmware, else REFUSED. Both name the PCR. The bank is that of `log`. */
PAWL_MUST_CHECK pawl_err pawl_log_opening_pcrs(
        const pawl_verified_log *log, uint32_t mask, pawl_pcr_set *ret, pawl_diag *d);

/* The same for the moment after pawl-init measured leave-initrd, when services may have their
 * credentials: PCR 11 and 15 as the user log of `l` leads to them. Every PCR of `mask` must be
 * proven by `log`, which was made of `l`, 15 included; MISMATCH. REFUSED where 15 is asked for and
 * no volume was measured: it would bind to nothing. NOT_FOUND if the log has no leave-initrd. */
PAWL_MUST_CHECK pawl_err pawl_log_services_pcrs(const pawl_logs *l, const pawl_verified_log *log,
        uint32_t mask, pawl_pcr_set *ret, pawl_diag *d);

#endif
