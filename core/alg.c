/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/alg.h"

static const pawl_alg_info infos[] = {
        [PAWL_ALG_SHA256] = {"sha256",  0x000b, 0x2, 32},
        [PAWL_ALG_SHA384] = { "sha384", 0x000c, 0x4, 48},
        [PAWL_ALG_SHA512] = { "sha512", 0x000d, 0x8, 64},
        [PAWL_ALG_SHA1] = { "sha1",   0x0004, 0x1, 20},
};
_Static_assert(sizeof(infos) / sizeof(infos[0]) == PAWL_ALG_MAX_, "one row for each algorithm");

const pawl_alg_info *pawl_alg_info_of(pawl_alg alg)
{
        return &infos[alg];
}

pawl_err pawl_alg_from_tpm_id(uint16_t id, pawl_alg *ret)
{
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if (infos[a].tpm_id == id) {
                        *ret = a;
                        return PAWL_OK;
                }
        return PAWL_ERR_NOT_FOUND;
}

pawl_err pawl_alg_from_name(pawl_span name, pawl_alg *ret)
{
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if (pawl_span_equal(name, pawl_span_str(infos[a].name))) {
                        *ret = a;
                        return PAWL_OK;
                }
        return PAWL_ERR_NOT_FOUND;
}

pawl_err pawl_alg_best(uint32_t banks, pawl_alg *ret)
{
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++)
                if ((banks >> a & 1) != 0) {
                        *ret = a;
                        return PAWL_OK;
                }
        return PAWL_ERR_NOT_FOUND;
}
