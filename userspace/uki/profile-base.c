/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/uki/profile-base.h"

/* Microsoft PE Format: a DOS header, "PE\0\0", a COFF header and a PE32+ optional header with 16
 * data directories. */
#define DOS_SIZE      64
#define COFF_SIZE     20
#define OPT_SIZE      240
#define TABLE_OFF     (DOS_SIZE + 4 + COFF_SIZE + OPT_SIZE)
#define OPT_OFF       (DOS_SIZE + 4 + COFF_SIZE)
#define FILE_ALIGN    512
#define SECTION_ALIGN 4096
#define SUBSYSTEM_EFI 10
#define DLL_FLAGS     0x160 /* high-entropy addresses, dynamic base, NX compatible */
#define COFF_FLAGS    0x22  /* executable image, large addresses */

static pawl_err write_optional_header(pawl_writer *w)
{
        PAWL_TRY(pawl_write_le16(w, 0x20b)); /* PE32+ */
        PAWL_TRY(pawl_write_zeros(w, 30));
        PAWL_TRY(pawl_write_le32(w, SECTION_ALIGN));
        PAWL_TRY(pawl_write_le32(w, FILE_ALIGN));
        PAWL_TRY(pawl_write_zeros(w, 16));
        PAWL_TRY(pawl_write_le32(w, SECTION_ALIGN)); /* SizeOfImage: patched later */
        PAWL_TRY(pawl_write_le32(w, FILE_ALIGN));    /* SizeOfHeaders */
        PAWL_TRY(pawl_write_zeros(w, 4));
        PAWL_TRY(pawl_write_le16(w, SUBSYSTEM_EFI));
        PAWL_TRY(pawl_write_le16(w, DLL_FLAGS));
        PAWL_TRY(pawl_write_zeros(w, 36));
        PAWL_TRY(pawl_write_le32(w, 16)); /* directories */
        return pawl_write_zeros(w, 128);
}

static pawl_err write_header(pawl_writer *w)
{
        PAWL_TRY(pawl_write_str(w, "MZ"));
        PAWL_TRY(pawl_write_zeros(w, DOS_SIZE - 6));
        PAWL_TRY(pawl_write_le32(w, DOS_SIZE));
        PAWL_TRY(pawl_write_bytes(w, PAWL_SPAN_LITERAL("PE\0\0")));
        PAWL_TRY(pawl_write_le16(w, PAWL_PE_MACHINE_X86_64));
        PAWL_TRY(pawl_write_zeros(w, 14));
        PAWL_TRY(pawl_write_le16(w, OPT_SIZE));
        PAWL_TRY(pawl_write_le16(w, COFF_FLAGS));
        return write_optional_header(w);
}

pawl_err pawl_profile_base(pawl_pe *ret)
{
        static uint8_t header[TABLE_OFF];
        pawl_writer w = pawl_writer_of(header, sizeof(header));

        PAWL_TRY(write_header(&w));
        *ret = (pawl_pe){
                .image = pawl_written(&w),
                .layout = PAWL_PE_FILE,
                .machine = PAWL_PE_MACHINE_X86_64,
                .subsystem = SUBSYSTEM_EFI,
                .is_pe32_plus = true,
                .file_alignment = FILE_ALIGN,
                .section_alignment = SECTION_ALIGN,
                .size_of_image = SECTION_ALIGN,
                .size_of_headers = FILE_ALIGN,
                .header_off = DOS_SIZE + 4,
                .checksum_off = OPT_OFF + 64,
                .cert_dir_off = OPT_OFF + 112 + 4 * 8,
                .section_table_off = TABLE_OFF,
        };
        return PAWL_OK;
}
