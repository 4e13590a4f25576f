/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/describe.h"

#include <stdio.h>
#include <string.h>

#include "core/phase.h"
#include "userspace/seal/policy-key.h"

#define BIT(n)      (1u << (n))
#define KEY_ID_LEN  8 /* hex digits of the key's fingerprint that are shown */
#define PCR_BOOT    4
#define PCR_SECURE  7
#define PCR_KERNEL  11
#define PCR_CONFIG  12
#define PCR_VOLUMES 15

static void print_pcrs(FILE *f, uint32_t mask)
{
        const char *comma = "PCR ";

        for (int i = 0; i < 32; i++)
                if (mask >> i & 1) {
                        (void)fprintf(f, "%s%d", comma, i);
                        comma = ", ";
                }
}

static void print_key(FILE *f, pawl_span pem)
{
        pawl_autofree char *hex = NULL;
        pawl_policy_key key;

        if (pawl_policy_key_parse(pem, &key, NULL) == PAWL_OK &&
                pawl_hex_encode(pawl_digest_span(&key.fingerprint), &hex) == PAWL_OK)
                (void)fprintf(f, "%.*s...", KEY_ID_LEN, hex);
        else
                (void)fputs("(unreadable)", f);
}

static const char *when(const char *ref)
{
        if (strcmp(ref, PAWL_REF_INITRD) == 0)
                return ": in the initrd only";
        return ref[0] == '\0' ? ", no reference: openable after boot" : "";
}

static void print_tpm2(FILE *f, const pawl_token_tpm2 *t)
{
        const char *between = "";

        if (t->pcr_mask != 0) {
                print_pcrs(f, t->pcr_mask);
                (void)fputs(" as enrolled", f);
                between = "; ";
        }
        if (t->public_key_mask != 0) {
                (void)fputs(between, f);
                print_pcrs(f, t->public_key_mask);
                (void)fputs(" signed by key ", f);
                print_key(f, pawl_buffer_span(&t->public_key_pem));
                (void)fprintf(f, "%s%s%s", t->ref[0] ? ", reference " : "", t->ref, when(t->ref));
                between = "; ";
        }
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
