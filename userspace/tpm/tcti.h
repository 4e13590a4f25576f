/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of commands to a TPM and of answers back, as tss2 wants it (a TCTI), with what tss2's own
 * ones lack: a deadline for each command and for all of them together, and a count. Devices
 * (through userspace/tpm/relay.h) and swtpm's local sockets are driven from here: tss2's device
 * TCTI sends a command of its own while it opens and waits for the answer without limit, and its
 * swtpm TCTI never stops waiting. Everything else goes through tctildr, with the deadlines that it
 * keeps. */
#ifndef PAWL_TPM_TCTI_H
#define PAWL_TPM_TCTI_H

#include <stdbool.h>
#include <sys/types.h>
#include <tss2/tss2_tcti.h>

#include "userspace/host/diag.h"

typedef enum pawl_tcti_state {
        PAWL_TCTI_OK,
        PAWL_TCTI_DEAD,   /* a deadline passed: nobody waits for the answer any more */
        PAWL_TCTI_BROKEN, /* the other side went away or sent no TPM answer */
} pawl_tcti_state;

typedef struct pawl_tcti {
        TSS2_TCTI_CONTEXT_COMMON_V1 common; /* first: what tss2 sees */
        TSS2_TCTI_CONTEXT *inner;           /* what tctildr gave, or NULL */
        int fd;                             /* a socket, or -1 */
        pid_t relay;                        /* the child at the other end, or 0 */
        bool is_stream;                     /* an answer may come in pieces */
        pawl_tcti_state state;
        unsigned deadline_ms; /* for one command */
        int64_t end_ms;       /* monotonic, for all commands; 0: no limit */
        int64_t command_end_ms;
        size_t expected; /* bytes of the answer that is being read */
        unsigned n_commands;
        size_t n_bytes;
} pawl_tcti;

/* `spec`: a path of a device, "device:PATH", "swtpm:path=SOCKET", or what tctildr knows. TPM_ABSENT
 * if it is not there.
 */
PAWL_MUST_CHECK pawl_err pawl_tcti_open(
        const char *spec, unsigned deadline_ms, pawl_tcti **ret, pawl_diag *d);
void pawl_tcti_close_p(pawl_tcti **t);
#define pawl_autotcti pawl_cleanup(pawl_tcti_close_p)
/* From now on all commands together have `ms` milliseconds. */
void pawl_tcti_limit_total(pawl_tcti *t, unsigned ms);

#endif
