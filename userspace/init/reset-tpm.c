/* SPDX-License-Identifier: BSD-2-Clause */
/* Clearing the TPM without a person where that can be, and asking the firmware where it cannot. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "userspace/host/file.h"
#include "userspace/init/reset.h"
#include "userspace/init/tpm.h"
#include "userspace/seal/boot-policy.h"
#include "userspace/seal/clear.h"

#define WHAT        "TPM"
#define CLEARING_MS 60000u
#define PPI         "/sys/class/tpm/tpm0/ppi/"
#define PPI_CLEAR   "5\n" /* TCG Physical Presence Interface 1.30, table 1: TPM2_Clear */

static pawl_err by_policy(pawl_boot *b, pawl_diag *d)
{
        pawl_autobuffer pawl_buffer pem = { 0 }, signatures = { 0 };
        pawl_err err = PAWL_ERR_TPM_POLICY;

        PAWL_TRY(pawl_image_public_key(NULL, &pem, d));
        PAWL_TRY(pawl_image_signatures(NULL, &signatures, d));
        for (unsigned a = 0; a < PAWL_ALG_MAX_ && err == PAWL_ERR_TPM_POLICY; a++)
                if (b->tpm.banks >> a & 1)
                        err = pawl_clear_by_policy(b->tpm.t, pawl_buffer_span(&pem),
                                pawl_buffer_span(&signatures), (pawl_alg)a, d);
        return err;
}

/* What the TPM says of itself comes first: a wrong password would lock the right one out. */
static pawl_err clear(pawl_boot *b, pawl_diag *d)
{
        pawl_tpm_info info;

        pawl_tpm_limit_total(b->tpm.t, CLEARING_MS);
        PAWL_TRY(pawl_tpm_get_lockout(b->tpm.t, &info, d));
        if (info.disable_clear)
                return pawl_fail(d, PAWL_ERR_REFUSED, "clearing is disabled in it");
        return info.lockout_auth_set ? by_policy(b, d)
                                     : pawl_tpm_clear(b->tpm.t, PAWL_SPAN_NULL, d);
}

static pawl_err write_ppi(pawl_diag *d)
{
        pawl_autoclose int fd = open(PPI "request", O_WRONLY | O_CLOEXEC);

        if (fd < 0 || pawl_fd_write_all(fd, PAWL_SPAN_LITERAL(PPI_CLEAR)) != PAWL_OK)
                return pawl_fail(
                        d, PAWL_ERR_UNSUPPORTED, "the firmware takes no request to clear the TPM");
        return PAWL_OK;
}

/* Once: a person who says no is not asked again at every start. */
static pawl_err ask_firmware(pawl_reset_run *r, pawl_diag *d)
{
        if (r->journal.has_asked_firmware)
                return pawl_fail(
                        d, PAWL_ERR_REFUSED, "the firmware was asked, and did not clear the TPM");
        r->journal.has_asked_firmware = true;
        PAWL_TRY(pawl_reset_journal_write(&r->journal, d));
        PAWL_TRY(write_ppi(d));
        pawl_consoles_say(&r->b->consoles,
                "reset: the firmware will ask at its next start whether the TPM may be cleared");
        pawl_reset_restart(r->b);
}

/* No storage root key is left after a clear, and nothing of ours makes one before step 5. */
static bool is_cleared_by_firmware(pawl_reset_run *r)
{
        pawl_autosrk pawl_tpm_srk *srk = NULL;
        pawl_tpm_info info;

        return r->journal.has_asked_firmware &&
               pawl_tpm_get_lockout(r->b->tpm.t, &info, NULL) == PAWL_OK &&
               !info.lockout_auth_set &&
               pawl_tpm_srk_find(r->b->tpm.t, &srk, NULL) == PAWL_ERR_NOT_FOUND;
}

static void not_cleared(pawl_reset_run *r, const char *why)
{
        char text[PAWL_DIAG_SIZE + 256];

        (void)snprintf(text, sizeof(text),
                "NOT CLEARED: %s; what was sealed to it before could still be opened by it", why);
        pawl_reset_note(r, WHAT, text);
}

pawl_err pawl_reset_tpm(pawl_reset_run *r, pawl_diag *d)
{
        pawl_boot *b = r->b;
        char why[PAWL_DIAG_SIZE];

        if (r->journal.keeps_tpm) {
                not_cleared(r, "it was asked to be kept");
                return PAWL_OK;
        }
        if (!b->tpm.t || pawl_tpm_is_dead(b->tpm.t)) {
                not_cleared(r, b->tpm.trouble[0] != '\0' ? b->tpm.trouble : "it does not answer");
                return PAWL_OK;
        }
        if (is_cleared_by_firmware(r) || clear(b, d) == PAWL_OK) {
                pawl_tpm_srk_free_p(&b->tpm.srk);
                pawl_reset_note(r, WHAT, "cleared");
                return PAWL_OK;
        }
        (void)snprintf(why, sizeof(why), "%s", pawl_diag_text(d));
        if (!pawl_tpm_is_dead(b->tpm.t) && ask_firmware(r, d) != PAWL_OK)
                (void)snprintf(
                        why + strlen(why), sizeof(why) - strlen(why), "; %s", pawl_diag_text(d));
        not_cleared(r, why);
        return PAWL_OK;
}
