/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/boot-policy.h"

#include "core/phase.h"
#include "userspace/host/efi-var.h"
#include "userspace/host/file.h"
#include "userspace/host/hash.h"
#include "userspace/log/evidence.h"
#include "userspace/log/secure-boot.h"

#define PCR_SECURE  7u
#define PCR_KERNEL  11u
#define PCR_VOLUMES 15u
#define PEM_MAX     (16u << 10) /* bytes */

/* Copied from the initrd's .extra by pawl-init, as systemd does. Nothing below /etc: the key has to
 * be the one that was measured with the image. */
static const char *const key_places[] = { "/.extra/tpm2-pcr-public-key.pem",
        "/run/systemd/tpm2-pcr-public-key.pem", NULL };
static const char *const signature_places[] = { "/.extra/tpm2-pcr-signature.json",
        "/run/systemd/tpm2-pcr-signature.json", NULL };

void pawl_boot_policy_done(pawl_boot_policy *p)
{
        pawl_buffer_done(&p->public_key_pem);
        pawl_buffer_done(&p->signature_json);
        pawl_buffer_done(&p->evidence);
        *p = (pawl_boot_policy){ 0 };
}

static pawl_err read_first(const char *path, const char *const *places, size_t limit,
        const char *what, pawl_buffer *ret, pawl_diag *d)
{
        if (path)
                return pawl_file_read(path, limit, ret, d);
        for (; *places; places++) {
                pawl_err err = pawl_file_read(*places, limit, ret, d);

                if (err != PAWL_ERR_NOT_FOUND)
                        return err;
        }
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "the running image has no %s; boot an image that 'pawl uki sign' has signed", what);
}

pawl_err pawl_image_public_key(const char *path, pawl_buffer *ret_pem, pawl_diag *d)
{
        return read_first(path, key_places, PEM_MAX, "PCR public key (.pcrpkey)", ret_pem, d);
}

pawl_err pawl_image_signatures(const char *path, pawl_buffer *ret_json, pawl_diag *d)
{
        return read_first(path, signature_places, PAWL_SIGNATURE_JSON_MAX,
                "PCR signatures (.pcrsig)", ret_json, d);
}

static pawl_err take_signed(const pawl_profile *profile, const pawl_boot_policy_options *o,
        pawl_boot_policy *p, pawl_diag *d)
{
        if (profile->signed_mask == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_image_public_key(o->public_key, &p->public_key_pem, d));
        PAWL_TRY(pawl_image_signatures(o->signature, &p->signature_json, d));
        p->policy.public_key_pem = pawl_buffer_span(&p->public_key_pem);
        p->policy.signed_mask = profile->signed_mask;
        p->policy.ref = profile->ref;
        return PAWL_OK;
}

/* Firmware's and stub's values, the phase on top of PCR 11, and PCR 15 as zero. */
static pawl_err unproven_pcrs(
        const char *path, pawl_alg bank, uint32_t mask, pawl_pcr_set *ret, pawl_diag *d)
{
        pawl_autologs pawl_logs logs = { 0 };
        pawl_replay replay;
        const char *word = pawl_phase_word(PAWL_PHASE_ENTER_INITRD);

        PAWL_TRY(pawl_logs_load(path ? path : PAWL_FIRMWARE_LOG_PATH, NULL, &logs, d));
        PAWL_TRY(pawl_logs_replay(&logs, bank, &replay, d));
        if (mask >> PCR_VOLUMES & replay.touched >> PCR_VOLUMES & 1)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "PCR 15: extended before the initrd; nothing is opened by itself");
        PAWL_TRY(pawl_pcr_extend_bytes(
                &pawl_openssl_hasher, &replay.pcrs[PCR_KERNEL], pawl_span_str(word)));
        *ret = (pawl_pcr_set){ .bank = bank, .mask = mask };
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                ret->values[i] = replay.pcrs[i];
        return PAWL_OK;
}

