/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/tpm/esys.h"
#include "userspace/tpm/lock.h"

static const char *choose(const char *spec)
{
        const char *env = secure_getenv("PAWL_TPM");

        if (spec && spec[0] != '\0' && strcmp(spec, "auto") != 0)
                return spec;
        if (env && env[0] != '\0' && strcmp(env, "auto") != 0)
                return env;
        return "/dev/tpmrm0";
}

static pawl_err connect_to(pawl_tpm *t, const char *spec, unsigned deadline_ms,
        const pawl_tpm_lock_wait *wait, pawl_diag *d)
{
        (void)snprintf(t->name, sizeof(t->name), "%s", spec);
        /* tss2 writes to stderr unless told not to; what went wrong is told by the diag */
        (void)setenv("TSS2_LOG", "all+none", /* overwrite= */ 0);
        PAWL_TRY(pawl_tpm_lock(wait, &t->lock_fd, d));
        PAWL_TRY(pawl_tcti_open(spec, deadline_ms, &t->tcti, d));
        return pawl_tpm_rc(t, Esys_Initialize(&t->esys, (TSS2_TCTI_CONTEXT *)(void *)t->tcti, NULL),
                d, "starting a conversation");
}

bool pawl_tpm_is_there(const char *spec)
{
        spec = choose(spec);
        return spec[0] != '/' || access(spec, F_OK) == 0;
}

pawl_err pawl_tpm_open(const char *spec, unsigned deadline_ms, pawl_tpm **ret, pawl_diag *d)
{
        return pawl_tpm_open_patient(spec, deadline_ms, deadline_ms, NULL, ret, d);
}

pawl_err pawl_tpm_open_patient(const char *spec, unsigned deadline_ms, unsigned wait_ms,
        void (*say_waiting)(void), pawl_tpm **ret, pawl_diag *d)
{
        const pawl_tpm_lock_wait wait = { .ms = wait_ms, .say = say_waiting };
        pawl_autotpm pawl_tpm *t = calloc(1, sizeof(*t));

        if (!t)
                return pawl_fail(d, PAWL_ERR_NO_MEMORY, "TPM: out of memory");
        t->lock_fd = -1;
        PAWL_TRY(connect_to(t, choose(spec), deadline_ms, &wait, d));
        *ret = pawl_take(&t);
        return PAWL_OK;
}

void pawl_tpm_close_p(pawl_tpm **t)
{
        if (!*t)
                return;
        if ((*t)->esys)
                Esys_Finalize(&(*t)->esys);
        pawl_tcti_close_p(&(*t)->tcti);
        pawl_close_p(&(*t)->lock_fd);
        free(*t);
        *t = NULL;
}

bool pawl_tpm_is_dead(const pawl_tpm *t)
{
        return t->tcti->state != PAWL_TCTI_OK;
}

void pawl_tpm_limit_total(pawl_tpm *t, unsigned ms)
{
        pawl_tcti_limit_total(t->tcti, ms);
}

void pawl_tpm_counters(const pawl_tpm *t, unsigned *ret_commands, size_t *ret_bytes)
{
        *ret_commands = t->tcti->n_commands;
        *ret_bytes = t->tcti->n_bytes;
}
