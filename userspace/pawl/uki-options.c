/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/pawl/uki-options.h"

#include <string.h>

static pawl_err take_phases(pawl_sign_args *a, const char *phases, pawl_diag *d)
{
        if (a->n_groups == PAWL_PHASE_GROUPS_MAX)
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "--phases: at most %d times", PAWL_PHASE_GROUPS_MAX);
        a->groups[a->n_groups].phases = phases;
        a->groups[a->n_groups].ref = NULL;
        a->n_groups++;
        return PAWL_OK;
}

static pawl_err take_ref(pawl_sign_args *a, const char *ref, pawl_diag *d)
{
        if (a->n_groups == 0 || a->groups[a->n_groups - 1].ref)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "--policyref=%s: stands after the --phases it is for, once", ref);
        a->groups[a->n_groups - 1].ref = ref;
        return PAWL_OK;
}

static pawl_err take_file(const char **slot, const char *value, const char *option, pawl_diag *d)
{
        if (*slot)
                return pawl_fail(d, PAWL_ERR_USAGE,
                        "%s: one key for an image; sign for further keys in another run", option);
        *slot = value;
        return PAWL_OK;
}

pawl_err pawl_sign_args_take(pawl_sign_args *a, int option, const char *value, pawl_diag *d)
{
        pawl_signing *s = &a->signing;

        switch (option) {
        case PAWL_OPT_SB_KEY:
                return take_file(&s->secureboot_private_key, value, "--secureboot-private-key", d);
        case PAWL_OPT_SB_CERT:
                return take_file(&s->secureboot_certificate, value, "--secureboot-certificate", d);
        case PAWL_OPT_PCR_KEY:
                return take_file(&s->pcr_private_key, value, "--pcr-private-key", d);
        case PAWL_OPT_PCR_PUB:
                return take_file(&s->pcr_public_key, value, "--pcr-public-key", d);
        case PAWL_OPT_PCR_BANKS:
                return pawl_parse_banks(value, &s->banks, d);
        case PAWL_OPT_PHASES:
                return take_phases(a, value, d);
        case PAWL_OPT_POLICYREF:
                return take_ref(a, value, d);
        case PAWL_OPT_SYSTEMD:
                a->wants_systemd = true;
                return PAWL_OK;
        case PAWL_OPT_INITRD:
                a->wants_initrd = true;
                return PAWL_OK;
        case PAWL_OPT_DEFAULT:
                a->wants_default = true;
                return PAWL_OK;
        default:
                return PAWL_ERR_INTERNAL;
        }
}

/* ':' alone is the value before the first phase, as systemd-measure writes it. */
static pawl_err add_word(
        pawl_sign_args *a, const char *word, size_t len, const char *ref, pawl_diag *d)
{
        char *copy;

        if (a->n_words == PAWL_PCRSIG_PATHS_MAX)
                return pawl_fail(
                        d, PAWL_ERR_USAGE, "--phases: at most %d paths", PAWL_PCRSIG_PATHS_MAX);
        copy = len == 1 && *word == ':' ? strdup("") : strndup(word, len);
        if (!copy)
                return PAWL_ERR_NO_MEMORY;
        a->words[a->n_words++] = copy;
        return pawl_pcrsig_paths_add(&a->signing.paths, copy, ref, d);
}

static pawl_err add_group(pawl_sign_args *a, const char *phases, const char *ref, pawl_diag *d)
{
        static const char blanks[] = " \t\n";

        for (const char *p = phases + strspn(phases, blanks); *p != '\0';) {
                size_t n = strcspn(p, blanks);

                PAWL_TRY(add_word(a, p, n, ref, d));
                p += n;
                p += strspn(p, blanks);
        }
        return PAWL_OK;
}

static pawl_err choose_paths(pawl_sign_args *a, pawl_diag *d)
{
        pawl_pcrsig_paths *paths = &a->signing.paths;

        if (a->wants_systemd)
                PAWL_TRY(pawl_pcrsig_paths_add_list(paths, pawl_systemd_paths, d));
        for (size_t i = 0; i < a->n_groups; i++)
                PAWL_TRY(add_group(a, a->groups[i].phases, a->groups[i].ref, d));
        if (a->wants_initrd)
                PAWL_TRY(pawl_pcrsig_paths_add(
                        paths, pawl_phase_word(PAWL_PHASE_ENTER_INITRD), PAWL_REF_INITRD, d));
        if (a->wants_default || paths->n_rows == 0)
                PAWL_TRY(pawl_pcrsig_paths_add_list(paths, pawl_default_paths, d));
        return PAWL_OK;
}

pawl_err pawl_sign_args_finish(pawl_sign_args *a, pawl_diag *d)
{
        if (a->signing.banks == 0)
                a->signing.banks = PAWL_ALL_BANKS;
        if (!a->signing.pcr_private_key &&
                (a->n_groups > 0 || a->wants_systemd || a->wants_initrd || a->wants_default))
                return pawl_fail(d, PAWL_ERR_USAGE, "phases are signed with --pcr-private-key");
        PAWL_TRY(choose_paths(a, d));
        return pawl_signing_load(&a->signing, d);
}

void pawl_sign_args_done(pawl_sign_args *a)
{
        for (size_t i = 0; i < a->n_words; i++)
                free(a->words[i]);
        a->n_words = 0;
        pawl_signing_done(&a->signing);
}
