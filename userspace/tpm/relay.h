/* SPDX-License-Identifier: BSD-2-Clause */
/* A child process between us and /dev/tpm*. The kernel's driver holds a lock while a command runs,
 * and takes the same lock in poll(), read(), close() and at the end of a process: whoever has the
 * device open waits as long as the TPM likes. The child does, and nobody waits for it. */
#ifndef PAWL_TPM_RELAY_H
#define PAWL_TPM_RELAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "userspace/host/diag.h"

/* Opens the device and starts the child. `*ret_fd`: a stream socket that takes commands and gives
 * answers; closing it ends the child. TPM_ABSENT if there is no such device, BUSY if somebody else
 * has it. */
PAWL_MUST_CHECK pawl_err pawl_relay_start(
        const char *device, int *ret_fd, pid_t *ret_child, pawl_diag *d);
/* Takes the exit status of a child whose socket was closed. `wait` only while no command is
 * running.
 */
void pawl_relay_reap(pid_t child, bool wait);

#endif
