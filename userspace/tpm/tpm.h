/* SPDX-License-Identifier: BSD-2-Clause */
/* A conversation with one TPM 2.0 through tpm2-tss ESAPI. The only room that includes tss2 headers;
 * nothing of tss2 appears in its headers. Every command has a deadline. After a deadline passed the
 * connection is dead: every further call returns TIMEOUT at once, and nobody waits for the device
 * (a child process holds it, userspace/tpm/relay.h). Secrets cross the bus only in a salted session
 * to the SRK, as encrypted parameters. All objects are flushed on every path. One conversation of
 * the machine at a time (userspace/tpm/lock.h): opening waits for its turn, so a process must not
 * open a second one before it closed the first. */
#ifndef PAWL_TPM_TPM_H
#define PAWL_TPM_TPM_H

#include "core/policy.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_TPM_SRK_HANDLE  0x81000001u
#define PAWL_TPM_DEADLINE_MS 10000u /* for one command, where the caller has no better idea */

typedef struct pawl_tpm pawl_tpm;

/* `spec`: "auto" or NULL (PAWL_TPM in the environment, else /dev/tpmrm0), a device path, or a TCTI
 * string such as "swtpm:path=SOCK". TPM_ABSENT if there is none. `deadline_ms` holds for each
 * command. */
PAWL_MUST_CHECK pawl_err pawl_tpm_open(
        const char *spec, unsigned deadline_ms, pawl_tpm **ret, pawl_diag *d);
/* As pawl_tpm_open, and waits up to `wait_ms` for others that talk to it. `say_waiting` (may be
 * NULL) is called once, if that takes longer than a second. */
PAWL_MUST_CHECK pawl_err pawl_tpm_open_patient(const char *spec, unsigned deadline_ms,
        unsigned wait_ms, void (*say_waiting)(void), pawl_tpm **ret, pawl_diag *d);
/* Whether there is one, as far as can be seen without talking to it. */
bool pawl_tpm_is_there(const char *spec);
/* From now on all commands together have `ms` milliseconds: the deadline of a conversation, which a
 * TPM that answers each command just in time must not stretch. */
void pawl_tpm_limit_total(pawl_tpm *t, unsigned ms);
void pawl_tpm_close_p(pawl_tpm **t); /* never waits for a dead one */
#define pawl_autotpm pawl_cleanup(pawl_tpm_close_p)
bool pawl_tpm_is_dead(const pawl_tpm *t);
/* How many commands were sent, and how many bytes both ways, since opening. */
void pawl_tpm_counters(const pawl_tpm *t, unsigned *ret_commands, size_t *ret_bytes);

/* --- PCRs --- */
/* The banks that are active (bit pawl_alg), with at least PCRs 0 to 15 selected. */
PAWL_MUST_CHECK pawl_err pawl_tpm_banks(pawl_tpm *t, uint32_t *ret, pawl_diag *d);
/* Reads PCRs without authentication: good for showing and for comparing with a log. */
PAWL_MUST_CHECK pawl_err pawl_tpm_pcr_read(
        pawl_tpm *t, pawl_alg bank, uint32_t mask, pawl_pcr_set *ret, pawl_diag *d);
/* `bytes` hashed for every active bank: what pawl_tpm_pcr_extend_confirmed wants. */
PAWL_MUST_CHECK pawl_err pawl_tpm_hash_for_banks(pawl_tpm *t, pawl_span bytes,
        pawl_digest ret[static PAWL_ALG_MAX_], size_t *ret_n, pawl_diag *d);
/* Extends with `digests` (one for each active bank). With `srk` the extend runs in a salted HMAC
 * session whose response is checked, and the new value is read back in the same session and
 * compared: TPM_UNTRUSTED if anything was forged or dropped. Without `srk` (NULL): plain command
 * and unauthenticated read-back. `ret_digests` etc. as measured go to the user log by the caller
 * (userspace/log/user-log.h). */
struct pawl_tpm_srk;
PAWL_MUST_CHECK pawl_err pawl_tpm_pcr_extend_confirmed(pawl_tpm *t, const struct pawl_tpm_srk *srk,
        unsigned pcr, const pawl_digest *digests, size_t n_digests, pawl_diag *d);

/* --- the storage root key --- */
/* A reference to an SRK: the persistent handle with its name and public area, as an ESYS-serialised
 * handle (what the `tpm2_srk` token field holds), or a transient primary made for this
 * conversation. */
