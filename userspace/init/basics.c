/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/reboot.h>
#include <sys/stat.h>

#include "userspace/host/file.h"
#include "userspace/init/boot.h"
#include "userspace/init/cmdline.h"
#include "userspace/init/modules.h"
#include "userspace/init/mounts.h"
#include "userspace/init/wait.h"

#define MODULES_LIST "/etc/pawl/modules"

/* No key combination may end or debug the boot: Ctrl-Alt-Del reaches us as a signal that nobody
 * takes, and SysRq is off until the OS decides. */
static void forbid_keys(void)
{
        (void)reboot(RB_DISABLE_CAD);
        (void)!pawl_file_write("/proc/sys/kernel/sysrq", PAWL_SPAN_LITERAL("0\n"), 0644, NULL);
}

pawl_err pawl_step_basics(pawl_boot *b, pawl_diag *d)
{
        (void)umask(022);
        PAWL_TRY(pawl_mounts_kernel(d));
        forbid_keys();
        pawl_consoles_open(&b->consoles);
        b->events = pawl_wait_open();
        return pawl_file_read("/proc/cmdline", PAWL_CMDLINE_MAX, &b->cmdline, d);
}

pawl_err pawl_step_modules(pawl_boot *b, pawl_diag *d)
{
        unsigned n_loaded, n_failed;

        pawl_modules_load(MODULES_LIST, &n_loaded, &n_failed, d);
        if (n_failed > 0)
                pawl_consoles_say(&b->consoles, "%u modules failed, the first: %s", n_failed,
                        pawl_diag_text(d));
        if (pawl_mounts_efivars(d) != PAWL_OK)
                pawl_consoles_say(&b->consoles, "%s", pawl_diag_text(d));
        *d = (pawl_diag){ 0 };
        return PAWL_OK;
}
