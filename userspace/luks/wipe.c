/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/luks/wipe.h"

#include <string.h>

static const struct {
        const char *word;
        pawl_token_kind kind;
} kinds[] = {
        {"recovery", PAWL_TOKEN_RECOVERY},
        { "pkcs11",  PAWL_TOKEN_PKCS11  },
        { "fido2",   PAWL_TOKEN_FIDO2   },
        { "tpm2",    PAWL_TOKEN_TPM2    },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint32_t slots_of(const pawl_token *t)
{
        uint32_t mask = 0;

        for (size_t i = 0; i < t->n_keyslots; i++)
                mask |= (uint32_t)1 << t->keyslots[i];
        return mask;
}

void pawl_ways_of(uint32_t used, uint32_t unstretched, const pawl_token *tokens, size_t n_tokens,
        pawl_ways *ret)
{
        *ret = (pawl_ways){ .used = used, .passwords = used };
        for (size_t i = 0; i < n_tokens; i++) {
                ret->by_kind[tokens[i].kind] |= slots_of(&tokens[i]) & used;
                ret->passwords &= ~slots_of(&tokens[i]);
        }
        ret->leftovers = ret->passwords & unstretched;
}

uint32_t pawl_ways_without_tpm(const pawl_ways *w)
{
        return (w->passwords & ~w->leftovers) | w->by_kind[PAWL_TOKEN_RECOVERY] |
               w->by_kind[PAWL_TOKEN_FIDO2] | w->by_kind[PAWL_TOKEN_PKCS11];
}

pawl_err pawl_ways_check_left(
        pawl_volume *v, const pawl_ways *w, uint32_t slots, bool counts_leftovers, pawl_diag *d)
{
        const uint32_t left = w->used & ~slots;

        if ((left & ~w->leftovers) != 0 || (counts_leftovers && left != 0))
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s: no way in would be left%s, and what is on the volume would be lost; "
                "enrol another way in first",
                pawl_volume_device(v),
                left != 0 ? " but a keyslot that an interrupted enrolment seems to have left "
                            "('pawl disk list'; --i-have-another-way-in counts it)"
                          : "");
}

static pawl_err select_empty(pawl_volume *v, uint32_t used, uint32_t *slots, pawl_diag *d)
{
        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++) {
                pawl_err err = used >> i & 1
                                       ? pawl_volume_unlock(v, i, PAWL_SPAN_LITERAL(""), NULL, d)
                                       : PAWL_ERR_KEY;

                if (err == PAWL_OK)
                        *slots |= (uint32_t)1 << i;
                else if (err != PAWL_ERR_KEY)
                        return err;
        }
        return PAWL_OK;
}

static bool is_word(pawl_span s, const char *word)
{
        return pawl_span_equal(s, pawl_span_str(word));
}

/* A keyslot's number; false for anything else. */
static bool is_number(pawl_span s, uint32_t *ret)
{
        uint32_t n = 0;

        for (size_t i = 0; i < s.len; i++) {
                if (s.data[i] < '0' || s.data[i] > '9' || n > 99)
                        return false;
                n = n * 10 + s.data[i] - '0';
        }
        *ret = n;
        return s.len > 0;
}

static pawl_err select_number(
        pawl_volume *v, const pawl_ways *w, uint32_t n, uint32_t *slots, pawl_diag *d)
{
        if (n >= PAWL_TOKEN_KEYSLOTS_MAX || !(w->used >> n & 1))
                return pawl_fail(d, PAWL_ERR_NOT_FOUND, "%s: keyslot %u is not in use",
                        pawl_volume_device(v), n);
        *slots |= (uint32_t)1 << n;
        return PAWL_OK;
}

static pawl_err select_one(pawl_volume *v, const pawl_ways *w, pawl_span word, uint32_t *slots,
        uint32_t *ret_kinds, pawl_diag *d)
{
        uint32_t n;

        if (is_number(word, &n))
                return select_number(v, w, n, slots, d);
        if (is_word(word, "empty"))
                return select_empty(v, w->used, slots, d);
        for (size_t i = 0; i < N_KINDS; i++)
                if (is_word(word, kinds[i].word)) {
                        *slots |= w->by_kind[kinds[i].kind];
                        *ret_kinds |= 1u << kinds[i].kind;
                        return PAWL_OK;
                }
        if (!is_word(word, "all") && !is_word(word, "password"))
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "'%.*s' is no keyslot and no kind (all, empty, password, recovery, pkcs11, "
                        "fido2, tpm2)",
                        (int)(word.len < 32 ? word.len : 32), (const char *)word.data);
        *slots |= is_word(word, "all") ? w->used : w->passwords;
        return PAWL_OK;
}

pawl_err pawl_ways_select(pawl_volume *v, const pawl_ways *w, const char *list, uint32_t *ret_slots,
        uint32_t *ret_kinds, pawl_diag *d)
{
        uint32_t slots = 0, all_kinds = 0;

        for (const char *p = list;; p++) {
                size_t len = strcspn(p, ",");

                PAWL_TRY(select_one(v, w, pawl_span_of(p, len), &slots, &all_kinds, d));
                p += len;
                if (*p == '\0')
                        break;
        }
        *ret_slots = slots;
        *ret_kinds = all_kinds;
        return PAWL_OK;
}

static pawl_err remove_keyslots(pawl_volume *v, uint32_t slots, pawl_diag *d)
{
        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++)
                if (slots >> i & 1)
                        PAWL_TRY(pawl_volume_remove_keyslot(v, i, d));
        return PAWL_OK;
}

/* `tokens` as they were before; libcryptsetup has taken the keyslots out of them. */
static pawl_err remove_tokens(pawl_volume *v, const pawl_token *tokens, size_t n, uint32_t slots,
        uint32_t all_kinds, pawl_diag *d)
{
        uint32_t left = pawl_volume_keyslots(v);

        for (size_t i = 0; i < n; i++) {
                uint32_t own = slots_of(&tokens[i]);
                bool is_meant = (own & slots) != 0 || (all_kinds >> tokens[i].kind & 1) != 0;

                if (is_meant && (own & left) == 0)
                        PAWL_TRY(pawl_volume_remove_token(v, tokens[i].id, d));
        }
        return PAWL_OK;
}

pawl_err pawl_ways_remove(pawl_volume *v, uint32_t slots, uint32_t all_kinds, pawl_diag *d)
{
        const pawl_ways ways = { .used = pawl_volume_keyslots(v) };
        pawl_token tokens[PAWL_VOLUME_TOKENS_MAX];
        size_t n = 0;
        pawl_err err;

        PAWL_TRY(pawl_volume_check_crypto(v, d));
        PAWL_TRY(pawl_ways_check_left(v, &ways, slots, /* counts_leftovers= */ true, d));
        PAWL_TRY(pawl_volume_tokens(v, tokens, &n, d));
        err = remove_keyslots(v, slots, d);
        if (err == PAWL_OK)
                err = remove_tokens(v, tokens, n, slots, all_kinds, d);
        while (n > 0)
                pawl_token_done(&tokens[--n]);
        PAWL_TRY(err);
        return pawl_volume_flush(v, d);
}
