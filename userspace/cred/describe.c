/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/cred/describe.h"

#include "userspace/cred/store-key.h"
#include "userspace/cred/tpm-part.h"
#include "userspace/seal/words.h"

static void print_policy(FILE *f, const pawl_seal_policy *p)
{
        (void)fputs("this TPM, ", f);
        if (!pawl_policy_print(f, p, "as at sealing"))
                (void)fputs("whatever was started", f);
}

static void print_store(FILE *f, const pawl_cred_envelope *e, const char *store)
{
        pawl_autostorekey pawl_store_key k = { 0 };
        pawl_autofree char *hex = NULL;

        if (pawl_hex_encode(e->store_id, &hex) == PAWL_OK)
                (void)fprintf(f, "the key pair %.8s...: ", hex);
        if (pawl_store_key_read(store, e->store_id, &k, NULL) == PAWL_OK)
                print_policy(f, &k.policy);
        else
                (void)fputs("which is not here", f);
}

static void print_all(FILE *f, const pawl_cred_envelope *e, const char *store)
{
        const unsigned parts = e->type->parts;
        const pawl_seal_policy policy = pawl_cred_policy(e);

        if (parts == 0)
                (void)fputs("nothing: its key is known to everybody", f);
        if (pawl_cred_envelope_wants_host(e))
                (void)fprintf(f, "this machine's key file%s",
                        parts & (PAWL_CRED_TPM2 | PAWL_CRED_STORE) ? "; " : "");
        if (parts & PAWL_CRED_TPM2)
                print_policy(f, &policy);
        if (parts & PAWL_CRED_STORE)
                print_store(f, e, store);
        if (parts & PAWL_CRED_SCOPED)
                (void)fputs("; for one user", f);
}

pawl_err pawl_cred_describe(const pawl_cred_envelope *e, const char *store, char **ret)
{
        char *text = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&text, &len);

        if (!f)
                return PAWL_ERR_NO_MEMORY;
        print_all(f, e, store);
        if (fclose(f) != 0 || !text) {
                free(text);
                return PAWL_ERR_NO_MEMORY;
        }
        pawl_text_sanitize(text);
        *ret = text;
        return PAWL_OK;
}

const char *pawl_cred_weakness(const pawl_cred_envelope *e)
{
        if (e->type->parts == 0)
                return "its key is known to everybody: whoever reads the file has the secret";
        if ((e->type->parts & PAWL_CRED_TPM2) && (e->literal_mask | e->signed_mask) == 0)
                return "no PCR is bound: whatever is started on this machine opens it";
        return NULL;
}
