/* SPDX-License-Identifier: BSD-2-Clause */
/* LUKS2 tokens of the types systemd-tpm2, -fido2, -pkcs11 and -recovery as a struct, from and to
 * JSON. The header is the attacker's: sizes, types and counts have limits, and nothing in a token
 * lowers what the reader demands. Field names and spelling as systemd has them. */
#ifndef PAWL_LUKS_TOKEN_H
#define PAWL_LUKS_TOKEN_H

#include "userspace/seal/seal.h"
#include "userspace/token/fido2.h"
#include "userspace/token/pkcs11.h"

#define PAWL_TOKEN_JSON_MAX     (64u << 10) /* bytes of one token's JSON */
#define PAWL_TOKEN_KEYSLOTS_MAX 32
#define PAWL_TOKEN_BLOB_MAX     4096u  /* bytes of a sealed object */
#define PAWL_TOKEN_PEM_MAX      16384u /* bytes of a public key's PEM text */
#define PAWL_TOKEN_SALT_MAX     64u

typedef enum pawl_token_kind {
        PAWL_TOKEN_OTHER, /* a type that we do not know, or that cannot be read: listed, never used
                           */
        PAWL_TOKEN_TPM2,
        PAWL_TOKEN_RECOVERY,
        PAWL_TOKEN_FIDO2,
        PAWL_TOKEN_PKCS11,
} pawl_token_kind;

typedef struct pawl_token_tpm2 {
        pawl_buffer blob;          /* TPM2B_PRIVATE || TPM2B_PUBLIC */
        pawl_policy_digest policy; /* as the token says: a hint, never trusted */
        uint32_t pcr_mask;         /* literal PCRs */
        pawl_alg bank;
        bool has_bank, is_rsa_primary, has_pin, is_pcrlock;
        pawl_buffer salt, srk;
        pawl_buffer public_key_pem;
        uint32_t public_key_mask;
        char ref[PAWL_POLICY_REF_MAX + 1]; /* "": none */
        pawl_buffer pcrlock_nv;            /* kept for writing it back; never used */
        uint64_t argon2_memory_bytes;      /* 0: PIN "direct" (PBKDF2) */
        uint32_t argon2_iterations, argon2_lanes;
} pawl_token_tpm2;

typedef struct pawl_token_fido2 {
        pawl_buffer credential, salt; /* the credential's id; what the token's HMAC runs over */
        char rp[PAWL_FIDO2_RP_MAX + 1];
        pawl_fido2_need pin, presence, verification;
} pawl_token_fido2;

typedef struct pawl_token_pkcs11 {
        char *uri;       /* RFC 7512 */
        pawl_buffer key; /* RSA: the encrypted secret; EC: the ephemeral public point */
        pawl_pkcs11_padding padding;
} pawl_token_pkcs11;

typedef struct pawl_token {
        int id; /* in the LUKS2 header; -1 for a new one */
        pawl_token_kind kind;
        char type[64];
        int keyslots[PAWL_TOKEN_KEYSLOTS_MAX];
        size_t n_keyslots;
        pawl_token_tpm2 tpm2;     /* for PAWL_TOKEN_TPM2 */
        pawl_token_fido2 fido2;   /* for PAWL_TOKEN_FIDO2 */
        pawl_token_pkcs11 pkcs11; /* for PAWL_TOKEN_PKCS11 */
        char *extra; /* JSON object of the fields that we do not know, written back as they are;
                        NULL if there are none */
        char *why;   /* for a token that cannot be read: the reason; else NULL */
} pawl_token;

/* FORMAT, MISSING, DUPLICATE, LIMIT, UNSUPPORTED (two shards, unknown algorithms) with the field's
 * name in the diag. Unknown fields are kept, never obeyed. */
PAWL_MUST_CHECK pawl_err pawl_token_parse(pawl_span json, pawl_token *ret, pawl_diag *d);
/* The JSON text as it goes into the header. Parsing it gives the same token. */
PAWL_MUST_CHECK pawl_err pawl_token_format(const pawl_token *t, char **ret, pawl_diag *d);
void pawl_token_done(pawl_token *t);
/* The bank of its PCRs: sha256 where it names none. */
pawl_alg pawl_token_bank(const pawl_token_tpm2 *t);
/* The words of "pkcs11-padding", by pawl_pkcs11_padding; NULL for none. */
#define PAWL_TOKEN_PADDINGS 4u
extern const char *const pawl_token_paddings[PAWL_TOKEN_PADDINGS];
/* "TPM2", "recovery key", …: the kind in words. */
const char *pawl_token_kind_name(pawl_token_kind kind);
#define pawl_autotoken pawl_cleanup(pawl_token_done)

#endif
