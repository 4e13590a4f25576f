/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/announce.h"

#include "userspace/host/output.h"
#include "userspace/host/prompt.h"
#include "userspace/luks/token-evidence.h"
#include "userspace/seal/boot-policy.h"

typedef struct job {
        const pawl_announce_args *a;
        pawl_next_boot *b;
        const char *const *devices;
        size_t n;
        pawl_profile profile;
        pawl_boot_policy policy;
        pawl_buffer evidence;
        pawl_sealed sealed;
        /* what was written, in the order of the devices */
        pawl_disk disks[PAWL_ANNOUNCE_MAX];
        int tokens[PAWL_ANNOUNCE_MAX];
        size_t n_written;
} job;

static void job_done(job *j)
{
        for (size_t i = 0; i < PAWL_ANNOUNCE_MAX; i++)
                pawl_disk_done(&j->disks[i]);
        pawl_boot_policy_done(&j->policy);
        pawl_buffer_done(&j->evidence);
        pawl_sealed_done(&j->sealed);
}

/* --- who needs it --- */

static pawl_err needs_one(job *j, pawl_disk *k, bool *ret, pawl_diag *d)
{
        const char *device = pawl_volume_device(k->volume);
        pawl_prospect worst = { .outlook = PAWL_OUTLOOK_UNSURE };

        *ret = true;
        (void)snprintf(worst.reason, sizeof(worst.reason), "no TPM is enrolled in it");
        for (size_t i = 0; i < k->n_tokens && *ret; i++) {
                if (k->tokens[i].kind != PAWL_TOKEN_TPM2)
                        continue;
                PAWL_TRY(pawl_next_boot_token(j->b, &k->tokens[i], NULL, &worst, d));
                *ret = worst.outlook != PAWL_OUTLOOK_OPENS;
        }
        if (*ret)
                pawl_say("%s: as it is enrolled now: %s: %s", device,
                        pawl_outlook_text(worst.outlook), worst.reason);
        else
                pawl_say("%s: will open: %s", device, worst.reason);
        return PAWL_OK;
}

static pawl_err look(job *j, bool *ret_is_needed, pawl_diag *d)
{
        for (size_t i = 0; i < j->n; i++) {
                bool is_needed = false;

                PAWL_TRY(pawl_disk_open(j->devices[i], &j->disks[i], d));
                PAWL_TRY(pawl_volume_check_crypto(j->disks[i].volume, d));
                PAWL_TRY(needs_one(j, &j->disks[i], &is_needed, d));
                *ret_is_needed |= is_needed;
        }
        return PAWL_OK;
}

/* --- the policy of the coming boot --- */

static pawl_err check_known(const pawl_forecast *f, uint32_t mask, pawl_diag *d)
{
        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++) {
                if (!(mask >> i & 1))
                        continue;
                if ((f->unknown >> i & 1) && !(f->differ >> i & 1))
                        return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                                "PCR %u: %s; nothing was enrolled: have the recovery key at hand "
                                "for that boot, and enrol again after it",
                                i, f->why[i]);
                if (f->differ >> i & 1)
                        pawl_say("PCR %u: %s; taken to be done as most firmware does it, otherwise "
                                 "that boot asks for a person",
                                i, f->why[i]);
        }
        return PAWL_OK;
}

static pawl_err check_signature(job *j, const pawl_pcr_set *opening, pawl_diag *d)
{
        bool fits = true;
        size_t n = 0;

        if (j->policy.policy.signed_mask == 0)
                return PAWL_OK;
        PAWL_TRY(pawl_pcr_signatures_fit(
                pawl_next_boot_signatures(j->b), &j->policy.policy, opening, &n, &fits, d));
        return fits ? PAWL_OK
                    : pawl_fail(d, PAWL_ERR_REFUSED,
                              "the image that will be started has no PCR signature of this image's "
                              "key that fits it: no token would open; sign it with that key");
}

/* Each PCR that follows the content of the boot partition. */
static const struct {
        unsigned pcr;
        const char *what;
} from_partition[] = {
        {PAWL_PCR_BOOT,                "another loader or image"    },
        { PAWL_PCR_BOOT_LOADER_CONFIG, "another loader.conf"        },
        { PAWL_PCR_KERNEL_BOOT,        "another image"              },
        { PAWL_PCR_KERNEL_CONFIG,      "other credentials beside it"},
};

