/* SPDX-License-Identifier: BSD-2-Clause */
/* Small PE images for tests. A section lies at the same offset in the file and in memory, so that
 * the bytes are right in both layouts. */
#ifndef PAWL_TESTS_FAKES_FAKE_PE_H
#define PAWL_TESTS_FAKES_FAKE_PE_H

#include "core/span.h"

typedef struct fake_section {
        const char *name;
        pawl_span content;
} fake_section;

/* A size-exact heap block (free() it) with `n` sections and, if `certificates` is not empty, a
 * certificate table with one PKCS#7 entry of these bytes. */
pawl_span fake_pe(const fake_section *sections, size_t n, pawl_span certificates);

/* A certificate that pawl_x509_subject can read, with this common name; `ret` needs 256 bytes. */
pawl_span fake_certificate(const char *name, uint8_t *ret);
/* The EFI variable `db` with that certificate; `ret` needs 512 bytes. */
pawl_span fake_db(pawl_span certificate, uint8_t *ret);

#endif
