/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether this is a confidential virtual machine, whose host is not trusted: then nothing that the
 * host says through SMBIOS or fw_cfg is taken. */
#ifndef PAWL_INIT_CONFIDENTIAL_H
#define PAWL_INIT_CONFIDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

/* EAX, EBX, ECX, EDX of a CPUID leaf, subleaf 0. */
typedef void (*pawl_cpuid)(uint32_t leaf, uint32_t ret[static 4]);

/* AMD SEV, Intel TDX, or a guest that Hyper-V isolates. AMD: the leaf that names the feature is
 * taken for it being on, since hypervisors show it to such guests only. */
bool pawl_is_confidential_by(pawl_cpuid cpuid);
/* By this machine's processor; true where that cannot be asked. */
bool pawl_is_confidential(void);

#endif