pawl_err pawl_boot_policy_demanded(const pawl_profile *profile, pawl_alg bank,
        const pawl_boot_policy_options *o, pawl_boot_policy *ret, pawl_diag *d)
{
        pawl_autobootpolicy pawl_boot_policy p = { .policy.bank = bank };

        PAWL_TRY(take_signed(profile, o, &p, d));
        p.policy.has_pin = profile->needs_pin;
        p.policy.literal.bank = bank;
        if (profile->literal_mask != 0)
                PAWL_TRY(unproven_pcrs(
                        o->firmware_log, bank, profile->literal_mask, &p.policy.literal, d));
        *ret = p;
        p = (pawl_boot_policy){ 0 };
        return PAWL_OK;
}

/* --- enrolling --- */

static pawl_err best_bank(pawl_tpm *t, const pawl_logs *logs, pawl_alg *ret, pawl_diag *d)
{
        uint32_t banks = 0;

        PAWL_TRY(pawl_tpm_banks(t, &banks, d));
        if (pawl_alg_best(banks & pawl_logs_banks(logs), ret) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "no PCR bank of this TPM is in the firmware's event log; activate the sha256 bank "
                "in the firmware's setup");
}

/* A bank that the TPM has and the firmware leaves alone would bind to values that anyone can make.
 */
static pawl_err check_filled(const pawl_pcr_set *pcrs, pawl_diag *d)
{
        const pawl_digest zero = { .alg = pcrs->bank };

        for (unsigned i = 0; i < 8; i++)
                if (!pawl_span_equal(pawl_digest_span(&pcrs->values[i]), pawl_digest_span(&zero)))
                        return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "the PCR bank %s is empty: this firmware does not measure into it; choose another "
                "bank in the firmware's setup",
                pawl_alg_info_of(pcrs->bank)->name);
}

static pawl_err check_variable(const char *name, bool wanted, const char *otherwise, pawl_diag *d)
{
        bool is = false;

        PAWL_TRY(pawl_efi_var_flag(name, PAWL_EFI_GLOBAL_GUID, &is, d));
        return is == wanted ? PAWL_OK : pawl_fail(d, PAWL_ERR_REFUSED, "%s", otherwise);
}

/* The variables say what the firmware does now, the log what it did when this boot began. */
static pawl_err check_secure_boot(
        const pawl_verified_log *log, bool accept_foreign_authority, pawl_diag *d)
{
        static const char off[] = "Secure Boot is off: whoever starts another program gets the "
                                  "same PCRs; switch it on in the firmware's setup, or use "
                                  "--profile=exact-boot";
        static const char setup[] = "Secure Boot is in setup mode: anyone may enrol keys; enrol a "
                                    "platform key first";
        pawl_secure_boot s;

        PAWL_TRY(check_variable("SecureBoot", true, off, d));
        PAWL_TRY(check_variable("SetupMode", false, setup, d));
        PAWL_TRY(pawl_secure_boot_read(log, &s, d));
        if (!s.is_on)
                return pawl_fail(d, PAWL_ERR_REFUSED, "%s", off);
        if (!s.has_platform_key)
                return pawl_fail(d, PAWL_ERR_REFUSED, "%s", setup);
        if (s.n_authorities == 0)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "PCR 7: the firmware does not say who vouched for the boot loader, so the "
                        "policy would not bind to that");
        if (!accept_foreign_authority && pawl_secure_boot_has_foreign(&s, PAWL_SPAN_NULL))
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "%zu authorities vouched for what this machine started (an option ROM, a "
                        "shim): anything that they sign can take part in the boot; if that is "
                        "meant, say --accept-foreign-authority",
                        s.n_authorities);
        return PAWL_OK;
}

/* A token that no signature of the image opens would only look like a way in. */
static pawl_err check_signature(
        const pawl_boot_policy *p, const pawl_pcr_set *opening, pawl_diag *d)
{
        bool fits = false;
        size_t n = 0;

        PAWL_TRY(pawl_pcr_signatures_fit(
                pawl_buffer_span(&p->signature_json), &p->policy, opening, &n, &fits, d));
        if (fits)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "PCR 11: none of the image's %zu signatures for reference \"%s\" fits what this "
                "boot measured; boot the signed image, without another command line",
                n, p->policy.ref);
}

