/* SPDX-License-Identifier: BSD-2-Clause */
/* What the OS is told by EFI variables. https://systemd.io/BOOT_LOADER_INTERFACE and
 * systemd-stub(7). */
#include "efi-common/text.h"
#include "efi-common/variables.h"
#include "efi-stub/stub.h"

/* StubFeatures */
#define FEATURE_REPORTS_LOADER_PARTITION (UINT64_C(1) << 0)
#define FEATURE_CREDENTIALS              (UINT64_C(1) << 1)
#define FEATURE_PROFILES                 (UINT64_C(1) << 9)
#define FEATURE_REPORTS_STUB_PARTITION   (UINT64_C(1) << 10)

/* Whether all of the plan for `pcr` was accepted by the TPM, and there was something. */
static bool is_measured(const pawl_stub *s, uint32_t pcr)
{
        unsigned n = 0;

        for (size_t i = 0; i < s->plan.n_items; i++)
                n += s->plan.items[i].pcr == pcr;
        return s->measuring.state == PAWL_MEASURING_GOOD && n > 0 &&
               s->measuring.n_accepted[pcr] == n;
}

/* A value that an attacker made to last over the reset must not speak for this boot. */
static pawl_err put_if(const pawl_stub *s, bool is_true, const char *name, const char *text)
{
        return is_true ? pawl_variable_put_text(s->platform, name, text)
                       : pawl_variable_drop(s->platform, name);
}

static pawl_err put_measured(const pawl_stub *s)
{
        PAWL_TRY(put_if(s, is_measured(s, PAWL_PCR_KERNEL_BOOT), "StubPcrKernelImage", "11"));
        return put_if(s, is_measured(s, PAWL_PCR_KERNEL_CONFIG), "StubPcrKernelParameters", "12");
}

static pawl_err put_banks(const pawl_stub *s)
{
        char text[11];
        pawl_writer w = pawl_writer_of(text, sizeof(text));

        PAWL_TRY(pawl_write_str(&w, "0x"));
        PAWL_TRY(pawl_write_hex(&w, s->measuring.banks, 8));
        PAWL_TRY(pawl_write_u8(&w, 0));
        return pawl_variable_offer_text(s->platform, "LoaderTpm2ActivePcrBanks", text);
}

static pawl_err put_stub(const pawl_stub *s)
{
        uint8_t features[8];
        char profile[8];
        pawl_writer f = pawl_writer_of(features, sizeof(features));
        pawl_writer n = pawl_writer_of(profile, sizeof(profile));

        PAWL_TRY(pawl_write_le64(&f, FEATURE_REPORTS_LOADER_PARTITION | FEATURE_CREDENTIALS |
                                             FEATURE_PROFILES | FEATURE_REPORTS_STUB_PARTITION));
        PAWL_TRY(pawl_write_decimal(&n, s->uki.profile));
        PAWL_TRY(pawl_write_u8(&n, 0));
        PAWL_TRY(pawl_variable_put_bytes(s->platform, "StubFeatures", pawl_written(&f)));
        PAWL_TRY(pawl_variable_put_text(s->platform, "StubInfo", "pawl-stub " PAWL_VERSION));
        return pawl_variable_put_text(s->platform, "StubProfile", profile);
}

/* Each variable twice: the stub's own, and the loader's if no loader has set it. */
static pawl_err put_origin(const pawl_stub *s)
{
        PAWL_TRY(put_if(s, s->self.part_uuid[0] != '\0', "StubDevicePartUUID", s->self.part_uuid));
        PAWL_TRY(put_if(s, s->self.path[0] != '\0', "StubImageIdentifier", s->self.path));
        PAWL_TRY(pawl_variable_offer_text(s->platform, "LoaderDevicePartUUID", s->self.part_uuid));
        PAWL_TRY(pawl_variable_offer_text(s->platform, "LoaderImageIdentifier", s->self.path));
        PAWL_TRY(
                pawl_variable_offer_text(s->platform, "LoaderFirmwareInfo", s->self.firmware_info));
        return pawl_variable_offer_text(s->platform, "LoaderFirmwareType", s->self.firmware_type);
}

/* A later one is tried also if an earlier one failed; the first error is returned. */
pawl_err pawl_stub_set_variables(const pawl_stub *s)
{
        pawl_err errors[] = { put_measured(s), put_origin(s), put_stub(s), put_banks(s) };

        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
                PAWL_TRY(errors[i]);
        return PAWL_OK;
}
