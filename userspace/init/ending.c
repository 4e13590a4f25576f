/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ways out: the init of the OS, or power off. */
#include <sys/mount.h>
#include <sys/reboot.h>

#include "userspace/host/file.h"
#include "userspace/init/cmdline.h"
#include "userspace/init/mounts.h"
#include "userspace/init/tpm.h"

#define READ_IT_S 10 /* how long a person has to read the last message */

static pawl_err choose_init(const pawl_boot *b, char *ret, size_t size, pawl_diag *d)
{
        pawl_err err = pawl_cmdline_get(pawl_buffer_span(&b->cmdline), "init", ret, size);

        if (err == PAWL_ERR_NOT_FOUND) {
                (void)snprintf(ret, size, "/sbin/init");
                return PAWL_OK;
        }
        if (err == PAWL_OK && ret[0] != '/')
                err = PAWL_ERR_FORMAT;
        return err == PAWL_OK ? PAWL_OK
                              : pawl_fail(d, err,
                                        "init= on the command line: %s; it must be one absolute "
                                        "path",
                                        pawl_err_text(err));
}

static void tell_time(pawl_boot *b)
{
        char text[512], line[sizeof(text) + 2];

        pawl_timeline_text(&b->time, text, sizeof(text));
        pawl_consoles_say(&b->consoles, "%s", text);
        (void)snprintf(line, sizeof(line), "%s\n", text);
        (void)!pawl_file_write("/run/pawl/time", pawl_span_str(line), 0644, NULL);
}

/* Where systemd looks for credentials that an earlier stage gathered; other inits have no use for
 * it. Of what nothing measured it is not told. */
static void name_credentials(const pawl_boot *b, const char *ret[static 3])
{
        size_t n = 0;

        if (b->credentials[PAWL_CRED_SYSTEM].n > 0)
                ret[n++] = "CREDENTIALS_DIRECTORY=/run/credentials/@system";
        if (b->credentials[PAWL_CRED_ENCRYPTED].n > 0)
                ret[n++] = "ENCRYPTED_CREDENTIALS_DIRECTORY=/run/credentials/@encrypted";
        ret[n] = NULL;
}

pawl_err pawl_step_switch(pawl_boot *b, pawl_diag *d)
{
        char init[4096];
        const char *environment[3];

        PAWL_TRY(choose_init(b, init, sizeof(init), d));
        tell_time(b);
        pawl_boot_forget_tpm(b);
        name_credentials(b, environment);
        return pawl_switch_root(init, b->argv, environment, d);
}

/* The reason is told first: what follows may wait for a TPM that does not answer. */
void pawl_boot_give_up(pawl_boot *b, const char *reason)
{
        pawl_autosecret pawl_secret line = { 0 };
        pawl_diag d = { 0 };

        pawl_consoles_say(&b->consoles, "%s", reason);
        pawl_boot_close_volumes(b);
        if (pawl_boot_leave(b, &d) != PAWL_OK)
                pawl_consoles_say(&b->consoles, "%s", pawl_diag_text(&d));
        pawl_consoles_say(&b->consoles, "the machine powers off in %d s, or with Enter", READ_IT_S);
        sync();
        (void)!pawl_consoles_ask(&b->consoles, "", READ_IT_S, &line);
        for (;;) {
                (void)reboot(RB_POWER_OFF);
                (void)sleep(1);
        }
}
