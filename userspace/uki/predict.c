/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/predict.h"

#include <string.h>

#include "core/phase.h"
#include "userspace/host/hash.h"

const pawl_alg pawl_print_banks[PAWL_ALG_MAX_] = {
        PAWL_ALG_SHA1,
        PAWL_ALG_SHA256,
        PAWL_ALG_SHA384,
        PAWL_ALG_SHA512,
};

static pawl_err predict(
        const pawl_boot_input *in, uint32_t pcr, uint32_t banks, pawl_prediction *ret, pawl_diag *d)
{
        pawl_prediction p = { .banks = banks };
        pawl_plan plan;

        PAWL_TRY(pawl_boot_plan(in, &plan));
        for (pawl_alg a = 0; a < PAWL_ALG_MAX_; a++) {
                pawl_err err;

                if (!(banks & 1u << a))
                        continue;
                pawl_pcr_init(a, pcr, &p.pcr[a]);
                err = pawl_pcr_extend_plan(&pawl_openssl_hasher, &p.pcr[a], &plan, pcr);
                if (err != PAWL_OK)
                        return pawl_fail(d, err, "cannot compute %s digests: OpenSSL failed",
                                pawl_alg_info_of(a)->name);
        }
        *ret = p;
        return PAWL_OK;
}

pawl_err pawl_predict(const pawl_uki *uki, uint32_t banks, pawl_prediction *ret, pawl_diag *d)
{
        const pawl_boot_input in = { .uki = uki };

        return predict(&in, PAWL_PCR_KERNEL_BOOT, banks, ret, d);
}

pawl_err pawl_predict_config(
        const pawl_boot_input *in, uint32_t banks, pawl_prediction *ret, pawl_diag *d)
{
        return predict(in, PAWL_PCR_KERNEL_CONFIG, banks, ret, d);
}

pawl_err pawl_predict_phases(
        const pawl_prediction *p, pawl_alg bank, const char *path, pawl_digest *ret, pawl_diag *d)
{
        pawl_reader r = pawl_reader_of(pawl_span_str(path));
        pawl_digest value = p->pcr[bank];
        pawl_span word;

        while (r.left.len > 0) {
                if (pawl_phase_path_next(&r, &word) != PAWL_OK)
                        return pawl_fail(d, PAWL_ERR_USAGE,
                                "phase path '%s': empty word; write words joined by ':'", path);
                PAWL_TRY(pawl_pcr_extend_bytes(&pawl_openssl_hasher, &value, word));
        }
        *ret = value;
        return PAWL_OK;
}

pawl_err pawl_parse_banks(const char *text, uint32_t *ret, pawl_diag *d)
{
        static const char separators[] = ", \t";
        uint32_t banks = 0;

        for (const char *p = text + strspn(text, separators); *p != '\0';) {
                size_t n = strcspn(p, separators);
                pawl_alg alg;

                if (pawl_alg_from_name(pawl_span_of(p, n), &alg) != PAWL_OK)
                        return pawl_fail(d, PAWL_ERR_USAGE,
                                "'%.*s': no such bank; sha1, sha256, sha384 and sha512 are known",
                                (int)n, p);
                banks |= 1u << alg;
                p += n;
                p += strspn(p, separators);
        }
        if (banks == 0)
                return pawl_fail(d, PAWL_ERR_USAGE, "the list of banks is empty");
        *ret = banks;
        return PAWL_OK;
}
