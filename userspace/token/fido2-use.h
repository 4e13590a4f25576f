/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PAWL_TOKEN_FIDO2_USE_H
#define PAWL_TOKEN_FIDO2_USE_H

#include "userspace/token/fido2-device.h"

/* As pawl_fido2_secret, with a token that is open. */
PAWL_MUST_CHECK pawl_err pawl_fido2_device_secret(
        pawl_fido2_device *v, const pawl_fido2_key *k, pawl_secret *ret, pawl_diag *d);
/* The same without a PIN, whatever `k` says: KEY where the token insists on one, which is not asked
 * for. */
PAWL_MUST_CHECK pawl_err pawl_fido2_device_secret_without_pin(
        pawl_fido2_device *v, const pawl_fido2_key *k, pawl_secret *ret, pawl_diag *d);

#endif
