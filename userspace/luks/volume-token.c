/* SPDX-License-Identifier: BSD-2-Clause */
/* The tokens of a volume. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/luks/volume-internal.h"

/* A token that cannot be read is listed with the reason: leaving it out would hide it. */
static void unreadable(const char *type, const pawl_diag *why, pawl_token *ret)
{
        *ret = (pawl_token){ .kind = PAWL_TOKEN_OTHER };
        (void)snprintf(ret->type, sizeof(ret->type), "%s", type ? type : "");
        pawl_text_sanitize(ret->type);
        ret->why = strdup(pawl_diag_text(why));
}

uint32_t pawl_volume_token_keyslots(pawl_volume *v, int id)
{
        uint32_t mask = 0;

        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++)
                if (crypt_token_is_assigned(v->cd, id, i) == 0)
                        mask |= (uint32_t)1 << i;
        return mask;
}

/* What cannot be read still holds its keyslots: they are no passphrases. */
static void keep_keyslots(pawl_volume *v, int id, pawl_token *t)
{
        uint32_t slots = pawl_volume_token_keyslots(v, id);

        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++)
                if (slots >> i & 1)
                        t->keyslots[t->n_keyslots++] = i;
}

static pawl_err read_token(pawl_volume *v, int id, pawl_token *ret, pawl_diag *d)
{
        const char *json = NULL, *type = NULL;
        pawl_diag why = { 0 };
        crypt_token_info status = crypt_token_status(v->cd, id, &type);
        pawl_err err;
        int r;

        if (status == CRYPT_TOKEN_INVALID || status == CRYPT_TOKEN_INACTIVE)
                return PAWL_ERR_NOT_FOUND;
        r = crypt_token_json_get(v->cd, id, &json);
        if (r < 0)
                return pawl_volume_fail(v, r, "a token cannot be read", d);
        err = pawl_token_parse(pawl_span_str(json), ret, &why);
        if (err == PAWL_ERR_NO_MEMORY)
                return err;
        if (err != PAWL_OK) {
                why.err = err;
                unreadable(type, &why, ret);
                keep_keyslots(v, id, ret);
        }
        ret->id = id;
        return PAWL_OK;
}

pawl_err pawl_volume_tokens(pawl_volume *v, pawl_token *ret_tokens, size_t *ret_n, pawl_diag *d)
{
        size_t n = 0;

        for (int id = 0; id < PAWL_VOLUME_TOKENS_MAX; id++) {
                pawl_err err = read_token(v, id, &ret_tokens[n], d);

                if (err == PAWL_ERR_NOT_FOUND)
                        continue;
                if (err != PAWL_OK) {
                        while (n > 0)
                                pawl_token_done(&ret_tokens[--n]);
                        return err;
                }
                n++;
        }
        *ret_n = n;
        return PAWL_OK;
}

pawl_err pawl_volume_add_token(pawl_volume *v, const pawl_token *t, int *ret_id, pawl_diag *d)
{
        pawl_autofree char *json = NULL;
        int r;

        PAWL_TRY(pawl_token_format(t, &json, d));
        r = crypt_token_json_set(v->cd, CRYPT_ANY_TOKEN, json);
        if (r < 0)
                return pawl_volume_fail(v, r, "a token cannot be written", d);
        *ret_id = r;
        return PAWL_OK;
}

pawl_err pawl_volume_remove_token(pawl_volume *v, int id, pawl_diag *d)
{
        int r = crypt_token_json_set(v->cd, id, NULL);

        return r < 0 ? pawl_volume_fail(v, r, "a token cannot be removed", d) : PAWL_OK;
}
