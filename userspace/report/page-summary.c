/* SPDX-License-Identifier: BSD-2-Clause */
/* What somebody sees who looks at the first screen only. */
#include <stdio.h>

#include "userspace/log/secure-boot.h"
#include "userspace/report/parts.h"

static void put_verdict(pawl_html *h, pawl_proof p, const char *head, const char *text)
{
        pawl_html_begin(h, PAWL_HTML_DIV);
        pawl_html_attr(h, PAWL_HTML_ATTR_CLASS, "verdict %s", pawl_proof_class(p));
        pawl_html_begin_class(h, PAWL_HTML_P, "head");
        pawl_part_mark(h, p);
        pawl_html_put(h, PAWL_HTML_SPAN, NULL, "%s", head);
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_P, "said", "%s", text);
        pawl_html_end(h);
}

static void put_log_verdict(pawl_html *h, const pawl_page *p)
{
        static const char *const heads[] = {
                [PAWL_PROOF_UNKNOWN] = "Not everything could be compared with the TPM",
                [PAWL_PROOF_NO] = "The log and the TPM do not agree",
                [PAWL_PROOF_YES] = "The log and the TPM agree",
        };
        const pawl_proof all = pawl_proofs_all(&p->proofs);
        char list[PAWL_PART_LIST_SIZE], text[PAWL_DIAG_SIZE + 128];

        pawl_part_list(pawl_proofs_mask(&p->proofs, PAWL_PROOF_NO), list);
        if (all == PAWL_PROOF_YES)
                (void)snprintf(text, sizeof(text),
                        "Every PCR that the log speaks of has the value that the log leads to, so "
                        "the digests in it are what was measured.");
        else if (all == PAWL_PROOF_NO)
                (void)snprintf(text, sizeof(text),
                        "In PCR %s something else was measured than the log says. Do not believe "
                        "the log there, and do not type a recovery key into this system before you "
                        "know why.",
                        list);
        else
                (void)snprintf(text, sizeof(text),
                        "What is marked as unknown is what the log says, and nothing proves "
                        "it%s%s.",
                        p->trouble ? ": " : "", p->trouble ? p->trouble : "");
        put_verdict(h, all, heads[all], text);
}

static bool has_tpm2(const pawl_page_volume *v)
{
        for (size_t i = 0; i < v->n_tokens; i++)
                if (v->tokens[i].kind == PAWL_TOKEN_TPM2)
                        return true;
        return false;
}

static bool is_suspicious(const pawl_page_volume *v)
{
        for (size_t i = 0; i < v->n_tokens; i++)
                for (size_t k = 0; k < v->answers[i].n_changes; k++)
                        if (v->answers[i].changes[k].is_suspicious)
                                return true;
        return false;
}

static void put_volumes_verdict(pawl_html *h, const pawl_page *p)
{
        size_t n[PAWL_PROOF_MAX_] = { 0 }, all = 0;
        bool any_suspicious = false;
        char text[256];

        for (size_t i = 0; i < p->n_volumes; i++)
                if (has_tpm2(&p->volumes[i])) {
                        all++;
                        n[p->volumes[i].opens]++;
                        any_suspicious |= is_suspicious(&p->volumes[i]);
                }
        if (all == 0)
                return;
        (void)snprintf(text, sizeof(text), "%zu of %zu volume%s open%s by the TPM in this boot.%s",
                n[PAWL_PROOF_YES], all, all == 1 ? "" : "s", all == 1 ? "s" : "",
                any_suspicious ? " Among what changed is something suspicious, unless you did it: "
                                 "look there first."
                               : "");
        if (n[PAWL_PROOF_NO] > 0)
                put_verdict(h, PAWL_PROOF_NO,
                        all == 1 ? "The TPM does not open the volume"
                                 : "The TPM does not open every volume",
                        text);
        else if (n[PAWL_PROOF_UNKNOWN] > 0)
                put_verdict(h, PAWL_PROOF_UNKNOWN, "It cannot be told whether the TPM opens", text);
        else
                put_verdict(h, PAWL_PROOF_YES,
                        all == 1 ? "The TPM opens the volume" : "The TPM opens every volume", text);
}

