/* SPDX-License-Identifier: BSD-2-Clause */
#include "userspace/init/confidential.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "core/span.h"

#define LEAF_FEATURES   0x1u
#define HYPERVISOR_BIT  (1u << 31) /* ECX */
#define LEAF_TDX        0x21u
#define LEAF_VENDOR     0x40000000u /* of the hypervisor */
#define LEAF_HV_FEATURE 0x40000003u
#define HV_ISOLATION    (1u << 22) /* EBX: leaf 0x4000000c is there */
#define LEAF_HV_CONFIG  0x4000000cu
#define HV_TYPE_MASK    0xfu /* EBX; 0: not isolated */
#define LEAF_EXTENDED   0x80000000u
#define LEAF_ENCRYPTION 0x8000001fu
#define SEV_BIT         (1u << 1) /* EAX */

/* Three registers as the text that they spell. */
static bool spells(uint32_t a, uint32_t b, uint32_t c, const char *text)
{
        const uint32_t words[3] = { a, b, c };

        return pawl_span_equal(
                pawl_span_of(words, sizeof(words)), pawl_span_of(text, sizeof(words)));
}

static bool is_tdx(pawl_cpuid cpuid)
{
        uint32_t r[4];

        cpuid(0, r);
        if (r[0] < LEAF_TDX)
                return false;
        cpuid(LEAF_TDX, r);
        return spells(r[1], r[3], r[2], "IntelTDX    ");
}

static bool is_sev(pawl_cpuid cpuid)
{
        uint32_t r[4];

        cpuid(LEAF_EXTENDED, r);
        if (r[0] < LEAF_ENCRYPTION)
                return false;
        cpuid(LEAF_ENCRYPTION, r);
        return (r[0] & SEV_BIT) != 0;
}

static bool is_isolated_by_hyperv(pawl_cpuid cpuid)
{
        uint32_t r[4];

        cpuid(LEAF_VENDOR, r);
        if (r[0] < LEAF_HV_CONFIG || !spells(r[1], r[2], r[3], "Microsoft Hv"))
                return false;
        cpuid(LEAF_HV_FEATURE, r);
        if ((r[1] & HV_ISOLATION) == 0)
                return false;
        cpuid(LEAF_HV_CONFIG, r);
        return (r[1] & HV_TYPE_MASK) != 0;
}

bool pawl_is_confidential_by(pawl_cpuid cpuid)
{
        uint32_t r[4];

        cpuid(LEAF_FEATURES, r);
        if ((r[2] & HYPERVISOR_BIT) == 0)
                return false;
        return is_tdx(cpuid) || is_sev(cpuid) || is_isolated_by_hyperv(cpuid);
}

#if defined(__x86_64__) || defined(__i386__)
static void ask_processor(uint32_t leaf, uint32_t ret[static 4])
{
        __cpuid_count(leaf, 0, ret[0], ret[1], ret[2], ret[3]);
}

bool pawl_is_confidential(void)
{
        return pawl_is_confidential_by(ask_processor);
}
#else
bool pawl_is_confidential(void)
{
        return true;
}
#endif
