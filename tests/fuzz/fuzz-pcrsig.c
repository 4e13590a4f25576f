/* SPDX-License-Identifier: BSD-2-Clause */
/* `.pcrsig` as an attacker may have written it. The key's fingerprint is one that the corpus uses.
 */
#include "tests/fuzz/fuzz.h"
#include "userspace/seal/pcrsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const pawl_policy_key key = {
                .fingerprint = { .bytes = { 0x96, 0x13, 0x35, 0xf8, 0xcc, 0x34, 0xd7, 0x2e, 0xbe,
                                         0x29, 0x01, 0x93, 0xcb, 0x7c, 0x68, 0xa8, 0x88, 0x51, 0x39,
                                         0x3e, 0x1d, 0x97, 0xe1, 0x1a, 0x2e, 0x0b, 0x61, 0xdb, 0x0b,
                                         0xff, 0x09, 0xc3 } }
        };
        pawl_seal_policy p = { .signed_mask = 1u << 11, .ref = "initrd" };
        pawl_pcr_signature *rows = NULL;
        size_t n = 0;
        pawl_diag d = { 0 };

        for (int any = 0; any < 2; any++) {
                if (pawl_pcr_rows_find(pawl_span_of(data, size), &key, &p, any != 0, &rows, &n,
                            &d) != PAWL_OK) {
                        FUZZ_CHECK(d.text[0] != '\0');
                        continue;
                }
                for (size_t i = 0; i < n; i++)
                        fuzz_touch(pawl_buffer_span(&rows[i].sig));
                pawl_pcr_signatures_free(rows, n);
        }
        return 0;
}
