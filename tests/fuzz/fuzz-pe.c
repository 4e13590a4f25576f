/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/pe.h"
#include "tests/fuzz/fuzz.h"

#define OUTPUT_MAX (1u << 20) /* bytes */

static void touch_all(const pawl_pe *pe)
{
        pawl_pe_hash_parts parts;
        pawl_pe_certs certs;
        pawl_span content;
        size_t n_zeros;

        for (size_t i = 0; i < pe->n_sections; i++) {
                FUZZ_CHECK(pawl_pe_section_content(pe, &pe->sections[i], &content, &n_zeros) ==
                           PAWL_OK);
                FUZZ_CHECK(content.len + n_zeros == pe->sections[i].virtual_size);
                fuzz_touch(content);
        }
        if (pawl_pe_authenticode_parts(pe, &parts) == PAWL_OK)
                for (size_t i = 0; i < parts.n_parts; i++)
                        fuzz_touch(parts.parts[i]);
        if (pawl_pe_certificates(pe, &certs) == PAWL_OK)
                for (size_t i = 0; i < certs.n_certs; i++)
                        fuzz_touch(certs.pkcs7[i]);
}

/* What was written can be read, holds the new section, and has exactly the size that was told. */
static void check_write(const pawl_pe *pe)
{
        static const pawl_pe_new_section added = { .name = ".osrel",
                .content = PAWL_SPAN_LITERAL("ID=x\n"),
                .characteristics = 0x40000040 };
        static uint8_t out[OUTPUT_MAX];
        static pawl_pe again;
        pawl_writer w = pawl_writer_of(out, sizeof(out));
        const pawl_pe_section *s;
        uint64_t size;

        if (pawl_pe_write_size(pe, /* dropped= */ NULL, &added, 1, &size) != PAWL_OK ||
                size > sizeof(out))
                return;
        FUZZ_CHECK(pawl_pe_write(pe, /* dropped= */ NULL, &added, 1, &w) == PAWL_OK);
        FUZZ_CHECK(w.len == size);
        FUZZ_CHECK(pawl_pe_read(pawl_written(&w), PAWL_PE_FILE, &again) == PAWL_OK);
        s = pawl_pe_find_section(&again, ".osrel");
        FUZZ_CHECK(s && s->virtual_size == 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static pawl_pe pe, head;

        if (pawl_pe_read(pawl_span_of(data, size), PAWL_PE_MEMORY, &pe) == PAWL_OK)
                touch_all(&pe);
        if (pawl_pe_read(pawl_span_of(data, size), PAWL_PE_FILE, &pe) == PAWL_OK) {
                touch_all(&pe);
                check_write(&pe);
                /* the headers alone tell the same */
                FUZZ_CHECK(pawl_pe_read_head(pawl_span_of(data, pe.size_of_headers), size, &head) ==
                           PAWL_OK);
                FUZZ_CHECK(head.n_sections == pe.n_sections);
        }
        return 0;
}
