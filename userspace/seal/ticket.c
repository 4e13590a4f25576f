/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/ticket.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "userspace/host/hash.h"
#include "userspace/tpm/esys.h"

/* As core/policy.h names it: the attributes are part of the name. */
#define KEY_ATTRIBUTES (TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_USERWITHAUTH)

static TPM2B_PUBLIC public_of(const pawl_policy_key *key)
{
        TPM2B_PUBLIC p = {
                .publicArea = {.type = TPM2_ALG_RSA,
                               .nameAlg = TPM2_ALG_SHA256,
                               .objectAttributes = KEY_ATTRIBUTES}
        };
        TPMS_RSA_PARMS *rsa = &p.publicArea.parameters.rsaDetail;

        rsa->symmetric.algorithm = TPM2_ALG_NULL;
        rsa->scheme.scheme = TPM2_ALG_NULL;
        rsa->keyBits = (TPMI_RSA_KEY_BITS)(key->modulus_len * 8);
        rsa->exponent = key->exponent;
        p.publicArea.unique.rsa.size = (UINT16)key->modulus_len;
        pawl_copy(p.publicArea.unique.rsa.buffer, key->modulus, key->modulus_len);
        return p;
}

/* Under the owner's hierarchy: a ticket of the null hierarchy would not outlive a reset. */
static pawl_err load_key(pawl_tpm *t, const pawl_policy_key *key, pawl_tpm_object *o, pawl_diag *d)
{
        TPM2B_PUBLIC in = public_of(key);
        unsigned tries = 0;
        TSS2_RC rc;

        do
                rc = Esys_LoadExternal(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &in,
                        ESYS_TR_RH_OWNER, &o->handle);
        while (pawl_tpm_again(t, rc, &tries));
        return pawl_tpm_rc(t, rc, d, "loading the policy's public key");
}

static pawl_err message_digest(const pawl_pcr_signature *row, TPM2B_DIGEST *ret)
{
        uint8_t tbs[2 * PAWL_SHA256_SIZE];
        pawl_writer w = pawl_writer_of(tbs, sizeof(tbs));
        pawl_digest h;

        PAWL_TRY(pawl_policy_tbs(&pawl_openssl_hasher, &row->pol, row->ref, &w));
        PAWL_TRY(pawl_hash(PAWL_ALG_SHA256, pawl_written(&w), &h));
        ret->size = PAWL_SHA256_SIZE;
        pawl_copy(ret->buffer, h.bytes, PAWL_SHA256_SIZE);
        return PAWL_OK;
}

static pawl_err verify(pawl_tpm *t, ESYS_TR key, const pawl_pcr_signature *row,
        TPMT_TK_VERIFIED *ret, pawl_diag *d)
{
        TPMT_SIGNATURE sig = { .sigAlg = TPM2_ALG_RSASSA };
        pawl_autoesys TPMT_TK_VERIFIED *verified = NULL;
        TPM2B_DIGEST digest = { 0 };

        if (row->sig.len > sizeof(sig.signature.rsassa.sig.buffer))
                return pawl_fail(
                        d, PAWL_ERR_FORMAT, "PCR signature: longer than any RSA signature");
        PAWL_TRY(message_digest(row, &digest));
        sig.signature.rsassa.hash = TPM2_ALG_SHA256;
        sig.signature.rsassa.sig.size = (UINT16)row->sig.len;
        pawl_copy(sig.signature.rsassa.sig.buffer, row->sig.data, row->sig.len);
        PAWL_TRY(pawl_tpm_rc(t,
                Esys_VerifySignature(t->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                        &digest, &sig, &verified),
                d, "checking the image's PCR signature"));
        *ret = *verified;
        return PAWL_OK;
}

bool pawl_ticket_fits(
        const pawl_ticket *ticket, const pawl_policy_key *key, const pawl_pcr_signature *row)
{
        return ticket->is_valid &&
               pawl_equal_ct(ticket->key_name, key->name, sizeof(ticket->key_name)) &&
               pawl_equal_ct(ticket->pol.bytes, row->pol.bytes, sizeof(row->pol.bytes)) &&
               strcmp(ticket->ref, row->ref) == 0;
}

pawl_err pawl_ticket_get(pawl_tpm *t, const pawl_policy_key *key, const pawl_pcr_signature *row,
        pawl_ticket *ret, pawl_diag *d)
{
        pawl_autoflush pawl_tpm_object o = PAWL_TPM_OBJECT(t);
        pawl_ticket ticket = { .is_valid = true, .pol = row->pol };

        PAWL_TRY(load_key(t, key, &o, d));
        PAWL_TRY(verify(t, o.handle, row, &ticket.verified, d));
        pawl_copy(ticket.key_name, key->name, sizeof(ticket.key_name));
        (void)snprintf(ticket.ref, sizeof(ticket.ref), "%s", row->ref);
        *ret = ticket;
        return PAWL_OK;
}

#define TICKET_MAX                                                                                 \
        (PAWL_NAME_SIZE + PAWL_SHA256_SIZE + 1 + PAWL_POLICY_REF_MAX + sizeof(TPMT_TK_VERIFIED))

pawl_err pawl_ticket_write(const pawl_ticket *ticket, pawl_buffer *ret)
{
        uint8_t bytes[TICKET_MAX], verified[sizeof(TPMT_TK_VERIFIED)];
        pawl_writer w = pawl_writer_of(bytes, sizeof(bytes));
        size_t len = 0;

        if (!ticket->is_valid)
                return PAWL_ERR_NOT_FOUND;
        if (Tss2_MU_TPMT_TK_VERIFIED_Marshal(&ticket->verified, verified, sizeof(verified), &len) !=
                TSS2_RC_SUCCESS)
                return PAWL_ERR_INTERNAL;
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(ticket->key_name, sizeof(ticket->key_name))));
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(ticket->pol.bytes, sizeof(ticket->pol.bytes))));
        PAWL_TRY(pawl_write_u8(&w, (uint8_t)strlen(ticket->ref)));
        PAWL_TRY(pawl_write_str(&w, ticket->ref));
        PAWL_TRY(pawl_write_bytes(&w, pawl_span_of(verified, len)));
        return pawl_buffer_dup(pawl_written(&w), ret);
}

pawl_err pawl_ticket_read(pawl_span bytes, pawl_ticket *ret)
{
        pawl_ticket ticket = { .is_valid = true, .is_kept = true };
        pawl_reader r = pawl_reader_of(bytes);
        pawl_span name, pol, ref;
        uint8_t ref_len;
        size_t off = 0;

        PAWL_TRY(pawl_read_bytes(&r, sizeof(ticket.key_name), &name));
        PAWL_TRY(pawl_read_bytes(&r, sizeof(ticket.pol.bytes), &pol));
        PAWL_TRY(pawl_read_u8(&r, &ref_len));
        PAWL_TRY(pawl_read_bytes(&r, ref_len, &ref));
        if (ref_len >= sizeof(ticket.ref) ||
                Tss2_MU_TPMT_TK_VERIFIED_Unmarshal(
                        r.left.data, r.left.len, &off, &ticket.verified) != TSS2_RC_SUCCESS ||
                off != r.left.len)
                return PAWL_ERR_FORMAT;
        pawl_copy(ticket.key_name, name.data, name.len);
        pawl_copy(ticket.pol.bytes, pol.data, pol.len);
        pawl_copy(ticket.ref, ref.data, ref.len);
        *ret = ticket;
        return PAWL_OK;
}
