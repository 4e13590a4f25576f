/* SPDX-License-Identifier: BSD-2-Clause */
/* The TPM in this boot: found, spoken to with deadlines, and left behind with its fuse blown. PID 1
 * is alone on the machine and uses /dev/tpm0 itself. */

#include "userspace/init/tpm.h"
#include "userspace/init/measure.h"
#include "userspace/init/wait.h"

#define DEVICE     "/dev/tpm0"
#define ACPI_TABLE "/sys/firmware/acpi/tables/TPM2"
/* The prompt has to be there within 10 s after `enter-initrd`, whatever the TPM does. */
#define APPEAR_S   3
#define COMMAND_MS 4000

static bool is_there(void *ctx)
{
        (void)ctx;
        return access(DEVICE, F_OK) == 0;
}

static pawl_err find_device(pawl_boot *b, pawl_diag *d)
{
        if (is_there(NULL))
                return PAWL_OK;
        if (access(ACPI_TABLE, F_OK) != 0)
                return pawl_fail(d, PAWL_ERR_TPM_ABSENT,
                        "this machine has no TPM, or it is switched off in the firmware's setup");
        if (pawl_wait_for(b->events, &b->consoles, "the TPM", APPEAR_S, is_there, NULL) == PAWL_OK)
                return PAWL_OK;
        return pawl_fail(d, PAWL_ERR_TPM_ABSENT,
                "the firmware has a TPM, but the kernel found no driver for it");
}

/* What is there may answer: from here on leaving has to be confirmed. */
static pawl_err greet(pawl_boot *b, pawl_diag *d)
{
        pawl_err err;

        PAWL_TRY(pawl_tpm_open(DEVICE, COMMAND_MS, &b->tpm.t, d));
        pawl_tpm_limit_total(b->tpm.t, PAWL_OPENING_MS);
        PAWL_TRY(pawl_tpm_banks(b->tpm.t, &b->tpm.banks, d));
        b->tpm.has_answered = true;
        err = pawl_tpm_srk_find(b->tpm.t, &b->tpm.srk, d);
        if (err != PAWL_OK && err != PAWL_ERR_NOT_FOUND && err != PAWL_ERR_UNSUPPORTED)
                return err;
        return PAWL_OK;
}

static pawl_err enter(pawl_boot *b, pawl_diag *d)
{
        PAWL_TRY(find_device(b, d));
        PAWL_TRY(greet(b, d));
        return pawl_boot_measure_phase(b, PAWL_PHASE_ENTER_INITRD, d);
}

pawl_err pawl_step_tpm(pawl_boot *b, pawl_diag *d)
{
        b->tpm.may_unseal = enter(b, d) == PAWL_OK;
        if (!b->tpm.may_unseal)
                (void)snprintf(b->tpm.trouble, sizeof(b->tpm.trouble), "%s", pawl_diag_text(d));
        *d = (pawl_diag){ 0 };
        return PAWL_OK;
}

/* After an answer that was not the TPM's tss2 says no to everything, and the TPM may be well by
 * now. Once something was unsealed the proven key is kept, whatever that costs. */
void pawl_boot_greet_again(pawl_boot *b)
{
        pawl_diag d = { 0 };

        if (!b->tpm.t || pawl_tpm_is_dead(b->tpm.t) || b->tpm.has_unsealed)
                return;
        pawl_boot_forget_tpm(b);
        if (greet(b, &d) != PAWL_OK)
                pawl_consoles_say(&b->consoles, "%s", pawl_diag_text(&d));
}

pawl_err pawl_boot_leave(pawl_boot *b, pawl_diag *d)
{
        pawl_err err = PAWL_ERR_TPM_ABSENT;

        if (b->tpm.has_left)
                return PAWL_OK;
        b->tpm.has_left = true;
        if (b->tpm.t) {
                pawl_tpm_limit_total(b->tpm.t, PAWL_MEASURE_MS);
                err = pawl_boot_measure_phase(b, PAWL_PHASE_LEAVE_INITRD, d);
        }
        if (err == PAWL_OK)
                return PAWL_OK;
        if (b->tpm.has_answered || b->tpm.has_unsealed)
                return pawl_fail_prefix(d, err,
                        "leaving the initrd is not confirmed by the TPM, so the keys could be "
                        "unsealed again and the system must not run (a TPM that fails can be "
                        "switched off in the firmware's setup; the recovery key then opens the "
                        "disk)");
        if (b->n_volumes > 0)
                pawl_consoles_say(&b->consoles,
                        "warning: no TPM answered, so nothing of this boot is measured by it");
        return PAWL_OK;
}

pawl_err pawl_step_leave(pawl_boot *b, pawl_diag *d)
{
        return pawl_boot_leave(b, d);
}

/* The device itself is held by the child of the connection, which ends with it; PID 1 never waits
 * for the driver. */
void pawl_boot_forget_tpm(pawl_boot *b)
{
        if (!b->tpm.t)
                return;
        pawl_tpm_srk_free_p(&b->tpm.srk);
        pawl_tpm_close_p(&b->tpm.t);
}
