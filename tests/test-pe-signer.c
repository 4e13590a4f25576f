/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/pe-signer.h"
#include "tests/corpus.h"
#include "tests/fakes/fake-pe.h"
#include "tests/hex.h"

typedef struct sample {
        pawl_buffer file;
        pawl_span db;
        pawl_pe pe;
} sample;

/* The form of the fuzzer's input: two bytes of length, `db`, the image. */
static void load(const char *name, sample *s)
{
        pawl_reader r;
        uint16_t n;

        s->file = corpus_read(name);
        r = pawl_reader_of(pawl_buffer_span(&s->file));
        assert_int_equal(pawl_read_le16(&r, &n), PAWL_OK);
        assert_int_equal(pawl_read_bytes(&r, n, &s->db), PAWL_OK);
        assert_int_equal(pawl_pe_read(r.left, PAWL_PE_FILE, &s->pe), PAWL_OK);
}

static bool is_signed(const char *name)
{
        static sample s;
        bool yes = false;

        load(name, &s);
        assert_int_equal(pawl_pe_is_signed_by_db(&s.pe, s.db, &yes), PAWL_OK);
        pawl_buffer_done(&s.file);
        return yes;
}

static void test_answers(void **state)
{
        (void)state;
        assert_true(is_signed("pe-signer/hit"));
        assert_false(is_signed("pe-signer/miss"));
        assert_false(is_signed("pe-signer/hashes-only"));
}

/* A leaf in db, a signature without certificates: only the signer's issuer and serial number tell.
 */
static void test_signer_without_its_certificate(void **state)
{
#define ISSUER                                                                                     \
        "\x30\x05\x0c\x03"                                                                         \
        "CA7"
        static const struct {
                pawl_span table;
                bool is_signed;
        } rows[] = {
                {PAWL_SPAN_LITERAL("xx" ISSUER "\x02\x01\x09yy"),  true },
                { PAWL_SPAN_LITERAL("xx" ISSUER "\x02\x01\x09"),   true },
                { PAWL_SPAN_LITERAL("xx" ISSUER "\x02\x01\x08yy"), false},
                { PAWL_SPAN_LITERAL("xx" ISSUER "\x02\x01"),       false},
        };
        const pawl_span leaf = PAWL_SPAN_LITERAL("\x30\x1a\x30\x18\x02\x01\x09\x30\x00" ISSUER
                                                 "\x30\x02\x05\x00\x30\x06\x0c\x04leaf");
        const fake_section section = { ".text", PAWL_SPAN_LITERAL("kernel") };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                pawl_span image = fake_pe(&section, 1, rows[i].table);
                static pawl_pe pe;
                bool is_signed;

                assert_int_equal(pawl_pe_read(image, PAWL_PE_FILE, &pe), PAWL_OK);
                assert_int_equal(pawl_pe_is_signed_by(&pe, leaf, &is_signed), PAWL_OK);
                assert_int_equal(is_signed, rows[i].is_signed);
                free((void *)(uintptr_t)image.data);
        }
}

static void test_subject(void **state)
{
        pawl_span subject;
        static sample s;

        (void)state;
        load("pe-signer/bare-certificate", &s);
        assert_int_equal(pawl_x509_subject(s.db, &subject), PAWL_OK);
        assert_hex(subject, "300f310d300b06035504030c0473656564");
        for (size_t n = 0; n < s.db.len; n++) {
                uint8_t *cut = exact_copy(pawl_span_of(s.db.data, n));

                /* the outer length no longer fits */
                assert_int_not_equal(pawl_x509_subject(pawl_span_of(cut, n), &subject), PAWL_OK);
                free(cut);
        }
        pawl_buffer_done(&s.file);
}

/* A list that is cut anywhere but between two lists is an error, never a quiet "no". */
static void test_every_truncation_of_db(void **state)
{
        static sample s;
        bool yes;

        (void)state;
        load("pe-signer/miss", &s);
        for (size_t n = 1; n < s.db.len; n++) {
                uint8_t *cut = exact_copy(pawl_span_of(s.db.data, n));

                assert_int_not_equal(
                        pawl_pe_is_signed_by_db(&s.pe, pawl_span_of(cut, n), &yes), PAWL_OK);
                free(cut);
        }
        assert_int_equal(pawl_pe_is_signed_by_db(&s.pe, PAWL_SPAN_NULL, &yes), PAWL_OK);
        assert_false(yes);
        pawl_buffer_done(&s.file);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_answers),
                cmocka_unit_test(test_signer_without_its_certificate),
                cmocka_unit_test(test_subject),
                cmocka_unit_test(test_every_truncation_of_db),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
