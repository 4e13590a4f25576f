/* SPDX-License-Identifier: BSD-2-Clause */
/* FIDO2 tokens at the prompt. A child looks for the ones that the volumes were enrolled with, waits
 * until one is plugged in, and has the person touch it; what it finds comes over a socket, which
 * the prompt watches beside the consoles. PID 1 never waits for a token. */
#ifndef PAWL_INIT_FIDO_H
#define PAWL_INIT_FIDO_H

#include "userspace/init/boot.h"

typedef struct pawl_fido {
        int pid, fd; /* 0, -1: nothing is looked for */
        bool wants_pin;
} pawl_fido;

/* Starts looking if a locked volume has such a token. Trouble is told and costs this way in only.
 */
void pawl_fido_start(pawl_boot *b, pawl_fido *ret);
/* Ends the child, wherever it is. */
void pawl_fido_end(pawl_fido *f);
#define pawl_autofido pawl_cleanup(pawl_fido_end)

/* Takes what the child has to say; call it when `fd` is readable. True if a volume was unlocked. */
bool pawl_fido_take(pawl_boot *b, pawl_fido *f);
/* What a person typed, to a token that asked for its PIN. False if none did. */
bool pawl_fido_give_pin(pawl_fido *f, pawl_span pin);

#endif
