/* SPDX-License-Identifier: BSD-2-Clause */
/* OpenSSL as the core's hasher. */
#ifndef PAWL_HOST_HASH_H
#define PAWL_HOST_HASH_H

#include "core/alg.h"

/* For every function of the core that wants a pawl_hasher; CRYPTO if OpenSSL fails. */
extern const pawl_hasher pawl_openssl_hasher;

PAWL_MUST_CHECK pawl_err pawl_hash(pawl_alg alg, pawl_span s, pawl_digest *ret);
/* HMAC with a secret key. */
PAWL_MUST_CHECK pawl_err pawl_hmac(pawl_alg alg, pawl_span key, pawl_span s, pawl_digest *ret);

#endif
