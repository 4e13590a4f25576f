/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "userspace/host/output.h"
#include "userspace/luks/describe.h"
#include "userspace/pawl/options.h"
#include "userspace/pawl/verbs.h"
#include "userspace/pawl/wipe.h"

typedef struct args {
        bool is_sure, has_other_way;
} args;

static const pawl_option options[] = {
        PAWL_FLAG("yes", args, is_sure),
        PAWL_FLAG("i-have-another-way-in", args, has_other_way),
};

typedef struct plan {
        uint32_t slots, kinds;
} plan;

static pawl_err make_plan(pawl_disk *k, char **words, int n, plan *ret, pawl_diag *d)
{
        pawl_ways ways;

        pawl_disk_ways(k, &ways);
        for (int i = 0; i < n; i++) {
                uint32_t slots = 0, kinds = 0;

                PAWL_TRY(pawl_ways_select(k->volume, &ways, words[i], &slots, &kinds, d));
                ret->slots |= slots;
                ret->kinds |= kinds;
        }
        return PAWL_OK;
}

/* The last one that needs no TPM is worth two questions: with a dead mainboard nothing else opens
 * the volume. */
static pawl_err check_plan(const args *a, const pawl_disk *k, const plan *p, pawl_diag *d)
{
        pawl_ways ways;
        uint32_t free_ways;

        pawl_disk_ways(k, &ways);
        free_ways = pawl_ways_without_tpm(&ways);
        PAWL_TRY(pawl_ways_check_left(k->volume, &ways, p->slots, a->has_other_way, d));
        if (free_ways == 0 || (free_ways & ~p->slots) != 0 || a->has_other_way)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_REFUSED,
                "%s: no way in that needs no TPM would be left: a new firmware or mainboard would "
                "cost what is on it; enrol a recovery key first, or say --i-have-another-way-in",
                pawl_volume_device(k->volume));
}

static void say_slot(const pawl_disk *k, int slot)
{
        bool is_named = false;

        for (size_t i = 0; i < k->n_tokens; i++)
                for (size_t j = 0; j < k->tokens[i].n_keyslots; j++) {
                        pawl_autofree char *needs = NULL;

                        if (k->tokens[i].keyslots[j] != slot ||
                                pawl_token_describe(&k->tokens[i], &needs) != PAWL_OK)
                                continue;
                        is_named = true;
                        (void)fprintf(stderr, "  keyslot %d, token %d: %s\n", slot, k->tokens[i].id,
                                needs);
                }
        if (!is_named)
                (void)fprintf(stderr, "  keyslot %d: %s\n", slot,
                        pawl_keyslot_words(
                                pawl_volume_unstretched_keyslots(k->volume) >> slot & 1));
}

static pawl_err confirm(const pawl_disk *k, const plan *p, pawl_diag *d)
{
        char answer[16] = "";

        pawl_say("%s: these ways in will be removed:", pawl_volume_device(k->volume));
        for (int i = 0; i < PAWL_TOKEN_KEYSLOTS_MAX; i++)
                if (p->slots >> i & 1)
                        say_slot(k, i);
        if (!isatty(STDIN_FILENO))
                return pawl_fail(d, PAWL_ERR_CANCELLED,
                        "nothing was removed: nobody can be asked; say --yes");
        (void)fprintf(stderr, "'yes' removes them, anything else does not: ");
        if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n") != 0)
                return pawl_fail(d, PAWL_ERR_CANCELLED, "nothing was removed");
        return PAWL_OK;
}

static pawl_err wipe(const args *a, char **words, int n, pawl_diag *d)
{
        pawl_autodisk pawl_disk k = { 0 };
        plan p = { 0 };

        PAWL_TRY(pawl_disk_open(words[0], &k, d));
        PAWL_TRY(make_plan(&k, words + 1, n - 1, &p, d));
        PAWL_TRY(check_plan(a, &k, &p, d));
        if (p.slots == 0)
                pawl_say("%s: there is no such way in", words[0]);
        else if (!a->is_sure)
                PAWL_TRY(confirm(&k, &p, d));
        return pawl_ways_remove(k.volume, p.slots, p.kinds, d);
}

static int run(int argc, char **argv)
{
        args a = { 0 };
        pawl_diag d = { 0 };
        int first = pawl_options_read(
                argc, argv, options, sizeof(options) / sizeof(options[0]), &a);
        pawl_err err;

        if (first < 0)
                return pawl_verb_usage(&pawl_verb_disk_wipe, "a wrong option");
        if (argc - first < 2)
                return pawl_verb_usage(
                        &pawl_verb_disk_wipe, "a device, and what to remove, are wanted");
        err = wipe(&a, argv + first, argc - first, &d);
        return err == PAWL_OK ? PAWL_EXIT_YES : pawl_verb_fail(&d, err);
}

const pawl_verb pawl_verb_disk_wipe = {
        .noun = "disk",
        .verb = "wipe",
        .args = "[OPTIONS] DEVICE WHAT…",
        .summary = "remove ways into a volume",
        .help = "  --yes                     does not ask\n"
                "  --i-have-another-way-in   also the last one that needs no TPM\n"
                "\n"
                "WHAT: keyslots by number, or all of a kind: password, recovery, pkcs11, fido2, "
                "tpm2,\n"
                "empty (opened by an empty passphrase), all. The last way in is never removed.\n"
                "Whoever copied the header before keeps what he copied.\n"
                "Example: pawl disk wipe /dev/vda3 2 tpm2\n",
        .run = run,
};
