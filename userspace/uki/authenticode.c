/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/authenticode.h"

#include "userspace/host/hash.h"

pawl_err pawl_authenticode_digest(const pawl_pe *pe, pawl_digest *ret)
{
        pawl_pe_hash_parts p;

        PAWL_TRY(pawl_pe_authenticode_parts(pe, &p));
        return pawl_openssl_hasher.hash(
                pawl_openssl_hasher.ctx, PAWL_ALG_SHA256, p.parts, p.n_parts, p.n_zeros, ret);
}
