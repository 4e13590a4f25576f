/* SPDX-License-Identifier: BSD-2-Clause */
/* The sections of an image in the order of the file, before it is written: those that make a UKI
 * stand behind those of the stub. */
#ifndef PAWL_UKI_SECTIONS_H
#define PAWL_UKI_SECTIONS_H

#include "core/pe.h"
#include "core/uki.h"
#include "userspace/host/buffer.h"
#include "userspace/host/diag.h"

#define PAWL_SECTION_READ_DATA 0x40000040u /* initialised data, readable */
#define PAWL_SECTION_READ_CODE                                                                     \
        0x40000020u /* `.linux`, as ukify marks it; not executable itself                          \
                     */

typedef struct pawl_sections_row {
        char name[9];
        pawl_span content; /* borrowed */
        uint32_t n_zeros;
        uint32_t characteristics;
} pawl_sections_row;

typedef struct pawl_sections {
        pawl_sections_row rows[PAWL_PE_SECTIONS_MAX];
        size_t n_rows;
} pawl_sections;

/* Inserts a section before the row `at`; n_rows appends. FORMAT for a name that is empty or longer
 * than 8 bytes, or an empty content; LIMIT if there are too many. */
PAWL_MUST_CHECK pawl_err pawl_sections_insert(
        pawl_sections *s, size_t at, const char *name, pawl_span content, pawl_diag *d);
PAWL_MUST_CHECK pawl_err pawl_sections_add(
        pawl_sections *s, const char *name, pawl_span content, pawl_diag *d);
/* Appends every UKI section of an image but `.pcrsig`. DUPLICATE if a name stands twice that may
 * not; FORMAT for an empty section. `path` is for messages. */
PAWL_MUST_CHECK pawl_err pawl_sections_add_image(
        pawl_sections *s, const pawl_pe *pe, const char *path, pawl_diag *d);

/* The number of profiles in the list, 1 without `.profile`; the rows of one, as
 * pawl_uki_profile_range has it. */
unsigned pawl_sections_count_profiles(const pawl_sections *s);
void pawl_sections_profile_range(
        const pawl_sections *s, unsigned profile, size_t *ret_from, size_t *ret_to);

/* Writes the image: `base` without any UKI section, and these. `path` of the base is for messages.
 */
PAWL_MUST_CHECK pawl_err pawl_sections_write(const pawl_sections *s, const pawl_pe *base,
        const char *path, pawl_buffer *ret, pawl_diag *d);

#endif
