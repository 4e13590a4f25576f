/* SPDX-License-Identifier: BSD-2-Clause */
/* Sealing a credential. */
#ifndef PAWL_CRED_MAKE_H
#define PAWL_CRED_MAKE_H

#include "userspace/cred/scope.h"
#include "userspace/cred/store-key.h"

typedef struct pawl_cred_make {
        const pawl_cred_type *type;
        const char *name; /* "": good for every name */
        uint64_t timestamp, not_after;
        const pawl_cred_scope *scope; /* with a scoped type */
        const char *host_key;         /* file; NULL: the machine's own, made where it is missing */
        /* with a TPM type: the conversation, or the public part (TPM2B_PUBLIC) of another machine's
         * storage root key, and `t` NULL */
        pawl_tpm *t;
        pawl_span device_key;
        const pawl_seal_policy *policy;
        /* with the store's type */
        const pawl_store_public *store;
        bool is_authenticated; /* the host key takes part too */
} pawl_cred_make;

/* The text of the new credential: base64 in lines. LIMIT for a secret over 1 MiB. Without a storage
 * root key the TPM gets one. At most 4 TPM commands beside what finds that key. */
PAWL_MUST_CHECK pawl_err pawl_cred_seal(
        const pawl_cred_make *m, pawl_span secret, pawl_buffer *ret_text, pawl_diag *d);

#endif
