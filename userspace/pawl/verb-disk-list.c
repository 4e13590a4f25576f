/* SPDX-License-Identifier: BSD-2-Clause */
#include <getopt.h>
#include <stdio.h>

#include "userspace/host/json.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/disk.h"
#include "userspace/pawl/verbs.h"

#define SRK_SHOWN 12 /* hex digits of the SRK's name, after the algorithm */

static const struct option options[] = {
        {"json", no_argument, NULL, 'j' },
        { 0 },
};

/* The start of the SRK's name as hex, or "" if the token does not say. */
static pawl_err srk_text(const pawl_token *t, bool is_whole, char **ret)
{
        pawl_autofree char *hex = NULL;
        pawl_span name = PAWL_SPAN_NULL;

        if (t->kind != PAWL_TOKEN_TPM2 || pawl_token_srk_name(t, &name) != PAWL_OK)
                name = PAWL_SPAN_NULL;
        PAWL_TRY(pawl_hex_encode(name, &hex));
        if (name.len > 0 && !is_whole)
                hex[4 + SRK_SHOWN] = '\0';
        *ret = pawl_take(&hex);
        return PAWL_OK;
}

static pawl_err add_row(pawl_table *table, int slot, const char *kind, int token, const char *needs,
        const char *tpm)
{
        char slot_text[12] = "", token_text[12] = "";
        const char *cells[] = { slot_text, kind, token_text, needs, tpm };

        if (slot >= 0)
                (void)snprintf(slot_text, sizeof(slot_text), "%d", slot);
        if (token >= 0)
                (void)snprintf(token_text, sizeof(token_text), "%d", token);
        return pawl_table_add(table, cells);
}

static pawl_err add_token_rows(pawl_table *table, const pawl_token *t)
{
        pawl_autofree char *needs = NULL, *tpm = NULL;

        PAWL_TRY(pawl_token_describe(t, &needs));
        PAWL_TRY(srk_text(t, false, &tpm));
        if (t->n_keyslots == 0)
                return add_row(table, -1, pawl_token_kind_name(t->kind), t->id, needs, tpm);
        for (size_t i = 0; i < t->n_keyslots; i++)
                PAWL_TRY(add_row(
                        table, t->keyslots[i], pawl_token_kind_name(t->kind), t->id, needs, tpm));
        return PAWL_OK;
}

static pawl_err print_table(const pawl_disk *k)
{
        static const char *const columns[] = { "SLOT", "KIND", "TOKEN", "NEEDS", "TPM (SRK)",
                NULL };
        pawl_autotable pawl_table *table = NULL;
        uint32_t plain = pawl_volume_keyslots(k->volume) & ~pawl_disk_token_slots(k);
        uint32_t unstretched = pawl_volume_unstretched_keyslots(k->volume);

        PAWL_TRY(pawl_table_new(columns, &table));
        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++)
                if (plain >> i & 1)
                        PAWL_TRY(add_row(table, i, unstretched >> i & 1 ? "leftover" : "password",
                                -1, pawl_keyslot_words(unstretched >> i & 1), ""));
        for (size_t i = 0; i < k->n_tokens; i++)
                PAWL_TRY(add_token_rows(table, &k->tokens[i]));
        return pawl_table_print(table);
}

static pawl_err add_weak(json_object *o, const pawl_token *t)
{
        const char *weak[PAWL_WEAK_MAX];
        size_t n = pawl_token_weaknesses(t, weak);
        json_object *a = json_object_new_array();

        PAWL_TRY(pawl_json_add(o, "weak", a));
        for (size_t i = 0; i < n; i++)
                if (json_object_array_add(a, json_object_new_string(weak[i])) != 0)
                        return PAWL_ERR_NO_MEMORY;
        return PAWL_OK;
}

static pawl_err add_tpm2(json_object *o, const pawl_token *t)
{
        pawl_autofree char *tpm = NULL, *hash = NULL;
        const pawl_token_tpm2 *p = &t->tpm2;

        PAWL_TRY(srk_text(t, true, &tpm));
        PAWL_TRY(pawl_hex_encode(pawl_span_of(p->policy.bytes, sizeof(p->policy.bytes)), &hash));
        PAWL_TRY(pawl_json_add_text(o, "srk", tpm));
        PAWL_TRY(pawl_json_add_text(o, "policyHash", hash));
        PAWL_TRY(pawl_json_add_mask(o, "pcrs", p->pcr_mask));
        PAWL_TRY(pawl_json_add_mask(o, "signedPcrs", p->public_key_mask));
        if (p->has_bank)
                PAWL_TRY(pawl_json_add_text(o, "bank", pawl_alg_info_of(p->bank)->name));
        PAWL_TRY(pawl_json_add_text(o, "reference", p->ref));
        PAWL_TRY(pawl_json_add(o, "pin", json_object_new_boolean(p->has_pin)));
        return add_weak(o, t);
}

