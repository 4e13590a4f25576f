/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a sealed object: TPM2B_PRIVATE || TPM2B_PUBLIC. */
#ifndef PAWL_SEAL_BLOB_H
#define PAWL_SEAL_BLOB_H

#include <tss2/tss2_tpm2_types.h>

#include "userspace/seal/seal.h"

#define PAWL_SEAL_BLOB_MAX 4096 /* bytes */

/* FORMAT, also for trailing bytes. UNSUPPORTED for another object than a sealed secret with a
 * SHA-256 policy that only its policy opens. */
PAWL_MUST_CHECK pawl_err pawl_seal_blob_parse(
        pawl_span blob, TPM2B_PRIVATE *ret_private, TPM2B_PUBLIC *ret_public, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_seal_blob_write(
        const TPM2B_PRIVATE *private, const TPM2B_PUBLIC *public, pawl_buffer *ret, pawl_diag *d);

#endif