typedef struct pawl_tpm_srk pawl_tpm_srk;
void pawl_tpm_srk_free_p(pawl_tpm_srk **s);
#define pawl_autosrk pawl_cleanup(pawl_tpm_srk_free_p)
/* The one at PAWL_TPM_SRK_HANDLE; NOT_FOUND if there is none. Checked: a storage key with the
 * attributes 0x30472, else UNSUPPORTED. */
PAWL_MUST_CHECK pawl_err pawl_tpm_srk_find(pawl_tpm *t, pawl_tpm_srk **ret, pawl_diag *d);
/* Finds it, or makes the ECC P-256 one and persists it. */
PAWL_MUST_CHECK pawl_err pawl_tpm_srk_setup(
        pawl_tpm *t, pawl_tpm_srk **ret, bool *ret_is_new, pawl_diag *d);
/* From the serialised form in a token: costs no TPM command. FORMAT for anything else than a
 * persistent ECC or RSA key. */
PAWL_MUST_CHECK pawl_err pawl_tpm_srk_import(
        pawl_tpm *t, pawl_span serialized, pawl_tpm_srk **ret, pawl_diag *d);
/* Empty for a transient one. */
PAWL_MUST_CHECK pawl_err pawl_tpm_srk_export(
        pawl_tpm *t, const pawl_tpm_srk *s, pawl_buffer *ret, pawl_diag *d);
/* Of another machine: from its public part alone, a TPM2B_PUBLIC ('tpm2_readpublic -f tss'), into
 * the serialised form, at PAWL_TPM_SRK_HANDLE. FORMAT, UNSUPPORTED for another key than a storage
 * root key. No TPM needed. */
PAWL_MUST_CHECK pawl_err pawl_tpm_srk_of_public(
        pawl_span public, pawl_buffer *ret_serialized, pawl_diag *d);
/* For tokens without `tpm2_srk`: a transient primary of that algorithm ("ecc" or "rsa"), by the
 * template that systemd used before it stored an SRK (254), or by the SRK's. */
PAWL_MUST_CHECK pawl_err pawl_tpm_srk_transient(
        pawl_tpm *t, bool is_rsa, bool is_legacy, pawl_tpm_srk **ret, pawl_diag *d);
/* The TPM name: nameAlg || digest, 34 bytes. */
pawl_span pawl_tpm_srk_name(const pawl_tpm_srk *s);

/* --- the lockout hierarchy --- */
/* Clears the TPM: owner and endorsement hierarchies get new seeds or lose their keys, so that
 * nothing that was sealed opens any more. `auth`: the lockout authorisation; empty where none is
 * set: with one set, a wrong try locks even the right one out for a while, so read
 * `lockout_auth_set` and `disable_clear` first. */
PAWL_MUST_CHECK pawl_err pawl_tpm_clear(pawl_tpm *t, pawl_span auth, pawl_diag *d);
/* Sets an authorisation where there is none, and a policy (SHA-256) that may clear as well. */
PAWL_MUST_CHECK pawl_err pawl_tpm_set_lockout(pawl_tpm *t, const pawl_tpm_srk *srk, pawl_span auth,
        const pawl_policy_digest *clear_policy, pawl_diag *d);
/* Dictionary attack protection: that many wrong tries, one given back after `interval_s` seconds;
 * `recovery_s`: how long a wrong lockout authorisation locks that one. */
PAWL_MUST_CHECK pawl_err pawl_tpm_set_tries(pawl_tpm *t, pawl_span auth, uint32_t tries,
        uint32_t interval_s, uint32_t recovery_s, pawl_diag *d);

/* --- state, in words for `pawl tpm status` --- */
typedef struct pawl_tpm_info {
        char manufacturer[5], vendor[33];
        uint32_t firmware_major, firmware_minor, spec_revision;
        uint32_t banks;
        uint8_t srk_name[PAWL_NAME_SIZE]; /* with has_srk */
        bool has_srk, owner_auth_set, lockout_auth_set, disable_clear, in_lockout;
        uint32_t lockout_counter, max_auth_fail, lockout_interval_s, lockout_recovery_s;
        uint32_t reset_count, restart_count; /* TPMS_CLOCK_INFO */
        bool is_clock_safe;
} pawl_tpm_info;
PAWL_MUST_CHECK pawl_err pawl_tpm_get_info(pawl_tpm *t, pawl_tpm_info *ret, pawl_diag *d);
/* Only the lock-out fields and the flags of authorisations: one command. */
PAWL_MUST_CHECK pawl_err pawl_tpm_get_lockout(pawl_tpm *t, pawl_tpm_info *ret, pawl_diag *d);

#endif
