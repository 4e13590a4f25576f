/* SPDX-License-Identifier: BSD-2-Clause */
/* Authenticode signatures of PE files, as UEFI Secure Boot checks them. Windows Authenticode
 * Portable Executable Signature Format; RFC 2315 (PKCS #7). */
#ifndef PAWL_UKI_AUTHENTICODE_H
#define PAWL_UKI_AUTHENTICODE_H

#include "core/pe.h"
#include "userspace/uki/key.h"

/* The SHA-256 Authenticode digest. */
PAWL_MUST_CHECK pawl_err pawl_authenticode_digest(const pawl_pe *pe, pawl_digest *ret);

/* The file with its old signatures replaced by one of `key` and `certificate`. The signing time is
 * SOURCE_DATE_EPOCH of the environment, if set, so that the same input can give the same bytes. */
PAWL_MUST_CHECK pawl_err pawl_authenticode_sign(
        const pawl_pe *pe, EVP_PKEY *key, X509 *certificate, pawl_buffer *ret, pawl_diag *d);

/* Whether one of the signatures is right and by `certificate` or one it issued. As the firmware
 * does, this looks neither at validity times nor at the purpose of certificates. MISSING without
 * signature, MISMATCH if none fits; the reason is in `d`. */
PAWL_MUST_CHECK pawl_err pawl_authenticode_verify(
        const pawl_pe *pe, X509 *certificate, pawl_diag *d);

#endif
