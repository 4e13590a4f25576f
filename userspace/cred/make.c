/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/make.h"

#include "core/cred-name.h"
#include "userspace/cred/crypt.h"
#include "userspace/cred/host-key.h"
#include "userspace/cred/hpke.h"

#define LINE 76 /* characters of base64 */

/* What the header borrows from, and the keys. */
typedef struct job {
        pawl_cred_envelope e;
        pawl_buffer blob, srk;
        pawl_policy_digest policy;
        uint8_t ephemeral[PAWL_HPKE_KEY_SIZE];
        pawl_secret host, second; /* `second`: the TPM's or the store's part */
} job;

static void job_done(job *j)
{
        pawl_buffer_done(&j->blob);
        pawl_buffer_done(&j->srk);
        pawl_secret_done(&j->host);
        pawl_secret_done(&j->second);
}

/* Old kinds do not name their parent: it is made anew, as systemd before 254 did. */
static pawl_err seal_here(const pawl_cred_make *m, job *j, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        bool is_new = false;

        if (m->type->parts & PAWL_CRED_SRK)
                PAWL_TRY(pawl_tpm_srk_setup(m->t, &srk, &is_new, d));
        else
                PAWL_TRY(pawl_tpm_srk_transient(
                        m->t, /* is_rsa= */ false, /* is_legacy= */ true, &srk, d));
        PAWL_TRY(pawl_seal(m->t, srk, m->policy, pawl_secret_span(&j->second), PAWL_SPAN_NULL,
                &j->blob, &j->policy, d));
        return m->type->parts & PAWL_CRED_SRK ? pawl_tpm_srk_export(m->t, srk, &j->srk, d)
                                              : PAWL_OK;
}

static pawl_err seal_elsewhere(const pawl_cred_make *m, job *j, pawl_diag *d)
{
        if (!(m->type->parts & PAWL_CRED_SRK))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "this format does not name the TPM's storage root key, so that it cannot "
                        "be sealed to without the TPM");
        PAWL_TRY(pawl_seal_elsewhere(
                m->device_key, m->policy, pawl_secret_span(&j->second), &j->blob, &j->policy, d));
        return pawl_tpm_srk_of_public(m->device_key, &j->srk, d);
}

static pawl_err add_tpm2(const pawl_cred_make *m, job *j, pawl_diag *d)
{
        PAWL_TRY(pawl_secret_random(PAWL_SEAL_SECRET_SIZE, &j->second));
        PAWL_TRY(m->t ? seal_here(m, j, d) : seal_elsewhere(m, j, d));
        j->e.literal_mask = m->policy->literal.mask;
        j->e.bank = m->policy->literal.mask != 0 ? m->policy->literal.bank : m->policy->bank;
        j->e.blob = pawl_buffer_span(&j->blob);
        j->e.policy_digest = pawl_span_of(j->policy.bytes, sizeof(j->policy.bytes));
        j->e.signed_mask = m->policy->signed_mask;
        j->e.public_key_pem = m->policy->public_key_pem;
        j->e.srk = pawl_buffer_span(&j->srk);
        return PAWL_OK;
}

static pawl_err add_store(const pawl_cred_make *m, job *j, pawl_diag *d)
{
        pawl_span public = pawl_span_of(m->store->key, sizeof(m->store->key));
        pawl_span info = pawl_span_of(m->type->id, PAWL_CRED_ID_SIZE);

        if (pawl_hpke_send(public, info, j->ephemeral, &j->second) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_CRYPTO, "the store's public key is not a good one");
        j->e.store_flags = m->is_authenticated ? PAWL_STORE_AUTHENTICATED : 0;
        j->e.store_id = pawl_span_of(m->store->id, sizeof(m->store->id));
        j->e.ephemeral = pawl_span_of(j->ephemeral, sizeof(j->ephemeral));
        return PAWL_OK;
}

static pawl_err add_keys(const pawl_cred_make *m, job *j, pawl_diag *d)
{
        if (m->type->parts & PAWL_CRED_TPM2)
                PAWL_TRY(add_tpm2(m, j, d));
        if (m->type->parts & PAWL_CRED_STORE)
                PAWL_TRY(add_store(m, j, d));
        if (pawl_cred_envelope_wants_host(&j->e))
                PAWL_TRY(pawl_host_key_setup(m->host_key, &j->host, d));
        j->e.scope = PAWL_CRED_SCOPE_ALL;
        return PAWL_OK;
}

static pawl_err in_lines(pawl_span bytes, pawl_buffer *ret)
{
        pawl_autosecret pawl_secret text = { 0 };
        pawl_autobuffer pawl_buffer out = { 0 };
        pawl_writer w;

        PAWL_TRY(pawl_base64_encode(bytes, &text));
        PAWL_TRY(pawl_buffer_new(text.len + text.len / LINE + 1, &out));
        w = pawl_writer_of(out.data, out.len);
        for (size_t i = 0; i < text.len; i += LINE) {
                size_t n = text.len - i < LINE ? text.len - i : LINE;

                PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(text.data + i, n)));
                PAWL_TRY(pawl_write_u8(&w, '\n'));
        }
        out.len = w.len;
        *ret = out;
        out = (pawl_buffer){ 0 };
        return PAWL_OK;
}

static pawl_err check(const pawl_cred_make *m, pawl_span secret, pawl_diag *d)
{
        if (secret.len > PAWL_CRED_SECRET_MAX)
                return pawl_fail(d, PAWL_ERR_LIMIT,
                        "a credential holds at most 1 MiB, and this is %zu bytes", secret.len);
        if (m->name[0] != '\0' && !pawl_cred_name_is_valid(pawl_span_str(m->name)))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "\"%s\" cannot be the name of a credential: 1 to 255 printable characters "
                        "without '/' and ':'",
                        m->name);
        if (m->not_after < m->timestamp)
                return pawl_fail(d, PAWL_ERR_USAGE, "it would expire before it begins");
        return PAWL_OK;
}

pawl_err pawl_cred_seal(
        const pawl_cred_make *m, pawl_span secret, pawl_buffer *ret_text, pawl_diag *d)
{
        const pawl_cred_inner inner = { m->timestamp, m->not_after, pawl_span_str(m->name),
                secret };
        pawl_cleanup(job_done) job j = { .e.type = m->type };
        pawl_autosecret pawl_secret plaintext = { 0 }, key = { 0 };
        pawl_autobuffer pawl_buffer bytes = { 0 };

        PAWL_TRY(check(m, secret, d));
        PAWL_TRY(add_keys(m, &j, d));
        PAWL_TRY(pawl_cred_inner_write(&inner, &plaintext));
        PAWL_TRY(pawl_cred_data_key(
                pawl_secret_span(&j.host), pawl_secret_span(&j.second), m->scope, &key));
        PAWL_TRY(pawl_cred_encrypt(
                pawl_secret_span(&key), j.e, pawl_secret_span(&plaintext), &bytes));
        return in_lines(pawl_buffer_span(&bytes), ret_text);
}
