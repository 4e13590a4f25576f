/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a sealed credential, in systemd's format: a header that says which keys are wanted
 * and holds what the TPM needs to give its one, then the AES-256-GCM ciphertext of times, name and
 * secret. The whole header is authenticated by the tag, but is read before that: it is the
 * attacker's input. All numbers are little-endian, each part of the header is padded to 8 bytes. */
#ifndef PAWL_CRED_ENVELOPE_H
#define PAWL_CRED_ENVELOPE_H

#include "core/alg.h"
#include "userspace/cred/type.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_CRED_SECRET_MAX   (1u << 20)                                 /* bytes of a secret */
#define PAWL_CRED_ENVELOPE_MAX ((1u << 20) + 131072u)                     /* bytes, decoded */
#define PAWL_CRED_TEXT_MAX     (PAWL_CRED_ENVELOPE_MAX / 3 * 4 + 131072u) /* bytes of base64 */
#define PAWL_CRED_FIELD_MAX    (16u << 10) /* bytes of a field of the header */

#define PAWL_CRED_KEY_SIZE 32 /* bytes: AES-256 */
#define PAWL_CRED_IV_SIZE  12
#define PAWL_CRED_TAG_SIZE 16

/* Of a store credential. */
#define PAWL_STORE_ID_SIZE       16
#define PAWL_STORE_KEY_SIZE      32        /* X25519, public or private */
#define PAWL_STORE_AUTHENTICATED (1u << 0) /* the machine's key file takes part */

typedef struct pawl_cred_envelope {
        const pawl_cred_type *type;
        pawl_span iv;
        /* with PAWL_CRED_TPM2 */
        uint64_t literal_mask;
        pawl_alg bank;
        bool is_rsa; /* the primary's algorithm */
        pawl_span blob, policy_digest;
        /* with PAWL_CRED_PUBLIC_KEY */
        uint64_t signed_mask;
        pawl_span public_key_pem;
        /* with PAWL_CRED_SRK */
        pawl_span srk;
        /* with PAWL_CRED_SCOPED */
        uint64_t scope;
        /* with PAWL_CRED_STORE */
        uint64_t store_flags;
        pawl_span store_id, ephemeral;
        /* What is encrypted, and the header before it. */
        pawl_span header, ciphertext, tag;
} pawl_cred_envelope;

/* Reads the decoded bytes, from which `ret` borrows. FORMAT, LIMIT, TRUNCATED; UNSUPPORTED for an
 * id that is not known. Messages are without the file's name. */
PAWL_MUST_CHECK pawl_err pawl_cred_envelope_parse(
        pawl_span bytes, pawl_cred_envelope *ret, pawl_diag *d);
/* Writes the header of `e`: all but the last three fields are used. */
PAWL_MUST_CHECK pawl_err pawl_cred_envelope_header(const pawl_cred_envelope *e, pawl_buffer *ret);

/* Whether the machine's key file takes part. Then nobody else than this machine can have sealed it;
 * otherwise it could have been whoever can write the file. */
bool pawl_cred_envelope_wants_host(const pawl_cred_envelope *e);

/* Times in microseconds since 1970; PAWL_CRED_NEVER: none. */
#define PAWL_CRED_NEVER UINT64_MAX
typedef struct pawl_cred_inner {
        uint64_t timestamp, not_after;
        pawl_span name; /* empty: good for every name */
        pawl_span secret;
} pawl_cred_inner;
/* Of the plaintext, from which `ret` borrows. FORMAT, TRUNCATED. */
PAWL_MUST_CHECK pawl_err pawl_cred_inner_parse(
        pawl_span plaintext, pawl_cred_inner *ret, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_cred_inner_write(const pawl_cred_inner *i, pawl_secret *ret);

#endif