static bool same_pcr(const pawl_pcr_set *a, const pawl_pcr_set *b, unsigned i)
{
        return pawl_span_equal(pawl_digest_span(&a->values[i]), pawl_digest_span(&b->values[i]));
}

/* `now`: read from the TPM; `opening`: as they are when volumes are opened. */
static bool is_opening_state(const pawl_pcr_set *now, const pawl_pcr_set *opening, uint32_t mask)
{
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if ((mask >> i & 1) && !same_pcr(now, opening, i))
                        return false;
        return true;
}

/* Into each PCR that firmware and loader own, whether it is bound or not. */
#define SEPARATED_PCRS 0x72ffu /* 0 to 7, 9, 12 to 14 */
static pawl_err separate(pawl_pcr_set *opening)
{
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (SEPARATED_PCRS & opening->mask & 1u << i)
                        PAWL_TRY(pawl_pcr_extend_bytes(&pawl_openssl_hasher, &opening->values[i],
                                pawl_span_str("os-separator")));
        return PAWL_OK;
}

/* Everything that is bound has to be proven: PCR 15 is zero at opening by definition. */
static uint32_t needed_pcrs(uint32_t bound, const pawl_boot_policy_options *o)
{
        uint32_t need = bound | 1u << PCR_SECURE;

        return o->for_services ? need : need & ~(1u << PCR_VOLUMES);
}

static pawl_err moment_pcrs(const pawl_logs *logs, const pawl_verified_log *log, uint32_t bound,
        const pawl_boot_policy_options *o, pawl_pcr_set *ret, pawl_diag *d)
{
        if (o->for_services)
                return pawl_log_services_pcrs(logs, log, bound, ret, d);
        PAWL_TRY(pawl_log_opening_pcrs(log, bound, ret, d));
        if (o->for_reset)
                return pawl_pcr_extend_bytes(&pawl_openssl_hasher, &ret->values[PCR_KERNEL],
                        pawl_span_str(pawl_phase_word(PAWL_PHASE_FACTORY_RESET)));
        return o->for_systemd ? separate(ret) : PAWL_OK;
}

static pawl_err proven_pcrs(pawl_tpm *t, const pawl_profile *profile, const pawl_logs *logs,
        const pawl_boot_policy_options *o, pawl_boot_policy *p, pawl_diag *d)
{
        uint32_t bound = profile->signed_mask | profile->literal_mask;
        pawl_pcr_set now, opening;
        pawl_verified_log log;

        PAWL_TRY(pawl_tpm_pcr_read(t, p->policy.bank, PAWL_PCRS_BOOT, &now, d));
        PAWL_TRY(check_filled(&now, d));
        PAWL_TRY(pawl_logs_verify(logs, &now, needed_pcrs(bound, o), &log, d));
        if (profile->needs_secure_boot)
                PAWL_TRY(check_secure_boot(&log, o->accept_foreign_authority, d));
        PAWL_TRY(moment_pcrs(logs, &log, bound, o, &opening, d));
        if (profile->signed_mask != 0)
                PAWL_TRY(check_signature(p, &opening, d));
        p->is_now = is_opening_state(&now, &opening, bound);
        p->policy.literal = opening;
        p->policy.literal.mask = profile->literal_mask;
        if (profile->literal_mask != 0)
                return pawl_evidence_make(&log, &p->policy.literal, &p->evidence, d);
        return PAWL_OK;
}

pawl_err pawl_boot_policy_for_enrolment(pawl_tpm *t, const pawl_profile *profile,
        const pawl_boot_policy_options *o, pawl_boot_policy *ret, pawl_diag *d)
{
        pawl_autobootpolicy pawl_boot_policy p = { 0 };
        pawl_autologs pawl_logs logs = { 0 };

        PAWL_TRY(pawl_logs_load(o->firmware_log, o->user_log, &logs, d));
        PAWL_TRY(best_bank(t, &logs, &p.policy.bank, d));
        PAWL_TRY(take_signed(profile, o, &p, d));
        p.policy.has_pin = profile->needs_pin;
        PAWL_TRY(proven_pcrs(t, profile, &logs, o, &p, d));
        *ret = p;
        p = (pawl_boot_policy){ 0 };
        return PAWL_OK;
}
