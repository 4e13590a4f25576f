/* SPDX-License-Identifier: BSD-2-Clause */
/* The storage root key. Template: TCG TPM v2.0 Provisioning Guidance 7.5.1 as systemd 254 and later
 * make it, at 0x81000001. */
#include <stdlib.h>
#include <tss2/tss2_mu.h>

#include "userspace/host/hash.h"
#include "userspace/tpm/esys.h"

#define SRK_ATTRIBUTES                                                                             \
        0x00030472u /* fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA,             \
                     restricted, decrypt */
/* before systemd 254: a primary made anew for each use, without noDA */
#define LEGACY_ATTRIBUTES 0x00030072u

static TPM2B_PUBLIC template(bool is_rsa, uint32_t attributes)
{
        static const TPMT_SYM_DEF_OBJECT aes = { TPM2_ALG_AES, { .aes = 128 },
                { .aes = TPM2_ALG_CFB } };
        TPM2B_PUBLIC p = {
                .publicArea = {.type = is_rsa ? TPM2_ALG_RSA : TPM2_ALG_ECC,
                               .nameAlg = TPM2_ALG_SHA256,
                               .objectAttributes = attributes}
        };
        TPMS_ECC_PARMS *ecc = &p.publicArea.parameters.eccDetail;
        TPMS_RSA_PARMS *rsa = &p.publicArea.parameters.rsaDetail;

        if (is_rsa) {
                rsa->symmetric = aes;
                rsa->scheme.scheme = TPM2_ALG_NULL;
                rsa->keyBits = 2048;
                return p;
        }
        ecc->symmetric = aes;
        ecc->scheme.scheme = TPM2_ALG_NULL;
        ecc->curveID = TPM2_ECC_NIST_P256;
        ecc->kdf.scheme = TPM2_ALG_NULL;
        return p;
}

void pawl_tpm_srk_free_p(pawl_tpm_srk **s)
{
        pawl_tpm_srk *k = *s;

        *s = NULL;
        if (!k)
                return;
        if (k->is_transient) {
                pawl_tpm_object o = { k->tpm, k->handle };
                pawl_tpm_object_flush_p(&o);
        } else if (k->handle != ESYS_TR_NONE) {
                TSS2_RC rc = Esys_TR_Close(k->tpm->esys, &k->handle);
                (void)rc; /* forgets the reference; no command */
        }
        free(k);
}

static pawl_err srk_new(pawl_tpm *t, bool is_transient, pawl_tpm_srk **ret, pawl_diag *d)
{
        pawl_tpm_srk *s = calloc(1, sizeof(*s));

        if (!s)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "TPM: out of memory");
        *s = (pawl_tpm_srk){ .tpm = t, .handle = ESYS_TR_NONE, .is_transient = is_transient };
        *ret = s;
        return PAWL_OK;
}

static pawl_err set_name(pawl_tpm_srk *s, pawl_span name, pawl_diag *d)
{
        if (name.len != PAWL_NAME_SIZE)
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "storage root key: its name is not a SHA-256 one; clear the TPM, or use "
                        "another way to open");
        pawl_copy(s->name, name.data, name.len);
        return PAWL_OK;
}

static bool is_aes_128_cfb(const TPMT_SYM_DEF_OBJECT *sym)
{
        return sym->algorithm == TPM2_ALG_AES && sym->keyBits.aes == 128 &&
               sym->mode.aes == TPM2_ALG_CFB;
}

/* A storage key (restricted, decrypt) whose private part never left the TPM; any other key could
 * not keep a session's salt secret. */
static bool is_storage_key(const TPMT_PUBLIC *p, uint32_t attributes)
{
        bool has_parms = (p->type == TPM2_ALG_ECC &&
                                 p->parameters.eccDetail.curveID == TPM2_ECC_NIST_P256) ||
                         (p->type == TPM2_ALG_RSA && p->parameters.rsaDetail.keyBits >= 2048);

        return has_parms && p->nameAlg == TPM2_ALG_SHA256 && p->objectAttributes == attributes &&
               is_aes_128_cfb(&p->parameters.asymDetail.symmetric);
}

bool pawl_tpm_is_srk(const TPMT_PUBLIC *p)
{
        return is_storage_key(p, SRK_ATTRIBUTES);
}