static pawl_err add_token(json_object *list, const pawl_token *t)
{
        pawl_autofree char *needs = NULL;
        json_object *o = json_object_new_object(), *slots = json_object_new_array();

        if (!o || json_object_array_add(list, o) != 0) {
                (void)json_object_put(slots);
                return PAWL_ERR_NO_MEMORY;
        }
        PAWL_TRY(pawl_json_add(o, "slots", slots));
        for (size_t i = 0; i < t->n_keyslots; i++)
                if (json_object_array_add(slots, json_object_new_int(t->keyslots[i])) != 0)
                        return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_token_describe(t, &needs));
        PAWL_TRY(pawl_json_add(o, "token", json_object_new_int(t->id)));
        PAWL_TRY(pawl_json_add_text(o, "type", t->type));
        PAWL_TRY(pawl_json_add_text(o, "kind", pawl_token_kind_name(t->kind)));
        PAWL_TRY(pawl_json_add_text(o, "needs", needs));
        return t->kind == PAWL_TOKEN_TPM2 ? add_tpm2(o, t) : PAWL_OK;
}

static pawl_err add_password(json_object *list, pawl_volume *v, int slot)
{
        bool is_leftover = pawl_volume_unstretched_keyslots(v) >> slot & 1;
        json_object *o = json_object_new_object();
        const char *kdf = pawl_volume_keyslot_kdf(v, slot);

        if (!o || json_object_array_add(list, o) != 0)
                return PAWL_ERR_NO_MEMORY;
        PAWL_TRY(pawl_json_add(o, "slots", json_object_new_array()));
        PAWL_TRY(json_object_array_add(
                         json_object_object_get(o, "slots"), json_object_new_int(slot)) == 0
                         ? PAWL_OK
                         : PAWL_ERR_NO_MEMORY);
        PAWL_TRY(pawl_json_add_text(o, "kind", is_leftover ? "leftover" : "password"));
        return pawl_json_add_text(o, "kdf", kdf ? kdf : "");
}

static pawl_err print_json(const pawl_disk *k)
{
        pawl_autojson json_object *top = json_object_new_object();
        json_object *list = json_object_new_array();
        uint32_t plain = pawl_volume_keyslots(k->volume) & ~pawl_disk_token_slots(k);

        PAWL_TRY(pawl_json_add_text(top, "device", pawl_volume_device(k->volume)));
        PAWL_TRY(pawl_json_add_text(top, "uuid", pawl_volume_uuid(k->volume)));
        PAWL_TRY(pawl_json_add_text(top, "label", pawl_volume_label(k->volume)));
        PAWL_TRY(pawl_json_add(top, "ways", list));
        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++)
                if (plain >> i & 1)
                        PAWL_TRY(add_password(list, k->volume, i));
        for (size_t i = 0; i < k->n_tokens; i++)
                PAWL_TRY(add_token(list, &k->tokens[i]));
        return pawl_json_print(top);
}

static int run(int argc, char **argv)
{
        pawl_autodisk pawl_disk k = { 0 };
        pawl_diag d = { 0 };
        bool is_json = false;
        pawl_err err;

        for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
                if (c != 'j')
                        return PAWL_EXIT_USAGE;
                is_json = true;
        }
        if (argc - optind != 1)
                return pawl_verb_usage(&pawl_verb_disk_list, "one device or image is wanted");
        err = pawl_disk_open(argv[optind], &k, &d);
        if (err == PAWL_OK)
                err = is_json ? print_json(&k) : print_table(&k);
        if (err != PAWL_OK)
                return pawl_verb_fail(&d, err);
        /* what a table row has no room for */
        for (size_t i = 0; !is_json && i < k.n_tokens; i++)
                pawl_disk_say_weaknesses(&k.tokens[i]);
        return PAWL_EXIT_YES;
}

const pawl_verb pawl_verb_disk_list = {
        .noun = "disk",
        .verb = "list",
        .args = "[--json] DEVICE",
        .summary = "list the ways into a volume and what each needs",
        .help = "  --json           print JSON\n"
                "\n"
                "DEVICE is a LUKS2 device or an image file.\n"
                "Example: pawl disk list /dev/vda3\n",
        .run = run,
};
