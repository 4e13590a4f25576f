/* SPDX-License-Identifier: BSD-2-Clause */
/* PE/COFF images: reading headers and sections, the byte ranges of the Authenticode hash, the
 * certificate table, and adding sections to an image. Reads images as files and as the firmware
 * laid them out in memory; every offset in them is the attacker's. Never follows relocations,
 * imports or anything else. Microsoft PE Format; Windows Authenticode Portable Executable Signature
 * Format. */
#ifndef PAWL_CORE_PE_H
#define PAWL_CORE_PE_H

#include "core/span.h"

#define PAWL_PE_SECTIONS_MAX   192 /* sections that are read; more is a LIMIT error */
#define PAWL_PE_HASH_PARTS_MAX 4   /* ranges of the Authenticode hash */
#define PAWL_PE_CERTS_MAX      16
#define PAWL_PE_MACHINE_X86_64 0x8664

typedef enum pawl_pe_layout {
        PAWL_PE_FILE,   /* section content is found at PointerToRawData */
        PAWL_PE_MEMORY, /* section content is found at VirtualAddress */
} pawl_pe_layout;

typedef struct pawl_pe_section {
        char name[9]; /* NUL-terminated */
        uint32_t virtual_address, virtual_size;
        uint32_t raw_offset, raw_size;
        uint32_t characteristics;
} pawl_pe_section;

typedef struct pawl_pe {
        pawl_span image;   /* the whole file or the whole loaded image, or the file's begin */
        size_t image_size; /* bytes of the whole */
        pawl_pe_layout layout;
        uint16_t machine, subsystem, dll_characteristics;
        bool is_pe32_plus;
        uint32_t entry_point;
        uint32_t file_alignment, section_alignment, size_of_image, size_of_headers;
        size_t header_off;   /* of the COFF file header, after "PE\0\0" */
        size_t checksum_off; /* of the optional header's CheckSum */
        size_t cert_dir_off; /* of the certificate table's data directory; 0 if there is none */
        size_t section_table_off;     /* of the first section header */
        uint32_t cert_off, cert_size; /* file offset and size of the certificate table; 0, 0 if
                                         there is none */
        size_t n_sections;
        pawl_pe_section sections[PAWL_PE_SECTIONS_MAX];
} pawl_pe;

/* Reads the headers and checks that every section's range lies inside `image`, that no two sections
 * overlap in the file or in memory, that none lies on the headers in memory and, for PAWL_PE_FILE,
 * that the certificate table is the last thing in the file. `ret` borrows `image`, is all zero
 * after a failure, and is large (about 8 KiB): not for a recursive function. The rules are those of
 * EDK2's loader or stricter. */
PAWL_MUST_CHECK pawl_err pawl_pe_read(pawl_span image, pawl_pe_layout layout, pawl_pe *ret);

/* The same of a file of which only the first bytes are at hand: enough to list its sections, whose
 * content cannot be had through `ret`. TRUNCATED also if `head` ends before the section table does;
 * MISMATCH if it is longer than the file. */
PAWL_MUST_CHECK pawl_err pawl_pe_read_head(pawl_span head, uint64_t file_size, pawl_pe *ret);

/* The content of a section as measured: `ret_data` is what is in the image, followed by
 * `ret_n_zeros` zero bytes up to VirtualSize. A section whose VirtualSize is smaller than its raw
 * size ends at VirtualSize. */
PAWL_MUST_CHECK pawl_err pawl_pe_section_content(
        const pawl_pe *pe, const pawl_pe_section *s, pawl_span *ret_data, size_t *ret_n_zeros);

/* The first section of that name; NULL if there is none. */
const pawl_pe_section *pawl_pe_find_section(const pawl_pe *pe, const char *name);

/* The ranges whose concatenation is hashed for Authenticode, plus the zero bytes that pad the file
 * to 8 bytes. Only for PAWL_PE_FILE. UNSUPPORTED if there are gaps between the sections (signers
 * and firmware differ about them) or no room for a certificate table's address. */
typedef struct pawl_pe_hash_parts {
        pawl_span parts[PAWL_PE_HASH_PARTS_MAX];
        size_t n_parts;
        size_t n_zeros;
} pawl_pe_hash_parts;
PAWL_MUST_CHECK pawl_err pawl_pe_authenticode_parts(const pawl_pe *pe, pawl_pe_hash_parts *ret);

/* The WIN_CERTIFICATE entries of the certificate table: the PKCS#7 bytes of each of type
 * PKCS_SIGNED_DATA. */
typedef struct pawl_pe_certs {
        pawl_span pkcs7[PAWL_PE_CERTS_MAX];
        size_t n_certs;
} pawl_pe_certs;
PAWL_MUST_CHECK pawl_err pawl_pe_certificates(const pawl_pe *pe, pawl_pe_certs *ret);

/* One section to be added by pawl_pe_write. */
typedef struct pawl_pe_new_section {
        const char *name; /* at most 8 bytes */
        pawl_span content;
        uint32_t characteristics;
        uint32_t n_zeros; /* VirtualSize is this much more than the content, which is zero in
                             memory; content and zeros together are not empty */
} pawl_pe_new_section;

/* The size of the file that pawl_pe_write makes. NO_SPACE if there is no room for more section
 * headers before the first section's address; LIMIT if a size is over 32 bits; UNSUPPORTED for a
 * kept section whose VirtualSize is 0 though it has content. */
PAWL_MUST_CHECK pawl_err pawl_pe_write_size(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, uint64_t *ret);
/* Writes `pe` (PAWL_PE_FILE) with `sections` appended in order; section addresses follow the
 * highest one in use. The stub's own sections are copied; one whose name is in `sections` is
 * replaced
 * (`.sbat`): its old header and content are dropped, its new content stands at the end. So is every
 * section that has a name in `dropped` (NULL-terminated list, or NULL). A certificate table, a
 * symbol table and what else follows the sections are left out. The checksum field is 0. Same
 * input, same bytes. VirtualSize is the content's size, raw size is that rounded up to the file
 * alignment. FORMAT for an alignment that is no power of two from 16 to 64 KiB. */
PAWL_MUST_CHECK pawl_err pawl_pe_write(const pawl_pe *pe, const char *const *dropped,
        const pawl_pe_new_section *sections, size_t n_sections, pawl_writer *w);

/* The standard PE checksum of a whole file, its own field counted as zero. */
uint32_t pawl_pe_checksum(pawl_span file, size_t checksum_off);

#endif
