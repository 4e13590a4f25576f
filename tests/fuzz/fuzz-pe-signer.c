/* SPDX-License-Identifier: BSD-2-Clause */
/* Input: two bytes of length (LE), that many bytes of `db`, then the image. */
#include "core/pe-signer.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_reader r = pawl_reader_of(pawl_span_of(data, size));
        static pawl_pe pe;
        pawl_span db, subject;
        bool is_signed;
        uint16_t n;

        if (pawl_read_le16(&r, &n) != PAWL_OK || pawl_read_bytes(&r, n, &db) != PAWL_OK)
                return 0;
        if (pawl_x509_subject(db, &subject) == PAWL_OK) {
                FUZZ_CHECK(pawl_span_contains(db, subject));
                fuzz_touch(subject);
        }
        if (pawl_pe_read(r.left, PAWL_PE_FILE, &pe) != PAWL_OK)
                return 0;
        if (pawl_pe_is_signed_by_db(&pe, db, &is_signed) == PAWL_OK)
                FUZZ_CHECK(!is_signed || pe.cert_size > 0);
        return 0;
}
