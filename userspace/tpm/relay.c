/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/tpm/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "userspace/host/cleanup.h"
#include "userspace/host/file.h"

#define MESSAGE_MAX 4096 /* bytes: what the driver takes and gives at most */
#define FD_MIN      64   /* in the child: where its two descriptors go */

/* A packet is a command or an answer whole; the driver takes and gives them whole too. */
static void relay(int sock, int device)
{
        uint8_t message[MESSAGE_MAX];

        for (;;) {
                ssize_t n = recv(sock, message, sizeof(message), 0);

                if (n <= 0 || write(device, message, (size_t)n) != n)
                        return;
                n = read(device, message, sizeof(message));
                if (n <= 0 || send(sock, message, (size_t)n, MSG_NOSIGNAL) != n)
                        return;
        }
}

/* Nothing of the parent may be kept alive by a child that hangs: above all not the lock, which is
 * shared by all who have the same descriptor open. */
_Noreturn static void child_main(int sock, int device)
{
        sigset_t all;

        (void)sigfillset(&all);
        (void)sigprocmask(SIG_BLOCK, &all, NULL);
        (void)prctl(PR_SET_DUMPABLE, 0);
        (void)prctl(PR_SET_NAME, "pawl-tpm");
        sock = fcntl(sock, F_DUPFD_CLOEXEC, FD_MIN);
        device = sock < 0 ? -1 : fcntl(device, F_DUPFD_CLOEXEC, sock + 1);
        if (device < 0 || close_range(0, (unsigned)sock - 1, 0) < 0 ||
                (device > sock + 1 &&
                        close_range((unsigned)sock + 1, (unsigned)device - 1, 0) < 0) ||
                close_range((unsigned)device + 1, UINT_MAX, 0) < 0)
                _exit(1);
        relay(sock, device);
        _exit(0);
}

static pawl_err open_device(const char *path, int *ret, pawl_diag *d)
{
        int fd = open(path, O_RDWR | O_CLOEXEC);

        if (fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO || errno == ENOTDIR))
                return pawl_fail(d, PAWL_ERR_TPM_ABSENT,
                        "%s: there is no TPM; switch it on in the firmware's setup, or name one "
                        "with --tpm=",
                        path);
        if (fd < 0)
                return pawl_fail_errno(d, errno, "%s: cannot be opened", path);
        *ret = fd;
        return PAWL_OK;
}

pawl_err pawl_relay_start(const char *device, int *ret_fd, pid_t *ret_child, pawl_diag *d)
{
        pawl_autoclose int dev = -1, ours = -1, theirs = -1;
        int pair[2];
        pid_t child;

        PAWL_TRY(open_device(device, &dev, d));
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return pawl_fail_errno(d, errno, "%s: no socket for it", device);
        ours = pair[0];
        theirs = pair[1];
        child = fork();
        if (child < 0)
                return pawl_fail_errno(d, errno, "%s: no process for it", device);
        if (child == 0)
                child_main(theirs, dev);
        *ret_fd = pawl_take_fd(&ours);
        *ret_child = child;
        return PAWL_OK;
}

void pawl_relay_reap(pid_t child, bool wait)
{
        while (waitpid(child, NULL, wait ? 0 : WNOHANG) < 0 && errno == EINTR)
                ;
}
