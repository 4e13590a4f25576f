/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/pcr-list.h"

#include <string.h>

#include "userspace/host/buffer.h"

#define SIGNED_PCR  11
#define ELEMENT_MAX 192 /* bytes: a name, a bank and a SHA-512 value in hex */

/* systemd's names; a PCR without one is named by its number only. */
static const char *const names[PAWL_PCR_COUNT] = {
        [0] = "platform-code",
        [1] = "platform-config",
        [2] = "external-code",
        [3] = "external-config",
        [4] = "boot-loader-code",
        [5] = "boot-loader-config",
        [6] = "host-platform",
        [7] = "secure-boot-policy",
        [9] = "kernel-initrd",
        [10] = "ima",
        [11] = "kernel-boot",
        [12] = "kernel-config",
        [13] = "sysexts",
        [14] = "shim-policy",
        [15] = "system-identity",
        [16] = "debug",
        [23] = "application-support",
};

static pawl_err parse_index(const char *text, unsigned *ret, pawl_diag *d)
{
        unsigned n = 0;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (names[i] && strcmp(names[i], text) == 0) {
                        *ret = i;
                        return PAWL_OK;
                }
        for (const char *p = text; *p; p++) {
                if (*p < '0' || *p > '9' || n >= PAWL_PCR_COUNT)
                        return pawl_fail(d, PAWL_ERR_USAGE, "no PCR is named %s", text);
                n = n * 10 + (unsigned)(*p - '0');
        }
        if (*text == '\0' || n >= PAWL_PCR_COUNT)
                return pawl_fail(d, PAWL_ERR_USAGE, "no PCR has the number %s", text);
        *ret = n;
        return PAWL_OK;
}

static pawl_err take_bank(const char *name, pawl_pcr_list *l, pawl_diag *d)
{
        pawl_alg bank;

        if (pawl_alg_from_name(pawl_span_str(name), &bank) != PAWL_OK)
                return pawl_fail(d, PAWL_ERR_USAGE, "no PCR bank is named %s", name);
        if (l->has_bank && l->set.bank != bank)
                return pawl_fail(d, PAWL_ERR_USAGE, "two banks in one list of PCRs");
        l->has_bank = true;
        l->set.bank = bank;
        return PAWL_OK;
}

static pawl_err take_value(const char *hex, unsigned i, pawl_pcr_list *l, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer b = { 0 };

        if (pawl_hex_decode(pawl_span_str(hex), &b) != PAWL_OK ||
                b.len != pawl_alg_info_of(l->set.bank)->size)
                return pawl_fail(d, PAWL_ERR_USAGE, "PCR %u: the value is no digest of %s in hex",
                        i, pawl_alg_info_of(l->set.bank)->name);
        l->set.values[i].alg = l->set.bank;
        pawl_copy(l->set.values[i].bytes, b.data, b.len);
        l->with_value |= 1u << i;
        return PAWL_OK;
}

/* INDEX[:BANK[=VALUE]], or INDEX=VALUE with the sha256 bank. */
static pawl_err parse_element(char *text, pawl_pcr_list *l, pawl_diag *d)
{
        char *value = strchr(text, '='), *bank;
        unsigned i = 0;

        if (value)
                *value++ = '\0';
        bank = strchr(text, ':');
        if (bank)
                *bank++ = '\0';
        PAWL_TRY(parse_index(text, &i, d));
        if (bank || value)
                PAWL_TRY(take_bank(bank ? bank : "sha256", l, d));
        if (l->mask >> i & 1)
                return pawl_fail(d, PAWL_ERR_USAGE, "PCR %u stands twice", i);
        l->mask |= 1u << i;
        return value ? take_value(value, i, l, d) : PAWL_OK;
}

pawl_err pawl_pcr_list_parse(const char *text, pawl_pcr_list *ret, pawl_diag *d)
{
        pawl_pcr_list l = { 0 };
        char element[ELEMENT_MAX];

        while (*text) {
                size_t n = strcspn(text, "+,");

                if (n >= sizeof(element))
                        return pawl_fail(d, PAWL_ERR_USAGE, "an element is too long");
                pawl_copy(element, text, n);
                element[n] = '\0';
                PAWL_TRY(parse_element(element, &l, d));
                text += n + (text[n] != '\0');
        }
        l.set.mask = l.mask;
        *ret = l;
        return PAWL_OK;
}

pawl_err pawl_pcr_list_signed(const char *text, uint32_t *ret, pawl_diag *d)
{
        pawl_pcr_list l = { .mask = 1u << SIGNED_PCR };

        if (text)
                PAWL_TRY(pawl_fail_prefix(
                        d, pawl_pcr_list_parse(text, &l, d), "--tpm2-public-key-pcrs="));
        if (l.mask == 0 || l.with_value != 0)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--tpm2-public-key-pcrs=: one or more PCRs, without values");
        *ret = l.mask;
        return PAWL_OK;
}
