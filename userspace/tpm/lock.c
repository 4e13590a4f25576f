/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/tpm/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "userspace/host/cleanup.h"

#define SAY_MS   1000
#define PAUSE_MS 20 /* between two looks: flock has no time limit of its own */

static int open_lock(const char *path)
{
        if (strcmp(path, PAWL_TPM_LOCK_FILE) == 0 && mkdir("/run/pawl", 0755) < 0)
                errno = 0; /* it is there, or opening fails and tells why */
        return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

pawl_err pawl_tpm_lock(const pawl_tpm_lock_wait *wait, int *ret_fd, pawl_diag *d)
{
        const char *env = secure_getenv("PAWL_TPM_LOCK");
        const char *path = env && env[0] != '\0' ? env : PAWL_TPM_LOCK_FILE;
        pawl_autoclose int fd = open_lock(path);
        struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

        if (fd < 0) {
                *ret_fd = -1;
                return PAWL_OK;
        }
        for (unsigned waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += PAUSE_MS) {
                if (errno != EWOULDBLOCK && errno != EINTR)
                        return pawl_fail_errno(d, errno, "%s: cannot be locked", path);
                if (waited >= wait->ms)
                        return pawl_fail(d, PAWL_ERR_BUSY,
                                "%s: another program has been talking to the TPM for %u s; try "
                                "again",
                                path, wait->ms / 1000);
                if (wait->say && waited == SAY_MS)
                        wait->say();
                (void)nanosleep(&pause, NULL);
        }
        *ret_fd = pawl_take_fd(&fd);
        return PAWL_OK;
}