static void put_secure_boot(pawl_html *h, const pawl_page *p)
{
        pawl_autofree pawl_secure_boot *s = calloc(1, sizeof(*s));
        pawl_diag why = { 0 };
        pawl_verified_log log;
        pawl_alg bank;
        pawl_err err = pawl_alg_best(p->proofs.compared, &bank);

        if (err == PAWL_OK)
                err = pawl_page_verify(p, bank, &log, &why);
        if (err == PAWL_OK)
                err = s ? pawl_secure_boot_read(&log, s, &why) : PAWL_ERR_NO_MEMORY;
        if (err != PAWL_OK)
                pawl_part_row(h, "Secure Boot", "unknown: PCR 7 does not prove it%s%s",
                        why.text[0] != '\0' ? ": " : "", why.text);
        else
                pawl_part_row(h, "Secure Boot", "%s%s", s->is_on ? "on" : "off",
                        s->has_platform_key ? "" : ", in setup mode");
}

static void put_banks(pawl_html *h, const char *name, uint32_t banks)
{
        char text[64] = "";
        size_t len = 0;

        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if (banks >> a & 1)
                        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
                                len > 0 ? ", " : "", pawl_alg_info_of(a)->name);
        if (banks != 0)
                pawl_part_row(h, name, "%s", text);
}

static void put_facts(pawl_html *h, const pawl_page *p)
{
        const pawl_tpm_info *tpm = &p->state->info;
        char when[40] = "";
        struct tm tm;

        if (gmtime_r(&p->now, &tm))
                (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
        pawl_html_begin_class(h, PAWL_HTML_DL, "rows");
        pawl_part_row(h, "Made", "%s", when);
        pawl_part_row(h, "Log", "%s", p->log_from ? p->log_from : "of this boot");
        if (!p->trouble)
                pawl_part_row(h, "PCR values", "from %s", p->values_from);
        if (p->has_tpm)
                pawl_part_row(h, "TPM", "%s %s, firmware %u.%u", tpm->manufacturer, tpm->vendor,
                        tpm->firmware_major, tpm->firmware_minor);
        put_banks(h, "Banks compared", p->proofs.compared);
        put_secure_boot(h, p);
        pawl_html_end(h);
}

static void put_warnings(pawl_html *h, const pawl_page *p)
{
        const pawl_user_log *user = &p->state->logs.user;

        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if (p->proofs.unlogged >> a & 1)
                        pawl_html_put(h, PAWL_HTML_P, "warning",
                                "The TPM has the bank %s, and the log has no digests of it: "
                                "nothing that is bound to it is protected.",
                                pawl_alg_info_of(a)->name);
        if (p->proofs.trouble[0] != '\0')
                pawl_html_put(h, PAWL_HTML_P, "warning", "%s.", p->proofs.trouble);
        if (user->n_torn > 0)
                pawl_html_put(h, PAWL_HTML_P, "warning",
                        "A record of the user log has no end and was skipped: a crash in the "
                        "middle of a write.");
        if (p->has_tpm && p->state->info.in_lockout)
                pawl_html_put(h, PAWL_HTML_P, "warning",
                        "The TPM is locked out after too many wrong PINs.");
        if (pawl_user_log_has(user, PAWL_USER_EVENT_PHASE, "leave-initrd"))
                pawl_html_put(h, PAWL_HTML_P, "note",
                        "The initrd has been left: what is signed for it opens no more in this "
                        "boot. Below stands how it was when volumes were opened.");
}

static void put_contents(pawl_html *h)
{
        static const struct {
                const char *id, *title;
        } places[] = {
                {"chain",    "Chain"  },
                { "secrets", "Secrets"},
                { "changes", "Changes"},
                { "events",  "Events" },
        };

        pawl_html_begin(h, PAWL_HTML_NAV);
        pawl_html_attr(h, PAWL_HTML_ATTR_ARIA_LABEL, "Parts of this page");
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                pawl_html_begin_link(h, NULL, "%s", places[i].id);
                pawl_html_text(h, "%s", places[i].title);
                pawl_html_end(h);
        }
        pawl_html_end(h);
}

void pawl_page_summary(pawl_html *h, const pawl_page *p)
{
        pawl_html_begin(h, PAWL_HTML_HEADER);
        pawl_html_put(h, PAWL_HTML_H1, NULL, "Measured boot report");
        put_contents(h);
        pawl_html_end(h);
        pawl_html_begin_class(h, PAWL_HTML_DIV, "verdicts");
        put_log_verdict(h, p);
        put_volumes_verdict(h, p);
        pawl_html_end(h);
        put_warnings(h, p);
        put_facts(h, p);
}
