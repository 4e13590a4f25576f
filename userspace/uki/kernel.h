/* SPDX-License-Identifier: BSD-2-Clause */
/* What a UKI asks of the kernel inside it. */
#ifndef PAWL_UKI_KERNEL_H
#define PAWL_UKI_KERNEL_H

#include "core/pe.h"
#include "userspace/uki/key.h"

/* Fails with REFUSED if `kernel` (the content of `.linux`) carries a signature by `certificate` or
 * one that it issued: with it the kernel could be started directly, past everything that the stub
 * measures. FORMAT if the kernel is not a PE image, which no stub can start. A NULL certificate
 * checks the format only. `name` is for messages. */
PAWL_MUST_CHECK pawl_err pawl_kernel_check(
        pawl_span kernel, X509 *certificate, const char *name, pawl_diag *d);

/* The `uname -r` that an x86 kernel carries in its setup header (Linux: Documentation/arch/x86/
 * boot.rst, kernel_version). NOT_FOUND for other files. */
PAWL_MUST_CHECK pawl_err pawl_kernel_uname(pawl_span kernel, pawl_span *ret);

#endif
