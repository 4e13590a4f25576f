/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/report/page.h"

pawl_err pawl_page_verify(const pawl_page *p, pawl_alg bank, pawl_verified_log *ret, pawl_diag *d)
{
        if (!(p->proofs.compared >> bank & 1))
                return PAWL_ERR_NOT_FOUND;
        return pawl_logs_verify(&p->state->logs, &p->proofs.values[bank], 0, ret, d);
}

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
        pawl_err err;

        pawl_proofs_make(&p->state->logs, p->values, &p->proofs);
        PAWL_TRY(pawl_chain_make(&p->state->logs, &p->chain));
        PAWL_TRY(pawl_html_new("Measured boot report", &h));
        err = pawl_page_ask(p, d);
        if (err == PAWL_OK)
                err = put_body(h, p, d);
        pawl_page_forget(p);
        PAWL_TRY(err);
        return pawl_fail_prefix(d, pawl_html_finish(h, ret), "the page");
}