/* `now`, `next`: the literal values of both boots. Whoever can write the partition could otherwise
 * wait for an announcement of something else, and have the key sealed to what he put there. */
static pawl_err check_partition(
        const job *j, const pawl_pcr_set *now, const pawl_pcr_set *next, pawl_diag *d)
{
        const pawl_next_start_args *start = &j->a->boot->next.start;
        /* what is named is what is announced */
        const bool is_named = start->uki || start->loader;
        bool is_there = false, is_other = false;

        for (size_t i = 0; i < sizeof(from_partition) / sizeof(from_partition[0]); i++) {
                const unsigned pcr = from_partition[i].pcr;

                if (!(now->mask >> pcr & 1) || (is_named && pcr != PAWL_PCR_KERNEL_CONFIG) ||
                        pawl_span_equal(pawl_digest_span(&now->values[pcr]),
                                pawl_digest_span(&next->values[pcr])))
                        continue;
                pawl_say("PCR %u: the boot partition has %s than this boot had, and no signature "
                         "says by whom",
                        pcr, from_partition[i].what);
                is_other = true;
        }
        if (!is_other || j->a->accept_boot_partition ||
                pawl_prompt_word("Did you put it there? 'yes' seals to it:", "yes", &is_there))
                return PAWL_OK;
        return is_there ? pawl_fail(d, PAWL_ERR_CANCELLED, "nothing was enrolled")
                        : pawl_fail(d, PAWL_ERR_REFUSED,
                                  "nothing was enrolled, as nobody is there to ask; say "
                                  "--accept-boot-partition if it is meant to be there");
}

/* The checks are those of an enrolment in this boot; the values are the coming one's. */
static pawl_err make_policy(job *j, pawl_diag *d)
{
        const pawl_boot_policy_options o = {
                .firmware_log = j->a->boot->from.firmware_log,
                .user_log = j->a->boot->from.user_log,
                .public_key = j->a->public_key,
                .signature = j->a->boot->from.signature,
                .accept_foreign_authority = j->a->accept_foreign_authority,
        };
        pawl_seal_policy *p = &j->policy.policy;
        const pawl_forecast *f;
        pawl_verified_log log;
        pawl_pcr_set opening;

        PAWL_TRY(pawl_profile_load(
                NULL, j->a->profile ? j->a->profile : "signed-os", &j->profile, d));
        if (j->profile.needs_pin)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "the profile %s wants a PIN, which nobody announces for others: enrol "
                        "again after that boot",
                        j->profile.name);
        PAWL_TRY(pawl_boot_policy_for_enrolment(j->b->t, &j->profile, &o, &j->policy, d));
        PAWL_TRY(pawl_next_boot_bank(j->b, p->bank, &f, d));
        if (f->refused)
                return pawl_fail(d, PAWL_ERR_REFUSED, "%s", f->refused);
        if (j->b->inputs.wish.without_secure_boot && p->signed_mask != 0)
                return pawl_fail(d, PAWL_ERR_REFUSED,
                        "without Secure Boot anybody's program can take part in a boot: nothing is "
                        "enrolled for that; have the recovery key at hand");
        PAWL_TRY(check_known(f, p->literal.mask | p->signed_mask, d));
        PAWL_TRY(pawl_logs_verify(&f->logs, &f->pcrs, 0, &log, d));
        PAWL_TRY(pawl_log_opening_pcrs(&log, p->literal.mask | p->signed_mask, &opening, d));
        PAWL_TRY(check_signature(j, &opening, d));
        opening.mask = p->literal.mask;
        PAWL_TRY(check_partition(j, &p->literal, &opening, d));
        p->literal = opening;
        return p->literal.mask == 0 ? PAWL_OK
                                    : pawl_evidence_make(&log, &p->literal, &j->evidence, d);
}

static pawl_err seal(job *j, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        bool is_new = false;

        PAWL_TRY(pawl_tpm_srk_setup(j->b->t, &srk, &is_new, d));
        PAWL_TRY(pawl_seal_new(j->b->t, srk, &j->policy.policy, /* pin= */ NULL,
                /* is_proven= */ false, PAWL_SPAN_NULL, &j->sealed, d));
        return pawl_token_announced_format(pawl_buffer_span(&j->evidence), &j->sealed.extra);
}