/* TPM name = nameAlg || H(TPMT_PUBLIC). Part 1, 16. */
static pawl_err check_name(const TPMT_PUBLIC *p, pawl_span name)
{
        uint8_t area[sizeof(TPMT_PUBLIC)];
        size_t len = 0;
        pawl_digest h;

        if (Tss2_MU_TPMT_PUBLIC_Marshal(p, area, sizeof(area), &len) != TSS2_RC_SUCCESS)
                return PAWL_ERR_FORMAT;
        PAWL_TRY(pawl_hash(PAWL_ALG_SHA256, pawl_span_of(area, len), &h));
        if (name.len != PAWL_NAME_SIZE || name.data[0] != TPM2_ALG_SHA256 >> 8 ||
                name.data[1] != (TPM2_ALG_SHA256 & 0xff))
                return PAWL_ERR_FORMAT;
        return pawl_equal_ct(name.data + 2, h.bytes, PAWL_SHA256_SIZE) ? PAWL_OK
                                                                       : PAWL_ERR_MISMATCH;
}

/* The serialised ESYS handle: BE32 handle | TPM2B_NAME | BE32 resource type | TPM2B_PUBLIC. */
static pawl_err parse_serialized(
        pawl_span serialized, uint32_t *ret_handle, pawl_span *ret_name, TPM2B_PUBLIC *ret_public)
{
        pawl_reader r = pawl_reader_of(serialized);
        pawl_span name;
        uint32_t handle, type;
        uint16_t name_len;
        size_t off = 0;

        PAWL_TRY(pawl_read_be32(&r, &handle));
        PAWL_TRY(pawl_read_be16(&r, &name_len));
        PAWL_TRY(pawl_read_bytes(&r, name_len, &name));
        PAWL_TRY(pawl_read_be32(&r, &type));
        if (type != PAWL_ESYS_RESOURCE_KEY)
                return PAWL_ERR_FORMAT;
        if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(r.left.data, r.left.len, &off, ret_public) !=
                        TSS2_RC_SUCCESS ||
                off != r.left.len)
                return PAWL_ERR_FORMAT;
        *ret_handle = handle;
        *ret_name = name;
        return PAWL_OK;
}

pawl_err pawl_tpm_srk_import(pawl_tpm *t, pawl_span serialized, pawl_tpm_srk **ret, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *s = NULL;
        TPM2B_PUBLIC public = { 0 };
        uint32_t handle;
        pawl_span name;

        if (parse_serialized(serialized, &handle, &name, &public) != PAWL_OK ||
                handle >> TPM2_HR_SHIFT != TPM2_HT_PERSISTENT ||
                check_name(&public.publicArea, name) != PAWL_OK ||
                !pawl_tpm_is_srk(&public.publicArea))
                return pawl_fail(d, PAWL_ERR_FORMAT,
                        "token: the storage root key in it is not a persistent storage key, or is "
                        "damaged");
        PAWL_TRY(srk_new(t, /* is_transient= */ false, &s, d));
        PAWL_TRY(set_name(s, name, d));
        PAWL_TRY(pawl_tpm_rc(t,
                Esys_TR_Deserialize(t->esys, serialized.data, serialized.len, &s->handle), d,
                "taking the storage root key from the token"));
        *ret = pawl_take(&s);
        return PAWL_OK;
}

pawl_err pawl_tpm_srk_export(pawl_tpm *t, const pawl_tpm_srk *s, pawl_buffer *ret, pawl_diag *d)
{
        pawl_autoesys uint8_t *bytes = NULL;
        size_t len = 0;

        *ret = (pawl_buffer){ 0 };
        if (s->is_transient)
                return PAWL_OK;
        PAWL_TRY(pawl_tpm_rc(t, Esys_TR_Serialize(t->esys, s->handle, &bytes, &len), d,
                "writing down the storage root key"));
        return pawl_buffer_dup(pawl_span_of(bytes, len), ret);
}

static pawl_err check_found(pawl_tpm *t, pawl_tpm_srk *s, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };
        TPM2B_PUBLIC public = { 0 };
        uint32_t handle;
        pawl_span name;

        PAWL_TRY(pawl_tpm_srk_export(t, s, &b, d));
        if (parse_serialized(pawl_buffer_span(&b), &handle, &name, &public) != PAWL_OK ||
                !pawl_tpm_is_srk(&public.publicArea))
                return pawl_fail(d, PAWL_ERR_UNSUPPORTED,
                        "%s: the key at 0x%x is not a storage root key of the usual kind; another "
                        "program put it there: clear the TPM in the firmware's setup, or remove it "
                        "with tpm2_evictcontrol",
                        t->name, PAWL_TPM_SRK_HANDLE);
        return set_name(s, name, d);
}

