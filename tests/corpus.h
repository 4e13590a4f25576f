/* SPDX-License-Identifier: BSD-2-Clause */
/* The seeds of the fuzzers as test data: small, valid, and known byte by byte. */
#ifndef PAWL_TESTS_CORPUS_H
#define PAWL_TESTS_CORPUS_H

#include "userspace/host/file.h"

/* Reads tests/corpus/NAME into a heap block of exactly its size; ends the test if it cannot. */
pawl_buffer corpus_read(const char *name);

/* A copy of the first `len` bytes in a block of exactly that size. */
pawl_buffer corpus_cut(const pawl_buffer *b, size_t len);

#endif
