/* SPDX-License-Identifier: BSD-2-Clause */
/* The content that an Authenticode signature signs: SpcIndirectDataContent with the digest of a PE
 * image. It has one acceptable form, so it is written out instead of put together. */
#ifndef PAWL_UKI_SPC_H
#define PAWL_UKI_SPC_H

#include "core/alg.h"

#define PAWL_SPC_INDIRECT_DATA_OID "1.3.6.1.4.1.311.2.1.4"

/* SEQUENCE { SpcAttributeTypeAndOptionalValue { SPC_PE_IMAGE_DATAOBJ, SpcPeImageData { flags, file
 * "<<<Obsolete>>>" } }, DigestInfo { sha256, digest } } up to the digest. */
static const uint8_t pawl_spc_prefix[] = {
        0x30, 0x68,                                                             /* content */
        0x30, 0x33, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, /* type */
        0x01, 0x0f, 0x30, 0x25, 0x03, 0x01, 0x00,                               /* flags */
        0xa0, 0x20, 0xa2, 0x1e, 0x80, 0x1c,                                     /* SpcString */
        0x00, 0x3c, 0x00, 0x3c, 0x00, 0x3c, 0x00, 0x4f, 0x00, 0x62, 0x00, 0x73, 0x00, 0x6f, 0x00,
        0x6c, 0x00, 0x65, 0x00, 0x74, 0x00, 0x65, 0x00, 0x3e, 0x00, 0x3e, 0x00, 0x3e, /* text */
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20, /* DigestInfo */
};
#define PAWL_SPC_SIZE             (sizeof(pawl_spc_prefix) + PAWL_SHA256_SIZE)
#define PAWL_SPC_HEADER_SIZE      2  /* tag and length of the outer SEQUENCE: not signed */
#define PAWL_SPC_DIGEST_INFO_SIZE 51 /* bytes at the end that name the digest */

#endif