pawl_err pawl_tpm_srk_find(pawl_tpm *t, pawl_tpm_srk **ret, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *s = NULL;
        TSS2_RC rc;

        PAWL_TRY(srk_new(t, /* is_transient= */ false, &s, d));
        rc = Esys_TR_FromTPMPublic(
                t->esys, PAWL_TPM_SRK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &s->handle);
        if (pawl_tpm_rc_base(rc) == TPM2_RC_HANDLE)
                return pawl_fail(d, PAWL_ERR_NOT_FOUND,
                        "%s: there is no storage root key at 0x%x: the TPM is new or was cleared",
                        t->name, PAWL_TPM_SRK_HANDLE);
        PAWL_TRY(pawl_tpm_rc(t, rc, d, "looking for the storage root key"));
        PAWL_TRY(check_found(t, s, d));
        *ret = pawl_take(&s);
        return PAWL_OK;
}

static pawl_err create_primary(pawl_tpm *t, const TPM2B_PUBLIC *in, pawl_tpm_srk *s, pawl_diag *d)
{
        static const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
        static const TPM2B_DATA outside = { 0 };
        static const TPML_PCR_SELECTION no_pcrs = { 0 };
        pawl_autoesys TPM2B_NAME *name = NULL;
        unsigned tries = 0;
        TSS2_RC rc;

        do
                rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                        ESYS_TR_NONE, &sensitive, in, &outside, &no_pcrs, &s->handle, NULL, NULL,
                        NULL, NULL);
        while (pawl_tpm_again(t, rc, &tries));
        if (pawl_tpm_rc_base(rc) == TPM2_RC_BAD_AUTH || pawl_tpm_rc_base(rc) == TPM2_RC_AUTH_FAIL)
                return pawl_fail(d, PAWL_ERR_DENIED,
                        "%s: making the storage root key: the owner's hierarchy has a password; "
                        "make the key with it (tpm2_createprimary, tpm2_evictcontrol), or clear "
                        "the TPM",
                        t->name);
        PAWL_TRY(pawl_tpm_rc(t, rc, d, "making the storage root key"));
        PAWL_TRY(pawl_tpm_rc(
                t, Esys_TR_GetName(t->esys, s->handle, &name), d, "making the storage root key"));
        return set_name(s, pawl_span_of(name->name, name->size), d);
}

pawl_err pawl_tpm_srk_transient(
        pawl_tpm *t, bool is_rsa, bool is_legacy, pawl_tpm_srk **ret, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *s = NULL;
        TPM2B_PUBLIC in = template(is_rsa, is_legacy ? LEGACY_ATTRIBUTES : SRK_ATTRIBUTES);

        PAWL_TRY(srk_new(t, /* is_transient= */ true, &s, d));
        PAWL_TRY(create_primary(t, &in, s, d));
        *ret = pawl_take(&s);
        return PAWL_OK;
}

static pawl_err make_persistent(pawl_tpm *t, pawl_tpm_srk **ret, pawl_diag *d)
{
        pawl_autosrk pawl_tpm_srk *primary = NULL, *s = NULL;
        TPM2B_PUBLIC in = template(/* is_rsa= */ false, SRK_ATTRIBUTES);

        PAWL_TRY(srk_new(t, /* is_transient= */ true, &primary, d));
        PAWL_TRY(create_primary(t, &in, primary, d));
        PAWL_TRY(srk_new(t, /* is_transient= */ false, &s, d));
        PAWL_TRY(pawl_tpm_rc(t,
                Esys_EvictControl(t->esys, ESYS_TR_RH_OWNER, primary->handle, ESYS_TR_PASSWORD,
                        ESYS_TR_NONE, ESYS_TR_NONE, PAWL_TPM_SRK_HANDLE, &s->handle),
                d, "storing the storage root key"));
        PAWL_TRY(set_name(s, pawl_span_of(primary->name, PAWL_NAME_SIZE), d));
        *ret = pawl_take(&s);
        return PAWL_OK;
}

pawl_err pawl_tpm_srk_setup(pawl_tpm *t, pawl_tpm_srk **ret, bool *ret_is_new, pawl_diag *d)
{
        pawl_err err = pawl_tpm_srk_find(t, ret, d);
        bool is_new = err == PAWL_ERR_NOT_FOUND;

        if (is_new)
                err = make_persistent(t, ret, d);
        if (err == PAWL_OK)
                *ret_is_new = is_new;
        return err;
}

pawl_span pawl_tpm_srk_name(const pawl_tpm_srk *s)
{
        return pawl_span_of(s->name, PAWL_NAME_SIZE);
}
