/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/seal/words.h"

#include <string.h>

#include "core/phase.h"
#include "userspace/seal/policy-key.h"

#define KEY_ID_LEN 8 /* hex digits of the key's fingerprint that are shown */

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
        if (strcmp(ref, PAWL_REF_SERVICES) == 0)
                return ": between the initrd and ready";
        return ref[0] == '\0' ? ", no reference: openable after boot" : "";
}

bool pawl_policy_print(FILE *f, const pawl_seal_policy *p, const char *how)
{
        const char *ref = p->ref ? p->ref : "";

        if (p->literal.mask != 0) {
                print_pcrs(f, p->literal.mask);
                (void)fprintf(f, " %s", how);
        }
        if (p->signed_mask != 0) {
                (void)fputs(p->literal.mask != 0 ? "; " : "", f);
                print_pcrs(f, p->signed_mask);
                (void)fputs(" signed by key ", f);
                print_key(f, p->public_key_pem);
                (void)fprintf(f, "%s%s%s", ref[0] ? ", reference " : "", ref, when(ref));
        }
        return (p->literal.mask | p->signed_mask) != 0;
}
