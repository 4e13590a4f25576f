/* SPDX-License-Identifier: BSD-2-Clause */
/* A unified kernel image: the sections that have a meaning, in which profile they count, and in
 * which order they are measured. UAPI.5 Unified Kernel Image; order of measurement as systemd-stub
 * 262 does it. */
#ifndef PAWL_CORE_UKI_H
#define PAWL_CORE_UKI_H

#include "core/pe.h"

/* In the order in which they are measured. `.pcrsig` is the signature over the measurement and is
 * never measured. */
typedef enum pawl_uki_section {
        PAWL_UKI_LINUX,
        PAWL_UKI_OSREL,
        PAWL_UKI_CMDLINE,
        PAWL_UKI_INITRD,
        PAWL_UKI_UCODE,
        PAWL_UKI_SPLASH,
        PAWL_UKI_DTB,
        PAWL_UKI_UNAME,
        PAWL_UKI_SBAT,
        PAWL_UKI_PCRSIG,
        PAWL_UKI_PCRPKEY,
        PAWL_UKI_PROFILE,
        PAWL_UKI_DTBAUTO,
        PAWL_UKI_HWIDS,
        PAWL_UKI_EFIFW,
        PAWL_UKI_SECTION_MAX_,
} pawl_uki_section;

typedef struct pawl_uki_section_info {
        const char *name; /* ".linux" */
        bool is_measured;
        bool may_repeat; /* more than one in a profile is allowed: .dtbauto, .efifw; the first
                            counts */
} pawl_uki_section_info;

const pawl_uki_section_info *pawl_uki_section_info_of(pawl_uki_section s);
/* NOT_FOUND for a section that is not a UKI section (the stub's own code). */
PAWL_MUST_CHECK pawl_err pawl_uki_section_from_name(const char *name, pawl_uki_section *ret);

#define PAWL_UKI_PROFILES_MAX 32

/* What one profile of an image is made of. */
typedef struct pawl_uki {
        bool has[PAWL_UKI_SECTION_MAX_];
        pawl_span content[PAWL_UKI_SECTION_MAX_]; /* borrowed from the PE image */
        size_t n_zeros[PAWL_UKI_SECTION_MAX_];    /* zero bytes that follow the content, up to
                                                     VirtualSize */
        unsigned profile;                         /* the selected one */
        unsigned n_profiles;                      /* 1 for an image without .profile */
} pawl_uki;

/* The number of profiles: 1 for an image without `.profile` sections. LIMIT if over
 * PAWL_UKI_PROFILES_MAX. */
PAWL_MUST_CHECK pawl_err pawl_uki_count_profiles(const pawl_pe *pe, unsigned *ret);

/* The sections of the image that belong to `profile` alone: from its `.profile` up to the next one.
 * Empty, at the end, for profile 0 of an image without `.profile`; so `*ret_from` of profile 0 is
 * where the base ends. NOT_FOUND if there is no such profile. */
PAWL_MUST_CHECK pawl_err pawl_uki_profile_range(
        const pawl_pe *pe, unsigned profile, size_t *ret_from, size_t *ret_to);

/* Collects the sections that count for `profile`: the base's (before the first `.profile`),
 * overridden by the profile's own. Where a name stands twice in the base or in the profile, the
 * first counts (pawl_uki_find_duplicate tells); a section of VirtualSize 0 is one that is not
 * there, and hides the base's too. All this as systemd-stub does it, so that signed policies mean
 * the same here and there. NOT_FOUND if there is no such profile; MISSING without `.linux`. */
PAWL_MUST_CHECK pawl_err pawl_uki_read(const pawl_pe *pe, unsigned profile, pawl_uki *ret);

/* The first section that stands twice in the base or in one profile although it may not; NULL if
 * there is none. */
const pawl_pe_section *pawl_uki_find_duplicate(const pawl_pe *pe);

/* The value of a key in os-release text (`.osrel`, `.profile`), with quotes and backslash escapes
 * removed, written as NUL-terminated text to `ret`. NOT_FOUND, NO_SPACE. os-release(5). */
PAWL_MUST_CHECK pawl_err pawl_osrel_get(
        pawl_span text, const char *key, char *ret, size_t ret_size);

#endif
