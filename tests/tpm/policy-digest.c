/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the policy digest that the core computes for the commands in argv, in order:
 *   pcr BANK PCR=HEX,PCR=HEX…   authorize NAMEHEX REF   auth-value   command-code DECIMAL
 * For test_policy.py, which has the same from a TPM. */
#include <stdio.h>
#include <string.h>

#include "core/policy.h"
#include "userspace/host/buffer.h"
#include "userspace/host/hash.h"

static pawl_err add_value(const char *text, size_t len, pawl_pcr_set *set)
{
        pawl_autobuffer pawl_buffer value = { 0 };
        unsigned pcr;
        int n;

        if (sscanf(text, "%u=%n", &pcr, &n) != 1 || pcr >= PAWL_PCR_COUNT)
                return PAWL_ERR_USAGE;
        PAWL_TRY(pawl_hex_decode(pawl_span_of(text + n, len - (size_t)n), &value));
        if (value.len != pawl_alg_info_of(set->bank)->size)
                return PAWL_ERR_USAGE;
        set->mask |= 1u << pcr;
        set->values[pcr].alg = set->bank;
        pawl_copy(set->values[pcr].bytes, value.data, value.len);
        return PAWL_OK;
}

static pawl_err apply_pcr(pawl_policy_digest *p, const char *bank, const char *values)
{
        pawl_pcr_set set = { 0 };

        PAWL_TRY(pawl_alg_from_name(pawl_span_str(bank), &set.bank));
        while (*values) {
                size_t len = strcspn(values, ",");

                PAWL_TRY(add_value(values, len, &set));
                values += len + (values[len] == ',');
        }
        return pawl_policy_pcr(&pawl_openssl_hasher, p, &set);
}

static pawl_err apply_authorize(pawl_policy_digest *p, const char *name, const char *ref)
{
        pawl_autobuffer pawl_buffer b = { 0 };

        PAWL_TRY(pawl_hex_decode(pawl_span_str(name), &b));
        return pawl_policy_authorize(&pawl_openssl_hasher, p, pawl_buffer_span(&b), ref);
}

/* Applies argv[*i]… and moves *i behind it. */
static pawl_err apply(pawl_policy_digest *p, int argc, char **argv, int *i)
{
        const char *command = argv[(*i)++];
        unsigned code;

        if (strcmp(command, "auth-value") == 0)
                return pawl_policy_auth_value(&pawl_openssl_hasher, p);
        if (strcmp(command, "command-code") == 0 && *i < argc &&
                sscanf(argv[(*i)++], "%u", &code) == 1)
                return pawl_policy_command_code(&pawl_openssl_hasher, p, code);
        if (*i + 1 >= argc)
                return PAWL_ERR_USAGE;
        *i += 2;
        if (strcmp(command, "pcr") == 0)
                return apply_pcr(p, argv[*i - 2], argv[*i - 1]);
        if (strcmp(command, "authorize") == 0)
                return apply_authorize(p, argv[*i - 2], argv[*i - 1]);
        return PAWL_ERR_USAGE;
}

int main(int argc, char **argv)
{
        pawl_policy_digest p = { { 0 } };
        pawl_autofree char *hex = NULL;

        for (int i = 1; i < argc;)
                if (apply(&p, argc, argv, &i) != PAWL_OK)
                        return 64;
        if (pawl_hex_encode(pawl_span_of(p.bytes, sizeof(p.bytes)), &hex) != PAWL_OK)
                return 2;
        return puts(hex) < 0;
}
