/* SPDX-License-Identifier: BSD-2-Clause */
/* Every fuzz target is one function. libFuzzer calls it with inputs of its own; replay.c calls it
 * with the files of the corpus, under whatever compiler and sanitizer the tests are built with. */
#ifndef PAWL_TESTS_FUZZ_FUZZ_H
#define PAWL_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input; also in builds without assert. */
#define FUZZ_CHECK(condition)                                                                      \
        do {                                                                                       \
                if (!(condition))                                                                  \
                        abort();                                                                   \
        } while (0)

/* Reads every byte, so that a sanitizer sees a span that leaves its object. */
static inline void fuzz_touch(pawl_span s)
{
        volatile uint8_t sum = 0;

        for (size_t i = 0; i < s.len; i++)
                sum = (uint8_t)(sum + s.data[i]);
}

#endif
