/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/report/page.h"

#include <stdio.h>

#include "userspace/log/secure-boot.h"
#include "userspace/report/parts.h"

pawl_err pawl_page_verify(const pawl_page *p, pawl_alg bank, pawl_verified_log *ret, pawl_diag *d)
{
        if (!(p->proofs.compared >> bank & 1))
                return PAWL_ERR_NOT_FOUND;
        return pawl_logs_verify(&p->state->logs, &p->proofs.values[bank], 0, ret, d);
}

/* --- the summary --- */

static void list_of(const pawl_page *p, pawl_proof proof, char ret[static PAWL_PART_LIST_SIZE])
{
        uint32_t mask = 0;

        for (unsigned i = 0; i < PAWL_PCR_COUNT; i++)
                if (p->proofs.pcrs[i] == proof)
                        mask |= 1u << i;
        pawl_part_list(mask, ret);
}

static void put_verdict(pawl_html *h, const pawl_page *p)
{
        static const char *const texts[] = {
                [PAWL_PROOF_UNKNOWN] = "Not everything could be compared with the TPM",
                [PAWL_PROOF_NO] = "The log and the TPM do not agree",
                [PAWL_PROOF_YES] = "The log and the TPM agree",
        };
        const pawl_proof all = pawl_proofs_all(&p->proofs);
        char list[PAWL_PART_LIST_SIZE];

        pawl_html_begin(h, PAWL_HTML_DIV);
        pawl_html_attr(h, PAWL_HTML_ATTR_CLASS, "verdict %s", pawl_proof_class(all));
        pawl_html_begin_class(h, PAWL_HTML_P, "head");
        pawl_part_mark(h, all);
        pawl_html_text(h, "%s", texts[all]);
        pawl_html_end(h);
        list_of(p, PAWL_PROOF_NO, list);
        if (all == PAWL_PROOF_YES)
                pawl_html_put(h, PAWL_HTML_P, NULL,
                        "Every PCR that the log speaks of has the value that the log leads to, so "
                        "the digests in it are what was measured.");
        else if (all == PAWL_PROOF_NO)
                pawl_html_put(h, PAWL_HTML_P, NULL,
                        "In PCR %s something else was measured than the log says. Do not believe "
                        "what it says of these, and do not type a recovery key into this system "
                        "before you know why.",
                        list);
        else
                pawl_html_put(h, PAWL_HTML_P, "said",
                        "What is marked as unknown is what the log says, and nothing proves "
                        "it%s%s.",
                        p->trouble ? ": " : "", p->trouble ? p->trouble : "");
        pawl_html_end(h);
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
        put_verdict(h, p);
        put_warnings(h, p);
        put_facts(h, p);
}

/* --- the page --- */

static pawl_err put_body(pawl_html *h, const pawl_page *p, pawl_diag *d)
{
        pawl_html_begin(h, PAWL_HTML_MAIN);
        pawl_page_summary(h, p);
        pawl_page_chain(h, p);
        PAWL_TRY(pawl_page_secrets(h, p, d));
        PAWL_TRY(pawl_page_changes(h, p, d));
        PAWL_TRY(pawl_page_events(h, p, d));
        pawl_html_end(h);
        pawl_html_put(h, PAWL_HTML_FOOTER, NULL,
                "Written by pawl %s. This page needs nothing but itself. It names programs, "
                "settings and command lines of the machine: look through it before you pass it on.",
                p->version);
        return PAWL_OK;
}

pawl_err pawl_page_write(pawl_page *p, pawl_buffer *ret, pawl_diag *d)
{
        pawl_autohtml pawl_html *h = NULL;

        pawl_proofs_make(&p->state->logs, p->values, &p->proofs);
        PAWL_TRY(pawl_chain_make(&p->state->logs, &p->chain));
        PAWL_TRY(pawl_html_new("Measured boot report", &h));
        PAWL_TRY(put_body(h, p, d));
        return pawl_fail_prefix(d, pawl_html_finish(h, ret), "the page");
}
