/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/describe.h"

#include <stdio.h>
#include <string.h>

#include "userspace/seal/words.h"

#define BIT(n)      (1u << (n))
#define PCR_BOOT    4
#define PCR_SECURE  7
#define PCR_KERNEL  11
#define PCR_CONFIG  12
#define PCR_VOLUMES 15

static void print_tpm2(FILE *f, const pawl_token_tpm2 *t)
{
        const pawl_seal_policy p = {
                .public_key_pem = pawl_buffer_span(&t->public_key_pem),
                .signed_mask = t->public_key_mask,
                .ref = t->ref,
                .literal.mask = t->pcr_mask,
        };
        const char *between = pawl_policy_print(f, &p, "as enrolled") ? "; " : "";

        if (t->is_pcrlock) {
                (void)fprintf(f, "%sa pcrlock policy (not supported)", between);
                between = "; ";
        }
        if (t->has_pin)
                (void)fprintf(f, "%sa PIN (%s)", between,
                        t->argon2_memory_bytes != 0 ? "Argon2id" : "direct");
        else if (*between == '\0')
                (void)fputs("nothing but this TPM", f);
}

/* An uncompressed point has an odd length, what RSA encrypted none. */
static void print_pkcs11(FILE *f, const pawl_token_pkcs11 *t)
{
        const char *padding = pawl_token_paddings[t->padding];

        (void)fprintf(f, "the PKCS#11 token %s and its PIN, ", t->uri);
        if (t->key.len % 2 != 0)
                (void)fputs("ECDH", f);
        else
                (void)fprintf(f, "RSA with %s", padding ? padding : "pkcs1");
}

static void print_fido2(FILE *f, const pawl_token_fido2 *t)
{
        (void)fputs("the FIDO2 token that was enrolled", f);
        if (t->pin == PAWL_FIDO2_YES)
                (void)fputs(", its PIN", f);
        if (t->presence != PAWL_FIDO2_NO)
                (void)fputs(", a touch", f);
        if (t->verification == PAWL_FIDO2_YES)
                (void)fputs(", a finger print or the like", f);
}

static void print_token(FILE *f, const pawl_token *t)
{
        switch (t->kind) {
        case PAWL_TOKEN_TPM2:
                print_tpm2(f, &t->tpm2);
                return;
        case PAWL_TOKEN_RECOVERY:
                (void)fputs("the recovery key, typed", f);
                return;
        case PAWL_TOKEN_FIDO2:
                print_fido2(f, &t->fido2);
                return;
        case PAWL_TOKEN_PKCS11:
                print_pkcs11(f, &t->pkcs11);
                return;
        case PAWL_TOKEN_OTHER:
                break;
        }
        if (t->why)
                (void)fprintf(f, "cannot be read: %s", t->why);
        else
                (void)fprintf(f, "a token of the unknown type %s", t->type);
}

pawl_err pawl_token_describe(const pawl_token *t, char **ret)
{
        char *text = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&text, &len);

        if (!f)
                return PAWL_ERR_NO_MEMORY;
        print_token(f, t);
        if (fclose(f) != 0 || !text) {
                free(text);
                return PAWL_ERR_NO_MEMORY;
        }
        pawl_text_sanitize(text);
        *ret = text;
        return PAWL_OK;
}

/* Weak without a PIN: each PCR that is left out lets somebody in. */
static size_t weak_pcrs(const pawl_token_tpm2 *t, const char **ret)
{
        uint32_t bound = t->pcr_mask | t->public_key_mask;
        size_t n = 0;

        if (bound == 0 && !t->is_pcrlock) {
                ret[n++] = "no PCR is bound: whoever can start anything on this machine opens it";
                return n;
        }
        if (!(bound & (BIT(PCR_SECURE) | BIT(PCR_BOOT))) && !t->is_pcrlock)
                ret[n++] = "neither PCR 7 nor 4 is bound: an own EFI program can extend the other "
                           "PCRs with the genuine digests, and open it";
        if (!(bound & (BIT(PCR_KERNEL) | BIT(PCR_BOOT))) && !t->is_pcrlock)
                ret[n++] = "neither PCR 11 nor 4 is bound: any image with the same Secure Boot "
                           "signature opens it";
        if (!(bound & BIT(PCR_CONFIG)) && !t->is_pcrlock)
                ret[n++] = "PCR 12 is not bound: another command line or credential opens it too";
        if (!(bound & BIT(PCR_VOLUMES)))
                ret[n++] = "PCR 15 is not bound: it opens also after a foreign volume was opened";
        return n;
}

size_t pawl_token_weaknesses(const pawl_token *t, const char *ret[static PAWL_WEAK_MAX])
{
        const pawl_token_tpm2 *p = &t->tpm2;
        size_t n = 0;

        if (t->kind != PAWL_TOKEN_TPM2)
                return 0;
        n = weak_pcrs(p, ret);
        if (p->public_key_mask != 0 && p->ref[0] == '\0')
                ret[n++] = "its signatures have no reference: it opens in every phase that the key "
                           "signed, usually after boot too";
        if ((p->pcr_mask | p->public_key_mask) != 0 && p->has_bank && p->bank == PAWL_ALG_SHA1)
                ret[n++] = "the bank is sha1, for which collisions are known";
        if (p->has_pin && p->argon2_memory_bytes == 0)
                ret[n++] = "the PIN is guarded by the TPM's lock-out alone (no Argon2id)";
        return n;
}

/* ESYS serialisation: BE32 handle, TPM2B_NAME, … */
pawl_err pawl_token_srk_name(const pawl_token *t, pawl_span *ret)
{
        pawl_reader r = pawl_reader_of(pawl_buffer_span(&t->tpm2.srk));
        uint32_t handle = 0;
        uint16_t len = 0;

        if (r.left.len == 0)
                return PAWL_ERR_NOT_FOUND;
        PAWL_TRY(pawl_read_be32(&r, &handle));
        PAWL_TRY(pawl_read_be16(&r, &len));
        if (len != PAWL_NAME_SIZE)
                return PAWL_ERR_FORMAT;
        return pawl_read_bytes(&r, len, ret);
}

const char *pawl_keyslot_words(bool is_unstretched)
{
        return is_unstretched ? "nothing that is known: an enrolment that was interrupted left it"
                              : "a passphrase, typed";
}
