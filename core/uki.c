/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/uki.h"

static const pawl_uki_section_info infos[] = {
        [PAWL_UKI_LINUX] = {".linux",    true,  false},
        [PAWL_UKI_OSREL] = { ".osrel",   true,  false},
        [PAWL_UKI_CMDLINE] = { ".cmdline", true,  false},
        [PAWL_UKI_INITRD] = { ".initrd",  true,  false},
        [PAWL_UKI_UCODE] = { ".ucode",   true,  false},
        [PAWL_UKI_SPLASH] = { ".splash",  true,  false},
        [PAWL_UKI_DTB] = { ".dtb",     true,  false},
        [PAWL_UKI_UNAME] = { ".uname",   true,  false},
        [PAWL_UKI_SBAT] = { ".sbat",    true,  false},
        [PAWL_UKI_PCRSIG] = { ".pcrsig",  false, false},
        [PAWL_UKI_PCRPKEY] = { ".pcrpkey", true,  false},
        [PAWL_UKI_PROFILE] = { ".profile", true,  false},
        [PAWL_UKI_DTBAUTO] = { ".dtbauto", true,  true },
        [PAWL_UKI_HWIDS] = { ".hwids",   true,  false},
        [PAWL_UKI_EFIFW] = { ".efifw",   true,  true },
};
_Static_assert(sizeof(infos) / sizeof(infos[0]) == PAWL_UKI_SECTION_MAX_, "one row a section");

const pawl_uki_section_info *pawl_uki_section_info_of(pawl_uki_section s)
{
        return &infos[s];
}

pawl_err pawl_uki_section_from_name(const char *name, pawl_uki_section *ret)
{
        for (pawl_uki_section s = 0; s < PAWL_UKI_SECTION_MAX_; s++)
                if (pawl_span_equal(pawl_span_str(name), pawl_span_str(infos[s].name))) {
                        *ret = s;
                        return PAWL_OK;
                }
        return PAWL_ERR_NOT_FOUND;
}

static bool is_profile_start(const pawl_pe *pe, size_t i)
{
        return pawl_span_equal(
                pawl_span_str(pe->sections[i].name), pawl_span_str(infos[PAWL_UKI_PROFILE].name));
}

pawl_err pawl_uki_count_profiles(const pawl_pe *pe, unsigned *ret)
{
        unsigned n = 0;

        for (size_t i = 0; i < pe->n_sections; i++)
                if (is_profile_start(pe, i) && ++n > PAWL_UKI_PROFILES_MAX)
                        return PAWL_ERR_LIMIT;
        *ret = n == 0 ? 1 : n;
        return PAWL_OK;
}

pawl_err pawl_uki_profile_range(
        const pawl_pe *pe, unsigned profile, size_t *ret_from, size_t *ret_to)
{
        unsigned n = 0;
        size_t i = 0, to;

        for (; i < pe->n_sections; i++)
                if (is_profile_start(pe, i) && n++ == profile)
                        break;
        /* profile 0 is there even if no section says so */
        if (i == pe->n_sections && profile > 0)
                return PAWL_ERR_NOT_FOUND;
        for (to = i; to < pe->n_sections; to++)
                if (to > i && is_profile_start(pe, to))
                        break;
        *ret_from = i;
        *ret_to = to;
        return PAWL_OK;
}

/* Takes the sections from `from` up to `to` into `uki`. Within such a range the first of a name
 * counts, and an empty one counts as absent even if the base has one with content: the stub of
 * systemd does so, and its signatures must hold here. */
static pawl_err collect(const pawl_pe *pe, size_t from, size_t to, pawl_uki *uki)
{
        bool seen[PAWL_UKI_SECTION_MAX_] = { 0 };
        pawl_uki_section s;

        for (size_t i = from; i < to; i++) {
                if (pawl_uki_section_from_name(pe->sections[i].name, &s) != PAWL_OK || seen[s])
                        continue;
                seen[s] = true;
                PAWL_TRY(pawl_pe_section_content(
                        pe, &pe->sections[i], &uki->content[s], &uki->n_zeros[s]));
                uki->has[s] = pe->sections[i].virtual_size > 0;
        }
        return PAWL_OK;
}

pawl_err pawl_uki_read(const pawl_pe *pe, unsigned profile, pawl_uki *ret)
{
        pawl_uki uki = { 0 };
        size_t base_to, from, to, first_to;

        PAWL_TRY(pawl_uki_count_profiles(pe, &uki.n_profiles));
        /* where profile 0 starts, the base ends */
        PAWL_TRY(pawl_uki_profile_range(pe, 0, &base_to, &first_to));
        PAWL_TRY(pawl_uki_profile_range(pe, profile, &from, &to));
        uki.profile = profile;
        PAWL_TRY(collect(pe, 0, base_to, &uki));
        PAWL_TRY(collect(pe, from, to, &uki));
        if (!uki.has[PAWL_UKI_LINUX])
                return PAWL_ERR_MISSING;
        *ret = uki;
        return PAWL_OK;
}

/* The first of the sections in [from, to) whose name stood in that range before. */
static const pawl_pe_section *find_duplicate_in(const pawl_pe *pe, size_t from, size_t to)
{
        bool seen[PAWL_UKI_SECTION_MAX_] = { 0 };
        pawl_uki_section s;

        for (size_t i = from; i < to; i++) {
                if (pawl_uki_section_from_name(pe->sections[i].name, &s) != PAWL_OK)
                        continue;
                if (seen[s] && !infos[s].may_repeat)
                        return &pe->sections[i];
                seen[s] = true;
        }
        return NULL;
}

const pawl_pe_section *pawl_uki_find_duplicate(const pawl_pe *pe)
{
        const pawl_pe_section *found;
        size_t from, to;

        if (pawl_uki_profile_range(pe, 0, &from, &to) != PAWL_OK)
                return NULL;
        found = find_duplicate_in(pe, 0, from);
        for (unsigned p = 0; found == NULL && p <= PAWL_PE_SECTIONS_MAX; p++) {
                if (pawl_uki_profile_range(pe, p, &from, &to) != PAWL_OK)
                        break;
                found = find_duplicate_in(pe, from, to);
        }
        return found;
}
