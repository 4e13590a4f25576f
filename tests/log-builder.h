/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes small event logs for tests, in both formats. Every call ends the test on failure. */
#ifndef PAWL_TESTS_LOG_BUILDER_H
#define PAWL_TESTS_LOG_BUILDER_H

#include "core/eventlog.h"

typedef struct log_builder {
        uint8_t bytes[8192];
        pawl_writer w;
        bool is_crypto_agile;
        uint32_t banks;
        bool has_unknown_alg; /* each event also has a digest of an algorithm nobody knows */
} log_builder;

#define LOG_UNKNOWN_ALG_ID   0x1234
#define LOG_UNKNOWN_ALG_SIZE 7

void log_start_sha1(log_builder *b);
void log_start_agile(log_builder *b, uint32_t banks, bool has_unknown_alg);
/* Appends an event whose digests are the hash of `measured`. */
void log_add(log_builder *b, uint32_t pcr, uint32_t type, pawl_span measured, pawl_span data);
/* An event whose data is what was measured: a separator, a variable. */
void log_add_data(log_builder *b, uint32_t pcr, uint32_t type, pawl_span data);
/* A UEFI_VARIABLE_DATA event. */
void log_add_variable(log_builder *b, uint32_t pcr, uint32_t type, const uint8_t guid[static 16],
        const char *name, pawl_span data);
pawl_span log_bytes(const log_builder *b);

#endif
