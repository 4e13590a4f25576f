/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a sealed object: TPM2B_PRIVATE || TPM2B_PUBLIC, and TPM2B_ENCRYPTED_SECRET for one
 * that was sealed elsewhere, from the public part of the storage root key. */
#ifndef PAWL_SEAL_BLOB_H
#define PAWL_SEAL_BLOB_H

#include <tss2/tss2_tpm2_types.h>

#include "userspace/seal/seal.h"

#define PAWL_SEAL_BLOB_MAX 4096 /* bytes */

typedef struct pawl_seal_blob {
        TPM2B_PRIVATE private;
        TPM2B_PUBLIC public;
        TPM2B_ENCRYPTED_SECRET seed; /* size 0: sealed by the TPM itself */
} pawl_seal_blob;

/* FORMAT, also for trailing bytes. UNSUPPORTED for another object than a sealed secret with a
 * SHA-256 policy that only its policy opens. */
PAWL_MUST_CHECK pawl_err pawl_seal_blob_parse(pawl_span blob, pawl_seal_blob *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_seal_blob_write(
        const pawl_seal_blob *b, pawl_buffer *ret, pawl_diag *d);

/* Loads it: errors as pawl_unseal's of the same moment. */
struct pawl_tpm_object;
PAWL_MUST_CHECK pawl_err pawl_seal_load(pawl_tpm *t, const pawl_tpm_srk *srk, pawl_span blob,
        struct pawl_tpm_object *ret, pawl_diag *d);

#endif
