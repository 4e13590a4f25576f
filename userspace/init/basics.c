/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>

#include "userspace/host/file.h"
#include "userspace/init/boot.h"
#include "userspace/init/cmdline.h"
#include "userspace/init/modules.h"
#include "userspace/init/mounts.h"
#include "userspace/init/wait.h"

#define MODULES_LIST "/etc/pawl/modules"

static void set(const char *path, const char *value)
{
        pawl_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd >= 0)
                (void)!pawl_fd_write_all(fd, pawl_span_str(value));
}

/* No key combination may end or debug the boot: Ctrl-Alt-Del reaches us as a signal that nobody
 * takes, and SysRq is off until the OS decides. */
static void forbid_keys(void)
{
        (void)reboot(RB_DISABLE_CAD);
        set("/proc/sys/kernel/sysrq", "0");
}

/* A bug in here ends in a restart, not in a machine that stands still with an open disk. */
static void forbid_standstill(void)
{
        pawl_autobuffer pawl_buffer seconds = { 0 };

        if (pawl_file_read("/proc/sys/kernel/panic", 64, &seconds, NULL) == PAWL_OK &&
                strcmp((const char *)seconds.data, "0\n") == 0)
                set("/proc/sys/kernel/panic", "10");
}

pawl_err pawl_step_basics(pawl_boot *b, pawl_diag *d)
{
        (void)umask(022);
        PAWL_TRY(pawl_mounts_kernel(d));
        forbid_keys();
        forbid_standstill();
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
