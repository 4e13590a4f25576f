/* SPDX-License-Identifier: BSD-2-Clause */
/* Authenticode signatures of PE files, as UEFI Secure Boot checks them. Windows Authenticode
 * Portable Executable Signature Format; RFC 2315 (PKCS #7). */
#ifndef PAWL_UKI_AUTHENTICODE_H
#define PAWL_UKI_AUTHENTICODE_H

#include "core/pe.h"
#include "userspace/uki/key.h"

/* The SHA-256 Authenticode digest. */
PAWL_MUST_CHECK pawl_err pawl_authenticode_digest(const pawl_pe *pe, pawl_digest *ret);

/* Replaces the old signatures of the PE file in `file` by one of `key` and `certificate`, in place:
 * such files are large. The signing time is SOURCE_DATE_EPOCH of the environment, if set, so that
 * the same input can give the same bytes. `file` stays as it was if it fails. */
PAWL_MUST_CHECK pawl_err pawl_authenticode_sign(
        pawl_buffer *file, EVP_PKEY *key, X509 *certificate, pawl_diag *d);

/* Whether one of the signatures is right and by `certificate` or one it issued. As the firmware
 * does, this looks neither at validity times nor at the purpose of certificates. MISSING without
 * signature, MISMATCH if none fits; the reason is in `d`. */
PAWL_MUST_CHECK pawl_err pawl_authenticode_verify(
        const pawl_pe *pe, X509 *certificate, pawl_diag *d);

#endif
