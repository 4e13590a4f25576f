/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAWL_INIT_TPM_H
#define PAWL_INIT_TPM_H

#include "userspace/init/boot.h"

/* From greeting to unsealing, all commands together; a person's time does not count. */
#define PAWL_OPENING_MS 9000

/* Measures `leave-initrd`, once. Fails if the TPM ever answered in this boot and does not confirm
 * it: then no OS may run. Without a TPM that answered it warns and is content. */
PAWL_MUST_CHECK pawl_err pawl_boot_leave(pawl_boot *b, pawl_diag *d);

/* Begins the conversation anew behind a prompt, unless something was unsealed in the old one. */
void pawl_boot_greet_again(pawl_boot *b);

/* Ends the conversation before the OS starts. Waits for nothing. */
void pawl_boot_forget_tpm(pawl_boot *b);

#endif