/* --- writing --- */

static pawl_err take_back(job *j, pawl_err err)
{
        for (size_t i = 0; i < j->n_written; i++)
                if (pawl_enroll_take_back(j->disks[i].volume, j->tokens[i], NULL) != PAWL_OK)
                        pawl_say("%s: token %d could not be removed again; 'pawl disk wipe' does "
                                 "it",
                                j->devices[i], j->tokens[i]);
        return err;
}

static pawl_err write_all(job *j, pawl_diag *d)
{
        for (size_t i = 0; i < j->n; i++)
                PAWL_TRY(pawl_disk_unlock_volume(&j->disks[i], &j->a->unlock, d));
        for (; j->n_written < j->n; j->n_written++) {
                const size_t i = j->n_written;
                const pawl_err err = pawl_enroll_sealed(
                        j->disks[i].volume, &j->sealed, &j->tokens[i], d);

                if (err != PAWL_OK)
                        return take_back(j, err);
                pawl_say("%s: token %d was added for that boot; what opens it now still does",
                        j->devices[i], j->tokens[i]);
        }
        return PAWL_OK;
}

/* --- what earlier announcements left --- */

static bool is_shared(const pawl_disk *k, const pawl_token *t)
{
        const uint32_t slots = pawl_volume_token_keyslots(k->volume, t->id);

        for (size_t i = 0; i < k->n_tokens; i++)
                if (k->tokens[i].id != t->id &&
                        (pawl_volume_token_keyslots(k->volume, k->tokens[i].id) & slots) != 0)
                        return true;
        return false;
}

/* Known before the TPM was let go of; removed only once the new one is written. */
static pawl_err find_outdated(job *j, size_t i, uint32_t *ret, pawl_diag *d)
{
        pawl_disk *k = &j->disks[i];

        *ret = 0;
        for (size_t t = 0; t < k->n_tokens; t++) {
                pawl_explanation now;
                pawl_prospect next;

                if (k->tokens[t].kind != PAWL_TOKEN_TPM2 || !pawl_token_is_announced(&k->tokens[t]))
                        continue;
                PAWL_TRY(pawl_next_boot_token(j->b, &k->tokens[t], &now, &next, d));
                if (now.answer == PAWL_ANSWER_PCRS && next.outlook == PAWL_OUTLOOK_STAYS_SHUT &&
                        !is_shared(k, &k->tokens[t]))
                        *ret |= 1u << t;
        }
        return PAWL_OK;
}

static pawl_err remove_outdated(job *j, size_t i, uint32_t which, pawl_diag *d)
{
        for (size_t t = 0; t < j->disks[i].n_tokens; t++) {
                if (!(which >> t & 1))
                        continue;
                PAWL_TRY(pawl_enroll_take_back(j->disks[i].volume, j->disks[i].tokens[t].id, d));
                pawl_say("%s: token %d of an earlier announcement was removed", j->devices[i],
                        j->disks[i].tokens[t].id);
        }
        return PAWL_OK;
}

static pawl_err enroll(job *j, pawl_diag *d)
{
        uint32_t outdated[PAWL_ANNOUNCE_MAX];

        PAWL_TRY(make_policy(j, d));
        PAWL_TRY(seal(j, d));
        for (size_t i = 0; i < j->n; i++)
                PAWL_TRY(find_outdated(j, i, &outdated[i], d));
        /* no conversation is open while a person types */
        pawl_tpm_close_p(&j->b->t);
        PAWL_TRY(write_all(j, d));
        for (size_t i = 0; i < j->n; i++)
                PAWL_TRY(remove_outdated(j, i, outdated[i], d));
        return PAWL_OK;
}

pawl_err pawl_announce(const pawl_announce_args *a, pawl_next_boot *b, const char *const *devices,
        size_t n, pawl_diag *d)
{
        pawl_cleanup(job_done) job j = { .a = a, .b = b, .devices = devices, .n = n };
        bool is_needed = false;

        if (n > PAWL_ANNOUNCE_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT, "more than %d volumes", PAWL_ANNOUNCE_MAX);
        PAWL_TRY(look(&j, &is_needed, d));
        return is_needed ? enroll(&j, d) : PAWL_OK;
}
