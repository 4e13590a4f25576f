/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/gpt-event.h"
#include "tests/corpus.h"

/* two partitions on a disk of 2^30 sectors */
#define SAMPLE     "gpt-event/two"
#define ENTRY_SIZE 84 /* where it stands in the event */
#define COUNT      92

static void test_reads(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read(SAMPLE);
        pawl_gpt_partition p;
        pawl_gpt_event g;

        (void)state;
        assert_int_equal(pawl_gpt_event_read(pawl_buffer_span(&b), &g), PAWL_OK);
        assert_int_equal(g.n_partitions, 2);
        assert_int_equal(g.first_usable, 2048);
        assert_int_equal(g.last_usable, (1 << 30) - 34);
        assert_memory_equal(g.disk.data, "dddddddddddddddd", 16);
        assert_int_equal(pawl_gpt_partition_next(&g, &p), PAWL_OK);
        assert_memory_equal(p.id.data, "1111111111111111", 16);
        assert_int_equal(p.first, 2048);
        assert_int_equal(p.last, 1050623);
        assert_int_equal(p.attributes, 1);
        assert_memory_equal(p.name.data, "E\0S\0P\0\0", 8);
        assert_int_equal(pawl_gpt_partition_next(&g, &p), PAWL_OK);
        assert_memory_equal(p.id.data, "2222222222222222", 16);
        assert_memory_equal(p.name.data, "r\0o\0o\0t\0", 8);
        assert_int_equal(pawl_gpt_partition_next(&g, &p), PAWL_ERR_NOT_FOUND);
}

static void test_truncated(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read(SAMPLE);
        pawl_gpt_event g;

        (void)state;
        for (size_t n = 0; n < b.len; n++) {
                pawl_autobuffer pawl_buffer cut = corpus_cut(&b, n);

                assert_int_equal(
                        pawl_gpt_event_read(pawl_buffer_span(&cut), &g), PAWL_ERR_TRUNCATED);
        }
}

static pawl_err read_with(size_t at, uint32_t value, size_t n_more)
{
        pawl_autobuffer pawl_buffer b = corpus_read(SAMPLE);
        pawl_autofree uint8_t *bytes = calloc(1, b.len + n_more);
        pawl_gpt_partition p;
        pawl_gpt_event g;

        assert_non_null(bytes);
        pawl_copy(bytes, b.data, b.len);
        for (unsigned i = 0; i < 4; i++)
                bytes[at + i] = (uint8_t)(value >> 8 * i);
        PAWL_TRY(pawl_gpt_event_read(pawl_span_of(bytes, b.len + n_more), &g));
        while (pawl_gpt_partition_next(&g, &p) == PAWL_OK)
                assert_true(p.name.data + p.name.len <= bytes + b.len + n_more);
        return PAWL_OK;
}

static void test_limits(void **state)
{
        (void)state;
        assert_int_equal(read_with(ENTRY_SIZE, 128, 0), PAWL_OK);
        assert_int_equal(read_with(ENTRY_SIZE, 127, 0), PAWL_ERR_FORMAT);
        assert_int_equal(read_with(ENTRY_SIZE, 0, 0), PAWL_ERR_FORMAT);
        assert_int_equal(read_with(ENTRY_SIZE, 129, 0), PAWL_ERR_TRUNCATED);
        assert_int_equal(read_with(ENTRY_SIZE, 129, 2), PAWL_OK);
        assert_int_equal(read_with(ENTRY_SIZE, 0xffffffff, 0), PAWL_ERR_TRUNCATED);
        assert_int_equal(read_with(COUNT, 2, 1), PAWL_ERR_TRAILING);
        assert_int_equal(read_with(COUNT, 1, 0), PAWL_ERR_TRAILING);
        assert_int_equal(read_with(COUNT, 3, 0), PAWL_ERR_TRUNCATED);
        assert_int_equal(read_with(COUNT, PAWL_GPT_PARTITIONS_MAX, 0), PAWL_ERR_TRUNCATED);
        assert_int_equal(
                read_with(COUNT, PAWL_GPT_PARTITIONS_MAX, 128 * (PAWL_GPT_PARTITIONS_MAX - 2)),
                PAWL_OK);
        assert_int_equal(
                read_with(COUNT, PAWL_GPT_PARTITIONS_MAX + 1, 128 * (PAWL_GPT_PARTITIONS_MAX - 1)),
                PAWL_ERR_LIMIT);
        assert_int_equal(read_with(COUNT + 4, 1, 0), PAWL_ERR_LIMIT);
        assert_int_equal(read_with(0, 0, 0), PAWL_ERR_FORMAT);
}

static void test_flipped(void **state)
{
        pawl_autobuffer pawl_buffer b = corpus_read(SAMPLE);
        pawl_gpt_partition p;
        pawl_gpt_event g;

        (void)state;
        for (size_t bit = 0; bit < 8 * b.len; bit++) {
                b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                if (pawl_gpt_event_read(pawl_buffer_span(&b), &g) == PAWL_OK)
                        while (pawl_gpt_partition_next(&g, &p) == PAWL_OK)
                                assert_true(g.entries.left.len < b.len);
                b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reads),
                cmocka_unit_test(test_truncated),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_flipped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
