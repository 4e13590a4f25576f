/* SPDX-License-Identifier: BSD-2-Clause */
/* An update of a Secure Boot list: what is appended is a list again, holds nothing that was there,
 * and leaves nothing to append. The input: LE32 length of the old list, the old list, the update.
 */
#include "core/efi-siglist.h"
#include "tests/fuzz/fuzz.h"

static uint8_t merged[1 << 16];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        pawl_reader r = pawl_reader_of(pawl_span_of(data, size));
        pawl_writer w = pawl_writer_of(merged, sizeof(merged)), again;
        pawl_siglist_cursor c;
        pawl_span old, added;
        pawl_signature s;
        uint32_t len = 0;

        if (pawl_read_le32(&r, &len) != PAWL_OK || pawl_read_bytes(&r, len, &old) != PAWL_OK ||
                pawl_write_bytes(&w, old) != PAWL_OK ||
                pawl_siglist_write_missing(old, r.left, &w) != PAWL_OK)
                return 0;
        added = pawl_span_of(merged + old.len, w.len - old.len);
        FUZZ_CHECK(added.len <= r.left.len);
        c = pawl_siglist_start(added);
        pawl_err err;
        while ((err = pawl_siglist_next(&c, &s)) == PAWL_OK)
                FUZZ_CHECK(!pawl_siglist_has(old, &s));
        FUZZ_CHECK(err == PAWL_ERR_NOT_FOUND);
        again = w;
        /* a list that is damaged hides what follows it */
        c = pawl_siglist_start(old);
        while ((err = pawl_siglist_next(&c, &s)) == PAWL_OK)
                ;
        if (err == PAWL_ERR_NOT_FOUND) {
                FUZZ_CHECK(pawl_siglist_write_missing(pawl_written(&w), r.left, &again) == PAWL_OK);
                FUZZ_CHECK(again.len == w.len);
        }
        return 0;
}
